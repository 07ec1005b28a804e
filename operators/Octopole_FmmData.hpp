#ifndef OCTOPOLE_FMM_DATA_HPP
#define OCTOPOLE_FMM_DATA_HPP

#include <Octopole_Accumulate.hpp>
#include <Octopole_InteractionLists.hpp>
#include <Octopole_Kernel.hpp>
#include <Octopole_Octree.hpp>
#include <Octopole_OperatorSet.hpp>
#include <Octopole_PackedPoints.hpp>
#include <Octopole_Simd.hpp>
#include <Octopole_SplitPoints.hpp>
#include <Octopole_Surface.hpp>

#include <string>
#include <vector>

namespace Octopole {

/// The three surfaces around a box, at every level's scale and in half-widths of the root:
/// (level, coordinate, point), padded with points that are far away.
template <class T, class MemorySpace>
struct SurfaceTable {
  Kokkos::View<T***, Kokkos::LayoutRight, MemorySpace> at;
  int size = 0, padded = 0;

  KOKKOS_FUNCTION const T* coordinate(int level, int d) const { return &at(level, d, 0); }
};

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
        host(l, d, i) =
            T((i < table.size ? points[i][d] : 8.0) / double(std::uint64_t(1) << l));
  table.at = Kokkos::create_mirror_view_and_copy(typename ExecutionSpace::memory_space(), host);
  return table;
}

/// Everything that the operators read and write: made once by the Plan, then passed to each.
///
/// Coefficients are columns, one per box: `up_check`, `multipole`, `down_check`, `local`. Since
/// densities are charges, they have no unit: potentials at a box's check surfaces are taken in
/// units of the box's half-width, results in units of the root's.
template <class ExecutionSpace, class KernelType>
struct FmmData {
  using Kernel = KernelType;
  using execution_space = ExecutionSpace;
  using memory_space = typename ExecutionSpace::memory_space;
  using T = typename Kernel::scalar;
  using Simd = SimdTraits<ExecutionSpace, T>;
  using Pack = typename Simd::pack;
  using Columns = Kokkos::View<T**, Kokkos::LayoutLeft, memory_space>;
  using Slots = Kokkos::View<T**, Kokkos::LayoutRight, memory_space>;
  static constexpr int C = Kernel::source_components;
  static constexpr int K = Kernel::target_components;
  /// Slots of a leaf start at multiples of this, so that packs of floats fit into them too.
  static constexpr int slot_alignment = 64 / sizeof(float);

  Kernel kernel;  ///< rescaled to the root's half-width
  Octree<memory_space> tree;
  InteractionLists<memory_space> lists;
  PackedPoints<T, memory_space> sources, targets;
  SplitPoints<memory_space> split_sources, split_targets;  ///< for the near field in float, if any

  SurfaceTable<T, memory_space> inner;        ///< up-equivalent and down-check
  SurfaceTable<T, memory_space> outer;        ///< down-equivalent
  SurfaceTable<T, memory_space> outer_check;  ///< up-check

  Slots charges;              ///< (C, slots)
  Kokkos::View<float**, Kokkos::LayoutRight, memory_space> float_charges;  ///< as split_sources
  Slots potential, gradient;  ///< (K, slots), (3 K, slots)
  Columns up_check, multipole, down_check, local;
};

/// Points [first, first + size) of a leaf with their charges, as a stream.
template <class Data>
KOKKOS_FORCEINLINE_FUNCTION auto source_stream(const Data& d, int leaf, int first, int size) {
  const int begin = d.sources.begin(leaf) + first;
  return SourceStream<typename Data::T>{
      &d.sources.x(begin),       &d.sources.y(begin), &d.sources.z(begin), &d.charges(0, begin),
      std::int64_t(d.charges.stride(0)), size};
}
/// All points of a leaf.
template <class Data>
KOKKOS_FORCEINLINE_FUNCTION auto source_stream(const Data& d, int leaf) {
  return source_stream(d, leaf, 0, d.tree.n_sources(leaf));
}

/// An equivalent surface at the scale of `level` with the densities in column `box`.
template <class Data, class Columns>
KOKKOS_FORCEINLINE_FUNCTION auto surface_stream(
    const SurfaceTable<typename Data::T, typename Data::memory_space>& surface, int level,
    const Columns& densities, int box) {
  return SourceStream<typename Data::T>{surface.coordinate(level, 0), surface.coordinate(level, 1),
                                        surface.coordinate(level, 2), &densities(0, box),
                                        surface.padded, surface.size};
}

/// Where box `a` lies as seen from box `b`, in half-widths of the root.
template <class T, class Tree>
KOKKOS_FORCEINLINE_FUNCTION Kokkos::Array<T, 3> offset(const Tree& tree, int a, int b) {
  const auto ca = box_centre(tree.key(a)), cb = box_centre(tree.key(b));
  return {T(ca[0] - cb[0]), T(ca[1] - cb[1]), T(ca[2] - cb[2])};
}

/// Potentials in units of the root to those in units of a box of `level`: K(h r) = h^degree K(r).
template <class Kernel>
KOKKOS_FORCEINLINE_FUNCTION typename Kernel::scalar box_units(int level) {
  typename Kernel::scalar factor = 1, half = Kernel::degree < 0 ? 0.5 : 2.0;
  for (int i = 0; i < level * (Kernel::degree < 0 ? -Kernel::degree : Kernel::degree); ++i)
    factor *= half;
  return factor;
}

}  // namespace Octopole

#endif
