#ifndef OCTOPOLE_BALANCE_HPP
#define OCTOPOLE_BALANCE_HPP

#include <tree/Octopole_Octree.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace Octopole {

namespace Impl {

/// Sorts the places of boxes of one level and drops duplicates; returns a View of just the distinct ones.
template <class ExecutionSpace, class Keys>
Keys sort_unique(const ExecutionSpace& exec, Keys keys) {
  const int n = static_cast<int>(keys.extent(0));
  auto slot = allocate<Kokkos::View<int*, typename ExecutionSpace::memory_space>>(
      exec, "Octopole::Balance::slot", n);
  sort_by_key(exec, keys, slot, Morton::code_bits);
  int n_distinct = 0;
  const Keys sorted = keys;
  Kokkos::parallel_scan(
      "Octopole::Balance::distinct", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n),
      KOKKOS_LAMBDA(const int i, int& sum, const bool last) {
        const bool first = i == 0 || sorted(i) != sorted(i - 1);
        if (last) slot(i) = first ? sum : -1;
        if (first) ++sum;
      },
      n_distinct);
  const auto distinct = allocate<Keys>(exec, "Octopole::Balance::keys", n_distinct);
  Kokkos::parallel_for(
      "Octopole::Balance::compact", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n),
      KOKKOS_LAMBDA(const int i) {
        if (slot(i) >= 0) distinct(slot(i)) = sorted(i);
      });
  exec.fence("Octopole::Balance::compact");
  return distinct;
}

/// If a box of level l is split, the boxes of that level around it must not lie inside coarser
/// leaves, so their parents must be split: 8 candidates, the box's own parent and the 7 others that
/// its neighbours have. A forced box without points does not exist; of it only the parent remains,
/// so that a coarse leaf around it is split and nothing is refined around a void. `periodic`: axes along which the root
/// repeats, across whose faces there are neighbours.
template <class ExecutionSpace, class Places, class Codes>
void parents_of_neighbours(const ExecutionSpace& exec, const Places& split,
                           const Places& candidates, const Codes& sources, const Codes& targets,
                           int level, Morton::Axes periodic) {
  Kokkos::parallel_for(
      "Octopole::Balance::candidates",
      Kokkos::RangePolicy<ExecutionSpace>(exec, 0, split.extent(0)), KOKKOS_LAMBDA(const int i) {
        const std::uint64_t place = split(i);
        const Morton::Position p{std::int64_t(Morton::contract(place)),
                                 std::int64_t(Morton::contract(place >> 1)),
                                 std::int64_t(Morton::contract(place >> 2))};
        const Morton::Key key = Morton::encode(p, level);
        const auto s = sources.in_box(key), t = targets.in_box(key);
        const bool exists = s.second > s.first || t.second > t.first;
        const auto moved = [&](std::int64_t x, bool up, Morton::Axes axis) {
          const std::int64_t to = up ? x + 1 : x - 1, edge = std::int64_t(1) << level;
          const bool beyond = to < 0 || to >= edge;
          if (!exists || (beyond && (periodic & axis) == 0)) return x >> 1;
          return (to & (edge - 1)) >> 1;
        };
        for (int c = 0; c < 8; ++c)
          candidates(8 * i + c) = place_on_level(Morton::encode(
              {moved(p.x, c & 1, 1), moved(p.y, c & 2, 2), moved(p.z, c & 4, 4)}, level - 1));
      });
}

/// The boxes of `level` that the tree splits, by their places.
template <class ExecutionSpace, class MemorySpace>
Kokkos::View<std::uint64_t*, MemorySpace> split_boxes(const ExecutionSpace& exec,
                                                      const Octree<MemorySpace>& tree, int level) {
  const int begin = tree.level_begin[level], end = tree.level_begin[level + 1];
  const auto places = allocate<Kokkos::View<std::uint64_t*, MemorySpace>>(
      exec, "Octopole::Balance::split", end - begin);
  int n = 0;
  Kokkos::parallel_scan(
      "Octopole::Balance::split", Kokkos::RangePolicy<ExecutionSpace>(exec, begin, end),
      KOKKOS_LAMBDA(const int box, int& sum, const bool last) {
        if (tree.is_leaf(box)) return;
        if (last) places(sum) = place_on_level(tree.key(box));
        ++sum;
      },
      n);
  return Kokkos::subview(places, std::make_pair(0, n));
}

}  // namespace Impl

/// The 2:1 balanced refinement of `tree`: adjacent leaves, across the faces of a root that repeats too, differ by at most one level (Sundar,
/// Sampath and Biros 2008). Works from the finest level up on the set of split boxes and rebuilds.
/// Boxes without points never exist, so they are never forced. Throws std::invalid_argument where the
/// tree has more levels than one word of a code tells apart. Waits for `exec`.
/// @param exec  instance to work on
/// @param tree  as make_octree built it
/// @param sources,targets  those that it was built from
/// @return a new tree; `tree` is unchanged
template <class ExecutionSpace, class MemorySpace>
Octree<MemorySpace> balance(const ExecutionSpace& exec, const Octree<MemorySpace>& tree,
                            const SortedPoints<MemorySpace>& sources,
                            const SortedPoints<MemorySpace>& targets) {
  if (tree.depth > Morton::levels_per_word)
    throw std::invalid_argument(
        "Octopole::Options::balance: found 1 with a tree of " + std::to_string(tree.depth) +
        " levels, allowed 0 or -1 with more than " + std::to_string(Morton::levels_per_word));
  const auto source_codes = sources.codes(), target_codes = targets.codes();
  Impl::ForcedSplits<MemorySpace> forced;
  for (int level = tree.depth - 1; level >= 1; --level) {
    if (forced[level].extent(0) == 0) forced[level] = Impl::split_boxes(exec, tree, level);
    const auto own = Impl::split_boxes(exec, tree, level - 1);
    const int n = static_cast<int>(forced[level].extent(0));
    const auto candidates = Impl::allocate<Kokkos::View<std::uint64_t*, MemorySpace>>(
        exec, "Octopole::Balance::candidates", 8 * n + own.extent(0));
    Impl::parents_of_neighbours(exec, forced[level], candidates, source_codes, target_codes, level,
                                tree.periodic);
    Impl::copy_elements("Octopole::Balance::own", exec, candidates, 8 * n, own, own.extent(0));
    forced[level - 1] = Impl::sort_unique(exec, candidates);
  }
  return Impl::build_octree(exec, tree.domain, sources, targets, tree.same_points, tree.capacity,
                            tree.finest, forced, tree.periodic);
}

}  // namespace Octopole

#endif
