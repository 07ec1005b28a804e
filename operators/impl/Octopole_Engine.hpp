#ifndef OCTOPOLE_ENGINE_HPP
#define OCTOPOLE_ENGINE_HPP

#include <Octopole_AllPairs.hpp>
#include <Octopole_BoxLists.hpp>
#include <Octopole_Check.hpp>
#include <Octopole_FmmData.hpp>
#include <Octopole_Launch.hpp>
#include <Octopole_LeafSize.hpp>
#include <Octopole_Operators.hpp>
#include <Octopole_Options.hpp>
#include <Octopole_Permute.hpp>
#include <Octopole_PlanFacts.hpp>
#include <impl/Octopole_Values.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace Octopole::Impl {

/// Points as the engine takes them: (N, 3), any strides, in the execution space's memory.
template <class X, class MemorySpace>
using PointsView = Kokkos::View<const X**, Kokkos::LayoutStride, MemorySpace,
                                Kokkos::MemoryTraits<Kokkos::Unmanaged>>;

/// What a Plan is made of, for one execution space, kernel and shape of work: tree, lists,
/// operators, buffers, and the algorithm itself in `evaluate`. How it is made stands in
/// Octopole_EnginePlanning.hpp. Kept apart from Plan so that it can be instantiated once in the
/// library for the kernels built in.
template <class ExecutionSpace, class Kernel, class Shape>
class Engine {
 public:
  using MemorySpace = typename ExecutionSpace::memory_space;
  using T = typename Kernel::scalar;
  using Data = FmmData<ExecutionSpace, Kernel, Shape>;
  using Parts = Family<Kernel>;
  using Translation = typename Parts::Translation;
  using Charges = Values<const T>;
  /// By the kernel's outputs; without data: not wanted.
  using Results = std::array<Values<T>, Parts::levels>;

  /// `targets` empty (no value): the targets are the sources.
  template <class X, class Y>
  Engine(const ExecutionSpace& exec, const Kernel& kernel, const PointsView<X, MemorySpace>& sources,
         const std::optional<PointsView<Y, MemorySpace>>& targets, const Options& options);

  template <class X, class Y>
  void update_points(const ExecutionSpace& exec, const PointsView<X, MemorySpace>& sources,
                     const std::optional<PointsView<Y, MemorySpace>>& targets);

  void execute(const ExecutionSpace& exec, const Charges& charges, const Results& results);

  /// Errors of results that `execute` gave for these charges.
  CheckResult check(const ExecutionSpace& exec, const Charges& charges, const Results& results,
                    int samples);

  void set_timing(bool on) { m_timing = on; }
  const StageSeconds& stage_seconds() const { return m_seconds; }
  const PlanFacts& facts() const { return m_facts; }
  const Options& options() const { return m_options; }
  const Data& data() const { return m_data; }

 private:
  using Set = OperatorSet<T, MemorySpace>;

  /// Held by whoever uses the plan's buffers; throws std::logic_error when somebody does already.
  class InUse {
   public:
    explicit InUse(std::atomic<bool>& busy) : m_busy(busy) {
      if (busy.exchange(true))
        throw std::logic_error(
            "Octopole::Plan: another host thread is using this plan; give each thread its own");
    }
    ~InUse() { m_busy = false; }
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;

   private:
    std::atomic<bool>& m_busy;
  };

  /// Waits for what the plan still does on another instance.
  void move_to(const ExecutionSpace& exec) {
    if (m_last && *m_last != exec) m_last->fence("Octopole::Plan: another instance");
    m_last = exec;
  }

  template <int Level>
  void evaluate(const ExecutionSpace& exec);
  /// The same for a level known at run time.
  void evaluate_level(const ExecutionSpace& exec, int level);
  /// Whether the near field is computed in float beside a far field in double.
  bool in_float() const {
    return !m_direct && (m_options.near_field == NearField::mixed ||
                         m_options.near_field == NearField::rough);
  }
  /// From results in units of the root to the caller's: K(h r) = h^degree rescaled(h).K(r).
  double factor(int term) const {
    return Parts::term(term).prefactor *
           std::pow(m_data.tree.domain.half_width, double(Parts::term(term).degree));
  }
  template <class F>
  void stage(const ExecutionSpace& exec, const std::string& region, double StageSeconds::*seconds,
             const F& work);

  /// The highest level that there is memory for: that of the options, and of what comes second.
  int most_level() const {
    return std::max(level_of<Kernel>(m_options.outputs), std::min(1, Parts::levels - 1));
  }
  double promise() const;
  int finest_level() const;
  int coarsest_level() const;
  std::string tuning_key(const ExecutionSpace& exec) const;
  template <class X, class Y>
  LeafSize chosen_leaf_size(const ExecutionSpace& exec, const Bounds& b,
                            const PointsView<X, MemorySpace>& sources,
                            const std::optional<PointsView<Y, MemorySpace>>& targets,
                            const std::optional<Domain>& kept);
  template <class X, class Y>
  void tune(const ExecutionSpace& exec, const PointsView<X, MemorySpace>& sources,
            const std::optional<PointsView<Y, MemorySpace>>& targets);
  double measured_near_over_far(const ExecutionSpace& exec, double& seconds);
  template <class X, class Y>
  void plan_points(const ExecutionSpace& exec, const PointsView<X, MemorySpace>& sources,
                   const std::optional<PointsView<Y, MemorySpace>>& targets, bool update);
  void plan_operators(const ExecutionSpace& exec);
  /// In units of the half-width of the boxes that set `s` is for: those of level s, or any.
  Kernel kernel_of_set(int s) const {
    return m_data.kernel.rescaled(1.0 / double(std::uint64_t(1) << s));
  }
  /// Whether set `s` moves anything: nothing is translated above the top level, though its children's
  /// parents start there.
  bool has_far_field(int s) const { return Translation::homogeneous || s >= m_data.top_level; }
  void make_sets(int n_sets);
  double probed_error(int n_sets) const;
  void find_order(int n_sets);
  void plan_buffers(const ExecutionSpace& exec);
  void fill_charges(const ExecutionSpace& exec, double value);
  void dry_execute(const ExecutionSpace& exec);
  void collect_facts(const ExecutionSpace& exec);

  Kernel m_kernel;
  Options m_options;
  OperatorSpec m_spec;
  bool m_direct = false;
  bool m_probing = false;        ///< the order is found by a probe
  bool m_default_inner = false;  ///< the inner surface may be moved
  double m_near_over_far = 1;  ///< measured cost of a near pair over the model's
  bool m_choose_capacity = false, m_choose_root = false;  ///< of the options, when points are new
  std::array<std::size_t, 2> m_chosen_for{};  ///< sources and targets when the capacity was chosen
  bool m_lists_kept = false;                  ///< by the last plan_points: they were still right
  Pool<MemorySpace> m_pool;                   ///< of what is made while points are planned
  SortedPoints<MemorySpace> m_sorted_sources, m_sorted_targets;  ///< memory for the next update
  Data m_data;
  std::vector<Set> m_sets;              ///< one, or one per level
  std::vector<const Set*> m_set_of;     ///< by level
  M2LBlas<Data> m_m2l_blas;             ///< one of the three is made
  M2LFft<Data> m_m2l_fft;
  M2LFft<Data, float> m_m2l_single;
  BoxList<MemorySpace> m_leaves, m_parents, m_with_x;  ///< by level

  std::size_t m_n_sources = 0, m_n_targets = 0;
  bool m_timing = false;
  StageSeconds m_seconds;
  PlanFacts m_facts;
  std::unique_ptr<std::atomic<bool>> m_busy = std::make_unique<std::atomic<bool>>(false);
  std::optional<ExecutionSpace> m_last;
};

template <class ExecutionSpace, class Kernel, class Shape>
template <class F>
void Engine<ExecutionSpace, Kernel, Shape>::stage(const ExecutionSpace& exec,
                                                  const std::string& region,
                                                  double StageSeconds::*seconds, const F& work) {
  Kokkos::Profiling::pushRegion(region);
  if (m_timing) {
    // Stage times need fences; without them stages follow each other on the instance alone.
    Kokkos::Timer timer;
    work();
    exec.fence("Octopole::Plan: stage times");
    m_seconds.*seconds += timer.seconds();
  } else {
    work();
  }
  Kokkos::Profiling::popRegion();
}

template <class ExecutionSpace, class Kernel, class Shape>
void Engine<ExecutionSpace, Kernel, Shape>::execute(const ExecutionSpace& exec,
                                                    const Charges& charges,
                                                    const Results& results) {
  const InUse in_use(*m_busy);
  move_to(exec);

  static const std::string permute = "Octopole::Permute";
  const std::uint64_t launched = launches();
  Kokkos::Timer whole;
  m_seconds.permute = m_seconds.p2m = m_seconds.m2m = m_seconds.m2l = m_seconds.p2l = 0;
  m_seconds.l2l = m_seconds.l2p = m_seconds.m2p = m_seconds.p2p = 0;

  stage(exec, permute, &StageSeconds::permute, [&] { pack_charges(exec, m_data, charges); });
  int level = 0;
  for (int i = 0; i < Parts::levels; ++i)
    if (results[i].data != nullptr) level = i;
  if (level > most_level())
    throw std::invalid_argument(std::string("Octopole::Plan: found ") +
                                name_of(Parts::term(level).output) +
                                " in Outputs, which Options::outputs has to name");
  evaluate_level(exec, level);
  stage(exec, permute, &StageSeconds::permute, [&] {
    for (int i = 0, first = 0; i < Parts::levels; ++i) {
      const int rows = Parts::term(i).rows();
      if (results[i].data != nullptr)
        unpack_results(exec, m_data, first, rows, rows_of<Kernel>(level), results[i], factor(i));
      first += rows;
    }
  });
  m_facts.launches = launches() - launched;
  if (m_timing) m_seconds.evaluate = whole.seconds();
}

template <class ExecutionSpace, class Kernel, class Shape>
CheckResult Engine<ExecutionSpace, Kernel, Shape>::check(const ExecutionSpace& exec,
                                                         const Charges& charges,
                                                         const Results& results, int samples) {
  const InUse in_use(*m_busy);
  move_to(exec);
  pack_charges(exec, m_data, charges);
  std::array<double, Parts::levels> factors;
  for (int i = 0; i < Parts::levels; ++i) factors[i] = factor(i);
  return check_against_direct_sum(exec, m_data, results, factors, int(m_n_targets), samples);
}

template <class ExecutionSpace, class Kernel, class Shape>
void Engine<ExecutionSpace, Kernel, Shape>::evaluate_level(const ExecutionSpace& exec, int level) {
  [&]<int... Level>(std::integer_sequence<int, Level...>) {
    (void)((level == Level && (evaluate<Level>(exec), true)) || ...);
  }(std::make_integer_sequence<int, Parts::levels>());
}

template <class ExecutionSpace, class Kernel, class Shape>
template <int Level>
void Engine<ExecutionSpace, Kernel, Shape>::evaluate(const ExecutionSpace& exec) {
  using S = StageSeconds;
  static const std::string r_p2m = "Octopole::P2M", r_m2m = "Octopole::M2M",
                           r_blas = "Octopole::M2L[blas]", r_fft = "Octopole::M2L[fft]", r_p2l = "Octopole::P2L",
                           r_l2l = "Octopole::L2L", r_l2p = "Octopole::L2P",
                           r_m2p = "Octopole::M2P", r_p2p = "Octopole::P2P";
  const Data& d = m_data;
  const int depth = d.tree.depth, top = d.top_level;
  const bool by_fft = m_spec.m2l == M2L::fft;
  const std::string& r_m2l = by_fft ? r_fft : r_blas;
  if (m_direct) {
    stage(exec, r_p2p, &S::p2p, [&] { all_pairs<Level>(exec, d); });
    return;
  }
  // The solves from check surface to densities are counted with the operator that filled the check
  // surface: those of the leaves with P2M, of the parents with M2M, and all of the downward ones,
  // which M2L, P2L and L2L fill together, with M2L.
  stage(exec, r_p2m, &S::p2m, [&] {
    p2m(exec, d);
    // At once where all levels have the same operators.
    const int step = Translation::homogeneous ? depth + 1 : 1;
    for (int level = top; level <= depth; level += step)
      check_to_multipole(exec, d, m_set_of[level]->up_left, m_set_of[level]->up_right, m_leaves,
                         level, std::min(level + step, depth + 1));
  });
  for (int level = depth - 1; level >= top; --level) {
    const Set& set = *m_set_of[level];
    stage(exec, r_m2m, &S::m2m,
          [&] { m2m(exec, d, set.m2m, set.up_left, set.up_right, level, m_parents); });
  }
  for (int level = top; level <= depth; ++level) {
    const Set& set = *m_set_of[level];
    stage(exec, r_m2l, &S::m2l, [&] {
      if (m_options.m2l_single == 1)
        m_m2l_single.apply(exec, d, set, level);
      else if (by_fft)
        m_m2l_fft.apply(exec, d, set, level);
      else
        m_m2l_blas.apply(exec, d, set, level);
    });
  }
  stage(exec, r_p2l, &S::p2l, [&] { p2l(exec, d, m_with_x); });
  for (int level = top; level <= depth; ++level) {
    const Set& set = *m_set_of[level];
    if (level > top)
      stage(exec, r_l2l, &S::l2l, [&] {
        l2l(exec, d, m_set_of[level - 1]->l2l, level, m_parents);
      });
    stage(exec, r_m2l, &S::m2l,
          [&] { check_to_local(exec, d, set.down_left, set.down_right, level); });
  }
  stage(exec, r_l2p, &S::l2p, [&] {
    from_moments(exec, d);
    l2p<Level>(exec, d);
  });
  stage(exec, r_m2p, &S::m2p, [&] { m2p<Level>(exec, d); });
  stage(exec, r_p2p, &S::p2p, [&] { p2p<Level>(exec, d, m_options.near_field); });
}

}  // namespace Octopole::Impl

#endif
