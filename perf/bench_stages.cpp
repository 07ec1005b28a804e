// SPDX-License-Identifier: BSD-3-Clause
// Every stage by its own function: set-up (sort, tree, lists, precompute, ...), the eight
// operators, and which part of each operator's time passes outside Kokkos kernels.
#include <cstdint>
#include <map>

#include "Octopole_BenchLimits.hpp"
#include "Octopole_BenchStages.hpp"

namespace Octopole::Bench {
namespace {

constexpr int repeats = 3;

/// Adds up `amount(box)` over all boxes.
template <class Amount>
double sum_over_boxes(const Exec& exec, int n, const Amount& amount) {
  double sum = 0;
  Kokkos::parallel_reduce(
      "Octopole::Bench::count", Kokkos::RangePolicy<Exec>(exec, 0, n),
      KOKKOS_LAMBDA(const int box, double& s) { s += amount(box); }, sum);
  return sum;
}

double points_row(benchmark::State& state, std::size_t n, double seconds) {
  state.counters["Mpoints/s"] = 1e-6 * double(n) / seconds;
  return seconds;
}

// ---- set-up

template <class T>
void add_setup(const StageCase& c) {
  const auto row = [&](const char* stage, auto measure) {
    add_row(std::string("stages/stage:") + stage + "/kernel:laplace/T:" + scalar_name<T>() + "/" +
                c.name(),
            [=](benchmark::State& state) { return measure(state, stages_of<T>(c)); });
  };
  const std::size_t n = c.workload.n;

  row("bounds", [n](auto& state, auto& s) {
    return points_row(state, n,
                      median_seconds(s.exec, repeats, [&] { bounds(s.exec, s.input.points); }));
  });
  row("sort", [n](auto& state, auto& s) {
    const Domain& domain = s.data().tree.domain;
    const auto points = s.input.points;
    Kokkos::View<std::uint64_t*, Memory> code;
    Kokkos::View<int*, Memory> index;
    const auto prepare = [&] {
      Impl::allocate_into(code, s.exec, "Octopole::Bench::code", n);
      Impl::allocate_into(index, s.exec, "Octopole::Bench::index", n);
      const auto to = code;
      const auto in = index;
      const Domain cube = domain;
      Kokkos::parallel_for(
          "Octopole::Bench::encode", Kokkos::RangePolicy<Exec>(s.exec, 0, n),
          KOKKOS_LAMBDA(const int i) {
            to(i) = cube.code(points(i, 0), points(i, 1), points(i, 2));
            in(i) = i;
          });
    };
    return points_row(state, n, median_seconds(s.exec, repeats, prepare, [&] {
                        sort_by_key(s.exec, code, index, Morton::code_bits);
                      }));
  });
  row("tree", [n, c](auto& state, auto& s) {
    const Domain& domain = s.data().tree.domain;
    const auto sorted = sort_points(s.exec, domain, s.input.points);
    state.counters["boxes"] = s.data().tree.n_boxes;
    return points_row(state, n, median_seconds(s.exec, repeats, [&] {
                        make_octree(s.exec, domain, sorted, sorted, true, c.leaf_capacity);
                      }));
  });
  if (c.balance)
    row("balance", [n, c](auto& state, auto& s) {
      const Domain& domain = s.data().tree.domain;
      const auto sorted = sort_points(s.exec, domain, s.input.points);
      const auto tree = make_octree(s.exec, domain, sorted, sorted, true, c.leaf_capacity);
      return points_row(state, n, median_seconds(s.exec, repeats, [&] {
                          balance(s.exec, tree, sorted, sorted);
                        }));
    });
  row("pack", [n](auto& state, auto& s) {
    const auto& tree = s.data().tree;
    const auto sorted = sort_points(s.exec, tree.domain, s.input.points);
    constexpr int alignment = Stages<T>::Data::slot_alignment;
    return points_row(state, n, median_seconds(s.exec, repeats, [&] {
                        pack_points<T>(s.exec, tree, s.input.points, sorted, tree.source_begin,
                                       tree.source_end, alignment);
                      }));
  });
  row("lists", [](auto& state, auto& s) {
    const auto& d = s.data();
    const double seconds = median_seconds(
        s.exec, repeats, [&] { make_lists(s.exec, d.tree, Surface::size(s.spec.order)); });
    state.counters["Mentries/s"] =
        1e-6 * double(d.lists.u.size() + d.lists.v.size() + d.lists.w.size() + d.lists.x.size()) /
        seconds;
    return seconds;
  });
  row("transfer_pairs", [](auto& state, auto& s) {
    const double seconds = median_seconds(
        s.exec, repeats, [&] { make_transfer_pairs(s.exec, s.data().tree, s.data().lists.v); });
    state.counters["Mentries/s"] = 1e-6 * double(s.data().lists.v.size()) / seconds;
    return seconds;
  });
  row("precompute", [](auto& state, auto& s) {
    OperatorSet<T> set;
    // Seconds long, and once per machine in use: measured once, cold.
    const double seconds =
        seconds_of(s.exec, [&] { set = Impl::precompute<T>(Laplace<T>{}, s.spec); });
    state.counters["MB"] = 1e-6 * double(set.bytes());
    return seconds;
  });
}

// ---- operators

template <class T>
void add_operators(const StageCase& c) {
  const auto row = [&](const char* stage, auto measure) {
    add_row(std::string("stages/stage:") + stage + "/kernel:laplace/T:" + scalar_name<T>() + "/" +
                c.name(),
            [=](benchmark::State& state) { return measure(state, stages_of<T>(c)); });
  };
  const double n = double(c.workload.n);

  row("permute", [n](auto& state, auto& s) {
    const auto& d = s.data();
    return points_row(state, std::size_t(n), median_seconds(s.exec, repeats, [&] {
                        pack_charges(s.exec, d, s.q);
                        unpack_results(s.exec, d, d.potential, s.u, 1.0);
                        unpack_results(s.exec, d, d.gradient, s.g, 1.0);
                      }));
  });
  row("P2M", [n](auto& state, auto& s) {
    const double seconds = median_seconds(s.exec, repeats, [&] { p2m(s.exec, s.data()); });
    count_pairs<T, false>(state, s.exec, n * Surface::size(s.spec.check_order), seconds);
    return seconds;
  });
  row("check_to_equivalent", [](auto& state, auto& s) {
    const auto& d = s.data();
    const double seconds = median_seconds(s.exec, repeats, [&] {
      for (int l = 2; l <= s.depth(); ++l)
        check_to_equivalent(s.exec, s.set.up_left, s.set.up_right, d.up_check, d.multipole,
                            d.tree.level_begin[l], d.tree.level_begin[l + 1]);
    });
    const double boxes = d.tree.n_boxes - d.tree.level_begin[2];
    count_flops<T>(state, s.exec, 2 * boxes * (s.set.up_left.size() + s.set.up_right.size()),
                   seconds);
    return seconds;
  });
  row("M2M", [](auto& state, auto& s) {
    const double seconds = median_seconds(s.exec, repeats, [&] {
      for (int l = s.depth() - 1; l >= 2; --l)
        m2m(s.exec, s.data(), s.set.m2m, l, s.parents);
    });
    // A product with one octant's eighth of the matrix per box that has a parent on level 2 or
    // below.
    const double boxes = s.data().tree.n_boxes - s.data().tree.level_begin[3];
    count_flops<T>(state, s.exec, 2 * boxes * s.set.m2m.size() / 8, seconds);
    return seconds;
  });
  row("M2L[blas]", [](auto& state, auto& s) {
    const double seconds = median_seconds(s.exec, repeats, [&] {
      for (int l = 2; l <= s.depth(); ++l) s.m2l.apply(s.exec, s.data(), s.set, l);
    });
    count_flops<T>(state, s.exec, s.m2l.flops(), seconds);
    state.counters["box_pairs"] = double(s.data().lists.v.size());
    return seconds;
  });
  row("P2L", [](auto& state, auto& s) {
    const auto& d = s.data();
    const double seconds = median_seconds(s.exec, repeats, [&] {
      for (int l = 2; l <= s.depth(); ++l) p2l(s.exec, d, l, s.with_x);
    });
    const auto x = d.lists.x;
    const auto tree = d.tree;
    const double sources = sum_over_boxes(
        s.exec, tree.n_boxes, KOKKOS_LAMBDA(const int box) {
          double sum = 0;
          for (std::int64_t e = x.begin(box); e < x.begin(box + 1); ++e)
            sum += tree.n_sources(x.entry(e));
          return sum;
        });
    count_pairs<T, false>(state, s.exec, sources * Surface::size(s.spec.order), seconds);
    return seconds;
  });
  row("L2L", [](auto& state, auto& s) {
    const double seconds = median_seconds(s.exec, repeats, [&] {
      for (int l = 3; l <= s.depth(); ++l)
        l2l(s.exec, s.data(), s.set.l2l, l, s.parents);
    });
    const double boxes = s.data().tree.n_boxes - s.data().tree.level_begin[3];
    count_flops<T>(state, s.exec, 2 * boxes * s.set.l2l.size() / 8, seconds);
    return seconds;
  });
  row("L2P", [n](auto& state, auto& s) {
    const double seconds = median_seconds(s.exec, repeats, [&] { l2p<true>(s.exec, s.data()); });
    count_pairs<T, true>(state, s.exec, n * Surface::size(s.spec.order), seconds);
    return seconds;
  });
  row("M2P", [](auto& state, auto& s) {
    const double seconds = median_seconds(s.exec, repeats, [&] { m2p<true>(s.exec, s.data()); });
    const auto w = s.data().lists.w;
    const auto tree = s.data().tree;
    const double targets = sum_over_boxes(
        s.exec, tree.n_boxes, KOKKOS_LAMBDA(const int box) {
          return double(w.begin(box + 1) - w.begin(box)) * tree.n_targets(box);
        });
    count_pairs<T, true>(state, s.exec, targets * Surface::size(s.spec.order), seconds);
    return seconds;
  });
  row("P2P", [](auto& state, auto& s) {
    const double seconds = median_seconds(s.exec, repeats, [&] { p2p<true>(s.exec, s.data(), NearField::exact); });
    count_pairs<T, true>(state, s.exec, double(s.engine.facts().pairs_p2p), seconds);
    return seconds;
  });
}

// ---- time outside kernels

/// Wall time and kernel time per region of ours, from Kokkos Tools callbacks. Where kernels are
/// synchronous (host backends) the difference is what the host did itself.
struct RegionClock {
  struct Times {
    double wall = 0, kernels = 0;
  };
  std::map<std::string, Times> regions;
  std::string current;
  int depth = 0;  // KokkosBlas opens regions inside ours
  Kokkos::Timer wall, kernel;

  static RegionClock& get() {
    static RegionClock clock;
    return clock;
  }
  static void push(const char* name) {
    RegionClock& c = get();
    if (c.depth++ > 0) return;
    c.current = name;
    c.wall.reset();
  }
  static void pop() {
    RegionClock& c = get();
    if (--c.depth > 0) return;
    c.regions[c.current].wall += c.wall.seconds();
    c.current.clear();
  }
  static void begin(const char*, const std::uint32_t, std::uint64_t*) { get().kernel.reset(); }
  static void end(const std::uint64_t) {
    RegionClock& c = get();
    if (!c.current.empty()) c.regions[c.current].kernels += c.kernel.seconds();
  }
  static void install(bool on) {
    namespace Tools = Kokkos::Tools::Experimental;
    Tools::set_push_region_callback(on ? push : nullptr);
    Tools::set_pop_region_callback(on ? pop : nullptr);
    Tools::set_begin_parallel_for_callback(on ? begin : nullptr);
    Tools::set_end_parallel_for_callback(on ? end : nullptr);
    Tools::set_begin_parallel_reduce_callback(on ? begin : nullptr);
    Tools::set_end_parallel_reduce_callback(on ? end : nullptr);
    Tools::set_begin_parallel_scan_callback(on ? begin : nullptr);
    Tools::set_end_parallel_scan_callback(on ? end : nullptr);
  }
};

template <class T>
void add_outside_kernels(const StageCase& c) {
  add_row(std::string("outside_kernels/kernel:laplace/T:") + scalar_name<T>() + "/" + c.name(),
          [=](benchmark::State& state) {
            Stages<T>& s = stages_of<T>(c);
            RegionClock& clock = RegionClock::get();
            clock.regions.clear();
            RegionClock::install(true);
            const double seconds = seconds_of(s.exec, [&] {
              for (int r = 0; r < repeats; ++r) s.execute();
            });
            RegionClock::install(false);
            const std::string prefix = "Octopole::";
            for (const auto& [region, t] : clock.regions)
              if (region.rfind(prefix, 0) == 0)
                state.counters[region.substr(prefix.size(), region.find('[') - prefix.size())] =
                    t.wall > 0 ? 1 - t.kernels / t.wall : 0;
            return seconds / repeats;
          });
}

template <class T>
void add(const StageCase& c) {
  add_operators<T>(c);
  add_outside_kernels<T>(c);
  add_setup<T>(c);
}

}  // namespace

void register_benchmarks(bool all) {
  // The comparison with PyExaFMM (compare_pyexafmm.py), and a tree whose W and X lists are long.
  add<double>({{"sphere", "positive", 1000000}, 6, 150, 1});
  add<double>({{"plummer", "positive", 100000}, 4, 40, 0});
  if (!all) return;
  for (const char* distribution : {"cube", "plummer", "filament", "two-scale"})
    add<double>({{distribution, "zero-mean", 1000000}, 7, 280, 0});
  add<double>({{"cube", "zero-mean", 1000000}, 10, 400, 0});
  add<float>({{"cube", "zero-mean", 1000000}, 4, 160, 0});
}

}  // namespace Octopole::Bench
