// SPDX-License-Identifier: BSD-3-Clause
// .h5: /sources (N,3), /charges (N[,C][,2][,K]), optional /targets (M,3); or PyExaFMM's layout,
// /particle_data/{sources, source_densities, targets}.
#include <Octopole_Config.hpp>

#include <perf/driver/driver_error.hpp>
#include <perf/driver/readers/driver_readers.hpp>

#ifdef OCTOPOLE_HAVE_HDF5
#include <algorithm>
#include <cmath>
#include <core/precompute/Octopole_Hdf5File.hpp>
#endif

namespace Octopole::Driver {

#ifndef OCTOPOLE_HAVE_HDF5

namespace {
BadInput no_hdf5(const std::string& path) {
  return {path, "an HDF5 file in a build without HDF5", "a build with OCTOPOLE_ENABLE_HDF5=ON"};
}
}  // namespace

PointSet read_hdf5(const std::string& path, const ChargeShape&) {
  throw no_hdf5(path);
}
std::vector<double> read_hdf5_targets(const std::string& path) {
  throw no_hdf5(path);
}
void quiet_hdf5() {}

#else

namespace {

using Impl::Hdf5File;
using Shape = std::vector<std::size_t>;

std::string text_of(const Shape& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

std::string place_of(const Hdf5File& file, const std::string& dataset) {
  return file.path() + ": " + dataset;
}

Shape shape_of(const Hdf5File& file, const std::string& dataset, const char* expected) {
  if (!file.exists(dataset)) throw BadInput(place_of(file, dataset), "no such dataset", expected);
  Shape shape = file.shape(dataset);
  if (!file.is_numeric(dataset))
    throw BadInput(place_of(file, dataset), "elements that are not numbers",
                   "floating-point numbers");
  return shape;
}

/// Indices of element `i`, "2, 0".
std::string index_text(std::size_t i, const Shape& shape) {
  std::string text;
  for (std::size_t d = shape.size(); d-- > 0; i /= shape[d])
    text = std::to_string(i % shape[d]) + (text.empty() ? "" : ", ") + text;
  return text;
}

std::vector<double> finite_values(const Hdf5File& file, const std::string& dataset,
                                  const Shape& shape) {
  std::vector<double> values = file.read<double>(dataset);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    throw BadInput(place_of(file, dataset) + "[" + index_text(i, shape) + "]",
                   in_quotes(std::isnan(values[i]) ? "nan"
                             : values[i] > 0       ? "inf"
                                                   : "-inf"),
                   "a finite number");
  }
  return values;
}

std::vector<double> read_coordinates(const Hdf5File& file, const std::string& dataset,
                                     const char* expected) {
  const Shape shape = shape_of(file, dataset, expected);
  if (shape.size() != 2 || shape[1] != 3 || shape[0] == 0)
    throw BadInput(place_of(file, dataset), "shape " + text_of(shape), expected);
  return finite_values(file, dataset, shape);
}

std::vector<double> read_charges(const Hdf5File& file, const std::string& dataset, std::size_t n,
                                 const ChargeShape& wanted) {
  const Shape needed = wanted.extents(n);
  Shape with_one = needed;  // a last extent for the only right-hand side
  with_one.push_back(1);
  const bool one = wanted.right_hand_sides == 1;
  std::string expected = "shape " + text_of(needed) + (one ? " or " + text_of(with_one) : "") +
                         ", " + wanted.in_words();
  const Shape shape = shape_of(file, dataset, expected.c_str());
  if (shape != needed && !(one && shape == with_one)) {
    const bool has_sides = one && shape.size() == with_one.size() &&
                           std::equal(needed.begin(), needed.end(), shape.begin());
    if (has_sides) expected += " (or --rhs " + std::to_string(shape.back()) + ")";
    throw BadInput(place_of(file, dataset), "shape " + text_of(shape), expected);
  }
  return finite_values(file, dataset, shape);
}

PointSet read(const std::string& path, const ChargeShape& shape) {
  const Hdf5File file = Hdf5File::open_read_only(path);
  const bool pyexafmm = !file.exists("/sources") && file.exists("/particle_data/sources");
  const std::string group = pyexafmm ? "/particle_data/" : "/";
  if (!file.exists(group + "sources"))
    throw BadInput(path, "neither /sources nor /particle_data/sources",
                   "one of the two, of shape (N, 3)");
  PointSet points;
  points.sources = read_coordinates(file, group + "sources", "shape (N, 3) with N at least 1");
  points.charges = read_charges(file, group + (pyexafmm ? "source_densities" : "charges"),
                                points.sources.size() / 3, shape);
  if (file.exists(group + "targets"))
    points.targets = read_coordinates(file, group + "targets", "shape (M, 3) with M at least 1");
  return points;
}

/// The driver's --output has /targets, its inputs /sources and perhaps /targets.
std::vector<double> read_targets_of(const std::string& path) {
  const Hdf5File file = Hdf5File::open_read_only(path);
  for (const char* dataset :
       {"/targets", "/sources", "/particle_data/targets", "/particle_data/sources"})
    if (file.exists(dataset))
      return read_coordinates(file, dataset, "shape (M, 3) with M at least 1");
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
    throw complete ? e : std::runtime_error(what + ", expected a sound HDF5 file");
  }
}

}  // namespace

PointSet read_hdf5(const std::string& path, const ChargeShape& shape) {
  return complaining([&] { return read(path, shape); });
}

std::vector<double> read_hdf5_targets(const std::string& path) {
  return complaining([&] { return read_targets_of(path); });
}

void quiet_hdf5() {
  Hdf5File::do_nothing_at_exit();
}

#endif

}  // namespace Octopole::Driver
