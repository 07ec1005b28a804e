#ifndef OCTOPOLE_POINT_OPERATORS_HPP
#define OCTOPOLE_POINT_OPERATORS_HPP

#include <core/precompute/Octopole_OperatorCache.hpp>
#include <core/precompute/Octopole_Precompute.hpp>
#include <core/precompute/Octopole_Probe.hpp>
#include <operators/Octopole_KernelOperators.hpp>
#include <operators/Octopole_L2P.hpp>
#include <operators/Octopole_M2P.hpp>
#include <operators/Octopole_P2L.hpp>
#include <operators/Octopole_P2M.hpp>
#include <operators/Octopole_P2P.hpp>
#include <operators/pairs/Octopole_AllPairs.hpp>

#include <memory>
#include <string>
#include <utility>

namespace Octopole {

/// KernelOperators of one kernel: the only code of a plan in which its functors are called.
template <class ExecutionSpace, class Kernel, class WorkShape = WorkShapeOf<ExecutionSpace>>
class PointOperators final
    : public KernelOperators<ExecutionSpace, typename Kernel::scalar, WorkShape> {
 public:
  using T = typename Kernel::scalar;                           ///< double or float
  using Base = KernelOperators<ExecutionSpace, T, WorkShape>;  ///< the interface
  using MemorySpace = typename Base::MemorySpace;              ///< where all Views live
  using typename Base::Boxes;
  using typename Base::Sources;
  using typename Base::Targets;
  using typename Base::Tree;

  /// @param kernel  with its parameters, which also say the unit of length
  explicit PointOperators(const Kernel& kernel)
      : m_kernel(kernel), m_statement(statement_of<Kernel>()) {}

  /// @cond OVERRIDES
  const KernelStatement& statement() const override { return m_statement; }
  std::shared_ptr<const Base> rescaled(double h) const override {
    return std::make_shared<PointOperators>(m_kernel.rescaled(h));
  }
  double near_range([[maybe_unused]] double error) const override {
    if constexpr (requires(const Kernel& k) { k.near_range(1.0); })
      return m_kernel.near_range(error);
    else
      return 0;
  }
  double decay([[maybe_unused]] double distance) const override {
    if constexpr (requires(const Kernel& k) { k.decay(1.0); })
      return m_kernel.decay(distance);
    else
      return 1;
  }

  double phase([[maybe_unused]] double distance) const override {
    if constexpr (requires(const Kernel& k) { k.phase(1.0); })
      return m_kernel.phase(distance);
    else
      return 0;
  }

  double dipole_length() const override {
    if constexpr (requires(const Kernel& k) { k.dipole_length; })
      return m_kernel.dipole_length;
    else
      return 1;
  }

  std::string operator_key(const OperatorSpec& spec) const override {
    return OperatorCache::key<T>(Parts::translation(m_kernel), spec);
  }
  OperatorSet<T> precompute(const OperatorSpec& spec) const override {
    return Impl::precompute<T>(Parts::translation(m_kernel), spec);
  }
  double probe_error(const OperatorSpec& spec, int last_output, unsigned corners) const override {
    const OperatorSet<T> inverses =
        Impl::precompute_inverses<T>(Parts::translation(m_kernel), spec);
    const Kernel kernel = probed(m_kernel);
    return Impl::Probe<T, Kernel>(kernel, spec, inverses).error(last_output, corners);
  }
  unsigned probe_corners(double nearest) const override {
    return Impl::Probe<T, Kernel>::corners_that_count(m_kernel, nearest);
  }
  std::string probe_key(int last_output, unsigned corners) const override {
    return OperatorCache::probe_key(m_statement.name, last_output, corners,
                                    Impl::Probe<T, Kernel>::functor_hash(probed(m_kernel)));
  }

  void p2m(const ExecutionSpace& exec, const Tree& tree, const Sources& sources,
           const Boxes& expansions, Root far_root) const override {
    Octopole::p2m<WorkShape>(exec, m_kernel, tree, sources, expansions, far_root);
  }
  void p2l(const ExecutionSpace& exec, const Tree& tree, const Rows<MemorySpace>& x,
           const BoxList<MemorySpace>& with_x, const Sources& sources, const Boxes& expansions,
           Root far_root) const override {
    Octopole::p2l<WorkShape>(exec, m_kernel, tree, x, with_x, sources, expansions, far_root);
  }
  void l2p(const ExecutionSpace& exec, int last_output, const Tree& tree,
           const Terminals<MemorySpace>& terminals, const Boxes& expansions, const Targets& targets,
           Root far_root) const override {
    with_last_output(last_output, [&](auto last) {
      Octopole::l2p<last(), WorkShape>(exec, m_kernel, tree, terminals, expansions, targets,
                                       far_root);
    });
  }
  void m2p(const ExecutionSpace& exec, int last_output, const Tree& tree,
           const Rows<MemorySpace>& w, const Boxes& expansions, const Targets& targets,
           Root far_root) const override {
    with_last_output(last_output, [&](auto last) {
      Octopole::m2p<last(), WorkShape>(exec, m_kernel, tree, w, expansions, targets, far_root);
    });
  }
  void p2p(const ExecutionSpace& exec, int last_output, const Tree& tree,
           const NearLists<MemorySpace>& near, const Sources& sources, const Targets& targets,
           NearField near_field) const override {
    with_last_output(last_output, [&](auto last) {
      Octopole::p2p<last(), WorkShape>(exec, m_kernel, tree, near, sources, targets, near_field);
    });
  }
  void all_pairs(const ExecutionSpace& exec, int last_output, const Tree& tree,
                 const Sources& sources, const Targets& targets) const override {
    with_last_output(last_output, [&](auto last) {
      Octopole::all_pairs<last(), WorkShape>(exec, m_kernel, tree, sources, targets);
    });
  }
  void sum_at_samples(const ExecutionSpace& exec, const Domain& domain, const Sources& sources,
                      const Targets& targets, const SampledTargets<MemorySpace>& samples,
                      int rhs) const override {
    Octopole::sum_at_samples(exec, m_kernel, domain, sources, targets, samples, rhs);
  }
  /// @endcond

 private:
  using Parts = Family<Kernel>;

  /// What the probe looks at: of charges with dipoles beside them the dipoles, which ask for more.
  static Kernel probed(Kernel kernel) {
    if constexpr (requires { kernel.dipole_length; }) kernel.dipole_length = 1e6;
    return kernel;
  }

  /// Calls f(std::integral_constant<int, last_output>) for an output known at run time.
  template <class F>
  static void with_last_output(int last_output, const F& f) {
    [&]<int... Last>(std::integer_sequence<int, Last...>) {
      (void)((last_output == Last && (f(std::integral_constant<int, Last>{}), true)) || ...);
    }(std::make_integer_sequence<int, Parts::n_outputs>());
  }

  Kernel m_kernel;
  KernelStatement m_statement;
};

}  // namespace Octopole

#endif
