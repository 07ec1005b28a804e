#ifndef OCTOPOLE_ENGINE_TUNING_HPP
#define OCTOPOLE_ENGINE_TUNING_HPP

#include <Octopole_OperatorCache.hpp>
#include <impl/Octopole_CountPairs.hpp>
#include <impl/Octopole_Engine.hpp>
#include <impl/Octopole_TreeCosts.hpp>

#include <algorithm>
#include <string>

/// Options::tune: the leaf capacity chosen by what near and far field were measured to cost.
namespace Octopole::Impl {

template <class ExecutionSpace, class Kernel, class Shape>
std::string Engine<ExecutionSpace, Kernel, Shape>::tuning_key(const ExecutionSpace& exec) const {
  return OperatorCache::tuning_key<T, Kernel>(exec.name(), exec.concurrency(), m_spec, m_options);
}

/// One execute with stage times (of unit charges, after one to warm up), held against the cost model.
template <class ExecutionSpace, class Kernel, class Shape>
double Engine<ExecutionSpace, Kernel, Shape>::measured_near_over_far(const ExecutionSpace& exec,
                                                                     double& seconds) {
  const auto& d = m_data;
  fill_charges(exec, 1);
  const bool timing = m_timing;
  m_timing = true;
  for (int run = 0; run < 2; ++run) {
    m_seconds = StageSeconds{m_seconds.plan, m_seconds.tree, m_seconds.lists, m_seconds.operators};
    evaluate_level(exec, level_of<Kernel>(m_options.outputs));
  }
  m_timing = timing;
  const StageSeconds& s = m_seconds;
  const double far_seconds = s.m2m + s.m2l + s.l2l;
  seconds = s.p2m + far_seconds + s.p2l + s.l2p + s.m2p + s.p2p;
  const TreeCosts costs = tree_costs_of<Kernel, Shape>(m_spec, m_options);
  const double near = double(count_near_pairs(exec, d)) * costs.near_pair;
  const double parent_pairs =
      double(m_options.m2l_single == 1 ? m_m2l_single.pairs() : m_m2l_fft.pairs());
  const double box_pairs = double(d.lists.v.size()), boxes = d.tree.n_boxes - d.tree.level_begin[d.top_level];
  // Of a box's cost two thirds are M2M, L2L and the solve on the way down.
  const double far = costs.box * boxes * 2 / 3 + costs.box_pair * box_pairs +
                     costs.parent * (d.tree.n_boxes - d.tree.n_leaves) +
                     costs.parent_pair * parent_pairs;
  if (!(near > 0 && far > 0 && s.p2p > 0 && far_seconds > 0)) return 1;
  return (s.p2p / near) / (far_seconds / far);
}

/// Plans anew with measured costs while that changes the leaf capacity and makes it faster.
template <class ExecutionSpace, class Kernel, class Shape>
template <class X, class Y>
void Engine<ExecutionSpace, Kernel, Shape>::tune(
    const ExecutionSpace& exec, const PointsView<X, MemorySpace>& sources,
    const std::optional<PointsView<Y, MemorySpace>>& targets) {
  constexpr int rounds = 3;
  constexpr double budget = 20;  // seconds; what one round takes may come on top
  Kokkos::Timer timer;
  const auto plan_with = [&](double ratio) {
    m_near_over_far = ratio;
    plan_points(exec, sources, targets, false);
    plan_operators(exec);
    plan_buffers(exec);
  };
  double best_seconds = 0, best_ratio = m_near_over_far;
  double measured = measured_near_over_far(exec, best_seconds);
  for (int round = 0; round < rounds && timer.seconds() < budget; ++round) {
    const int capacity = m_options.leaf_capacity;
    const double scale = m_options.root_scale, ratio = std::clamp(measured, 0.02, 50.0);
    plan_with(ratio);
    if (m_options.leaf_capacity == capacity && m_options.root_scale == scale) {
      best_ratio = ratio;
      break;
    }
    double seconds = 0;
    measured = measured_near_over_far(exec, seconds);
    if (seconds >= best_seconds) break;
    best_seconds = seconds, best_ratio = ratio;
  }
  if (m_near_over_far != best_ratio) plan_with(best_ratio);
  OperatorCache::store_tuning(m_options.cache, tuning_key(exec), best_ratio, m_facts.notice);
}

}  // namespace Octopole::Impl

#endif
