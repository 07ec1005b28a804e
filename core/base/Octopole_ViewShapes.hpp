#ifndef OCTOPOLE_VIEW_SHAPES_HPP
#define OCTOPOLE_VIEW_SHAPES_HPP

#include <Kokkos_Core.hpp>
#include <core/base/Octopole_ArrayLayout.hpp>

#include <stdexcept>
#include <string>
#include <type_traits>

namespace Octopole::Impl {

/// Points (N, 3) of X where they lie, without a copy; `what` they are, for the message. Throws
/// std::invalid_argument where the array has other extents.
template <class MemorySpace, class X>
auto points_at(const X* data, const ArrayLayout& array, const char* what) {
  if (array.complex || array.rank != 2 || array.extents[1] != 3)
    throw std::invalid_argument(std::string("Octopole: ") + what + ": found a View of extents " +
                                shape_of(array) + (array.complex ? " of complex numbers" : "") +
                                ", expected (N, 3)");
  return Kokkos::View<const X**, Kokkos::LayoutStride, MemorySpace,
                      Kokkos::MemoryTraits<Kokkos::Unmanaged>>(
      data, Kokkos::LayoutStride(array.extents[0], std::size_t(array.strides[0]), 3,
                                 std::size_t(array.strides[1])));
}

/// The same of a View of any layout.
template <class View>
auto as_points(const View& points, const char* what) {
  using X = typename View::non_const_value_type;
  static_assert(View::rank() == 2, "Octopole: points are a View of rank 2 with extents (N, 3)");
  static_assert(std::is_same_v<X, double> || std::is_same_v<X, float>,
                "Octopole: coordinates are double or float");
  return points_at<typename View::memory_space, X>(points.data(), layout_of(points), what);
}

}  // namespace Octopole::Impl

#endif
