// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_BENCHLIMITS_HPP
#define OCTOPOLE_BENCHLIMITS_HPP

#include <Octopole_Accumulate.hpp>
#include <Octopole_Laplace.hpp>
#include <algorithm>

#include "Octopole_Bench.hpp"

/// What this machine could do at most, measured here and now, so that a row can say which part of
/// it was reached.
namespace Octopole::Bench {

namespace Limits {

constexpr int rounds = 8;  // parallel iterations per thread
inline int iterations(const Exec& exec) {
  return rounds * exec.concurrency();
}

/// Fused multiply-adds on packs in registers.
template <class T>
struct FmaLoop {
  using V = typename SimdTraits<Exec, T>::pack;
  Kokkos::View<T*, Memory> sums;
  int steps;
  static constexpr int chains = 12;

  KOKKOS_FUNCTION void operator()(const int i) const {
    V sum[chains];
    const V factor(T(0.999)), term(T(i) * T(1e-3));
    for (int c = 0; c < chains; ++c) sum[c] = V(T(c));
    for (int s = 0; s < steps; ++s)
      for (int c = 0; c < chains; ++c) sum[c] = sum[c] * factor + term;
    for (int c = 1; c < chains; ++c) sum[0] = sum[0] + sum[c];
    alignas(64) T lanes[SimdTraits<Exec, T>::width];
    store(lanes, sum[0]);
    sums(i) = lanes[0];
  }
};

/// The loop that P2P, P2M, P2L, M2P and L2P are, over sources that stay in the nearest cache.
template <class T, bool WithGradient>
struct PairLoop {
  using Simd = SimdTraits<Exec, T>;
  using V = typename Simd::pack;
  Kokkos::View<T**, Kokkos::LayoutRight, Memory> data;  // x, y, z, q of the sources
  Kokkos::View<T*, Memory> sums;
  int steps;
  static constexpr int sources = 256;

  KOKKOS_FUNCTION void operator()(const int i) const {
    alignas(64) T target[Simd::blocks * Simd::width];
    for (int l = 0; l < Simd::blocks * Simd::width; ++l) target[l] = T(2) + T(0.01) * l + T(i);
    TargetBlock<WithGradient, Simd::blocks, V, Laplace<T>> block(target, target, target,
                                                                 Simd::width);
    const SourceStream<T> stream{&data(0, 0), &data(1, 0), &data(2, 0), &data(3, 0), 0, sources};
    for (int s = 0; s < steps; ++s) block.add(Laplace<T>{}, stream, T(0), T(0), T(1e-3) * s);
    block.put(block.u, target, 0, Simd::width, T(1), false);
    if constexpr (WithGradient) block.put(block.g, target, 0, Simd::width, T(1), true);
    sums(i) = target[0];
  }
};

template <class Loop>
double best_seconds(const Exec& exec, const Loop& loop) {
  double best = 1e300;
  for (int r = 0; r < 5; ++r)
    best =
        std::min(best, seconds_of(exec, [&] {
                   Kokkos::parallel_for("Octopole::Bench::limit",
                                        Kokkos::RangePolicy<Exec>(exec, 0, iterations(exec)), loop);
                 }));
  return best;
}

}  // namespace Limits

/// Floating-point operations per second, fused multiply-adds counted as two.
template <class T>
double flops_limit(const Exec& exec) {
  static const double limit = [&] {
    using Loop = Limits::FmaLoop<T>;
    const Kokkos::View<T*, Memory> sums("Octopole::Bench::limit", Limits::iterations(exec));
    const int steps = 200000;
    const double flops =
        2.0 * Loop::chains * steps * SimdTraits<Exec, T>::width * Limits::iterations(exec);
    return flops / Limits::best_seconds(exec, Loop{sums, steps});
  }();
  return limit;
}

/// Pairs of a Laplace target and source per second.
template <class T, bool WithGradient>
double pairs_limit(const Exec& exec) {
  static const double limit = [&] {
    using Loop = Limits::PairLoop<T, WithGradient>;
    const Kokkos::View<T*, Memory> sums("Octopole::Bench::limit", Limits::iterations(exec));
    const Kokkos::View<T**, Kokkos::LayoutRight, Memory> data("Octopole::Bench::limit", 4,
                                                              Loop::sources);
    Kokkos::deep_copy(data, T(0.25));
    const int steps = 1000;
    const double pairs = double(Loop::Simd::blocks) * Loop::Simd::width * Loop::sources * steps *
                         Limits::iterations(exec);
    return pairs / Limits::best_seconds(exec, Loop{data, sums, steps});
  }();
  return limit;
}

/// Counters of a row that is made of pairs, or of floating-point operations.
template <class T, bool WithGradient>
void count_pairs(benchmark::State& state, const Exec& exec, double pairs, double seconds) {
  state.counters["Gpairs"] = 1e-9 * pairs;
  if (pairs == 0) return;
  state.counters["Gpairs/s"] = 1e-9 * pairs / seconds;
  state.counters["of_limit"] = pairs / seconds / pairs_limit<T, WithGradient>(exec);
}
template <class T>
void count_flops(benchmark::State& state, const Exec& exec, double flops, double seconds) {
  state.counters["GF/s"] = 1e-9 * flops / seconds;
  state.counters["of_limit"] = flops / seconds / flops_limit<T>(exec);
}

}  // namespace Octopole::Bench

#endif
