#ifndef OCTOPOLE_MAKE_PARTS_HPP
#define OCTOPOLE_MAKE_PARTS_HPP

#include <core/plan/impl/Octopole_PlanParts.hpp>
#include <core/plan/impl/Octopole_TreeCosts.hpp>
#include <tree/Octopole_Balance.hpp>
#include <tree/Octopole_LeafSize.hpp>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

/// How a plan is made: a chain of values, each from those before it. Whatever may be refused is
/// refused while the chain is made, beside a plan that there may be already.
namespace Octopole::Impl {

inline Bounds checked_bounds(const Bounds& b, std::size_t n, const char* what) {
  if (b.not_finite > 0)
    throw std::invalid_argument("Octopole::Plan: " + std::to_string(b.not_finite) + " of " +
                                std::to_string(n) + " " + what +
                                " have a coordinate that is NaN or infinite");
  return b;
}

/// Bounds of sources and targets, all finite. With a domain their codes in it too, in the same pass.
template <class ExecutionSpace, class MemorySpace>
Bounds bounds_of(const ExecutionSpace& exec, const PointSet<MemorySpace>& points,
                 const Domain* domain, PlanningMemory<MemorySpace>& memory) {
  const auto read = [&](const PointInput<MemorySpace>& input, SortedPoints<MemorySpace>& sorted) {
    return input.visit([&](const auto& view) {
      return domain != nullptr ? encode_points(exec, *domain, view, sorted) : bounds(exec, view);
    });
  };
  Bounds b = checked_bounds(read(points.sources, memory.sources), points.n_sources(), "sources");
  if (points.targets)
    b = unite(b,
              checked_bounds(read(*points.targets, memory.targets), points.n_targets(), "targets"));
  return b;
}

/// The options' numbers where they are given, else what costs least. `kept`: the root cube stays.
/// A given capacity comes with a root scale (see make_choices), so that nothing is left to choose;
/// nor is there in a cube that stays, while the number of points is about what it was chosen for.
template <class T, class Shape, class ExecutionSpace, class MemorySpace>
void choose_leaf_size(const ExecutionSpace& exec, const KernelStatement& kernel, const Bounds& b,
                      const PointSet<MemorySpace>& points, const Domain* kept, Choices& choices) {
  const auto about = [](std::size_t n, std::size_t before) {
    return 5 * n >= 4 * before && 4 * n <= 5 * before;
  };
  const std::size_t n_sources = points.n_sources(), n_targets = points.n_targets();
  if (!choices.choose_capacity ||
      (kept && about(n_sources, choices.chosen_for[0]) && about(n_targets, choices.chosen_for[1])))
    return;
  choices.chosen_for = {n_sources, n_targets};
  Options& options = choices.options;
  const Domain tight = make_domain(b, false);
  std::vector<double> scales{options.root_scale};
  if (kept)
    scales = {kept->side() / tight.side()};
  else if (choices.choose_root)
    scales = kernel.homogeneous ? root_scales() : root_scales_on_ladder(tight.side());
  TreeCosts costs = tree_costs_of<T, Shape>(kernel, choices);
  costs.near_pair *= choices.near_over_far;
  const bool same = !points.targets;
  const LeafSize size = Octopole::choose_leaf_size(
      exec, tight, points.sources, same ? points.sources : *points.targets, same, costs, scales);
  options.leaf_capacity = size.capacity;
  if (!kept) options.root_scale = size.root_scale;
}

/// Boxes that are not adjacent are a side of the smaller one apart: no box may be smaller than what
/// the near field's regularisation reaches. `kernel`: in half-widths of the root.
template <class Kernel>
int finest_level(const Kernel& kernel, const Choices& choices) {
  const double range = kernel.near_range(0.1 * choices.promise());
  int level = Morton::max_level;
  while (level > 0 && 2 / double(std::uint64_t(1) << level) < range) --level;
  return level;
}

/// The boxes of a level are a side apart where they are well separated: levels where a screened kernel
/// has decayed by then to nothing have no far field.
template <class Kernel>
int coarsest_level(const Kernel& kernel, const Choices& choices) {
  int level = 2;
  while (level < Morton::max_level &&
         kernel.decay(2 / double(std::uint64_t(1) << level)) < 0.01 * choices.promise())
    ++level;
  return level;
}

/// Slots for points, and memory for what they carry; the arrays of `before`, whose contents nobody
/// needs, serve where they fit.
template <class Work>
void lay_out(const typename Work::execution_space& exec, const PlanParts<Work>* before,
             PlanParts<Work>& parts) {
  using T = typename Work::T;
  const Choices& choices = parts.choices;
  const auto& tree = parts.tree;
  const int sides = choices.options.right_hand_sides;
  const bool in_float = choices.near_in_float();
  const Split split = !in_float                                        ? Split::none
                      : choices.options.near_field == NearField::mixed ? Split::high_and_low
                                                                       : Split::high;
  PackedPoints<T, typename Work::memory_space> old_sources, old_targets;
  if (before) old_sources = before->sources.points;
  if (before && !before->tree.same_points) old_targets = before->targets.points;
  parts.sources.right_hand_sides = parts.targets.right_hand_sides = sides;
  parts.sources.points = lay_out_points<T>(exec, tree, tree.source_begin, tree.source_end,
                                           slot_alignment, split, old_sources);
  parts.targets.points = tree.same_points
                             ? parts.sources.points
                             : lay_out_points<T>(exec, tree, tree.target_begin, tree.target_end,
                                                 slot_alignment, split, old_targets);
}

/// Numbers per slot: rows of charges, of charges in float, and of results.
template <class Work>
std::array<std::size_t, 3> value_rows(const PlanParts<Work>& parts) {
  const KernelStatement& kernel = parts.kernel->statement();
  const std::size_t sides = parts.choices.options.right_hand_sides,
                    moments = sides * kernel.moments;
  return {moments, parts.choices.near_in_float() ? moments : 0,
          sides * kernel.rows_of(parts.most_level())};
}

template <class Work>
void make_values(const typename Work::execution_space& exec, const PlanParts<Work>* before,
                 PlanParts<Work>& parts) {
  const auto make = [&](auto& view, const auto* old, const char* label, std::size_t rows,
                        std::size_t slots) {
    if (old != nullptr && old->extent(0) == rows && old->extent(1) == slots)
      view = *old;
    else
      allocate_into(view, exec, label, rows, slots);
  };
  const auto rows = value_rows(parts);
  const std::size_t sources = parts.sources.points.slots, targets = parts.targets.points.slots;
  make(parts.sources.charges, before ? &before->sources.charges : nullptr, "Octopole::charges",
       rows[0], sources);
  make(parts.sources.float_charges, before ? &before->sources.float_charges : nullptr,
       "Octopole::float_charges", rows[1], sources);
  make(parts.targets.results, before ? &before->targets.results : nullptr, "Octopole::results",
       rows[2], targets);
}

template <class Work>
ExpansionSizes expansion_sizes(const PlanParts<Work>& parts) {
  using T = typename Work::T;
  const KernelStatement& kernel = parts.kernel->statement();
  ExpansionSizes sizes;
  sizes.source_components = kernel.source_components;
  sizes.check_components = kernel.check_components;
  sizes.columns = parts.choices.options.right_hand_sides * kernel.columns;
  sizes.boxes = parts.tree.n_boxes, sizes.levels = parts.tree.depth + 1;
  sizes.padded = padded_size<T>(parts.choices.spec.order);
  sizes.check_padded = padded_size<T>(parts.choices.spec.check_order);
  return sizes;
}

/// M2L by the method chosen; its memory is not made yet.
template <class Work>
M2LMethod<Work> make_m2l(const typename Work::execution_space& exec, const PlanParts<Work>& parts,
                         const ExpansionSizes& sizes, int top_level) {
  using Method = M2LMethod<Work>;
  const Choices& choices = parts.choices;
  const auto by_fft = [&]<class Fft>() {
    return Method(Fft(exec, parts.tree, parts.lists.lists.colleague, parts.lists.parents, sizes,
                      choices.spec.order, choices.options.m2l_memory));
  };
  if constexpr (!std::is_same_v<typename Work::T, float>)
    if (choices.options.m2l_single == 1)
      return by_fft.template operator()<typename Method::InSingle>();
  if (choices.spec.m2l == M2L::fft)
    return by_fft.template operator()<typename Method::InWorkingScalar>();
  const auto sets = [&](int level) -> const auto& { return parts.sets.at(level); };
  return Method(
      typename Method::ByMatrices(exec, parts.tree, parts.lists.lists.v, sets, sizes, top_level));
}

/// What these parts will take, counted before the large arrays are made. `shared`: expansions whose
/// memory they will lie in where it is large enough.
template <class Work>
std::size_t predicted_bytes(
    const PlanParts<Work>& parts, const ExpansionSizes& sizes,
    const Expansions<typename Work::T, typename Work::memory_space>& shared) {
  const auto rows = value_rows(parts);
  const std::size_t number = sizeof(typename Work::T);
  std::size_t sum = parts.bytes();
  sum += (number * rows[0] + sizeof(float) * rows[1]) * std::size_t(parts.sources.points.slots);
  sum += number * rows[2] * std::size_t(parts.targets.points.slots);
  if (parts.choices.direct) return sum;
  sum += sizes.bytes(number);
  // What of the shared arrays is longer than need be.
  const std::size_t n = sizes.all_columns();
  for (const auto& view : {shared.up_check, shared.multipole, shared.down_check, shared.local})
    if (view.extent(1) > n) sum += number * view.extent(0) * (view.extent(1) - n);
  return sum;
}

template <class Work>
PlanFacts facts_of(const typename Work::execution_space& exec, const PlanParts<Work>& parts,
                   const PointSet<typename Work::memory_space>& points, PlanFacts f) {
  const Choices& choices = parts.choices;
  const auto& tree = parts.tree;
  const bool direct = choices.direct, by_fft = choices.spec.m2l == M2L::fft;
  f.n_sources = points.n_sources(), f.n_targets = points.n_targets();
  f.right_hand_sides = choices.options.right_hand_sides;
  f.digits = choices.options.digits;
  f.order = choices.spec.order, f.check_order = choices.spec.check_order;
  f.method = direct ? "direct" : "fmm";
  f.m2l = direct ? "none" : by_fft ? "fft" : "blas";
  f.leaf_capacity = choices.options.leaf_capacity;
  f.near_field = direct ? "exact" : name_of(choices.options.near_field);
  f.near_over_far = choices.near_over_far;
  f.balanced = choices.options.balance == 1 && !direct;
  f.root_size = tree.domain.side();
  f.depth = tree.depth;
  f.n_leaves = tree.n_leaves, f.n_boxes = tree.n_boxes;
  f.largest_leaf = tree.largest_leaf;
  f.operators_source = parts.sets.source();
  if (direct) {
    f.pairs_p2p = std::uint64_t(f.n_sources) * f.n_targets;
    return f;
  }
  f.m2l_rank = by_fft                           ? 0
               : parts.sets.last().compressed() ? int(parts.sets.last().source_basis.extent(0))
                                                : int(parts.expansions.multipole.extent(0));
  const auto& lists = parts.lists;
  f.pairs_p2p = count_near_pairs(exec, tree, lists.lists.u);
  f.pairs_m2l = lists.far_pairs;
  f.pairs_m2p = lists.lists.w.size(), f.pairs_p2l = lists.lists.x.size();
  f.m2l_single = choices.options.m2l_single == 1;
  f.m2l_flops = parts.m2l.flops();
  return f;
}

/// Makes the parts of a plan for these points. `kernel`: in the points' unit. `before`: the parts of a
/// plan that these are to take the place of, if any; arrays whose contents nobody needs are shared.
/// Neither they nor anything else of it are written: that is left to `pack`, after which only these
/// parts are right. `moved`: the points are the old ones some time later, so that the root cube is kept
/// where it holds them.
template <class Work>
PlanParts<Work> make_parts(
    const typename Work::execution_space& exec,
    const KernelOperators<typename Work::execution_space, typename Work::T>& kernel,
    Choices choices, const PointSet<typename Work::memory_space>& points,
    const PlanParts<Work>* before, bool moved, PlanningMemory<typename Work::memory_space>& memory,
    StageSeconds& seconds, PlanFacts facts) {
  using T = typename Work::T;
  const KernelStatement& statement = kernel.statement();
  PlanParts<Work> parts;
  Kokkos::Timer timer;
  const auto lap = [&](double& stage) { stage = timer.seconds(), timer.reset(); };

  // The root cube. Where it is likely to stay, bounds and codes in one pass over the points.
  const Domain* const old_domain = moved ? &before->tree.domain : nullptr;
  Bounds b = bounds_of(exec, points, old_domain, memory);
  if (choices.options.bounding_box) {
    const auto& [lower, upper] = *choices.options.bounding_box;
    b = unite(b, {{lower[0], lower[1], lower[2]}, {upper[0], upper[1], upper[2]}});
  }
  const bool keep_domain = moved && contains(*old_domain, b);
  choose_leaf_size<T, typename Work::Shape>(exec, statement, b, points,
                                            keep_domain ? old_domain : nullptr, choices);
  const Domain domain = keep_domain
                            ? *old_domain
                            : make_domain(b, !statement.homogeneous, choices.options.root_scale);
  parts.kernel = kernel.rescaled(domain.half_width);
  const int top_level = coarsest_level(*parts.kernel, choices);

  // The tree.
  if (!keep_domain) bounds_of(exec, points, &domain, memory);
  sort_codes(exec, memory.sources);
  if (points.targets) sort_codes(exec, memory.targets);
  if (!moved) memory.sources.space = memory.targets.space = {};
  const auto& sorted_targets = points.targets ? memory.targets : memory.sources;
  parts.tree = make_octree(exec, domain, memory.sources, sorted_targets, !points.targets,
                           choices.options.leaf_capacity, finest_level(*parts.kernel, choices));
  if (choices.options.balance == 1 && !choices.direct)
    parts.tree = balance(exec, parts.tree, memory.sources, sorted_targets);
  lap(seconds.tree);

  // The operators, and with them the order.
  if (!choices.direct) {
    if (before && before->sets.serve(top_level, parts.tree.depth, domain.side())) {
      parts.sets = before->sets;
    } else {
      const BoxSizes sizes{statement.homogeneous, parts.tree.depth, top_level};
      if (choices.probing) find_order(*parts.kernel, sizes, choices);
      parts.sets = load_or_compute(*parts.kernel, sizes, choices, domain.side(), facts.notice);
    }
  }
  lap(seconds.operators);

  // The lists. Where boxes and lists are as before, whatever is made from them is too.
  const int few = Surface::size(choices.spec.order);
  const bool lists_kept = keep_domain && !choices.direct &&
                          before->choices.spec.order == choices.spec.order &&
                          same_lists(exec, before->tree, parts.tree, few);
  if (lists_kept)
    parts.lists = before->lists;
  else if (!choices.direct)
    parts.lists = make_work_lists(exec, parts.tree, few, choices.spec.m2l == M2L::blas);
  if constexpr (Work::Shape::near_tile > 0)
    if (!choices.direct)
      parts.lists.near_work = make_near_work(exec, parts.tree, parts.lists.lists.u,
                                             Work::Shape::near_team * Work::Simd::width);
  parts.choices = std::move(choices);
  lap(seconds.lists);

  // Sizes; nothing large has been made yet.
  const Options& options = parts.choices.options;
  const ExpansionSizes sizes = expansion_sizes(parts);
  if (!parts.choices.direct && sizes.all_columns() >= INT_MAX)
    refuse("right_hand_sides", std::to_string(options.right_hand_sides),
           "fewer: boxes times columns have to be below 2^31");
  const bool expansions_kept = lists_kept && before->choices.spec.inner == parts.choices.spec.inner;
  if (expansions_kept)
    parts.m2l = before->m2l;
  else if (!parts.choices.direct)
    parts.m2l = make_m2l(exec, parts, sizes, top_level);
  lay_out(exec, before, parts);
  using Boxes = Expansions<T, typename Work::memory_space>;
  const std::size_t limit = options.memory_limit;
  Boxes shared = before ? before->expansions : Boxes{};
  if (limit > 0 && predicted_bytes(parts, sizes, shared) > limit) shared = {};
  const std::size_t bytes = predicted_bytes(parts, sizes, shared);
  if (limit > 0 && bytes > limit)
    refuse("memory_limit", std::to_string(limit),
           "at least " + std::to_string(bytes) + " bytes, which this plan takes");

  // Memory.
  if (!before) memory.pool.release(0);  // of what sorting and lists needed
  make_values(exec, before, parts);
  if (expansions_kept) {
    parts.expansions = before->expansions;
  } else if (!parts.choices.direct) {
    parts.expansions =
        make_expansions<T>(exec, sizes, parts.choices.spec, top_level, shared, limit == 0);
    parts.m2l.allocate(exec, before && limit == 0 ? before->m2l : M2LMethod<Work>{});
  }
  parts.facts = facts_of(exec, parts, points, std::move(facts));
  return parts;
}

/// Writes the points into the slots of the parts that were made for them. Waits for `exec`.
template <class Work>
void pack(const typename Work::execution_space& exec,
          const PointSet<typename Work::memory_space>& points,
          const PlanningMemory<typename Work::memory_space>& memory, const PlanParts<Work>& parts) {
  const auto& tree = parts.tree;
  points.sources.visit([&](const auto& view) {
    fill_points(exec, tree, view, memory.sources, tree.source_begin, tree.source_end,
                slot_alignment, parts.sources.points);
  });
  if (points.targets)
    points.targets->visit([&](const auto& view) {
      fill_points(exec, tree, view, memory.targets, tree.target_begin, tree.target_end,
                  slot_alignment, parts.targets.points);
    });
}

}  // namespace Octopole::Impl

#endif
