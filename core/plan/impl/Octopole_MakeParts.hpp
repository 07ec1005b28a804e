#ifndef OCTOPOLE_MAKE_PARTS_HPP
#define OCTOPOLE_MAKE_PARTS_HPP

#include <core/plan/impl/Octopole_MakeMemory.hpp>
#include <core/plan/impl/Octopole_PlanParts.hpp>
#include <core/plan/impl/Octopole_RootCube.hpp>
#include <tree/Octopole_Balance.hpp>
#include <tree/Octopole_CoincidentPoints.hpp>
#include <tree/Octopole_DeeperCodes.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// How a plan is made: a chain of values, each from those before it. Whatever may be refused is
/// refused while the chain is made, beside a plan that there may be already.
namespace Octopole::Impl {

/// Boxes that are not adjacent are a side of the smaller one apart: no box may be smaller than what
/// the near field's regularisation reaches. `kernel`: in half-widths of the root.
template <class T, class Kernel>
int finest_level(const Kernel& kernel, const Choices& choices) {
  const double range = kernel.near_range(0.1 * choices.promise());
  int level = deepest_level<T>;
  while (level > 0 && 2 / double(std::uint64_t(1) << level) < range) --level;
  return level;
}

/// Whether a method of M2L goes through V lists; `fft` finds the pairs of parents by itself.
inline bool needs_v(M2L m2l) {
  switch (m2l) {
    case M2L::blas:
      return true;
    case M2L::fft:
      return false;
    case M2L::automatic:
      break;
  }
  m2l_not_chosen();
}

template <class Work>
PlanFacts facts_of(const typename Work::execution_space& exec, const PlanParts<Work>& parts,
                   const PointSet<typename Work::memory_space>& points, PlanFacts f) {
  const Choices& choices = parts.choices;
  const auto& tree = parts.tree;
  const bool direct = choices.direct;
  f.n_sources = points.n_sources(), f.n_targets = points.n_targets();
  f.right_hand_sides = choices.options.right_hand_sides;
  f.digits = choices.options.digits;
  f.order = choices.spec.order, f.check_order = choices.spec.check_order;
  f.method = direct ? "direct" : "fmm";
  f.direct_pairs = std::uint64_t(choices.direct_pairs);
  f.m2l = parts.m2l.name();
  f.leaf_capacity = choices.options.leaf_capacity;
  f.near_field = direct ? "exact" : name_of(choices.options.near_field);
  f.near_over_far = choices.near_over_far;
  f.balanced = choices.options.balance == 1 && !direct;
  f.root_size = tree.domain.side();
  f.depth = tree.depth;
  f.n_leaves = tree.n_leaves, f.n_boxes = tree.n_boxes;
  f.boxes_by_level.clear();
  for (int level = 0; level <= tree.depth; ++level)
    f.boxes_by_level.push_back(std::size_t(tree.level_begin[level + 1] - tree.level_begin[level]));
  f.largest_leaf = tree.largest_leaf;
  f.operators_source = parts.sets.source();
  if (direct) {
    f.pairs_p2p = std::uint64_t(f.n_sources) * f.n_targets;
    return f;
  }
  f.m2l_rank = parts.m2l.rank();
  const auto& lists = parts.lists;
  f.pairs_p2p = count_near_pairs(exec, tree, lists.interactions.u);
  f.pairs_m2l = lists.far_pairs;
  f.pairs_m2p = lists.interactions.w.size(), f.pairs_p2l = lists.interactions.x.size();
  f.m2l_single = choices.options.m2l_single == 1;
  f.m2l_flops = parts.m2l.flops();
  return f;
}

/// The coarsest level with a leaf that has targets, or the depth.
template <class ExecutionSpace, class MemorySpace>
int level_of_widest_leaf(const ExecutionSpace& exec, const Octree<MemorySpace>& tree) {
  int level = tree.depth;
  Kokkos::parallel_reduce(
      "Octopole::Plan::widest_leaf", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, tree.n_leaves),
      KOKKOS_LAMBDA(const int i, int& least) {
        const int leaf = tree.leaves(i);
        if (tree.n_targets(leaf) > 0) least = Kokkos::min(least, Morton::level(tree.key(leaf)));
      },
      Kokkos::Min<int>(level));
  exec.fence("Octopole::Plan::widest_leaf");
  return std::min(level, tree.depth);
}

/// The leaves of a tree that hold sources, and how many these are, those at one place once.
struct FilledLeaves {
  std::int64_t leaves = 0, sources = 0;
};

/// Counts them. Waits for `exec`.
template <class ExecutionSpace, class MemorySpace>
FilledLeaves count_filled_leaves(const ExecutionSpace& exec, const Octree<MemorySpace>& tree) {
  FilledLeaves found;
  Kokkos::parallel_reduce(
      "Octopole::Plan::filled_leaves", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, tree.n_leaves),
      KOKKOS_LAMBDA(const int i, std::int64_t& leaves, std::int64_t& sources) {
        const int n = tree.n_sources(tree.leaves(i));
        leaves += n > 0, sources += n;
      },
      found.leaves, found.sources);
  exec.fence("Octopole::Plan::filled_leaves");
  return found;
}

/// What of a tree decides how far its near pairs are apart; on ranks, of the octree of all points.
struct PairFacts {
  bool same_points;
  int depth, capacity;
  std::size_t n_sources;
  int widest_leaf;  ///< see level_of_widest_leaf; read where targets are others
};

/// Whether anything of a tree is lost to screening. `kernel`: in half-widths of the root.
template <class Kernel>
bool is_screened(const Kernel& kernel) {
  return kernel.decay(2 * std::sqrt(3.0)) != 1;
}

/// Refuses kernels whose screening is too weak for a periodic cell, or whose core too wide. `kernel`: in half-widths of
/// the root. Throws std::invalid_argument.
template <class T, class Kernel>
void check_cell(const Kernel& kernel, const Choices& choices) {
  if (!choices.options.periodic) return;
  const double screening = 2 * screening_of(kernel);  // over the cell's side
  if (is_screened(kernel) && screening < least_periodic_screening)
    refuse("periodic", "a screening of " + std::to_string(screening) + " over the cell's side",
           "2 or more, or the kernel laplace");
  if (finest_level<T>(kernel, choices) < coarsest_periodic_leaf)
    refuse("periodic", "a cell in which the near field's core is felt across two leaves",
           "cores of at most a quarter of the cell, beyond which they are not felt to the digits");
}

/// What is left of a screened kernel in those near pairs that give a plan's targets most: of points that are
/// sources too at the distance that the fullest boxes set, where these have charges; of others, which may
/// be anywhere in their leaf, at the far end of the next one. `kernel`: in half-widths of the root.
template <class Kernel>
double decay_in_pairs(const PairFacts& tree, const Kernel& kernel) {
  const double diagonal = 2 * std::sqrt(3.0);  // of the root
  if (tree.same_points) {
    // The parent of a finest leaf has more points than a leaf takes.
    const bool split = tree.depth > 0;
    const double points = split ? tree.capacity : double(tree.n_sources);
    const double box = split ? 2 * diagonal / double(std::uint64_t(1) << tree.depth) : diagonal;
    return kernel.decay(box / std::cbrt(std::max(points, 1.0)));
  }
  return kernel.decay(2 * diagonal / double(std::uint64_t(1) << tree.widest_leaf));
}

/// What is left of a screened kernel between neighbours, where points that are sources too fill the finest boxes; 1
/// where that is enough for them to outweigh what is further away, and where boxes that are not adjacent are further
/// apart than two neighbours: leaves of more than 12 points are more than two distances wide.
template <class Kernel>
double decay_of_neighbours(const PairFacts& tree, const Kernel& kernel) {
  if (!tree.same_points || tree.depth == 0 || tree.capacity > 12) return 1;
  const double parent = 4 / double(std::uint64_t(1) << tree.depth);
  const double left = kernel.decay(parent / std::cbrt(double(tree.capacity)));
  return left < std::exp(-4.0) ? left : 1;
}

/// The boxes of a level are a side apart where they are well separated: levels where a screened kernel
/// has decayed by then to nothing have no far field; nothing beside what is near, so that where nothing
/// is near they all have. `near`: what is left of the kernel there.
template <class Kernel>
int coarsest_level(const Kernel& kernel, const Choices& choices, double near) {
  int level = 2;
  while (!choices.far_targets && level < Morton::max_level &&
         kernel.decay(2 / double(std::uint64_t(1) << level)) < 0.01 * choices.promise() * near)
    ++level;
  return level;
}

/// The same for a tree. Neighbours may have decayed, too, and lie in boxes that are not adjacent (half of what reached
/// one of 29 points was left out, 30 decay lengths from one to the next): then there is more of a far field, and as no
/// order does for boxes of many decay lengths, a probe looks at it.
template <class Kernel>
int coarsest_level(const PairFacts& tree, const Kernel& kernel, Choices& choices) {
  if (choices.options.periodic) return 0;  // from all of the images of the root
  const int level = coarsest_level(kernel, choices, decay_of_neighbours(tree, kernel));
  if (level < coarsest_level(kernel, choices, 1) && level <= tree.depth && !choices.by_order)
    choices.probing = true;
  return level;
}

/// The octree of points, and those that one of the tree's points stands for.
template <class MemorySpace>
struct PointTree {
  Octree<MemorySpace> tree;
  CoincidentPoints<MemorySpace> coincident_sources, coincident_targets;
};

/// The octree of points in their cube, and with it whether the targets are far from the sources.
/// `moved`: memory for sorting is kept for the next time.
template <class T, class ExecutionSpace, class MemorySpace, class Kernel>
PointTree<MemorySpace> make_tree(const ExecutionSpace& exec, const RootCube& cube,
                                 const Kernel& kernel, const PointSet<MemorySpace>& points,
                                 bool moved, Choices& choices,
                                 PlanningMemory<MemorySpace>& memory) {
  if (!cube.kept) bounds_of(exec, points, &cube.domain, memory);
  sort_codes(exec, memory.sources);
  if (points.targets) sort_codes(exec, memory.targets);
  const int capacity = choices.options.leaf_capacity;
  // As deep as doubles go, whatever the finest level: points at one place are then neighbours.
  if (points.targets)
    sort_deeper(exec, cube.domain, points.sources, memory.sources, *points.targets, memory.targets,
                capacity);
  else
    sort_deeper(exec, cube.domain, points.sources, memory.sources, capacity);
  PointTree<MemorySpace> made;
  made.coincident_sources = merge_coincident(exec, points.sources, memory.sources, capacity);
  made.coincident_targets = points.targets
                                ? merge_coincident(exec, *points.targets, memory.targets, capacity)
                                : made.coincident_sources;
  if (!moved) memory.sources.space = memory.targets.space = {};
  const auto& targets = points.targets ? memory.targets : memory.sources;
  auto& tree = made.tree;
  tree = make_octree(exec, cube.domain, memory.sources, targets, !points.targets, capacity,
                     finest_level<T>(kernel, choices), periodic_axes(choices.options.periodic));
  if (points.targets && points.n_sources() > 0 && points.n_targets() > 0 && !choices.direct)
    choices.raise_for_targets(kernel.statement(), count_near_targets(exec, tree, memory.sources),
                              targets.size(), tree.depth, cube.apart);
  const FilledLeaves filled = count_filled_leaves(exec, tree);
  if (tree.depth >= 2) choices.raise_for_leaves(kernel.statement(), filled.sources, filled.leaves);
  choices.raise_for_few_sources(filled.sources);
  if (!choices.direct && is_screened(kernel))
    choices.raise_for_decayed_pairs(
        decay_in_pairs({tree.same_points, tree.depth, tree.capacity, points.n_sources(),
                        tree.same_points ? 0 : level_of_widest_leaf(exec, tree)},
                       kernel));
  if (choices.options.balance == 1 && !choices.direct)
    tree = balance(exec, tree, memory.sources, targets);
  if (!moved) memory.sources.release_codes(), memory.targets.release_codes();
  return made;
}

/// Throws std::invalid_argument where so many sources lie so close together that no level tells them apart:
/// their pairs would take longer than all else. `u`: the U lists.
template <class T, class ExecutionSpace, class MemorySpace>
void check_full_leaves(const ExecutionSpace& exec, const Octree<MemorySpace>& tree,
                       const Rows<MemorySpace>& u, const PointSet<MemorySpace>& points) {
  const int capacity = tree.capacity;
  if (tree.largest_leaf <= capacity || tree.finest < deepest_level<T>) return;
  double pairs = 0;
  int fullest = 0;
  Kokkos::parallel_reduce(
      "Octopole::Plan::full_leaves", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, tree.n_leaves),
      KOKKOS_LAMBDA(const int i, double& sum, int& most) {
        const int leaf = tree.leaves(i);
        for (std::int64_t e = u.begin(leaf); e < u.begin(leaf + 1); ++e) {
          const int n = tree.n_sources(u.entry(e));
          if (n <= capacity) continue;
          sum += double(n) * tree.n_targets(leaf);
          most = Kokkos::max(most, n);
        }
      },
      pairs, Kokkos::Max<int>(fullest));
  exec.fence("Octopole::Plan::full_leaves");
  // A second or two, or ten thousand pairs for each point, where some thousand are usual.
  if (pairs <= std::max(1e10, 5e3 * double(points.n_sources() + points.n_targets()))) return;
  throw std::invalid_argument(
      "Octopole::Plan: found " + std::to_string(fullest) +
      " sources closer together than the finest of " + std::to_string(deepest_level<T>) +
      " levels tells apart, in a root cube that points far away, or Options::bounding_box, make so "
      "large; " +
      (sizeof(T) == 4 ? "use double, or " : "") + "leave those out, or Method::direct");
}

/// The parts of coordinates in float that the near field reads.
inline Split split_for(const Choices& choices) {
  if (!choices.near_in_float()) return Split::none;
  return choices.options.near_field == NearField::mixed ? Split::high_and_low : Split::high;
}

/// Slots for points; the arrays of `before`, whose contents nobody needs, serve where they fit.
template <class Work>
void lay_out(const typename Work::execution_space& exec, const Choices& choices,
             const PointTree<typename Work::memory_space>& made, const PlanParts<Work>* before,
             PlanParts<Work>& parts) {
  using T = typename Work::T;
  const auto& tree = parts.tree;
  const int n_rhs = choices.options.right_hand_sides;
  const Split split = split_for(choices);
  PackedPoints<T, typename Work::memory_space> old_sources, old_targets;
  if (before) old_sources = before->sources.points;
  if (before && !before->tree.same_points) old_targets = before->targets.points;
  parts.sources.right_hand_sides = parts.targets.right_hand_sides = n_rhs;
  parts.sources.points = lay_out_points<T>(exec, tree, tree.source_begin, tree.source_end,
                                           slot_alignment, split, old_sources);
  parts.targets.points = tree.same_points
                             ? parts.sources.points
                             : lay_out_points<T>(exec, tree, tree.target_begin, tree.target_end,
                                                 slot_alignment, split, old_targets);
  const std::size_t charge_rows =
      std::size_t(n_rhs) * std::size_t(parts.kernel->statement().charges);
  parts.shared_sources = share_slots(exec, tree, tree.source_begin, tree.source_end,
                                     parts.sources.points, made.coincident_sources, charge_rows);
  parts.shared_targets = tree.same_points
                             ? parts.shared_sources
                             : share_slots(exec, tree, tree.target_begin, tree.target_end,
                                           parts.targets.points, made.coincident_targets, 0);
}

/// Whether the operators of `before` serve levels `top_level` to `depth` of a cube.
template <class Work>
bool serve(const PlanParts<Work>& before, const Choices& choices, int top_level, int depth,
           double side) {
  return before.choices.spec.order == choices.spec.order &&
         before.choices.spec.m2l_rank == choices.spec.m2l_rank &&
         before.choices.far_targets == choices.far_targets &&
         (before.choices.apart == choices.apart || before.kernel->statement().homogeneous) &&
         before.sets.serve(top_level, depth, side);
}

/// The operators of levels `top_level` to `depth`: those of `before` where they serve these, else found or
/// computed, at the order that a probe finds where the kernel states none.
template <class Work>
auto find_operators(const PlanParts<Work>& parts, const PlanParts<Work>* before, int top_level,
                    int depth, Choices& choices, std::string& notice) {
  const double side = parts.tree.domain.side();
  if (before && serve(*before, choices, top_level, depth, side)) return before->sets;
  const BoxSizes sizes{parts.kernel->statement().homogeneous, depth, top_level};
  if (choices.probing && sizes.depth >= sizes.top_level)
    find_order(*parts.kernel, sizes, choices, notice);
  check_whole_m2l(parts.kernel->statement(), sizes, choices);
  return find_or_compute(*parts.kernel, sizes, choices, side, notice);
}

/// Makes the parts of a plan for these points. `kernel`: in the points' unit. `before`: the parts of a
/// plan that these are to take the place of, if any; arrays whose contents nobody needs are shared.
/// Neither they nor anything else of it are written: that is left to `pack`, after which only these
/// parts are right. `moved`: the points are the old ones some time later, so that the root cube is kept
/// where it holds them.
template <class Work>
PlanParts<Work> make_parts(const typename Work::execution_space& exec,
                           const typename PlanParts<Work>::Kernel& kernel, Choices choices,
                           const PointSet<typename Work::memory_space>& points,
                           const PlanParts<Work>* before, bool moved,
                           PlanningMemory<typename Work::memory_space>& memory,
                           StageSeconds& seconds, PlanFacts facts) {
  using WorkShape = typename Work::WorkShape;
  PlanParts<Work> parts;
  Kokkos::Timer timer;
  const auto lap = [&](double& stage) { stage = timer.seconds(), timer.reset(); };
  const bool direct = choices.direct;
  choices.forget_last_tree();

  const RootCube cube = choose_root<typename Work::T, WorkShape>(
      exec, kernel.statement(), points, moved ? &before->tree.domain : nullptr, choices, memory);
  parts.kernel = kernel_in_root(kernel, cube, choices);
  check_cell<typename Work::T>(*parts.kernel, choices);
  const PointTree<typename Work::memory_space> made =
      make_tree<typename Work::T>(exec, cube, *parts.kernel, points, moved, choices, memory);
  parts.tree = made.tree;
  const int top_level = coarsest_level(
      {parts.tree.same_points, parts.tree.depth, parts.tree.capacity, points.n_sources(), 0},
      *parts.kernel, choices);
  lay_out(exec, choices, made, before, parts);
  lap(seconds.tree);

  if (!direct)
    parts.sets = find_operators(parts, before, top_level, parts.tree.depth, choices, facts.notice);
  if (parts.tree.periodic != 0)
    parts.root_images = find_root_images(*parts.kernel, choices, parts.tree.periodic, facts.notice);
  lap(seconds.operators);

  const int few = Surface::size(choices.spec.order);
  const bool lists_kept = cube.kept && !direct &&
                          before->choices.spec.order == choices.spec.order &&
                          same_lists(exec, before->tree, parts.tree, few);
  if (lists_kept)
    parts.lists = before->lists;
  else if (!direct)
    parts.lists = make_work_lists(exec, parts.tree, few, needs_v(choices.spec.m2l),
                                  choices.lonely_part(parts.kernel->statement()));
  if (!direct)
    check_full_leaves<typename Work::T>(exec, parts.tree, parts.lists.interactions.u, points);
  if constexpr (WorkShape::near_tile > 0)
    if (!direct)
      parts.lists.near_work = make_near_work(exec, parts.tree, parts.lists.interactions.u,
                                             WorkShape::near_team * Work::Simd::width);
  lap(seconds.lists);

  const bool kept = lists_kept && before->choices.spec.inner == choices.spec.inner &&
                    before->choices.options.m2l_single == choices.options.m2l_single &&
                    before->choices.spec.m2l_rank == choices.spec.m2l_rank &&
                    before->choices.far_targets == choices.far_targets;
  parts.choices = std::move(choices);
  make_memory(exec, before, kept, top_level, memory, parts);
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
