#ifndef OCTOPOLE_SAMPLED_ERROR_HPP
#define OCTOPOLE_SAMPLED_ERROR_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/base/Octopole_Transfer.hpp>
#include <core/base/Octopole_Values.hpp>
#include <core/kernels/Octopole_CheckResult.hpp>
#include <core/kernels/Octopole_KernelFamily.hpp>
#include <operators/Octopole_PointValues.hpp>
#include <operators/edges/Octopole_SharedSlots.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace Octopole {

/// Some targets, evenly strided in the caller's order, and plain sums at them.
template <class MemorySpace>
struct SampledTargets {
  static constexpr int chunks = 16;      ///< parts that the sources are summed in
  int stride = 1;                        ///< sample i is target i * stride
  Kokkos::View<int*, MemorySpace> slot;  ///< (samples) of the packed targets
  Kokkos::View<double***, Kokkos::LayoutRight, MemorySpace> sums;  ///< (samples, chunks, rows)
  /// @return number of samples
  int size() const { return int(slot.extent(0)); }
};

namespace Impl {

/// Slots of the targets whose input index is a multiple of `stride`.
template <class T, class MemorySpace>
struct FindSamples {
  TargetPoints<T, MemorySpace> targets;
  SampledTargets<MemorySpace> samples;
  KOKKOS_FUNCTION void operator()(const int slot) const { find(slot, targets.points.input(slot)); }
  KOKKOS_FUNCTION void find(int slot, int i) const {
    const int stride = samples.stride;
    if (i >= 0 && i % stride == 0 && i / stride < int(samples.slot.extent(0)))
      samples.slot(i / stride) = slot;
  }
};

/// The same of the targets that share slots.
template <class T, class MemorySpace>
struct FindSharedSamples {
  FindSamples<T, MemorySpace> samples;
  SharedSlots<MemorySpace> shared;
  KOKKOS_FUNCTION void operator()(const int i) const {
    samples.find(shared.slot(shared.points.place_of(i)), shared.points.input(i));
  }
};

/// The sum over one chunk of the sources at one sampled target for one right-hand side, in scalars of
/// double with exact roots and of the caller's coordinates: it shares the slots with the operators, but
/// nothing of their loops. `kernel`: in exact units. Rounding errors of the sum are carried along
/// (Neumaier 1974).
template <class Kernel, class MemorySpace>
struct SampleSums {
  using T = typename Kernel::scalar;
  Kernel kernel;
  ChargedPoints<T, MemorySpace> sources;
  TargetPoints<T, MemorySpace> targets;
  SampledTargets<MemorySpace> samples;
  int rhs;

  KOKKOS_FUNCTION void operator()(const int sample, const int chunk) const {
    using Parts = Family<Kernel>;
    constexpr int C = Parts::charges, top = Parts::n_outputs - 1;
    const auto near = Parts::template near<Root::exact, true>(kernel);
    constexpr int rows = decltype(near)::template rows<top>;
    const auto &x = targets.points.exact, &y = sources.points.exact;
    const int slot = samples.slot(sample);
    double sum[rows] = {}, rest[rows] = {};
    const int chunks = static_cast<int>(samples.sums.extent(1));
    for (int s = chunk; s < sources.points.used; s += chunks) {
      double q[C], pair[rows] = {};
      for (int c = 0; c < C; ++c) q[c] = sources.charges(rhs * C + c, s);
      near.template add<top>(x(0, slot) - y(0, s), x(1, slot) - y(1, s), x(2, slot) - y(2, s), q,
                             pair);
      for (int k = 0; k < rows; ++k) {
        const double more = sum[k] + pair[k];
        rest[k] += Kokkos::abs(sum[k]) >= Kokkos::abs(pair[k]) ? (sum[k] - more) + pair[k]
                                                               : (pair[k] - more) + sum[k];
        sum[k] = more;
      }
    }
    for (int k = 0; k < rows; ++k) samples.sums(sample, chunk, k) = sum[k] + rest[k];
  }
};

template <class T, class Sampled>
struct SampleOutput {
  Values<T> output;
  Sampled sampled;
  int stride, rhs;
  KOKKOS_FUNCTION void operator()(const int i) const {
    for (int k = 0; k < int(sampled.extent(1)); ++k) sampled(i, k) = output(i * stride, k, rhs);
  }
};

/// Errors of one output, gathered over targets and right-hand sides: squares, in units of 2^exponent.
struct ErrorSums {
  double error = 0, norm = 0, largest = 0;
  std::size_t targets = 0;
  int exponent = 0;

  double in_unit(double value) const { return std::ldexp(value, -exponent); }

  OutputError result() const {
    if (norm > 0)
      return {std::sqrt(error / norm), std::sqrt(largest) / std::sqrt(norm / double(targets))};
    // All-zero references (all points equal, say) are met exactly or not at all.
    return {std::ldexp(std::sqrt(error), exponent), std::ldexp(std::sqrt(largest), exponent)};
  }
};

/// No errors yet. Results may be as large or small as a double holds, and their squares may not: sums are in a power of
/// two near the results of the largest charges. `largest`: (R), of each right-hand side's charges.
template <class Largest>
ErrorSums no_errors(const ResultUnit& unit, const Largest& largest) {
  double charge = 0;
  for (std::size_t rhs = 0; rhs < largest.extent(0); ++rhs)
    charge = std::max(charge, charge_unit(largest(rhs)));
  ErrorSums sums;
  sums.exponent = std::clamp(std::ilogb(unit(1, charge)), -1074, 1023);
  return sums;
}

}  // namespace Impl

/// Chooses `samples` evenly strided targets, with room for their sums.
/// @param exec  instance to work on
/// @param targets  packed
/// @param shared  slots of several targets
/// @param n_targets  M
/// @param samples  at least 1, at most M
/// @param rows  sums per target
/// @return the samples, without sums
template <class ExecutionSpace, class T, class MemorySpace>
SampledTargets<MemorySpace> sample_targets(const ExecutionSpace& exec,
                                           const TargetPoints<T, MemorySpace>& targets,
                                           const SharedSlots<MemorySpace>& shared, int n_targets,
                                           int samples, int rows) {
  SampledTargets<MemorySpace> s;
  s.stride = n_targets / samples;
  Impl::allocate_into(s.slot, exec, "Octopole::Check::slots", samples);
  Impl::allocate_into(s.sums, exec, "Octopole::Check::partial", samples,
                      SampledTargets<MemorySpace>::chunks, rows);
  const Impl::FindSamples<T, MemorySpace> find{targets, s};
  Kokkos::parallel_for("Octopole::Check::samples",
                       Kokkos::RangePolicy<ExecutionSpace>(exec, 0, targets.points.slots), find);
  if (shared.points.n_places > 0)
    Kokkos::parallel_for("Octopole::Check::shared_samples",
                         Kokkos::RangePolicy<ExecutionSpace>(exec, 0, shared.points.size()),
                         Impl::FindSharedSamples<T, MemorySpace>{find, shared});
  return s;
}

/// Double sums at sampled targets, for one right-hand side, in units of the root.
/// @param exec  instance to work on; not waited for
/// @param kernel  in half-widths of the root
/// @param domain  the root cube
/// @param sources  points and packed charges are read
/// @param targets  points are read
/// @param samples  `sums` is written
/// @param rhs  0 to R - 1
template <class ExecutionSpace, class Kernel, class T, class MemorySpace>
void sum_at_samples(const ExecutionSpace& exec, const Kernel& kernel, const Domain& domain,
                    const ChargedPoints<T, MemorySpace>& sources,
                    const TargetPoints<T, MemorySpace>& targets,
                    const SampledTargets<MemorySpace>& samples, int rhs) {
  Kokkos::parallel_for("Octopole::Check::sums",
                       Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<2>>(
                           exec, {0, 0}, {samples.size(), int(samples.sums.extent(1))}),
                       Impl::SampleSums<Kernel, MemorySpace>{kernel.rescaled(exact_unit_of(domain)),
                                                             sources, targets, samples, rhs});
}

/// Adds the differences between results and the sums at samples, for one right-hand side. Waits for
/// `exec`.
/// @param exec  instance to work on
/// @param samples  with their sums
/// @param output  results in the caller's order
/// @param first,rows  which of the sums are this output's
/// @param unit,charge_unit  from the sums to results
/// @param rhs  0 to R - 1
/// @param[in,out] e  the sums of errors, by Impl::no_errors at first
template <class ExecutionSpace, class T, class MemorySpace>
void add_errors(const ExecutionSpace& exec, const SampledTargets<MemorySpace>& samples,
                const Impl::Values<T>& output, int first, int rows, const ResultUnit& unit,
                double charge_unit, int rhs, Impl::ErrorSums& e) {
  using Sampled = Kokkos::View<double**, Kokkos::LayoutRight, MemorySpace>;
  const auto sampled =
      Impl::allocate<Sampled>(exec, "Octopole::Check::output", samples.size(), rows);
  Kokkos::parallel_for("Octopole::Check::output",
                       Kokkos::RangePolicy<ExecutionSpace>(exec, 0, samples.size()),
                       Impl::SampleOutput<T, Sampled>{output, sampled, samples.stride, rhs});
  exec.fence("Octopole::Check::output");
  const auto got = Impl::to_host(sampled);
  const auto sums = Impl::to_host(samples.sums);
  e.targets += samples.size();
  for (int i = 0; i < samples.size(); ++i) {
    double error = 0;
    for (int k = 0; k < rows; ++k) {
      double exact = 0;
      for (int c = 0; c < SampledTargets<MemorySpace>::chunks; ++c) exact += sums(i, c, first + k);
      exact = e.in_unit(unit(exact, charge_unit));
      const double difference = e.in_unit(got(i, k)) - exact;
      error += difference * difference;
      e.norm += exact * exact;
    }
    e.error += error;
    e.largest = std::max(e.largest, error);
  }
}

}  // namespace Octopole

#endif
