#ifndef OCTOPOLE_BOX_LISTS_HPP
#define OCTOPOLE_BOX_LISTS_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/base/Octopole_Transfer.hpp>
#include <tree/Octopole_InteractionLists.hpp>

#include <vector>

namespace Octopole {

/// Boxes of some sort, in groups: group g is boxes(begin[g]) to boxes(begin[g + 1] - 1), in Morton
/// order. Group sizes are known on the host, since they decide what is launched.
template <class MemorySpace>
struct BoxList {
  Kokkos::View<const int*, MemorySpace> boxes;  ///< indices in the tree
  std::vector<int> begin;                       ///< (groups + 1)

  /// @param group  0 to the number of groups - 1
  /// @return index in `boxes` of its first
  int first(int group) const { return begin[group]; }
  /// @param group  0 to the number of groups - 1
  /// @return one past its last
  int last(int group) const { return begin[group + 1]; }
  /// @return memory that the list holds on the device
  std::size_t bytes() const { return boxes.span() * sizeof(int); }
};

namespace Impl {

template <class Tree>
struct IsLeaf {
  Tree tree;
  KOKKOS_FUNCTION bool operator()(int box) const { return tree.is_leaf(box); }
};
template <class Tree>
struct IsSplit {
  Tree tree;
  KOKKOS_FUNCTION bool operator()(int box) const { return !tree.is_leaf(box); }
};
template <class MemorySpace>
struct HasRow {
  Rows<MemorySpace> rows;
  KOKKOS_FUNCTION bool operator()(int box) const { return rows.begin(box + 1) > rows.begin(box); }
};

}  // namespace Impl

/// Group `level`: the boxes of that level for which choose(box) holds. Waits for `exec`.
/// @param exec  instance to work on
/// @param tree  see Octree
/// @param choose  choose(box), on the device
/// @return the list
template <class ExecutionSpace, class Tree, class Choose>
BoxList<typename ExecutionSpace::memory_space> make_box_list(const ExecutionSpace& exec,
                                                             const Tree& tree,
                                                             const Choose& choose) {
  using Boxes = Kokkos::View<int*, typename ExecutionSpace::memory_space>;
  const auto boxes = Impl::allocate<Boxes>(exec, "Octopole::BoxList", tree.n_boxes);
  const auto begin = Impl::allocate<Boxes>(exec, "Octopole::BoxList::begin", tree.depth + 1);
  int n = 0;
  Kokkos::parallel_scan(
      "Octopole::BoxList", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, tree.n_boxes),
      KOKKOS_LAMBDA(const int box, int& sum, const bool last) {
        const int level = Morton::level(tree.key(box));
        if (last && (box == 0 || Morton::level(tree.key(box - 1)) < level)) begin(level) = sum;
        if (!choose(box)) return;
        if (last) boxes(sum) = box;
        ++sum;
      },
      n);
  exec.fence("Octopole::BoxList");
  const auto host = Impl::to_host(begin);
  BoxList<typename ExecutionSpace::memory_space> list;
  list.boxes = boxes;
  list.begin.assign(host.data(), host.data() + tree.depth + 1);
  list.begin.push_back(n);
  return list;
}

}  // namespace Octopole

#endif
