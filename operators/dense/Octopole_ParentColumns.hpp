#ifndef OCTOPOLE_PARENT_COLUMNS_HPP
#define OCTOPOLE_PARENT_COLUMNS_HPP

#include <tree/Octopole_Octree.hpp>

#include <cstddef>

namespace Octopole::Impl {

/// Some columns of the parents' coefficients with what tells their children's, in the scratch memory
/// of a team: looked up once for all octants.
template <class MemorySpace>
class ParentColumns {
 public:
  /// Columns [first, first + n), box after box with `columns` each, of the list of parents from
  /// `first_parent` on. Ends with a barrier.
  template <class Team, class Parents>
  KOKKOS_FUNCTION ParentColumns(const Team& team, const Octree<MemorySpace>& tree, int columns,
                                const Parents& parents, int first_parent, int first, int n)
      : m_n(n),
        m_columns(columns),
        m_parent(static_cast<Parent*>(team.team_scratch(0).get_shmem_aligned(bytes(n), 64))) {
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, n), [&](const int i) {
      const int box = parents(first_parent + (first + i) / columns);
      m_parent[i] = {box * columns + (first + i) % columns, tree.first_child(box),
                     tree.children(box)};
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

}  // namespace Octopole::Impl

#endif
