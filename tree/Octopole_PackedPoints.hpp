#ifndef OCTOPOLE_PACKED_POINTS_HPP
#define OCTOPOLE_PACKED_POINTS_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <tree/Octopole_Octree.hpp>
#include <tree/Octopole_SplitPoints.hpp>

namespace Octopole {

/// Points in tree order as a structure of arrays, the points of each leaf in a range of its own
/// that starts at a multiple of the alignment and is padded to one. Coordinates are relative to the
/// centre of the leaf and in half-widths of the root; padding lies at the centre. That does for
/// expansions; two points may lie nearer to each other than a leaf's coordinates tell apart, so that
/// pairs of points take their differences from the caller's own coordinates.
template <class T, class MemorySpace>
struct PackedPoints {
  Kokkos::View<T*, MemorySpace> x,  ///< (slots)
      y,                            ///< (slots)
      z;                            ///< (slots)
  /// (3, slots) the caller's coordinates, bit by bit, in Domain::exact_unit()
  Kokkos::View<double**, Kokkos::LayoutRight, MemorySpace> exact;
  /// x, y and z in floats and in half-widths of the leaf, where the near field is in float
  SplitPoints<MemorySpace> split;
  Kokkos::View<int*, MemorySpace> input;  ///< (slots) the caller's index, -1 for padding
  Kokkos::View<int*, MemorySpace> begin;  ///< (boxes) first slot; of leaves only
  int slots = 0,                          ///< those past the last leaf's range are padding too
      used = 0;                           ///< end of the last leaf's range

  /// @return memory that the points hold
  std::size_t bytes() const { return Impl::bytes_of(x, y, z, exact, input, begin) + split.bytes(); }

  /// Sets a point.
  /// @param slot  where
  /// @param from  the caller's index
  /// @param r  coordinates
  /// @param at  the caller's coordinates, in the exact unit
  /// @param level  of the leaf
  KOKKOS_FORCEINLINE_FUNCTION void set(int slot, int from, const double (&r)[3],
                                       const double (&at)[3], int level) const {
    input(slot) = from;
    x(slot) = T(r[0]);
    y(slot) = T(r[1]);
    z(slot) = T(r[2]);
    const double per_length = double(std::uint64_t(1) << level);
    for (int d = 0; d < 3; ++d) {
      exact(d, slot) = at[d];
      split.set(d, slot, per_length * r[d]);
    }
  }

  /// Coordinate d of a point as seen from a box of any size, a small one near a large leaf too.
  /// @param d  axis, 0 to 2
  /// @param slot  of the point
  /// @param box  its frame in Domain::in_exact_units()
  /// @return in half-widths of the root, exact relative to itself
  KOKKOS_FORCEINLINE_FUNCTION T seen_from(const BoxFrame& box, int d, int slot) const {
    return T(box.relative(exact(d, slot), d));
  }
};

namespace Impl {

/// The points lie anywhere: a processor waits for them unless it is told early which come next.
template <class Points, class Order>
KOKKOS_INLINE_FUNCTION void prefetch_point(const Points& points, const Order& order, int at) {
  // A function of its own: a lambda would not capture the same on host and device.
  KOKKOS_IF_ON_HOST((constexpr int ahead = 32; if (at + ahead < int(order.extent(0))) {
    for (int d = 0; d < 3; ++d) __builtin_prefetch(&points(order(at + ahead), d));
  }))
  KOKKOS_IF_ON_DEVICE(((void)points; (void)order; (void)at;))
}

}  // namespace Impl

/// Gives each leaf its range of slots, and the points their memory: `fill_points` then packs them.
/// Waits for `exec`.
/// @param exec  instance to work on
/// @param tree  of these points
/// @param begin_of,end_of  (boxes) the tree's ranges of these points: source_begin and source_end, or
///   the targets'
/// @param alignment  slots that each leaf's range starts at a multiple of and is padded to
/// @param split  which parts of the coordinates in float are wanted
/// @param before  earlier points: their memory, and with it the number of slots, is shared where it
///   is large enough and at most twice what is needed. Nothing is written there before `fill_points`.
/// @return points that are not packed yet
template <class T, class ExecutionSpace, class MemorySpace, class Range>
PackedPoints<T, MemorySpace> lay_out_points(const ExecutionSpace& exec,
                                            const Octree<MemorySpace>& tree, const Range& begin_of,
                                            const Range& end_of, int alignment,
                                            Split split = Split::none,
                                            const PackedPoints<T, MemorySpace>& before = {}) {
  PackedPoints<T, MemorySpace> packed = before;
  Impl::allocate_into(packed.begin, exec, "Octopole::Points::begin", tree.n_boxes);
  int needed = 0;
  const auto begin = packed.begin;
  const auto leaves = tree.leaves;
  Kokkos::parallel_scan(
      "Octopole::Points::slots", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, tree.n_leaves),
      KOKKOS_LAMBDA(const int i, int& sum, const bool last) {
        const int leaf = leaves(i);
        if (last) begin(leaf) = sum;
        const int n = end_of(leaf) - begin_of(leaf);
        sum += (n + alignment - 1) / alignment * alignment;
      },
      needed);
  packed.used = needed;
  if (packed.slots < needed || packed.slots / 2 > needed) {
    // A second time comes with some more: how full the leaves are changes with every step.
    packed.slots = packed.slots == 0 ? needed : Impl::round_up(needed + needed / 32, alignment);
    Impl::allocate_into(packed.x, exec, "Octopole::Points::x", packed.slots);
    Impl::allocate_into(packed.y, exec, "Octopole::Points::y", packed.slots);
    Impl::allocate_into(packed.z, exec, "Octopole::Points::z", packed.slots);
    Impl::allocate_into(packed.exact, exec, "Octopole::Points::exact", 3, packed.slots);
    Impl::allocate_into(packed.input, exec, "Octopole::Points::input", packed.slots);
  }
  packed.split.resize(exec, split, packed.slots);
  exec.fence("Octopole::Points::slots");
  return packed;
}

/// Packs the points of all leaves into the slots that `lay_out_points` gave them. Waits for `exec`.
/// @param exec  instance to work on
/// @param tree  of these points
/// @param points  called as points(i, d), in the caller's order
/// @param sorted  their order along the tree
/// @param begin_of,end_of,alignment  as for lay_out_points
/// @param packed  what that returned; its arrays are written
template <class T, class ExecutionSpace, class MemorySpace, class Points, class Range>
void fill_points(const ExecutionSpace& exec, const Octree<MemorySpace>& tree, const Points& points,
                 const SortedPoints<MemorySpace>& sorted, const Range& begin_of,
                 const Range& end_of, int alignment, const PackedPoints<T, MemorySpace>& packed) {
  const Domain domain = tree.domain;
  const double per_unit = 1 / domain.exact_unit();
  const auto key = tree.key;
  const auto order = sorted.input;
  const auto begin = packed.begin;
  const auto leaves = tree.leaves;
  const PackedPoints<T, MemorySpace> to = packed;
  using Team = Kokkos::TeamPolicy<ExecutionSpace>;
  Kokkos::parallel_for(
      "Octopole::Points::pack", Team(exec, tree.n_leaves, Kokkos::AUTO),
      KOKKOS_LAMBDA(const typename Team::member_type& team) {
        const int leaf = leaves(team.league_rank());
        const int first = begin_of(leaf), n = end_of(leaf) - first, slot = begin(leaf);
        const int level = Morton::level(key(leaf));
        const BoxFrame box = domain.frame(Morton::position(key(leaf)), level);
        const int padded = (n + alignment - 1) / alignment * alignment;
        Kokkos::parallel_for(Kokkos::TeamThreadRange(team, padded), [&](const int i) {
          Impl::prefetch_point(points, order, first + i);
          const int from = i < n ? order(first + i) : -1;
          double r[3] = {}, at[3];
          for (int d = 0; d < 3; ++d) {
            const double x = from >= 0 ? double(points(from, d)) : box.high[d];
            if (from >= 0) r[d] = box.relative(x, d);
            at[d] = per_unit * x;
          }
          to.set(slot + i, from, r, at, level);
        });
      });
  if (packed.used < packed.slots)
    Kokkos::parallel_for(
        "Octopole::Points::padding",
        Kokkos::RangePolicy<ExecutionSpace>(exec, packed.used, packed.slots),
        KOKKOS_LAMBDA(const int slot) { to.set(slot, -1, {0, 0, 0}, {0, 0, 0}, 0); });
  exec.fence("Octopole::Points::pack");
}

/// Lays out points and fills their slots.
/// @param exec,tree,begin_of,end_of,alignment,split,before  as for lay_out_points
/// @param points,sorted  as for fill_points
/// @return the points, packed
template <class T, class ExecutionSpace, class MemorySpace, class Points, class Range>
PackedPoints<T, MemorySpace> pack_points(const ExecutionSpace& exec,
                                         const Octree<MemorySpace>& tree, const Points& points,
                                         const SortedPoints<MemorySpace>& sorted,
                                         const Range& begin_of, const Range& end_of, int alignment,
                                         Split split = Split::none,
                                         const PackedPoints<T, MemorySpace>& before = {}) {
  const auto packed = lay_out_points<T>(exec, tree, begin_of, end_of, alignment, split, before);
  fill_points(exec, tree, points, sorted, begin_of, end_of, alignment, packed);
  return packed;
}

}  // namespace Octopole

#endif
