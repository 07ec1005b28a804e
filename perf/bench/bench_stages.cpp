// SPDX-License-Identifier: BSD-3-Clause
// What the machine can do; every stage by its own function: set-up (sort, tree, lists, precompute,
// ...), the eight operators, P2P by near field and leaf size; and which part of each operator's
// time passes outside Kokkos kernels.
#include <operators/Octopole_L2L.hpp>
#include <operators/Octopole_M2M.hpp>
#include <operators/dense/Octopole_CheckToEquivalent.hpp>

#include <cstdint>
#include <map>

#include <perf/bench/Octopole_BenchLimits.hpp>
#include <perf/bench/Octopole_BenchStages.hpp>

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

// Named, since nvcc takes no device lambda within a generic one.

/// Sources in the leaves of the X list of a box.
template <class Tree, class Lists>
struct SourcesInX {
  Tree tree;
  Lists x;
  KOKKOS_FUNCTION double operator()(int box) const {
    double sum = 0;
    for (std::int64_t e = x.begin(box); e < x.begin(box + 1); ++e)
      sum += tree.n_sources(x.entry(e));
    return sum;
  }
};

/// Boxes in the W list of a box, times its targets.
template <class Tree, class Lists>
struct TargetsTimesW {
  Tree tree;
  Lists w;
  KOKKOS_FUNCTION double operator()(int box) const {
    return double(w.begin(box + 1) - w.begin(box)) * tree.n_targets(box);
  }
};

/// What sort_by_key sorts for a tree: the points' codes and indices.
template <class Points, class Codes, class Indices>
void encode(const Exec& exec, const Domain& domain, const Points& points, const Codes& code,
            const Indices& index) {
  Kokkos::parallel_for(
      "Octopole::Bench::encode", Kokkos::RangePolicy<Exec>(exec, 0, code.extent(0)),
      KOKKOS_LAMBDA(const int i) {
        code(i) = domain.code(points(i, 0), points(i, 1), points(i, 2));
        index(i) = i;
      });
}

/// `bytes`: per point, read or written at least.
double points_row(benchmark::State& state, const Exec& exec, std::size_t n, double bytes,
                  double seconds) {
  state.counters["Mpoints/s"] = 1e-6 * double(n) / seconds;
  count_bytes(state, exec, bytes * double(n), seconds);
  return seconds;
}

// ---- clocks

/// Wall time and kernel time per region of ours, and time per kernel, from Kokkos Tools callbacks.
/// Where kernels are synchronous (host backends) the difference is what the host did itself.
struct RegionClock {
  struct Times {
    double wall = 0, kernels = 0;
  };
  std::map<std::string, Times> regions;
  std::map<std::string, double> kernels;
  std::string current, label;
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
  static void begin(const char* name, const std::uint32_t, std::uint64_t*) {
    get().label = name;
    get().kernel.reset();
  }
  static void end(const std::uint64_t) {
    RegionClock& c = get();
    const double seconds = c.kernel.seconds();
    c.kernels[c.label] += seconds;
    if (!c.current.empty()) c.regions[c.current].kernels += seconds;
  }
  /// What `work` does, with both accounts empty before.
  template <class Work>
  double run(const Exec& exec, const Work& work) {
    regions.clear();
    kernels.clear();
    install(true);
    const double seconds = seconds_of(exec, work);
    install(false);
    return seconds;
  }

 private:
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

// ---- limits

/// A row whose time is what the limit took to measure.
template <class Measure>
void add_limit(const std::string& name, const char* counter, Measure measure) {
  add_row("limits/limit:" + name, [=](benchmark::State& state) {
    const Exec exec;
    return seconds_of(exec, [&] { state.counters[counter] = 1e-9 * measure(exec); });
  });
}

template <class T>
constexpr int near_fields = std::is_same_v<T, double> ? 4 : 2;
constexpr NearField near_field[] = {NearField::exact, NearField::fast, NearField::mixed,
                                    NearField::rough};

template <class T>
void add_limits() {
  const std::string type = std::string("/T:") + scalar_name<T>();
  add_limit("fma" + type, "GF/s", [](const Exec& exec) { return flops_limit<T>(exec); });
  for (int i = 0; i < near_fields<T>; ++i) {
    const NearField near = near_field[i];
    const std::string name = std::string("pairs/near:") + name_of(near) + "/out:";
    add_limit(name + "potential" + type, "Gpairs/s",
              [=](const Exec& exec) { return pairs_limit<T, false>(exec, near); });
    add_limit(name + "gradient" + type, "Gpairs/s",
              [=](const Exec& exec) { return pairs_limit<T, true>(exec, near); });
  }
  for (const int order : {4, 7, 10})
    for (const auto& [name, way] : {std::pair{"gemm", Gemm::kokkos}, {"blas", Gemm::blas}}) {
      const Gemm by = way;  // clang++ before 16 captures no structured binding
      if (by == Gemm::blas && !std::is_same_v<Memory, Kokkos::HostSpace>) continue;
      add_limit(name + ("/order:" + std::to_string(order) + type), "GF/s", [=](const Exec& exec) {
        return gemm_limit<T>(exec, Impl::padded_size<T>(order), by);
      });
    }
}

/// `measure(state, stages)` returns the seconds.
template <class T, class Measure>
void add_stage(const StageCase& c, const std::string& stage, const Measure& measure) {
  add_row("stages/stage:" + stage + "/kernel:laplace/T:" + scalar_name<T>() + "/" + c.name(),
          [=](benchmark::State& state) { return measure(state, stages_of<T>(c)); });
}

// ---- set-up

template <class T>
void add_setup(const StageCase& c) {
  const auto row = [&](const char* stage, auto measure) { add_stage<T>(c, stage, measure); };
  const std::size_t n = c.workload.n;

  row("bounds", [n](auto& state, auto& s) {
    return points_row(state, s.exec, n, 24,
                      median_seconds(s.exec, repeats, [&] { bounds(s.exec, s.input.points); }));
  });
  row("sort", [n](auto& state, auto& s) {
    const Domain& domain = s.parts().tree.domain;
    const auto points = s.input.points;
    Kokkos::View<std::uint64_t*, Memory> code;
    Kokkos::View<int*, Memory> index;
    const auto prepare = [&] {
      Impl::allocate_into(code, s.exec, "Octopole::Bench::code", n);
      Impl::allocate_into(index, s.exec, "Octopole::Bench::index", n);
      encode(s.exec, domain, points, code, index);
    };
    // Code and index, in and out.
    return points_row(state, s.exec, n, 2 * 12, median_seconds(s.exec, repeats, prepare, [&] {
                        sort_by_key(s.exec, code, index, Morton::code_bits);
                      }));
  });
  row("tree", [n, c](auto& state, auto& s) {
    const Domain& domain = s.parts().tree.domain;
    const auto sorted = sort_points(s.exec, domain, s.input.points);
    state.counters["boxes"] = s.parts().tree.n_boxes;
    return points_row(state, s.exec, n, 8, median_seconds(s.exec, repeats, [&] {
                        make_octree(s.exec, domain, sorted, sorted, true, c.leaf_capacity);
                      }));
  });
  if (c.balance)
    row("balance", [n, c](auto& state, auto& s) {
      const Domain& domain = s.parts().tree.domain;
      const auto sorted = sort_points(s.exec, domain, s.input.points);
      const auto tree = make_octree(s.exec, domain, sorted, sorted, true, c.leaf_capacity);
      return points_row(state, s.exec, n, 8, median_seconds(s.exec, repeats, [&] {
                          balance(s.exec, tree, sorted, sorted);
                        }));
    });
  row("pack", [n](auto& state, auto& s) {
    const auto& tree = s.parts().tree;
    const auto sorted = sort_points(s.exec, tree.domain, s.input.points);
    // Coordinates and index, in and out.
    return points_row(state, s.exec, n, 28 + 3 * sizeof(T) + 4,
                      median_seconds(s.exec, repeats, [&] {
                        pack_points<T>(s.exec, tree, s.input.points, sorted, tree.source_begin,
                                       tree.source_end, slot_alignment);
                      }));
  });
  row("lists", [c](auto& state, auto& s) {
    const auto& lists = s.parts().lists.interactions;
    const double seconds = median_seconds(s.exec, repeats, [&] {
      make_lists(s.exec, s.parts().tree, Surface::size(s.spec().order), c.m2l == M2L::blas);
    });
    const double entries =
        double(lists.u.size() + lists.v.size() + lists.w.size() + lists.x.size());
    state.counters["Mentries/s"] = 1e-6 * entries / seconds;
    count_bytes(state, s.exec, sizeof(int) * entries, seconds);
    return seconds;
  });
  if (c.m2l == M2L::blas)
    row("transfer_pairs", [](auto& state, auto& s) {
      const auto& v = s.parts().lists.interactions.v;
      const double seconds =
          median_seconds(s.exec, repeats, [&] { make_transfer_pairs(s.exec, s.parts().tree, v); });
      const double entries = double(v.size());
      state.counters["Mentries/s"] = 1e-6 * entries / seconds;
      count_bytes(state, s.exec, 3 * sizeof(int) * entries, seconds);  // one in, a pair out
      return seconds;
    });
  row("precompute", [](auto& state, auto& s) {
    OperatorSet<T> set;
    // Seconds long, and once per machine in use: measured once, cold.
    const double seconds =
        seconds_of(s.exec, [&] { set = s.parts().kernel->precompute(s.spec()); });
    state.counters["MB"] = 1e-6 * double(set.bytes());
    return seconds;
  });
}

// ---- operators

/// M2L by transforms in scalar S, and of it the products alone; flops are of the products in both.
template <class T, class S, class Fft, class Sets>
void add_fft(const StageCase& c, const std::string& stage, Fft Stages<T>::* fft,
             Sets Stages<T>::* sets) {
  const auto apply = [=](Stages<T>& s) {
    const auto& p = s.parts();
    for (int l = 2; l <= s.depth(); ++l)
      (s.*fft).apply(s.exec, p.tree, (s.*sets).at(l), l, p.expansions);
  };
  add_stage<T>(c, stage, [=](auto& state, auto& s) {
    const double seconds = median_seconds(s.exec, repeats, [&] { apply(s); });
    count_flops<S>(state, s.exec, (s.*fft).flops(), seconds);
    return seconds;
  });
  add_stage<T>(c, stage + ".product", [=](auto& state, auto& s) {
    std::vector<double> times;
    for (int r = 0; r <= repeats; ++r) {
      RegionClock& clock = RegionClock::get();
      clock.run(s.exec, [&] { apply(s); });
      if (r > 0) times.push_back(clock.kernels["Octopole::M2L::multiply_frequencies"]);
    }
    const double seconds = median(std::move(times));
    count_flops<S>(state, s.exec, (s.*fft).flops(), seconds);
    return seconds;
  });
}

template <class T, bool WithGradient>
void add_near_field(const StageCase& c, NearField near) {
  add_stage<T>(c,
               std::string("P2P/near:") + name_of(near) +
                   "/out:" + (WithGradient ? "gradient" : "potential"),
               [=](auto& state, auto& s) {
                 const auto& p = s.parts();
                 const double seconds = median_seconds(s.exec, repeats, [&] {
                   p.kernel->p2p(s.exec, WithGradient, p.tree, p.lists.near(), p.sources, p.targets,
                                 near);
                 });
                 count_pairs<T, WithGradient>(state, s.exec, double(s.engine.facts().pairs_p2p),
                                              seconds, near);
                 state.counters["points_per_leaf"] =
                     double(s.engine.facts().n_sources) / double(s.engine.facts().n_leaves);
                 return seconds;
               });
}
template <class T>
void add_near_fields(const StageCase& c) {
  for (int i = 0; i < near_fields<T>; ++i) {
    add_near_field<T, false>(c, near_field[i]);
    add_near_field<T, true>(c, near_field[i]);
  }
}

template <class T>
void add_operators(const StageCase& c) {
  const auto row = [&](const char* stage, auto measure) { add_stage<T>(c, stage, measure); };
  const double n = double(c.workload.n);

  row("permute", [n](auto& state, auto& s) {
    // Index and number, in and out: a charge, the potential, the gradient.
    const double bytes = 3 * sizeof(int) + 2 * 5 * sizeof(T);
    return points_row(state, s.exec, std::size_t(n), bytes, median_seconds(s.exec, repeats, [&] {
                        s.pack();
                        s.unpack();
                      }));
  });
  row("P2M", [n](auto& state, auto& s) {
    const double seconds = median_seconds(s.exec, repeats, [&] { s.p2m(); });
    count_pairs<T, false>(state, s.exec, n * Surface::size(s.spec().check_order), seconds);
    return seconds;
  });
  row("check_to_local", [](auto& state, auto& s) {
    const auto& p = s.parts();
    const double seconds = median_seconds(s.exec, repeats, [&] {
      for (int l = 2; l <= s.depth(); ++l)
        check_to_local<WorkShapeOf<Exec>>(s.exec, p.tree, s.sets.at(l), l, p.expansions);
    });
    const double boxes = p.tree.n_boxes - p.tree.level_begin[2];
    const auto& set = s.sets.last();
    count_dense<T>(state, s.exec, 2 * boxes * double(set.down_left.size() + set.down_right.size()),
                   seconds, p.expansions.inner.padded);
    return seconds;
  });
  row("M2M", [](auto& state, auto& s) {
    const auto& p = s.parts();
    const auto& split = p.lists.parents;
    const double seconds = median_seconds(s.exec, repeats, [&] {
      for (int l = s.depth() - 1; l >= 2; --l)
        m2m<WorkShapeOf<Exec>>(s.exec, p.tree, split, s.sets.at(l), l, p.expansions);
    });
    // A product with one octant's eighth of the matrix per box that has a parent on level 2 or
    // below, and a solve per parent.
    const double boxes = p.tree.n_boxes - p.tree.level_begin[3];
    const double parents = split.last(s.depth()) - split.first(2);
    const auto& set = s.sets.last();
    const double flops = 2 * boxes * double(set.m2m.size()) / 8 +
                         2 * parents * double(set.up_left.size() + set.up_right.size());
    count_dense<T>(state, s.exec, flops, seconds, p.expansions.inner.padded);
    return seconds;
  });
  if (c.m2l == M2L::blas)
    row("M2L[blas]", [](auto& state, auto& s) {
      const auto& p = s.parts();
      const double seconds = median_seconds(s.exec, repeats, [&] {
        for (int l = 2; l <= s.depth(); ++l)
          s.m2l_blas.apply(s.exec, p.tree, p.sets.at(l), l, p.expansions);
      });
      count_flops<T>(state, s.exec, s.m2l_blas.flops(), seconds);
      state.counters["box_pairs"] = double(p.lists.interactions.v.size());
      return seconds;
    });
  add_fft<T, T>(c, "M2L[fft]", &Stages<T>::m2l_fft, &Stages<T>::sets);
  if constexpr (std::is_same_v<T, double>)
    add_fft<T, float>(c, "M2L[fft,single]", &Stages<T>::m2l_single, &Stages<T>::sets_single);
  row("P2L", [](auto& state, auto& s) {
    const auto& p = s.parts();
    const auto x = p.lists.interactions.x;
    const auto tree = p.tree;
    const double seconds = median_seconds(s.exec, repeats, [&] {
      p.kernel->p2l(s.exec, tree, x, p.lists.with_x, p.sources, p.expansions, p.far_root());
    });
    const double sources = sum_over_boxes(
        s.exec, tree.n_boxes, SourcesInX<std::decay_t<decltype(tree)>, Rows<Memory>>{tree, x});
    count_pairs<T, false>(state, s.exec, sources * Surface::size(s.spec().order), seconds);
    return seconds;
  });
  row("L2L", [](auto& state, auto& s) {
    const auto& p = s.parts();
    const double seconds = median_seconds(s.exec, repeats, [&] {
      for (int l = 3; l <= s.depth(); ++l)
        l2l<WorkShapeOf<Exec>>(s.exec, p.tree, p.lists.passing, s.sets.at(l - 1), l, p.expansions);
    });
    const double boxes = p.tree.n_boxes - p.tree.level_begin[3];
    count_dense<T>(state, s.exec, 2 * boxes * double(s.sets.last().l2l.size()) / 8, seconds,
                   p.expansions.inner.padded);
    return seconds;
  });
  row("L2P/out:potential", [n](auto& state, auto& s) {
    const double seconds = median_seconds(s.exec, repeats, [&] { s.l2p(0); });
    count_pairs<T, false>(state, s.exec, n * Surface::size(s.spec().order), seconds);
    return seconds;
  });
  row("L2P/out:gradient", [n](auto& state, auto& s) {
    const double seconds = median_seconds(s.exec, repeats, [&] { s.l2p(1); });
    count_pairs<T, true>(state, s.exec, n * Surface::size(s.spec().order), seconds);
    return seconds;
  });
  row("M2P/out:gradient", [](auto& state, auto& s) {
    const auto& p = s.parts();
    const auto w = p.lists.interactions.w;
    const auto tree = p.tree;
    const double seconds = median_seconds(s.exec, repeats, [&] {
      p.kernel->m2p(s.exec, 1, tree, w, p.expansions, p.targets, p.far_root());
    });
    const double targets = sum_over_boxes(
        s.exec, tree.n_boxes, TargetsTimesW<std::decay_t<decltype(tree)>, Rows<Memory>>{tree, w});
    count_pairs<T, true>(state, s.exec, targets * Surface::size(s.spec().order), seconds);
    return seconds;
  });
}

// ---- time outside kernels

template <class T>
void add_outside_kernels(const StageCase& c) {
  add_row(std::string("outside_kernels/kernel:laplace/T:") + scalar_name<T>() + "/" + c.name(),
          [=](benchmark::State& state) {
            Stages<T>& s = stages_of<T>(c);
            RegionClock& clock = RegionClock::get();
            const double seconds = clock.run(s.exec, [&] {
              for (int r = 0; r < repeats; ++r) s.execute();
            });
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
  add_near_fields<T>(c);
  add_outside_kernels<T>(c);
  add_setup<T>(c);
}

}  // namespace

void register_benchmarks(bool all) {
  add_limit("triad", "GB/s", bytes_limit);
  add_limits<double>();
  add_limits<float>();
  // Cubes filled down to level 5 and 4, leaves of about 40 and 200 points.
  const StageCase small_leaves{{"cube", "zero-mean", 40 * 32768}, 4, 100, 0};
  const StageCase large_leaves{{"cube", "zero-mean", 200 * 4096}, 4, 400, 0};
  add_near_fields<double>(small_leaves);
  add_near_fields<double>(large_leaves);
  // The comparison with PyExaFMM (compare_pyexafmm.py; `blas` takes minutes where KokkosBlas has no
  // library below it), a tree whose W and X lists are long, and 6 digits of 1e6 points.
  add<double>({{"sphere", "positive", 1000000}, 6, 150, 1, all ? M2L::blas : M2L::fft});
  add<double>({{"plummer", "positive", 100000}, 4, 40, 0});
  const StageCase six_digits{{"cube", "zero-mean", 1000000}, 7, 280, 0};
  add_operators<double>(six_digits);
  if (!all) return;
  add_near_fields<double>(six_digits);
  add_outside_kernels<double>(six_digits);
  add_setup<double>(six_digits);
  for (const char* distribution : {"plummer", "filament", "two-scale"})
    add<double>({{distribution, "zero-mean", 1000000}, 7, 280, 0});
  add<double>({{"cube", "zero-mean", 1000000}, 10, 400, 0});
  add<float>({{"cube", "zero-mean", 1000000}, 4, 160, 0});
  add_near_fields<float>(small_leaves);
  add_near_fields<float>(large_leaves);
}

}  // namespace Octopole::Bench
