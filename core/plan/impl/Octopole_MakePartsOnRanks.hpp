#ifndef OCTOPOLE_MAKE_PARTS_ON_RANKS_HPP
#define OCTOPOLE_MAKE_PARTS_ON_RANKS_HPP

#include <core/plan/impl/Octopole_MakeParts.hpp>
#include <core/plan/impl/Octopole_OperatorsOnRanks.hpp>
#include <core/plan/impl/Octopole_PlaceOnRanks.hpp>
#include <core/plan/impl/Octopole_RankTraffic.hpp>
#include <core/plan/impl/Octopole_TreeCosts.hpp>
#include <core/ranks/Octopole_EssentialTree.hpp>
#include <core/ranks/Octopole_Halo.hpp>
#include <core/ranks/Octopole_MultipoleHalo.hpp>
#include <core/ranks/Octopole_Partition.hpp>
#include <core/ranks/Octopole_RankCuts.hpp>
#include <core/ranks/Octopole_RankWork.hpp>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// The chain of Octopole_MakeParts.hpp on ranks: every choice from facts of all of them, points moved to the rank
/// whose part of the Morton curve they lie in, and a tree with ghosts, so that the rank's own targets get the
/// sums, and each sum the order, that one rank with all points would give them. What a rank finds wrong, or has no
/// memory for, ends the call on all: they speak through a GuardedCommunicator.
namespace Octopole::Impl {

/// Points here: a rank's own, then ghosts.
template <class MemorySpace>
struct LocalPoints {
  using Rows = Kokkos::View<double**, Kokkos::LayoutRight, MemorySpace>;
  Rows at;                          ///< (own, then ghosts; 3)
  SortedPoints<MemorySpace> order;  ///< `input` alone: which point is where along the tree
};

/// Fetches the points of the ghosts that own boxes sum directly, and gives these their ranges. `own`: the
/// rank's points, in the order in which they came. `order`: theirs along the tree. Collective.
template <class ExecutionSpace, class MemorySpace>
LocalPoints<MemorySpace> add_ghost_points(const ExecutionSpace& exec, const Communicator& ranks,
                                          EssentialTree<MemorySpace>& essential,
                                          const BoxTraffic& traffic,
                                          const typename LocalPoints<MemorySpace>::Rows& own,
                                          const SortedPoints<MemorySpace>& order,
                                          ItemExchange<MemorySpace>& ghosts) {
  using Rows = typename LocalPoints<MemorySpace>::Rows;
  Octree<MemorySpace>& tree = essential.tree;
  const auto input = to_host(order.input);
  const typename Kokkos::View<int*, MemorySpace>::host_mirror_type begin(
      "Octopole::Octree::source_begin", tree.n_boxes),
      end("Octopole::Octree::source_end", tree.n_boxes);
  const auto old_begin = to_host(tree.source_begin), old_end = to_host(tree.source_end);
  for (int b = 0; b < tree.n_boxes; ++b) begin(b) = old_begin(b), end(b) = old_end(b);
  const int R = ranks.size(), n_own = int(own.extent(0));
  std::vector<std::vector<int>> sent(R), received(R);
  int next = n_own;
  for (int r = 0; r < R; ++r) {
    for (const int leaf : traffic.sent[r])
      for (int i = begin(leaf); i < end(leaf); ++i) sent[r].push_back(input(i));
    for (const int leaf : traffic.received[r]) {
      const int n = end(leaf) - begin(leaf);
      begin(leaf) = next, end(leaf) = next + n;
      for (int i = 0; i < n; ++i) received[r].push_back(next++);
    }
  }
  tree.source_begin = to_space<MemorySpace>(begin);
  tree.source_end = to_space<MemorySpace>(end);
  ghosts = exchange_of<MemorySpace>(exec, ranks.rank(), sent, received, 3);

  LocalPoints<MemorySpace> local;
  local.at = Rows("Octopole::Ranks::points", next, 3);
  local.order.input = every_item<ExecutionSpace, MemorySpace>(exec, 0, next);
  const auto at = local.at;
  Kokkos::parallel_for(
      "Octopole::Ranks::points", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n_own),
      KOKKOS_LAMBDA(const int i) {
        for (int d = 0; d < 3; ++d) at(i, d) = own(i, d);
      });
  copy_elements("Octopole::Ranks::order", exec, local.order.input, 0, order.input, n_own);
  ghosts.apply(exec, ranks, ItemRows<Rows>{local.at}, ItemRows<Rows>{local.at});
  exec.fence("Octopole::Ranks::points");
  return local;
}

/// Slots for own points, and after those for ghosts, which are no targets. Returns how many are own.
template <class Work>
int lay_out_on_ranks(const typename Work::execution_space& exec,
                     const EssentialTree<typename Work::memory_space>& essential,
                     const BoxTraffic& ghosts,
                     const LocalPoints<typename Work::memory_space>& local,
                     const OwnPoints<typename Work::memory_space>& targets,
                     PlanParts<Work>& parts) {
  using T = typename Work::T;
  using Memory = typename Work::memory_space;
  const Split split = split_for(parts.choices);
  Octree<Memory> with_ghosts = parts.tree;
  std::vector<int> leaves;
  const auto own = to_host(parts.tree.leaves);
  int own_slots = 0;
  for (int i = 0; i < parts.tree.n_leaves; ++i) {
    leaves.push_back(own(i));
    own_slots += round_up(int(essential.n_sources[own(i)]), slot_alignment);
  }
  for (const auto& of_rank : ghosts.received)
    leaves.insert(leaves.end(), of_rank.begin(), of_rank.end());
  with_ghosts.leaves = view_of<Kokkos::View<int*, Memory>>("Octopole::Ranks::leaves", leaves);
  with_ghosts.n_leaves = int(leaves.size());
  parts.sources.points =
      pack_points<T>(exec, with_ghosts, local.at, local.order, with_ghosts.source_begin,
                     with_ghosts.source_end, slot_alignment, split);
  if (!parts.tree.same_points) {
    parts.targets.points =
        pack_points<T>(exec, parts.tree, targets.at, targets.sorted, parts.tree.target_begin,
                       parts.tree.target_end, slot_alignment, split);
    return own_slots;
  }
  parts.targets.points = parts.sources.points;
  parts.targets.points.slots = parts.targets.points.used = own_slots;
  return own_slots;
}

/// Boxes with own targets whose local expansions are passed on. (A ghost whose children are not here has no
/// first child to ask.)
template <class MemorySpace>
struct OwnPassOn {
  Octree<MemorySpace> tree;
  Terminals<MemorySpace> terminals;
  KOKKOS_FUNCTION bool operator()(int box) const {
    return tree.n_targets(box) > 0 &&
           PassesOn<Octree<MemorySpace>, MemorySpace>{tree, terminals}(box);
  }
};

/// Lists of an essential tree: those of own boxes are those of the octree of all points.
template <class ExecutionSpace, class MemorySpace>
WorkLists<MemorySpace> make_lists_on_ranks(const ExecutionSpace& exec,
                                           const EssentialTree<MemorySpace>& essential, int few,
                                           bool with_v, double lonely) {
  const auto& tree = essential.tree;
  WorkLists<MemorySpace> w;
  w.interactions = make_lists(exec, tree, few, with_v);
  w.leaves = essential.leaves, w.parents = essential.parents;
  w.held = essential.held, w.passing = essential.with_targets;
  w.terminals = find_terminals(exec, tree, w.interactions, few, lonely);
  if (w.terminals.bytes() > 0)
    w.passing = make_box_list(exec, tree, OwnPassOn<MemorySpace>{tree, w.terminals});
  w.with_x = make_box_list(exec, tree, HasRow<MemorySpace>{w.interactions.x});
  w.far_pairs = count_far_pairs(exec, tree, w.interactions.colleague);
  for (int l = 0; l <= tree.depth; ++l) {
    int first = tree.level_begin[l], last = tree.level_begin[l + 1];
    while (first < last && essential.n_targets[first] == 0) ++first;
    while (last > first && essential.n_targets[last - 1] == 0) --last;
    w.targets.emplace_back(first, last);
  }
  return w;
}

/// What an execute costs by these choices.
template <class Work>
WorkCosts work_costs_of(const KernelStatement& statement, const Choices& choices) {
  WorkCosts costs{tree_costs_of<typename Work::T, typename Work::WorkShape>(statement, choices),
                  double(Surface::size(choices.spec.order))};
  costs.tree.near_pair *= choices.near_over_far;
  return costs;
}

/// Makes the parts of a plan on ranks, whose caller here has these points; `traffic` takes what brings charges
/// and results. `before`: the parts of a plan of these points some time earlier, as for make_parts; else null.
/// Collective. `communicator`: a GuardedCommunicator; this, and whatever is done with what it makes, is called within
/// agree_on of its ranks.
template <class Work>
PlanParts<Work> make_parts_on_ranks(
    const typename Work::execution_space& exec, std::shared_ptr<const Communicator> communicator,
    const typename PlanParts<Work>::Kernel& kernel, Choices choices,
    const PointSet<typename Work::memory_space>& points, const PlanParts<Work>* before,
    PlanningMemory<typename Work::memory_space>& memory, StageSeconds& seconds, PlanFacts facts,
    RankTraffic<typename Work::execution_space, typename Work::T>& traffic) {
  using T = typename Work::T;
  using Exec = typename Work::execution_space;
  using Memory = typename Work::memory_space;
  using WorkShape = typename Work::WorkShape;
  const Communicator& ranks = *communicator;
  const int rank = ranks.rank();
  PlanParts<Work> parts;
  Kokkos::Timer timer;
  seconds.tree = seconds.lists = 0;
  const auto lap = [&](double& stage) { stage += timer.seconds(), timer.reset(); };

  choices.forget_last_tree();

  // The cube, and whose part of the curve is where.
  const bool same_points = !points.targets;
  const PointsOfAll all = points_of_all(exec, ranks, points, memory);
  const RootCube cube =
      choose_root_on_ranks<Work>(exec, ranks, kernel.statement(), all, points,
                                 before ? &before->tree.domain : nullptr, choices);
  const Domain& domain = cube.domain;
  parts.kernel = kernel_in_root(kernel, cube, choices);
  const int capacity = choices.options.leaf_capacity,
            finest = std::min(finest_level<T>(*parts.kernel, choices), Morton::levels_per_word);
  bounds_of(exec, points, &domain, memory);
  sort_codes(exec, memory.sources);
  if (!same_points) sort_codes(exec, memory.targets);
  const KindsOfCodes codes{HostCodes(memory.sources),
                           same_points ? HostCodes() : HostCodes(memory.targets)};
  const CoarseTree coarse =
      coarse_tree_on_ranks(ranks, codes, same_points,
                           all.n_sources + (same_points ? 0 : all.n_targets), capacity, finest);
  const std::vector<PartitionUnit> units = units_of(coarse);
  Splitters splitters = before && before->splitters.size() == ranks.size()
                            ? moved_to_units(units, before->splitters)
                            : make_splitters(coarse, ranks.size());
  const auto place = [&](Choices& raised) {
    return place_on_ranks(exec, ranks, cube, points, memory, codes, coarse, splitters, finest,
                          *parts.kernel, raised);
  };
  Placed<Memory> placed = place(choices);
  parts.tree = placed.essential.tree;
  lap(seconds.tree);

  const PairFacts pairs = placed.pairs;
  const int top_level = coarsest_level(pairs, *parts.kernel, choices);
  if (is_screened(*parts.kernel))
    choices.raise_for_decayed_pairs(decay_in_pairs(pairs, *parts.kernel));
  parts.sets =
      find_operators_on_ranks(ranks, parts, before, top_level, pairs.depth, choices, facts.notice);
  seconds.operators = 0;
  lap(seconds.operators);

  // Lists, and with them what each part costs: a partition that is uneven is cut anew.
  const auto make_lists_here = [&] {
    parts.lists =
        make_lists_on_ranks(exec, placed.essential, Surface::size(choices.spec.order),
                            needs_v(choices.spec.m2l), choices.lonely_part(kernel.statement()));
  };
  make_lists_here();
  std::vector<double> work =
      work_of_units(exec, placed.essential, parts.lists.interactions, units, rank,
                    work_costs_of<Work>(parts.kernel->statement(), choices));
  ranks.sum(work.data(), work.size());
  const Splitters even = make_splitters(units, work, ranks.size());
  facts.imbalance = imbalance(units, work, splitters);
  const double in_reach = imbalance(units, work, even);
  if (facts.imbalance > (before ? 1.2 : 1.1) && in_reach < 0.95 * facts.imbalance) {
    lap(seconds.lists);
    splitters = even;
    facts.imbalance = in_reach;
    Choices as_before = choices;
    placed = place(as_before);
    parts.tree = placed.essential.tree;
    lap(seconds.tree);
    make_lists_here();
  }
  parts.splitters = splitters;
  EssentialTree<Memory>& essential = placed.essential;
  const OwnPoints<Memory>& targets = placed.targets;

  // What they need of others.
  traffic.home = placed.sources_home;
  const auto needed = to_host(needed_of_lists(exec, parts.tree, parts.lists.interactions,
                                              essential.with_targets, top_level));
  const BoxTraffic ghosts =
      ask_owners(ranks, essential, [&](int box) { return (needed(box) & needed_points) != 0; });
  const LocalPoints<Memory> local = add_ghost_points(
      exec, ranks, essential, ghosts, placed.sources.at, placed.sources.sorted, traffic.ghosts);
  parts.tree = essential.tree;
  if constexpr (WorkShape::near_tile > 0)
    parts.lists.near_work = make_near_work(exec, parts.tree, parts.lists.interactions.u,
                                           WorkShape::near_team * Work::Simd::width);
  const int n_rhs = choices.options.right_hand_sides;
  parts.sources.right_hand_sides = parts.targets.right_hand_sides = n_rhs;
  parts.choices = std::move(choices);
  traffic.own_slots = lay_out_on_ranks(exec, essential, ghosts, local, targets, parts);
  lap(seconds.lists);

  const auto colleague = parts.lists.interactions.colleague;
  parts.cut_parents = [&](const FrequencyMemory& limits) {
    return cut_parents_of_ranks(ranks, essential, placed.numbers, colleague, limits);
  };
  if (expansion_sizes(parts).all_columns() >= INT_MAX)
    throw std::invalid_argument(
        "Octopole::Plan on ranks: found " + std::to_string(parts.tree.n_boxes) +
        " boxes on one rank, allowed less than 2^31 columns: use more ranks");
  make_memory(exec, before, false, top_level, memory, parts);
  parts.cut_parents = {};
  const KernelStatement& statement = parts.kernel->statement();
  parts.others = std::make_shared<const MultipoleHalo<Exec, T>>(
      exec, communicator, essential,
      ask_owners(ranks, essential, [&](int box) { return (needed(box) & needed_multipole) != 0; }),
      count_shared_levels(coarse, splitters), top_level,
      int(parts.expansions.multipole.extent(0)) * parts.expansions.columns);
  traffic.ranks = communicator;
  const int charge_rows = n_rhs * statement.charges,
            result_rows = n_rhs * statement.rows_of(parts.most_output());
  traffic.home = traffic.home.with_rows(exec, charge_rows);
  traffic.ghosts = traffic.ghosts.with_rows(exec, charge_rows);
  traffic.back = placed.targets_home.back(exec, result_rows);
  using ChargeView = typename RankTraffic<Exec, T>::Rows;
  traffic.charges = ChargeView("Octopole::Ranks::charges", local.at.extent(0), charge_rows);
  traffic.results = ChargeView("Octopole::Ranks::results", targets.at.extent(0), result_rows);
  memory.sources = memory.targets = {};
  parts.facts = facts_of(exec, parts, points, std::move(facts));
  parts.facts.n_ghosts = 0;
  for (std::size_t b = 0; b < essential.owner.size(); ++b) {
    if (essential.owner[b] == rank) continue;
    ++parts.facts.n_ghosts;
    --parts.facts.boxes_by_level[std::size_t(essential.place[b].level)];
  }
  traffic.prepare(parts.others->messages());
  parts.facts.bytes_sent = std::size_t(traffic.bytes_sent() + parts.others->bytes_sent());
  parts.facts.messages_sent = std::size_t(traffic.messages_sent());
  return parts;
}

}  // namespace Octopole::Impl

#endif
