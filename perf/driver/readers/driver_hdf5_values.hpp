// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_HDF5_VALUES_HPP
#define OCTOPOLE_DRIVER_HDF5_VALUES_HPP

#include <cmath>
#include <core/precompute/Octopole_Hdf5File.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include <perf/driver/driver_error.hpp>
#include <perf/driver/readers/driver_readers.hpp>

/// What the readers of HDF5 files share: datasets' shapes and finite numbers, and the words for them.
namespace Octopole::Driver::Hdf5Values {

using Shape = std::vector<std::size_t>;

inline std::string text_of(const Shape& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

inline std::string place_of(const Impl::Hdf5File& file, const std::string& dataset) {
  return file.path() + ": " + dataset;
}

/// Of a dataset of numbers, real or complex, or BadInput with what was expected.
inline Shape shape_of(const Impl::Hdf5File& file, const std::string& dataset,
                      const std::string& expected) {
  if (!file.exists(dataset)) throw BadInput(place_of(file, dataset), "no such dataset", expected);
  Shape shape = file.shape(dataset);
  if (!file.is_numeric(dataset) && !file.is_complex(dataset))
    throw BadInput(place_of(file, dataset), "elements that are not numbers",
                   "floating-point numbers");
  return shape;
}

/// Indices of element `i`, "2, 0".
inline std::string index_text(std::size_t i, const Shape& shape) {
  std::string text;
  for (std::size_t d = shape.size(); d-- > 0; i /= shape[d])
    text = std::to_string(i % shape[d]) + (text.empty() ? "" : ", ") + text;
  return text;
}

/// `before`: numbers of the dataset that are before these.
inline void expect_finite(const std::vector<double>& values, const Shape& shape,
                          const std::string& place, std::size_t before = 0) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    throw BadInput(place + "[" + index_text(before + i, shape) + "]",
                   in_quotes(std::isnan(values[i]) ? "nan"
                             : values[i] > 0       ? "inf"
                                                   : "-inf"),
                   "a finite number");
  }
}

/// Numbers of one row of a dataset.
inline std::size_t numbers_per_row(const Shape& shape) {
  std::size_t numbers = 1;
  for (std::size_t d = 1; d < shape.size(); ++d) numbers *= shape[d];
  return numbers;
}

/// Those of the rows in the slice.
inline std::vector<double> finite_values(const Impl::Hdf5File& file, const std::string& dataset,
                                         const Shape& shape, const Slice& slice = {}) {
  const std::size_t first = slice.is_all() ? 0 : slice.begin(shape[0]);
  std::vector<double> values = slice.is_all()
                                   ? file.read<double>(dataset)
                                   : file.read_rows(dataset, first, slice.end(shape[0]) - first);
  expect_finite(values, shape, place_of(file, dataset), first * numbers_per_row(shape));
  return values;
}

}  // namespace Octopole::Driver::Hdf5Values

#endif
