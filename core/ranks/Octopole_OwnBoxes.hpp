#ifndef OCTOPOLE_OWN_BOXES_HPP
#define OCTOPOLE_OWN_BOXES_HPP

#include <core/base/Octopole_Transfer.hpp>
#include <core/ranks/Octopole_Partition.hpp>
#include <tree/Octopole_Octree.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

/// What a rank knows of the octree of all points by itself, and what of it the others need to know.
namespace Octopole {

namespace Impl {

/// A View of numbers that the host has.
template <class View, class Numbers>
View view_of(const std::string& label, const Numbers& numbers) {
  const typename View::host_mirror_type host(Kokkos::view_alloc(label, Kokkos::WithoutInitializing),
                                             numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) host(i) = numbers[i];
  return to_space<typename View::memory_space>(host);
}

}  // namespace Impl

/// The boxes that a rank's octree is to split, since it shares them with others.
/// @param coarse,splitters  the partition
/// @return their places, by level
template <class MemorySpace>
Impl::ForcedSplits<MemorySpace> shared_splits(const CoarseTree& coarse,
                                              const Splitters& splitters) {
  Impl::ForcedSplits<MemorySpace> forced;
  for (int l = 0; l < int(coarse.level.size()); ++l) {
    std::vector<std::uint64_t> places;
    for (const auto& box : coarse.level[l])
      if (box.children != 0 && splitters.shared({box.place, l})) places.push_back(box.place);
    forced[l] =
        Impl::view_of<Kokkos::View<std::uint64_t*, MemorySpace>>("Octopole::Ranks::shared", places);
  }
  return forced;
}

/// The octree of a rank's points, which splits all boxes that it shares with others. Waits for `exec`.
/// @param exec  instance to work on
/// @param domain  the root cube of the points of all ranks
/// @param sorted  the rank's points
/// @param coarse,splitters  the partition
/// @param capacity,finest  as for make_octree, the same on all ranks
/// @return the tree, in which its own boxes are those of the octree of all points
template <class ExecutionSpace, class MemorySpace>
Octree<MemorySpace> make_own_tree(const ExecutionSpace& exec, const Domain& domain,
                                  const SortedPoints<MemorySpace>& sorted, const CoarseTree& coarse,
                                  const Splitters& splitters, int capacity, int finest) {
  return Impl::build_octree(exec, domain, sorted, sorted, true, capacity, finest,
                            shared_splits<MemorySpace>(coarse, splitters));
}

/// Levels that have boxes in the parts of several ranks.
/// @param coarse,splitters  the partition
/// @return 0 to Morton::levels_per_word
inline int count_shared_levels(const CoarseTree& coarse, const Splitters& splitters) {
  int levels = 0;
  for (int l = 0; l < int(coarse.level.size()); ++l)
    for (const auto& box : coarse.level[l])
      if (box.children != 0 && splitters.shared({box.place, l})) levels = l + 1;
  return levels;
}

/// Levels that a tree of ranks may have.
inline constexpr int rank_levels = Morton::levels_per_word + 1;

/// A rank's boxes on the host, by level and in Morton order.
struct OwnBoxes {
  /// A box with points of this rank.
  struct Box {
    std::uint64_t place;  ///< on its level
    unsigned children;  ///< bit o: the child in octant o exists; of shared boxes only the own ones
    int begin, end,     ///< the rank's sources in it, sorted
        target_begin, target_end;  ///< and its targets, which may be the same
  };
  std::vector<std::vector<Box>> whole,  ///< boxes of which no other rank has any part
      shared;                           ///< boxes in the parts of several ranks
};

/// The octree of a rank's own points where it was forced to split all shared boxes, taken apart.
/// @param tree  of the rank's points
/// @param splitters  the parts
/// @return its boxes; none where there are no points
template <class MemorySpace>
OwnBoxes own_boxes(const Octree<MemorySpace>& tree, const Splitters& splitters) {
  OwnBoxes own;
  own.whole.resize(rank_levels), own.shared.resize(rank_levels);
  const auto key = Impl::to_host(tree.key);
  const auto children = Impl::to_host(tree.children);
  const auto begin = Impl::to_host(tree.source_begin), end = Impl::to_host(tree.source_end);
  const auto first = Impl::to_host(tree.target_begin), last = Impl::to_host(tree.target_end);
  for (int b = 0; b < tree.n_boxes; ++b) {
    if (end(b) == begin(b) && first(b) == last(b)) continue;
    const BoxPlace box{Impl::place_on_level(key(b)), Morton::level(key(b))};
    auto& boxes = splitters.shared(box) ? own.shared : own.whole;
    boxes[box.level].push_back({box.place, children(b), begin(b), end(b), first(b), last(b)});
  }
  return own;
}

/// Split boxes, by level.
using ParentCounts = std::array<std::int64_t, rank_levels>;

/// The split boxes of a level of the octree of all points are numbered in Morton order. A rank's own follow
/// each other, and last comes the shared one that it holds, if there is one.
struct ParentNumbers {
  std::vector<ParentCounts> first,  ///< (R) number of each rank's first
      count;                        ///< (R) how many each has
  ParentCounts total{};             ///< of all ranks

  /// @param of_rank  (R) as count_parents gives it
  explicit ParentNumbers(const std::vector<ParentCounts>& of_rank) : count(of_rank) {
    for (const ParentCounts& counts : of_rank) {
      first.push_back(total);
      for (int l = 0; l < rank_levels; ++l) total[l] += counts[l];
    }
  }
  /// @param box  a shared box
  /// @param owner  who holds it
  /// @return its number
  std::int64_t of_shared(const BoxPlace& box, int owner) const {
    return first[owner][box.level] + count[owner][box.level] - 1;
  }
};

/// How many split boxes a rank holds.
/// @param own  its boxes
/// @param coarse,splitters  the partition
/// @param rank  which
/// @return by level
inline ParentCounts count_parents(const OwnBoxes& own, const CoarseTree& coarse,
                                  const Splitters& splitters, int rank) {
  ParentCounts counts{};
  for (int l = 0; l < rank_levels; ++l)
    for (const auto& box : own.whole[l]) counts[l] += box.children != 0;
  for (int l = 0; l < int(coarse.level.size()); ++l)
    for (const auto& box : coarse.level[l]) {
      const BoxPlace at{box.place, l};
      counts[l] += box.children != 0 && splitters.shared(at) && splitters.owner_of(at) == rank;
    }
  return counts;
}

/// What a rank tells another of one of its boxes.
struct BoxRecord {
  std::uint64_t place = 0;     ///< on its level
  std::int64_t n_sources = 0,  ///< in it
      n_targets = 0,           ///< in it
      number = -1;             ///< among the split boxes of its level, -1: a leaf
  int level = 0;               ///< of the box
  unsigned children = 0;       ///< bit o: the child in octant o exists
};

/// The boxes that other ranks need to know of: a box is told to the ranks whose part meets its parent or one of
/// the 26 around that. Then all that a rank's own boxes have in their lists is there, and nobody has to ask;
/// children come all or none.
/// @param own  the rank's boxes
/// @param splitters,numbers  of all ranks
/// @param rank  which
/// @return (R) records for each rank, by level and in Morton order
inline std::vector<std::vector<BoxRecord>> records_for(const OwnBoxes& own,
                                                       const Splitters& splitters,
                                                       const ParentNumbers& numbers, int rank) {
  std::vector<std::vector<BoxRecord>> records(splitters.size());
  std::vector<int> to;
  for (int l = 1; l < rank_levels; ++l) {
    std::int64_t number = numbers.first[rank][l];
    std::uint64_t last_parent = 0;
    bool first = true;
    for (const auto& box : own.whole[l]) {
      const BoxPlace parent = BoxPlace{box.place, l}.parent();
      if (first || parent.place != last_parent) {
        to.clear();
        splitters.for_ranks_around(parent, [&](int r) {
          if (r != rank) to.push_back(r);
        });
        last_parent = parent.place, first = false;
      }
      const BoxRecord record{box.place,
                             box.end - box.begin,
                             box.target_end - box.target_begin,
                             box.children != 0 ? number++ : -1,
                             l,
                             box.children};
      for (const int r : to) records[r].push_back(record);
    }
  }
  return records;
}

}  // namespace Octopole

#endif
