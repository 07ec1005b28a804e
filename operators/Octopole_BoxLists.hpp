#ifndef OCTOPOLE_BOX_LISTS_HPP
#define OCTOPOLE_BOX_LISTS_HPP

#include <Octopole_InteractionLists.hpp>
#include <impl/Octopole_Allocate.hpp>
#include <impl/Octopole_Transfer.hpp>

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
  KOKKOS_FUNCTION bool operator()(int box) const {
    return rows.begin(box + 1) > rows.begin(box);
  }
};

/// Some columns of the parents' coefficients with what tells their children's, in the scratch memory
/// of a team: looked up once for all octants.
template <class Data>
class ParentColumns {
 public:
  /// Columns [first, first + n), box after box, of the list of parents from `first_parent` on.
  /// Ends with a barrier.
  template <class Team, class Parents>
  KOKKOS_FUNCTION ParentColumns(const Team& team, const Data& d, const Parents& parents,
                                int first_parent, int first, int n)
      : m_n(n),
        m_columns(d.columns),
        m_parent(static_cast<Parent*>(team.team_scratch(0).get_shmem_aligned(bytes(n), 64))) {
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, n), [&](const int i) {
      const int box = parents(first_parent + (first + i) / d.columns);
      m_parent[i] = {box * d.columns + (first + i) % d.columns, d.tree.first_child(box),
                     d.tree.children(box)};
    });
    team.team_barrier();
  }
  /// Bytes of scratch memory of level 0 for n columns.
  KOKKOS_FUNCTION static constexpr std::size_t bytes(int n) { return sizeof(Parent) * n; }

  /// The i-th column, 0 <= i < n.
  KOKKOS_FORCEINLINE_FUNCTION int operator()(int i) const { return m_parent[i].column; }
  /// The columns whose box has a child in `octant`, and the children's; returns how many.
  KOKKOS_FUNCTION int with_child(int octant, int* parent, int* child) const {
    int found = 0;
    for (int i = 0; i < m_n; ++i) {
      const Parent& p = m_parent[i];
      if (!(p.children >> octant & 1u)) continue;
      parent[found] = p.column;
      child[found++] =
          (p.first_child + rank_of_child(p.children, octant)) * m_columns + p.column % m_columns;
    }
    return found;
  }

 private:
  struct Parent {
    int column, first_child;
    unsigned children;
  };
  int m_n, m_columns;
  Parent* m_parent;
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
