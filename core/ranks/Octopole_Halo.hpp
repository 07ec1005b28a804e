#ifndef OCTOPOLE_HALO_HPP
#define OCTOPOLE_HALO_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/base/Octopole_Transfer.hpp>
#include <core/ranks/Octopole_Communicator.hpp>
#include <core/ranks/Octopole_EssentialTree.hpp>
#include <core/ranks/Octopole_ExpansionExchange.hpp>
#include <core/ranks/Octopole_ItemExchange.hpp>
#include <tree/Octopole_InteractionLists.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
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

/// The same items as an exchange of so many doubles each.
template <class MemorySpace, class ExecutionSpace>
ItemExchange<MemorySpace> exchange_of(const ExecutionSpace& exec,
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
  return ItemExchange<MemorySpace>(exec, out, n_sent, in, n_received, rows);
}

}  // namespace Impl

/// The multipoles that pass between ranks, in double.
template <class ExecutionSpace, class T>
class MultipoleHalo final : public ExpansionExchange<ExecutionSpace, T> {
 public:
  using MemorySpace = typename ExecutionSpace::memory_space;     ///< of the expansions
  using Columns = typename Expansions<T, MemorySpace>::Columns;  ///< coefficients

  /// Takes the memory that messages need.
  /// @param exec  instance to work on
  /// @param ranks  the ranks
  /// @param essential  this rank's tree
  /// @param read  ghosts whose multipoles are read, as ask_owners gives them
  /// @param n_levels  levels of shared boxes, the same on all ranks
  /// @param top_level  the coarsest with a far field
  /// @param numbers  coefficients per box
  MultipoleHalo(const ExecutionSpace& exec, std::shared_ptr<const Communicator> ranks,
                const EssentialTree<MemorySpace>& essential, const BoxTraffic& read, int n_levels,
                int top_level, int numbers)
      : m_ranks(std::move(ranks)),
        m_multipoles(Impl::exchange_of<MemorySpace>(exec, read.sent, read.received, numbers)) {
    for (int l = 0; l < n_levels; ++l) {
      const BoxTraffic traffic =
          l < top_level ? BoxTraffic(m_ranks->size())
                        : children_of_shared(essential, l, m_ranks->rank(), m_ranks->size());
      m_children.push_back(
          Impl::exchange_of<MemorySpace>(exec, traffic.sent, traffic.received, numbers));
    }
  }

  /// @cond OVERRIDES
  int coarsest_levels() const override { return int(m_children.size()); }
  void children(const ExecutionSpace& exec, int level,
                const Expansions<T, MemorySpace>& x) const override {
    if (level >= coarsest_levels()) return;
    const BoxColumns<Columns> boxes{x.multipole, x.columns};
    m_children[level].apply(exec, *m_ranks, boxes, boxes);
  }
  void multipoles(const ExecutionSpace& exec, const Expansions<T, MemorySpace>& x) const override {
    const BoxColumns<Columns> boxes{x.multipole, x.columns};
    m_multipoles.apply(exec, *m_ranks, boxes, boxes);
  }
  std::int64_t bytes_sent() const override {
    std::int64_t sum = m_multipoles.bytes_sent(m_ranks->rank());
    for (const auto& level : m_children) sum += level.bytes_sent(m_ranks->rank());
    return sum;
  }
  std::size_t bytes() const override {
    std::size_t sum = m_multipoles.bytes();
    for (const auto& level : m_children) sum += level.bytes();
    return sum;
  }
  /// @endcond

 private:
  std::shared_ptr<const Communicator> m_ranks;
  ItemExchange<MemorySpace> m_multipoles;
  std::vector<ItemExchange<MemorySpace>> m_children;  ///< by level of the parents
};

}  // namespace Octopole

#endif
