#ifndef OCTOPOLE_M2P_HPP
#define OCTOPOLE_M2P_HPP

#include <operators/Octopole_Expansions.hpp>
#include <operators/Octopole_FarRoot.hpp>
#include <operators/pairs/Octopole_TargetLoop.hpp>
#include <tree/Octopole_InteractionLists.hpp>

namespace Octopole {

namespace Impl {

/// Packed targets in lanes, the upward equivalent surfaces of the boxes in W, placed on the fly,
/// streamed past them. Targets are seen from each box anew: it may be far smaller than their leaf, and
/// one of them near it. W has no bound: nothing is packed in advance. `Columns`: the kernel's own per
/// right-hand side.
template <int Columns, class T, class Memory>
struct M2P {
  Octree<Memory> tree;
  Rows<Memory> w;
  PackedPoints<T, Memory> targets;
  Expansions<T, Memory> expansions;

  template <class Block, class Functor>
  KOKKOS_FORCEINLINE_FUNCTION void operator()(int leaf, Block& block, const Functor& functor,
                                              int rhs, int slot) const {
    for (std::int64_t e = w.begin(leaf); e < w.begin(leaf + 1); ++e) {
      const int box = w.entry(e), level = Morton::level(tree.key(box));
      if (level < expansions.top_level) continue;
      const BoxFrame frame = exact_frame(tree, box, leaf);
      block.move_to([&](int d, int i) { return targets.seen_from(frame, d, slot + i); });
      block.add(functor,
                surface_stream(expansions.inner, level, expansions.multipole,
                               box * expansions.columns + rhs * Columns),
                T(0), T(0), T(0));
    }
  }
};

}  // namespace Impl

/// M2P, multipole to particle: adds the field of the boxes in W to the results.
/// @param exec  instance to work on; not waited for
/// @param kernel  in half-widths of the root
/// @param tree  its leaves are gone through
/// @param w  its W lists
/// @param expansions  `inner` and `multipole` are read
/// @param targets  `results` is added to
/// @param far_root  which of the kernel's evaluation functors, where it has a choice
template <int Last, class WorkShape, class ExecutionSpace, class Kernel, class T, class Memory>
void m2p(const ExecutionSpace& exec, const Kernel& kernel, const Octree<Memory>& tree,
         const Rows<Memory>& w, const Expansions<T, Memory>& expansions,
         const TargetPoints<T, Memory>& targets, Root far_root = Root::exact) {
  if (w.size() == 0) return;
  static const std::string label = "Octopole::M2P";
  using Parts = Family<Kernel>;
  with_far_root<Kernel>(far_root, [&](auto root) {
    target_loop<Last, WorkShape, Kernel, false>(
        label, exec, tree, targets, true, Parts::template evaluation<root()>(kernel),
        Impl::M2P<Parts::columns, T, Memory>{tree, w, targets.points, expansions});
  });
}

}  // namespace Octopole

#endif
