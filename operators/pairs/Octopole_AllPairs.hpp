#ifndef OCTOPOLE_ALL_PAIRS_HPP
#define OCTOPOLE_ALL_PAIRS_HPP

#include <operators/pairs/Octopole_TargetLoop.hpp>

namespace Octopole {

namespace Impl {

/// Packed targets in lanes, the packed sources of every leaf streamed past them.
template <int Charges, class T, class Memory>
struct AllPairs {
  Octree<Memory> tree;
  ChargedPoints<T, Memory> sources;

  template <class Block, class Functor>
  KOKKOS_FORCEINLINE_FUNCTION void operator()(int /*leaf*/, Block& block, const Functor& functor,
                                              int rhs, int /*slot*/) const {
    for (int i = 0; i < tree.n_leaves; ++i) {
      const int source = tree.leaves(i);
      block.add(functor, exact_stream<Charges>(sources, source, rhs, 0, tree.n_sources(source)),
                0.0, 0.0, 0.0);
    }
  }
};

}  // namespace Impl

/// The direct sum over every pair of a target and a source, in double and of the caller's coordinates,
/// in the tree's packed order. Overwrites the results.
/// @param exec  instance to work on; not waited for
/// @param kernel  in half-widths of the root
/// @param tree  its leaves are gone through
/// @param sources  points and packed charges are read
/// @param targets  `results` is written
template <int Last, class WorkShape, class ExecutionSpace, class Kernel, class T, class Memory>
void all_pairs(const ExecutionSpace& exec, const Kernel& kernel, const Octree<Memory>& tree,
               const ChargedPoints<T, Memory>& sources, const TargetPoints<T, Memory>& targets) {
  static const std::string label = "Octopole::all_pairs";
  using Parts = Family<Kernel>;
  target_loop<Last, WorkShape, Kernel, true>(
      label, exec, tree, targets, false,
      Parts::template near<Root::exact, true>(kernel.rescaled(exact_unit_of(tree.domain))),
      Impl::AllPairs<Parts::charges, T, Memory>{tree, sources});
}

}  // namespace Octopole

#endif
