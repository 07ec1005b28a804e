#ifndef OCTOPOLE_PAIR_COUNTS_HPP
#define OCTOPOLE_PAIR_COUNTS_HPP

#include <tree/Octopole_InteractionLists.hpp>
#include <tree/Octopole_Octree.hpp>

#include <cstdint>

namespace Octopole {

/// Pairs of a target and a source in the U lists.
/// @param exec  instance to work on; waited for
/// @param tree  see Octree
/// @param u  its U lists
/// @return their number
template <class ExecutionSpace, class MemorySpace>
std::uint64_t count_near_pairs(const ExecutionSpace& exec, const Octree<MemorySpace>& tree,
                               const Rows<MemorySpace>& u) {
  std::uint64_t pairs = 0;
  Kokkos::parallel_reduce(
      "Octopole::Plan::near_pairs", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, tree.n_boxes),
      KOKKOS_LAMBDA(const int box, std::uint64_t& sum) {
        std::uint64_t sources = 0;
        for (std::int64_t e = u.begin(box); e < u.begin(box + 1); ++e)
          sources += tree.n_sources(u.entry(e));
        sum += sources * tree.n_targets(box);
      },
      pairs);
  return pairs;
}

/// Entries of V, whether it was built or not: the children of the parent's colleagues but those that
/// touch the box, which are its own colleagues. The former are the same for all children of a parent.
/// @param exec  instance to work on; waited for
/// @param tree  see Octree
/// @param colleague  of its boxes, see InteractionLists
/// @return their number
template <class ExecutionSpace, class MemorySpace>
std::uint64_t count_far_pairs(const ExecutionSpace& exec, const Octree<MemorySpace>& tree,
                              const Kokkos::View<int* [27], MemorySpace>& colleague) {
  std::uint64_t pairs = 0;
  Kokkos::parallel_reduce(
      "Octopole::Plan::far_pairs", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, tree.n_boxes),
      KOKKOS_LAMBDA(const int box, std::uint64_t& sum) {
        if (tree.n_targets(box) == 0) return;
        const auto children_with = [&](int parent, const auto& some) {
          int n = 0;
          for (int octant = 0; octant < 8 && !tree.is_leaf(parent); ++octant) {
            const int child = tree.child(parent, octant);
            if (child >= 0 && some(child) > 0) ++n;
          }
          return n;
        };
        const auto sources = [&](int b) { return tree.n_sources(b); };
        const auto targets = [&](int b) { return tree.n_targets(b); };
        const int own = children_with(box, targets);
        for (int n = 0; n < 27; ++n) {
          const int c = colleague(box, n);
          if (c < 0 || tree.n_sources(c) == 0) continue;
          if (box > 0) --sum;
          if (own > 0) sum += std::uint64_t(own) * children_with(c, sources);
        }
      },
      pairs);
  return pairs;
}

}  // namespace Octopole

#endif
