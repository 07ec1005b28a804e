#ifndef OCTOPOLE_CHECK_TO_EQUIVALENT_HPP
#define OCTOPOLE_CHECK_TO_EQUIVALENT_HPP

#include <core/base/Octopole_Launch.hpp>
#include <operators/Octopole_Expansions.hpp>
#include <operators/Octopole_MomentOrigin.hpp>
#include <operators/dense/Octopole_ColumnProduct.hpp>
#include <operators/dense/Octopole_GatherScatter.hpp>
#include <tree/Octopole_BoxLists.hpp>
#include <tree/Octopole_Octree.hpp>

#include <string>

namespace Octopole {

namespace Impl {

/// out(j) = left * (right * in(j)) for the n columns of a team, as multiply_columns; `half` has
/// room for right's rows times n numbers. The two factors are never multiplied out. Where the columns
/// are those of FirstMoment, `moments`, the moments change their origin between the two: `origin(j)` is
/// the old one seen from the new, of column j. A team's columns are then whole boxes'.
template <class Teams, class Matrix, class T, class In, class Out, class Origin>
KOKKOS_FORCEINLINE_FUNCTION void solve_columns(const typename Teams::Member& team,
                                               const Matrix& left, const Matrix& right, T* half,
                                               int n, const In& in, const Out& out, bool moments,
                                               const Origin& origin) {
  using WorkShape = typename Teams::WorkShape;
  static_assert(Teams::most % FirstMoment::columns == 0 &&
                ProductTile<WorkShape, T>::columns % FirstMoment::columns == 0);
  const int rank = int(right.extent(0));
  multiply_columns<WorkShape, Teams::most>(
      team, column_major(right), n, in, [&](int j) -> T* { return half + rank * j; }, false);
  team.team_barrier();
  if (moments) {
    for (int j = 3; j < n; j += FirstMoment::columns) {
      const Kokkos::Array<T, 3> d = origin(j);
      T* const g = half + rank * j;
      Kokkos::parallel_for(Kokkos::TeamThreadRange(team, rank), [&](const int i) {
        g[i] = FirstMoment::moved(g[i], g[i - 3 * rank], g[i - 2 * rank], g[i - rank], d[0], d[1],
                                  d[2]);
      });
    }
    team.team_barrier();
  }
  multiply_columns<WorkShape, Teams::most>(
      team, column_major(left), n, [&](int j) -> const T* { return half + rank * j; }, out, false);
}

/// densities(:, box) = left * (right * check(:, box)), a tile of boxes per team. `moments`: first moments
/// come from the boxes' parents' centres to their own.
template <class ExecutionSpace, class T, class WorkShape, class Box>
struct CheckToEquivalent {
  using Memory = typename ExecutionSpace::memory_space;
  using Matrix = Kokkos::View<T**, Kokkos::LayoutLeft, Memory>;
  using Teams = ColumnTeams<ExecutionSpace, T, WorkShape>;
  Teams teams;
  Matrix left, right;
  Matrix check, densities;
  Box box;
  Octree<Memory> tree;
  int columns;  ///< per box
  bool moments;

  KOKKOS_FUNCTION void operator()(const typename Teams::Member& team) const {
    const int first = teams.first(team.league_rank());
    solve_columns<Teams>(
        team, left, right, Teams::scratch(team, int(right.extent(0)) * teams.tile),
        teams.size(team.league_rank()),
        [&](int j) -> const T* { return &check(0, box(first + j)); },
        [&](int j) -> T* { return &densities(0, box(first + j)); }, moments,
        [&](int j) { return parent_centre<T>(tree.key(box(first + j) / columns)); });
  }
};

template <class WorkShape, class ExecutionSpace, class Matrix, class Box, class Memory>
void solve(const ExecutionSpace& exec, const Matrix& left, const Matrix& right, const Matrix& check,
           const Matrix& densities, const Box& box, int n, const Octree<Memory>& tree, int columns,
           bool moments) {
  if (n == 0) return;
  static const std::string label = "Octopole::check_to_equivalent";
  using Solve = CheckToEquivalent<ExecutionSpace, typename Matrix::value_type, WorkShape, Box>;
  const typename Solve::Teams teams(exec, n);
  launch(label, teams.policy(exec, int(left.extent(0)), int(right.extent(0))),
         Solve{teams, left, right, check, densities, box, tree, columns, moments});
}

struct EveryColumn {
  int first;
  KOKKOS_FUNCTION int operator()(int i) const { return first + i; }
};

}  // namespace Impl

/// Solves for the densities on the inner surfaces whose potential is the one given on the upward
/// check surfaces, for some groups of a list of boxes at once:
/// multipole = up_left * (up_right * up_check).
/// @param exec  instance to work on; not waited for
/// @param list  of boxes that may be in any order
/// @param first_group,last_group  [first_group, last_group)
/// @param set  operators of those boxes: up_left and up_right are read
/// @param x  `up_check` of the boxes is read, `multipole` overwritten
template <class WorkShape, class ExecutionSpace, class T, class Memory>
void check_to_multipole(const ExecutionSpace& exec, const BoxList<Memory>& list, int first_group,
                        int last_group, const OperatorSet<T, Memory>& set,
                        const Expansions<T, Memory>& x) {
  using Index = Kokkos::View<const int*, Memory>;
  if (first_group >= last_group) return;
  const int first = list.first(first_group);
  Impl::solve<WorkShape>(exec, set.up_left, set.up_right, x.up_check, x.multipole,
                         Impl::BoxColumn<Index>{list.boxes, first, 0, x.columns},
                         (list.last(last_group - 1) - first) * x.columns, Octree<Memory>{},
                         x.columns, false);
}

/// Solves for the densities on the outer surfaces whose potential is the one given on the downward
/// check surfaces, for boxes of a level at once: local = down_left * (down_right * down_check). First
/// moments are seen from the boxes' own centres then.
/// @param exec  instance to work on; not waited for
/// @param tree  tells where moments are seen from
/// @param set  operators of the boxes' level: down_left and down_right are read
/// @param first_box,last_box  [first_box, last_box)
/// @param x  `down_check` of the boxes is read, `local` overwritten
template <class WorkShape, class ExecutionSpace, class T, class Memory>
void check_to_local(const ExecutionSpace& exec, const Octree<Memory>& tree,
                    const OperatorSet<T, Memory>& set, int first_box, int last_box,
                    const Expansions<T, Memory>& x) {
  const int first = first_box * x.columns, last = last_box * x.columns;
  Impl::solve<WorkShape>(exec, set.down_left, set.down_right, x.down_check, x.local,
                         Impl::EveryColumn{first}, last - first, tree, x.columns, x.first_moment);
}

/// The same for all boxes of a level.
/// @param exec  instance to work on; not waited for
/// @param tree  tells the boxes of a level
/// @param set  operators of `level`: down_left and down_right are read
/// @param level  0 to the tree's depth
/// @param x  `down_check` of the level is read, `local` overwritten
template <class WorkShape, class ExecutionSpace, class T, class Memory>
void check_to_local(const ExecutionSpace& exec, const Octree<Memory>& tree,
                    const OperatorSet<T, Memory>& set, int level, const Expansions<T, Memory>& x) {
  check_to_local<WorkShape>(exec, tree, set, tree.level_begin[level], tree.level_begin[level + 1],
                            x);
}

}  // namespace Octopole

#endif
