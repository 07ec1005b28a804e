#ifndef OCTOPOLE_COUNT_PAIRS_HPP
#define OCTOPOLE_COUNT_PAIRS_HPP

#include <Kokkos_Core.hpp>

#include <cstdint>

namespace Octopole::Impl {

/// Pairs of a target and a source in the U lists.
template <class ExecutionSpace, class Data>
std::uint64_t count_near_pairs(const ExecutionSpace& exec, const Data& d) {
  std::uint64_t pairs = 0;
  Kokkos::parallel_reduce(
      "Octopole::Plan::near_pairs", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, d.tree.n_boxes),
      KOKKOS_LAMBDA(const int box, std::uint64_t& sum) {
        std::uint64_t sources = 0;
        for (std::int64_t e = d.lists.u.begin(box); e < d.lists.u.begin(box + 1); ++e)
          sources += d.tree.n_sources(d.lists.u.entry(e));
        sum += sources * d.tree.n_targets(box);
      },
      pairs);
  return pairs;
}

/// Entries of V, whether it was built or not: the children of the parent's colleagues but those that
/// touch the box, which are its own colleagues.
template <class ExecutionSpace, class Data>
std::uint64_t count_far_pairs(const ExecutionSpace& exec, const Data& d) {
  std::uint64_t pairs = 0;
  Kokkos::parallel_reduce(
      "Octopole::Plan::far_pairs", Kokkos::RangePolicy<ExecutionSpace>(exec, 1, d.tree.n_boxes),
      KOKKOS_LAMBDA(const int box, std::uint64_t& sum) {
        if (d.tree.n_targets(box) == 0) return;
        const int parent = d.tree.parent(box);
        for (int n = 0; n < 27; ++n) {
          const int c = d.lists.colleague(box, n);
          if (c >= 0 && d.tree.n_sources(c) > 0) --sum;
          const int uncle = d.lists.colleague(parent, n);
          if (uncle < 0 || d.tree.is_leaf(uncle)) continue;
          for (int octant = 0; octant < 8; ++octant) {
            const int child = d.tree.child(uncle, octant);
            if (child >= 0 && d.tree.n_sources(child) > 0) ++sum;
          }
        }
      },
      pairs);
  return pairs;
}

}  // namespace Octopole::Impl

#endif
