#ifndef OCTOPOLE_CHECK_HPP
#define OCTOPOLE_CHECK_HPP

#include <Octopole_FmmData.hpp>
#include <Octopole_PlanFacts.hpp>
#include <impl/Octopole_Allocate.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace Octopole {

namespace Impl {

/// Slots of the targets whose input index is a multiple of `stride`.
template <class Data, class Slots>
struct FindSamples {
  Data d;
  Slots slot_of;
  int stride;
  KOKKOS_FUNCTION void operator()(const int slot) const {
    const int i = d.targets.input(slot);
    if (i >= 0 && i % stride == 0 && i / stride < int(slot_of.extent(0)))
      slot_of(i / stride) = slot;
  }
};

/// The sum over one chunk of the leaves at one sampled target, in scalars of double with exact
/// roots: it shares the packed points with the operators, but none of their loops.
template <class Data, class Slots, class Partial>
struct SampleSums {
  Data d;
  Slots slot_of, leaf_of;
  Partial partial;  ///< (samples, chunks, K + 3 K)
  KOKKOS_FUNCTION void operator()(const int sample, const int chunk) const {
    constexpr int C = Data::C, K = Data::K;
    constexpr bool with_gradient = Data::Kernel::has_gradient;
    const int slot = slot_of(sample);
    const auto home = box_centre(d.tree.key(leaf_of(sample)));
    double u[K] = {}, g[3 * K] = {};
    const int chunks = static_cast<int>(partial.extent(1));
    for (int l = chunk; l < d.tree.n_leaves; l += chunks) {
      const int leaf = d.tree.leaves(l);
      const auto centre = box_centre(d.tree.key(leaf));
      const int begin = d.sources.begin(leaf), end = begin + d.tree.n_sources(leaf);
      for (int s = begin; s < end; ++s) {
        double q[C];
        for (int c = 0; c < C; ++c) q[c] = d.charges(c, s);
        const double dx = double(d.targets.x(slot)) - (double(d.sources.x(s)) + (centre[0] - home[0]));
        const double dy = double(d.targets.y(slot)) - (double(d.sources.y(s)) + (centre[1] - home[1]));
        const double dz = double(d.targets.z(slot)) - (double(d.sources.z(s)) + (centre[2] - home[2]));
        evaluate<with_gradient>(d.kernel, dx, dy, dz, q, u, g);
      }
    }
    for (int k = 0; k < K; ++k) partial(sample, chunk, k) = u[k];
    for (int k = 0; k < 3 * K; ++k) partial(sample, chunk, K + k) = with_gradient ? g[k] : 0;
  }
};

template <class Data, class Slots>
struct FindLeaves {
  Data d;
  Slots slot_of, leaf_of;
  KOKKOS_FUNCTION void operator()(const int l) const {
    const int leaf = d.tree.leaves(l);
    const int begin = d.targets.begin(leaf), end = begin + d.tree.n_targets(leaf);
    for (int i = 0; i < int(slot_of.extent(0)); ++i)
      if (slot_of(i) >= begin && slot_of(i) < end) leaf_of(i) = leaf;
  }
};

template <class Output, class Sampled>
struct SampleOutput {
  Output output;
  Sampled sampled;
  int stride;
  KOKKOS_FUNCTION void operator()(const int i) const {
    for (int k = 0; k < int(sampled.extent(1)); ++k) sampled(i, k) = output(i * stride, k);
  }
};

}  // namespace Impl

/// Relative L2 and maximum error of results against a direct double sum over the points as the plan
/// holds them, at `samples` evenly strided targets; the maximum is relative to the RMS of the
/// sampled reference. Charges must have been packed. Waits for `exec`; costs samples * N pairs.
template <class Data, class Output>
CheckResult check_against_direct_sum(const typename Data::execution_space& exec, const Data& d,
                                     const Output& potential, const Output& gradient,
                                     double potential_factor, double gradient_factor,
                                     int n_targets, int samples) {
  using Exec = typename Data::execution_space;
  using Memory = typename Data::memory_space;
  using Slots = Kokkos::View<int*, Memory>;
  using Partial = Kokkos::View<double***, Kokkos::LayoutRight, Memory>;
  constexpr int K = Data::K, chunks = 16;
  CheckResult result;
  samples = std::min(samples, n_targets);
  if (samples <= 0) return result;
  const int stride = n_targets / samples;
  result.targets = samples;
  const auto slot_of = Impl::allocate<Slots>(exec, "Octopole::Check::slots", samples);
  const auto leaf_of = Impl::allocate<Slots>(exec, "Octopole::Check::leaves", samples);
  const auto partial =
      Impl::allocate<Partial>(exec, "Octopole::Check::partial", samples, chunks, 4 * K);
  Kokkos::parallel_for("Octopole::Check::samples",
                       Kokkos::RangePolicy<Exec>(exec, 0, d.targets.slots),
                       Impl::FindSamples<Data, Slots>{d, slot_of, stride});
  Kokkos::parallel_for("Octopole::Check::leaves",
                       Kokkos::RangePolicy<Exec>(exec, 0, d.tree.n_leaves),
                       Impl::FindLeaves<Data, Slots>{d, slot_of, leaf_of});
  Kokkos::parallel_for(
      "Octopole::Check::sums",
      Kokkos::MDRangePolicy<Exec, Kokkos::Rank<2>>(exec, {0, 0}, {samples, chunks}),
      Impl::SampleSums<Data, Slots, Partial>{d, slot_of, leaf_of, partial});
  exec.fence("Octopole::Check::sums");
  const auto sums = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), partial);

  const auto compare = [&](const Output& output, int first, int rows, double factor,
                           double& rel_l2, double& max) {
    if (output.data() == nullptr) return;
    using Sampled = Kokkos::View<double**, Kokkos::LayoutRight, Memory>;
    const auto sampled = Impl::allocate<Sampled>(exec, "Octopole::Check::output", samples, rows);
    Kokkos::parallel_for("Octopole::Check::output", Kokkos::RangePolicy<Exec>(exec, 0, samples),
                         Impl::SampleOutput<Output, Sampled>{output, sampled, stride});
    exec.fence("Octopole::Check::output");
    const auto got = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), sampled);
    double error = 0, norm = 0, largest = 0;
    for (int i = 0; i < samples; ++i) {
      double error_i = 0;
      for (int k = 0; k < rows; ++k) {
        double exact = 0;
        for (int c = 0; c < chunks; ++c) exact += sums(i, c, first + k);
        exact *= factor;
        error_i += (got(i, k) - exact) * (got(i, k) - exact);
        norm += exact * exact;
      }
      error += error_i;
      largest = std::max(largest, error_i);
    }
    // All-zero references (all points equal, say) are met exactly or not at all.
    const double rms = std::sqrt(norm / samples);
    rel_l2 = norm > 0 ? std::sqrt(error / norm) : std::sqrt(error);
    max = norm > 0 ? std::sqrt(largest) / rms : std::sqrt(largest);
  };
  compare(potential, 0, K, potential_factor, result.potential_rel_l2, result.potential_max);
  compare(gradient, K, 3 * K, gradient_factor, result.gradient_rel_l2, result.gradient_max);
  return result;
}

}  // namespace Octopole

#endif
