#ifndef OCTOPOLE_L2L_HPP
#define OCTOPOLE_L2L_HPP

#include <core/base/Octopole_Launch.hpp>
#include <operators/Octopole_Expansions.hpp>
#include <operators/dense/Octopole_ColumnProduct.hpp>
#include <operators/dense/Octopole_ParentColumns.hpp>
#include <tree/Octopole_BoxLists.hpp>

#include <string>

namespace Octopole {

namespace Impl {

/// A tile of parents' columns per team: octant after octant the children that exist, side by side.
template <class ExecutionSpace, class T, class WorkShape>
struct L2L {
  using Memory = typename ExecutionSpace::memory_space;
  using Matrix = typename OperatorSet<T, Memory>::Matrix;
  using Teams = ColumnTeams<ExecutionSpace, T, WorkShape>;
  Teams teams;
  Octree<Memory> tree;
  Expansions<T, Memory> x;
  Matrix matrix;
  Kokkos::View<const int*, Memory> parents;
  int first_parent;

  KOKKOS_FUNCTION void operator()(const typename Teams::Member& team) const {
    const int first = teams.first(team.league_rank()), n = teams.size(team.league_rank());
    const ParentColumns<Memory> columns(team, tree, x.columns, parents, first_parent, first, n);
    const int E = int(x.local.extent(0)), D = int(x.down_check.extent(0));
    for (int octant = 0; octant < 8; ++octant) {
      int parent[Teams::most], child[Teams::most];
      const int found = columns.with_child(octant, parent, child);
      if (found > 0)
        multiply_columns<WorkShape, Teams::most>(
            team, column_major(matrix, octant * D, D, 0, E), found,
            [&](int j) -> const T* { return &x.local(0, parent[j]); },
            [&](int j) -> T* { return &x.down_check(0, child[j]); }, true);
    }
  }
};

}  // namespace Impl

/// L2L, local to local: adds the potential of their parents' densities on the downward check
/// surfaces of the boxes of `level`.
/// @param exec  instance to work on; not waited for
/// @param tree  tells the children of a box
/// @param parents  the boxes whose expansions are passed on, by level
/// @param set  operators of level - 1: l2l is read
/// @param level  of the children, at least 1
/// @param x  `local` of level - 1 is read, `down_check` of `level` added to
template <class WorkShape, class ExecutionSpace, class T, class Memory>
void l2l(const ExecutionSpace& exec, const Octree<Memory>& tree, const BoxList<Memory>& parents,
         const OperatorSet<T, Memory>& set, int level, const Expansions<T, Memory>& x) {
  static const std::string label = "Octopole::L2L";
  using Loop = Impl::L2L<ExecutionSpace, T, WorkShape>;
  const int first = parents.first(level - 1), n = parents.last(level - 1) - first;
  if (n == 0) return;
  const typename Loop::Teams teams(exec, n * x.columns);
  launch(label,
         teams.policy(exec, int(x.down_check.extent(0)), 0,
                      Impl::ParentColumns<Memory>::bytes(teams.tile)),
         Loop{teams, tree, x, set.l2l, parents.boxes, first});
}

}  // namespace Octopole

#endif
