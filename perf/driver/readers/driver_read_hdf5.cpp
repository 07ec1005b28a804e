// SPDX-License-Identifier: BSD-3-Clause
// .h5: /sources (N,3), /charges (N[,C][,2][,K]), optional /targets (M,3) and an attribute cell; or PyExaFMM's layout,
// /particle_data/{sources, source_densities, targets}; or several kinds of particles, in a snapshot of Gadget
// (/PartType1/{Coordinates, Masses}) or a trajectory of H5MD (/particles/NAME/{position, charge}).
#include <Octopole_Config.hpp>

#include <perf/driver/driver_error.hpp>
#include <perf/driver/readers/driver_readers.hpp>

#ifdef OCTOPOLE_HAVE_HDF5
#include <algorithm>
#include <cmath>
#include <core/precompute/Octopole_Hdf5File.hpp>
#include <optional>
#include <string>
#include <vector>

#include <perf/driver/readers/driver_hdf5_values.hpp>
#include <perf/driver/readers/driver_particles.hpp>
#endif

namespace Octopole::Driver {

#ifndef OCTOPOLE_HAVE_HDF5

namespace {
BadInput no_hdf5(const std::string& path) {
  return {path, "an HDF5 file in a build without HDF5", "a build with OCTOPOLE_ENABLE_HDF5=ON"};
}
}  // namespace

PointSet read_hdf5(const std::string& path, const ChargeShape&, const InputChoice&) {
  throw no_hdf5(path);
}
std::vector<double> read_hdf5_targets(const std::string& path, const InputChoice&) {
  throw no_hdf5(path);
}
void quiet_hdf5() {}

#else

namespace {

using Impl::Hdf5File;
using namespace Hdf5Values;

/// N of coordinates (N, 3).
std::size_t count_points(const Hdf5File& file, const std::string& dataset, const char* expected) {
  const Shape shape = shape_of(file, dataset, expected);
  if (shape.size() != 2 || shape[1] != 3 || shape[0] == 0)
    throw BadInput(place_of(file, dataset), "shape " + text_of(shape), expected);
  return shape[0];
}

std::vector<double> read_coordinates(const Hdf5File& file, const std::string& dataset,
                                     const char* expected, const Slice& slice) {
  return finite_values(file, dataset, {count_points(file, dataset, expected), 3}, slice);
}

/// Complex numbers (N[, C][, K]) as two of ours: the parts stand before the right-hand sides.
std::vector<double> parts_apart(const std::vector<double>& pairs, std::size_t sides) {
  std::vector<double> values(pairs.size());
  for (std::size_t i = 0; i < pairs.size() / 2; ++i)
    for (std::size_t part = 0; part < 2; ++part)
      values[(i / sides * 2 + part) * sides + i % sides] = pairs[2 * i + part];
  return values;
}

/// Of the sources in the slice; `n`: of all.
std::vector<double> read_charges(const Hdf5File& file, const std::string& dataset, std::size_t n,
                                 const ChargeShape& wanted, const Slice& slice) {
  ChargeShape as_stored = wanted;
  const bool pairs = file.exists(dataset) && file.is_complex(dataset);
  if (pairs && wanted.parts == 1)
    throw BadInput(place_of(file, dataset), "complex numbers", wanted.in_words() + ", real");
  if (pairs) as_stored.parts = 1;
  const Shape needed = as_stored.extents(n);
  Shape with_one = needed;  // a last extent for the only right-hand side
  with_one.push_back(1);
  const bool one = wanted.right_hand_sides == 1;
  std::string expected = "shape " + text_of(needed) + (one ? " or " + text_of(with_one) : "") +
                         ", " + wanted.in_words();
  const Shape shape = shape_of(file, dataset, expected);
  if (shape != needed && !(one && shape == with_one)) {
    const bool has_sides = one && shape.size() == with_one.size() &&
                           std::equal(needed.begin(), needed.end(), shape.begin());
    if (has_sides) expected += " (or --rhs " + std::to_string(shape.back()) + ")";
    throw BadInput(place_of(file, dataset), "shape " + text_of(shape), expected);
  }
  if (!pairs) return finite_values(file, dataset, shape, slice);
  const std::size_t first = slice.begin(n);
  const std::vector<double> values = file.read_complex_rows(dataset, first, slice.end(n) - first);
  Shape with_parts = shape;
  with_parts.push_back(2);
  expect_finite(values, with_parts, place_of(file, dataset), first * numbers_per_row(with_parts));
  return parts_apart(values, wanted.right_hand_sides);
}

/// The cube that repeats, whose side the attribute `cell` of the whole file may say, as an --output of such a run does.
std::optional<Crystal> read_cell(const Hdf5File& file, const std::string& path) {
  if (!file.has_attribute("/", "cell")) return {};
  const std::vector<double> side = file.read_attribute_numbers("/", "cell");
  if (side.size() != 1 || !(side[0] > 0) || !std::isfinite(side[0]))
    throw BadInput(
        path + ": attribute cell",
        side.size() == 1 ? std::to_string(side[0]) : std::to_string(side.size()) + " numbers",
        "one number above 0, the side of a cube");
  return crystal_of_edges(side[0], side[0], side[0]);
}

bool has_own_layout(const Hdf5File& file) {
  return file.exists("/sources") || file.exists("/particle_data/sources");
}

PointSet read(const std::string& path, const ChargeShape& shape, const InputChoice& choice) {
  const Hdf5File file = Hdf5File::open_read_only(path);
  if (!has_own_layout(file) && holds_particles(file)) {
    PointSet points = read_particles(file, &shape, choice);
    keep_slice(points, choice.slice);
    return points;
  }
  expect_no_choice(file, choice);
  const bool pyexafmm = !file.exists("/sources") && file.exists("/particle_data/sources");
  const std::string group = pyexafmm ? "/particle_data/" : "/";
  if (!file.exists(group + "sources"))
    throw BadInput(path, "no /sources, /particle_data, /PartType0 to 5 or /particles",
                   "one of them");
  PointSet points;
  points.crystal = read_cell(file, path);
  const char* const of_sources = "shape (N, 3) with N at least 1";
  points.sources = read_coordinates(file, group + "sources", of_sources, choice.slice);
  points.charges =
      read_charges(file, group + (pyexafmm ? "source_densities" : "charges"),
                   count_points(file, group + "sources", of_sources), shape, choice.slice);
  points.targets_elsewhere = !choice.slice.is_all() && file.exists(group + "targets");
  if (file.exists(group + "targets"))
    points.targets =
        read_coordinates(file, group + "targets", "shape (M, 3) with M at least 1", choice.slice);
  return points;
}

/// The driver's --output has /targets, its inputs /sources and perhaps /targets.
std::vector<double> read_targets_of(const std::string& path, const InputChoice& choice) {
  const Hdf5File file = Hdf5File::open_read_only(path);
  for (const char* dataset :
       {"/targets", "/sources", "/particle_data/targets", "/particle_data/sources"})
    if (file.exists(dataset))
      return read_coordinates(file, dataset, "shape (M, 3) with M at least 1", choice.slice);
  if (holds_particles(file)) {
    std::vector<double> targets = read_particles(file, nullptr, choice).sources;
    keep_slice(targets, targets.size() / 3, choice.slice);
    return targets;
  }
  throw BadInput(path, "neither /targets nor /sources", "one of the two, of shape (M, 3)");
}

/// Our messages as they are, HDF5's with what was expected.
template <class Read>
auto complaining(Read read) {
  try {
    return read();
  } catch (const BadInput&) {
    throw;
  } catch (const std::runtime_error& e) {  // HDF5's own, which has file and object in it
    const std::string what = e.what();
    const bool complete = what.find("expected") != what.npos;
    throw std::runtime_error(printable(complete ? what : what + ", expected a sound HDF5 file"));
  }
}

}  // namespace

PointSet read_hdf5(const std::string& path, const ChargeShape& shape, const InputChoice& choice) {
  return complaining([&] { return read(path, shape, choice); });
}

std::vector<double> read_hdf5_targets(const std::string& path, const InputChoice& choice) {
  return complaining([&] { return read_targets_of(path, choice); });
}

void quiet_hdf5() {
  Hdf5File::do_nothing_at_exit();
}

#endif

}  // namespace Octopole::Driver
