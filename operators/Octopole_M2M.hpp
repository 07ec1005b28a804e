#ifndef OCTOPOLE_M2M_HPP
#define OCTOPOLE_M2M_HPP

#include <Octopole_BoxLists.hpp>
#include <Octopole_CheckToEquivalent.hpp>
#include <Octopole_ColumnProduct.hpp>
#include <Octopole_FmmData.hpp>
#include <Octopole_Launch.hpp>

#include <algorithm>
#include <string>

namespace Octopole {

namespace Impl {

/// A tile of parents' columns per team: octant after octant the children that exist, side by side;
/// then the same parents' densities.
template <class Data, class Matrix>
struct M2M {
  using T = typename Data::T;
  using Teams = ColumnTeams<typename Data::execution_space, T, typename Data::Shape>;
  Teams teams;
  Data d;
  Matrix matrix, left, right;
  Kokkos::View<const int*, typename Data::memory_space> parents;
  int first_parent;

  KOKKOS_FUNCTION void operator()(const typename Teams::Member& team) const {
    const int first = teams.first(team.league_rank()), n = teams.size(team.league_rank());
    const ParentColumns<Data> columns(team, d, parents, first_parent, first, n);
    const int E = d.multipole.extent(0), U = d.up_check.extent(0);
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, U), [&](const int i) {
      for (int j = 0; j < n; ++j) d.up_check(i, columns(j)) = T(0);
    });
    for (int octant = 0; octant < 8; ++octant) {
      int parent[Teams::most], child[Teams::most];
      const int found = columns.with_child(octant, parent, child);
      team.team_barrier();
      if (found > 0)
        multiply_columns<typename Data::Shape, Teams::most>(
            team, column_major(matrix, 0, U, octant * E, E), found,
            [&](int j) -> const T* { return &d.multipole(0, child[j]); },
            [&](int j) -> T* { return &d.up_check(0, parent[j]); }, true);
    }
    team.team_barrier();
    solve_columns<Teams>(
        team, left, right, Teams::scratch(team, int(right.extent(0)) * teams.tile), n,
        [&](int j) -> const T* { return &d.up_check(0, columns(j)); },
        [&](int j) -> T* { return &d.multipole(0, columns(j)); });
  }
};

}  // namespace Impl

/// M2M, multipole to multipole: the potential of their children's densities on the upward check
/// surfaces of the split boxes of `level`, and the densities that have the same one (see
/// check_to_multipole). One writer per parent. Overwrites `up_check` and `multipole` of those
/// boxes. `parents`: split boxes by level.
/// @param exec  instance to work on; not waited for
/// @param d  `multipole` of level + 1 is read
/// @param matrix  (C, 8 E), OperatorSet::m2m of `level`
/// @param left,right  (E, r) and (r, C), OperatorSet::up_left and up_right of `level`
/// @param level  of the parents
/// @param parents  see above
template <class Data, class Matrix>
void m2m(const typename Data::execution_space& exec, const Data& d, const Matrix& matrix,
         const Matrix& left, const Matrix& right, int level,
         const BoxList<typename Data::memory_space>& parents) {
  static const std::string label = "Octopole::M2M";
  const int first = parents.first(level), n = parents.last(level) - first;
  if (n == 0) return;
  const typename Impl::M2M<Data, Matrix>::Teams teams(exec, n * d.columns);
  launch(label,
         teams.policy(exec, int(std::max(d.up_check.extent(0), left.extent(0))),
                      int(right.extent(0)), Impl::ParentColumns<Data>::bytes(teams.tile)),
         Impl::M2M<Data, Matrix>{teams, d, matrix, left, right, parents.boxes, first});
}

}  // namespace Octopole

#endif
