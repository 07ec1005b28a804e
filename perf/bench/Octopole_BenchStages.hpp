// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_BENCHSTAGES_HPP
#define OCTOPOLE_BENCHSTAGES_HPP

#include <Octopole.hpp>
#include <core/plan/impl/Octopole_MakeParts.hpp>
#include <operators/edges/Octopole_Packing.hpp>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include <perf/bench/Octopole_Bench.hpp>

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
  using WorkShape = WorkShapeOf<Exec>;
  using Work = WorkTypes<Exec, T>;
  using Engine = Impl::Engine<Exec, T>;
  using Parts = Impl::PlanParts<Work>;
  using Sets = Impl::OperatorSets<T, Memory>;

  Exec exec;
  Input<T> input;
  Engine engine;
  Sets sets, sets_single;  ///< with M2L `fft`, and with `fft` in single
  M2LBlas<Work> m2l_blas;  ///< with the engine's own operators, where those are `blas`
  M2LFft<Work> m2l_fft;
  M2LFft<Work, float> m2l_single;
  Kokkos::View<T*, Memory> potential;
  Kokkos::View<T* [3], Kokkos::LayoutRight, Memory> gradient;
  typename Engine::Charges q;  ///< the charges as the engine sees them, and its results
  typename Engine::Results results;

  explicit Stages(const StageCase& c)
      : input(c.workload),
        engine(exec, std::make_shared<const PointOperators<Exec, Kernel>>(Kernel{}),
               Impl::as_points(input.points, "sources"), std::nullopt, c.options<T>()),
        potential("Octopole::Bench::potential", c.workload.n),
        gradient("Octopole::Bench::gradient", c.workload.n),
        q(Impl::as_values<const T, Memory>(input.charges,
                                           {"charges", c.workload.n, {1, 1}, false, 1})) {
    results[0] =
        Impl::as_values<T, Memory>(potential, {"potential", c.workload.n, {1, 1}, false, 1});
    results[1] = Impl::as_values<T, Memory>(gradient, {"gradient", c.workload.n, {1, 3}, false, 1});
    const Parts& p = parts();
    const ExpansionSizes sizes = Impl::expansion_sizes(p);
    if (c.m2l == M2L::blas) {
      const auto own = [&](int level) -> const auto& { return p.sets.at(level); };
      m2l_blas =
          M2LBlas<Work>(exec, p.tree, p.lists.interactions.v, own, sizes, p.expansions.top_level);
      m2l_blas.allocate(exec);
    }
    Impl::Choices by_fft = p.choices;
    by_fft.spec.m2l = M2L::fft, by_fft.spec.m2l_tolerance = 0;
    by_fft.options.m2l_single = 0;
    sets = operators(by_fft);
    by_fft.options.m2l_single = 1;
    sets_single = operators(by_fft);
    const auto fft = [&](auto& m2l) {
      m2l =
          std::decay_t<decltype(m2l)>(exec, p.tree, p.lists.interactions.colleague, p.lists.parents,
                                      sizes, p.choices.spec.order, WorkShape::m2l_memory);
      m2l.allocate(exec);
    };
    fft(m2l_fft);
    fft(m2l_single);
    execute();  // every coefficient now holds what it holds in use
    exec.fence("Octopole::Bench::Stages");
  }

  const Parts& parts() const { return engine.parts(); }
  const OperatorSpec& spec() const { return parts().choices.spec; }
  int depth() const { return parts().tree.depth; }

  /// The whole, potential and gradient.
  void execute() {
    const auto use = engine.use();
    engine.execute(exec, q, results);
  }

  /// Charges into the slots of the packed points.
  void pack() const {
    pack_charges(exec, parts().kernel->statement().charges, int(parts().facts.n_sources), q,
                 parts().sources);
  }
  /// Potential and gradient back to the caller's order.
  void unpack() const {
    unpack_results(exec, parts().sources, parts().targets, 0, 1, 4, results[0], {});
    unpack_results(exec, parts().sources, parts().targets, 1, 3, 4, results[1], {});
  }
  /// Without the solve that follows it.
  void p2m() const {
    const Parts& p = parts();
    p.kernel->p2m(exec, p.tree, p.sources, p.expansions, p.far_root());
  }
  /// `last_output` 0: potential, 1: potential and gradient.
  void l2p(int last_output) const {
    const Parts& p = parts();
    p.kernel->l2p(exec, last_output, p.tree, p.lists.terminals, p.expansions, p.targets,
                  p.far_root());
  }

 private:
  Sets operators(const Impl::Choices& choices) const {
    const Parts& p = parts();
    const Impl::BoxSizes sizes{true, p.tree.depth, p.expansions.top_level};
    std::string notice;
    return Impl::find_or_compute(*p.kernel, sizes, choices, p.tree.domain.side(), notice);
  }
};

template <class T>
Stages<T>& stages_of(const StageCase& c) {
  return kept<Stages<T>>(c.name(), [&] { return std::make_unique<Stages<T>>(c); });
}

}  // namespace Octopole::Bench

#endif
