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

/// One tree with everything that the operators read, so that each can be run by itself.
struct StageCase {
  Workload workload;
  int order = 6;
  int leaf_capacity = 150;
  int balance = 1;

  std::string name() const {
    return "order:" + std::to_string(order) + "/capacity:" + std::to_string(leaf_capacity) +
           "/balance:" + (balance ? "on" : "off") + "/" + workload.name();
  }
  template <class T>
  Options options() const {
    return {.digits = std::min(6, Accuracy::max_digits<T>),
            .order = order,
            .m2l = M2L::blas,
            .method = Method::fmm,
            .leaf_capacity = leaf_capacity,
            .balance = balance,
            .cache = Cache::read_write(),
            .gradient = true};
  }
};

template <class T>
struct Stages {
  using Kernel = Laplace<T>;
  using Engine = Impl::Engine<Exec, Kernel>;
  using Data = typename Engine::Data;
  using Set = OperatorSet<T, Memory>;

  Exec exec;
  Input<T> input;
  Engine engine;
  OperatorSpec spec;
  Set set;
  M2LBlas<Data> m2l;
  BoxList<Memory> leaves, parents, with_x;  ///< by level
  Kokkos::View<T*, Memory> potential;
  Kokkos::View<T* [3], Kokkos::LayoutRight, Memory> gradient;
  typename Engine::Charges
      q;  ///< the engine's views of the charges, the potential and the gradient
  typename Engine::Output u, g;

  explicit Stages(const StageCase& c)
      : input(c.workload),
        engine(exec, Kernel{}, Impl::as_points(input.points, "sources"), no_targets(),
               c.options<T>()),
        potential("Octopole::Bench::potential", c.workload.n),
        gradient("Octopole::Bench::gradient", c.workload.n),
        q(Impl::as_values<const T, Memory>(input.charges, c.workload.n, 1, 1, "charges")),
        u(Impl::as_values<T, Memory>(potential, c.workload.n, 1, 1, "potential")),
        g(Impl::as_values<T, Memory>(gradient, c.workload.n, 1, 3, "gradient")) {
    const Data& d = data();
    Impl::resolve_options<Kernel>(c.options<T>(), c.workload.n, c.workload.n, spec);
    // The engine has just computed and stored them; where nothing can be stored, once more.
    OperatorSet<T> host;
    std::string notice;
    if (!OperatorCache::load(c.options<T>().cache, OperatorCache::key<T>(Kernel{}, spec), host,
                             notice))
      host = Impl::precompute<T>(Kernel{}, spec);
    set = copy_to<Memory>(host);
    m2l = M2LBlas<Data>(exec, d, std::vector<const Set*>(d.tree.depth + 1, &set));
    using Tree = std::decay_t<decltype(d.tree)>;
    leaves = make_box_list(exec, d.tree, Impl::IsLeaf<Tree>{d.tree});
    parents = make_box_list(exec, d.tree, Impl::IsSplit<Tree>{d.tree});
    with_x = make_box_list(exec, d.tree, Impl::HasRow<Memory>{d.lists.x});
    execute();  // every coefficient now holds what it holds in use
    exec.fence("Octopole::Bench::Stages");
  }

  const Data& data() const { return engine.data(); }
  int depth() const { return data().tree.depth; }

  /// The whole, potential and gradient.
  void execute() { engine.execute(exec, q, u, g); }

 private:
  static std::optional<Impl::PointsView<double, Memory>> no_targets() { return {}; }
};

template <class T>
Stages<T>& stages_of(const StageCase& c) {
  return kept<Stages<T>>(c.name(), [&] { return std::make_unique<Stages<T>>(c); });
}

}  // namespace Octopole::Bench

#endif
