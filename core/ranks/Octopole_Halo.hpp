#ifndef OCTOPOLE_HALO_HPP
#define OCTOPOLE_HALO_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/base/Octopole_Transfer.hpp>
#include <core/ranks/Octopole_Communicator.hpp>
#include <core/ranks/Octopole_EssentialTree.hpp>
#include <core/ranks/Octopole_ItemExchange.hpp>
#include <tree/Octopole_InteractionLists.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

/// What a rank needs of its ghosts, and who sends it.
namespace Octopole {

/// What of a box the lists of a rank's own boxes read, bit by bit.
enum Needed : int {
  needed_points = 1,    ///< its points and their charges: it is in U or X
  needed_multipole = 2  ///< its multipole expansion: M2L or M2P read it
};

/// Marks what the lists of own boxes read. M2L by parents reads all children of a neighbouring parent.
/// @param exec  instance to work on; waited for
/// @param tree  the essential tree
/// @param lists  its lists
/// @param with_targets  split boxes with targets of this rank
/// @param top_level  the coarsest level with a far field
/// @return (boxes) bits of Needed
template <class ExecutionSpace, class MemorySpace>
Kokkos::View<int*, MemorySpace> needed_of_lists(const ExecutionSpace& exec,
                                                const Octree<MemorySpace>& tree,
                                                const InteractionLists<MemorySpace>& lists,
                                                const BoxList<MemorySpace>& with_targets,
                                                int top_level) {
  using Range = Kokkos::RangePolicy<ExecutionSpace>;
  const Kokkos::View<int*, MemorySpace> needed(Kokkos::view_alloc(exec, "Octopole::Ranks::needed"),
                                               tree.n_boxes);
  const auto u = lists.u, w = lists.w, x = lists.x;
  const auto colleague = lists.colleague;
  const auto parents = with_targets.boxes;
  Kokkos::parallel_for(
      "Octopole::Ranks::needed_by_lists", Range(exec, 0, tree.n_boxes),
      KOKKOS_LAMBDA(const int box) {
        for (std::int64_t e = u.begin(box); e < u.begin(box + 1); ++e)
          Kokkos::atomic_or(&needed(u.entry(e)), int(needed_points));
        for (std::int64_t e = x.begin(box); e < x.begin(box + 1); ++e)
          Kokkos::atomic_or(&needed(x.entry(e)), int(needed_points));
        for (std::int64_t e = w.begin(box); e < w.begin(box + 1); ++e)
          Kokkos::atomic_or(&needed(w.entry(e)), int(needed_multipole));
      });
  Kokkos::parallel_for(
      "Octopole::Ranks::needed_by_m2l", Range(exec, 0, with_targets.last(tree.depth)),
      KOKKOS_LAMBDA(const int i) {
        const int box = parents(i);
        if (Morton::level(tree.key(box)) + 1 < top_level) return;
        for (int n = 0; n < 27; ++n) {
          const int c = n == 13 ? -1 : colleague(box, n);
          for (int octant = 0; c >= 0 && octant < 8; ++octant) {
            const int child = tree.child(c, octant);
            if (child >= 0) Kokkos::atomic_or(&needed(child), int(needed_multipole));
          }
        }
      });
  exec.fence("Octopole::Ranks::needed");
  return needed;
}

/// A multipole that so many other ranks need, or more, goes to all in one message, which they pass on: around a cluster
/// one rank would else send its boxes to each of the many inside, one by one. Half of few ranks, so that what is passed on
/// is at most twice what would be sent; less of many, of which the largest sender's bytes count.
/// @param n_ranks  R
/// @return number of receivers
inline int receivers_for_all(int n_ranks) {
  return std::max(2, std::min(n_ranks / 2, int(4 * std::sqrt(double(n_ranks)))));
}

/// Boxes that a rank sends something of, and such that it receives something of, by rank.
struct BoxTraffic {
  std::vector<std::vector<int>> sent,  ///< (R) indices of own boxes
      received;                        ///< (R) indices of ghosts

  /// Nothing.
  /// @param n_ranks  R
  explicit BoxTraffic(int n_ranks) : sent(n_ranks), received(n_ranks) {}
};

/// Asks the ranks that hold some ghosts for what belongs to these. Collective.
/// @param ranks  the ranks
/// @param essential  this rank's tree
/// @param chosen  chosen(box): whether this box is wanted, where it is another rank's
/// @return whom to send what is asked of this rank
template <class MemorySpace, class Choose>
BoxTraffic ask_owners(const Communicator& ranks, const EssentialTree<MemorySpace>& essential,
                      const Choose& chosen) {
  const int R = ranks.size();
  BoxTraffic traffic(R);
  std::vector<std::vector<BoxPlace>> asked(R);
  for (int b = 0; b < essential.tree.n_boxes; ++b) {
    const int owner = essential.owner[b];
    if (owner == ranks.rank() || !chosen(b)) continue;
    asked[owner].push_back(essential.place[b]);
    traffic.received[owner].push_back(b);
  }
  const auto of_rank = Impl::exchange_values(ranks, asked);
  for (int r = 0; r < R; ++r)
    for (const BoxPlace& box : of_rank[r]) traffic.sent[r].push_back(essential.find(box));
  return traffic;
}

/// Children of shared boxes of a level: those that other ranks hold come to the rank that holds the parent. Both
/// know of them without a word.
/// @param essential  this rank's tree
/// @param level  of the parents
/// @param rank,n_ranks  this one, and R
/// @return children
template <class MemorySpace>
BoxTraffic children_of_shared(const EssentialTree<MemorySpace>& essential, int level, int rank,
                              int n_ranks) {
  BoxTraffic traffic(n_ranks);
  const auto& tree = essential.tree;
  if (level >= tree.depth) return traffic;
  for (int b = tree.level_begin[level]; b < tree.level_begin[level + 1]; ++b) {
    const int n = Kokkos::popcount(essential.children[b]), holder = essential.owner[b];
    for (int c = essential.first_child[b]; c < essential.first_child[b] + n; ++c) {
      const int owner = essential.owner[c];
      if (owner == holder) continue;
      if (holder == rank) traffic.received[owner].push_back(c);
      if (owner == rank) traffic.sent[holder].push_back(c);
    }
  }
  return traffic;
}

namespace Impl {

/// The same items as an exchange of so many doubles each. `rank`: this one.
template <class MemorySpace, class ExecutionSpace>
ItemExchange<MemorySpace> exchange_of(const ExecutionSpace& exec, int rank,
                                      const std::vector<std::vector<int>>& sent,
                                      const std::vector<std::vector<int>>& received, int rows) {
  const auto flat = [](const auto& by_rank, std::vector<std::int64_t>& counts) {
    std::vector<int> all;
    for (const auto& items : by_rank) {
      counts.push_back(std::int64_t(items.size()));
      all.insert(all.end(), items.begin(), items.end());
    }
    return view_of<Kokkos::View<int*, MemorySpace>>("Octopole::Ranks::items", all);
  };
  std::vector<std::int64_t> n_sent, n_received;
  const auto out = flat(sent, n_sent), in = flat(received, n_received);
  return ItemExchange<MemorySpace>(exec, rank, out, n_sent, in, n_received, rows);
}

}  // namespace Impl

}  // namespace Octopole

#endif
