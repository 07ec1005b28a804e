#ifndef OCTOPOLE_SHARED_SLOTS_HPP
#define OCTOPOLE_SHARED_SLOTS_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <tree/Octopole_CoincidentPoints.hpp>
#include <tree/Octopole_Octree.hpp>
#include <tree/Octopole_PackedPoints.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>

namespace Octopole {

/// Slots of packed points that stand for several of the caller's, see CoincidentPoints.
template <class MemorySpace>
struct SharedSlots {
  CoincidentPoints<MemorySpace> points;  ///< those that share a slot
  Kokkos::View<int*, MemorySpace> slot;  ///< (places)
  /// (rows of charges, places * parts) sums over parts of a place's points, of sources only
  Kokkos::View<double**, Kokkos::LayoutRight, MemorySpace> sums;
  int parts = 1;    ///< of the points of a place; sums are the same for any number of threads
  double most = 1;  ///< points of a place, as a power of two: charges of that many units are one

  /// @return memory that they hold
  std::size_t bytes() const { return points.bytes() + Impl::bytes_of(slot, sums); }
};

/// Finds the slots of coincident points.
/// @param exec  instance to work on
/// @param tree  of the points that are kept
/// @param begin_of,end_of  (boxes) its ranges of these points
/// @param packed  laid out
/// @param coincident  those that one of them stands for
/// @param charge_rows  rows of charges to be summed; 0 for targets
/// @return their slots
template <class ExecutionSpace, class MemorySpace, class T, class Range>
SharedSlots<MemorySpace> share_slots(const ExecutionSpace& exec, const Octree<MemorySpace>& tree,
                                     const Range& begin_of, const Range& end_of,
                                     const PackedPoints<T, MemorySpace>& packed,
                                     const CoincidentPoints<MemorySpace>& coincident,
                                     std::size_t charge_rows) {
  SharedSlots<MemorySpace> shared;
  const int n = coincident.n_places;
  if (n == 0) return shared;
  shared.points = coincident;
  int most = 0;
  const auto place_begin = coincident.begin;
  Kokkos::parallel_reduce(
      "Octopole::Points::fullest_place", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n),
      KOKKOS_LAMBDA(const int k, int& sum) {
        sum = Kokkos::max(sum, place_begin(k + 1) - place_begin(k));
      },
      Kokkos::Max<int>(most));
  shared.most = double(std::bit_ceil(unsigned(most)));
  // Enough for a GPU's threads where there are few places, and memory for few parts where there are many.
  shared.parts = std::clamp(std::min(65536 / n, most / 256), 1, 256);
  Impl::allocate_into(shared.slot, exec, "Octopole::shared_slots", n);
  if (charge_rows > 0)
    Impl::allocate_into(shared.sums, exec, "Octopole::shared_sums", charge_rows,
                        std::size_t(n) * shared.parts);
  const auto slot = shared.slot, place = coincident.place, begin = packed.begin;
  const auto leaves = tree.leaves;
  Kokkos::parallel_for(
      "Octopole::Points::shared_slots", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, tree.n_leaves),
      KOKKOS_LAMBDA(const int i) {
        const int leaf = leaves(i), first = begin_of(leaf), end = end_of(leaf);
        for (int k = lower_bound(place, 0, n, first); k < n && place(k) < end; ++k)
          slot(k) = begin(leaf) + place(k) - first;
      });
  return shared;
}

}  // namespace Octopole

#endif
