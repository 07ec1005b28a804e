#ifndef OCTOPOLE_CHECK_TO_EQUIVALENT_HPP
#define OCTOPOLE_CHECK_TO_EQUIVALENT_HPP

#include <Octopole_BoxLists.hpp>
#include <Octopole_ColumnProduct.hpp>
#include <Octopole_Columns.hpp>
#include <Octopole_Launch.hpp>

#include <string>

namespace Octopole {

namespace Impl {

/// densities(:, box) = left * (right * check(:, box)), a tile of boxes per team.
template <class ExecutionSpace, class Shape, class Matrix, class Columns, class Box>
struct CheckToEquivalent {
  using T = typename Columns::non_const_value_type;
  using Teams = ColumnTeams<ExecutionSpace, T, Shape>;
  Teams teams;
  Matrix left, right;
  Columns check, densities;
  Box box;

  KOKKOS_FUNCTION void operator()(const typename Teams::Member& team) const {
    const int first = teams.first(team.league_rank()), n = teams.size(team.league_rank());
    const int rank = right.extent(0);
    T* half = Teams::scratch(team, rank * teams.tile);
    multiply_columns<Shape, Teams::most>(
        team, column_major(right), n, [&](int j) -> const T* { return &check(0, box(first + j)); },
        [&](int j) -> T* { return half + rank * j; }, false);
    team.team_barrier();
    multiply_columns<Shape, Teams::most>(
        team, column_major(left), n, [&](int j) -> const T* { return half + rank * j; },
        [&](int j) -> T* { return &densities(0, box(first + j)); }, false);
  }
};

template <class Shape, class ExecutionSpace, class Matrix, class Columns, class Box>
void solve(const ExecutionSpace& exec, const Matrix& left, const Matrix& right,
           const Columns& check, const Columns& densities, const Box& box, int n) {
  if (n == 0) return;
  static const std::string label = "Octopole::C2E";
  using Solve = CheckToEquivalent<ExecutionSpace, Shape, Matrix, Columns, Box>;
  const typename Solve::Teams teams(exec, n);
  launch(label, teams.policy(exec, int(right.extent(0))),
         Solve{teams, left, right, check, densities, box});
}

template <class Shape, class ExecutionSpace>
using ShapeOr = ShapeOf<std::conditional_t<std::is_void_v<Shape>, ExecutionSpace, Shape>>;

struct EveryColumn {
  int first;
  KOKKOS_FUNCTION int operator()(int i) const { return first + i; }
};

}  // namespace Impl

/// Solves for the densities whose potential is the one given on the check surface, for the boxes
/// [first, last) of one level at once: densities = left * (right * check), two tall products, the
/// two factors never multiplied out. `columns`: per box. `Shape`: void for that of the execution
/// space.
/// @param exec  instance to work on; not waited for
/// @param left,right  (E, r) and (r, D or C), see OperatorSet
/// @param check  (D or C, boxes * columns)
/// @param[out] densities  (E, boxes * columns)
/// @param columns  as FmmData::columns
/// @param first,last  indices of boxes
template <class Shape = void, class ExecutionSpace, class Matrix, class Columns>
void check_to_equivalent(const ExecutionSpace& exec, const Matrix& left, const Matrix& right,
                         const Columns& check, const Columns& densities, int columns, int first,
                         int last) {
  Impl::solve<Impl::ShapeOr<Shape, ExecutionSpace>>(exec, left, right, check, densities,
                                                    Impl::EveryColumn{first * columns},
                                                    (last - first) * columns);
}

/// The same for some groups of a list of boxes.
/// @param exec,left,right,check,columns  as above
/// @param[out] densities  as above
/// @param list  of boxes that may be in any order
/// @param first_group,last_group  [first_group, last_group)
template <class Shape = void, class ExecutionSpace, class Matrix, class Columns, class MemorySpace>
void check_to_equivalent(const ExecutionSpace& exec, const Matrix& left, const Matrix& right,
                         const Columns& check, const Columns& densities, int columns,
                         const BoxList<MemorySpace>& list, int first_group, int last_group) {
  using Index = Kokkos::View<const int*, MemorySpace>;
  if (first_group >= last_group) return;
  const int first = list.first(first_group);
  Impl::solve<Impl::ShapeOr<Shape, ExecutionSpace>>(
      exec, left, right, check, densities, Impl::BoxColumn<Index>{list.boxes, first, 0, columns},
      (list.last(last_group - 1) - first) * columns);
}

}  // namespace Octopole

#endif
