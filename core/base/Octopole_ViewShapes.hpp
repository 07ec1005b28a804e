#ifndef OCTOPOLE_VIEW_SHAPES_HPP
#define OCTOPOLE_VIEW_SHAPES_HPP

#include <Kokkos_Core.hpp>

#include <stdexcept>
#include <string>
#include <type_traits>

namespace Octopole::Impl {

template <class View>
std::string shape_of(const View& view) {
  std::string text = "(";
  for (std::size_t r = 0; r < View::rank(); ++r) {
    if (r > 0) text += ", ";
    text += std::to_string(view.extent(r));
  }
  return text + ")";
}

template <class View>
using PointsOf = Kokkos::View<const typename View::non_const_value_type**, Kokkos::LayoutStride,
                              typename View::memory_space, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;

/// Points (N, 3) of any layout, without a copy.
template <class View>
PointsOf<View> as_points(const View& points, const char* what) {
  using X = typename View::non_const_value_type;
  static_assert(View::rank() == 2, "Octopole: points are a View of rank 2 with extents (N, 3)");
  static_assert(std::is_same_v<X, double> || std::is_same_v<X, float>,
                "Octopole: coordinates are double or float");
  if (points.extent(1) != 3)
    throw std::invalid_argument(std::string("Octopole: ") + what + ": found a View of extents " +
                                shape_of(points) + ", expected (N, 3)");
  return PointsOf<View>(
      points.data(), Kokkos::LayoutStride(points.extent(0), points.stride(0), 3, points.stride(1)));
}

}  // namespace Octopole::Impl

#endif
