#ifndef OCTOPOLE_COORDINATES_HPP
#define OCTOPOLE_COORDINATES_HPP

#include <Kokkos_Core.hpp>
#include <core/plan/Octopole_AccessTraits.hpp>

#include <cstddef>
#include <type_traits>

namespace Octopole {

/// Points as three Views of rank 1, one per axis: `Plan plan(exec, kernel, Coordinates{x, y, z})`.
/// Precondition: x.extent(0) == y.extent(0) == z.extent(0), else std::invalid_argument. Of double
/// or float each; strides, const and unmanaged Views are allowed.
template <class X, class Y = X, class Z = X>
struct Coordinates {
  X x;  ///< (N) first coordinates
  Y y;  ///< (N) second coordinates
  Z z;  ///< (N) third coordinates
};
/// Takes the Views' types from the arguments.
template <class X, class Y, class Z>
Coordinates(X, Y, Z) -> Coordinates<X, Y, Z>;

/// Precondition: as Coordinates.
/// Reads Coordinates.
template <class X, class Y, class Z>
struct AccessTraits<Coordinates<X, Y, Z>> {
  using memory_space = typename X::memory_space;  ///< where `get` reads
  /// double where one of the Views is, else float
  using scalar =
      std::common_type_t<typename X::non_const_value_type, typename Y::non_const_value_type,
                         typename Z::non_const_value_type>;

  /// @param points  three Views of equal extent
  /// @return N
  static std::size_t size(const Coordinates<X, Y, Z>& points) { return points.x.extent(0); }
  /// @param points  readable from where this is called
  /// @param i  0 to N - 1
  /// @return the coordinates of point i
  KOKKOS_FUNCTION static Kokkos::Array<scalar, 3> get(const Coordinates<X, Y, Z>& points,
                                                      std::size_t i) {
    return {scalar(points.x(i)), scalar(points.y(i)), scalar(points.z(i))};
  }
};

}  // namespace Octopole

#endif
