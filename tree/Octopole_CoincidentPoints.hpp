#ifndef OCTOPOLE_COINCIDENT_POINTS_HPP
#define OCTOPOLE_COINCIDENT_POINTS_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <tree/Octopole_SortedPoints.hpp>

#include <cstddef>

namespace Octopole {

/// Points that share their place with so many others that no leaf would be small enough. They add nothing
/// to one another (or what the kernel has at zero distance), and everything else sees them alike: the tree
/// holds one of them for all, with the sum of their charges, and its results are those of all.
template <class MemorySpace>
struct CoincidentPoints {
  using Indices = Kokkos::View<int*, MemorySpace>;  ///< below 2^31
  Indices place,     ///< (places) where the point for all is in Morton order
      begin,         ///< (places + 1) first of its points in `input`
      input,         ///< the caller's indices, of a place ascending
      place_of;      ///< (as input) the place of each
  int n_places = 0;  ///< places that hold more than one point

  /// @return points at those places
  int size() const { return int(input.extent(0)); }
  /// @return memory that they hold
  std::size_t bytes() const { return Impl::bytes_of(place, begin, input, place_of); }
};

namespace Impl {

/// Whether the i-th of the sorted points is at the place of the one before.
template <class Points, class MemorySpace>
struct AtPlaceBefore {
  Points points;
  PointCodes<MemorySpace> codes;
  Kokkos::View<int*, MemorySpace> input;

  KOKKOS_FUNCTION bool together(int i, int j) const {
    return codes.same(i, j) && at_one_place(points, input(i), input(j));
  }
  KOKKOS_FUNCTION bool operator()(int i) const { return i > 0 && together(i - 1, i); }
};

/// Whether more than `capacity` points are at one place.
template <class ExecutionSpace, class Before>
bool crowd_one_place(const ExecutionSpace& exec, const Before& before, int capacity) {
  int found = 0;
  Kokkos::parallel_reduce(
      "Octopole::Points::crowds",
      Kokkos::RangePolicy<ExecutionSpace>(exec, 0, before.codes.size - capacity),
      KOKKOS_LAMBDA(const int i, int& sum) { sum += before.together(i, i + capacity); }, found);
  return found > 0;
}

/// Keeps the first point of each place in `sorted` and returns the places of more than one.
template <class ExecutionSpace, class Before, class MemorySpace>
CoincidentPoints<MemorySpace> merge_places(const ExecutionSpace& exec, const Before& before,
                                           SortedPoints<MemorySpace>& sorted) {
  using Sorted = SortedPoints<MemorySpace>;
  using Indices = typename Sorted::Indices;
  const int n = sorted.size();
  const Kokkos::RangePolicy<ExecutionSpace> all(exec, 0, n);
  const auto input = sorted.input;
  int n_kept = 0;
  Kokkos::parallel_reduce(
      "Octopole::Points::kept", all, KOKKOS_LAMBDA(const int i, int& sum) { sum += !before(i); },
      n_kept);
  const auto first = allocate<Indices>(exec, "Octopole::Points::first", n_kept + 1);
  Kokkos::parallel_scan(
      "Octopole::Points::first", all, KOKKOS_LAMBDA(const int i, int& sum, const bool last) {
        const bool keep = !before(i);
        if (last && keep) first(sum) = i;
        if (last && i == n - 1) first(n_kept) = n;
        sum += keep;
      });

  CoincidentPoints<MemorySpace> merged;
  Kokkos::parallel_reduce(
      "Octopole::Points::places", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n_kept),
      KOKKOS_LAMBDA(const int k, int& sum) { sum += first(k + 1) - first(k) > 1; },
      merged.n_places);
  allocate_into(merged.place, exec, "Octopole::Points::place", merged.n_places);
  allocate_into(merged.begin, exec, "Octopole::Points::place_begin", merged.n_places + 1);
  int n_merged = 0;
  const auto place = merged.place, begin = merged.begin;
  const int n_places = merged.n_places;
  // How many places come before is counted in the upper half, how many of their points in the lower.
  std::int64_t counted = 0;
  Kokkos::parallel_scan(
      "Octopole::Points::place_begin", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n_kept),
      KOKKOS_LAMBDA(const int k, std::int64_t& sum, const bool last) {
        const int here = first(k + 1) - first(k);
        if (here == 1) return;
        if (last) {
          const int at = int(sum >> 32);
          place(at) = k;
          begin(at) = int(sum & 0xffffffff);
          if (at == n_places - 1) begin(n_places) = begin(at) + here;
        }
        sum += (std::int64_t(1) << 32) + here;
      },
      counted);
  n_merged = int(counted & 0xffffffff);
  allocate_into(merged.input, exec, "Octopole::Points::place_input", n_merged);
  allocate_into(merged.place_of, exec, "Octopole::Points::place_of", n_merged);
  const auto to = merged.input, place_of = merged.place_of;
  Kokkos::parallel_for(
      "Octopole::Points::place_input", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n_merged),
      KOKKOS_LAMBDA(const int i) {
        int low = 0, high = n_places - 1;
        while (low < high) {
          const int middle = (low + high + 1) / 2;
          if (begin(middle) <= i)
            low = middle;
          else
            high = middle - 1;
        }
        place_of(i) = low;
        to(i) = input(first(place(low)) + i - begin(low));
      });

  Sorted kept;
  kept.n_words = sorted.n_words;
  kept.space = sorted.space;
  allocate_into(kept.code, exec, "Octopole::Points::code", n_kept);
  allocate_into(kept.input, exec, "Octopole::Points::input", n_kept);
  for (int w = 1; w < sorted.n_words; ++w)
    allocate_into(kept.deeper[w - 1], exec, "Octopole::Points::deeper_code", n_kept);
  const auto old_codes = sorted.codes(), new_codes = kept.codes();
  const auto new_input = kept.input;
  Kokkos::parallel_for(
      "Octopole::Points::keep", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n_kept),
      KOKKOS_LAMBDA(const int k) {
        new_input(k) = input(first(k));
        for (int w = 0; w < old_codes.n_words; ++w)
          new_codes.word[w](k) = old_codes.word[w](first(k));
      });
  exec.fence("Octopole::Points::keep");
  sorted = kept;
  return merged;
}

}  // namespace Impl

/// Where more than `capacity` points are at one place, leaves one of each place in `sorted`. Waits for
/// `exec`.
/// @param exec  instance to work on
/// @param points  called as points(i, d)
/// @param[in,out] sorted  these, after sort_deeper with the same capacity
/// @param capacity  at least 1
/// @return the places of more than one point, none where no place is crowded
template <class ExecutionSpace, class Points, class MemorySpace>
CoincidentPoints<MemorySpace> merge_coincident(const ExecutionSpace& exec, const Points& points,
                                               SortedPoints<MemorySpace>& sorted, int capacity) {
  const Impl::AtPlaceBefore<Points, MemorySpace> before{points, sorted.codes(), sorted.input};
  if (!sorted.crowded || !Impl::crowd_one_place(exec, before, capacity)) return {};
  return Impl::merge_places(exec, before, sorted);
}

}  // namespace Octopole

#endif
