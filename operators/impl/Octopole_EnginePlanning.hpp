#ifndef OCTOPOLE_ENGINE_PLANNING_HPP
#define OCTOPOLE_ENGINE_PLANNING_HPP

#include <Octopole_Balance.hpp>
#include <impl/Octopole_CountPairs.hpp>
#include <impl/Octopole_Engine.hpp>
#include <impl/Octopole_EngineOperators.hpp>
#include <impl/Octopole_EngineTuning.hpp>
#include <impl/Octopole_ResolveOptions.hpp>
#include <impl/Octopole_TreeCosts.hpp>

#include <algorithm>
#include <climits>
#include <cmath>

/// How an Engine is made: options, points, operators, buffers, facts, in this order.
namespace Octopole::Impl {

template <class ExecutionSpace, class Kernel, class Shape>
template <class X, class Y>
Engine<ExecutionSpace, Kernel, Shape>::Engine(
    const ExecutionSpace& exec, const Kernel& kernel, const PointsView<X, MemorySpace>& sources,
    const std::optional<PointsView<Y, MemorySpace>>& targets, const Options& options)
    : m_kernel(kernel) {
  Kokkos::Timer whole;
  m_options = resolve_options<Kernel, Shape>(
      options, sources.extent(0), targets ? targets->extent(0) : sources.extent(0), m_spec);
  if (m_options.m2l_memory == 0) m_options.m2l_memory = M2LFft<Data>::default_memory;
  m_direct = m_options.method == Method::direct;
  m_probing = options.order == 0 && !m_direct && !Accuracy::has_orders<Kernel>;
  m_default_inner = options.inner == Options{}.inner;
  m_choose_capacity = m_options.leaf_capacity == 0;
  m_choose_root = m_options.root_scale == 0;
  m_data.right_hand_sides = m_options.right_hand_sides;
  m_data.columns = m_options.right_hand_sides * Parts::columns;
  m_data.far_root = in_float() ? Root::step : Root::exact;
  if (m_choose_capacity)
    m_near_over_far = OperatorCache::load_tuning(m_options.cache, tuning_key(exec), m_facts.notice).value_or(1);
  const PoolScope pool(m_pool);
  plan_points(exec, sources, targets, false);
  m_pool.release(0);  // there may never be an update
  plan_operators(exec);
  plan_buffers(exec);
  if (m_options.tune) tune(exec, sources, targets);
  m_pool.release(0);
  if constexpr (Shape::dry_execute) dry_execute(exec);
  m_options.tune = false;  // the choice is made: a plan given these options has nothing to tune
  collect_facts(exec);
  exec.fence("Octopole::Plan");
  m_seconds.plan = whole.seconds();
}

template <class ExecutionSpace, class Kernel, class Shape>
template <class X, class Y>
void Engine<ExecutionSpace, Kernel, Shape>::update_points(
    const ExecutionSpace& exec, const PointsView<X, MemorySpace>& sources,
    const std::optional<PointsView<Y, MemorySpace>>& targets) {
  const InUse in_use(*m_busy);
  move_to(exec);
  exec.fence("Octopole::Plan: what is still running");
  const PoolScope pool(m_pool);
  const int source_slots = m_data.sources.slots, target_slots = m_data.targets.slots;
  plan_points(exec, sources, targets, true);
  const int order = m_spec.order;  // the probe may change these in another cube
  const double inner = m_spec.inner;
  plan_operators(exec);
  // Where boxes and lists are as before, whatever is made from them is too.
  if (!m_lists_kept || m_data.sources.slots != source_slots ||
      m_data.targets.slots != target_slots || m_spec.order != order || m_spec.inner != inner)
    plan_buffers(exec);
  m_pool.release(2);  // every other tree lies in the same memory
  collect_facts(exec);
  exec.fence("Octopole::Plan::update_points");
}

inline Bounds checked(const Bounds& b, std::size_t n, const char* what) {
  if (b.not_finite > 0)
    throw std::invalid_argument("Octopole::Plan: " + std::to_string(b.not_finite) + " of " +
                                std::to_string(n) + " " + what +
                                " have a coordinate that is NaN or infinite");
  return b;
}

/// The options' numbers where they are given, else what costs least. `kept`: the root cube stays.
/// A given capacity comes with a root scale (see resolve_options), so that nothing is left to choose;
/// nor is there in a cube that stays, while the number of points is about what it was chosen for.
template <class ExecutionSpace, class Kernel, class Shape>
template <class X, class Y>
LeafSize Engine<ExecutionSpace, Kernel, Shape>::chosen_leaf_size(
    const ExecutionSpace& exec, const Bounds& b, const PointsView<X, MemorySpace>& sources,
    const std::optional<PointsView<Y, MemorySpace>>& targets, const std::optional<Domain>& kept) {
  const auto about = [](std::size_t n, std::size_t before) {
    return 5 * n >= 4 * before && 4 * n <= 5 * before;
  };
  if (!m_choose_capacity || (kept && about(m_n_sources, m_chosen_for[0]) &&
                             about(m_n_targets, m_chosen_for[1])))
    return {m_options.leaf_capacity, m_options.root_scale};
  m_chosen_for = {m_n_sources, m_n_targets};
  const Domain tight = make_domain(b, false);
  std::vector<double> scales{m_options.root_scale};
  if (kept)
    scales = {kept->side() / tight.side()};
  else if (m_choose_root)
    scales = Translation::homogeneous ? root_scales() : root_scales_on_ladder(tight.side());
  TreeCosts costs = tree_costs_of<Kernel, Shape>(m_spec, m_options);
  costs.near_pair *= m_near_over_far;
  LeafSize size = targets ? choose_leaf_size(exec, tight, sources, *targets, false, costs, scales)
                          : choose_leaf_size(exec, tight, sources, sources, true, costs, scales);
  if (kept) size.root_scale = m_options.root_scale;
  return size;
}

template <class ExecutionSpace, class Kernel, class Shape>
template <class X, class Y>
void Engine<ExecutionSpace, Kernel, Shape>::plan_points(
    const ExecutionSpace& exec, const PointsView<X, MemorySpace>& sources,
    const std::optional<PointsView<Y, MemorySpace>>& targets, bool update) {
  Kokkos::Timer timer;
  const auto all_points = [&](const auto& read) {
    Bounds b = checked(read(sources, m_sorted_sources), sources.extent(0), "sources");
    if (targets)
      b = unite(b, checked(read(*targets, m_sorted_targets), targets->extent(0), "targets"));
    return b;
  };
  const auto encode = [&](const Domain& domain) {
    return all_points([&](const auto& points, auto& sorted) {
      return encode_points(exec, domain, points, sorted);
    });
  };
  // Where the cube is likely to stay, bounds and codes in one pass over the points.
  Bounds b = update ? encode(m_data.tree.domain)
                    : all_points([&](const auto& points, auto&) { return bounds(exec, points); });
  m_n_sources = sources.extent(0);
  m_n_targets = targets ? targets->extent(0) : m_n_sources;
  if (m_options.bounding_box) {
    const auto& [lower, upper] = *m_options.bounding_box;
    b = unite(b, {{lower[0], lower[1], lower[2]}, {upper[0], upper[1], upper[2]}});
  }
  const bool keep_domain = update && contains(m_data.tree.domain, b);
  const LeafSize size =
      chosen_leaf_size(exec, b, sources, targets,
                       keep_domain ? std::optional(m_data.tree.domain) : std::nullopt);
  const Domain domain = keep_domain ? m_data.tree.domain
                                    : make_domain(b, !Translation::homogeneous, size.root_scale);
  m_options.leaf_capacity = size.capacity, m_options.root_scale = size.root_scale;
  m_data.kernel = m_kernel.rescaled(domain.half_width);
  m_data.top_level = coarsest_level();

  if (!keep_domain) encode(domain);
  sort_codes(exec, m_sorted_sources);
  if (targets) sort_codes(exec, m_sorted_targets);
  if (!update) m_sorted_sources.space = m_sorted_targets.space = {};
  const auto& sorted_sources = m_sorted_sources;
  const auto& sorted_targets = targets ? m_sorted_targets : m_sorted_sources;
  auto& tree = m_data.tree;
  const auto old_tree = tree;
  tree = make_octree(exec, domain, sorted_sources, sorted_targets, !targets,
                     m_options.leaf_capacity, finest_level());
  if (m_options.balance == 1 && !m_direct)
    tree = balance(exec, tree, sorted_sources, sorted_targets);

  // The memory of the old points is kept where it fits; what targets share with sources is theirs.
  constexpr int alignment = Data::slot_alignment;
  const Split split = !in_float()                                  ? Split::none
                      : m_options.near_field == NearField::mixed ? Split::high_and_low
                                                                 : Split::high;
  if (old_tree.same_points) m_data.targets = {};
  m_data.sources = pack_points<T>(exec, tree, sources, sorted_sources, tree.source_begin,
                                  tree.source_end, alignment, split, m_data.sources);
  m_data.targets = !targets ? m_data.sources
                            : pack_points<T>(exec, tree, *targets, sorted_targets,
                                             tree.target_begin, tree.target_end, alignment, split,
                                             m_data.targets);
  if (!update) m_sorted_sources = m_sorted_targets = {};  // there may never be a first update
  m_seconds.tree = timer.seconds();

  timer.reset();
  const int few = Surface::size(m_spec.order);
  m_lists_kept = keep_domain && !m_direct && same_lists(exec, old_tree, tree, few);
  if (!m_direct && !m_lists_kept) {
    m_data.lists = make_lists(exec, tree, few, m_spec.m2l == M2L::blas);
    using Tree = std::decay_t<decltype(tree)>;
    m_leaves = make_box_list(exec, tree, IsLeaf<Tree>{tree});
    m_parents = make_box_list(exec, tree, IsSplit<Tree>{tree});
    m_with_x = make_box_list(exec, tree, HasRow<MemorySpace>{m_data.lists.x});
  }
  if constexpr (Shape::near_tile > 0)
    if (!m_direct)
      m_data.near_work =
          make_near_work(exec, tree, m_data.lists.u, Shape::near_team * Data::Simd::width);
  m_seconds.lists = timer.seconds();
}

/// The packed charges, without a caller's.
template <class ExecutionSpace, class Kernel, class Shape>
void Engine<ExecutionSpace, Kernel, Shape>::fill_charges(const ExecutionSpace& exec,
                                                         double value) {
  fill("Octopole::Plan::fill", exec, m_data.charges, T(value));
  fill("Octopole::Plan::fill", exec, m_data.float_charges, float(value));
}

/// A whole evaluate of zeros: handles, team scratch and scan buffers are made at first launches.
template <class ExecutionSpace, class Kernel, class Shape>
void Engine<ExecutionSpace, Kernel, Shape>::dry_execute(const ExecutionSpace& exec) {
  fill_charges(exec, 0);
  evaluate_level(exec, most_level());
}

/// What the digits or the order promise, whichever is more: the order may be given, and a plan's
/// options given to another plan.
template <class ExecutionSpace, class Kernel, class Shape>
double Engine<ExecutionSpace, Kernel, Shape>::promise() const {
  return std::min(Accuracy::truncation_error(m_spec.order), std::pow(10.0, -m_options.digits));
}

/// Boxes that are not adjacent are a side of the smaller one apart: no box may be smaller than what
/// the near field's regularisation reaches.
template <class ExecutionSpace, class Kernel, class Shape>
int Engine<ExecutionSpace, Kernel, Shape>::finest_level() const {
  int level = Morton::max_level;
  if constexpr (requires(const Kernel& k) { k.near_range(1.0); }) {
    const double range = m_data.kernel.near_range(0.1 * promise());
    while (level > 0 && 2 / double(std::uint64_t(1) << level) < range) --level;
  }
  return level;
}

/// The boxes of a level are a side apart where they are well separated: levels where a screened kernel
/// has decayed by then to nothing have no far field.
template <class ExecutionSpace, class Kernel, class Shape>
int Engine<ExecutionSpace, Kernel, Shape>::coarsest_level() const {
  int level = 2;
  if constexpr (requires(const Kernel& k) { k.decay(1.0); })
    while (level < Morton::max_level &&
           m_data.kernel.decay(2 / double(std::uint64_t(1) << level)) < 0.01 * promise())
      ++level;
  return level;
}

template <class ExecutionSpace, class Kernel, class Shape>
void Engine<ExecutionSpace, Kernel, Shape>::plan_buffers(const ExecutionSpace& exec) {
  auto& d = m_data;
  constexpr int C = Data::C, K = Data::K;
  // Kept where they are large enough; `update_points` then takes no memory for them.
  const auto need = [&](auto& view, const char* label, std::size_t rows, std::size_t columns) {
    if (view.extent(0) != rows || view.extent(1) < columns)
      allocate_into(view, exec, label, rows, columns);
  };
  const auto exact = [&](auto& view, const char* label, std::size_t rows, std::size_t columns) {
    if (view.extent(0) != rows || view.extent(1) != columns)
      allocate_into(view, exec, label, rows, columns);
  };
  if (m_options.memory_limit > 0) {
    // The coefficients, which nothing else comes near to; counted before they are allocated.
    const std::size_t bytes =
        m_direct ? 0
                 : sizeof(T) * d.tree.n_boxes * d.columns *
                       std::size_t((2 * C + K) * padded_size<T>(m_spec.order) +
                                   K * padded_size<T>(m_spec.check_order));
    if (bytes > m_options.memory_limit)
      refuse("memory_limit", std::to_string(m_options.memory_limit),
             "at least " + std::to_string(bytes) + " bytes for the coefficients of this plan");
  }
  const int moments = d.right_hand_sides * Parts::moments;
  exact(d.charges, "Octopole::charges", moments, d.sources.slots);
  exact(d.float_charges, "Octopole::float_charges", in_float() ? moments : 0, d.sources.slots);
  exact(d.results, "Octopole::results", d.right_hand_sides * rows_of<Kernel>(most_level()),
        d.targets.slots);
  if (m_direct) return;

  const int levels = d.tree.depth + 1;
  const int padded = padded_size<T>(m_spec.order), check_padded = padded_size<T>(m_spec.check_order);
  d.inner = make_surface_table<T>(exec, m_spec.order, m_spec.inner, levels, padded);
  d.outer = make_surface_table<T>(exec, m_spec.order, m_spec.outer, levels, padded);
  d.outer_check =
      make_surface_table<T>(exec, m_spec.check_order, m_spec.outer, levels, check_padded);
  const std::size_t n = std::size_t(d.tree.n_boxes) * d.columns;
  if (n >= INT_MAX)
    refuse("right_hand_sides", std::to_string(d.right_hand_sides),
           "fewer: boxes times columns have to be below 2^31");
  const int E = C * padded, D = K * padded, U = K * check_padded;
  need(d.up_check, "Octopole::up_check", U, n);
  need(d.multipole, "Octopole::multipole", E, n);
  need(d.down_check, "Octopole::down_check", D, n);
  need(d.local, "Octopole::local", E, n);

  m_m2l_fft = {}, m_m2l_single = {}, m_m2l_blas = {};  // their memory serves the next
  if (m_options.m2l_single == 1)
    m_m2l_single =
        M2LFft<Data, float>(exec, d, m_parents, m_spec.order, m_options.m2l_memory);
  else if (m_spec.m2l == M2L::fft)
    m_m2l_fft = M2LFft<Data>(exec, d, m_parents, m_spec.order, m_options.m2l_memory);
  else
    m_m2l_blas = M2LBlas<Data>(exec, d, m_set_of);
}

template <class ExecutionSpace, class Kernel, class Shape>
void Engine<ExecutionSpace, Kernel, Shape>::collect_facts(const ExecutionSpace& exec) {
  const auto& d = m_data;
  PlanFacts& f = m_facts;
  f.n_sources = m_n_sources, f.n_targets = m_n_targets;
  f.right_hand_sides = m_options.right_hand_sides;
  f.digits = m_options.digits, f.order = m_spec.order, f.check_order = m_spec.check_order;
  f.method = m_direct ? "direct" : "fmm";
  const bool by_fft = m_spec.m2l == M2L::fft;
  f.m2l = m_direct ? "none" : by_fft ? "fft" : "blas";
  f.leaf_capacity = m_options.leaf_capacity;
  f.near_field = m_direct ? "exact" : name_of(m_options.near_field);
  f.near_over_far = m_near_over_far;
  f.balanced = m_options.balance == 1 && !m_direct;
  f.root_size = d.tree.domain.side();
  f.depth = d.tree.depth;
  f.n_leaves = d.tree.n_leaves, f.n_boxes = d.tree.n_boxes;
  f.largest_leaf = d.tree.largest_leaf;
  const auto bytes = [](const auto&... view) {
    return (std::size_t(0) + ... +
            (view.span() * sizeof(typename std::decay_t<decltype(view)>::value_type)));
  };
  f.plan_bytes = bytes(d.charges, d.results, d.sources.x, d.sources.y, d.sources.z,
                       d.sources.input, d.sources.begin, d.tree.key, d.tree.centre, d.tree.parent,
                       d.tree.first_child, d.tree.children, d.tree.source_begin,
                       d.tree.source_end, d.tree.leaves);
  if (!d.tree.same_points)
    f.plan_bytes += bytes(d.targets.x, d.targets.y, d.targets.z, d.targets.input, d.targets.begin,
                          d.tree.target_begin, d.tree.target_end, d.targets.split.high,
                          d.targets.split.low);
  f.plan_bytes += bytes(d.sources.split.high, d.sources.split.low, d.float_charges) +
                  m_pool.spare_bytes();
  for (const auto* s : {&m_sorted_sources, &m_sorted_targets})
    f.plan_bytes += bytes(s->code, s->input, s->space.keys, s->space.values);
  if (m_direct) {
    f.pairs_p2p = std::uint64_t(m_n_sources) * m_n_targets;
    return;
  }
  f.m2l_rank = by_fft                       ? 0
               : m_sets.back().compressed() ? m_sets.back().source_basis.extent(0)
                                          : d.multipole.extent(0);
  f.pairs_p2p = count_near_pairs(exec, d);
  if (!m_lists_kept) f.pairs_m2l = count_far_pairs(exec, d);
  f.pairs_m2p = d.lists.w.size(), f.pairs_p2l = d.lists.x.size();
  f.m2l_single = m_options.m2l_single == 1;
  f.m2l_flops = f.m2l_single ? m_m2l_single.flops()
                : by_fft     ? m_m2l_fft.flops()
                             : m_m2l_blas.flops();
  f.plan_bytes +=
      (f.m2l_single ? m_m2l_single.bytes()
       : by_fft     ? m_m2l_fft.bytes()
                    : m_m2l_blas.bytes()) +
      bytes(d.up_check, d.multipole, d.down_check, d.local, d.inner.at, d.outer.at,
            d.outer_check.at, d.lists.colleague, d.lists.u.begin, d.lists.u.entry, d.lists.v.begin,
            d.lists.v.entry, d.lists.w.begin, d.lists.w.entry, d.lists.x.begin, d.lists.x.entry,
            d.near_work.leaf, d.near_work.first, m_leaves.boxes, m_parents.boxes, m_with_x.boxes);
  for (const Set& set : m_sets) f.plan_bytes += set.bytes();
}

}  // namespace Octopole::Impl

#endif
