#ifndef OCTOPOLE_MOVE_MOMENTS_HPP
#define OCTOPOLE_MOVE_MOMENTS_HPP

#include <core/base/Octopole_Launch.hpp>
#include <operators/Octopole_Expansions.hpp>
#include <operators/Octopole_MomentOrigin.hpp>
#include <tree/Octopole_Octree.hpp>

#include <string>

namespace Octopole {

namespace Impl {

/// Down-check potentials seen from the boxes' own centres, from their parents' before.
template <class T, class Memory>
struct MomentsFromOwnCentre {
  Octree<Memory> tree;
  typename Expansions<T, Memory>::Columns checks;
  int columns, first_box;

  KOKKOS_FUNCTION void operator()(const int b) const {
    const int box = first_box + b;
    const auto parent = parent_centre<T>(tree.key(box));
    for (int g = box * columns + 3; g < (box + 1) * columns; g += FirstMoment::columns)
      for (int i = 0; i < int(checks.extent(0)); ++i)
        checks(i, g) = moved_moment(checks, i, g, parent, T(1));
  }
};

/// Densities on a surface seen from where they are, as the evaluation functor takes them.
template <class T, class Memory>
struct MomentsFromTheirPoints {
  Octree<Memory> tree;
  SurfaceTable<T, Memory> surface;
  typename Expansions<T, Memory>::Columns densities;
  int columns, top_level;
  bool from_parent;  ///< the origin is the parents' centres, not the boxes' own

  KOKKOS_FUNCTION void operator()(const int box) const {
    const int level = Morton::level(tree.key(box));
    if (level < top_level) return;
    const auto parent = parent_centre<T>(tree.key(box));
    for (int g = box * columns + 3; g < (box + 1) * columns; g += FirstMoment::columns)
      for (int i = 0; i < surface.size; ++i) {
        Kokkos::Array<T, 3> y;
        for (int a = 0; a < 3; ++a)
          y[a] = surface.coordinate(level, a)[i] - (from_parent ? parent[a] : T(0));
        densities(i, g) = moved_moment(densities, i, g, y, T(-1));
      }
  }
};

}  // namespace Impl

/// Moves the first moments of all down-check potentials of `level` from the parents' centres to the
/// boxes' own, which `local` is to be seen from: before check_to_local.
/// @param exec  instance to work on; not waited for
/// @param tree  tells the boxes of a level
/// @param level  0 to the tree's depth
/// @param x  `down_check` of the level is changed in place; x.first_moment is true
template <class ExecutionSpace, class T, class Memory>
void moments_from_own_centre(const ExecutionSpace& exec, const Octree<Memory>& tree, int level,
                             const Expansions<T, Memory>& x) {
  static const std::string label = "Octopole::moments_from_own_centre";
  const int first = tree.level_begin[level], n = tree.level_begin[level + 1] - first;
  launch(label, Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n),
         Impl::MomentsFromOwnCentre<T, Memory>{tree, x.down_check, x.columns, first});
}

/// Gives the first moments of all densities as the evaluation functor takes them, seen from the points
/// that the densities belong to. Nothing is translated after that.
/// @param exec  instance to work on; not waited for
/// @param tree  see Octree
/// @param with_multipoles  whether those are evaluated at all: there are W lists
/// @param x  `multipole` and `local` are changed in place; x.first_moment is true
template <class ExecutionSpace, class T, class Memory>
void moments_from_their_points(const ExecutionSpace& exec, const Octree<Memory>& tree,
                               bool with_multipoles, const Expansions<T, Memory>& x) {
  static const std::string label = "Octopole::moments_from_their_points";
  using Loop = Impl::MomentsFromTheirPoints<T, Memory>;
  const Kokkos::RangePolicy<ExecutionSpace> boxes(exec, 0, tree.n_boxes);
  if (with_multipoles)
    launch(label, boxes, Loop{tree, x.inner, x.multipole, x.columns, x.top_level, true});
  launch(label, boxes, Loop{tree, x.outer, x.local, x.columns, x.top_level, false});
}

}  // namespace Octopole

#endif
