#ifndef OCTOPOLE_PLAN_HPP
#define OCTOPOLE_PLAN_HPP

#include <Octopole_Kernel.hpp>
#include <Octopole_Laplace.hpp>
#include <Octopole_Options.hpp>
#include <Octopole_Outputs.hpp>
#include <Octopole_PlanFacts.hpp>
#include <impl/Octopole_EngineInstances.hpp>
#include <impl/Octopole_ViewShapes.hpp>

#include <memory>
#include <optional>
#include <ostream>
#include <utility>

namespace Octopole {

/// N-body sums u(x_i) = sum_j K(x_i, y_j) q_j by the kernel-independent fast multipole method of
/// Ying, Biros and Zorin (2004): set up once for a set of points, executed again and again for
/// charges on them.
///
///     Octopole::Plan plan(exec, Octopole::Laplace<double>{}, sources, Octopole::Options{.digits = 6});
///     plan.execute(exec, charges, Octopole::Outputs{.potential = u, .gradient = g});
///
/// All Views live in memory of `exec`'s own space. Different plans may execute at once on different
/// instances; a second execute of one plan on another instance waits for the first.
template <class MemorySpaceType, class KernelType>
class Plan {
 public:
  using MemorySpace = MemorySpaceType;
  using Kernel = KernelType;
  using ExecutionSpace = typename MemorySpace::execution_space;
  using T = typename Kernel::scalar;

  /// Plans for targets == sources. `sources`: (N, 3), double or float, any layout; not kept.
  /// Throws std::invalid_argument on options out of range and on coordinates that are not finite.
  template <class Exec, class Sources>
    requires Kokkos::is_view_v<Sources>
  Plan(const Exec& exec, const Kernel& kernel, const Sources& sources, const Options& options = {})
      : m_engine(std::make_unique<Engine>(checked(exec), kernel, Impl::as_points(sources, "sources"),
                                          no_targets(sources), options)) {}

  /// Plans for targets of their own: (M, 3).
  template <class Exec, class Sources, class Targets>
    requires Kokkos::is_view_v<Sources> && Kokkos::is_view_v<Targets>
  Plan(const Exec& exec, const Kernel& kernel, const Sources& sources, const Targets& targets,
       const Options& options = {})
      : m_engine(std::make_unique<Engine>(checked(exec), kernel, Impl::as_points(sources, "sources"),
                                          std::optional(Impl::as_points(targets, "targets")),
                                          options)) {}

  /// Sums for these charges, asynchronously on `exec`; takes no memory after the first call.
  /// `charges`: (N) for kernels with one source component, else (N, C). Throws
  /// std::invalid_argument when an extent does not fit, before any work.
  template <class Exec, class Charges, class P, class G>
  void execute(const Exec& exec, const Charges& charges, const Outputs<P, G>& outputs) {
    const auto q = charges_of(charges);
    const auto [u, g] = outputs_of(outputs);
    if (facts().n_targets > 0) m_engine->execute(checked(exec), q, u, g);
  }

  /// Compares results that `execute` gave for these charges with a direct double sum at `samples`
  /// evenly strided targets: relative L2 error and largest error over the RMS of the reference.
  /// Costs samples * N pairs; waits for `exec`.
  template <class Exec, class Charges, class P, class G>
  CheckResult check(const Exec& exec, const Charges& charges, const Outputs<P, G>& outputs,
                    int samples) {
    const auto q = charges_of(charges);
    const auto [u, g] = outputs_of(outputs);
    return m_engine->check(checked(exec), q, u, g, samples);
  }

  /// The same with the potential alone.
  template <class Exec, class Charges, class Potential>
    requires Kokkos::is_view_v<Potential>
  void execute(const Exec& exec, const Charges& charges, const Potential& potential) {
    execute(exec, charges, Outputs<Potential>{.potential = potential});
  }

  /// New positions: a new tree and new lists; operators are kept, and buffers where they still fit.
  /// The root cube stays while the points stay inside it. Their number may change.
  template <class Exec, class Sources>
  void update_points(const Exec& exec, const Sources& sources) {
    m_engine->update_points(checked(exec), Impl::as_points(sources, "sources"),
                            no_targets(sources));
  }
  template <class Exec, class Sources, class Targets>
  void update_points(const Exec& exec, const Sources& sources, const Targets& targets) {
    m_engine->update_points(checked(exec), Impl::as_points(sources, "sources"),
                            std::optional(Impl::as_points(targets, "targets")));
  }

  /// Stage times cost a fence after every stage; off by default.
  void set_timing(bool on) { m_engine->set_timing(on); }
  const StageSeconds& stage_seconds() const { return m_engine->stage_seconds(); }
  const PlanFacts& facts() const { return m_engine->facts(); }
  /// Every choice made; a Plan given these makes the same ones.
  const Options& options() const { return m_engine->options(); }
  std::size_t bytes() const { return facts().plan_bytes; }

 private:
  using Engine = Impl::Engine<ExecutionSpace, Kernel>;

  template <class Exec>
  static const ExecutionSpace& checked(const Exec& exec) {
    static_assert(std::is_same_v<Exec, ExecutionSpace>,
                  "Octopole::Plan: this execution space is not the default one of its memory space");
    return exec;
  }
  template <class Sources>
  static auto no_targets(const Sources&) {
    return std::optional<Impl::PointsOf<Sources>>();
  }

  template <class Charges>
  auto charges_of(const Charges& charges) const {
    return Impl::as_values<const T, MemorySpace>(charges, facts().n_sources,
                                                 Kernel::source_components, 1, "charges");
  }
  /// Potential and gradient, with null data where one is not wanted.
  template <class P, class G>
  auto outputs_of(const Outputs<P, G>& outputs) const {
    static_assert(is_wanted<P> || is_wanted<G>, "Octopole::Outputs names no output");
    static_assert(!is_wanted<G> || Kernel::has_gradient,
                  "this kernel offers no gradient: Octopole::Outputs may name .potential only");
    constexpr int K = Kernel::target_components;
    std::pair<typename Engine::Output, typename Engine::Output> views;
    if constexpr (is_wanted<P>)
      views.first =
          Impl::as_values<T, MemorySpace>(outputs.potential, facts().n_targets, K, 1, "potential");
    if constexpr (is_wanted<G>)
      views.second =
          Impl::as_values<T, MemorySpace>(outputs.gradient, facts().n_targets, K, 3, "gradient");
    return views;
  }

  std::unique_ptr<Engine> m_engine;
};

template <class Exec, class Kernel, class Sources>
Plan(const Exec&, const Kernel&, const Sources&) -> Plan<typename Exec::memory_space, Kernel>;
template <class Exec, class Kernel, class Sources, class Third>
Plan(const Exec&, const Kernel&, const Sources&, const Third&)
    -> Plan<typename Exec::memory_space, Kernel>;
template <class Exec, class Kernel, class Sources, class Targets>
Plan(const Exec&, const Kernel&, const Sources&, const Targets&, const Options&)
    -> Plan<typename Exec::memory_space, Kernel>;

/// The choices and the tree of a plan, in a few lines.
template <class MemorySpace, class Kernel>
std::ostream& operator<<(std::ostream& out, const Plan<MemorySpace, Kernel>& plan) {
  const PlanFacts& f = plan.facts();
  return out << "Octopole plan: " << Kernel::name() << ", " << f.n_sources << " sources, "
             << f.n_targets << " targets, " << f.digits << " digits\n"
             << "  method " << f.method << ", order " << f.order << " (check " << f.check_order
             << "), M2L " << f.m2l
             << (f.m2l_rank > 0 ? " rank " + std::to_string(f.m2l_rank) : "") << '\n'
             << "  tree depth " << f.depth << ", " << f.n_leaves << " leaves of at most "
             << f.leaf_capacity << " points" << (f.balanced ? ", balanced" : "") << ", root side "
             << f.root_size << '\n'
             << "  operators from " << f.operators_source << ", " << f.plan_bytes << " bytes\n";
}

/// The same sums by adding every pair, O(N M), on `exec`; waits for it. Arguments as for Plan.
template <class Exec, class Kernel, class Sources, class Targets, class Charges, class P, class G>
void direct_sum(const Exec& exec, const Kernel& kernel, const Sources& sources,
                const Targets& targets, const Charges& charges, const Outputs<P, G>& outputs) {
  Plan plan(exec, kernel, sources, targets, Options{.digits = 1, .method = Method::direct});
  plan.execute(exec, charges, outputs);
  exec.fence("Octopole::direct_sum");
}

}  // namespace Octopole

#endif
