#ifndef OCTOPOLE_L2L_HPP
#define OCTOPOLE_L2L_HPP

#include <Octopole_BoxLists.hpp>
#include <Octopole_ColumnProduct.hpp>
#include <Octopole_FmmData.hpp>
#include <Octopole_Launch.hpp>

#include <string>

namespace Octopole {

namespace Impl {

/// A tile of parents' columns per team: octant after octant the children that exist, side by side.
template <class Data, class Matrix>
struct L2L {
  using T = typename Data::T;
  using Teams = ColumnTeams<typename Data::execution_space, T, typename Data::Shape>;
  Teams teams;
  Data d;
  Matrix matrix;
  Kokkos::View<const int*, typename Data::memory_space> parents;
  int first_parent;

  KOKKOS_FUNCTION void operator()(const typename Teams::Member& team) const {
    const int first = teams.first(team.league_rank()), n = teams.size(team.league_rank());
    const ParentColumns<Data> columns(team, d, parents, first_parent, first, n);
    const int E = d.local.extent(0), D = d.down_check.extent(0);
    for (int octant = 0; octant < 8; ++octant) {
      int parent[Teams::most], child[Teams::most];
      const int found = columns.with_child(octant, parent, child);
      if (found > 0)
        multiply_columns<typename Data::Shape, Teams::most>(
            team, column_major(matrix, octant * D, D, 0, E), found,
            [&](int j) -> const T* { return &d.local(0, parent[j]); },
            [&](int j) -> T* { return &d.down_check(0, child[j]); }, true);
    }
  }
};

}  // namespace Impl

/// L2L, local to local: adds the potential of their parents' densities on the downward check
/// surfaces of the boxes of `level`. `parents`: split boxes by level.
/// @param exec  instance to work on; not waited for
/// @param d  `local` of level - 1 is read, `down_check` of `level` added to
/// @param matrix  (8 D, E), OperatorSet::l2l of level - 1
/// @param level  of the children, at least 1
/// @param parents  see above
template <class Data, class Matrix>
void l2l(const typename Data::execution_space& exec, const Data& d, const Matrix& matrix, int level,
         const BoxList<typename Data::memory_space>& parents) {
  static const std::string label = "Octopole::L2L";
  const int first = parents.first(level - 1), n = parents.last(level - 1) - first;
  if (n == 0) return;
  const typename Impl::L2L<Data, Matrix>::Teams teams(exec, n * d.columns);
  launch(label,
         teams.policy(exec, int(d.down_check.extent(0)), 0,
                      Impl::ParentColumns<Data>::bytes(teams.tile)),
         Impl::L2L<Data, Matrix>{teams, d, matrix, parents.boxes, first});
}

}  // namespace Octopole

#endif
