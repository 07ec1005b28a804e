// SPDX-License-Identifier: BSD-3-Clause
// .h5: /sources (N,3), /charges (N) or (N,1), optional /targets (M,3); or PyExaFMM's layout,
// /particle_data/{sources, source_densities, targets}.
#include <Octopole_Config.hpp>

#include "driver_error.hpp"
#include "driver_readers.hpp"

#ifdef OCTOPOLE_HAVE_HDF5
#include <cmath>
#include <impl/Octopole_Hdf5File.hpp>
#endif

namespace Octopole::Driver {

#ifndef OCTOPOLE_HAVE_HDF5

PointSet read_hdf5(const std::string& path) {
  throw BadInput(path, "an HDF5 file in a build without HDF5",
                 "a build with OCTOPOLE_ENABLE_HDF5=ON");
}

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

/// `columns` > 1: the place in messages has two indices.
std::vector<double> finite_values(const Hdf5File& file, const std::string& dataset,
                                  std::size_t columns) {
  std::vector<double> values = file.read<double>(dataset);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    const std::string index = columns > 1
                                  ? std::to_string(i / columns) + ", " + std::to_string(i % columns)
                                  : std::to_string(i);
    throw BadInput(place_of(file, dataset) + "[" + index + "]",
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
  return finite_values(file, dataset, 3);
}

std::vector<double> read_charges(const Hdf5File& file, const std::string& dataset, std::size_t n) {
  const std::string expected =
      "shape (" + std::to_string(n) + ") or (" + std::to_string(n) + ", 1), one charge per source";
  const Shape shape = shape_of(file, dataset, expected.c_str());
  const bool right = (shape.size() == 1 || (shape.size() == 2 && shape[1] == 1)) && shape[0] == n;
  if (!right) throw BadInput(place_of(file, dataset), "shape " + text_of(shape), expected);
  return finite_values(file, dataset, 1);
}

PointSet read(const std::string& path) {
  const Hdf5File file = Hdf5File::open_read_only(path);
  const bool pyexafmm = !file.exists("/sources") && file.exists("/particle_data/sources");
  const std::string group = pyexafmm ? "/particle_data/" : "/";
  if (!file.exists(group + "sources"))
    throw BadInput(path, "neither /sources nor /particle_data/sources",
                   "one of the two, of shape (N, 3)");
  PointSet points;
  points.sources = read_coordinates(file, group + "sources", "shape (N, 3) with N at least 1");
  points.charges = read_charges(file, group + (pyexafmm ? "source_densities" : "charges"),
                                points.sources.size() / 3);
  if (file.exists(group + "targets"))
    points.targets = read_coordinates(file, group + "targets", "shape (M, 3) with M at least 1");
  return points;
}

}  // namespace

PointSet read_hdf5(const std::string& path) {
  try {
    return read(path);
  } catch (const BadInput&) {
    throw;
  } catch (const std::runtime_error& e) {  // HDF5's own, which has file and object in it
    const std::string what = e.what();
    const bool complete = what.find("expected") != what.npos;
    throw complete ? e : std::runtime_error(what + ", expected a sound HDF5 file");
  }
}

#endif

}  // namespace Octopole::Driver
