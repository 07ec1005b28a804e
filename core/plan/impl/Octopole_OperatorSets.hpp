#ifndef OCTOPOLE_OPERATOR_SETS_HPP
#define OCTOPOLE_OPERATOR_SETS_HPP

#include <core/kernels/Octopole_Accuracy.hpp>
#include <core/plan/impl/Octopole_Choices.hpp>
#include <core/precompute/Octopole_OperatorCache.hpp>
#include <core/precompute/Octopole_OperatorSet.hpp>
#include <operators/Octopole_KernelOperators.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// Which operators a plan has, and at what order.
namespace Octopole::Impl {

/// The operators of all levels: one set where the kernel is homogeneous, else one per level. Immutable,
/// shared by copies.
template <class T, class MemorySpace>
class OperatorSets {
 public:
  using Set = OperatorSet<T, MemorySpace>;

  OperatorSets() = default;
  /// `root_side`: of the cube whose levels they are for, from `top_level` on. `source`: "computed",
  /// "cache" or "none".
  OperatorSets(std::vector<Set> sets, bool homogeneous, int top_level, double root_side,
               std::string source)
      : m_sets(std::make_shared<const std::vector<Set>>(std::move(sets))),
        m_homogeneous(homogeneous),
        m_top_level(top_level),
        m_root_side(root_side),
        m_source(std::move(source)) {}

  const Set& at(int level) const { return (*m_sets)[m_homogeneous ? 0 : level]; }
  /// Of the finest level.
  const Set& last() const { return m_sets->back(); }
  const std::string& source() const { return m_source; }
  std::size_t bytes() const {
    std::size_t bytes = 0;
    if (m_sets)
      for (const Set& set : *m_sets) bytes += set.bytes();
    return bytes;
  }
  /// Whether they serve levels `top_level` to `depth` of a cube.
  bool serve(int top_level, int depth, double root_side) const {
    if (!m_sets) return false;
    return m_homogeneous ||
           (int(m_sets->size()) > depth && m_top_level <= top_level && m_root_side == root_side);
  }

 private:
  std::shared_ptr<const std::vector<Set>> m_sets;
  bool m_homogeneous = true;
  int m_top_level = 0;
  double m_root_side = 0;
  std::string m_source = "none";
};

/// The box sizes that a plan needs operators for, by the index of their set: that of the level, or 0
/// for all levels where the kernel is homogeneous.
struct BoxSizes {
  bool homogeneous;
  int depth, top_level;

  int count() const { return homogeneous ? 1 : depth + 1; }
  /// Half-width of the boxes of set `s`, in the root's.
  static double half_width(int s) { return 1.0 / double(std::uint64_t(1) << s); }
  /// Whether set `s` moves anything: nothing is translated above the top level, though its children's
  /// parents start there.
  bool has_far_field(int s) const { return homogeneous || s >= top_level; }
};

/// Loads or computes the sets of the order that is set. `kernel`: in half-widths of the root. A failure
/// of the cache goes to `notice`.
template <class ExecutionSpace, class T, class WorkShape>
auto load_or_compute(const KernelOperators<ExecutionSpace, T, WorkShape>& kernel,
                     const BoxSizes& sizes, const Choices& choices, double root_side,
                     std::string& notice) {
  using MemorySpace = typename ExecutionSpace::memory_space;
  const Cache& cache = choices.options.cache;
  std::vector<OperatorSet<T, MemorySpace>> sets;
  bool any_made = false, all_cached = true;
  for (int s = 0; s < sizes.count(); ++s) {
    OperatorSet<T> set;
    if (sizes.has_far_field(s)) {
      any_made = true;
      const auto scaled = kernel.rescaled(BoxSizes::half_width(s));
      const std::string key = scaled->operator_key(choices.spec);
      if (!OperatorCache::load(cache, key, set, notice)) {
        all_cached = false;
        set = scaled->precompute(choices.spec);
        OperatorCache::store(cache, key, set, notice);
      }
      if (choices.options.m2l_single == 1) set.make_frequencies_single();
    }
    sets.push_back(copy_to<MemorySpace>(set));
  }
  return OperatorSets<T, MemorySpace>(std::move(sets), sizes.homogeneous, sizes.top_level,
                                      root_side,
                                      !any_made    ? "none"
                                      : all_cached ? "cache"
                                                   : "computed");
}

/// The error of those box sizes that need the order most, with the inverses alone: the largest, where
/// waves resonate, and the smallest. 0 where no box has a far field.
template <class ExecutionSpace, class T, class WorkShape>
double probed_error(const KernelOperators<ExecutionSpace, T, WorkShape>& kernel,
                    const BoxSizes& sizes, const Choices& choices) {
  const int last_output = kernel.statement().last_output_of(choices.options.outputs);
  double error = 0;
  for (int s = 0; s < sizes.count(); ++s) {
    const bool between = s > sizes.top_level + 1 && s < sizes.count() - 1 && !choices.far_targets;
    if (!sizes.has_far_field(s) || between) continue;
    error = std::max(
        error, kernel.rescaled(BoxSizes::half_width(s))->probe_error(choices.spec, last_output));
  }
  return error;
}

/// Sets the lowest order, from the one that is set on, whose operators keep the digits on a small
/// problem. Throws std::invalid_argument with the digits reached where the error stops falling: the
/// kernel is not what the method needs.
template <class ExecutionSpace, class T, class WorkShape>
void find_order(const KernelOperators<ExecutionSpace, T, WorkShape>& kernel, const BoxSizes& sizes,
                Choices& choices) {
  const KernelStatement& statement = kernel.statement();
  OperatorSpec& spec = choices.spec;
  Options& options = choices.options;
  const int last_output = statement.last_output_of(options.outputs);
  const double allowed = Accuracy::probe_error(options.digits, last_output, choices.far_targets) *
                         std::pow(0.25, choices.orders_for_few_points(statement));
  double error[Accuracy::max_order + 1], least = 1e300;
  for (int first = spec.order, order = first; order <= Accuracy::max_order; ++order) {
    if (order > first) choices.set_order(statement, order);
    error[order] = probed_error(kernel, sizes, choices);
    if (statement.complex && choices.default_inner && error[order] > allowed) {
      // A wave may fit into the cube of the equivalent surface: another cube is out of tune.
      const double inner = spec.inner, other = inner == 1.05 ? 1.15 : 1.05;
      spec.inner = other;
      const double moved = probed_error(kernel, sizes, choices);
      if (moved < 0.3 * error[order])
        error[order] = moved;
      else
        spec.inner = inner;  // the order does not do in either
      options.inner = spec.inner;
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
      "Octopole::Plan: kernel " + statement.name + ": " + found + " for " +
      std::to_string(options.digits) + " digits: " +
      (statement.complex
           ? "waves of this length are too short for boxes this large, or resonate in them; ask "
             "for fewer digits"
           : std::string(
                 choices.far_targets
                     ? "most targets have no source near, and what reaches them has decayed "
                       "within single boxes; ask for fewer digits, or Method::direct"
                     : "away from the source it does not solve a homogeneous elliptic "
                       "equation (a softened kernel, say), or not to these digits") +
                 "; at most " +
                 std::to_string(
                     Accuracy::digits_of_probe(least, last_output, choices.far_targets)) +
                 " are reached"));
}

}  // namespace Octopole::Impl

#endif
