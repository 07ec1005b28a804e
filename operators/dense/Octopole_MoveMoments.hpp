#ifndef OCTOPOLE_MOVE_MOMENTS_HPP
#define OCTOPOLE_MOVE_MOMENTS_HPP

#include <core/base/Octopole_Launch.hpp>
#include <operators/Octopole_Expansions.hpp>
#include <operators/Octopole_MomentOrigin.hpp>
#include <tree/Octopole_Octree.hpp>

#include <string>

namespace Octopole {

namespace Impl {

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
        Kokkos::Array<T, 3> origin;  // seen from the point
        for (int a = 0; a < 3; ++a)
          origin[a] = (from_parent ? parent[a] : T(0)) - surface.coordinate(level, a)[i];
        densities(i, g) = moved_moment(densities, i, g, origin);
      }
  }
};

}  // namespace Impl

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
