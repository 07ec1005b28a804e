#ifndef OCTOPOLE_SURFACE_HPP
#define OCTOPOLE_SURFACE_HPP

#include <array>
#include <vector>

namespace Octopole {

/// Equivalent and check surfaces: a regular grid on the surface of a cube (Ying, Biros and Zorin
/// 2004, section 3.1).
namespace Surface {

/// Points on a surface with `order` points per edge: 6 (order - 1)^2 + 2. Precondition: order >= 2.
/// @param order  points per edge
/// @return number of points
constexpr int size(int order) {
  return 6 * (order - 1) * (order - 1) + 2;
}

/// The points of the surface of the cube [-radius, radius]^3, in lexicographic order.
/// @param order  points per edge, at least 2
/// @param radius  half the edge of the cube, in any unit
/// @return size(order) points (x, y, z), x fastest
inline std::vector<std::array<double, 3>> points(int order, double radius) {
  std::vector<std::array<double, 3>> p;
  p.reserve(size(order));
  const auto coordinate = [&](int i) { return radius * (2.0 * i / (order - 1) - 1.0); };
  const auto on_face = [&](int i) { return i == 0 || i == order - 1; };
  for (int k = 0; k < order; ++k)
    for (int j = 0; j < order; ++j)
      for (int i = 0; i < order; ++i)
        if (on_face(i) || on_face(j) || on_face(k))
          p.push_back({coordinate(i), coordinate(j), coordinate(k)});
  return p;
}

}  // namespace Surface

namespace Impl {

/// Entries per component of a surface's coefficients: its points, and zeros up to a whole number of
/// 64-byte vectors of T.
template <class T>
constexpr int padded_size(int order) {
  constexpr int step = 64 / sizeof(T);
  return (Surface::size(order) + step - 1) / step * step;
}

}  // namespace Impl
}  // namespace Octopole

#endif
