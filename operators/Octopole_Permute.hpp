#ifndef OCTOPOLE_PERMUTE_HPP
#define OCTOPOLE_PERMUTE_HPP

#include <Octopole_FmmData.hpp>

#include <string>

namespace Octopole {

namespace Impl {

template <class Data, class Charges>
struct PackCharges {
  Data d;
  Charges charges;
  KOKKOS_FUNCTION void operator()(const int slot) const {
    const int from = d.sources.input(slot);
    const bool split = d.float_charges.extent(0) > 0;
    for (int c = 0; c < Data::C; ++c) {
      const typename Data::T q = from < 0 ? typename Data::T(0) : charges(from, c);
      d.charges(c, slot) = q;
      if (split) d.float_charges(c, slot) = float(q);
    }
  }
};

template <class Data, class Slots, class Output>
struct UnpackResults {
  Data d;
  Slots results;
  Output output;
  typename Data::T factor;
  KOKKOS_FUNCTION void operator()(const int slot) const {
    const int to = d.targets.input(slot);
    if (to < 0) return;
    for (int k = 0; k < int(results.extent(0)); ++k) output(to, k) = factor * results(k, slot);
  }
};

}  // namespace Impl

/// Charges (N, C) of the caller into the slots of the packed sources; zero in the padding.
template <class Data, class Charges>
void pack_charges(const typename Data::execution_space& exec, const Data& d,
                  const Charges& charges) {
  static const std::string label = "Octopole::pack";
  Kokkos::parallel_for(
      label, Kokkos::RangePolicy<typename Data::execution_space>(exec, 0, d.sources.slots),
      Impl::PackCharges<Data, Charges>{d, charges});
}

/// Results in slots, times `factor`, to the caller's order: output (M, rows of results).
template <class Data, class Slots, class Output>
void unpack_results(const typename Data::execution_space& exec, const Data& d,
                    const Slots& results, const Output& output, double factor) {
  static const std::string label = "Octopole::back";
  Kokkos::parallel_for(
      label, Kokkos::RangePolicy<typename Data::execution_space>(exec, 0, d.targets.slots),
      Impl::UnpackResults<Data, Slots, Output>{d, results, output, typename Data::T(factor)});
}

}  // namespace Octopole

#endif
