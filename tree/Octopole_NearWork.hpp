#ifndef OCTOPOLE_NEAR_WORK_HPP
#define OCTOPOLE_NEAR_WORK_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <tree/Octopole_InteractionLists.hpp>
#include <tree/Octopole_Sort.hpp>

#include <cstdint>

namespace Octopole {

/// The near field cut into pieces for teams: some of the targets of a leaf each, the pieces with
/// the most pairs first, so that none is left over when the others are done.
template <class MemorySpace>
struct NearWork {
  Kokkos::View<int*, MemorySpace> leaf,  ///< (pieces) index of the box
      first;  ///< (pieces) first of its targets, a multiple of the pieces' size
  /// @return number of pieces
  int size() const { return static_cast<int>(leaf.extent(0)); }
  /// @return memory that the pieces hold
  std::size_t bytes() const { return Impl::bytes_of(leaf, first); }
};

/// What P2P goes through.
template <class MemorySpace>
struct NearLists {
  Rows<MemorySpace> u;         ///< the U lists
  NearWork<MemorySpace> work;  ///< in pieces, where sources are staged
};

/// Cuts the targets of all leaves into pieces. Waits for `exec`.
/// @param exec  instance to work on
/// @param tree  see Octree
/// @param u  its U lists
/// @param piece  most targets of a piece, at least 1
/// @return the pieces
template <class ExecutionSpace, class MemorySpace>
NearWork<MemorySpace> make_near_work(const ExecutionSpace& exec, const Octree<MemorySpace>& tree,
                                     const Rows<MemorySpace>& u, int piece) {
  using Range = Kokkos::RangePolicy<ExecutionSpace>;
  using Indices = Kokkos::View<int*, MemorySpace>;
  const auto leaves = tree.leaves;
  const auto first_piece =
      Impl::allocate<Indices>(exec, "Octopole::NearWork::begin", tree.n_leaves);
  int n = 0;
  Kokkos::parallel_scan(
      "Octopole::NearWork::scan", Range(exec, 0, tree.n_leaves),
      KOKKOS_LAMBDA(const int i, int& sum, const bool last) {
        if (last) first_piece(i) = sum;
        sum += (tree.n_targets(leaves(i)) + piece - 1) / piece;
      },
      n);
  using Costs = Kokkos::View<std::uint64_t*, MemorySpace>;
  Costs cost = Impl::allocate<Costs>(exec, "Octopole::NearWork::cost", n);
  Indices order = Impl::allocate<Indices>(exec, "Octopole::NearWork::order", n);
  const auto all_leaf = Impl::allocate<Indices>(exec, "Octopole::NearWork::leaves", n);
  const auto all_first = Impl::allocate<Indices>(exec, "Octopole::NearWork::firsts", n);
  {
    const auto c = cost;
    const auto o = order;
    Kokkos::parallel_for(
        "Octopole::NearWork::pieces", Range(exec, 0, tree.n_leaves), KOKKOS_LAMBDA(const int i) {
          const int box = leaves(i), targets = tree.n_targets(box);
          std::uint64_t sources = 0;
          for (std::int64_t e = u.begin(box); e < u.begin(box + 1); ++e)
            sources += tree.n_sources(u.entry(e));
          for (int t = 0, at = first_piece(i); t < targets; t += piece, ++at) {
            // All threads of a team wait for each other: what counts is sources, descending.
            c(at) =
                (std::uint64_t(1) << 32) - 1 - Kokkos::min(sources, (std::uint64_t(1) << 32) - 1);
            o(at) = at;
            all_leaf(at) = box;
            all_first(at) = t;
          }
        });
  }
  sort_by_key(exec, cost, order, 32);
  NearWork<MemorySpace> work;
  Impl::allocate_into(work.leaf, exec, "Octopole::NearWork::leaf", n);
  Impl::allocate_into(work.first, exec, "Octopole::NearWork::first", n);
  const auto to = work;
  const auto sorted = order;
  Kokkos::parallel_for(
      "Octopole::NearWork::order", Range(exec, 0, n), KOKKOS_LAMBDA(const int i) {
        to.leaf(i) = all_leaf(sorted(i));
        to.first(i) = all_first(sorted(i));
      });
  exec.fence("Octopole::NearWork");
  return work;
}

}  // namespace Octopole

#endif
