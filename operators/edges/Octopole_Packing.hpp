#ifndef OCTOPOLE_PACKING_HPP
#define OCTOPOLE_PACKING_HPP

#include <core/base/Octopole_Launch.hpp>
#include <core/base/Octopole_Values.hpp>
#include <core/kernels/Octopole_KernelFamily.hpp>
#include <operators/Octopole_Expansions.hpp>
#include <operators/Octopole_PointValues.hpp>

#include <string>

/// Between the caller's order and the tree's: charges into slots, results back.
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
