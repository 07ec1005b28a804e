#ifndef OCTOPOLE_SPLIT_POINTS_HPP
#define OCTOPOLE_SPLIT_POINTS_HPP

#include <Kokkos_Core.hpp>
#include <core/base/Octopole_Allocate.hpp>

namespace Octopole {

/// Which parts of coordinates a near field in float needs.
enum class Split {
  none,         ///< it is not in float
  high,         ///< the nearest float
  high_and_low  ///< that, and what is left
};

/// The coordinates of packed points as sums of two floats, high + low, which together hold 48 bits:
/// differences of such coordinates are as exact as a float can be, however close the points.
template <class MemorySpace>
struct SplitPoints {
  Kokkos::View<float**, Kokkos::LayoutRight, MemorySpace> high,  ///< (3, slots) or empty
      low;                                                       ///< (3, slots) or empty

  /// Memory for other points, whose parts are not set yet.
  /// @param exec  instance to work on
  /// @param split  which parts there are to be
  /// @param slots  of the packed points
  template <class ExecutionSpace>
  void resize(const ExecutionSpace& exec, Split split, int slots) {
    const auto need = [&](auto& view, const char* label, int n) {
      if (int(view.extent(1)) != n) Impl::allocate_into(view, exec, label, n > 0 ? 3 : 0, n);
    };
    need(high, "Octopole::Points::high", split == Split::none ? 0 : slots);
    need(low, "Octopole::Points::low", split == Split::high_and_low ? slots : 0);
  }

  /// @return memory that the parts hold
  std::size_t bytes() const { return Impl::bytes_of(high, low); }

  /// Sets the parts that there is memory for.
  /// @param d  axis, 0 to 2
  /// @param slot  of the point
  /// @param x  its coordinate
  KOKKOS_FORCEINLINE_FUNCTION void set(int d, int slot, double x) const {
    if (high.extent(1) > 0) high(d, slot) = float(x);
    if (low.extent(1) > 0) low(d, slot) = float(x - double(float(x)));
  }
};

}  // namespace Octopole

#endif
