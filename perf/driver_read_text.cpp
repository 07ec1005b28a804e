// SPDX-License-Identifier: BSD-3-Clause
// .csv and .txt: x y z q per line; comma, semicolon, tab or blanks between; lines that begin with #
// and one header line are skipped.
#include <algorithm>

#include "driver_lines.hpp"
#include "driver_readers.hpp"

namespace Octopole::Driver {
namespace {

constexpr std::size_t columns = 4;

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

}  // namespace

PointSet read_text(const std::string& path) {
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
    const std::size_t numbers = std::min(fields.size(), columns);
    for (std::size_t c = 0; c < numbers; ++c) {
      const double value = lines.finite(fields[c], c);
      c < 3 ? points.sources.push_back(value) : points.charges.push_back(value);
    }
    if (fields.size() != columns)
      throw BadInput(lines.place(),
                     std::to_string(fields.size()) + (fields.size() == 1 ? " column" : " columns"),
                     "4 columns: x y z q");
  }
  if (points.charges.empty()) throw BadInput(path, "no points", "at least one line 'x y z q'");
  return points;
}

}  // namespace Octopole::Driver
