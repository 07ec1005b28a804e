#ifndef OCTOPOLE_ENGINE_OPERATORS_HPP
#define OCTOPOLE_ENGINE_OPERATORS_HPP

#include <Octopole_OperatorCache.hpp>
#include <impl/Octopole_Engine.hpp>
#include <impl/Octopole_Precompute.hpp>
#include <impl/Octopole_Probe.hpp>

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <string>

/// Which operators a plan has, and at what order.
namespace Octopole::Impl {

/// Homogeneous kernels keep their one set; others keep those of box sizes they have met.
template <class ExecutionSpace, class Kernel, class Shape>
void Engine<ExecutionSpace, Kernel, Shape>::plan_operators(const ExecutionSpace&) {
  Kokkos::Timer timer;
  if (m_direct) {
    m_facts.operators_source = "none";
    m_seconds.operators = timer.seconds();
    return;
  }
  constexpr bool homogeneous = Translation::homogeneous;
  const int depth = m_data.tree.depth, n_sets = homogeneous ? 1 : depth + 1;
  const bool reusable = int(m_sets.size()) >= n_sets &&
                        (homogeneous || m_facts.root_size == m_data.tree.domain.side());
  if (!reusable) {
    if (m_probing) find_order(n_sets);
    make_sets(n_sets);
  }
  m_set_of.resize(depth + 1);
  for (int l = 0; l <= depth; ++l) m_set_of[l] = &m_sets[homogeneous ? 0 : l];
  m_seconds.operators = timer.seconds();
}

/// Loads or computes the sets of the order that is set now.
template <class ExecutionSpace, class Kernel, class Shape>
void Engine<ExecutionSpace, Kernel, Shape>::make_sets(int n_sets) {
  m_sets.clear();
  bool any_made = false, all_cached = true;
  for (int s = 0; s < n_sets; ++s) {
    OperatorSet<T> set;
    if (has_far_field(s)) {
      any_made = true;
      const Translation scaled = Parts::translation(kernel_of_set(s));
      const std::string key = OperatorCache::key<T>(scaled, m_spec);
      if (!OperatorCache::load(m_options.cache, key, set, m_facts.notice)) {
        all_cached = false;
        set = precompute<T>(scaled, m_spec);
        OperatorCache::store(m_options.cache, key, set, m_facts.notice);
      }
      if (m_options.m2l_single == 1) set.make_frequencies_single();
    }
    m_sets.push_back(copy_to<MemorySpace>(set));
  }
  m_facts.operators_source = !any_made ? "none" : all_cached ? "cache" : "computed";
}

/// The error of those box sizes that need the order most, with the inverses alone: the largest, where
/// waves resonate, and the smallest. 0 where no box has a far field.
template <class ExecutionSpace, class Kernel, class Shape>
double Engine<ExecutionSpace, Kernel, Shape>::probed_error(int n_sets) const {
  double error = 0;
  for (int s = 0; s < n_sets; ++s) {
    const bool between = s > m_data.top_level + 1 && s < n_sets - 1;
    if (!has_far_field(s) || between) continue;
    const Kernel kernel = kernel_of_set(s);
    const OperatorSet<T> inverses = precompute_inverses<T>(Parts::translation(kernel), m_spec);
    const Probe<T, Kernel> probe(kernel, m_spec, inverses);
    error = std::max(error, probe.error(level_of<Kernel>(m_options.outputs)));
  }
  return error;
}

/// The lowest order, from the one that is set on, whose operators keep the digits on a small problem.
/// Throws std::invalid_argument with the digits reached where the error stops falling: the kernel is
/// not what the method needs.
template <class ExecutionSpace, class Kernel, class Shape>
void Engine<ExecutionSpace, Kernel, Shape>::find_order(int n_sets) {
  const int level = level_of<Kernel>(m_options.outputs);
  const double allowed = Accuracy::probe_error(m_options.digits, level);
  const auto set_order = [&](int order) {
    m_spec.order = m_options.order = order;
    m_spec.check_order = m_options.check_order = Accuracy::check_order<Kernel>(order);
    m_spec.cutoff = m_options.cutoff = Accuracy::cutoff<Kernel>(order);
  };
  double error[Accuracy::max_order + 1], least = 1e300;
  for (int first = m_spec.order, order = first; order <= Accuracy::max_order; ++order) {
    if (order > first) set_order(order);
    error[order] = probed_error(n_sets);
    if (is_complex<Kernel> && m_default_inner && error[order] > allowed) {
      // A wave may fit into the cube of the equivalent surface: another cube is out of tune.
      const double inner = m_spec.inner, other = inner == 1.05 ? 1.15 : 1.05;
      m_spec.inner = other;
      const double moved = probed_error(n_sets);
      if (moved < 0.3 * error[order])
        error[order] = moved;
      else
        m_spec.inner = inner;  // the order does not do in either
      m_options.inner = m_spec.inner;
    }
    if (error[order] <= allowed) return;
    least = std::min(least, error[order]);
    // Odd orders gain little over even ones, so two steps are looked at; Laplace's falls 6-fold then.
    if (order >= first + 2 && error[order] > 0.3 * error[order - 2]) break;
  }
  char found[160];
  std::snprintf(found, sizeof found,
                "found a relative error of %.1e that falls no further with the order, allowed %.1e",
                least, allowed);
  throw std::invalid_argument(
      "Octopole::Plan: kernel " + Kernel::name() + ": " + found + " for " +
      std::to_string(m_options.digits) + " digits: " +
      (is_complex<Kernel>
           ? "waves of this length are too short for boxes this large, or resonate in them; ask for fewer digits"
           : "away from the source it does not solve a homogeneous elliptic equation (a softened "
             "kernel, say), or not to these digits; at most " +
                 std::to_string(Accuracy::digits_of_probe(least, level)) + " are reached"));
}

}  // namespace Octopole::Impl

#endif
