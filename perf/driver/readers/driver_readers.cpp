// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/readers/driver_readers.hpp>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <new>

#include <perf/driver/driver_error.hpp>

namespace Octopole::Driver {

std::string lower_case_extension(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  if (!extension.empty()) extension.erase(0, 1);
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return extension;
}

namespace {

BadInput wrong_extension(const std::string& path, const std::string& expected) {
  const std::string extension = lower_case_extension(path);
  return {path, extension.empty() ? "no extension" : "the extension " + in_quotes("." + extension),
          expected};
}

void expect_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) throw BadInput(path, "no such file", "a readable file");
  if (std::filesystem::is_directory(status)) throw BadInput(path, "a directory", "a readable file");
}

template <class Read>
auto within_memory(const std::string& path, Read read) {
  try {
    return read();
  } catch (const std::bad_alloc&) {
    throw BadInput(path, "more points than the memory holds", "fewer");
  }
}

}  // namespace

PointSet read_points(const std::string& path, const ChargeShape& shape) {
  const std::string extension = lower_case_extension(path);
  const auto read = extension == "h5" || extension == "hdf5"   ? read_hdf5
                    : extension == "pqr"                       ? read_pqr
                    : extension == "csv" || extension == "txt" ? read_text
                                                               : nullptr;
  if (!read) throw wrong_extension(path, "one of .h5, .hdf5, .pqr, .csv, .txt");
  expect_file(path);
  PointSet points = within_memory(path, [&] { return read(path, shape); });
  drop_equal_targets(points);  // PyExaFMM's files always hold targets
  return points;
}

std::vector<double> read_targets(const std::string& path) {
  const std::string extension = lower_case_extension(path);
  const auto read = extension == "h5" || extension == "hdf5"   ? read_hdf5_targets
                    : extension == "csv" || extension == "txt" ? read_text_targets
                                                               : nullptr;
  if (!read) throw wrong_extension(path, "one of .h5, .hdf5, .csv, .txt for targets");
  expect_file(path);
  return within_memory(path, [&] { return read(path); });
}

void drop_equal_targets(PointSet& points) {
  if (points.targets == points.sources) points.targets = {};
}

}  // namespace Octopole::Driver
