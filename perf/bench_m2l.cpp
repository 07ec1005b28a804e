// SPDX-License-Identifier: BSD-3-Clause
// M2L `blas`, compressed (randomised SVD, a recompressed core per transfer vector) and at full rank,
// and M2L `fft`: the time of the stage, what it costs in memory, and the error of the whole.
#include <Octopole.hpp>

#include "Octopole_BenchLimits.hpp"

namespace Octopole::Bench {
namespace {

struct Variant {
  const char* name;
  M2L m2l;
  int rank;
};
constexpr Variant variants[] = {{"m2l:fft", M2L::fft, 0},
                                {"m2l:blas/rank:compressed", M2L::blas, 0},
                                {"m2l:blas/rank:full", M2L::blas, -1}};

template <class T>
double m2l(benchmark::State& state, const Workload& w, int order, const Variant& variant) {
  const Exec exec;
  const Input<T> input(w);
  const Kokkos::View<T*, Memory> potential("Octopole::Bench::potential", w.n);
  const Kokkos::View<T* [3], Kokkos::LayoutRight, Memory> gradient("Octopole::Bench::gradient",
                                                                   w.n);
  Plan plan(exec, Laplace<T>{}, input.points,
            Options{.digits = std::min(6, Accuracy::max_digits<T>),
                    .order = order,
                    .m2l = variant.m2l,
                    .m2l_rank = variant.rank,
                    .method = Method::fmm,
                    .leaf_capacity = 150,
                    .cache = Cache::read_write(),
                    .gradient = true});
  plan.set_timing(true);
  std::vector<double> times;
  for (int r = 0; r <= 3; ++r) {
    plan.execute(exec, input.charges, Outputs{.potential = potential, .gradient = gradient});
    if (r > 0) times.push_back(plan.stage_seconds().m2l);
  }
  const double seconds = median(std::move(times));
  const PlanFacts& f = plan.facts();
  count_flops<T>(state, exec, f.m2l_flops, seconds);
  auto& c = state.counters;
  c["GF"] = 1e-9 * f.m2l_flops;
  c["rank"] = f.m2l_rank;
  c["box_pairs"] = double(f.pairs_m2l);
  c["error_potential"] = error_of(w, potential);
  c["error_gradient"] = error_of(w, gradient);
  c["plan_GB"] = 1e-9 * double(f.plan_bytes);
  return seconds;
}

template <class T>
void add(const Workload& w, int order) {
  for (const Variant& variant : variants)
    add_row(std::string("m2l/kernel:laplace/T:") + scalar_name<T>() + "/" + variant.name +
                "/order:" + std::to_string(order) + "/" + w.name(),
            [=](benchmark::State& state) { return m2l<T>(state, w, order, variant); });
}

}  // namespace

void register_benchmarks(bool all) {
  for (const char* distribution : {"sphere", "cube"})
    for (const char* law : {"positive", "zero-mean"})
      for (const std::size_t n : {100000, 1000000}) {
        if (!all && (n > 100000 || law[0] == 'z')) continue;
        for (const int order : {4, 6, 8}) {
          add<double>({distribution, law, n}, order);
          if (all && order <= 6) add<float>({distribution, law, n}, order);
        }
      }
}

}  // namespace Octopole::Bench
