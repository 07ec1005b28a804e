// SPDX-License-Identifier: BSD-3-Clause
// .csv: a header and a line per target: x, y, z, the charges where the sources are the targets, and the
// outputs' columns. Numbers are the shortest that give the same double again.
#include <algorithm>
#include <charconv>
#include <fstream>
#include <utility>

#include <perf/driver/readers/driver_columns.hpp>
#include <perf/driver/writers/driver_writers.hpp>

namespace Octopole::Driver {

namespace {

/// Rows of the table, of some targets.
class Rows {
 public:
  Rows(const Results& r, std::size_t first, std::size_t n)
      : m_coordinates(r.rows.read(AllRows::targets, first, n)) {
    for (std::size_t d = 0; d < 3; ++d)
      m_columns.push_back({std::string(1, "xyz"[d]), m_coordinates.data() + d, 3});
    if (!r.points.has_targets()) {
      m_charges = r.rows.read(AllRows::charges, first, n);
      const std::vector<std::string> names = charge_names(r.options.charge_shape()).front();
      for (std::size_t k = 0; k < names.size(); ++k)
        m_columns.push_back({names[k], m_charges.data() + k, names.size()});
    }
    const std::vector<OutputInfo> outputs = r.outputs();
    for (const OutputInfo& output : outputs)
      m_values.push_back(r.rows.read(AllRows::of(output.output), first, n));
    for (std::size_t i = 0; i < outputs.size(); ++i)
      for (Column& column : columns_of(r, outputs[i], m_values[i]))
        m_columns.push_back(std::move(column));
  }
  const std::vector<Column>& columns() const { return m_columns; }

 private:
  std::vector<double> m_coordinates, m_charges;
  std::vector<std::vector<double>> m_values;
  std::vector<Column> m_columns;
};

}  // namespace

void write_csv(const std::string& path, const Results& r) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  const auto put_line = [&](const auto& columns, const auto& cell) {
    std::string line;
    for (const Column& column : columns) line.append(line.empty() ? "" : ",").append(cell(column));
    file << line << '\n';
  };
  const std::size_t n = r.n_targets();
  for (std::size_t first = 0; first < n && file; first += AllRows::at_a_time) {
    const std::size_t some = std::min(AllRows::at_a_time, n - first);
    const Rows rows(r, first, some);
    if (first == 0) put_line(rows.columns(), [](const Column& column) { return column.name; });
    for (std::size_t i = 0; i < some && file; ++i)
      put_line(rows.columns(), [&](const Column& column) {
        char number[32];
        const auto end =
            std::to_chars(number, number + sizeof number, column.first[i * column.stride]).ptr;
        return std::string(number, std::size_t(end - number));
      });
  }
  file.close();
  expect_written(!file.fail(), path);
}

}  // namespace Octopole::Driver
