// SPDX-License-Identifier: BSD-3-Clause
// .csv and .txt: x y z q1 .. qC per line, targets x y z; comma, semicolon, tab or blanks between;
// lines that begin with # and one header line are skipped.
#include <algorithm>

#include <perf/driver/readers/driver_lines.hpp>
#include <perf/driver/readers/driver_readers.hpp>

namespace Octopole::Driver {
namespace {

/// The semicolon goes first: who writes it may write the decimals with commas, which is then
/// refused as a number instead of being read as two.
char separator_of(std::string_view line) {
  for (const char c : {';', ','})
    if (line.find(c) != line.npos) return c;
  return ' ';
}

void split(std::string_view line, char separator, std::vector<std::string_view>& fields) {
  if (separator == ' ') return split_at_blanks(line, fields);
  fields.clear();
  for (;;) {
    const std::size_t end = line.find(separator);
    fields.push_back(trimmed(line.substr(0, end)));
    if (end == line.npos) return;
    line.remove_prefix(end + 1);
  }
}

/// No field is a number: a broken first line of data is not taken for a header.
bool is_header(const std::vector<std::string_view>& fields) {
  return std::none_of(fields.begin(), fields.end(),
                      [](std::string_view f) { return number_in(f).has_value(); });
}

/// "x y z q", "x y z re im", "x y z q1 q2 q3", "x y z q1 .. q12"; numbers of several right-hand
/// sides as in HDF5: those of one component side by side.
std::string columns_of(const ChargeShape& shape) {
  const std::size_t n = shape.numbers();
  if (n == 1) return "x y z q";
  if (n == 2 && shape.parts == 2) return "x y z re im";
  return n > 3 ? "x y z q1 .. q" + std::to_string(n) : n == 3 ? "x y z q1 q2 q3" : "x y z q1 q2";
}

/// Coordinates and `numbers` more per line; `form` is named in messages, `why` after it.
PointSet read_table(const std::string& path, std::size_t numbers, const std::string& form,
                    const std::string& why) {
  const std::size_t columns = 3 + numbers;
  PointSet points;
  Lines lines(path);
  std::vector<std::string_view> fields;
  char separator = 0;
  bool may_be_header = true;
  while (lines.next()) {
    const std::string_view line = lines.text();
    if (line.empty() || line.front() == '#') continue;
    if (!separator || may_be_header) separator = separator_of(line);
    split(line, separator, fields);
    if (may_be_header && is_header(fields)) {
      may_be_header = false;
      separator = 0;  // a header of words may use another one
      continue;
    }
    may_be_header = false;
    for (std::size_t c = 0; c < std::min(fields.size(), columns); ++c) {
      const double value = lines.finite(fields[c], c);
      c < 3 ? points.sources.push_back(value) : points.charges.push_back(value);
    }
    if (fields.size() != columns)
      throw BadInput(lines.place(),
                     std::to_string(fields.size()) + (fields.size() == 1 ? " column" : " columns"),
                     std::to_string(columns) + " columns: " + form + why);
  }
  if (points.sources.empty()) throw BadInput(path, "no points", "at least one line '" + form + "'");
  return points;
}

}  // namespace

PointSet read_text(const std::string& path, const ChargeShape& shape) {
  return read_table(path, shape.numbers(), columns_of(shape),
                    shape.numbers() == 1 ? "" : " (" + shape.in_words() + ")");
}

std::vector<double> read_text_targets(const std::string& path) {
  return read_table(path, 0, "x y z", "").sources;
}

}  // namespace Octopole::Driver
