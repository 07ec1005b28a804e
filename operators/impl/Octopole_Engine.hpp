#ifndef OCTOPOLE_ENGINE_HPP
#define OCTOPOLE_ENGINE_HPP

#include <Octopole_Accuracy.hpp>
#include <Octopole_AllPairs.hpp>
#include <Octopole_Balance.hpp>
#include <Octopole_BoxLists.hpp>
#include <Octopole_Check.hpp>
#include <Octopole_FmmData.hpp>
#include <Octopole_OperatorCache.hpp>
#include <Octopole_Operators.hpp>
#include <Octopole_Options.hpp>
#include <Octopole_Permute.hpp>
#include <Octopole_PlanFacts.hpp>
#include <impl/Octopole_Precompute.hpp>
#include <impl/Octopole_ResolveOptions.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace Octopole::Impl {

/// Points as the engine takes them: (N, 3), any strides, in the execution space's memory.
template <class X, class MemorySpace>
using PointsView = Kokkos::View<const X**, Kokkos::LayoutStride, MemorySpace,
                                Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
/// Charges (N, C) and results (M, rows).
template <class T, class MemorySpace>
using ValuesView =
    Kokkos::View<T**, Kokkos::LayoutStride, MemorySpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;

/// What a Plan is made of, for one execution space and kernel: tree, lists, operators, buffers, and
/// the algorithm itself in `evaluate`. Kept apart from Plan so that it can be instantiated once in
/// the library for the kernels built in.
template <class ExecutionSpace, class Kernel>
class Engine {
 public:
  using MemorySpace = typename ExecutionSpace::memory_space;
  using T = typename Kernel::scalar;
  using Data = FmmData<ExecutionSpace, Kernel>;
  using Charges = ValuesView<const T, MemorySpace>;
  using Output = ValuesView<T, MemorySpace>;
  static constexpr int C = Kernel::source_components;
  static constexpr int K = Kernel::target_components;

  /// `targets` empty (no value): the targets are the sources.
  template <class X, class Y>
  Engine(const ExecutionSpace& exec, const Kernel& kernel, const PointsView<X, MemorySpace>& sources,
         const std::optional<PointsView<Y, MemorySpace>>& targets, const Options& options);

  template <class X, class Y>
  void update_points(const ExecutionSpace& exec, const PointsView<X, MemorySpace>& sources,
                     const std::optional<PointsView<Y, MemorySpace>>& targets);

  /// Outputs with null data are not wanted.
  void execute(const ExecutionSpace& exec, const Charges& charges, const Output& potential,
               const Output& gradient);

  /// Errors of results that `execute` gave for these charges.
  CheckResult check(const ExecutionSpace& exec, const Charges& charges, const Output& potential,
                    const Output& gradient, int samples);

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

  template <bool WithGradient>
  void evaluate(const ExecutionSpace& exec);
  /// From results in units of the root to the caller's: K(h r) = h^degree rescaled(h).K(r).
  double potential_factor() const {
    return Kernel::prefactor * std::pow(m_data.tree.domain.half_width, double(Kernel::degree));
  }
  double gradient_factor() const { return potential_factor() / m_data.tree.domain.half_width; }
  template <class F>
  void stage(const ExecutionSpace& exec, const std::string& region, double StageSeconds::*seconds,
             const F& work);

  template <class Points>
  Bounds checked_bounds(const ExecutionSpace& exec, const Points& points, const char* what);
  template <class X, class Y>
  void plan_points(const ExecutionSpace& exec, const PointsView<X, MemorySpace>& sources,
                   const std::optional<PointsView<Y, MemorySpace>>& targets, bool keep_domain);
  void plan_operators(const ExecutionSpace& exec);
  void plan_buffers(const ExecutionSpace& exec);
  void collect_facts(const ExecutionSpace& exec);

  Kernel m_kernel;
  Options m_options;
  OperatorSpec m_spec;
  bool m_direct = false;
  Data m_data;
  std::vector<Set> m_sets;              ///< one, or one per level
  std::vector<const Set*> m_set_of;     ///< by level
  M2LBlas<Data> m_m2l;
  BoxList<MemorySpace> m_leaves, m_parents, m_with_x;  ///< by level
  BoxList<MemorySpace> m_octants;                      ///< by level and octant
  typename Data::Columns m_half, m_side, m_product;    ///< scratch of the dense stages

  std::size_t m_n_sources = 0, m_n_targets = 0;
  bool m_timing = false;
  StageSeconds m_seconds;
  PlanFacts m_facts;
  std::unique_ptr<std::atomic<bool>> m_busy = std::make_unique<std::atomic<bool>>(false);
  std::optional<ExecutionSpace> m_last;
};

template <class ExecutionSpace, class Data>
std::uint64_t count_near_pairs(const ExecutionSpace& exec, const Data& d) {
  std::uint64_t pairs = 0;
  Kokkos::parallel_reduce(
      "Octopole::Plan::near_pairs", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, d.tree.n_boxes),
      KOKKOS_LAMBDA(const int box, std::uint64_t& sum) {
        std::uint64_t sources = 0;
        for (std::int64_t e = d.lists.u.begin(box); e < d.lists.u.begin(box + 1); ++e)
          sources += d.tree.n_sources(d.lists.u.entry(e));
        sum += sources * d.tree.n_targets(box);
      },
      pairs);
  return pairs;
}

template <class ExecutionSpace, class Kernel>
template <class X, class Y>
Engine<ExecutionSpace, Kernel>::Engine(const ExecutionSpace& exec, const Kernel& kernel,
                                       const PointsView<X, MemorySpace>& sources,
                                       const std::optional<PointsView<Y, MemorySpace>>& targets,
                                       const Options& options)
    : m_kernel(kernel) {
  Kokkos::Timer whole;
  m_options = resolve_options<Kernel>(options, sources.extent(0),
                                      targets ? targets->extent(0) : sources.extent(0), m_spec);
  m_direct = m_options.method == Method::direct;
  plan_points(exec, sources, targets, false);
  plan_operators(exec);
  plan_buffers(exec);
  collect_facts(exec);
  exec.fence("Octopole::Plan");
  m_seconds.plan = whole.seconds();
}

template <class ExecutionSpace, class Kernel>
template <class X, class Y>
void Engine<ExecutionSpace, Kernel>::update_points(
    const ExecutionSpace& exec, const PointsView<X, MemorySpace>& sources,
    const std::optional<PointsView<Y, MemorySpace>>& targets) {
  const InUse in_use(*m_busy);
  move_to(exec);
  exec.fence("Octopole::Plan: what is still running");
  plan_points(exec, sources, targets, true);
  plan_operators(exec);
  plan_buffers(exec);
  collect_facts(exec);
  exec.fence("Octopole::Plan::update_points");
}

template <class ExecutionSpace, class Kernel>
template <class Points>
Bounds Engine<ExecutionSpace, Kernel>::checked_bounds(const ExecutionSpace& exec,
                                                      const Points& points, const char* what) {
  const Bounds b = bounds(exec, points);
  if (b.not_finite > 0)
    throw std::invalid_argument("Octopole::Plan: " + std::to_string(b.not_finite) + " of " +
                                std::to_string(points.extent(0)) + " " + what +
                                " have a coordinate that is NaN or infinite");
  return b;
}

template <class ExecutionSpace, class Kernel>
template <class X, class Y>
void Engine<ExecutionSpace, Kernel>::plan_points(
    const ExecutionSpace& exec, const PointsView<X, MemorySpace>& sources,
    const std::optional<PointsView<Y, MemorySpace>>& targets, bool keep_domain) {
  Kokkos::Timer timer;
  m_n_sources = sources.extent(0);
  m_n_targets = targets ? targets->extent(0) : m_n_sources;
  Bounds b = checked_bounds(exec, sources, "sources");
  if (targets) b = unite(b, checked_bounds(exec, *targets, "targets"));
  Domain domain = m_data.tree.domain;
  if (!keep_domain || !contains(domain, b)) domain = make_domain(b, !Kernel::homogeneous);
  m_data.kernel = m_kernel.rescaled(domain.half_width);

  const auto sorted_sources = sort_points(exec, domain, sources);
  const auto sorted_targets = targets ? sort_points(exec, domain, *targets) : sorted_sources;
  auto& tree = m_data.tree;
  tree = make_octree(exec, domain, sorted_sources, sorted_targets, !targets,
                     m_options.leaf_capacity);
  if (m_options.balance == 1 && !m_direct)
    tree = balance(exec, tree, sorted_sources, sorted_targets);

  constexpr int alignment = Data::Simd::alignment;
  m_data.sources = pack_points<T>(exec, tree, sources, sorted_sources, tree.source_begin,
                                  tree.source_end, alignment);
  m_data.targets = !targets ? m_data.sources
                            : pack_points<T>(exec, tree, *targets, sorted_targets,
                                             tree.target_begin, tree.target_end, alignment);
  m_seconds.tree = timer.seconds();

  timer.reset();
  if (!m_direct) {
    m_data.lists = make_lists(exec, tree, Surface::size(m_spec.order));
    using Tree = std::decay_t<decltype(tree)>;
    m_leaves = make_box_list(exec, tree, IsLeaf<Tree>{tree});
    m_parents = make_box_list(exec, tree, IsSplit<Tree>{tree});
    m_octants = make_box_list(exec, tree, IsOctant<Tree>{tree}, 8);
    m_with_x = make_box_list(exec, tree, HasRow<MemorySpace>{m_data.lists.x});
  }
  m_seconds.lists = timer.seconds();
}

template <class ExecutionSpace, class Kernel>
void Engine<ExecutionSpace, Kernel>::plan_operators(const ExecutionSpace&) {
  Kokkos::Timer timer;
  const int depth = m_data.tree.depth;
  if (m_direct) {
    m_facts.operators_source = "none";
    m_seconds.operators = timer.seconds();
    return;
  }
  // Homogeneous kernels keep their one set; others keep those of box sizes they have met.
  const int n_sets = Kernel::homogeneous ? 1 : depth + 1;
  const bool reusable =
      int(m_sets.size()) >= n_sets &&
      (Kernel::homogeneous || m_facts.root_size == m_data.tree.domain.side());
  if (!reusable) {
    m_sets.clear();
    bool all_cached = true;
    for (int s = 0; s < n_sets; ++s) {
      const Kernel scaled = m_data.kernel.rescaled(1.0 / double(1u << s));
      OperatorSet<T> set;
      // Nothing is translated above level 2, though its children's parents start there.
      if (Kernel::homogeneous || s >= 2) {
        const std::string key = OperatorCache::key<T>(scaled, m_spec);
        if (!OperatorCache::load(m_options.cache, key, set, m_facts.notice)) {
          all_cached = false;
          set = precompute<T>(scaled, m_spec);
          OperatorCache::store(m_options.cache, key, set, m_facts.notice);
        }
      }
      m_sets.push_back(copy_to<MemorySpace>(set));
    }
    m_facts.operators_source = all_cached ? "cache" : "computed";
  }
  m_set_of.resize(depth + 1);
  for (int l = 0; l <= depth; ++l) m_set_of[l] = &m_sets[Kernel::homogeneous ? 0 : l];
  m_seconds.operators = timer.seconds();
}

template <class ExecutionSpace, class Kernel>
void Engine<ExecutionSpace, Kernel>::plan_buffers(const ExecutionSpace& exec) {
  auto& d = m_data;
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
                 : sizeof(T) * d.tree.n_boxes *
                       std::size_t((2 * C + K) * padded_size<T>(m_spec.order) +
                                   K * padded_size<T>(m_spec.check_order));
    if (bytes > m_options.memory_limit)
      refuse("memory_limit", std::to_string(m_options.memory_limit),
             "at least " + std::to_string(bytes) + " bytes for the coefficients of this plan");
  }
  exact(d.charges, "Octopole::charges", C, d.sources.slots);
  exact(d.potential, "Octopole::potential", K, d.targets.slots);
  exact(d.gradient, "Octopole::gradient", Kernel::has_gradient ? 3 * K : 0, d.targets.slots);
  if (m_direct) return;

  const int levels = d.tree.depth + 1;
  const int padded = padded_size<T>(m_spec.order), check_padded = padded_size<T>(m_spec.check_order);
  d.inner = make_surface_table<T>(exec, m_spec.order, m_spec.inner, levels, padded);
  d.outer = make_surface_table<T>(exec, m_spec.order, m_spec.outer, levels, padded);
  d.outer_check =
      make_surface_table<T>(exec, m_spec.check_order, m_spec.outer, levels, check_padded);
  const int n = d.tree.n_boxes, E = C * padded, D = K * padded, U = K * check_padded;
  need(d.up_check, "Octopole::up_check", U, n);
  need(d.multipole, "Octopole::multipole", E, n);
  need(d.down_check, "Octopole::down_check", D, n);
  need(d.local, "Octopole::local", E, n);

  constexpr int width = 512;  // columns per product of the dense stages
  int widest = 1;
  for (int l = 0; l < levels; ++l)
    widest = std::max(widest, d.tree.level_begin[l + 1] - d.tree.level_begin[l]);
  const int columns = std::min(width, widest);
  for (auto* scratch : {&m_half, &m_side, &m_product})
    need(*scratch, "Octopole::scratch", std::max({E, D, U}), columns);
  m_m2l = M2LBlas<Data>(exec, d, m_set_of);
}

template <class ExecutionSpace, class Kernel>
void Engine<ExecutionSpace, Kernel>::collect_facts(const ExecutionSpace& exec) {
  const auto& d = m_data;
  PlanFacts& f = m_facts;
  f.n_sources = m_n_sources, f.n_targets = m_n_targets;
  f.digits = m_options.digits, f.order = m_spec.order, f.check_order = m_spec.check_order;
  f.method = m_direct ? "direct" : "fmm";
  f.m2l = m_direct ? "none" : "blas";
  f.leaf_capacity = m_options.leaf_capacity;
  f.balanced = m_options.balance == 1 && !m_direct;
  f.root_size = d.tree.domain.side();
  f.depth = d.tree.depth;
  f.n_leaves = d.tree.n_leaves, f.n_boxes = d.tree.n_boxes;
  f.largest_leaf = d.tree.largest_leaf;
  const auto bytes = [](const auto&... view) {
    return (std::size_t(0) + ... +
            (view.span() * sizeof(typename std::decay_t<decltype(view)>::value_type)));
  };
  f.plan_bytes = bytes(d.charges, d.potential, d.gradient, d.sources.x, d.sources.y, d.sources.z,
                       d.sources.input, d.sources.begin, d.tree.key, d.tree.parent,
                       d.tree.first_child, d.tree.children, d.tree.source_begin,
                       d.tree.source_end, d.tree.leaves);
  if (!d.tree.same_points)
    f.plan_bytes += bytes(d.targets.x, d.targets.y, d.targets.z, d.targets.input, d.targets.begin,
                          d.tree.target_begin, d.tree.target_end);
  if (m_direct) {
    f.pairs_p2p = std::uint64_t(m_n_sources) * m_n_targets;
    return;
  }
  f.m2l_rank = m_sets.back().compressed() ? m_sets.back().source_basis.extent(0)
                                          : d.multipole.extent(0);
  f.pairs_p2p = count_near_pairs(exec, d);
  f.pairs_m2l = d.lists.v.size(), f.pairs_m2p = d.lists.w.size(), f.pairs_p2l = d.lists.x.size();
  f.m2l_flops = m_m2l.flops();
  f.plan_bytes += m_m2l.bytes() +
                  bytes(d.up_check, d.multipole, d.down_check, d.local, m_half, m_side, m_product,
                        d.inner.at, d.outer.at, d.outer_check.at, d.lists.colleague,
                        d.lists.u.begin, d.lists.u.entry, d.lists.v.begin, d.lists.v.entry,
                        d.lists.w.begin, d.lists.w.entry, d.lists.x.begin, d.lists.x.entry,
                        m_leaves.boxes, m_parents.boxes, m_octants.boxes, m_with_x.boxes);
  for (const Set& set : m_sets) f.plan_bytes += set.bytes();
}

template <class ExecutionSpace, class Kernel>
template <class F>
void Engine<ExecutionSpace, Kernel>::stage(const ExecutionSpace& exec, const std::string& region,
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

template <class ExecutionSpace, class Kernel>
void Engine<ExecutionSpace, Kernel>::execute(const ExecutionSpace& exec, const Charges& charges,
                                             const Output& potential, const Output& gradient) {
  const InUse in_use(*m_busy);
  move_to(exec);

  static const std::string permute = "Octopole::Permute";
  Kokkos::Timer whole;
  m_seconds.permute = m_seconds.p2m = m_seconds.m2m = m_seconds.m2l = m_seconds.p2l = 0;
  m_seconds.l2l = m_seconds.l2p = m_seconds.m2p = m_seconds.p2p = 0;

  stage(exec, permute, &StageSeconds::permute, [&] { pack_charges(exec, m_data, charges); });
  if constexpr (Kernel::has_gradient) {
    if (gradient.data() != nullptr)
      evaluate<true>(exec);
    else
      evaluate<false>(exec);
  } else {
    evaluate<false>(exec);
  }
  stage(exec, permute, &StageSeconds::permute, [&] {
    if (potential.data() != nullptr)
      unpack_results(exec, m_data, m_data.potential, potential, potential_factor());
    if (gradient.data() != nullptr)
      unpack_results(exec, m_data, m_data.gradient, gradient, gradient_factor());
  });
  if (m_timing) m_seconds.evaluate = whole.seconds();
}

template <class ExecutionSpace, class Kernel>
CheckResult Engine<ExecutionSpace, Kernel>::check(const ExecutionSpace& exec,
                                                  const Charges& charges, const Output& potential,
                                                  const Output& gradient, int samples) {
  const InUse in_use(*m_busy);
  move_to(exec);
  pack_charges(exec, m_data, charges);
  return check_against_direct_sum(exec, m_data, potential, gradient, potential_factor(),
                                  gradient_factor(), int(m_n_targets), samples);
}

template <class ExecutionSpace, class Kernel>
template <bool WithGradient>
void Engine<ExecutionSpace, Kernel>::evaluate(const ExecutionSpace& exec) {
  using S = StageSeconds;
  static const std::string r_p2m = "Octopole::P2M", r_m2m = "Octopole::M2M",
                           r_m2l = "Octopole::M2L[blas]", r_p2l = "Octopole::P2L",
                           r_l2l = "Octopole::L2L", r_l2p = "Octopole::L2P",
                           r_m2p = "Octopole::M2P", r_p2p = "Octopole::P2P";
  const Data& d = m_data;
  const int depth = d.tree.depth;
  if (m_direct) {
    stage(exec, r_p2p, &S::p2p, [&] { all_pairs<WithGradient>(exec, d); });
    return;
  }
  // The solves from check surface to densities are counted with the operator that filled the check
  // surface: those of the leaves with P2M, of the parents with M2M, and all of the downward ones,
  // which M2L, P2L and L2L fill together, with M2L.
  stage(exec, r_p2m, &S::p2m, [&] {
    p2m(exec, d);
    for (int level = 2; level <= depth; ++level)
      check_to_equivalent(exec, m_set_of[level]->up_left, m_set_of[level]->up_right, d.up_check,
                          d.multipole, m_leaves, level, m_half, m_side);
  });
  for (int level = depth - 1; level >= 2; --level) {
    const Set& set = *m_set_of[level];
    stage(exec, r_m2m, &S::m2m, [&] {
      m2m(exec, d, set.m2m, level, m_parents, m_octants, m_side, m_product);
      check_to_equivalent(exec, set.up_left, set.up_right, d.up_check, d.multipole, m_parents,
                          level, m_half, m_side);
    });
  }
  for (int level = 2; level <= depth; ++level) {
    const Set& set = *m_set_of[level];
    stage(exec, r_m2l, &S::m2l, [&] { m_m2l.apply(exec, d, set, level); });
    stage(exec, r_p2l, &S::p2l, [&] { p2l(exec, d, level, m_with_x); });
    if (level > 2)
      stage(exec, r_l2l, &S::l2l, [&] {
        l2l(exec, d, m_set_of[level - 1]->l2l, level, m_octants, m_side, m_product);
      });
    stage(exec, r_m2l, &S::m2l, [&] {
      check_to_equivalent(exec, set.down_left, set.down_right, d.down_check, d.local,
                          d.tree.level_begin[level], d.tree.level_begin[level + 1], m_half);
    });
  }
  stage(exec, r_l2p, &S::l2p, [&] { l2p<WithGradient>(exec, d); });
  stage(exec, r_m2p, &S::m2p, [&] { m2p<WithGradient>(exec, d); });
  stage(exec, r_p2p, &S::p2p, [&] { p2p<WithGradient>(exec, d); });
}

}  // namespace Octopole::Impl

#endif
