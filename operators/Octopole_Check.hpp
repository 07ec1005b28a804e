#ifndef OCTOPOLE_CHECK_HPP
#define OCTOPOLE_CHECK_HPP

#include <Octopole_FmmData.hpp>
#include <Octopole_PlanFacts.hpp>
#include <impl/Octopole_Allocate.hpp>
#include <impl/Octopole_Transfer.hpp>
#include <impl/Octopole_Values.hpp>

#include <algorithm>
#include <array>
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

/// The sum over one chunk of the leaves at one sampled target for one right-hand side, in scalars of
/// double with exact roots: it shares the packed points with the operators, but none of their loops.
template <class Data, class Slots, class Partial>
struct SampleSums {
  Data d;
  Slots slot_of, leaf_of;
  int side;
  Partial partial;  ///< (samples, chunks, rows)
  KOKKOS_FUNCTION void operator()(const int sample, const int chunk) const {
    constexpr int M = Data::Parts::moments, top = Data::Parts::levels - 1;
    const auto near = Data::Parts::template near<Root::exact, true>(d.kernel);
    constexpr int rows = decltype(near)::template rows<top>;
    const int slot = slot_of(sample);
    const auto home = box_centre(d.tree.key(leaf_of(sample)));
    double sum[rows] = {};
    const int chunks = static_cast<int>(partial.extent(1));
    for (int l = chunk; l < d.tree.n_leaves; l += chunks) {
      const int leaf = d.tree.leaves(l);
      const auto centre = box_centre(d.tree.key(leaf));
      const int begin = d.sources.begin(leaf), end = begin + d.tree.n_sources(leaf);
      for (int s = begin; s < end; ++s) {
        double q[M];
        for (int c = 0; c < M; ++c) q[c] = d.charges(side * M + c, s);
        const double dx = double(d.targets.x(slot)) - (double(d.sources.x(s)) + (centre[0] - home[0]));
        const double dy = double(d.targets.y(slot)) - (double(d.sources.y(s)) + (centre[1] - home[1]));
        const double dz = double(d.targets.z(slot)) - (double(d.sources.z(s)) + (centre[2] - home[2]));
        near.template add<top>(dx, dy, dz, q, sum);
      }
    }
    for (int k = 0; k < rows; ++k) partial(sample, chunk, k) = sum[k];
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

template <class T, class Sampled>
struct SampleOutput {
  Values<T> output;
  Sampled sampled;
  int stride, side;
  KOKKOS_FUNCTION void operator()(const int i) const {
    for (int k = 0; k < int(sampled.extent(1)); ++k) sampled(i, k) = output(i * stride, k, side);
  }
};

/// Errors of one output, gathered over targets and right-hand sides.
struct ErrorSums {
  double error = 0, norm = 0, largest = 0;
  std::size_t targets = 0;

  OutputError result() const {
    // All-zero references (all points equal, say) are met exactly or not at all.
    const double rms = std::sqrt(norm / double(targets));
    return {norm > 0 ? std::sqrt(error / norm) : std::sqrt(error),
            norm > 0 ? std::sqrt(largest) / rms : std::sqrt(largest)};
  }
};

}  // namespace Impl

/// Relative L2 and maximum error of results against a direct double sum over the points as the plan
/// holds them, at `samples` evenly strided targets; the maximum is relative to the RMS of the
/// sampled reference. `outputs[i]` and `factors[i]`: of the kernel's i-th output. Charges must have
/// been packed. Waits for `exec`; costs samples * N pairs for each right-hand side.
/// @param exec  instance to work on
/// @param d  tree, points and packed charges
/// @param outputs  results in the caller's order, without data where not wanted
/// @param factors  by which the functors' sums are to be multiplied
/// @param n_targets  M
/// @param samples  most targets to compare
/// @return errors of the outputs that have data
template <class Data, class Outputs, class Factors>
CheckResult check_against_direct_sum(const typename Data::execution_space& exec, const Data& d,
                                     const Outputs& outputs, const Factors& factors, int n_targets,
                                     int samples) {
  using Exec = typename Data::execution_space;
  using Memory = typename Data::memory_space;
  using Slots = Kokkos::View<int*, Memory>;
  using Partial = Kokkos::View<double***, Kokkos::LayoutRight, Memory>;
  using T = typename Data::T;
  constexpr int chunks = 16, levels = Data::Parts::levels;
  constexpr int all_rows = rows_of<typename Data::Kernel>(levels - 1);
  CheckResult result;
  samples = std::min(samples, n_targets);
  if (samples <= 0) return result;
  const int stride = n_targets / samples;
  result.targets = samples;
  const auto slot_of = Impl::allocate<Slots>(exec, "Octopole::Check::slots", samples);
  const auto leaf_of = Impl::allocate<Slots>(exec, "Octopole::Check::leaves", samples);
  const auto partial =
      Impl::allocate<Partial>(exec, "Octopole::Check::partial", samples, chunks, all_rows);
  Kokkos::parallel_for("Octopole::Check::samples",
                       Kokkos::RangePolicy<Exec>(exec, 0, d.targets.slots),
                       Impl::FindSamples<Data, Slots>{d, slot_of, stride});
  Kokkos::parallel_for("Octopole::Check::leaves",
                       Kokkos::RangePolicy<Exec>(exec, 0, d.tree.n_leaves),
                       Impl::FindLeaves<Data, Slots>{d, slot_of, leaf_of});
  std::array<Impl::ErrorSums, levels> sums_of;
  for (int side = 0; side < d.right_hand_sides; ++side) {
    Kokkos::parallel_for(
        "Octopole::Check::sums",
        Kokkos::MDRangePolicy<Exec, Kokkos::Rank<2>>(exec, {0, 0}, {samples, chunks}),
        Impl::SampleSums<Data, Slots, Partial>{d, slot_of, leaf_of, side, partial});
    exec.fence("Octopole::Check::sums");
    const auto sums = Impl::to_host(partial);
    for (int term = 0, first = 0; term < levels; ++term) {
      const int rows = Data::Parts::term(term).rows();
      if (outputs[term].data != nullptr) {
        using Sampled = Kokkos::View<double**, Kokkos::LayoutRight, Memory>;
        const auto sampled = Impl::allocate<Sampled>(exec, "Octopole::Check::output", samples, rows);
        Kokkos::parallel_for(
            "Octopole::Check::output", Kokkos::RangePolicy<Exec>(exec, 0, samples),
            Impl::SampleOutput<T, Sampled>{outputs[term], sampled, stride, side});
        exec.fence("Octopole::Check::output");
        const auto got = Impl::to_host(sampled);
        Impl::ErrorSums& e = sums_of[term];
        e.targets += samples;
        for (int i = 0; i < samples; ++i) {
          double error = 0;
          for (int k = 0; k < rows; ++k) {
            double exact = 0;
            for (int c = 0; c < chunks; ++c) exact += sums(i, c, first + k);
            exact *= factors[term];
            error += (got(i, k) - exact) * (got(i, k) - exact);
            e.norm += exact * exact;
          }
          e.error += error;
          e.largest = std::max(e.largest, error);
        }
      }
      first += rows;
    }
  }
  for (int term = 0; term < levels; ++term)
    if (sums_of[term].targets > 0) result[Data::Parts::term(term).output] = sums_of[term].result();
  return result;
}

}  // namespace Octopole

#endif
