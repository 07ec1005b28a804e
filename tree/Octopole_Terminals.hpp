#ifndef OCTOPOLE_TERMINALS_HPP
#define OCTOPOLE_TERMINALS_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <tree/Octopole_InteractionLists.hpp>

#include <cstddef>

namespace Octopole {

/// Boxes at which local expansions end: L2L does not pass them on, L2P takes them straight to the targets.
///
/// A local expansion gives the potential to some digits; its derivatives have those digits over the width of
/// the box. What comes from far away is smooth, and where it outweighs what is near it is not to be carried
/// down to boxes far smaller than its distance: second derivatives would lose the square of their ratio. So
/// where nothing comes in at the next level (a cloud that has a charge far beside it), the box is a terminal.
/// Where something does, what a lonely charge gives may still outweigh all of that: then the box at which it comes in is.
template <class MemorySpace>
struct Terminals {
  Kokkos::View<int*, MemorySpace>
      above;  ///< (boxes) the nearest terminal that a box lies in, but for
              ///< itself; -1: none. Empty where there are none at all

  /// @param box  index
  /// @return the nearest terminal above it, -1 where there is none
  KOKKOS_FUNCTION int next(int box) const { return above.extent(0) == 0 ? -1 : above(box); }
  /// @return memory that they take
  std::size_t bytes() const { return Impl::bytes_of(above); }
};

namespace Impl {

/// Split boxes whose local expansions are passed on.
template <class Tree, class MemorySpace>
struct PassesOn {
  Tree tree;
  Terminals<MemorySpace> terminals;
  KOKKOS_FUNCTION bool operator()(int box) const {
    return !tree.is_leaf(box) && terminals.next(tree.first_child(box)) != box;
  }
};

/// Whether nothing comes in at the next level, and there are levels below that.
template <class Walk, class ComesIn>
KOKKOS_INLINE_FUNCTION bool nothing_at_next_level(const Walk& walk, const ComesIn& comes_in,
                                                  int box) {
  bool deeper = false;
  for (int octant = 0; octant < 8; ++octant) {
    const int child = walk.tree.child(box, octant);
    if (child < 0 || walk.n_targets(child) == 0) continue;
    if (comes_in(child)) return false;
    deeper = deeper || !walk.tree.is_leaf(child);
  }
  return deeper;
}

}  // namespace Impl

/// Finds the terminals of a tree. Waits for `exec`.
/// @param exec  instance to work on
/// @param tree  see Octree
/// @param lists  its lists; of these `colleague` is read
/// @param few  as for make_lists
/// @param lonely  also boxes into which one comes with at most this part of the sources near them; 0: none
/// @return the terminals
template <class ExecutionSpace, class MemorySpace>
Terminals<MemorySpace> find_terminals(const ExecutionSpace& exec, const Octree<MemorySpace>& tree,
                                      const InteractionLists<MemorySpace>& lists, int few,
                                      double lonely) {
  using Flags = Kokkos::View<bool*, MemorySpace>;
  using Range = Kokkos::RangePolicy<ExecutionSpace>;
  const Impl::ListWalk<Octree<MemorySpace>, Kokkos::View<int* [27], MemorySpace>> walk{
      tree, lists.colleague, few};
  Terminals<MemorySpace> terminals;
  // Mostly there are none, which the first child of each box tells: without the two coarsest levels, which have
  // no far field, all boxes are passed.
  const int first = tree.depth >= 2 ? tree.level_begin[2] : tree.n_boxes;
  int candidates = 0;
  Kokkos::parallel_reduce(
      "Octopole::Terminals::candidates", Range(exec, first, tree.n_boxes),
      KOKKOS_LAMBDA(const int box, int& sum) {
        const auto comes_in = [&](int child) { return walk.comes_in(child); };
        sum += walk.n_targets(box) > 0 && (walk.lonely_comes_in(box, lonely) ||
                                           Impl::nothing_at_next_level(walk, comes_in, box));
      },
      candidates);
  exec.fence("Octopole::Terminals::candidates");
  if (candidates == 0) return terminals;

  const auto comes_in = Impl::allocate<Flags>(exec, "Octopole::Terminals::comes_in", tree.n_boxes);
  Kokkos::parallel_for(
      "Octopole::Terminals::comes_in", Range(exec, 0, tree.n_boxes),
      KOKKOS_LAMBDA(const int box) { comes_in(box) = walk.comes_in(box); });
  // Level by level: from now on comes_in(box) tells whether its local expansion is anything but zero.
  Impl::allocate_into(terminals.above, exec, "Octopole::Terminals::above", tree.n_boxes);
  const auto above = terminals.above;
  for (int level = 0; level <= tree.depth; ++level)
    Kokkos::parallel_for(
        "Octopole::Terminals::above",
        Range(exec, tree.level_begin[level], tree.level_begin[level + 1]),
        KOKKOS_LAMBDA(const int box) {
          if (level == 0) above(box) = -1;
          const bool some = comes_in(box);
          const bool ends = some && (walk.lonely_comes_in(box, lonely) ||
                                     Impl::nothing_at_next_level(walk, comes_in, box));
          for (int octant = 0; octant < 8; ++octant) {
            const int child = tree.child(box, octant);
            if (child < 0) continue;
            above(child) = ends ? box : above(box);
            if (some && !ends) comes_in(child) = true;
          }
        });
  exec.fence("Octopole::Terminals");
  return terminals;
}

}  // namespace Octopole

#endif
