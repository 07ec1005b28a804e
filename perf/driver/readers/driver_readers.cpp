// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/readers/driver_readers.hpp>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <new>

#include <perf/driver/driver_error.hpp>
#include <perf/driver/readers/driver_lines.hpp>

namespace Octopole::Driver {

std::string lower_case_extension(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  if (!extension.empty()) extension.erase(0, 1);
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return extension;
}

namespace {

/// Of the file: what was asked for, else by the extension; empty where that is none of ours.
std::string format_of(const std::string& path, const InputChoice& choice) {
  if (choice.format != "auto") return choice.format;
  if (path == standard_input) return "text";
  const std::string extension = lower_case_extension(path);
  if (extension == "h5" || extension == "hdf5") return "hdf5";
  if (extension == "xyz" || extension == "extxyz") return "xyz";
  if (extension == "csv" || extension == "txt") return "text";
  return extension == "pqr" ? "pqr" : "";
}

BadInput wrong_extension(const std::string& path, const std::string& expected) {
  const std::string extension = lower_case_extension(path);
  return {path, extension.empty() ? "no extension" : "the extension " + in_quotes("." + extension),
          expected};
}

/// Only what is read line by line can be the standard input, and only one process has it.
void expect_file(const std::string& path, const std::string& format, const Slice& slice) {
  if (path == standard_input) {
    if (!slice.is_all())
      throw BadInput("standard input", "it on " + std::to_string(slice.parts) + " ranks",
                     "a file, which all of them can read");
    if (format == "hdf5") throw BadInput("standard input", "HDF5", "text, pqr or xyz; or a file");
    return;
  }
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) throw BadInput(path, "no such file", "a readable file");
  if (std::filesystem::is_directory(status)) throw BadInput(path, "a directory", "a readable file");
}

/// Options that a format cannot follow are refused, not ignored.
void expect_choice(const std::string& path, const std::string& format, const InputChoice& choice) {
  if (!choice.particles.empty() && format != "hdf5")
    throw BadInput("--particles", "it with " + path,
                   "a Gadget snapshot or an H5MD file, .h5 or .hdf5");
  if (choice.frame && format != "hdf5" && format != "xyz")
    throw BadInput("--frame", "it with " + path, "an H5MD file or .xyz");
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

void expect_one_frame(const std::string& place, std::size_t frames, const InputChoice& choice) {
  const std::string last = std::to_string(frames - 1);
  if (choice.frame && *choice.frame >= frames)
    throw BadInput("--frame", std::to_string(*choice.frame),
                   "0 to " + last + ", which " + place + " has");
  if (!choice.frame && frames > 1)
    throw BadInput(place, std::to_string(frames) + " frames", "one, or --frame 0 to " + last);
}

PointSet read_points(const std::string& path, const ChargeShape& shape, const InputChoice& choice) {
  const std::string format = format_of(path, choice);
  const auto read = format == "hdf5"   ? read_hdf5
                    : format == "pqr"  ? read_pqr
                    : format == "xyz"  ? read_xyz
                    : format == "text" ? read_text
                                       : nullptr;
  if (!read)
    throw wrong_extension(path, "one of .h5, .hdf5, .pqr, .xyz, .extxyz, .csv, .txt, or --format");
  expect_file(path, format, choice.slice);
  expect_choice(path, format, choice);
  PointSet points = within_memory(path, [&] { return read(path, shape, choice); });
  if (format == "pqr" || format == "xyz") keep_slice(points, choice.slice);
  if (choice.slice.is_all()) drop_equal_targets(points);  // PyExaFMM's files always hold targets
  return points;
}

std::vector<double> read_targets(const std::string& path, const InputChoice& choice) {
  const std::string format = format_of(path, choice);
  const auto read = format == "hdf5"   ? read_hdf5_targets
                    : format == "xyz"  ? read_xyz_targets
                    : format == "text" ? read_text_targets
                                       : nullptr;
  if (!read)
    throw wrong_extension(path, "one of .h5, .hdf5, .xyz, .extxyz, .csv, .txt for targets");
  expect_file(path, format, choice.slice);
  std::vector<double> targets = within_memory(path, [&] { return read(path, choice); });
  if (format == "xyz") keep_slice(targets, targets.size() / 3, choice.slice);
  return targets;
}

void drop_equal_targets(PointSet& points) {
  if (points.targets == points.sources) points.targets = {};
}

void keep_slice(std::vector<double>& numbers, std::size_t n, const Slice& slice) {
  if (slice.is_all() || n == 0) return;
  const std::size_t each = numbers.size() / n;
  numbers.erase(numbers.begin() + std::ptrdiff_t(each * slice.end(n)), numbers.end());
  numbers.erase(numbers.begin(), numbers.begin() + std::ptrdiff_t(each * slice.begin(n)));
  numbers.shrink_to_fit();
}

void keep_slice(PointSet& points, const Slice& slice) {
  const std::size_t n = points.n_sources(), m = points.targets.size() / 3;
  keep_slice(points.charges, n, slice);
  keep_slice(points.sources, n, slice);
  keep_slice(points.targets, m, slice);
  points.targets_elsewhere = !slice.is_all() && m > 0;
}

}  // namespace Octopole::Driver
