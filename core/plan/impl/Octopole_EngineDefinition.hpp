#ifndef OCTOPOLE_ENGINE_DEFINITION_HPP
#define OCTOPOLE_ENGINE_DEFINITION_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/base/Octopole_Launch.hpp>
#include <core/plan/impl/Octopole_Engine.hpp>
#include <core/plan/impl/Octopole_Evaluate.hpp>
#include <core/plan/impl/Octopole_FoldedPoints.hpp>
#include <core/plan/impl/Octopole_MakeParts.hpp>
#ifdef OCTOPOLE_HAVE_MPI
#include <core/plan/impl/Octopole_CheckOnRanks.hpp>
#include <core/plan/impl/Octopole_MakePartsOnRanks.hpp>
#endif
#include <core/precompute/Octopole_OperatorCache.hpp>
#include <operators/edges/Octopole_Packing.hpp>
#include <operators/edges/Octopole_SampledError.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

/// Included by the library where it compiles the engine, and by whoever wants one for another shape of
/// work or execution space.
namespace Octopole::Impl {

/// The last output that results are wanted of. `results`: by output, without data where not wanted.
template <class Results>
int last_wanted(const KernelStatement& statement, const Results& results) {
  int last = 0;
  for (int i = 0; i < statement.n_outputs(); ++i)
    if (results[i].data != nullptr) last = i;
  return last;
}

/// Refuses to be asked for more than was planned for.
template <class Work>
void check_last_output(const PlanParts<Work>& p, int last_output) {
  const KernelStatement& statement = p.kernel->statement();
  if (last_output > p.most_output())
    throw std::invalid_argument(
        std::string("Octopole::Plan: found ") + name_of(statement.terms[last_output].output) +
        " in Outputs; this plan was made for " + name_of(statement.terms[p.most_output()].output) +
        ", and its digits hold for nothing further: name the outputs in Options::outputs");
}

inline void reset_stages(StageSeconds& s) {
  s.permute = s.p2m = s.m2m = s.m2l = s.p2l = s.l2l = s.l2p = s.m2p = s.p2p = 0;
}

template <class ExecutionSpace, class T, class WorkShape>
Engine<ExecutionSpace, T, WorkShape>::~Engine() = default;

template <class ExecutionSpace, class T, class WorkShape>
const PlanFacts& Engine<ExecutionSpace, T, WorkShape>::facts() const {
  return m_parts->facts;
}
template <class ExecutionSpace, class T, class WorkShape>
const Options& Engine<ExecutionSpace, T, WorkShape>::options() const {
  return m_parts->choices.options;
}

template <class ExecutionSpace, class T, class WorkShape>
Engine<ExecutionSpace, T, WorkShape>::Engine(const ExecutionSpace& exec,
                                             std::shared_ptr<const Kernel> kernel,
                                             const Points& sources,
                                             const std::optional<Points>& targets,
                                             const Options& options)
    : m_kernel(std::move(kernel)),
      m_memory(std::make_unique<PlanningMemory<MemorySpace>>()),
      m_parts(std::make_unique<PlanParts<Work>>()) {
  plan_alone(exec, {sources, targets}, options);
}

template <class ExecutionSpace, class T, class WorkShape>
void Engine<ExecutionSpace, T, WorkShape>::plan_alone(const ExecutionSpace& exec,
                                                      const PointSet<MemorySpace>& points,
                                                      const Options& options) {
  Kokkos::Timer whole;
  const KernelStatement& statement = m_kernel->statement();
  Choices choices = make_choices(options, statement, facts_of_shape<WorkShape>(),
                                 points.n_sources(), points.n_targets());
  // Of the order that planning begins with: a probe may raise it.
  const std::string key =
      tuning_key(exec.name(), exec.concurrency(), statement, choices.spec, choices.options);
  if (choices.choose_capacity)
    choices.near_over_far =
        OperatorCache::load_tuning(choices.options.cache, key, m_parts->facts.notice).value_or(1);
  plan(exec, choices, points, false);
  if (m_parts->choices.options.tune) tune(exec, points, key);
  m_memory->pool.release(0);  // there may never be an update
  if constexpr (WorkShape::dry_execute) {
    // A whole evaluate of zeros: handles, team scratch and scan buffers are made at first launches.
    fill_charges(exec, 0);
    run(exec, m_parts->most_output(), [] {});
  }
  // The choice is made: a plan given these options has nothing to tune.
  m_parts->choices.options.tune = false;
  count_bytes();
  exec.fence("Octopole::Plan");
  m_seconds.plan = whole.seconds();
}

#ifdef OCTOPOLE_HAVE_MPI
template <class ExecutionSpace, class T, class WorkShape>
Engine<ExecutionSpace, T, WorkShape>::Engine(const ExecutionSpace& exec,
                                             std::shared_ptr<const Communicator> ranks,
                                             std::shared_ptr<const Kernel> kernel,
                                             const Points& sources,
                                             const std::optional<Points>& targets,
                                             const Options& options)
    : m_kernel(std::move(kernel)),
      m_memory(std::make_unique<PlanningMemory<MemorySpace>>()),
      m_parts(std::make_unique<PlanParts<Work>>()),
      m_ranks(std::move(ranks)) {
  const PointSet<MemorySpace> points{sources, targets};
  Options by_fmm = options;
  by_fmm.method = Method::fmm;
  if (!on_ranks()) {
    // What others would refuse is refused here too; there is nobody to exchange anything with.
    together([&] {
      refuse_on_ranks(options, on_host<ExecutionSpace>);
      plan_alone(exec, points, by_fmm);
    });
    return;
  }
  m_guarded = std::make_shared<const GuardedCommunicator>(*m_ranks);
  Kokkos::Timer whole;
  const KernelStatement& statement = m_kernel->statement();
  together([&] {
    agree_on_options(*m_guarded, options, *m_kernel);
    refuse_on_ranks(options, on_host<ExecutionSpace>);
    Choices choices = make_choices(by_fmm, statement, facts_of_shape<WorkShape>(),
                                   points.n_sources(), points.n_targets());
    if (choices.choose_capacity)
      choices.near_over_far =
          OperatorCache::load_tuning(
              choices.options.cache,
              tuning_key(exec.name(), exec.concurrency(), statement, choices.spec, choices.options),
              m_parts->facts.notice)
              .value_or(1);
    plan_on_ranks(exec, choices, points);
    m_memory->pool.release(0);
    if constexpr (WorkShape::dry_execute) {
      Opening opening(*m_ranks, 0);
      m_traffic->in_a_round(opening, m_parts->others->messages(), [&] {
        fill_charges(exec, 0);
        opening.share(0, m_parts->sources.largest);
        run(exec, m_parts->most_output(), [] {});
      });
    }
    exec.fence("Octopole::Plan");
  });
  count_bytes();
  m_seconds.plan = whole.seconds();
}

template <class ExecutionSpace, class T, class WorkShape>
auto Engine<ExecutionSpace, T, WorkShape>::destination(const ExecutionSpace& exec) const
    -> Kokkos::View<int*, MemorySpace> {
  if (!m_ranks)
    throw std::logic_error(
        "Octopole::Plan::destination: found a plan without a communicator, expected one with");
  if (!on_ranks())
    return Kokkos::View<int*, MemorySpace>("Octopole::Ranks::receivers", facts().n_sources);
  return m_traffic->home.receivers(exec);
}

/// As `plan`, for the points of all ranks. Collective; to be called within together.
template <class ExecutionSpace, class T, class WorkShape>
void Engine<ExecutionSpace, T, WorkShape>::plan_on_ranks(const ExecutionSpace& exec,
                                                         const Choices& choices,
                                                         const PointSet<MemorySpace>& points) {
  const PoolScope pool(m_memory->pool);
  StageSeconds seconds = m_seconds;
  RankTraffic<ExecutionSpace, T> traffic;
  PlanParts<Work> made = make_parts_on_ranks<Work>(exec, m_guarded, *m_kernel, choices, points,
                                                   m_parts->kernel ? m_parts.get() : nullptr,
                                                   *m_memory, seconds, m_parts->facts, traffic);
  auto shared = std::make_shared<const RankTraffic<ExecutionSpace, T>>(std::move(traffic));
  // What another rank refuses, it has refused by now.
  agree(*m_ranks, "");
  *m_parts = std::move(made);
  m_traffic = std::move(shared);
  m_seconds = seconds;
}

template <class ExecutionSpace, class T, class WorkShape>
void Engine<ExecutionSpace, T, WorkShape>::execute_on_ranks(const ExecutionSpace& exec,
                                                            const Charges& charges,
                                                            const Results& results) {
  const PlanParts<Work>& p = *m_parts;
  Opening opening(*m_ranks, p.sources.right_hand_sides);
  together([&] {
    m_traffic->in_a_round(opening, m_traffic->of_execute, [&] {
      run_between(
          exec,
          [&] {
            return m_traffic->bring_charges(exec, charges,
                                            last_wanted(p.kernel->statement(), results), p, opening,
                                            [&](int last) { check_last_output(p, last); });
          },
          [&](int last) { m_traffic->bring_results(exec, results, last, p); },
          [&] { m_traffic->finish_charges(exec, p); });
    });
  });
  const auto [children, multipoles] = p.others->waited();
  m_seconds.wait_children = children, m_seconds.wait_multipoles = multipoles;
  m_seconds.wait_charges =
      m_traffic->home.messages()->waited() + m_traffic->ghosts.messages()->waited();
  m_seconds.wait_results = m_traffic->back.messages()->waited();
}
#endif

/// Makes parts for these choices and points, takes them and packs the points. What is refused leaves
/// everything as it was.
template <class ExecutionSpace, class T, class WorkShape>
void Engine<ExecutionSpace, T, WorkShape>::plan(const ExecutionSpace& exec, const Choices& choices,
                                                const PointSet<MemorySpace>& given, bool update) {
  const PoolScope pool(m_memory->pool);
  StageSeconds seconds = m_seconds;
  const FoldedPoints<MemorySpace> folded = fold_points(exec, given, choices.options.periodic);
  const PointSet<MemorySpace>& points = folded.points;
  const PlanParts<Work>* before = m_parts->kernel ? m_parts.get() : nullptr;
  try {
    *m_parts = make_parts<Work>(exec, *m_kernel, choices, points, before, update, *m_memory,
                                seconds, m_parts->facts);
  } catch (...) {
    m_memory->release();  // what was made for nothing may be large
    throw;
  }
  // From here on nothing is refused.
  m_seconds = seconds;
  Kokkos::Timer timer;
  pack(exec, points, *m_memory, *m_parts);
  m_seconds.tree += timer.seconds();
  if (!update) m_memory->sources = m_memory->targets = {};  // there may never be an update
}

template <class ExecutionSpace, class T, class WorkShape>
void Engine<ExecutionSpace, T, WorkShape>::update_points(const ExecutionSpace& exec,
                                                         const Points& sources,
                                                         const std::optional<Points>& targets) {
  const InUse in_use = use();
  move_to(exec);
  exec.fence("Octopole::Plan: what is still running");
  const PointSet<MemorySpace> points{sources, targets};
#ifdef OCTOPOLE_HAVE_MPI
  if (on_ranks())
    together([&] {
      check_point_counts(points.n_sources(), points.n_targets());
      plan_on_ranks(exec, m_parts->choices, points);
    });
#endif
  if (!on_ranks())
    together([&] {
      check_point_counts(points.n_sources(), points.n_targets());
      plan(exec, m_parts->choices, points, true);
    });
  m_memory->pool.release(2);  // every other tree lies in the same memory
  count_bytes();
  const std::size_t limit = options().memory_limit;
  if (limit > 0 && facts().plan_bytes > limit) {
    m_memory->release();
    count_bytes();
  }
  exec.fence("Octopole::Plan::update_points");
}

template <class ExecutionSpace, class T, class WorkShape>
void Engine<ExecutionSpace, T, WorkShape>::count_bytes() {
  m_parts->facts.plan_bytes = m_parts->bytes() + m_memory->bytes();
#ifdef OCTOPOLE_HAVE_MPI
  if (on_ranks()) m_parts->facts.plan_bytes += m_traffic->bytes();
#endif
}

/// `evaluate`, and its stages' times where they are measured.
template <class ExecutionSpace, class T, class WorkShape>
template <class GhostCharges>
void Engine<ExecutionSpace, T, WorkShape>::run(const ExecutionSpace& exec, int last_output,
                                               const GhostCharges& ghost_charges) {
  evaluate(exec, *m_parts, last_output, Stages(m_timing, m_seconds), ghost_charges);
}

template <class ExecutionSpace, class T, class WorkShape>
void Engine<ExecutionSpace, T, WorkShape>::execute(const ExecutionSpace& exec,
                                                   const Charges& charges, const Results& results) {
#ifdef OCTOPOLE_HAVE_MPI
  if (on_ranks()) return execute_on_ranks(exec, charges, results);
#endif
  const PlanParts<Work>& p = *m_parts;
  const KernelStatement& statement = p.kernel->statement();
  const int last_output = last_wanted(statement, results);
  const auto bring_charges = [&] {
    pack_charges(exec, statement.charges, int(p.facts.n_sources), charges, p.sources,
                 p.shared_sources);
    return last_output;
  };
  const auto bring_results = [&](int) {
    for (int i = 0, first = 0; i < statement.n_outputs(); ++i) {
      const int rows = statement.terms[i].rows();
      if (results[i].data != nullptr)
        unpack_results(exec, p.sources, p.targets, first, rows, statement.rows_of(last_output),
                       results[i], p.unit_of(i, p.tree.domain.half_width), p.shared_targets);
      first += rows;
    }
  };
  together([&] {
    check_last_output(p, last_output);
    run_between(exec, bring_charges, bring_results, [] {});
  });
}

template <class ExecutionSpace, class T, class WorkShape>
template <class BringCharges, class BringResults, class GhostCharges>
void Engine<ExecutionSpace, T, WorkShape>::run_between(const ExecutionSpace& exec,
                                                       const BringCharges& bring_charges,
                                                       const BringResults& bring_results,
                                                       const GhostCharges& ghost_charges) {
  move_to(exec);
  static const std::string permute = "Octopole::Permute";
  const std::uint64_t launched = launches();
  Kokkos::Timer whole;
  reset_stages(m_seconds);
  const Stages stage(m_timing, m_seconds);
  int last_output = 0;
  stage(exec, permute, &StageSeconds::permute, [&] { last_output = bring_charges(); });
  run(exec, last_output, ghost_charges);
  stage(exec, permute, &StageSeconds::permute, [&] { bring_results(last_output); });
  m_parts->facts.launches = launches() - launched;
  if (m_timing) m_seconds.evaluate = whole.seconds();
}

template <class ExecutionSpace, class T, class WorkShape>
CheckResult Engine<ExecutionSpace, T, WorkShape>::check(const ExecutionSpace& exec,
                                                        const Charges& charges,
                                                        const Results& results, int samples) {
  if (m_parts->tree.periodic)
    throw std::logic_error(
        "Octopole::Plan::check: found a periodic cell, whose pairs have no end, expected a plan "
        "without Options::periodic");
  move_to(exec);
  CheckResult result;
#ifdef OCTOPOLE_HAVE_MPI
  if (on_ranks()) {
    const PlanParts<Work>& p = *m_parts;
    Opening opening(*m_ranks, p.sources.right_hand_sides);
    together([&] {
      m_traffic->in_a_round(opening, m_traffic->of_charges, [&] {
        m_traffic->bring_charges(exec, charges, 0, p, opening, [](int) {});
        m_traffic->finish_charges(exec, p);
      });
      result = check_on_ranks(exec, p, *m_traffic, results, int(p.facts.n_targets), samples);
    });
    return result;
  }
#endif
  together([&] { result = check_alone(exec, charges, results, samples); });
  return result;
}

template <class ExecutionSpace, class T, class WorkShape>
CheckResult Engine<ExecutionSpace, T, WorkShape>::check_alone(const ExecutionSpace& exec,
                                                              const Charges& charges,
                                                              const Results& results, int samples) {
  const PlanParts<Work>& p = *m_parts;
  const KernelStatement& statement = p.kernel->statement();
  const int n_outputs = statement.n_outputs(), n_targets = int(p.facts.n_targets);
  CheckResult result;
  samples = std::min(samples, n_targets);
  if (samples <= 0) return result;
  result.targets = samples;
  pack_charges(exec, statement.charges, int(p.facts.n_sources), charges, p.sources,
               p.shared_sources);
  const auto sampled = sample_targets(exec, p.targets, p.shared_targets, n_targets, samples,
                                      statement.rows_of(n_outputs - 1));
  const auto largest = to_host(p.sources.largest);
  const double exact_unit = p.tree.domain.exact_unit();
  std::array<ErrorSums, output_count> sums;
  for (int i = 0; i < n_outputs; ++i) sums[i] = no_errors(p.unit_of(i, exact_unit), largest);
  for (int rhs = 0; rhs < p.sources.right_hand_sides; ++rhs) {
    p.kernel->sum_at_samples(exec, p.tree.domain, p.sources, p.targets, sampled, rhs);
    exec.fence("Octopole::Check::sums");
    for (int i = 0, first = 0; i < n_outputs; ++i) {
      const int rows = statement.terms[i].rows();
      if (results[i].data != nullptr)
        add_errors(exec, sampled, results[i], first, rows, p.unit_of(i, exact_unit),
                   charge_unit(largest(rhs)), rhs, sums[i]);
      first += rows;
    }
  }
  for (int i = 0; i < n_outputs; ++i)
    if (sums[i].targets > 0) result[statement.terms[i].output] = sums[i].result();
  return result;
}

/// The packed charges, without a caller's.
template <class ExecutionSpace, class T, class WorkShape>
void Engine<ExecutionSpace, T, WorkShape>::fill_charges(const ExecutionSpace& exec, double value) {
  fill("Octopole::Plan::fill", exec, m_parts->sources.charges, T(value));
  fill("Octopole::Plan::fill", exec, m_parts->sources.float_charges, float(value));
}

/// One execute with stage times (of unit charges, after one to warm up), held against the cost model.
template <class ExecutionSpace, class T, class WorkShape>
double Engine<ExecutionSpace, T, WorkShape>::measured_near_over_far(const ExecutionSpace& exec,
                                                                    double& seconds) {
  const PlanParts<Work>& p = *m_parts;
  const auto& tree = p.tree;
  const KernelStatement& statement = p.kernel->statement();
  fill_charges(exec, 1);
  const bool timing = std::exchange(m_timing, true);
  for (int run = 0; run < 2; ++run) {
    m_seconds = StageSeconds{m_seconds.plan, m_seconds.tree, m_seconds.lists, m_seconds.operators};
    this->run(exec, statement.last_output_of(p.choices.options.outputs), [] {});
  }
  m_timing = timing;
  const StageSeconds& s = m_seconds;
  const double far_seconds = s.m2m + s.m2l + s.l2l;
  seconds = s.p2m + far_seconds + s.p2l + s.l2p + s.m2p + s.p2p;
  const TreeCosts costs = tree_costs_of<T, WorkShape>(statement, p.choices);
  const double near = double(p.facts.pairs_p2p) * costs.near_pair;
  const double boxes = tree.n_boxes - tree.level_begin[p.expansions.top_level];
  // Of a box's cost two thirds are M2M, L2L and the solve on the way down.
  const double far = costs.box * boxes * 2 / 3 +
                     costs.box_pair * double(p.lists.interactions.v.size()) +
                     costs.parent * (tree.n_boxes - tree.n_leaves) +
                     costs.parent_pair * double(p.m2l.parent_pairs());
  if (!(near > 0 && far > 0 && s.p2p > 0 && far_seconds > 0)) return 1;
  return (s.p2p / near) / (far_seconds / far);
}

/// Options::tune: plans anew with measured costs while that changes the leaf capacity and makes it
/// faster.
template <class ExecutionSpace, class T, class WorkShape>
void Engine<ExecutionSpace, T, WorkShape>::tune(const ExecutionSpace& exec,
                                                const PointSet<MemorySpace>& points,
                                                const std::string& key) {
  constexpr int rounds = 3;
  constexpr double budget = 20;  // seconds; what one round takes may come on top
  Kokkos::Timer timer;
  const auto plan_with = [&](double ratio) {
    Choices choices = m_parts->choices;
    choices.near_over_far = ratio;
    plan(exec, choices, points, false);
  };
  double best_seconds = 0, best_ratio = m_parts->choices.near_over_far;
  double measured = measured_near_over_far(exec, best_seconds);
  for (int round = 0; round < rounds && timer.seconds() < budget; ++round) {
    const int capacity = m_parts->choices.options.leaf_capacity;
    const double scale = m_parts->choices.options.root_scale,
                 ratio = std::clamp(measured, 0.02, 50.0);
    try {
      plan_with(ratio);
    } catch (const std::invalid_argument&) {
      break;  // refused, for the memory limit or too many boxes: what there is stays
    }
    if (m_parts->choices.options.leaf_capacity == capacity &&
        m_parts->choices.options.root_scale == scale) {
      best_ratio = ratio;
      break;
    }
    double seconds = 0;
    measured = measured_near_over_far(exec, seconds);
    if (seconds >= best_seconds) break;
    best_seconds = seconds, best_ratio = ratio;
  }
  if (m_parts->choices.near_over_far != best_ratio) plan_with(best_ratio);
  OperatorCache::store_tuning(m_parts->choices.options.cache, key, best_ratio,
                              m_parts->facts.notice);
}

}  // namespace Octopole::Impl

#endif
