// SPDX-License-Identifier: BSD-3-Clause
#include "driver_run.hpp"

#include <sys/resource.h>

#include <Octopole.hpp>
#include <algorithm>
#include <cmath>

#include "Octopole_Workloads.hpp"
#include "driver_progress.hpp"

namespace Octopole::Driver {
namespace {

using Exec = Kokkos::DefaultExecutionSpace;
using Memory = Exec::memory_space;

Octopole::Options plan_options(const Options& o) {
  Octopole::Options p;
  if (o.digits) p.digits = *o.digits;
  p.order = o.order.value_or(p.order);
  p.check_order = o.check_order.value_or(p.check_order);
  p.inner = o.inner.value_or(p.inner);
  p.outer = o.outer.value_or(p.outer);
  p.m2l = o.m2l == "blas" ? M2L::blas : o.m2l == "fft" ? M2L::fft : M2L::automatic;
  p.m2l_memory = o.m2l_memory_mb << 20;
  p.tune = o.tune;
  p.m2l_single = o.m2l_single;
  for (const NearField n : {NearField::exact, NearField::fast, NearField::mixed, NearField::rough})
    if (o.near_field == name_of(n)) p.near_field = n;
  p.m2l_tolerance = o.m2l_tolerance.value_or(p.m2l_tolerance);
  p.m2l_rank = o.m2l_rank.value_or(p.m2l_rank);
  p.method = o.method == "fmm"      ? Method::fmm
             : o.method == "direct" ? Method::direct
                                    : Method::automatic;
  p.leaf_capacity = o.leaf_capacity;
  p.root_scale = o.root_scale == 0 ? 0 : std::clamp(o.root_scale, 1.0, 4.0);
  p.balance = o.balance;
  p.cache = o.cache == "off" ? Cache::off() : Cache::read_write(o.cache);
  p.gradient = o.gradient;
  return p;
}

/// The caller's points where the device can reach them: on host spaces, no copy.
auto coordinates_on_device(const std::vector<double>& xyz) {
  const Kokkos::View<const double* [3], Kokkos::LayoutRight, Kokkos::HostSpace,
                     Kokkos::MemoryTraits<Kokkos::Unmanaged>>
      host(xyz.data(), xyz.size() / 3);
  return Kokkos::create_mirror_view_and_copy(Memory(), host);
}

template <class T>
Kokkos::View<T*, Memory> charges_on_device(const std::vector<double>& charges) {
  const Kokkos::View<T*, Memory> device(
      Kokkos::view_alloc(Kokkos::WithoutInitializing, "Octopole::driver::charges"), charges.size());
  const auto host = Kokkos::create_mirror_view(device);
  std::transform(charges.begin(), charges.end(), host.data(),
                 [](double q) { return static_cast<T>(q); });
  Kokkos::deep_copy(device, host);
  return device;
}

template <class View>
std::vector<double> on_host(const View& device) {
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), device);
  return {host.data(), host.data() + host.size()};
}

/// Fences on both sides: what `work` launched has ended when the clock is read.
template <class Work>
double timed(const Exec& exec, Work work) {
  exec.fence("Octopole::driver::before");
  const Kokkos::Timer timer;
  work();
  exec.fence("Octopole::driver::after");
  return timer.seconds();
}

double median(std::vector<double> times) {
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  if (times.size() % 2) return *middle;
  return (*middle + *std::max_element(times.begin(), middle)) / 2;
}

std::size_t peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

/// The middle one of the runs with stage timing.
StageSeconds median(std::vector<StageSeconds> runs) {
  const auto middle = runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2);
  std::nth_element(runs.begin(), middle, runs.end(),
                   [](const auto& a, const auto& b) { return a.evaluate < b.evaluate; });
  return *middle;
}

/// Warm-up, then repeats with and without stage timing; leaves the outputs in `result`.
template <class T, class Plan>
void measure(const Exec& exec, Plan& plan, const Options& options, const PointSet& points,
             const Progress& progress, Result& result) {
  const auto charges = charges_on_device<T>(points.charges);
  const Kokkos::View<T*, Memory> potential("Octopole::driver::potential", points.n_targets());
  const Kokkos::View<T* [3], Kokkos::LayoutRight, Memory> gradient(
      "Octopole::driver::gradient", options.gradient ? points.n_targets() : 0);
  const auto execute = [&] {
    if (options.gradient)
      plan.execute(exec, charges, Outputs{.potential = potential, .gradient = gradient});
    else
      plan.execute(exec, charges, Outputs{.potential = potential});
  };

  progress.now("warming up");
  timed(exec, execute);
  // Stages are timed in runs of their own, for the fences between them cost time; in turn with the
  // others, so that both see the machine in the same state.
  std::vector<double> times;
  std::vector<StageSeconds> stages;
  for (int r = 1; r <= options.repeat; ++r) {
    progress.now("executing, " + std::to_string(r) + " of " + std::to_string(options.repeat));
    times.push_back(timed(exec, execute));
    plan.set_timing(true);
    execute();
    stages.push_back(plan.stage_seconds());
    plan.set_timing(false);
  }
  result.seconds = median(std::move(stages));
  result.seconds.evaluate = median(std::move(times));
  exec.fence("Octopole::driver::outputs");
  result.potential = on_host(potential);
  result.gradient = on_host(gradient);
}

template <class T>
Result run_in(const Options& options, const PointSet& points, const Progress& progress) {
  const Exec exec;
  Result result;
  result.backend = Exec::name();
  result.threads = exec.concurrency();

  progress.now("planning");
  const auto sources = coordinates_on_device(points.sources);
  const auto measure_plan = [&](auto plan) {
    measure<T>(exec, plan, options, points, progress, result);
    result.facts = plan.facts();
  };
  if (points.targets.empty())
    measure_plan(Plan(exec, Laplace<T>{}, sources, plan_options(options)));
  else
    measure_plan(Plan(exec, Laplace<T>{}, sources, coordinates_on_device(points.targets),
                      plan_options(options)));
  result.peak_rss_bytes = peak_rss_bytes();
  return result;
}

DirectCheck::Error worse(const DirectCheck::Error& a, const DirectCheck::Error& b) {
  // Not max(a, b): a NaN has to win from either side.
  return {a.relative_l2 >= b.relative_l2 ? a.relative_l2
          : std::isnan(a.relative_l2)    ? a.relative_l2
                                         : b.relative_l2,
          a.maximum >= b.maximum  ? a.maximum
          : std::isnan(a.maximum) ? a.maximum
                                  : b.maximum};
}

/// The inputs as given, in double, are the reference for single precision too.
CheckedError check(const Options& options, const PointSet& points, const Result& result) {
  const auto reference = DirectCheck::reference(
      points.sources, points.charges, points.target_coordinates(), options.check, options.gradient);
  const auto error = [&](const std::vector<double>& computed, const std::vector<double>& expected,
                         std::size_t components) {
    const auto within = [&](std::size_t begin, std::size_t end) {
      return DirectCheck::compare(computed, expected, reference.targets, components, begin, end);
    };
    const std::size_t n = points.n_targets();
    DirectCheck::Error whole = within(0, n);
    if (options.input.empty() && options.distribution == "two-scale") {
      // The ball's potentials are a thousand times those of the cube and would hide its errors.
      const std::size_t half = Workloads::two_scale_first_half(n);
      whole = worse(whole, worse(within(0, half), within(half, n)));
    }
    return whole;
  };
  CheckedError checked;
  checked.targets = reference.targets.size();
  checked.potential = error(result.potential, reference.potential, 1);
  if (options.gradient) checked.gradient = error(result.gradient, reference.gradient, 3);
  return checked;
}

}  // namespace

Result run(const Options& options, const PointSet& points) {
  const Progress progress;
  Result result = options.precision == "single" ? run_in<float>(options, points, progress)
                                                : run_in<double>(options, points, progress);
  if (options.check > 0) {
    progress.now("checking against a direct sum");
    result.error = check(options, points, result);
  }
  return result;
}

}  // namespace Octopole::Driver
