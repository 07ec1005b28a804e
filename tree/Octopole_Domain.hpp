#ifndef OCTOPOLE_DOMAIN_HPP
#define OCTOPOLE_DOMAIN_HPP

#include <Kokkos_Core.hpp>
#include <Octopole_Morton.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace Octopole {

/// The root cube. Its half-width has few significant bits and its lowest corner lies on a grid of
/// the half-width's own bits, so that box centres are exact and `x - corner` nearly always is.
struct Domain {
  Kokkos::Array<double, 3> corner{};  ///< the lowest corner, in the points' unit of length
  double half_width = 1;  ///< in the same unit, above 0

  /// @return length of an edge
  double side() const { return 2 * half_width; }

  /// Coordinate `d` of a point, from the corner, in half-widths of the root: 0 to 2.
  /// @param x  coordinate, in the points' unit
  /// @param d  axis, 0 to 2
  /// @return 0 to 2 for points in the cube
  KOKKOS_FUNCTION double unit(double x, int d) const { return (x - corner[d]) / half_width; }

  /// Code of the finest cell that holds the point; points on the upper faces belong to the last.
  /// @param x,y,z  a point; one outside counts as the nearest inside
  /// @return interleaved cell coordinates, Morton::code_bits bits
  KOKKOS_FUNCTION std::uint64_t code(double x, double y, double z) const {
    return Morton::interleave(cell(x, 0), cell(y, 1), cell(z, 2));
  }

  /// `x` relative to the centre of the box at integer position `i` of `level`, in half-widths of
  /// the root. The rounding error is relative to the *box*, however small it is in the root.
  /// @param x  coordinate, in the points' unit
  /// @param d  axis, 0 to 2
  /// @param i  0 to 2^level - 1
  /// @param level  0 to Morton::max_level
  /// @return -2^-level to 2^-level for points in the box
  KOKKOS_FUNCTION double relative(double x, int d, int i, int level) const {
    const double centre = half_width * ((2 * double(i) + 1) / double(std::uint64_t(1) << level));
    // x - corner with its rounding error (Knuth's two-sum), for points much nearer to the origin
    // than to the corner: what they have below the root's last bit still tells them apart.
    const double high = x - corner[d], moved = high - x;
    const double low = (x - (high - moved)) - (corner[d] + moved);
    return ((high - centre) + low) / half_width;
  }

 private:
  KOKKOS_FUNCTION std::uint64_t cell(double x, int d) const {
    constexpr double cells = double(1 << Morton::max_level);
    const double c = unit(x, d) * (0.5 * cells);
    return std::uint64_t(int(c <= 0 ? 0 : c >= cells - 1 ? cells - 1 : c));
  }
};

/// Axis-aligned box around points, and how many of them are not finite.
struct Bounds {
  Kokkos::Array<double, 3> lower{},  ///< smallest coordinates
      upper{};                       ///< largest coordinates
  long long not_finite = 0;  ///< points with a coordinate that is infinite or NaN
};

/// Bounds of `points` (N,3), by reduction on `exec`. N = 0 gives an empty box (lower > upper).
/// Waits for `exec`.
/// @param exec  instance to work on
/// @param points  called as points(i, d); has extent(0)
/// @return bounds in the points' unit
template <class ExecutionSpace, class Points>
Bounds bounds(const ExecutionSpace& exec, const Points& points) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Bounds b;
  double lx = infinity, ly = infinity, lz = infinity, ux = -infinity, uy = -infinity,
         uz = -infinity;
  Kokkos::parallel_reduce(
      "Octopole::Domain::bounds", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, points.extent(0)),
      KOKKOS_LAMBDA(const int i, double& a0, double& a1, double& a2, double& c0, double& c1,
                    double& c2, long long& bad) {
        const double x = points(i, 0), y = points(i, 1), z = points(i, 2);
        a0 = Kokkos::min(a0, x), a1 = Kokkos::min(a1, y), a2 = Kokkos::min(a2, z);
        c0 = Kokkos::max(c0, x), c1 = Kokkos::max(c1, y), c2 = Kokkos::max(c2, z);
        bad += !(Kokkos::isfinite(x) && Kokkos::isfinite(y) && Kokkos::isfinite(z));
      },
      Kokkos::Min<double>(lx), Kokkos::Min<double>(ly), Kokkos::Min<double>(lz),
      Kokkos::Max<double>(ux), Kokkos::Max<double>(uy), Kokkos::Max<double>(uz), b.not_finite);
  exec.fence("Octopole::Domain::bounds");
  b.lower = {lx, ly, lz};
  b.upper = {ux, uy, uz};
  return b;
}

/// The box around two.
/// @param a,b  either may be empty
/// @return bounds of the points of both
inline Bounds unite(const Bounds& a, const Bounds& b) {
  Bounds c;
  for (int d = 0; d < 3; ++d) {
    c.lower[d] = std::min(a.lower[d], b.lower[d]);
    c.upper[d] = std::max(a.upper[d], b.upper[d]);
  }
  c.not_finite = a.not_finite + b.not_finite;
  return c;
}

/// Whether every point of `b` lies in the cube.
/// @param domain  the cube
/// @param b  may be empty
/// @return true for empty bounds
inline bool contains(const Domain& domain, const Bounds& b) {
  for (int d = 0; d < 3; ++d)
    if (b.lower[d] < domain.corner[d] || b.upper[d] > domain.corner[d] + domain.side())
      return false;
  return true;
}

/// The cube that holds `b`, `scale` (1 or more) times as wide as need be; where it is wider, its
/// lowest corner is that of `b`. With `ladder` its side is the next power of 2^(1/4), so that kernels
/// whose operators depend on the box side share them between data sets and time steps.
/// Throws std::invalid_argument where the points span more than the largest double.
/// @param b  finite; where empty the cube is [-1, 1]^3
/// @param ladder  see above
/// @param scale  1 to 4
/// @return the cube
inline Domain make_domain(const Bounds& b, bool ladder, double scale = 1) {
  double side = 0, reach = 0;
  for (int d = 0; d < 3; ++d) {
    if (b.lower[d] > b.upper[d]) return Domain{{-1, -1, -1}, 1};  // no points at all
    side = std::max(side, b.upper[d] - b.lower[d]);
    reach = std::max({reach, std::abs(b.lower[d]), std::abs(b.upper[d])});
  }
  if (!std::isfinite(side))
    throw std::invalid_argument("Octopole: the points span more than the largest double");
  // One point, or all equal: any cube does, as long as the coordinates resolve it.
  if (side <= reach * 1e-15) side = std::max(reach * 1e-6, reach == 0 ? 1.0 : 0.0);
  if (side < 1e-290) side = 1e-290;

  // Room for rounding the corner down, also where the coordinates' own last bit is coarser than
  // that; then round the half-width up to 24 bits.
  double half = 0.5 * side * (1 + 1e-5) + 1e-15 * reach;
  const double tight = half;
  half *= scale;
  if (ladder) half = 0.5 * std::exp2(std::ceil(4 * std::log2(2 * half)) / 4);
  int exponent;
  const double mantissa = std::frexp(half, &exponent);
  half = std::ldexp(std::ceil(std::ldexp(mantissa, 24)), exponent - 24);

  Domain domain;
  domain.half_width = half;
  const double grid = std::ldexp(1.0, exponent - 20);
  for (int d = 0; d < 3; ++d) {
    // Along the longest edge the slack is about 1e-5 of the side; elsewhere the data is centred.
    const double middle = 0.5 * b.lower[d] + 0.5 * b.upper[d];
    const double corner = scale > 1 ? b.lower[d] + 0.5 * side - tight : middle - half;
    domain.corner[d] = std::floor(corner / grid) * grid;
  }
  return domain;
}

}  // namespace Octopole

#endif
