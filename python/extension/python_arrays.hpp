// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_PYTHON_ARRAYS_HPP
#define OCTOPOLE_PYTHON_ARRAYS_HPP

#include <nanobind/ndarray.h>

#include <core/plan/Octopole_AnyArray.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace Octopole::Python {

/// Arrays of numpy's in the host's memory; those that are only read may be read-only.
using ReadArray = nanobind::ndarray<nanobind::ro, nanobind::device::cpu>;
using WriteArray = nanobind::ndarray<nanobind::device::cpu>;

/// A numpy array where it lies. Throws std::invalid_argument where its numbers are of another type than float32, float64,
/// complex64 and complex128, or it has no or more than four extents. Strides are multiples of the numbers' size.
template <class Array>
AnyArray any_array(const Array& array) {
  std::vector<std::size_t> extents, strides;
  for (std::size_t r = 0; r < array.ndim(); ++r) {
    extents.push_back(array.shape(r));
    strides.push_back(std::size_t(array.stride(r)));
  }
  const auto of = [&](auto number) {
    using X = decltype(number);
    // What is const here is so in AnyArray; what may be written is handed over as that.
    using Data = std::conditional_t<std::is_same_v<Array, ReadArray>, const X, X>;
    return AnyArray(static_cast<Data*>(array.data()), extents, strides);
  };
  const auto type = array.dtype();
  const bool real = type.code == std::uint8_t(nanobind::dlpack::dtype_code::Float),
             complex = type.code == std::uint8_t(nanobind::dlpack::dtype_code::Complex);
  if (type.lanes == 1) {
    if (real && type.bits == 32) return of(float());
    if (real && type.bits == 64) return of(double());
    if (complex && type.bits == 64) return of(Kokkos::complex<float>());
    if (complex && type.bits == 128) return of(Kokkos::complex<double>());
  }
  throw std::invalid_argument("octopole: found an array of numbers of " +
                              std::to_string(type.bits) +
                              " bits, allowed float32, float64, complex64 and complex128");
}

}  // namespace Octopole::Python

#endif
