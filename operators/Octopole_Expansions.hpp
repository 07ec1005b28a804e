#ifndef OCTOPOLE_EXPANSIONS_HPP
#define OCTOPOLE_EXPANSIONS_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/precompute/Octopole_OperatorSet.hpp>
#include <operators/Octopole_SourceStream.hpp>
#include <operators/Octopole_SurfaceTable.hpp>

#include <cstddef>
#include <cstdint>

namespace Octopole {

/// The numbers that fix how large the expansions of a tree are.
struct ExpansionSizes {
  int source_components = 1,  ///< C: numbers per density
      check_components = 1;   ///< K: numbers per check potential
  int columns = 1;            ///< per box
  bool first_moment = false;  ///< they are those of FirstMoment, for each right-hand side
  int boxes = 0,              ///< of the tree
      levels = 1;             ///< of the tree, depth + 1
  int padded = 0,             ///< entries per component on the inner and outer surface
      check_padded = 0;       ///< entries per component on the upward check surface

  /// @return columns of all boxes
  std::size_t all_columns() const { return std::size_t(boxes) * columns; }
  /// Of the coefficients and the surfaces' coordinates.
  /// @param size  bytes per number
  /// @return bytes
  std::size_t bytes(std::size_t size) const {
    const std::size_t rows = std::size_t(2 * source_components + check_components) * padded +
                             std::size_t(check_components) * check_padded;
    return size * (rows * all_columns() + std::size_t(levels) * 3 * (2 * padded + check_padded));
  }
};

/// The expansions of all boxes, and the surfaces that they stand on.
///
/// Coefficients are columns, `columns` per box, of `up_check`, `multipole`, `down_check`, `local`:
/// those of box b are b * columns and following, right-hand side after right-hand side and in each
/// the translation problems that the kernel has side by side. Since densities are charges, they have
/// no unit: potentials at a box's check surfaces are taken in units of the box's half-width, results
/// in units of the root's.
template <class T, class MemorySpace>
struct Expansions {
  using Columns = Kokkos::View<T**, Kokkos::LayoutLeft, MemorySpace>;  ///< coefficients

  int source_components = 1,  ///< C: numbers per density
      check_components = 1;   ///< K: numbers per check potential
  int columns = 1;            ///< per box: right-hand sides times the kernel's own
  bool first_moment = false;  ///< they are those of FirstMoment, for each right-hand side
  int top_level = 2;          ///< the coarsest level with a far field

  SurfaceTable<T, MemorySpace> inner,  ///< up-equivalent and down-check
      outer,                           ///< down-equivalent
      outer_check;                     ///< up-check

  Columns up_check,  ///< (K c, boxes * columns) potentials on the upward check surfaces
      multipole,     ///< (C p, boxes * columns) densities on the inner surfaces
      down_check,    ///< (K p, boxes * columns) potentials on the downward check surfaces
      local;         ///< (C p, boxes * columns) densities on the outer surfaces

  /// @return memory that the expansions hold
  std::size_t bytes() const {
    return sizeof(T) * (up_check.span() + multipole.span() + down_check.span() + local.span()) +
           inner.bytes() + outer.bytes() + outer_check.bytes();
  }
};

/// Makes the expansions of a tree, not initialised.
/// @param exec  instance to work on
/// @param sizes  their sizes
/// @param spec  orders and radii of the surfaces
/// @param top_level  the coarsest level with a far field
/// @param before  expansions whose contents nobody needs any more: coefficients lie in their memory
///   where it is large enough
/// @param spare  whether arrays that take the place of others get some more columns than they need,
///   since how many boxes there are changes with every step of the points
/// @return the expansions
template <class T, class ExecutionSpace>
auto make_expansions(const ExecutionSpace& exec, const ExpansionSizes& sizes,
                     const OperatorSpec& spec, int top_level,
                     const Expansions<T, typename ExecutionSpace::memory_space>& before = {},
                     bool spare = false) {
  Expansions<T, typename ExecutionSpace::memory_space> x;
  x.source_components = sizes.source_components, x.check_components = sizes.check_components;
  x.columns = sizes.columns, x.first_moment = sizes.first_moment, x.top_level = top_level;
  x.inner = make_surface_table<T>(exec, spec.order, spec.inner, sizes.levels, sizes.padded);
  x.outer = make_surface_table<T>(exec, spec.order, spec.outer, sizes.levels, sizes.padded);
  x.outer_check =
      make_surface_table<T>(exec, spec.check_order, spec.outer, sizes.levels, sizes.check_padded);
  const std::size_t n = sizes.all_columns();
  const auto make = [&](auto& view, const auto& old, const char* label, std::size_t rows) {
    if (old.extent(0) == rows && old.extent(1) >= n)
      view = old;
    else
      Impl::allocate_into(view, exec, label, rows, spare && old.size() > 0 ? n + n / 32 : n);
  };
  const std::size_t C = sizes.source_components, K = sizes.check_components;
  make(x.up_check, before.up_check, "Octopole::up_check", K * sizes.check_padded);
  make(x.multipole, before.multipole, "Octopole::multipole", C * sizes.padded);
  make(x.down_check, before.down_check, "Octopole::down_check", K * sizes.padded);
  make(x.local, before.local, "Octopole::local", C * sizes.padded);
  return x;
}

/// An equivalent surface at the scale of `level` with the densities of some columns of a box, as a
/// stream.
/// @param surface  inner or outer
/// @param level  of the box
/// @param densities  multipole or local
/// @param column  the first: box * columns + right-hand side * the kernel's own columns
/// @return points relative to the box's centre, in half-widths of the root
template <class T, class MemorySpace, class Columns>
KOKKOS_FORCEINLINE_FUNCTION auto surface_stream(const SurfaceTable<T, MemorySpace>& surface,
                                                int level, const Columns& densities, int column) {
  return SourceStream<T>{surface.coordinate(level, 0),
                         surface.coordinate(level, 1),
                         surface.coordinate(level, 2),
                         &densities(0, column),
                         surface.padded,
                         surface.size};
}

/// Potentials in units of the root to those in units of a box of `level`: K(h r) = h^degree K(r).
/// @param level  of the box
/// @return the factor, a power of two
template <class Kernel>  // the translation kernel
KOKKOS_FORCEINLINE_FUNCTION typename Kernel::scalar box_units(int level) {
  typename Kernel::scalar factor = 1, half = Kernel::degree < 0 ? 0.5 : 2.0;
  for (int i = 0; i < level * (Kernel::degree < 0 ? -Kernel::degree : Kernel::degree); ++i)
    factor *= half;
  return factor;
}

}  // namespace Octopole

#endif
