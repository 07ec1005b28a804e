#ifndef OCTOPOLE_PACKING_HPP
#define OCTOPOLE_PACKING_HPP

#include <core/base/Octopole_Launch.hpp>
#include <core/base/Octopole_Values.hpp>
#include <operators/Octopole_PointValues.hpp>
#include <operators/edges/Octopole_SharedSlots.hpp>

#include <cstdint>
#include <string>

/// Between the caller's order and the tree's: charges into slots, results back.
namespace Octopole {

namespace Impl {

/// The largest charge of one part of the sources for one right-hand side. A reduction by Kokkos would
/// wait, and take memory.
template <class T, class MemorySpace>
struct LargestOfPart {
  ChargedPoints<T, MemorySpace> sources;
  Values<const T> charges;
  int components, n_sources;
  KOKKOS_FUNCTION void operator()(const int i) const {
    const int r = i / charge_parts, part = i % charge_parts;
    const int first = int(std::int64_t(n_sources) * part / charge_parts),
              last = int(std::int64_t(n_sources) * (part + 1) / charge_parts);
    double most = 0;
    for (int j = first; j < last; ++j)
      for (int c = 0; c < components; ++c)
        most = Kokkos::max(most, Kokkos::abs(double(charges(j, c, r))));
    sources.largest_of_part(r, part) = most;
  }
};

/// The largest of all parts, times the most points that share a slot: no slot's charge is larger.
template <class T, class MemorySpace>
struct LargestCharge {
  ChargedPoints<T, MemorySpace> sources;
  double most_shared;
  KOKKOS_FUNCTION void operator()(const int r) const {
    double most = 0;
    for (int part = 0; part < charge_parts; ++part)
      most = Kokkos::max(most, sources.largest_of_part(r, part));
    // Infinity and NaN stay what they are.
    sources.largest(r) = most <= Kokkos::Experimental::finite_max_v<double> / most_shared
                             ? most * most_shared
                             : most;
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
    for (int r = 0; r < sources.right_hand_sides; ++r) {
      const double per_unit = 1 / charge_unit(sources.largest(r));
      for (int c = 0; c < components; ++c) {
        const int row = r * components + c;
        sources.set_charge(row, slot, from < 0 ? T(0) : T(double(charges(from, c, r)) * per_unit));
      }
    }
  }
};

/// The sum over a part of the points that share a slot, for one row of charges.
template <class T, class MemorySpace>
struct SharedPartSums {
  ChargedPoints<T, MemorySpace> sources;
  SharedSlots<MemorySpace> shared;
  Values<const T> charges;
  int components;
  KOKKOS_FUNCTION void operator()(const std::int64_t i) const {
    const int columns = int(shared.sums.extent(1)), row = int(i / columns), at = int(i % columns);
    const int place = at / shared.parts, part = at % shared.parts, r = row / components;
    const double per_unit = 1 / charge_unit(sources.largest(r));
    const int begin = shared.points.begin(place);
    const std::int64_t n = shared.points.begin(place + 1) - begin;
    double sum = 0;
    for (std::int64_t j = n * part / shared.parts; j < n * (part + 1) / shared.parts; ++j)
      sum += double(charges(shared.points.input(begin + j), row % components, r)) * per_unit;
    shared.sums(row, at) = sum;
  }
};

/// The sum of the parts: the charge of the slot.
template <class T, class MemorySpace>
struct SharedSums {
  ChargedPoints<T, MemorySpace> sources;
  SharedSlots<MemorySpace> shared;
  KOKKOS_FUNCTION void operator()(const std::int64_t i) const {
    const int places = shared.points.n_places, row = int(i / places), place = int(i % places);
    double sum = 0;
    for (int part = 0; part < shared.parts; ++part)
      sum += shared.sums(row, place * shared.parts + part);
    sources.set_charge(row, shared.slot(place), T(sum));
  }
};

template <class T, class MemorySpace>
struct UnpackResults {
  TargetPoints<T, MemorySpace> targets;
  Values<T> output;
  Kokkos::View<const double*, MemorySpace> largest;  ///< see ChargedPoints
  int first, rows, stride;  ///< of the results: first row, rows, rows per right-hand side
  ResultUnit unit;
  KOKKOS_FUNCTION void operator()(const int slot) const {
    const int to = targets.points.input(slot);
    if (to >= 0) copy(slot, to);
  }
  KOKKOS_FUNCTION void copy(int slot, int to) const {
    for (int r = 0; r < targets.right_hand_sides; ++r) {
      const double charge = charge_unit(largest(r));
      for (int k = 0; k < rows; ++k)
        output(to, k, r) = T(unit(targets.results(r * stride + first + k, slot), charge));
    }
  }
};

/// The same for all targets that share slots.
template <class T, class MemorySpace>
struct UnpackShared {
  UnpackResults<T, MemorySpace> unpack;
  SharedSlots<MemorySpace> shared;
  KOKKOS_FUNCTION void operator()(const int i) const {
    unpack.copy(shared.slot(shared.points.place_of(i)), shared.points.input(i));
  }
};

}  // namespace Impl

/// The caller's largest charges, which give the unit of the packed ones.
/// @param exec,components,n_sources,charges,sources,shared  as for pack_charges; of `sources`, `largest` and
///   `largest_of_part` are written
template <class ExecutionSpace, class T, class MemorySpace>
void find_largest_charges(const ExecutionSpace& exec, int components, int n_sources,
                          const Impl::Values<const T>& charges,
                          const ChargedPoints<T, MemorySpace>& sources,
                          const SharedSlots<MemorySpace>& shared = {}) {
  using Range = Kokkos::RangePolicy<ExecutionSpace>;
  static const std::string of_part = "Octopole::largest_charge_of_part",
                           largest = "Octopole::largest_charge";
  const int R = sources.right_hand_sides;
  launch(of_part, Range(exec, 0, R * charge_parts),
         Impl::LargestOfPart<T, MemorySpace>{sources, charges, components, n_sources});
  launch(largest, Range(exec, 0, R), Impl::LargestCharge<T, MemorySpace>{sources, shared.most});
}

/// Charges of the caller into some slots of the packed sources, where the largest is known.
/// @param exec,components,charges,sources  as for pack_charges; of `sources`, `largest` is read
/// @param first,end  these slots
template <class ExecutionSpace, class T, class MemorySpace>
void set_charges(const ExecutionSpace& exec, int components, const Impl::Values<const T>& charges,
                 const ChargedPoints<T, MemorySpace>& sources, int first, int end) {
  static const std::string label = "Octopole::pack_charges";
  launch(label, Kokkos::RangePolicy<ExecutionSpace>(exec, first, end),
         Impl::PackCharges<T, MemorySpace>{sources, charges, components});
}

/// The same into all slots.
/// @param exec,components,charges,sources,shared  as for pack_charges; of `sources`, `largest` is read
template <class ExecutionSpace, class T, class MemorySpace>
void set_charges(const ExecutionSpace& exec, int components, const Impl::Values<const T>& charges,
                 const ChargedPoints<T, MemorySpace>& sources,
                 const SharedSlots<MemorySpace>& shared = {}) {
  const int R = sources.right_hand_sides;
  set_charges(exec, components, charges, sources, 0, sources.points.slots);
  if (shared.points.n_places == 0) return;
  static const std::string of_shared_part = "Octopole::shared_charges_of_part",
                           of_shared = "Octopole::shared_charges";
  using Long = Kokkos::RangePolicy<ExecutionSpace, Kokkos::IndexType<std::int64_t>>;
  const std::int64_t rows = std::int64_t(R) * components;
  launch(of_shared_part, Long(exec, 0, rows * std::int64_t(shared.sums.extent(1))),
         Impl::SharedPartSums<T, MemorySpace>{sources, shared, charges, components});
  launch(of_shared, Long(exec, 0, rows * shared.points.n_places),
         Impl::SharedSums<T, MemorySpace>{sources, shared});
}

/// Charges of the caller into the slots of the packed sources; zero in the padding.
/// @param exec  instance to work on; not waited for
/// @param components  numbers per charge
/// @param n_sources  N
/// @param charges  charges(i, c, r): source, component, right-hand side
/// @param sources  `charges`, `largest` and `largest_of_part` are written, and `float_charges` if there
/// @param shared  slots whose charge is a sum; `sums` is written
template <class ExecutionSpace, class T, class MemorySpace>
void pack_charges(const ExecutionSpace& exec, int components, int n_sources,
                  const Impl::Values<const T>& charges,
                  const ChargedPoints<T, MemorySpace>& sources,
                  const SharedSlots<MemorySpace>& shared = {}) {
  find_largest_charges(exec, components, n_sources, charges, sources, shared);
  set_charges(exec, components, charges, sources, shared);
}

/// Rows [first, first + rows) of the results of each right-hand side, `stride` rows in all, times
/// `unit` and that of its charges, to the caller's order.
/// @param exec  instance to work on; not waited for
/// @param sources  whose charges were summed: `largest` is read
/// @param targets  `results` is read
/// @param first,rows,stride  which rows
/// @param[out] output  output(i, k, r): target, row, right-hand side
/// @param unit  of the output
/// @param shared  slots whose result is that of several targets
template <class ExecutionSpace, class T, class MemorySpace>
void unpack_results(const ExecutionSpace& exec, const ChargedPoints<T, MemorySpace>& sources,
                    const TargetPoints<T, MemorySpace>& targets, int first, int rows, int stride,
                    const Impl::Values<T>& output, const ResultUnit& unit,
                    const SharedSlots<MemorySpace>& shared = {}) {
  static const std::string label = "Octopole::unpack_results",
                           of_shared = "Octopole::unpack_shared_results";
  const Impl::UnpackResults<T, MemorySpace> unpack{targets, output, sources.largest, first, rows,
                                                   stride,  unit};
  launch(label, Kokkos::RangePolicy<ExecutionSpace>(exec, 0, targets.points.slots), unpack);
  if (shared.points.n_places > 0)
    launch(of_shared, Kokkos::RangePolicy<ExecutionSpace>(exec, 0, shared.points.size()),
           Impl::UnpackShared<T, MemorySpace>{unpack, shared});
}

}  // namespace Octopole

#endif
