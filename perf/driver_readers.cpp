// SPDX-License-Identifier: BSD-3-Clause
#include "driver_readers.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "driver_error.hpp"

namespace Octopole::Driver {

std::string lower_case_extension(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  if (!extension.empty()) extension.erase(0, 1);
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return extension;
}

PointSet read_points(const std::string& path) {
  const std::string extension = lower_case_extension(path);
  const auto read = extension == "h5" || extension == "hdf5"   ? read_hdf5
                    : extension == "pqr"                       ? read_pqr
                    : extension == "csv" || extension == "txt" ? read_text
                                                               : nullptr;
  if (!read)
    throw BadInput(
        path, extension.empty() ? "no extension" : "the extension " + in_quotes("." + extension),
        "one of .h5, .hdf5, .pqr, .csv, .txt");
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) throw BadInput(path, "no such file", "a readable file");
  if (std::filesystem::is_directory(status)) throw BadInput(path, "a directory", "a readable file");
  PointSet points = read(path);
  // PyExaFMM's files always hold targets; where they are the sources, one set of points does.
  if (points.targets == points.sources) points.targets = {};
  return points;
}

}  // namespace Octopole::Driver
