#ifndef OCTOPOLE_MOMENT_ORIGIN_HPP
#define OCTOPOLE_MOMENT_ORIGIN_HPP

#include <core/kernels/Octopole_FirstMoment.hpp>
#include <tree/Octopole_Morton.hpp>

#include <type_traits>

/// The origins that boxes see first moments from (see FirstMoment): for `multipole`, `down_check` and
/// the leaves' `up_check` the centre of the box's parent, so that M2M and M2L take all children of a
/// parent alike; for `local` and the split boxes' `up_check` the box's own. The solves move them.
namespace Octopole::Impl {

/// The centre of a box's parent seen from its own, in half-widths of the root: exact. Zero for the
/// root, which stands for its own parent.
/// @param key  of the box
template <class T>
KOKKOS_INLINE_FUNCTION Kokkos::Array<T, 3> parent_centre(Morton::Key key) {
  const int level = Morton::level(key);
  if (level == 0) return {T(0), T(0), T(0)};
  const Morton::Position p = Morton::position(key);
  const T half = T(1) / T(std::uint64_t(1) << level);
  return {p.x & 1 ? -half : half, p.y & 1 ? -half : half, p.z & 1 ? -half : half};
}

/// Entry i of column g of `columns`, moments, seen from another origin.
/// @param columns  (entries, columns), Expansions::up_check and the like; read
/// @param i  entry
/// @param g  column of moments; those before it are the potentials or densities of the vectors
/// @param d  the old origin, seen from the new one
template <class Columns, class T>
KOKKOS_FORCEINLINE_FUNCTION T moved_moment(const Columns& columns, int i, int g,
                                           const Kokkos::Array<T, 3>& d) {
  return FirstMoment::moved(columns(i, g), columns(i, g - 3), columns(i, g - 2), columns(i, g - 1),
                            d[0], d[1], d[2]);
}

/// Sums of a source functor, whose moments are seen from each target of the block, to moments seen
/// from `origin`, and that in the targets' coordinates. All rows have one row_scale.
template <class Block, class T>
KOKKOS_FORCEINLINE_FUNCTION void see_moments_from(const Kokkos::Array<T, 3>& origin, Block& block) {
  constexpr int packs = int(std::extent_v<decltype(block.x)>);
  for (int n = 0; n < packs; ++n) {
    auto* sum = block.sum[n];
    for (int r = 0; r < Block::rows; r += FirstMoment::columns)
      sum[r + 3] =
          FirstMoment::moved(sum[r + 3], sum[r], sum[r + 1], sum[r + 2], block.x[n] - origin[0],
                             block.y[n] - origin[1], block.z[n] - origin[2]);
  }
}

}  // namespace Octopole::Impl

#endif
