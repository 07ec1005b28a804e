#ifndef OCTOPOLE_ROOT_IMAGES_HPP
#define OCTOPOLE_ROOT_IMAGES_HPP

#include <core/base/Octopole_Launch.hpp>
#include <core/kernels/Octopole_FirstMoment.hpp>
#include <operators/Octopole_Expansions.hpp>
#include <operators/dense/Octopole_ColumnProduct.hpp>

#include <string>

namespace Octopole {

namespace Impl {

/// The root is box 0: a tile of its columns per team.
template <class ExecutionSpace, class T, class WorkShape>
struct RootImages {
  using Memory = typename ExecutionSpace::memory_space;
  using Teams = ColumnTeams<ExecutionSpace, T, WorkShape>;
  Teams teams;
  typename OperatorSet<T, Memory>::Matrix images;
  Expansions<T, Memory> x;

  KOKKOS_FUNCTION void operator()(const typename Teams::Member& team) const {
    const int first = teams.first(team.league_rank());
    const int rows = int(images.extent(0));
    multiply_columns<WorkShape, Teams::most>(
        team, column_major(images, 0, rows, 0, rows), teams.size(team.league_rank()),
        [&](int j) -> const T* { return &x.multipole(0, first + j); },
        [&](int j) -> T* { return &x.down_check(0, first + j); }, false);
  }
};

/// What the moments get from the columns before them (FirstMoment): a team per right-hand side.
template <class ExecutionSpace, class T, class WorkShape>
struct RootMoments {
  using Memory = typename ExecutionSpace::memory_space;
  using Teams = ColumnTeams<ExecutionSpace, T, WorkShape>;
  typename OperatorSet<T, Memory>::Matrix images;
  Expansions<T, Memory> x;

  KOKKOS_FUNCTION void operator()(const typename Teams::Member& team) const {
    const int rows = int(images.extent(0)), first = team.league_rank() * FirstMoment::columns;
    for (int d = 0; d < 3; ++d) {
      multiply_columns<WorkShape, ProductTile<WorkShape, T>::columns>(
          team, column_major(images, 0, rows, (1 + d) * rows, rows), 1,
          [&](int) -> const T* { return &x.multipole(0, first + d); },
          [&](int) -> T* { return &x.down_check(0, first + 3); }, true);
      team.team_barrier();
    }
  }
};

}  // namespace Impl

/// M2L from all distant images of the root at once: overwrites the potential on its downward check surface.
/// @param exec  instance to work on; not waited for
/// @param images  see Impl::periodic_images
/// @param x  `multipole` of the root is read, its `down_check` written
template <class WorkShape, class ExecutionSpace, class T, class Memory>
void root_images(const ExecutionSpace& exec, const typename OperatorSet<T, Memory>::Matrix& images,
                 const Expansions<T, Memory>& x) {
  static const std::string label = "Octopole::M2L::root_images";
  using Loop = Impl::RootImages<ExecutionSpace, T, WorkShape>;
  const typename Loop::Teams teams(exec, x.columns);
  launch(label, teams.policy(exec, int(images.extent(0)), 0), Loop{teams, images, x});
  if (!x.first_moment) return;
  static const std::string of_moments = "Octopole::M2L::root_moments";
  using Moments = Impl::RootMoments<ExecutionSpace, T, WorkShape>;
  launch(of_moments,
         typename Loop::Teams::Policy(exec, x.columns / FirstMoment::columns, Kokkos::AUTO),
         Moments{images, x});
}

}  // namespace Octopole

#endif
