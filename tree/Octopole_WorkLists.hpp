#ifndef OCTOPOLE_WORK_LISTS_HPP
#define OCTOPOLE_WORK_LISTS_HPP

#include <tree/Octopole_BoxLists.hpp>
#include <tree/Octopole_InteractionLists.hpp>
#include <tree/Octopole_NearWork.hpp>
#include <tree/Octopole_Octree.hpp>
#include <tree/Octopole_PairCounts.hpp>
#include <tree/Octopole_Terminals.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace Octopole {

/// All that operators go through: who acts on whom, and which boxes an operator is for.
template <class MemorySpace>
struct WorkLists {
  InteractionLists<MemorySpace> interactions;  ///< U, V, W, X
  Terminals<MemorySpace> terminals;            ///< boxes whose locals go straight to the targets
  NearWork<MemorySpace> near_work;             ///< U in pieces, where sources are staged
  BoxList<MemorySpace> leaves,                 ///< boxes that are not split, by level
      parents,                                 ///< boxes that are, by level
      passing,                                 ///< those of them that are no terminals
      held,    ///< of `parents`, those whose multipoles are made here: all on one rank
      with_x;  ///< boxes that have an X list, by level
  /// First and one past the last of the boxes of each level whose locals are made: all on one rank.
  std::vector<std::pair<int, int>> targets;
  std::uint64_t far_pairs = 0;  ///< entries of V, whether it was built or not

  /// @return memory that the lists hold
  std::size_t bytes() const {
    const std::size_t all = interactions.bytes() + terminals.bytes() + near_work.bytes() +
                            leaves.bytes() + parents.bytes() + with_x.bytes();
    return passing.boxes.data() == parents.boxes.data() ? all : all + passing.bytes();
  }
  /// @return what P2P goes through
  NearLists<MemorySpace> near() const { return {interactions.u, near_work}; }
};

/// Makes all lists of a tree but the pieces of the near field. Waits for `exec`.
/// @param exec  instance to work on
/// @param tree  see Octree
/// @param few,with_v  see make_lists
/// @param lonely  see find_terminals
/// @return the lists
template <class ExecutionSpace, class MemorySpace>
WorkLists<MemorySpace> make_work_lists(const ExecutionSpace& exec, const Octree<MemorySpace>& tree,
                                       int few, bool with_v, double lonely) {
  using Tree = Octree<MemorySpace>;
  WorkLists<MemorySpace> w;
  w.interactions = make_lists(exec, tree, few, with_v);
  w.leaves = make_box_list(exec, tree, Impl::IsLeaf<Tree>{tree});
  w.parents = make_box_list(exec, tree, Impl::IsSplit<Tree>{tree});
  w.terminals = find_terminals(exec, tree, w.interactions, few, lonely);
  w.passing = w.terminals.bytes() == 0
                  ? w.parents
                  : make_box_list(exec, tree, Impl::PassesOn<Tree, MemorySpace>{tree, w.terminals});
  w.held = w.parents;
  for (int l = 0; l <= tree.depth; ++l)
    w.targets.emplace_back(tree.level_begin[l], tree.level_begin[l + 1]);
  w.with_x = make_box_list(exec, tree, Impl::HasRow<MemorySpace>{w.interactions.x});
  w.far_pairs = count_far_pairs(exec, tree, w.interactions.colleague);
  return w;
}

}  // namespace Octopole

#endif
