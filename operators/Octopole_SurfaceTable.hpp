#ifndef OCTOPOLE_SURFACE_TABLE_HPP
#define OCTOPOLE_SURFACE_TABLE_HPP

#include <Kokkos_Core.hpp>
#include <core/base/Octopole_Transfer.hpp>
#include <core/precompute/Octopole_Surface.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace Octopole {

/// A surface around boxes, at every level's scale and in half-widths of the root:
/// (level, coordinate, point), padded with points that are far away.
template <class T, class MemorySpace>
struct SurfaceTable {
  Kokkos::View<T***, Kokkos::LayoutRight, MemorySpace> at;  ///< (levels, 3, padded)
  int size = 0,                                             ///< points of the surface
      padded = 0;                                           ///< with the padding

  /// @return memory that the table holds
  std::size_t bytes() const { return at.span() * sizeof(T); }
  /// @param level  0 to the number of levels - 1
  /// @param d  axis, 0 to 2
  /// @return `padded` coordinates, relative to the box's centre
  KOKKOS_FUNCTION const T* coordinate(int level, int d) const { return &at(level, d, 0); }
};

/// Places a surface at every level's scale.
/// @param order  points per edge, at least 2
/// @param radius  in half-widths of the box
/// @param levels  how many levels
/// @param padded  at least Surface::size(order)
/// @return a SurfaceTable
template <class T, class ExecutionSpace>
auto make_surface_table(const ExecutionSpace&, int order, double radius, int levels, int padded) {
  SurfaceTable<T, typename ExecutionSpace::memory_space> table;
  table.size = Surface::size(order);
  table.padded = padded;
  using View = decltype(table.at);
  typename View::host_mirror_type host(
      Kokkos::view_alloc(std::string("Octopole::Surface"), Kokkos::WithoutInitializing), levels, 3,
      padded);
  const auto points = Surface::points(order, radius);
  for (int l = 0; l < levels; ++l)
    for (int d = 0; d < 3; ++d)
      for (int i = 0; i < padded; ++i)
        host(l, d, i) = T((i < table.size ? points[i][d] : 8.0) / double(std::uint64_t(1) << l));
  table.at = Impl::to_space<typename ExecutionSpace::memory_space>(host);
  return table;
}

}  // namespace Octopole

#endif
