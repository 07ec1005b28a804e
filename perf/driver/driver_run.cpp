// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_run.hpp>
#include <perf/driver/driver_stages.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <core/plan/Octopole_AnyPlan.hpp>
#include <core/plan/Octopole_OptionNames.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <perf/driver/driver_check.hpp>
#include <perf/driver/driver_combine.hpp>
#include <perf/driver/driver_report.hpp>

namespace Octopole::Driver {
namespace {

using Exec = AnyPlan::ExecutionSpace;
using Memory = Exec::memory_space;

Octopole::Options plan_options(const Options& o) {
  Octopole::Options p;
  if (o.digits) p.digits = *o.digits;
  p.order = o.order.value_or(p.order);
  p.check_order = o.check_order.value_or(p.check_order);
  p.inner = o.inner.value_or(p.inner);
  p.outer = o.outer.value_or(p.outer);
  p.m2l = m2l_named(o.m2l);
  p.m2l_memory = o.m2l_memory_mb << 20;
  p.tune = o.tune;
  p.m2l_single = o.m2l_single;
  p.near_field = near_field_named(o.near_field);
  p.m2l_tolerance = o.m2l_tolerance.value_or(p.m2l_tolerance);
  p.m2l_rank = o.m2l_rank.value_or(p.m2l_rank);
  p.method = method_named(o.method);
  p.leaf_capacity = o.leaf_capacity;
  p.root_scale = o.root_scale == 0 ? 0 : std::clamp(o.root_scale, 1.0, 4.0);
  p.balance = o.balance;
  if (o.cell) {
    p.periodic = Periodic{.cell = *o.cell};
    for (std::size_t d = 0; d < 3; ++d)
      p.periodic->axes[d] = o.axes.find("xyz"[d]) != std::string::npos;
  }
  p.cache = o.cache == "off" ? Cache::off() : Cache::read_write(o.cache);
  p.outputs = o.outputs;
  p.right_hand_sides = o.right_hand_sides;
  return p;
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

StageSeconds median(std::vector<StageSeconds> runs) {
  const auto middle = runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2);
  std::nth_element(runs.begin(), middle, runs.end(),
                   [](const auto& a, const auto& b) { return a.evaluate < b.evaluate; });
  return *middle;
}

/// The caller's points where the device can reach them: on host spaces, no copy.
auto coordinates_on_device(const std::vector<double>& xyz) {
  const Kokkos::View<const double* [3], Kokkos::LayoutRight, Kokkos::HostSpace,
                     Kokkos::MemoryTraits<Kokkos::Unmanaged>>
      host(xyz.data(), xyz.size() / 3);
  return Kokkos::create_mirror_view_and_copy(Memory(), host);
}

/// Numbers in an array on the device, row-major.
template <class T>
class DeviceArray {
 public:
  DeviceArray() = default;
  /// Not initialised.
  DeviceArray(const std::string& name, const std::vector<std::size_t>& extents)
      : m_extents(extents) {
    std::size_t size = 1;
    for (const std::size_t e : extents) size *= e;
    m_numbers =
        Numbers(Kokkos::view_alloc(Kokkos::WithoutInitializing, "Octopole::driver::" + name), size);
  }
  AnyArray array() const { return {m_numbers.data(), m_extents}; }
  void set(const std::vector<double>& numbers) const {
    const auto host = Kokkos::create_mirror_view(m_numbers);
    std::transform(numbers.begin(), numbers.end(), host.data(),
                   [](double q) { return static_cast<T>(q); });
    Kokkos::deep_copy(m_numbers, host);
  }
  std::vector<double> on_host() const {
    const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), m_numbers);
    return {host.data(), host.data() + host.size()};
  }

 private:
  using Numbers = Kokkos::View<T*, Memory>;
  std::vector<std::size_t> m_extents;
  Numbers m_numbers;
};

/// Fences on both sides: what `work` launched has ended when the clock is read.
template <class Work>
double timed(const Exec& exec, Work work) {
  exec.fence("Octopole::driver::before");
  const Kokkos::Timer timer;
  work();
  exec.fence("Octopole::driver::after");
  return timer.seconds();
}

/// Warm-up, then repeats with and without stage timing.
template <class Execute>
StageSeconds measure(const Exec& exec, AnyPlan& plan, const Options& o, Progress& progress,
                     Execute execute) {
  progress.begin("executing", 1 + 2 * o.repeat);
  {
    std::optional<StagesSeen> seen;  // a direct sum has but one
    if (plan.facts().method == "fmm") seen.emplace(progress);
    timed(exec, execute);
  }
  progress.step();
  // Stages are timed in runs of their own, for the fences between them cost time; in turn with the
  // others, so that both see the machine in the same state.
  std::vector<double> times;
  std::vector<StageSeconds> stages;
  for (int r = 1; r <= o.repeat; ++r) {
    times.push_back(timed(exec, execute));
    progress.step();
    plan.set_timing(true);
    execute();
    progress.step();
    stages.push_back(plan.stage_seconds());
    plan.set_timing(false);
  }
  StageSeconds seconds = median(std::move(stages));
  seconds.evaluate = median(std::move(times));
  exec.fence("Octopole::driver::outputs");
  return seconds;
}

/// Updates by the points that the plan was made of: a new tree and new lists. No value without
/// --updates.
std::optional<double> measure_updates(const Exec& exec, AnyPlan& plan, const Options& o,
                                      const PointSet& points, const Ranks& ranks,
                                      Progress& progress) {
  if (o.updates == 0) return {};
  const auto sources = coordinates_on_device(points.sources);
  const auto targets = coordinates_on_device(points.targets);
  ranks.ready();
  std::vector<double> times;
  progress.begin("updating", o.updates);
  for (int u = 1; u <= o.updates; ++u) {
    times.push_back(timed(exec, [&] {
      if (!points.has_targets())
        plan.update_points(exec, sources);
      else
        plan.update_points(exec, sources, targets);
    }));
    progress.step();
  }
  return median(std::move(times));
}

/// `T`: the scalar of the plan's precision.
template <class T>
void execute_plan(const Exec& exec, AnyPlan& plan, const Options& o, const PointSet& points,
                  const Ranks& ranks, Progress& progress, Result& result) {
  const KernelInfo& kernel = plan.kernel();
  const std::size_t sides = o.right_hand_sides;
  const DeviceArray<T> charges("charges", kernel.charge_extents(points.n_sources(), sides));
  charges.set(points.charges);
  std::vector<std::pair<Output, DeviceArray<T>>> arrays;
  AnyOutputs outputs;
  for (const OutputInfo& one : kernel.outputs) {
    if (!contains(o.outputs, one.output)) continue;
    const auto extents = kernel.output_extents(one, points.n_targets(), sides);
    arrays.emplace_back(one.output, DeviceArray<T>(name_of(one.output), extents));
    outputs[one.output] = arrays.back().second.array();
  }
  ranks.ready();
  result.seconds =
      measure(exec, plan, o, progress, [&] { plan.execute(exec, charges.array(), outputs); });
  for (const auto& [one, array] : arrays) result[one] = array.on_host();
}

/// What a report says of the values themselves.
void judge_values(const Options& o, const PointSet& points, Result& result) {
  for (int i = 0; i < output_count; ++i) {
    const std::vector<double>& values = result.values[std::size_t(i)];
    result.not_finite[std::size_t(i)] = std::size_t(
        std::count_if(values.begin(), values.end(), [](double x) { return !std::isfinite(x); }));
  }
  if (!has_coulomb_energy(o, points)) return;
  for (std::size_t i = 0; i < points.charges.size(); ++i)
    result.charge_times_potential += points.charges[i] * result[Output::potential][i];
}

}  // namespace

Result run(const Options& o, const PointSet& points, const Ranks& ranks, Progress& progress) {
  const Exec exec;
  Result result;
  result.backend = Exec::name();
  result.threads = exec.concurrency();

  progress.begin("planning", o.plans);
  const bool single = o.precision == "single";
  const auto make_plan = [&] {
    AnyKernel kernel{o.kernel_info().name};
    for (const ParameterInfo& one : o.kernel_info().parameters)
      kernel.parameters.push_back(o.parameter(one.name));
    const Precision precision = single ? Precision::float32 : Precision::float64;
    const auto sources = coordinates_on_device(points.sources);
    const auto targets = coordinates_on_device(points.targets);
    const auto options = plan_options(o);
    ranks.ready();
#ifdef OCTOPOLE_HAVE_MPI
    if (!ranks.is_alone())
      return points.has_targets()
                 ? AnyPlan(exec, MPI_COMM_WORLD, kernel, precision, sources, targets, options)
                 : AnyPlan(exec, MPI_COMM_WORLD, kernel, precision, sources, options);
#endif
    return points.has_targets() ? AnyPlan(exec, kernel, precision, sources, targets, options)
                                : AnyPlan(exec, kernel, precision, sources, options);
  };
  // The first of a process meets memory and kernels that nobody has touched.
  for (int p = 1; p < o.plans; ++p) {
    make_plan();
    progress.step();
  }
  AnyPlan plan = make_plan();
  if (single)
    execute_plan<float>(exec, plan, o, points, ranks, progress, result);
  else
    execute_plan<double>(exec, plan, o, points, ranks, progress, result);
  result.facts = plan.facts();
  result.update_seconds = measure_updates(exec, plan, o, points, ranks, progress);
  result.peak_rss_bytes = peak_rss_bytes();
  judge_values(o, points, result);
  combine(ranks, result);

  if (o.check > 0) {
    progress.begin(o.cell ? "checking against Ewald's sum" : "checking against a direct sum");
    result.error = check(o, points, result, ranks);
  }
  progress.end();
  return result;
}

}  // namespace Octopole::Driver
