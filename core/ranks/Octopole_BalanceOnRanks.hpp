#ifndef OCTOPOLE_BALANCE_ON_RANKS_HPP
#define OCTOPOLE_BALANCE_ON_RANKS_HPP

#include <core/base/Octopole_Transfer.hpp>
#include <core/ranks/Octopole_Communicator.hpp>
#include <core/ranks/Octopole_NearRanks.hpp>
#include <core/ranks/Octopole_OwnBoxes.hpp>
#include <core/ranks/Octopole_Partition.hpp>
#include <tree/Octopole_Octree.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace Octopole {

namespace Impl {

/// The boxes of each level that a tree splits, by their places in Morton order.
template <class MemorySpace>
std::vector<std::vector<std::uint64_t>> split_places(const Octree<MemorySpace>& tree, int depth) {
  const auto key = to_host(tree.key);
  const auto first_child = to_host(tree.first_child);
  std::vector<std::vector<std::uint64_t>> places(std::size_t(depth) + 1);
  for (int l = 0; l < tree.depth; ++l)
    for (int b = tree.level_begin[l]; b < tree.level_begin[l + 1]; ++b)
      if (first_child(b) >= 0) places[l].push_back(place_on_level(key(b)));
  return places;
}

/// Calls f(BoxPlace) for the parents of a box and of those around it: 8 at most, which may be the same; for its own
/// alone where `with_others` is not set. See parents_of_neighbours.
template <class F>
void for_parents_around(const BoxPlace& box, bool with_others, const F& f) {
  if (!with_others) return f(box.parent());
  const Morton::Position p = Morton::position(box.key());
  const std::int64_t edge = std::int64_t(1) << box.level;
  const auto moved = [&](std::int64_t x, bool up) {
    const std::int64_t to = up ? x + 1 : x - 1;
    return std::uint64_t((to < 0 || to >= edge ? x : to) >> 1);
  };
  for (int c = 0; c < 8; ++c)
    f(BoxPlace{Morton::interleave(moved(p.x, c & 1), moved(p.y, c & 2), moved(p.z, c & 4)),
               box.level - 1});
}

}  // namespace Impl

/// What a rank's octree has to split so that the octree of all points is the 2:1 balanced refinement, as `balance` makes
/// it: the same walk from the finest level up, in which a box that has to be split is told to the ranks whose parts it
/// meets. Which of the boxes exist is each rank's own to say. Collective.
/// @param ranks  the ranks
/// @param splitters  their parts
/// @param codes  points of this rank's part
/// @param tree  this rank's, which splits all boxes that it shares
/// @return places of boxes to split, by level; those that the tree splits are among them
template <class MemorySpace>
Impl::ForcedSplits<MemorySpace> balance_on_ranks(const Communicator& ranks,
                                                 const Splitters& splitters,
                                                 const KindsOfCodes& codes,
                                                 const Octree<MemorySpace>& tree) {
  double deepest = tree.depth;
  ranks.largest(&deepest, 1);
  const int depth = int(deepest);
  auto split = Impl::split_places(tree, depth);
  for (int level = depth - 1; level >= 1; --level) {
    std::vector<std::vector<std::uint64_t>> to(ranks.size());
    for (const std::uint64_t place : split[level]) {
      const BoxPlace box{place, level};
      const bool exists = codes.sources.in(box) + codes.targets.in(box) > 0;
      Impl::for_parents_around(box, exists, [&](const BoxPlace& parent) {
        for (int r = splitters.owner_of(parent); r <= splitters.owner_of(parent.end_code() - 1);
             ++r)
          to[r].push_back(parent.place);
      });
    }
    for (auto& places : to) {
      std::sort(places.begin(), places.end());
      places.erase(std::unique(places.begin(), places.end()), places.end());
    }
    auto& next = split[level - 1];
    for (const auto& places : Impl::exchange_values(ranks, to))
      next.insert(next.end(), places.begin(), places.end());
    std::sort(next.begin(), next.end());
    next.erase(std::unique(next.begin(), next.end()), next.end());
  }
  Impl::ForcedSplits<MemorySpace> forced;
  for (int l = 0; l <= depth; ++l)
    forced[l] = Impl::view_of<Kokkos::View<std::uint64_t*, MemorySpace>>("Octopole::Ranks::split",
                                                                         split[l]);
  return forced;
}

}  // namespace Octopole

#endif
