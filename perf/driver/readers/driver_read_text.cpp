// SPDX-License-Identifier: BSD-3-Clause
// .csv and .txt: x y z q1 .. qC per line, targets x y z; comma, semicolon, tab or blanks between, a field in
// quotes where it holds one of those; lines that begin with # are skipped. One header line may name the
// columns: where x, y and z are among them, their order and further columns do not matter.
#include <algorithm>

#include <perf/driver/readers/driver_columns.hpp>
#include <perf/driver/readers/driver_lines.hpp>
#include <perf/driver/readers/driver_readers.hpp>

namespace Octopole::Driver {
namespace {

using Fields = std::vector<std::string_view>;

/// The semicolon goes first: who writes it may write the decimals with commas, which is then
/// refused as a number instead of being read as two.
char separator_of(std::string_view line) {
  for (const char c : {';', ','})
    if (line.find(c) != line.npos) return c;
  return ' ';
}

std::string_view without_quotes(std::string_view field) {
  const bool quoted = field.size() > 1 && field.front() == '"' && field.back() == '"';
  return quoted ? field.substr(1, field.size() - 2) : field;
}

void split(std::string_view line, char separator, Fields& fields) {
  if (separator == ' ') {
    split_at_blanks(line, fields);
    for (std::string_view& field : fields) field = without_quotes(field);
    return;
  }
  fields.clear();
  for (;;) {
    std::size_t end = line.find(separator);
    if (const std::size_t quote = line.find_first_not_of(blanks);
        quote < line.size() && line[quote] == '"') {  // to the separator behind the other quote
      const std::size_t closing = line.find('"', quote + 1);
      if (closing != line.npos) end = line.find(separator, closing);
    }
    fields.push_back(without_quotes(trimmed(line.substr(0, end))));
    if (end == line.npos) return;
    line.remove_prefix(end + 1);
  }
}

/// No field is a number: a broken first line of data is not taken for a header.
bool is_header(const Fields& fields) {
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

/// What is read of a line and what the messages about it say.
struct Wanted {
  std::vector<std::vector<std::string>> names;  ///< of the charges; none for targets
  std::size_t numbers = 0;
  std::string form;  ///< "x y z q"
  std::string why;   ///< " (3 numbers per source, as stokeslet takes)"
};

/// Which columns hold x, y, z and the charges.
struct Columns {
  std::vector<std::size_t> places;
  std::size_t count = 0;  ///< columns of a line
  bool named = false;     ///< by a header

  /// Those of the form itself, one after the other.
  explicit Columns(const Wanted& wanted) : places(3 + wanted.numbers), count(places.size()) {
    for (std::size_t c = 0; c < count; ++c) places[c] = c;
  }
};

/// Of a header without x, y and z, and of one that names them first and then as many unknown charges as
/// there are to be, only the order counts.
Columns columns_named(const Lines& lines, const Fields& fields, const Wanted& wanted) {
  Columns columns(wanted);
  std::vector<std::string> header;
  for (const std::string_view field : fields) header.push_back(in_small_letters(field));
  const auto times = [&](const char* name) {
    return std::count(header.begin(), header.end(), name);
  };
  if (times("x") == 0 || times("y") == 0 || times("z") == 0) return columns;
  const auto refuse = [&] {
    std::string found, charges;
    for (const std::string_view field : fields)
      found.append(found.empty() ? "" : " ").append(field);
    for (const auto& list : wanted.names) {
      const std::string all = list.size() > 3 ? list.front() + " .. " + list.back() : [&] {
        std::string text;
        for (const std::string& name : list) text.append(text.empty() ? "" : " ").append(name);
        return text;
      }();
      charges.append(charges.empty() ? ", and once " : ", or ").append(all);
    }
    throw BadInput(lines.place(), "the columns " + in_quotes(found),
                   "each of x y z once" + charges + wanted.why);
  };
  const std::vector<std::size_t> xyz = places_of({"x", "y", "z"}, header);
  if (xyz.empty()) refuse();
  std::vector<std::size_t> charges;
  for (const auto& list : wanted.names)
    if (charges.empty()) charges = places_of(list, header);
  if (charges.empty() && wanted.numbers > 0) {
    const bool in_order = xyz == std::vector<std::size_t>{0, 1, 2};
    if (!in_order || header.size() != columns.count) refuse();
    return columns;
  }
  columns.places = xyz;
  columns.places.insert(columns.places.end(), charges.begin(), charges.end());
  columns.count = header.size();
  columns.named = true;
  return columns;
}

PointSet read_table(const std::string& path, const Wanted& wanted, const Slice& slice) {
  Columns columns(wanted);
  PointSet points;
  Lines lines(path, slice);
  Fields fields;
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
      columns = columns_named(lines, fields, wanted);
      continue;
    }
    may_be_header = false;
    if (!lines
             .in_slice()) {  // all that precedes has said what separates the columns, and which they are
      lines.go_to_slice();
      continue;
    }
    for (std::size_t k = 0; k < columns.places.size(); ++k) {
      const std::size_t c = columns.places[k];
      if (c >= fields.size()) break;
      const double value = lines.finite(fields[c], c);
      k < 3 ? points.sources.push_back(value) : points.charges.push_back(value);
    }
    if (fields.size() != columns.count)
      throw BadInput(
          lines.place(),
          std::to_string(fields.size()) + (fields.size() == 1 ? " column" : " columns"),
          std::to_string(columns.count) + " columns" +
              (columns.named ? ", as the header names" : ": " + wanted.form + wanted.why));
  }
  if (points.sources.empty() && slice.is_all())
    throw BadInput(lines.name(), "no points", "at least one line '" + wanted.form + "'");
  return points;
}

}  // namespace

PointSet read_text(const std::string& path, const ChargeShape& shape, const InputChoice& choice) {
  return read_table(path,
                    {charge_names(shape), shape.numbers(), columns_of(shape),
                     shape.numbers() == 1 ? "" : " (" + shape.in_words() + ")"},
                    choice.slice);
}

std::vector<double> read_text_targets(const std::string& path, const InputChoice& choice) {
  return read_table(path, {{}, 0, "x y z", ""}, choice.slice).sources;
}

}  // namespace Octopole::Driver
