#ifndef OCTOPOLE_CHECK_TO_EQUIVALENT_HPP
#define OCTOPOLE_CHECK_TO_EQUIVALENT_HPP

#include <Octopole_BoxLists.hpp>
#include <Octopole_ColumnProduct.hpp>
#include <Octopole_Columns.hpp>

#include <string>

namespace Octopole {

namespace Impl {

/// densities(:, box) = left * (right * check(:, box)), a tile of boxes per team.
template <class ExecutionSpace, class Matrix, class Columns, class Box>
struct CheckToEquivalent {
  using T = typename Columns::non_const_value_type;
  using Teams = ColumnTeams<ExecutionSpace, T>;
  Teams teams;
  Matrix left, right;
  Columns check, densities;
  Box box;

  KOKKOS_FUNCTION void operator()(const typename Teams::Member& team) const {
    const int first = teams.first(team.league_rank()), n = teams.size(team.league_rank());
    const int rank = right.extent(0);
    T* half = Teams::scratch(team, rank * teams.tile);
    multiply_columns<ExecutionSpace, Teams::most>(
        team, column_major(right), n, [&](int j) -> const T* { return &check(0, box(first + j)); },
        [&](int j) -> T* { return half + rank * j; }, false);
    team.team_barrier();
    multiply_columns<ExecutionSpace, Teams::most>(
        team, column_major(left), n, [&](int j) -> const T* { return half + rank * j; },
        [&](int j) -> T* { return &densities(0, box(first + j)); }, false);
  }
};

template <class ExecutionSpace, class Matrix, class Columns, class Box>
void solve(const ExecutionSpace& exec, const Matrix& left, const Matrix& right,
           const Columns& check, const Columns& densities, const Box& box, int n) {
  if (n == 0) return;
  static const std::string label = "Octopole::C2E";
  const ColumnTeams<ExecutionSpace, typename Columns::non_const_value_type> teams(exec, n);
  Kokkos::parallel_for(label, teams.policy(exec, int(right.extent(0))),
                       CheckToEquivalent<ExecutionSpace, Matrix, Columns, Box>{
                           teams, left, right, check, densities, box});
}

struct EveryColumn {
  int first;
  KOKKOS_FUNCTION int operator()(int i) const { return first + i; }
};

}  // namespace Impl

/// Solves for the densities whose potential is the one given on the check surface, for the boxes
/// [first, last) of one level at once: densities = left * (right * check), two tall products, the
/// two factors never multiplied out. `columns`: per box.
/// @param exec  instance to work on; not waited for
/// @param left,right  (E, r) and (r, D or C), see OperatorSet
/// @param check  (D or C, boxes * columns)
/// @param[out] densities  (E, boxes * columns)
/// @param columns  as FmmData::columns
/// @param first,last  indices of boxes
template <class ExecutionSpace, class Matrix, class Columns>
void check_to_equivalent(const ExecutionSpace& exec, const Matrix& left, const Matrix& right,
                         const Columns& check, const Columns& densities, int columns, int first,
                         int last) {
  Impl::solve(exec, left, right, check, densities, Impl::EveryColumn{first * columns},
              (last - first) * columns);
}

/// The same for one group of a list of boxes.
/// @param exec,left,right,check,columns  as above
/// @param[out] densities  as above
/// @param list  of boxes that may be in any order
/// @param group  0 to the number of groups - 1
template <class ExecutionSpace, class Matrix, class Columns, class MemorySpace>
void check_to_equivalent(const ExecutionSpace& exec, const Matrix& left, const Matrix& right,
                         const Columns& check, const Columns& densities, int columns,
                         const BoxList<MemorySpace>& list, int group) {
  using Index = Kokkos::View<const int*, MemorySpace>;
  const int first = list.first(group);
  Impl::solve(exec, left, right, check, densities, Impl::BoxColumn<Index>{list.boxes, first, 0, columns},
              (list.last(group) - first) * columns);
}

}  // namespace Octopole

#endif
