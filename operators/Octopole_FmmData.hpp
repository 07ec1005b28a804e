#ifndef OCTOPOLE_FMM_DATA_HPP
#define OCTOPOLE_FMM_DATA_HPP

#include <Octopole_Accumulate.hpp>
#include <Octopole_InteractionLists.hpp>
#include <Octopole_KernelFamily.hpp>
#include <Octopole_NearWork.hpp>
#include <Octopole_Octree.hpp>
#include <Octopole_OperatorSet.hpp>
#include <Octopole_PackedPoints.hpp>
#include <Octopole_Simd.hpp>
#include <Octopole_Surface.hpp>
#include <impl/Octopole_Transfer.hpp>

#include <string>
#include <vector>

namespace Octopole {

/// The three surfaces around a box, at every level's scale and in half-widths of the root:
/// (level, coordinate, point), padded with points that are far away.
template <class T, class MemorySpace>
struct SurfaceTable {
  Kokkos::View<T***, Kokkos::LayoutRight, MemorySpace> at;  ///< (levels, 3, padded)
  int size = 0,    ///< points of the surface
      padded = 0;  ///< with the padding

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
        host(l, d, i) =
            T((i < table.size ? points[i][d] : 8.0) / double(std::uint64_t(1) << l));
  table.at = Impl::to_space<typename ExecutionSpace::memory_space>(host);
  return table;
}

/// Everything that the operators read and write: made once by the Plan, then passed to each.
///
/// Coefficients are columns, `columns` per box, of `up_check`, `multipole`, `down_check`, `local`:
/// those of box b are b * columns and following, right-hand side after right-hand side and in each
/// the translation problems that the kernel has side by side. Since densities are charges, they have
/// no unit: potentials at a box's check surfaces are taken in units of the box's half-width, results
/// in units of the root's.
template <class ExecutionSpace, class KernelType, class ShapeType = ShapeOf<ExecutionSpace>>
struct FmmData {
  using Kernel = KernelType;  ///< a KernelFamily
  using execution_space = ExecutionSpace;  ///< where operators run
  using Shape = ShapeType;                 ///< how their work is cut: ProcessorShape or DeviceShape
  using memory_space = typename ExecutionSpace::memory_space;  ///< where all Views live
  using Parts = Family<Kernel>;  ///< the kernel's parts
  using Translation = typename Parts::Translation;  ///< the translation kernel
  using T = typename Kernel::scalar;  ///< double or float
  using Simd = SimdTraits<Shape, T>;  ///< of T on the execution space
  using Pack = typename Simd::pack;  ///< what inner loops compute with
  using Columns = Kokkos::View<T**, Kokkos::LayoutLeft, memory_space>;  ///< coefficients
  using Slots = Kokkos::View<T**, Kokkos::LayoutRight, memory_space>;  ///< (rows, slots) charges or results
  static constexpr int C = Translation::source_components;  ///< numbers per density
  static constexpr int K = Translation::target_components;  ///< numbers per check potential
  /// Slots of a leaf start at multiples of this, so that packs of floats fit into them too.
  static constexpr int slot_alignment = 64 / sizeof(float);

  Kernel kernel;  ///< rescaled to the root's half-width
  int right_hand_sides = 1;  ///< R
  int columns = Parts::columns;  ///< per box: right-hand sides times the kernel's own
  int top_level = 2;             ///< the coarsest level with a far field
  Root far_root = Root::exact;   ///< of P2M, P2L, L2P, M2P, for kernels that have a choice
  Octree<memory_space> tree;  ///< see Octree
  InteractionLists<memory_space> lists;  ///< of the tree
  NearWork<memory_space> near_work;  ///< the near field in pieces, where Shape stages its sources
  PackedPoints<T, memory_space> sources,  ///< packed
      targets;                            ///< packed; the sources where they are the same

  SurfaceTable<T, memory_space> inner;        ///< up-equivalent and down-check
  SurfaceTable<T, memory_space> outer;        ///< down-equivalent
  SurfaceTable<T, memory_space> outer_check;  ///< up-check

  Slots charges;  ///< (right-hand sides * moments, slots)
  /// For the near field in float, if any.
  Kokkos::View<float**, Kokkos::LayoutRight, memory_space> float_charges;
  Slots results;  ///< (right-hand sides * rows of the level computed, slots)
  Columns up_check,  ///< (C, boxes * columns) potentials on the upward check surfaces
      multipole,     ///< (E, boxes * columns) densities on the inner surfaces
      down_check,    ///< (D, boxes * columns) potentials on the downward check surfaces
      local;         ///< (E, boxes * columns) densities on the outer surfaces
};

/// Points [first, first + size) of a leaf with their charges of right-hand side `side` and those
/// after it, as a stream.
/// @param d  tree, points and packed charges
/// @param leaf  index of the box
/// @param side  0 to R - 1
/// @param first,size  which points of the leaf
/// @return points relative to the leaf's centre, in half-widths of the root
template <class Data>
KOKKOS_FORCEINLINE_FUNCTION auto source_stream(const Data& d, int leaf, int side, int first,
                                               int size) {
  const int begin = d.sources.begin(leaf) + first;
  return SourceStream<typename Data::T>{&d.sources.x(begin),
                                        &d.sources.y(begin),
                                        &d.sources.z(begin),
                                        &d.charges(side * Data::Parts::moments, begin),
                                        std::int64_t(d.charges.stride(0)),
                                        size};
}
/// All points of a leaf.
/// @param d,leaf,side  as above
/// @return as above
template <class Data>
KOKKOS_FORCEINLINE_FUNCTION auto source_stream(const Data& d, int leaf, int side) {
  return source_stream(d, leaf, side, 0, d.tree.n_sources(leaf));
}

/// An equivalent surface at the scale of `level` with the densities of `box`, from right-hand side
/// `side` on.
/// @param d  the number of columns per box
/// @param surface  inner or outer
/// @param level  of the box
/// @param densities  d.multipole or d.local
/// @param box  index of the box
/// @param side  0 to R - 1
/// @return points relative to the box's centre, in half-widths of the root
template <class Data, class Columns>
KOKKOS_FORCEINLINE_FUNCTION auto surface_stream(
    const Data& d, const SurfaceTable<typename Data::T, typename Data::memory_space>& surface,
    int level, const Columns& densities, int box, int side) {
  return SourceStream<typename Data::T>{
      surface.coordinate(level, 0),
      surface.coordinate(level, 1),
      surface.coordinate(level, 2),
      &densities(0, box * d.columns + side * Data::Parts::columns),
      surface.padded,
      surface.size};
}

/// Calls f(std::integral_constant<Root, R>) with d.far_root.
/// @param d  where the kernel has no choice, exact ones are all there are
/// @param f  see above
template <class Data, class F>
void with_far_root(const Data& d, const F& f) {
  if constexpr (Data::Parts::has_far_roots && std::is_same_v<typename Data::T, double>)
    if (d.far_root == Root::step) return f(std::integral_constant<Root, Root::step>{});
  f(std::integral_constant<Root, Root::exact>{});
}

/// Where box `a` lies as seen from box `b`, in half-widths of the root.
/// @param tree  see Octree
/// @param a,b  indices of boxes
/// @return centre of a - centre of b, exact where T can hold it
template <class T, class Tree>
KOKKOS_FORCEINLINE_FUNCTION Kokkos::Array<T, 3> offset(const Tree& tree, int a, int b) {
  constexpr T half_cell = T(1) / T(1 << Morton::max_level);
  const Morton::Centre ca = tree.centre(a), cb = tree.centre(b);
  return {half_cell * T(Morton::centre_offset(ca, cb, 0)),
          half_cell * T(Morton::centre_offset(ca, cb, 1)),
          half_cell * T(Morton::centre_offset(ca, cb, 2))};
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
