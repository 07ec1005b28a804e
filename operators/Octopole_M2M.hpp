#ifndef OCTOPOLE_M2M_HPP
#define OCTOPOLE_M2M_HPP

#include <core/base/Octopole_Launch.hpp>
#include <operators/Octopole_Expansions.hpp>
#include <operators/Octopole_MomentOrigin.hpp>
#include <operators/dense/Octopole_CheckToEquivalent.hpp>
#include <operators/dense/Octopole_ColumnProduct.hpp>
#include <operators/dense/Octopole_ParentColumns.hpp>
#include <tree/Octopole_BoxLists.hpp>

#include <algorithm>
#include <string>

namespace Octopole {

namespace Impl {

/// A tile of parents' columns per team: octant after octant the children that exist, side by side;
/// then the same parents' densities.
template <class ExecutionSpace, class T, class WorkShape>
struct M2M {
  using Memory = typename ExecutionSpace::memory_space;
  using Matrix = typename OperatorSet<T, Memory>::Matrix;
  using Teams = ColumnTeams<ExecutionSpace, T, WorkShape>;
  Teams teams;
  Octree<Memory> tree;
  Expansions<T, Memory> x;
  Matrix matrix, left, right;
  Kokkos::View<const int*, Memory> parents;
  int first_parent;

  KOKKOS_FUNCTION void operator()(const typename Teams::Member& team) const {
    const int first = teams.first(team.league_rank()), n = teams.size(team.league_rank());
    const ParentColumns<Memory> columns(team, tree, x.columns, parents, first_parent, first, n);
    const int E = int(x.multipole.extent(0)), U = int(x.up_check.extent(0));
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, U), [&](const int i) {
      for (int j = 0; j < n; ++j) x.up_check(i, columns(j)) = T(0);
    });
    for (int octant = 0; octant < 8; ++octant) {
      int parent[Teams::most], child[Teams::most];
      const int found = columns.with_child(octant, parent, child);
      team.team_barrier();
      if (found > 0)
        multiply_columns<WorkShape, Teams::most>(
            team, column_major(matrix, 0, U, octant * E, E), found,
            [&](int j) -> const T* { return &x.multipole(0, child[j]); },
            [&](int j) -> T* { return &x.up_check(0, parent[j]); }, true);
    }
    team.team_barrier();
    // First moments are seen from the parents' own centres until here.
    solve_columns<Teams>(
        team, left, right, Teams::scratch(team, int(right.extent(0)) * teams.tile), n,
        [&](int j) -> const T* { return &x.up_check(0, columns(j)); },
        [&](int j) -> T* { return &x.multipole(0, columns(j)); }, x.first_moment,
        [&](int j) {
          const auto d = parent_centre<T>(tree.key(columns(j) / x.columns));
          return Kokkos::Array<T, 3>{-d[0], -d[1], -d[2]};
        });
  }
};

}  // namespace Impl

/// M2M, multipole to multipole: the potential of their children's densities on the upward check
/// surfaces of the split boxes of `level`, and the densities that have the same one (see
/// check_to_multipole). One writer per parent.
/// @param exec  instance to work on; not waited for
/// @param tree  tells the children of a box
/// @param parents  split boxes by level
/// @param set  operators of `level`: m2m, up_left and up_right are read
/// @param level  of the parents
/// @param x  `multipole` of level + 1 is read; `up_check` and `multipole` of the parents are overwritten
template <class WorkShape, class ExecutionSpace, class T, class Memory>
void m2m(const ExecutionSpace& exec, const Octree<Memory>& tree, const BoxList<Memory>& parents,
         const OperatorSet<T, Memory>& set, int level, const Expansions<T, Memory>& x) {
  static const std::string label = "Octopole::M2M";
  using Loop = Impl::M2M<ExecutionSpace, T, WorkShape>;
  const int first = parents.first(level), n = parents.last(level) - first;
  if (n == 0) return;
  const typename Loop::Teams teams(exec, n * x.columns);
  launch(label,
         teams.policy(exec, int(std::max(x.up_check.extent(0), set.up_left.extent(0))),
                      int(set.up_right.extent(0)), Impl::ParentColumns<Memory>::bytes(teams.tile)),
         Loop{teams, tree, x, set.m2m, set.up_left, set.up_right, parents.boxes, first});
}

}  // namespace Octopole

#endif
