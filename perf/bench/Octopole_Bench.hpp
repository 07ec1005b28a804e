// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_BENCH_HPP
#define OCTOPOLE_BENCH_HPP

#include <benchmark/benchmark.h>

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include <perf/judge/Octopole_DirectCheck.hpp>
#include <perf/judge/Octopole_Workloads.hpp>

/// What all benchmarks share: one way to measure, the workloads, the reference, and the row.
namespace Octopole::Bench {

using Exec = Kokkos::DefaultExecutionSpace;
using Memory = Exec::memory_space;

/// Each benchmark program defines this. `all`: those too that are not run unless asked for.
void register_benchmarks(bool all);

/// Wall seconds of `work`, fenced on both sides: what it launched has ended when the clock is read.
template <class Work>
double seconds_of(const Exec& exec, const Work& work) {
  exec.fence("Octopole::Bench::before");
  const Kokkos::Timer timer;
  work();
  exec.fence("Octopole::Bench::after");
  return timer.seconds();
}

inline double median(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const std::size_t n = times.size();
  return 0.5 * (times[(n - 1) / 2] + times[n / 2]);
}

/// Median of `repeats` after one warm-up; `prepare` runs before each, untimed.
template <class Prepare, class Work>
double median_seconds(const Exec& exec, int repeats, const Prepare& prepare, const Work& work) {
  std::vector<double> times;
  for (int r = 0; r <= repeats; ++r) {
    prepare();
    const double s = seconds_of(exec, work);
    if (r > 0) times.push_back(s);
  }
  return median(std::move(times));
}
template <class Work>
double median_seconds(const Exec& exec, int repeats, const Work& work) {
  return median_seconds(exec, repeats, [] {}, work);
}

/// A benchmark that measures by itself: `measure` returns seconds and may set counters.
inline void add_row(const std::string& name,
                    const std::function<double(benchmark::State&)>& measure) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [measure](benchmark::State& state) {
                                 for (auto _ : state) state.SetIterationTime(measure(state));
                               })
      ->Iterations(1)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

template <class T>
const char* scalar_name() {
  return std::is_same_v<T, float> ? "float" : "double";
}

/// A point set with its charges, by name. See Octopole_Workloads.hpp.
struct Workload {
  std::string distribution, charges;
  std::size_t n;

  std::string name() const {
    return "dist:" + distribution + "/charges:" + charges + "/N:" + std::to_string(n);
  }
};

/// The last thing made of its type, kept between rows while its name stays the same; let go of
/// before Kokkos ends.
template <class Thing, class Make>
Thing& kept(const std::string& name, const Make& make) {
  static std::string kept_name;
  static std::unique_ptr<Thing> thing;
  static bool hooked = false;
  if (!hooked) Kokkos::push_finalize_hook([] { thing.reset(); });
  hooked = true;
  if (!thing || kept_name != name) {
    thing.reset();
    thing = make();
    kept_name = name;
  }
  return *thing;
}

inline const Workloads::Points& points_of(const Workload& w) {
  return kept<Workloads::Points>(w.name(), [&] {
    return std::make_unique<Workloads::Points>(Workloads::make(w.distribution, w.charges, w.n, 42));
  });
}

/// Coordinates (N, 3) and charges (N) on the device.
template <class T>
struct Input {
  Kokkos::View<double* [3], Kokkos::LayoutRight, Memory> points;
  Kokkos::View<T*, Memory> charges;

  explicit Input(const Workload& w)
      : points("Octopole::Bench::points", w.n), charges("Octopole::Bench::charges", w.n) {
    const Workloads::Points& from = points_of(w);
    const auto x = Kokkos::create_mirror_view(points);
    const auto q = Kokkos::create_mirror_view(charges);
    std::copy(from.xyz.begin(), from.xyz.end(), x.data());
    std::transform(from.q.begin(), from.q.end(), q.data(), [](double c) { return T(c); });
    Kokkos::deep_copy(points, x);
    Kokkos::deep_copy(charges, q);
  }
};

/// Direct double sums, potential and gradient, at 1000 evenly strided targets.
inline const DirectCheck::Reference& reference_of(const Workload& w) {
  return kept<DirectCheck::Reference>(w.name(), [&] {
    const Workloads::Points& p = points_of(w);
    return std::make_unique<DirectCheck::Reference>(
        DirectCheck::reference(p.xyz, p.q, p.xyz, 1000, true));
  });
}

/// Relative L2 error of an output (n, components), row-major; of two-scale the worst of the whole
/// and its halves, since the ball would hide the errors of the cube.
template <class View>
double error_of(const Workload& w, const View& output) {
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), output);
  const std::vector<double> computed(host.data(), host.data() + host.size());
  const DirectCheck::Reference& expected = reference_of(w);
  const bool is_gradient = computed.size() > w.n;
  const auto within = [&](std::size_t begin, std::size_t end) {
    return DirectCheck::compare(computed, is_gradient ? expected.gradient : expected.potential,
                                expected.targets, is_gradient ? 3 : 1, begin, end)
        .relative_l2;
  };
  if (w.distribution != "two-scale") return within(0, w.n);
  const std::size_t half = Workloads::two_scale_first_half(w.n);
  double worst = within(0, w.n);
  for (const double e : {within(0, half), within(half, w.n)})
    if (!(e <= worst)) worst = e;  // a NaN stays
  return worst;
}

}  // namespace Octopole::Bench

#endif
