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
/// touch the box, which are its own colleagues. The former are the same for all children of a parent.
template <class ExecutionSpace, class Data>
std::uint64_t count_far_pairs(const ExecutionSpace& exec, const Data& d) {
  std::uint64_t pairs = 0;
  Kokkos::parallel_reduce(
      "Octopole::Plan::far_pairs", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, d.tree.n_boxes),
      KOKKOS_LAMBDA(const int box, std::uint64_t& sum) {
        if (d.tree.n_targets(box) == 0) return;
        const auto children_with = [&](int parent, const auto& some) {
          int n = 0;
          for (int octant = 0; octant < 8 && !d.tree.is_leaf(parent); ++octant) {
            const int child = d.tree.child(parent, octant);
            if (child >= 0 && some(child) > 0) ++n;
          }
          return n;
        };
        const auto sources = [&](int b) { return d.tree.n_sources(b); };
        const auto targets = [&](int b) { return d.tree.n_targets(b); };
        const int own = children_with(box, targets);
        for (int n = 0; n < 27; ++n) {
          const int c = d.lists.colleague(box, n);
          if (c < 0 || d.tree.n_sources(c) == 0) continue;
          if (box > 0) --sum;
          if (own > 0) sum += std::uint64_t(own) * children_with(c, sources);
        }
      },
      pairs);
  return pairs;
}

}  // namespace Octopole::Impl

#endif
