#ifndef OCTOPOLE_SPLIT_POINTS_HPP
#define OCTOPOLE_SPLIT_POINTS_HPP

#include <Octopole_PackedPoints.hpp>

namespace Octopole {

/// The coordinates of packed points as sums of two floats, high + low, which together hold 48 bits:
/// differences of such coordinates are as exact as a float can be, however close the points.
template <class MemorySpace>
struct SplitPoints {
  Kokkos::View<float**, Kokkos::LayoutRight, MemorySpace> high,  ///< (3, slots)
      low;  ///< (3, slots) or empty
};

/// Splits all slots of `points`; `with_low`: else `low` stays empty. `split`: earlier ones that
/// nobody needs any more, whose memory is kept where the number of slots is the same.
/// @param exec  instance to work on
/// @param points  packed in double
/// @param with_low  whether the low parts are wanted
/// @param split  earlier ones, or none
/// @return the split points; complete once `exec` has been fenced
template <class ExecutionSpace, class Points>
SplitPoints<typename ExecutionSpace::memory_space> split_points(
    const ExecutionSpace& exec, const Points& points, bool with_low,
    SplitPoints<typename ExecutionSpace::memory_space> split = {}) {
  if (int(split.high.extent(1)) != points.slots) {
    Impl::allocate_into(split.high, exec, "Octopole::Points::high", 3, points.slots);
    Impl::allocate_into(split.low, exec, "Octopole::Points::low", with_low ? 3 : 0, points.slots);
  }
  const auto high = split.high, low = split.low;
  const auto x = points.x, y = points.y, z = points.z;
  Kokkos::parallel_for(
      "Octopole::Points::split", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, points.slots),
      KOKKOS_LAMBDA(const int slot) {
        const double r[3] = {double(x(slot)), double(y(slot)), double(z(slot))};
        for (int d = 0; d < 3; ++d) {
          high(d, slot) = float(r[d]);
          if (with_low) low(d, slot) = float(r[d] - double(float(r[d])));
        }
      });
  return split;
}

}  // namespace Octopole

#endif
