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
                              typename View::memory_space,
                              Kokkos::MemoryTraits<Kokkos::Unmanaged>>;

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
  return PointsOf<View>(points.data(), Kokkos::LayoutStride(points.extent(0), points.stride(0), 3,
                                                            points.stride(1)));
}

/// Charges or results as (points, components * derivatives), without a copy. Allowed: (n) when that
/// product is 1; (n, components); (n, derivatives) for one component; (n, components, derivatives).
template <class T, class MemorySpace, class View>
auto as_values(const View& view, std::size_t n, int components, int derivatives, const char* what) {
  using Values =
      Kokkos::View<T**, Kokkos::LayoutStride, MemorySpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  static_assert(std::is_same_v<typename View::non_const_value_type, std::remove_const_t<T>>,
                "Octopole: charges and results have the kernel's scalar type");
  static_assert(std::is_const_v<T> || !std::is_const_v<typename View::value_type>,
                "Octopole: results are written: their View cannot be const");
  static_assert(Kokkos::SpaceAccessibility<typename MemorySpace::execution_space,
                                           typename View::memory_space>::accessible,
                "Octopole: a View is not accessible from the plan's execution space");
  const std::size_t columns = std::size_t(components) * derivatives;
  std::string expected = "(";
  expected += std::to_string(n);
  for (const int extent : {components, derivatives})
    if (extent > 1) (expected += ", ") += std::to_string(extent);
  expected += ")";
  const auto fail = [&] {
    throw std::invalid_argument(std::string("Octopole: ") + what + ": found a View of extents " +
                                shape_of(view) + ", expected " + expected);
  };
  std::size_t step = 1;
  if constexpr (View::rank() == 1) {
    if (columns != 1 || view.extent(0) != n) fail();
  } else if constexpr (View::rank() == 2) {
    if (view.extent(0) != n || view.extent(1) != columns || (components > 1 && derivatives > 1))
      fail();
    step = view.stride(1);
  } else {
    static_assert(View::rank() == 3, "Octopole: charges and results have rank 1, 2 or 3");
    if (view.extent(0) != n || view.extent(1) != std::size_t(components) ||
        view.extent(2) != std::size_t(derivatives))
      fail();
    // Components and derivatives become one index, so their strides must be one stride.
    step = view.stride(2);
    if (components > 1 && view.stride(1) != step * derivatives)
      throw std::invalid_argument(std::string("Octopole: ") + what +
                                  ": the last two extents of a View of rank 3 must be laid out one "
                                  "after the other (LayoutRight)");
  }
  return Values(view.data(), Kokkos::LayoutStride(n, view.stride(0), columns, step));
}

}  // namespace Octopole::Impl

#endif
