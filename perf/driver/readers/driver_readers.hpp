// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_READERS_HPP
#define OCTOPOLE_DRIVER_READERS_HPP

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <perf/driver/driver_kernels.hpp>
#include <perf/driver/readers/driver_crystal.hpp>

namespace Octopole::Driver {

/// Charges as given, in double. Coordinates are n x 3, row-major.
struct PointSet {
  std::vector<double> sources;
  std::vector<double> charges;       ///< as a ChargeShape says, row-major
  std::vector<double> targets;       ///< empty: the sources are the targets, but where
  bool targets_elsewhere = false;    ///< all targets are in other parts of the input
  bool molecule = false;             ///< Angstrom and elementary charges
  std::optional<Crystal> crystal{};  ///< where the file names a cell that repeats

  bool has_targets() const { return !targets.empty() || targets_elsewhere; }
  std::size_t n_sources() const { return sources.size() / 3; }
  const std::vector<double>& target_coordinates() const {
    return has_targets() ? targets : sources;
  }
  std::size_t n_targets() const { return target_coordinates().size() / 3; }
};

/// One of so many equal parts, in order.
struct Slice {
  std::size_t part = 0, parts = 1;

  bool is_all() const { return parts == 1; }
  /// Of n things the first that is in it, and the first behind it.
  std::size_t begin(std::size_t n) const { return before(n, part); }
  std::size_t end(std::size_t n) const { return before(n, part + 1); }

 private:
  /// floor(n k / parts) without the product, which could overflow.
  std::size_t before(std::size_t n, std::size_t k) const {
    return n / parts * k + n % parts * k / parts;
  }
};

/// What is read of a file that holds more than one thing, and as what.
struct InputChoice {
  std::string format = "auto";  ///< one of input_formats; auto: by the extension
  std::string particles{};      ///< "PartType1" of a Gadget snapshot, a group of H5MD's /particles
  std::optional<std::size_t> frame{};  ///< of several, from 0
  /// Which points. A text file is cut between lines, by its bytes: its slices are of about the same size.
  Slice slice{};
};
/// The words of --format.
inline constexpr const char* input_formats[] = {"auto", "text", "pqr", "xyz", "hdf5"};

/// Reads the file as its extension, or --format, says; "-" is the standard input. Throws BadInput with the
/// place of the first thing wrong.
PointSet read_points(const std::string& path, const ChargeShape& shape = {},
                     const InputChoice& choice = {});
/// Points alone, (M, 3).
std::vector<double> read_targets(const std::string& path, const InputChoice& choice = {});
/// Where targets are the sources, one set of points does.
void drop_equal_targets(PointSet& points);
/// Drops what is not in the slice, of formats that are read as a whole. `numbers`: of n points.
void keep_slice(std::vector<double>& numbers, std::size_t n, const Slice& slice);
/// The same of sources, charges and targets.
void keep_slice(PointSet& points, const Slice& slice);

// The formats, one file each.
PointSet read_hdf5(const std::string& path, const ChargeShape& shape, const InputChoice& choice);
PointSet read_pqr(const std::string& path, const ChargeShape& shape, const InputChoice& choice);
PointSet read_text(const std::string& path, const ChargeShape& shape, const InputChoice& choice);
PointSet read_xyz(const std::string& path, const ChargeShape& shape, const InputChoice& choice);
std::vector<double> read_hdf5_targets(const std::string& path, const InputChoice& choice);
std::vector<double> read_text_targets(const std::string& path, const InputChoice& choice);
std::vector<double> read_xyz_targets(const std::string& path, const InputChoice& choice);
/// Refuses a file of several frames, none of which was asked for, and a frame that is not there.
void expect_one_frame(const std::string& place, std::size_t frames, const InputChoice& choice);
/// Once, before the first file: HDF5 says nothing about damaged files when the program ends.
void quiet_hdf5();  ///< driver_read_hdf5.cpp

/// "csv" of "a/b.CSV"; empty where there is none.
std::string lower_case_extension(const std::string& path);

}  // namespace Octopole::Driver

#endif
