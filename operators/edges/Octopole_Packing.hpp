#ifndef OCTOPOLE_PACKING_HPP
#define OCTOPOLE_PACKING_HPP

#include <core/base/Octopole_Launch.hpp>
#include <core/base/Octopole_Values.hpp>
#include <core/kernels/Octopole_KernelFamily.hpp>
#include <operators/Octopole_Expansions.hpp>
#include <operators/Octopole_PointValues.hpp>

#include <string>

/// Between the caller's order and the tree's: charges into slots, results back, and moments where a
/// kernel makes its own of charges.
namespace Octopole {

namespace Impl {

template <class T, class MemorySpace>
KOKKOS_FORCEINLINE_FUNCTION void put_charge(const ChargedPoints<T, MemorySpace>& sources, int row,
                                            int slot, T q) {
  sources.charges(row, slot) = q;
  if (sources.float_charges.extent(0) > 0) sources.float_charges(row, slot) = float(q);
}

/// Row r * components + c of `charges`: right-hand side r, component c.
template <class T, class MemorySpace>
struct PackCharges {
  ChargedPoints<T, MemorySpace> sources;
  Values<const T> charges;
  int components;
  KOKKOS_FUNCTION void operator()(const int slot) const {
    const int from = sources.points.input(slot);
    for (int r = 0; r < sources.right_hand_sides; ++r)
      for (int c = 0; c < components; ++c)
        put_charge(sources, r * components + c, slot, from < 0 ? T(0) : charges(from, c, r));
  }
};

/// The same, leaf by leaf, with moments of the kernel's own: of charges at places seen from the
/// root's centre, in its half-widths.
template <class ExecutionSpace, class Kernel>
struct PackMoments {
  using T = typename Kernel::scalar;
  using Memory = typename ExecutionSpace::memory_space;
  using Policy = Kokkos::TeamPolicy<ExecutionSpace>;
  Kernel kernel;
  Octree<Memory> tree;
  ChargedPoints<T, Memory> sources;
  Values<const T> charges;

  KOKKOS_FUNCTION void operator()(const typename Policy::member_type& team) const {
    constexpr int C = Family<Kernel>::charges, M = Family<Kernel>::moments;
    const auto& points = sources.points;
    const int leaf = tree.leaves(team.league_rank());
    const auto centre = box_centre(tree.key(leaf));
    const int begin = points.begin(leaf), n = tree.n_sources(leaf);
    const int padded = (n + slot_alignment - 1) / slot_alignment * slot_alignment;
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, padded), [&](const int i) {
      const int slot = begin + i, from = points.input(slot);
      const T y[3] = {T(double(points.x(slot)) + (centre[0] - 1)),
                      T(double(points.y(slot)) + (centre[1] - 1)),
                      T(double(points.z(slot)) + (centre[2] - 1))};
      for (int r = 0; r < sources.right_hand_sides; ++r) {
        T q[C], m[M];
        for (int c = 0; c < C; ++c) q[c] = from < 0 ? T(0) : charges(from, c, r);
        kernel.to_moments(q, y, m);
        for (int c = 0; c < M; ++c) put_charge(sources, r * M + c, slot, m[c]);
      }
    });
  }
};

/// Turns the densities around boxes, moments about the root's centre, into what the evaluation
/// functor takes.
template <class Kernel, class MemorySpace>
struct FromMoments {
  using T = typename Kernel::scalar;
  Kernel kernel;
  Octree<MemorySpace> tree;
  SurfaceTable<T, MemorySpace> surface;
  typename Expansions<T, MemorySpace>::Columns densities;
  int columns, top_level;

  KOKKOS_FUNCTION void operator()(const int box) const {
    constexpr int own = Family<Kernel>::columns;
    const int level = Morton::level(tree.key(box));
    if (level < top_level) return;
    const auto centre = box_centre(tree.key(box));
    const std::int64_t stride = densities.extent(0);
    for (int column = 0; column < columns; column += own)
      for (int i = 0; i < surface.size; ++i) {
        T y[3];
        for (int a = 0; a < 3; ++a)
          y[a] = T((centre[a] - 1) + double(surface.coordinate(level, a)[i]));
        kernel.from_moments(&densities(i, box * columns + column), stride, y);
      }
  }
};

template <class T, class MemorySpace>
struct UnpackResults {
  TargetPoints<T, MemorySpace> targets;
  Values<T> output;
  int first, rows, stride;  ///< of the results: first row, rows, rows per right-hand side
  T factor;
  KOKKOS_FUNCTION void operator()(const int slot) const {
    const int to = targets.points.input(slot);
    if (to < 0) return;
    for (int r = 0; r < targets.right_hand_sides; ++r)
      for (int k = 0; k < rows; ++k)
        output(to, k, r) = factor * targets.results(r * stride + first + k, slot);
  }
};

}  // namespace Impl

/// Charges of the caller into the slots of the packed sources; zero in the padding.
/// @param exec  instance to work on; not waited for
/// @param components  numbers per charge
/// @param charges  charges(i, c, r): source, component, right-hand side
/// @param sources  `charges` is written, and `float_charges` if there
template <class ExecutionSpace, class T, class MemorySpace>
void pack_charges(const ExecutionSpace& exec, int components, const Impl::Values<const T>& charges,
                  const ChargedPoints<T, MemorySpace>& sources) {
  static const std::string label = "Octopole::pack_charges";
  launch(label, Kokkos::RangePolicy<ExecutionSpace>(exec, 0, sources.points.slots),
         Impl::PackCharges<T, MemorySpace>{sources, charges, components});
}

/// The same for kernels with moments of their own, which are packed in the charges' place.
/// @param exec  instance to work on; not waited for
/// @param kernel  in half-widths of the root
/// @param tree  its leaves are gone through
/// @param charges  charges(i, c, r): source, component, right-hand side
/// @param sources  `charges` is written, and `float_charges` if there
template <class ExecutionSpace, class Kernel, class T, class MemorySpace>
void pack_moments(const ExecutionSpace& exec, const Kernel& kernel, const Octree<MemorySpace>& tree,
                  const Impl::Values<const T>& charges,
                  const ChargedPoints<T, MemorySpace>& sources) {
  static const std::string label = "Octopole::pack_moments";
  using Moments = Impl::PackMoments<ExecutionSpace, Kernel>;
  launch(label, typename Moments::Policy(exec, tree.n_leaves, Kokkos::AUTO),
         Moments{kernel, tree, sources, charges});
}

/// For kernels with moments of their own: multipole and local densities as the evaluation functor
/// takes them. Nothing is translated after that.
/// @param exec  instance to work on; not waited for
/// @param kernel  in half-widths of the root
/// @param tree  see Octree
/// @param with_multipoles  whether those are evaluated at all: there are W lists
/// @param x  `multipole` and `local` are changed in place
template <class ExecutionSpace, class Kernel, class T, class MemorySpace>
void from_moments(const ExecutionSpace& exec, const Kernel& kernel, const Octree<MemorySpace>& tree,
                  bool with_multipoles, const Expansions<T, MemorySpace>& x) {
  static const std::string label = "Octopole::from_moments";
  using Loop = Impl::FromMoments<Kernel, MemorySpace>;
  const Kokkos::RangePolicy<ExecutionSpace> boxes(exec, 0, tree.n_boxes);
  if (with_multipoles)
    launch(label, boxes, Loop{kernel, tree, x.inner, x.multipole, x.columns, x.top_level});
  launch(label, boxes, Loop{kernel, tree, x.outer, x.local, x.columns, x.top_level});
}

/// Rows [first, first + rows) of the results of each right-hand side, `stride` rows in all, times
/// `factor`, to the caller's order.
/// @param exec  instance to work on; not waited for
/// @param targets  `results` is read
/// @param first,rows,stride  which rows
/// @param[out] output  output(i, k, r): target, row, right-hand side
/// @param factor  the kernel's prefactor in the caller's units
template <class ExecutionSpace, class T, class MemorySpace>
void unpack_results(const ExecutionSpace& exec, const TargetPoints<T, MemorySpace>& targets,
                    int first, int rows, int stride, const Impl::Values<T>& output, double factor) {
  static const std::string label = "Octopole::unpack_results";
  launch(label, Kokkos::RangePolicy<ExecutionSpace>(exec, 0, targets.points.slots),
         Impl::UnpackResults<T, MemorySpace>{targets, output, first, rows, stride, T(factor)});
}

}  // namespace Octopole

#endif
