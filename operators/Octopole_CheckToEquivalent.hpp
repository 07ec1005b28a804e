#ifndef OCTOPOLE_CHECK_TO_EQUIVALENT_HPP
#define OCTOPOLE_CHECK_TO_EQUIVALENT_HPP

#include <Octopole_BoxLists.hpp>
#include <Octopole_ColumnProduct.hpp>
#include <Octopole_Columns.hpp>
#include <Octopole_FmmData.hpp>
#include <Octopole_Launch.hpp>

#include <string>

namespace Octopole {

namespace Impl {

/// out(j) = left * (right * in(j)) for the n columns of a team, as multiply_columns; `half` has
/// room for right's rows times n numbers. The two factors are never multiplied out.
template <class Teams, class Matrix, class T, class In, class Out>
KOKKOS_FORCEINLINE_FUNCTION void solve_columns(const typename Teams::Member& team,
                                               const Matrix& left, const Matrix& right, T* half,
                                               int n, const In& in, const Out& out) {
  using Shape = typename Teams::Shape;
  const int rank = right.extent(0);
  multiply_columns<Shape, Teams::most>(
      team, column_major(right), n, in, [&](int j) -> T* { return half + rank * j; }, false);
  team.team_barrier();
  multiply_columns<Shape, Teams::most>(
      team, column_major(left), n, [&](int j) -> const T* { return half + rank * j; }, out, false);
}

/// densities(:, box) = left * (right * check(:, box)), a tile of boxes per team.
template <class Data, class Matrix, class Box>
struct CheckToEquivalent {
  using T = typename Data::T;
  using Teams = ColumnTeams<typename Data::execution_space, T, typename Data::Shape>;
  Teams teams;
  Matrix left, right;
  typename Data::Columns check, densities;
  Box box;

  KOKKOS_FUNCTION void operator()(const typename Teams::Member& team) const {
    const int first = teams.first(team.league_rank());
    solve_columns<Teams>(
        team, left, right, Teams::scratch(team, int(right.extent(0)) * teams.tile),
        teams.size(team.league_rank()),
        [&](int j) -> const T* { return &check(0, box(first + j)); },
        [&](int j) -> T* { return &densities(0, box(first + j)); });
  }
};

template <class Data, class Matrix, class Box>
void solve(const typename Data::execution_space& exec, const Matrix& left, const Matrix& right,
           const typename Data::Columns& check, const typename Data::Columns& densities,
           const Box& box, int n) {
  if (n == 0) return;
  static const std::string label = "Octopole::C2E";
  using Solve = CheckToEquivalent<Data, Matrix, Box>;
  const typename Solve::Teams teams(exec, n);
  launch(label, teams.policy(exec, int(left.extent(0)), int(right.extent(0))),
         Solve{teams, left, right, check, densities, box});
}

struct EveryColumn {
  int first;
  KOKKOS_FUNCTION int operator()(int i) const { return first + i; }
};

}  // namespace Impl

/// Solves for the densities on the inner surfaces whose potential is the one given on the upward
/// check surfaces, for some groups of a list of boxes at once: multipole = left * (right *
/// up_check).
/// @param exec  instance to work on; not waited for
/// @param d  `up_check` of the boxes is read, `multipole` overwritten
/// @param left,right  (E, r) and (r, C), OperatorSet::up_left and up_right
/// @param list  of boxes that may be in any order
/// @param first_group,last_group  [first_group, last_group)
template <class Data, class Matrix>
void check_to_multipole(const typename Data::execution_space& exec, const Data& d,
                        const Matrix& left, const Matrix& right,
                        const BoxList<typename Data::memory_space>& list, int first_group,
                        int last_group) {
  using Index = Kokkos::View<const int*, typename Data::memory_space>;
  if (first_group >= last_group) return;
  const int first = list.first(first_group);
  Impl::solve<Data>(exec, left, right, d.up_check, d.multipole,
                    Impl::BoxColumn<Index>{list.boxes, first, 0, d.columns},
                    (list.last(last_group - 1) - first) * d.columns);
}

/// Solves for the densities on the outer surfaces whose potential is the one given on the downward
/// check surfaces, for all boxes of a level at once: local = left * (right * down_check).
/// @param exec  instance to work on; not waited for
/// @param d  `down_check` of the level is read, `local` overwritten
/// @param left,right  (E, r) and (r, D), OperatorSet::down_left and down_right
/// @param level  0 to the tree's depth
template <class Data, class Matrix>
void check_to_local(const typename Data::execution_space& exec, const Data& d, const Matrix& left,
                    const Matrix& right, int level) {
  const int first = d.tree.level_begin[level] * d.columns,
            last = d.tree.level_begin[level + 1] * d.columns;
  Impl::solve<Data>(exec, left, right, d.down_check, d.local, Impl::EveryColumn{first},
                    last - first);
}

}  // namespace Octopole

#endif
