// SPDX-License-Identifier: BSD-3-Clause
// .csv: a header and a line per target: x, y, z, the charges where the sources are the targets, and the
// outputs' columns. Numbers are the shortest that give the same double again.
#include <charconv>
#include <fstream>

#include <perf/driver/readers/driver_columns.hpp>
#include <perf/driver/writers/driver_writers.hpp>

namespace Octopole::Driver {

void write_csv(const std::string& path, const Results& r) {
  std::vector<Column> columns;
  const std::vector<double>& xyz = r.points.target_coordinates();
  for (std::size_t d = 0; d < 3; ++d)
    columns.push_back({std::string(1, "xyz"[d]), xyz.data() + d, 3});
  if (!r.points.has_targets()) {
    const std::vector<std::string> names = charge_names(r.options.charge_shape()).front();
    for (std::size_t k = 0; k < names.size(); ++k)
      columns.push_back({names[k], r.points.charges.data() + k, names.size()});
  }
  for (const OutputInfo& output : r.outputs())
    for (Column& column : columns_of(r, output)) columns.push_back(std::move(column));

  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  std::string line;
  for (const Column& column : columns) line.append(line.empty() ? "" : ",").append(column.name);
  file << line << '\n';
  for (std::size_t i = 0; i < r.points.n_targets() && file; ++i) {
    line.clear();
    for (const Column& column : columns) {
      char number[32];
      const auto end =
          std::to_chars(number, number + sizeof number, column.first[i * column.stride]).ptr;
      line.append(line.empty() ? "" : ",").append(number, std::size_t(end - number));
    }
    line += '\n';
    file << line;
  }
  file.close();
  expect_written(!file.fail(), path);
}

}  // namespace Octopole::Driver
