#ifndef OCTOPOLE_BOX_LISTS_HPP
#define OCTOPOLE_BOX_LISTS_HPP

#include <Octopole_InteractionLists.hpp>
#include <impl/Octopole_Allocate.hpp>

#include <vector>

namespace Octopole {

/// Boxes of some sort, in groups: group g is boxes(begin[g]) to boxes(begin[g + 1] - 1), in Morton
/// order. Group sizes are known on the host, since they decide what is launched.
template <class MemorySpace>
struct BoxList {
  Kokkos::View<const int*, MemorySpace> boxes;  ///< indices in the tree
  std::vector<int> begin;  ///< (groups + 1)

  /// @param group  0 to the number of groups - 1
  /// @return index in `boxes` of its first
  int first(int group) const { return begin[group]; }
  /// @param group  0 to the number of groups - 1
  /// @return one past its last
  int last(int group) const { return begin[group + 1]; }
};

namespace Impl {

template <class Tree>
struct IsLeaf {
  Tree tree;
  KOKKOS_FUNCTION bool operator()(int box, int) const { return tree.is_leaf(box); }
};
template <class Tree>
struct IsSplit {
  Tree tree;
  KOKKOS_FUNCTION bool operator()(int box, int) const { return !tree.is_leaf(box); }
};
template <class MemorySpace>
struct HasRow {
  Rows<MemorySpace> rows;
  KOKKOS_FUNCTION bool operator()(int box, int) const {
    return rows.begin(box + 1) > rows.begin(box);
  }
};

/// The coefficients' columns of a list of parents, box after box, from `first_parent` on.
template <class Data>
struct ParentColumns {
  const Data& d;
  const Kokkos::View<const int*, typename Data::memory_space>& parents;
  int first_parent;

  /// Column of the coefficients' Views.
  KOKKOS_FORCEINLINE_FUNCTION int parent(int i) const {
    return parents(first_parent + i / d.columns) * d.columns + i % d.columns;
  }
  /// Those of [first, first + n) whose box has a child in `octant`, and the children's; returns how
  /// many.
  KOKKOS_FUNCTION int with_child(int first, int n, int octant, int* parent, int* child) const {
    int found = 0;
    for (int i = first; i < first + n; ++i) {
      const int box = parents(first_parent + i / d.columns), c = d.tree.child(box, octant);
      if (c < 0) continue;
      parent[found] = box * d.columns + i % d.columns;
      child[found++] = c * d.columns + i % d.columns;
    }
    return found;
  }
};

}  // namespace Impl

/// Group level * sorts + s: the boxes of that level for which choose(box, s) holds. Waits for `exec`.
/// @param exec  instance to work on
/// @param tree  see Octree
/// @param choose  choose(box, s), on the device, 0 <= s < sorts
/// @param sorts  groups per level
/// @return the list
template <class ExecutionSpace, class Tree, class Choose>
BoxList<typename ExecutionSpace::memory_space> make_box_list(const ExecutionSpace& exec,
                                                             const Tree& tree,
                                                             const Choose& choose, int sorts = 1) {
  using MemorySpace = typename ExecutionSpace::memory_space;
  BoxList<MemorySpace> list;
  const auto boxes =
      Impl::allocate<Kokkos::View<int*, MemorySpace>>(exec, "Octopole::BoxList", tree.n_boxes);
  list.begin.assign((tree.depth + 1) * sorts + 1, 0);
  int n = 0;
  for (int group = 0; group < (tree.depth + 1) * sorts; ++group) {
    const int level = group / sorts, sort = group % sorts, offset = n;
    int count = 0;
    Kokkos::parallel_scan(
        "Octopole::BoxList",
        Kokkos::RangePolicy<ExecutionSpace>(exec, tree.level_begin[level],
                                            tree.level_begin[level + 1]),
        KOKKOS_LAMBDA(const int box, int& sum, const bool last) {
          if (!choose(box, sort)) return;
          if (last) boxes(offset + sum) = box;
          ++sum;
        },
        count);
    n += count;
    list.begin[group + 1] = n;
  }
  list.boxes = boxes;
  return list;
}

}  // namespace Octopole

#endif
