// SPDX-License-Identifier: BSD-3-Clause
// M2L `blas`, compressed (randomised SVD, a recompressed core per transfer vector) and at full
// rank, and M2L `fft`: the time of the stage, what it costs in memory, and the error of the whole.
#include <Octopole.hpp>

#include <perf/bench/Octopole_BenchLimits.hpp>

namespace Octopole::Bench {
namespace {

struct Variant {
  const char* name;
  M2L m2l;
  int rank, single;
};
constexpr Variant variants[] = {{"m2l:fft", M2L::fft, 0, 0},
                                {"m2l:blas/rank:compressed", M2L::blas, 0, -1},
                                {"m2l:blas/rank:full", M2L::blas, -1, -1}};
constexpr Variant fft_single = {"m2l:fft,single", M2L::fft, 0, 1};

/// M2L alone timed, potential and, if the options name it, gradient computed. Every right-hand side is
/// the workload's own; the error is the last one's.
template <class T>
double m2l(benchmark::State& state, const Workload& w, const Options& options) {
  const Exec exec;
  const Input<T> input(w);
  const int sides = options.right_hand_sides;
  const bool with_gradient = options.outputs == Output::gradient;
  const Kokkos::View<T**, Kokkos::LayoutLeft, Memory> charges("Octopole::Bench::charges", w.n,
                                                              sides),
      potential("Octopole::Bench::potential", w.n, sides);
  const Kokkos::View<T***, Kokkos::LayoutLeft, Memory> gradient("Octopole::Bench::gradient",
                                                                with_gradient ? w.n : 0, 3, sides);
  for (int r = 0; r < sides; ++r)
    Kokkos::deep_copy(Kokkos::subview(charges, Kokkos::ALL, r), input.charges);
  Plan plan(exec, Laplace<T>{}, input.points, options);
  plan.set_timing(true);
  std::vector<double> times;
  for (int r = 0; r <= 3; ++r) {
    if (with_gradient)
      plan.execute(exec, charges, outputs().potential(potential).gradient(gradient));
    else
      plan.execute(exec, charges, potential);
    if (r > 0) times.push_back(plan.stage_seconds().m2l);
  }
  const double seconds = median(std::move(times));
  const PlanFacts& f = plan.facts();
  if (f.m2l_single)
    count_flops<float>(state, exec, f.m2l_flops, seconds);
  else
    count_flops<T>(state, exec, f.m2l_flops, seconds);
  auto& c = state.counters;
  c["GF"] = 1e-9 * f.m2l_flops;
  c["order"] = f.order;
  c["rank"] = f.m2l_rank;
  c["leaf_capacity"] = f.leaf_capacity;
  c["box_pairs"] = double(f.pairs_m2l);
  c["sides"] = sides;
  const Kokkos::View<T*, Memory> last("Octopole::Bench::potential", w.n);
  Kokkos::deep_copy(last, Kokkos::subview(potential, Kokkos::ALL, sides - 1));
  c["error_potential"] = error_of(w, last);
  if (with_gradient) {
    const Kokkos::View<T* [3], Kokkos::LayoutRight, Memory> last_gradient(
        "Octopole::Bench::gradient", w.n);
    Kokkos::deep_copy(last_gradient,
                      Kokkos::subview(gradient, Kokkos::ALL, Kokkos::ALL, sides - 1));
    c["error_gradient"] = error_of(w, last_gradient);
  }
  c["plan_GB"] = 1e-9 * double(f.plan_bytes);
  return seconds;
}

Options options_of(const Variant& variant) {
  return {.m2l = variant.m2l,
          .m2l_rank = variant.rank,
          .m2l_single = variant.single,
          .method = Method::fmm,
          .cache = Cache::read_write()};
}

template <class T>
std::string row_name(const Variant& variant, const char* accuracy, int number, const Workload& w) {
  return std::string("m2l/kernel:laplace/T:") + scalar_name<T>() + "/" + variant.name + "/" +
         accuracy + ":" + std::to_string(number) + "/" + w.name();
}

template <class T>
void add_order(const Workload& w, int order) {
  for (const Variant& variant : variants) {
    Options o = options_of(variant);
    o.digits = std::min(6, Accuracy::max_digits<T>);
    o.order = order;
    o.leaf_capacity = 150;
    o.outputs = Output::gradient;
    add_row(row_name<T>(variant, "order", order, w),
            [=](benchmark::State& state) { return m2l<T>(state, w, o); });
  }
}

/// All on one tree: the one that the library chooses for `fft` as it comes.
template <class T>
void add_digits(const Workload& w, int digits, int sides) {
  const auto add = [&](const Variant& variant) {
    Options o = options_of(variant);
    o.digits = digits, o.right_hand_sides = sides;
    add_row(row_name<T>(variant, "digits", digits, w) + "/sides:" + std::to_string(sides),
            [=](benchmark::State& state) {
              Options chosen = o, same_tree = o;
              chosen.m2l = M2L::fft, chosen.m2l_single = -1;
              const Options tree = Plan(Exec(), Laplace<T>{}, Input<T>(w).points, chosen).options();
              same_tree.leaf_capacity = tree.leaf_capacity, same_tree.root_scale = tree.root_scale;
              return m2l<T>(state, w, same_tree);
            });
  };
  add(variants[0]);
  if (std::is_same_v<T, double> && Accuracy::m2l_single<Laplace<T>>(digits, 0)) add(fft_single);
  add(variants[1]);
}

}  // namespace

void register_benchmarks(bool all) {
  for (const char* distribution : {"sphere", "cube"}) {
    const Workload w{distribution, "zero-mean", 100000};
    for (const int sides : {1, 4}) {
      for (int digits = 3; digits <= Accuracy::max_digits<double>; ++digits)
        add_digits<double>(w, digits, sides);
      for (int digits = 3; digits <= Accuracy::max_digits<float>; ++digits)
        add_digits<float>(w, digits, sides);
    }
  }
  for (const char* distribution : {"sphere", "cube"})
    for (const char* law : {"positive", "zero-mean"})
      for (const std::size_t n : {100000, 1000000}) {
        if (!all && (n > 100000 || law[0] == 'z')) continue;
        for (const int order : {4, 6, 8}) {
          add_order<double>({distribution, law, n}, order);
          if (all && order <= 6) add_order<float>({distribution, law, n}, order);
        }
      }
}

}  // namespace Octopole::Bench
