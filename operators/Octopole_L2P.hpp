#ifndef OCTOPOLE_L2P_HPP
#define OCTOPOLE_L2P_HPP

#include <operators/Octopole_Expansions.hpp>
#include <operators/Octopole_FarRoot.hpp>
#include <operators/pairs/Octopole_TargetLoop.hpp>
#include <tree/Octopole_Terminals.hpp>

namespace Octopole {

namespace Impl {

/// One team per leaf, packed targets in lanes, the densities of the downward equivalent surface
/// streamed past them; after it those of the terminals that the leaf lies in, as M2P does with boxes in W:
/// targets are seen from each box anew. `Columns`: the kernel's own per right-hand side.
template <int Columns, class T, class Memory>
struct L2P {
  Octree<Memory> tree;
  Terminals<Memory> terminals;
  PackedPoints<T, Memory> targets;
  Expansions<T, Memory> expansions;

  template <class Block, class Functor>
  KOKKOS_FORCEINLINE_FUNCTION void operator()(int leaf, Block& block, const Functor& functor,
                                              int rhs, int slot) const {
    int box = leaf;
    for (;;) {
      const int level = Morton::level(tree.key(box));
      // The two coarsest levels, and perhaps more, have no far field.
      if (level < expansions.top_level) return;
      block.add(functor,
                surface_stream(expansions.outer, level, expansions.local,
                               box * expansions.columns + rhs * Columns),
                T(0), T(0), T(0));
      box = terminals.next(box);
      if (box < 0) return;
      const BoxFrame frame = exact_frame(tree, box);
      block.move_to([&](int d, int i) { return targets.seen_from(frame, d, slot + i); });
    }
  }
};

}  // namespace Impl

/// L2P, local to particle: adds the far field at each leaf's targets to the results.
/// @param exec  instance to work on; not waited for
/// @param kernel  in half-widths of the root
/// @param tree  its leaves are gone through
/// @param terminals  boxes above them that are taken too
/// @param expansions  `outer` and `local` are read
/// @param targets  `results` is added to
/// @param far_root  which of the kernel's evaluation functors, where it has a choice
template <int Last, class WorkShape, class ExecutionSpace, class Kernel, class T, class Memory>
void l2p(const ExecutionSpace& exec, const Kernel& kernel, const Octree<Memory>& tree,
         const Terminals<Memory>& terminals, const Expansions<T, Memory>& expansions,
         const TargetPoints<T, Memory>& targets, Root far_root = Root::exact) {
  static const std::string label = "Octopole::L2P";
  using Parts = Family<Kernel>;
  with_far_root<Kernel>(far_root, [&](auto root) {
    target_loop<Last, WorkShape, Kernel, false>(
        label, exec, tree, targets, true, Parts::template evaluation<root()>(kernel),
        Impl::L2P<Parts::columns, T, Memory>{tree, terminals, targets.points, expansions});
  });
}

}  // namespace Octopole

#endif
