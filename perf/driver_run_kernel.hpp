// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_RUN_KERNEL_HPP
#define OCTOPOLE_DRIVER_RUN_KERNEL_HPP

#include <Octopole.hpp>
#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "driver_progress.hpp"
#include "driver_run.hpp"

/// One kernel's run. Each kernel has a source file of its own, driver_run_*.cpp: where the library
/// holds no engine (on a device) each compiles one.
namespace Octopole::Driver {

using Exec = Kokkos::DefaultExecutionSpace;
using Memory = Exec::memory_space;

// driver_run.cpp
Octopole::Options plan_options(const Options& options);
double median(std::vector<double> times);
/// The middle one of the runs with stage timing.
StageSeconds median(std::vector<StageSeconds> runs);
std::size_t peak_rss_bytes();

/// The caller's points where the device can reach them: on host spaces, no copy.
inline auto coordinates_on_device(const std::vector<double>& xyz) {
  const Kokkos::View<const double* [3], Kokkos::LayoutRight, Kokkos::HostSpace,
                     Kokkos::MemoryTraits<Kokkos::Unmanaged>>
      host(xyz.data(), xyz.size() / 3);
  return Kokkos::create_mirror_view_and_copy(Memory(), host);
}

template <class T, std::size_t Rank>
using Array =
    Kokkos::View<std::conditional_t<Rank == 2, T**, std::conditional_t<Rank == 3, T***, T****>>,
                 Kokkos::LayoutRight, Memory>;

/// (n, those of the two extents that are not one, right-hand sides), not initialised.
template <class T, std::size_t E0, std::size_t E1>
auto array_of(const std::string& label, std::size_t n, std::size_t right_hand_sides) {
  constexpr std::size_t rank = 2 + (E0 > 1) + (E1 > 1);
  Kokkos::LayoutRight extents;
  std::size_t d = 0;
  extents.dimension[d++] = n;
  for (const std::size_t e : {E0, E1})
    if (e > 1) extents.dimension[d++] = e;
  extents.dimension[d] = right_hand_sides;
  return Array<T, rank>(Kokkos::view_alloc(Kokkos::WithoutInitializing, label), extents);
}

/// Numbers in the order of the array, which is LayoutRight.
template <class View>
void to_device(const std::vector<double>& numbers, const View& device) {
  using T = typename View::non_const_value_type;
  const auto host = Kokkos::create_mirror_view(device);
  std::transform(numbers.begin(), numbers.end(), host.data(),
                 [](double q) { return static_cast<T>(q); });
  Kokkos::deep_copy(device, host);
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

/// Calls f.template operator()<Set>() for the set that `wanted` is.
template <class Kernel, Output Set = Output::none, int i = 0, class F>
void with_outputs(Output wanted, const F& f) {
  if constexpr (i == Family<Kernel>::levels) {
    if constexpr (Set != Output::none) f.template operator()<Set>();
  } else if (constexpr Output one = Family<Kernel>::term(i).output; contains(wanted, one)) {
    with_outputs<Kernel, Set | one, i + 1>(wanted, f);
  } else {
    with_outputs<Kernel, Set, i + 1>(wanted, f);
  }
}

/// The array of an output, or what stands for one that is not wanted.
template <class Kernel, Output Set, Output One>
auto array_if_wanted(std::size_t n, std::size_t right_hand_sides) {
  if constexpr (contains(Set, One)) {
    constexpr OutputTerm term = [] {
      for (int i = 0; i < Family<Kernel>::levels; ++i)
        if (Family<Kernel>::term(i).output == One) return Family<Kernel>::term(i);
      return OutputTerm{};
    }();
    return array_of<typename Kernel::scalar, term.extents[0], term.extents[1]>(
        std::string("Octopole::driver::") + name_of(One), n, right_hand_sides);
  } else {
    return NoOutput{};
  }
}
template <class Kernel, Output Set>
auto arrays_of(std::size_t n, std::size_t right_hand_sides) {
  const auto array = [&]<Output One>() {
    return array_if_wanted<Kernel, Set, One>(n, right_hand_sides);
  };
  return Outputs{.potential = array.template operator()<Output::potential>(),
                 .gradient = array.template operator()<Output::gradient>(),
                 .hessian = array.template operator()<Output::hessian>(),
                 .velocity = array.template operator()<Output::velocity>(),
                 .pressure = array.template operator()<Output::pressure>(),
                 .velocity_gradient = array.template operator()<Output::velocity_gradient>()};
}

/// Warm-up, then repeats with and without stage timing; leaves the outputs in `result`.
template <class Plan, class Charges, class... Views>
void measure(const Exec& exec, Plan& plan, const Options& options, const Charges& charges,
             const Outputs<Views...>& outputs, const Progress& progress, Result& result) {
  const auto execute = [&] { plan.execute(exec, charges, outputs); };

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
  outputs.for_each([&](Output one, const auto& view) { result[one] = on_host(view); });
}

/// What the driver's table says of a kernel is what the library says.
template <class Kernel>
constexpr bool agrees(const KernelShape& shape) {
  const std::size_t parts = shape.parts();
  if (Family<Kernel>::charges != int(shape.components * parts)) return false;
  if (Family<Kernel>::levels != shape.n_outputs || is_complex<Kernel> != shape.complex)
    return false;
  for (int i = 0; i < shape.n_outputs; ++i) {
    const OutputTerm term = Family<Kernel>::term(i);
    if (term.output != shape.outputs[i].output ||
        term.rows() != int(shape.outputs[i].components() * parts))
      return false;
  }
  return true;
}

template <class Kernel>
Result run_in_precision(const Kernel& kernel, const Options& options, const PointSet& points,
                        const Progress& progress) {
  using T = typename Kernel::scalar;
  const Exec exec;
  Result result;
  result.backend = Exec::name();
  result.threads = exec.concurrency();

  progress.now("planning");
  const auto sources = coordinates_on_device(points.sources);
  const std::size_t sides = options.right_hand_sides;
  constexpr std::size_t parts = is_complex<Kernel> ? 2 : 1, C = Family<Kernel>::charges / parts;
  const auto measure_plan = [&](auto plan) {
    const auto charges =
        array_of<T, C, parts>("Octopole::driver::charges", points.n_sources(), sides);
    to_device(points.charges, charges);
    with_outputs<Kernel>(options.outputs, [&]<Output Set>() {
      const auto outputs = arrays_of<Kernel, Set>(points.n_targets(), sides);
      measure(exec, plan, options, charges, outputs, progress, result);
    });
    result.facts = plan.facts();
  };
  const auto make_plan = [&](const auto&... targets) {
    // The first of a process meets memory and kernels that nobody has touched.
    for (int p = 1; p < options.plans; ++p)
      Plan(exec, kernel, sources, targets..., plan_options(options));
    measure_plan(Plan(exec, kernel, sources, targets..., plan_options(options)));
  };
  if (points.targets.empty())
    make_plan();
  else
    make_plan(coordinates_on_device(points.targets));
  result.peak_rss_bytes = peak_rss_bytes();
  return result;
}

/// `parameters`: of the kernel's constructor.
template <template <class> class Kernel, const KernelShape& shape, class... Parameters>
Result run_kernel(const Options& options, const PointSet& points, const Progress& progress,
                  Parameters... parameters) {
  static_assert(agrees<Kernel<double>>(shape) && agrees<Kernel<float>>(shape));
  return options.precision == "single"
             ? run_in_precision(Kernel<float>{parameters...}, options, points, progress)
             : run_in_precision(Kernel<double>{parameters...}, options, points, progress);
}

// One source file each.
Result run_laplace(const Options& options, const PointSet& points, const Progress& progress);
Result run_laplace_dipole(const Options& options, const PointSet& points, const Progress& progress);
Result run_yukawa(const Options& options, const PointSet& points, const Progress& progress);
Result run_helmholtz(const Options& options, const PointSet& points, const Progress& progress);
Result run_stokeslet(const Options& options, const PointSet& points, const Progress& progress);
Result run_biot_savart(const Options& options, const PointSet& points, const Progress& progress);

}  // namespace Octopole::Driver

#endif
