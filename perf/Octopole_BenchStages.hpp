// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_BENCHSTAGES_HPP
#define OCTOPOLE_BENCHSTAGES_HPP

#include <Octopole.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "Octopole_Bench.hpp"

namespace Octopole::Bench {

/// One tree with everything that the operators read, so that each can be run by itself. The
/// engine's near field is `mixed`, since points are then held as two floats too.
struct StageCase {
  Workload workload;
  int order = 6;
  int leaf_capacity = 150;
  int balance = 1;
  M2L m2l = M2L::fft;  ///< the engine's own; with `blas` its rows are there too, and V lists

  std::string name() const {
    return "order:" + std::to_string(order) + "/capacity:" + std::to_string(leaf_capacity) +
           "/balance:" + (balance ? "on" : "off") + "/" + workload.name();
  }
  template <class T>
  Options options() const {
    return {.digits = std::min(6, Accuracy::max_digits<T>),
            .order = order,
            .m2l = m2l,
            .near_field = std::is_same_v<T, double> ? NearField::mixed : NearField::exact,
            .method = Method::fmm,
            .leaf_capacity = leaf_capacity,
            .balance = balance,
            .cache = Cache::read_write(),
            .outputs = Output::gradient};
  }
};

template <class T>
struct Stages {
  using Kernel = Laplace<T>;
  using Engine = Impl::Engine<Exec, Kernel, ShapeOf<Exec>>;
  using Data = typename Engine::Data;
  using Set = OperatorSet<T, Memory>;

  Exec exec;
  Input<T> input;
  Engine engine;
  OperatorSpec spec;
  Set set, set_single, set_blas;  ///< of M2L `fft`, `fft` in single and `blas`
  M2LBlas<Data> m2l_blas;
  M2LFft<Data> m2l_fft;
  M2LFft<Data, float> m2l_single;
  BoxList<Memory> leaves, parents, with_x;  ///< by level
  Kokkos::View<T*, Memory> potential;
  Kokkos::View<T* [3], Kokkos::LayoutRight, Memory> gradient;
  typename Engine::Charges q;  ///< the charges as the engine sees them, and its results
  typename Engine::Results results;

  explicit Stages(const StageCase& c)
      : input(c.workload),
        engine(exec, Kernel{}, Impl::as_points(input.points, "sources"), no_targets(),
               c.options<T>()),
        potential("Octopole::Bench::potential", c.workload.n),
        gradient("Octopole::Bench::gradient", c.workload.n),
        q(Impl::as_values<const T, Memory>(input.charges,
                                           {"charges", c.workload.n, {1, 1}, false, 1})) {
    results[0] =
        Impl::as_values<T, Memory>(potential, {"potential", c.workload.n, {1, 1}, false, 1});
    results[1] =
        Impl::as_values<T, Memory>(gradient, {"gradient", c.workload.n, {1, 3}, false, 1});
    const Data& d = data();
    Impl::resolve_options<Kernel, ShapeOf<Exec>>(c.options<T>(), c.workload.n, c.workload.n, spec);
    const Cache cache = c.options<T>().cache;
    if (c.m2l == M2L::blas) {
      set_blas = copy_to<Memory>(operators(cache, spec));
      m2l_blas = M2LBlas<Data>(exec, d, std::vector<const Set*>(d.tree.depth + 1, &set_blas));
    }
    OperatorSpec by_fft = spec;
    by_fft.m2l = M2L::fft, by_fft.m2l_tolerance = 0;
    OperatorSet<T> host = operators(cache, by_fft);
    set = copy_to<Memory>(host);
    host.make_frequencies_single();
    set_single = copy_to<Memory>(host);
    using Tree = std::decay_t<decltype(d.tree)>;
    leaves = make_box_list(exec, d.tree, Impl::IsLeaf<Tree>{d.tree});
    parents = make_box_list(exec, d.tree, Impl::IsSplit<Tree>{d.tree});
    with_x = make_box_list(exec, d.tree, Impl::HasRow<Memory>{d.lists.x});
    const std::size_t memory = M2LFft<Data>::default_memory;
    m2l_fft = M2LFft<Data>(exec, d, parents, spec.order, memory);
    m2l_single = M2LFft<Data, float>(exec, d, parents, spec.order, memory);
    execute();  // every coefficient now holds what it holds in use
    exec.fence("Octopole::Bench::Stages");
  }

  const Data& data() const { return engine.data(); }
  int depth() const { return data().tree.depth; }

  /// The whole, potential and gradient.
  void execute() { engine.execute(exec, q, results); }

 private:
  static std::optional<Impl::PointsView<double, Memory>> no_targets() { return {}; }

  static OperatorSet<T> operators(const Cache& cache, const OperatorSpec& spec) {
    OperatorSet<T> host;
    std::string notice;
    const std::string key = OperatorCache::key<T>(Kernel{}, spec);
    if (OperatorCache::load(cache, key, host, notice)) return host;
    host = Impl::precompute<T>(Kernel{}, spec);
    OperatorCache::store(cache, key, host, notice);
    return host;
  }
};

template <class T>
Stages<T>& stages_of(const StageCase& c) {
  return kept<Stages<T>>(c.name(), [&] { return std::make_unique<Stages<T>>(c); });
}

}  // namespace Octopole::Bench

#endif
