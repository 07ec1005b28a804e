// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_BENCHLIMITS_HPP
#define OCTOPOLE_BENCHLIMITS_HPP

#include <KokkosBlas3_gemm.hpp>
#include <algorithm>
#include <core/kernels/Octopole_Laplace.hpp>
#include <core/plan/Octopole_Options.hpp>
#include <map>
#include <operators/pairs/Octopole_MixedBlock.hpp>
#include <operators/pairs/Octopole_TargetBlock.hpp>
#include <utility>

#include <perf/bench/Octopole_Bench.hpp>

extern "C" {
void dgemm_(const char*, const char*, const int*, const int*, const int*, const double*,
            const double*, const int*, const double*, const int*, const double*, double*,
            const int*);
void sgemm_(const char*, const char*, const int*, const int*, const int*, const float*,
            const float*, const int*, const float*, const int*, const float*, float*, const int*);
}

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
/// `Pairs`: the kernel, or what it offers with other roots.
template <class T, int Last, class Pairs>
struct PairLoop {
  using Simd = SimdTraits<Exec, T>;
  static constexpr int targets = Simd::blocks * Simd::width, sources = 256;
  Kokkos::View<T**, Kokkos::LayoutRight, Memory> data;  // x, y, z, q of the sources
  Kokkos::View<T*, Memory> sums;
  int steps;

  PairLoop(const Exec& exec, int n_steps)
      : data("Octopole::Bench::limit", 4, sources),
        sums("Octopole::Bench::limit", iterations(exec)),
        steps(n_steps) {
    Kokkos::deep_copy(data, T(0.25));
  }
  KOKKOS_FUNCTION void operator()(const int i) const {
    alignas(64) T target[targets];
    for (int l = 0; l < targets; ++l) target[l] = T(2) + T(0.01) * T(l) + T(i);
    TargetBlock<Last, Simd::blocks, typename Simd::pack, Pairs> block(target, target, target,
                                                                      Simd::width);
    const SourceStream<T> stream{&data(0, 0), &data(1, 0), &data(2, 0), &data(3, 0), 0, sources};
    for (int s = 0; s < steps; ++s) block.add(Pairs{}, stream, T(0), T(0), T(1e-3) * T(s));
    for (int l = 0; l < targets; ++l) target[l] = 0;
    block.put(target, 0, Simd::width, [](int) { return 1.0; }, true);
    T sum = 0;  // of every lane: what nobody reads is not computed
    for (int l = 0; l < targets; ++l) sum += target[l];
    sums(i) = sum;
  }
};

/// The same in float under double, `mixed` (`WithLow`) and `rough`, or alone.
template <int Last, bool WithLow, class Pairs>
struct MixedPairLoop {
  using Simd = SimdTraits<Exec, float>;
  static constexpr int packs = WithLow ? 1 : Simd::blocks;
  static constexpr int targets = packs * Simd::width, sources = 256;
  SplitPoints<Memory> points;  // of the targets and the sources
  Kokkos::View<float**, Kokkos::LayoutRight, Memory> charges;
  Kokkos::View<double*, Memory> sums;
  int steps;

  MixedPairLoop(const Exec& exec, int n_steps)
      : charges("Octopole::Bench::limit", 1, sources),
        sums("Octopole::Bench::limit", iterations(exec)),
        steps(n_steps) {
    for (auto* view : {&points.high, &points.low}) {
      *view = std::decay_t<decltype(*view)>("Octopole::Bench::limit", 3, sources);
      Kokkos::deep_copy(*view, 0.25f);
    }
    Kokkos::deep_copy(charges, 0.25f);
  }
  KOKKOS_FUNCTION void operator()(const int i) const {
    MixedBlock<Last, packs, WithLow, typename Simd::pack, Pairs, Memory> block(points, 0);
    SplitStream stream{};
    for (int d = 0; d < 3; ++d)
      stream.high[d] = &points.high(d, 0), stream.low[d] = &points.low(d, 0);
    stream.charge = &charges(0, 0), stream.size = sources;
    for (int s = 0; s < steps; ++s)
      block.add(Pairs{}, stream, {2.f, 2.f + float(i), 1e-3f * float(s)}, 1e-6f);
    double out[targets] = {};
    block.put(out, 0, [](int) { return 1.0; });
    double sum = 0;
    for (const double u : out) sum += u;
    sums(i) = sum;
  }
};

/// The array kernel of STREAM.
struct Triad {
  Kokkos::View<double*, Memory> a, b, c;
  KOKKOS_FUNCTION void operator()(const int i) const { a(i) = b(i) + 0.5 * c(i); }
};

/// The best of as many runs as a quarter of a second holds, three at least. Runs of a millisecond
/// or two find a moment when nobody else is about.
template <class Work>
double best_seconds(const Exec& exec, const Work& work) {
  double best = 1e300;
  const Kokkos::Timer all;
  for (int r = 0; r < 3 || all.seconds() < 0.25; ++r) best = std::min(best, seconds_of(exec, work));
  return best;
}
template <class Loop>
double best_loop_seconds(const Exec& exec, const Loop& loop) {
  return best_seconds(exec, [&] {
    Kokkos::parallel_for("Octopole::Bench::limit",
                         Kokkos::RangePolicy<Exec>(exec, 0, iterations(exec)), loop);
  });
}

template <class Loop>
double pairs_per_second(const Exec& exec) {
  const int steps = 60;
  return double(Loop::targets) * Loop::sources * steps * iterations(exec) /
         best_loop_seconds(exec, Loop(exec, steps));
}

/// Roots and blocks as `p2p` picks them.
template <class T, bool WithGradient>
double pairs_per_second(const Exec& exec, NearField near_field) {
  constexpr bool in_double = std::is_same_v<T, double>;
  if constexpr (!in_double) {
    if (near_field == NearField::fast)
      return pairs_per_second<
          MixedPairLoop<WithGradient, false, LaplacePairs<Root::estimate, false>>>(exec);
    return pairs_per_second<MixedPairLoop<WithGradient, false, LaplacePairs<Root::exact, false>>>(
        exec);
  } else {
    if (near_field == NearField::fast)
      return pairs_per_second<PairLoop<T, WithGradient, LaplacePairs<Root::step, true>>>(exec);
    if (near_field == NearField::mixed)
      return pairs_per_second<MixedPairLoop<WithGradient, true, LaplacePairs<Root::step, false>>>(
          exec);
    if (near_field == NearField::rough)
      return pairs_per_second<
          MixedPairLoop<WithGradient, false, LaplacePairs<Root::estimate, false>>>(exec);
    return pairs_per_second<PairLoop<T, WithGradient, LaplacePairs<Root::exact, true>>>(exec);
  }
}

}  // namespace Limits

/// Floating-point operations per second, fused multiply-adds counted as two.
template <class T>
double flops_limit(const Exec& exec) {
  static const double limit = [&] {
    using Loop = Limits::FmaLoop<T>;
    const Kokkos::View<T*, Memory> sums("Octopole::Bench::limit", Limits::iterations(exec));
    const int steps = 50000;
    const double flops =
        2.0 * Loop::chains * steps * SimdTraits<Exec, T>::width * Limits::iterations(exec);
    return flops / Limits::best_loop_seconds(exec, Loop{sums, steps});
  }();
  return limit;
}

/// Bytes per second, counted as STREAM does: what is read for the sake of a write is not.
inline double bytes_limit(const Exec& exec) {
  static const double limit = [&] {
    const int n = 1 << 23;  // 64 MB each
    const auto array = [&] { return Kokkos::View<double*, Memory>("Octopole::Bench::limit", n); };
    const Limits::Triad triad{array(), array(), array()};
    return 3.0 * sizeof(double) * n / Limits::best_seconds(exec, [&] {
             Kokkos::parallel_for("Octopole::Bench::limit", Kokkos::RangePolicy<Exec>(exec, 0, n),
                                  triad);
           });
  }();
  return limit;
}

/// Pairs of a Laplace target and source per second.
template <class T, bool WithGradient>
double pairs_limit(const Exec& exec, NearField near_field = NearField::exact) {
  static std::map<NearField, double> limits;
  double& limit = limits[near_field];
  if (limit == 0) limit = Limits::pairs_per_second<T, WithGradient>(exec, near_field);
  return limit;
}

/// Floating-point operations per second of a matrix product alone, on columns that lie side by
/// side: a square matrix of `size` by as many columns as a level has boxes. By KokkosBlas::gemm,
/// which is the BLAS library's or, where KokkosKernels was built without one, loops of its own; and
/// by the library that LAPACK brings along in any case.
enum class Gemm { kokkos, blas };

template <class T>
double gemm_limit(const Exec& exec, int size, Gemm by) {
  static std::map<std::pair<Gemm, int>, double> limits;
  double& limit = limits[{by, size}];
  if (limit == 0) {
    const int columns = 8000;
    using Matrix = Kokkos::View<T**, Kokkos::LayoutLeft, Memory>;
    const Matrix a("Octopole::Bench::limit", size, size),
        b("Octopole::Bench::limit", size, columns), c("Octopole::Bench::limit", size, columns);
    Kokkos::deep_copy(a, T(0.25));
    Kokkos::deep_copy(b, T(0.25));
    const T one = 1, zero = 0;
    limit = 2.0 * size * size * columns / Limits::best_seconds(exec, [&] {
              if (by == Gemm::kokkos)
                KokkosBlas::gemm(exec, "N", "N", one, a, b, zero, c);
              else if constexpr (std::is_same_v<T, double>)
                dgemm_("N", "N", &size, &columns, &size, &one, a.data(), &size, b.data(), &size,
                       &zero, c.data(), &size);
              else
                sgemm_("N", "N", &size, &columns, &size, &one, a.data(), &size, b.data(), &size,
                       &zero, c.data(), &size);
            });
  }
  return limit;
}

/// Counters of a row that is made of pairs, of floating-point operations, or of nothing but
/// traffic: `bytes` is what has to be read and written at least.
template <class T, bool WithGradient>
void count_pairs(benchmark::State& state, const Exec& exec, double pairs, double seconds,
                 NearField near_field = NearField::exact) {
  state.counters["Gpairs"] = 1e-9 * pairs;
  if (pairs == 0) return;
  state.counters["Gpairs/s"] = 1e-9 * pairs / seconds;
  state.counters["of_limit"] = pairs / seconds / pairs_limit<T, WithGradient>(exec, near_field);
}
template <class T>
void count_flops(benchmark::State& state, const Exec& exec, double flops, double seconds) {
  state.counters["GF/s"] = 1e-9 * flops / seconds;
  state.counters["of_limit"] = flops / seconds / flops_limit<T>(exec);
}
/// Products with matrices of about `size` by `size`.
template <class T>
void count_dense(benchmark::State& state, const Exec& exec, double flops, double seconds,
                 int size) {
  count_flops<T>(state, exec, flops, seconds);
  state.counters["of_gemm"] = flops / seconds / gemm_limit<T>(exec, size, Gemm::kokkos);
  if constexpr (std::is_same_v<Memory, Kokkos::HostSpace>)
    state.counters["of_blas"] = flops / seconds / gemm_limit<T>(exec, size, Gemm::blas);
}
inline void count_bytes(benchmark::State& state, const Exec& exec, double bytes, double seconds) {
  state.counters["GB/s"] = 1e-9 * bytes / seconds;
  state.counters["of_limit"] = bytes / seconds / bytes_limit(exec);
}

}  // namespace Octopole::Bench

#endif
