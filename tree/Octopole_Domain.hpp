#ifndef OCTOPOLE_DOMAIN_HPP
#define OCTOPOLE_DOMAIN_HPP

#include <Kokkos_Core.hpp>
#include <tree/Octopole_Morton.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace Octopole {

/// Where a box is, for the coordinates of its points. The centre is a sum of two doubles.
struct BoxFrame {
  double high[3],  ///< centre, in the points' unit of length
      low[3],      ///< what is left of it
      inverse;     ///< 1 / half-width of the root

  /// Coordinate `d` relative to the centre, in half-widths of the root. The first difference rounds
  /// relative to itself, which is at most half the box, however small that is in the root.
  /// @param x  coordinate, in the points' unit
  /// @param d  axis, 0 to 2
  /// @return -2^-level to 2^-level for points in the box
  KOKKOS_FUNCTION double relative(double x, int d) const {
    return ((x - high[d]) - low[d]) * inverse;
  }
};

/// The root cube. Its half-width has few significant bits (24) and its lowest corner lies on a grid of
/// the half-width's own bits, so that faces of boxes are exact and `x - corner` nearly always is.
struct Domain {
  Kokkos::Array<double, 3> corner{};  ///< the lowest corner, in the points' unit of length
  double half_width = 1;              ///< in the same unit, above 0

  /// @return length of an edge
  KOKKOS_FUNCTION double side() const { return 2 * half_width; }

  /// The unit in which coordinates keep every bit that the caller gave them.
  /// @return the power of two at the half-width or below, above half of that
  KOKKOS_FUNCTION double exact_unit() const {
    return Kokkos::bit_cast<double>(Kokkos::bit_cast<std::uint64_t>(half_width) &
                                    0x7ff0000000000000ull);
  }

  /// The same cube with lengths in exact units; its frames are for PackedPoints::exact.
  /// @return the cube
  KOKKOS_FUNCTION Domain in_exact_units() const {
    const double per_unit = 1 / exact_unit();
    return {{per_unit * corner[0], per_unit * corner[1], per_unit * corner[2]},
            per_unit * half_width};
  }

  /// Coordinate `d` of a point, from the corner, in half-widths of the root: 0 to 2.
  /// @param x  coordinate, in the points' unit
  /// @param d  axis, 0 to 2
  /// @return 0 to 2 for points in the cube
  KOKKOS_FUNCTION double unit(double x, int d) const { return (x - corner[d]) / half_width; }

  /// Code of the cell of level Morton::levels_per_word that holds the point, exactly; points on the
  /// upper faces of the cube belong to the last.
  /// @param x,y,z  a point; one outside counts as the nearest inside, NaN as 0
  /// @return interleaved cell coordinates, Morton::code_bits bits
  KOKKOS_FUNCTION std::uint64_t code(double x, double y, double z) const {
    return Morton::interleave(cell(x, 0), cell(y, 1), cell(z, 2));
  }

  /// A further word of a point's code. Rounded: a point may count to the cell beside its own where it
  /// is nearer to that than 2^-19 of one of the next word's finest cells.
  /// @param x,y,z  a point in `box`; one outside counts as the nearest inside
  /// @param box  the one in which the word starts
  /// @return interleaved coordinates of the word's finest cell
  KOKKOS_FUNCTION std::uint64_t code_within(double x, double y, double z,
                                            const Morton::Key& box) const {
    const int level = Morton::level(box);
    const BoxFrame within = frame(Morton::position(box), level);
    const int bits = Morton::levels_in(level / Morton::levels_per_word);
    const double per_box = double(std::uint64_t(1) << level), cells = double(1 << bits);
    const auto cell = [&](double at, int d) {
      const double c = (per_box * within.relative(at, d) + 1) * (0.5 * cells);
      return std::uint64_t(Kokkos::min(Kokkos::max(c, 0.0), cells - 1));
    };
    return Morton::interleave(cell(x, 0), cell(y, 1), cell(z, 2));
  }

  /// The frame of a box.
  /// @param p  its integer position
  /// @param level  0 to Morton::max_level
  /// @return its centre, to all digits of two doubles, and the unit of length
  KOKKOS_FUNCTION BoxFrame frame(const Morton::Position& p, int level) const {
    BoxFrame box{{}, {}, 1 / half_width};
    const std::int64_t at[3] = {p.x, p.y, p.z};
    for (int d = 0; d < 3; ++d) {
      // The centre from the corner in two parts whose products with the half-width are exact, so that
      // no compiler's fused products change what follows; and so is the sum of what is left, unless the
      // corner is so far away that no two coordinates differ by so little.
      constexpr std::int64_t half_of_bits = (std::int64_t(1) << 26) - 1;
      const std::int64_t centre = 2 * at[d] + 1;
      const double unit = half_width / double(std::uint64_t(1) << level);
      const double fine = unit * double(centre & half_of_bits);
      double left;
      const double coarse = two_sum(corner[d], unit * double(centre & ~half_of_bits), left);
      box.high[d] = two_sum(coarse, left + fine, box.low[d]);
    }
    return box;
  }

 private:
  /// Knuth's sum and what rounding takes from it.
  KOKKOS_FORCEINLINE_FUNCTION static double two_sum(double a, double b, double& error) {
    const double sum = a + b, moved = sum - a;
    error = (a - (sum - moved)) + (b - moved);
    return sum;
  }
  KOKKOS_FUNCTION std::uint64_t cell(double x, int d) const {
    constexpr double cells = double(1 << Morton::levels_per_word);
    double error;
    const double from_corner = two_sum(x, -corner[d], error);
    // The quotient may be rounded across a face. The face that is nearest is exact, and so is the
    // difference from it. Rounded without a call, which compilers make for one point at a time.
    constexpr double to_integer = 0x1.8p52;
    const double nearest = (from_corner / half_width * (0.5 * cells) + to_integer) - to_integer;
    const double beyond = (from_corner - half_width * (2 / cells) * nearest) + error;
    // Its sign bit, moved to where it makes a 2: a comparison would end GCC's vectors where there are no masks
    // (AVX2: 33 instead of 6.5 ns a point).
    const std::uint64_t sign = Kokkos::bit_cast<std::uint64_t>(beyond) >> 63;
    const double c = nearest - 0.5 * Kokkos::bit_cast<double>(sign << 62);
    return std::uint64_t(int(!(c > 0) ? 0 : c < cells - 1 ? c : cells - 1));  // 0 for NaN
  }
};

/// Axis-aligned box around points, and how many of them are not finite.
struct Bounds {
  static constexpr double infinity =
      Kokkos::Experimental::infinity_v<double>;                  ///< of the empty box
  Kokkos::Array<double, 3> lower{infinity, infinity, infinity},  ///< smallest coordinates
      upper{-infinity, -infinity, -infinity};                    ///< largest coordinates
  long long not_finite = 0;  ///< points with a coordinate that is infinite or NaN

  /// Widens the box by a point.
  /// @param x,y,z  the point
  KOKKOS_FORCEINLINE_FUNCTION void add(double x, double y, double z) {
    lower[0] = Kokkos::min(lower[0], x), upper[0] = Kokkos::max(upper[0], x);
    lower[1] = Kokkos::min(lower[1], y), upper[1] = Kokkos::max(upper[1], y);
    lower[2] = Kokkos::min(lower[2], z), upper[2] = Kokkos::max(upper[2], z);
    not_finite += !(Kokkos::isfinite(x) && Kokkos::isfinite(y) && Kokkos::isfinite(z));
  }
};

/// The box around two.
/// @param a,b  either may be empty
/// @return bounds of the points of both
KOKKOS_INLINE_FUNCTION Bounds unite(const Bounds& a, const Bounds& b) {
  Bounds c;
  for (int d = 0; d < 3; ++d) {
    c.lower[d] = Kokkos::min(a.lower[d], b.lower[d]);
    c.upper[d] = Kokkos::max(a.upper[d], b.upper[d]);
  }
  c.not_finite = a.not_finite + b.not_finite;
  return c;
}

namespace Impl {

/// Kokkos' reduction of Bounds.
struct UniteBounds {
  using reducer = UniteBounds;
  using value_type = Bounds;
  using result_view_type =
      Kokkos::View<Bounds, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;

  explicit UniteBounds(Bounds& result) : m_result(&result) {}
  KOKKOS_FUNCTION void join(Bounds& a, const Bounds& b) const { a = unite(a, b); }
  KOKKOS_FUNCTION void init(Bounds& b) const { b = Bounds{}; }
  KOKKOS_FUNCTION Bounds& reference() const { return *m_result.data(); }
  KOKKOS_FUNCTION result_view_type view() const { return m_result; }
  KOKKOS_FUNCTION bool references_scalar() const { return true; }

 private:
  result_view_type m_result;
};

}  // namespace Impl

/// Bounds of `points` (N,3), by reduction on `exec`. N = 0 gives an empty box (lower > upper).
/// Waits for `exec`.
/// @param exec  instance to work on
/// @param points  called as points(i, d); has extent(0)
/// @return bounds in the points' unit
template <class ExecutionSpace, class Points>
Bounds bounds(const ExecutionSpace& exec, const Points& points) {
  Bounds b;
  Kokkos::parallel_reduce(
      "Octopole::Domain::bounds", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, points.extent(0)),
      KOKKOS_LAMBDA(const int i, Bounds& sum) {
        sum.add(points(i, 0), points(i, 1), points(i, 2));
      },
      Impl::UniteBounds(b));
  exec.fence("Octopole::Domain::bounds");
  return b;
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

/// Sides of root cubes on the ladder, see make_domain, in an octave.
inline constexpr int rungs = 16;

/// The cube that holds `b`, `scale` (1 or more) times as wide as need be; where it is wider, its
/// lowest corner is that of `b`. With `ladder` its side is the next power of 2^(1/`rungs`), so that
/// kernels whose operators depend on the box side share them between data sets and time steps.
/// Throws std::invalid_argument where the points span more than the largest double.
/// @param b  finite; where empty the cube is [-1, 1]^3
/// @param ladder  whether the side is a power of 2^(1/`rungs`)
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
  if (ladder) half = 0.5 * std::exp2(std::ceil(rungs * std::log2(2 * half)) / rungs);
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
