// SPDX-License-Identifier: BSD-3-Clause
// The whole method: time from the caller's charges to the caller's results,
// the error reached, and what a new plan (its end counted in) and an update of its points take.
#include <Octopole.hpp>
#include <array>

#include <perf/bench/Octopole_BenchLimits.hpp>

namespace Octopole::Bench {
namespace {

template <class T, bool WithGradient>
double whole(benchmark::State& state, const Workload& w, int digits) {
  const Exec exec;
  const Input<T> input(w);
  const Kokkos::View<T*, Memory> potential("Octopole::Bench::potential", w.n);
  const Kokkos::View<T* [3], Kokkos::LayoutRight, Memory> gradient("Octopole::Bench::gradient",
                                                                   WithGradient ? w.n : 0);
  const Options options{.digits = digits,
                        .method = Method::fmm,
                        .cache = Cache::read_write(),
                        .outputs = WithGradient ? Output::gradient : Output::potential};
  Plan plan(exec, Laplace<T>{}, input.points, options);
  const auto execute = [&] {
    if constexpr (WithGradient)
      plan.execute(exec, input.charges, outputs().potential(potential).gradient(gradient));
    else
      plan.execute(exec, input.charges, potential);
  };
  const double seconds = median_seconds(exec, 3, execute);
  // Stage times cost fences: taken in a run of their own.
  plan.set_timing(true);
  execute();
  const StageSeconds stages = plan.stage_seconds();

  const PlanFacts& f = plan.facts();
  auto& c = state.counters;
  c["error_potential"] = error_of(w, potential);
  if (WithGradient) c["error_gradient"] = error_of(w, gradient);
  c["Mpoints/s"] = 1e-6 * double(w.n) / seconds;
  c["Gpairs/s"] = 1e-9 * double(f.pairs_p2p) / stages.p2p;
  c["P2P_of_limit"] = double(f.pairs_p2p) / stages.p2p /
                      pairs_limit<T, WithGradient>(exec, plan.options().near_field);
  if (f.m2l_flops > 0) {
    c["M2L_GF/s"] = 1e-9 * f.m2l_flops / stages.m2l;
    c["M2L_of_limit"] =
        f.m2l_flops / stages.m2l / (f.m2l_single ? flops_limit<float>(exec) : flops_limit<T>(exec));
  }
  c["order"] = f.order;
  c["leaf_capacity"] = f.leaf_capacity;
  c["launches"] = double(f.launches);
  c["tree+lists_s"] = stages.tree + stages.lists;
  c["plan_s"] =
      median_seconds(exec, 3, [&] { Plan anew(exec, Laplace<T>{}, input.points, options); });
  c["update_s"] = median_seconds(exec, 3, [&] { plan.update_points(exec, input.points); });
  c["GB"] = 1e-9 * double(f.plan_bytes);
  return seconds;
}

template <class T>
void add(const Workload& w, int digits, bool gradient) {
  add_row(std::string("fmm/kernel:laplace/T:") + scalar_name<T>() +
              "/digits:" + std::to_string(digits) +
              "/out:" + (gradient ? "gradient" : "potential") + "/" + w.name(),
          [=](benchmark::State& state) {
            return gradient ? whole<T, true>(state, w, digits) : whole<T, false>(state, w, digits);
          });
}

}  // namespace

void register_benchmarks(bool all) {
  const std::size_t small = 100000, large = 1000000;
  if (!all) {
    for (const auto name : Workloads::distributions)
      for (const bool gradient : {false, true})
        add<double>({std::string(name), "zero-mean", small}, 6, gradient);
    for (const int digits : {3, 9}) add<double>({"cube", "zero-mean", small}, digits, false);
    for (const int digits : {3, 4}) add<float>({"cube", "zero-mean", small}, digits, false);
    add<double>({"cube", "zero-mean", large}, 6, false);
    return;
  }
  // Rows of one workload stand together, so that its direct sum is made once.
  for (const std::size_t n : {small, large})
    for (const auto name : Workloads::distributions)
      for (const auto law : Workloads::charge_laws)
        for (const bool gradient : {false, true}) {
          const Workload w{std::string(name), std::string(law), n};
          for (const int digits : {3, 6, 9, 10}) add<double>(w, digits, gradient);
          for (const int digits : {3, 4}) add<float>(w, digits, gradient);
        }
}

}  // namespace Octopole::Bench
