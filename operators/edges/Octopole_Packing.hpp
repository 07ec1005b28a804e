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

/// The largest charge of a right-hand side.
template <class T>
struct LargestCharge {
  Values<const T> charges;
  int components, rhs;
  KOKKOS_FUNCTION void operator()(const int i, double& most) const {
    for (int c = 0; c < components; ++c)
      most = Kokkos::max(most, Kokkos::abs(double(charges(i, c, rhs))));
  }
};

/// Row r * components + c of `charges`: right-hand side r, component c.
template <class T, class MemorySpace>
struct PackCharges {
  ChargedPoints<T, MemorySpace> sources;
  Values<const T> charges;
  int components;
  KOKKOS_FUNCTION void operator()(const int slot) const {
    const int from = sources.points.input(slot);
    const bool in_float = sources.float_charges.extent(0) > 0;
    for (int r = 0; r < sources.right_hand_sides; ++r) {
      const double per_unit = 1 / charge_unit(sources.largest(r));
      for (int c = 0; c < components; ++c) {
        const int row = r * components + c;
        const T q = from < 0 ? T(0) : T(double(charges(from, c, r)) * per_unit);
        sources.charges(row, slot) = q;
        if (in_float) sources.float_charges(row, slot) = float(q);
      }
    }
  }
};

template <class T, class MemorySpace>
struct UnpackResults {
  TargetPoints<T, MemorySpace> targets;
  Values<T> output;
  Kokkos::View<const double*, MemorySpace> largest;  ///< see ChargedPoints
  int first, rows, stride;  ///< of the results: first row, rows, rows per right-hand side
  double factor;
  KOKKOS_FUNCTION void operator()(const int slot) const {
    const int to = targets.points.input(slot);
    if (to < 0) return;
    for (int r = 0; r < targets.right_hand_sides; ++r) {
      const double unit = factor * charge_unit(largest(r));
      for (int k = 0; k < rows; ++k)
        output(to, k, r) = T(unit * double(targets.results(r * stride + first + k, slot)));
    }
  }
};

}  // namespace Impl

/// Charges of the caller into the slots of the packed sources; zero in the padding.
/// @param exec  instance to work on; not waited for
/// @param components  numbers per charge
/// @param n_sources  N
/// @param charges  charges(i, c, r): source, component, right-hand side
/// @param sources  `charges` is written, and `float_charges` and `largest` if there
template <class ExecutionSpace, class T, class MemorySpace>
void pack_charges(const ExecutionSpace& exec, int components, int n_sources,
                  const Impl::Values<const T>& charges,
                  const ChargedPoints<T, MemorySpace>& sources) {
  static const std::string label = "Octopole::pack_charges", largest = "Octopole::largest_charge";
  for (int r = 0; r < sources.right_hand_sides; ++r)
    launch_reduce(largest, Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n_sources),
                  Impl::LargestCharge<T>{charges, components, r},
                  Kokkos::Max<double, MemorySpace>(Kokkos::subview(sources.largest, r)));
  launch(label, Kokkos::RangePolicy<ExecutionSpace>(exec, 0, sources.points.slots),
         Impl::PackCharges<T, MemorySpace>{sources, charges, components});
}

/// Rows [first, first + rows) of the results of each right-hand side, `stride` rows in all, times
/// `factor` and the unit of its charges, to the caller's order.
/// @param exec  instance to work on; not waited for
/// @param sources  whose charges were summed: `largest` is read
/// @param targets  `results` is read
/// @param first,rows,stride  which rows
/// @param[out] output  output(i, k, r): target, row, right-hand side
/// @param factor  the kernel's prefactor in the caller's units
template <class ExecutionSpace, class T, class MemorySpace>
void unpack_results(const ExecutionSpace& exec, const ChargedPoints<T, MemorySpace>& sources,
                    const TargetPoints<T, MemorySpace>& targets, int first, int rows, int stride,
                    const Impl::Values<T>& output, double factor) {
  static const std::string label = "Octopole::unpack_results";
  launch(label, Kokkos::RangePolicy<ExecutionSpace>(exec, 0, targets.points.slots),
         Impl::UnpackResults<T, MemorySpace>{targets, output, sources.largest, first, rows, stride,
                                             factor});
}

}  // namespace Octopole

#endif
