#ifndef OCTOPOLE_PLACE_ON_RANKS_HPP
#define OCTOPOLE_PLACE_ON_RANKS_HPP

#include <core/plan/impl/Octopole_ChoicesOnRanks.hpp>
#include <core/plan/impl/Octopole_MakeParts.hpp>
#include <core/ranks/Octopole_BalanceOnRanks.hpp>
#include <core/ranks/Octopole_EssentialTree.hpp>
#include <core/ranks/Octopole_ItemExchange.hpp>
#include <core/ranks/Octopole_NearRanks.hpp>
#include <core/ranks/Octopole_OwnBoxes.hpp>
#include <core/ranks/Octopole_Partition.hpp>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// Where points are on ranks: the coarse tree of all of them, and, for a partition, each rank's own points and its tree
/// with ghosts. A plan does this twice where the first partition, by numbers of points, turns out uneven.
namespace Octopole::Impl {

/// The coarse tree of the points of all ranks. `codes`: of this rank's callers' points. `same_points`: targets are
/// the sources. Collective.
inline CoarseTree coarse_tree_on_ranks(const Communicator& ranks, const KindsOfCodes& codes,
                                       bool same_points, std::int64_t n_points, int capacity,
                                       int finest) {
  const auto count = [&](const std::vector<std::uint64_t>& places, int level) {
    std::vector<std::int64_t> counts;
    for (const std::uint64_t place : places) {
      const BoxPlace box{place, level};
      counts.push_back(codes.sources.in(box) + codes.targets.in(box));
    }
    ranks.sum(counts.data(), counts.size());
    return counts;
  };
  if (same_points) return make_coarse_tree(n_points, capacity, finest, ranks.size(), count);
  CoarseTree tree = make_coarse_tree(n_points, capacity, finest, ranks.size(), count,
                                     [&](const std::vector<std::uint64_t>& places, int level) {
                                       return which_split(ranks, codes, places, level, capacity);
                                     });
  for (int l = 0; l < int(tree.level.size()); ++l) {
    auto& boxes = tree.level[l];
    std::vector<BoxPlace> places;
    for (const auto& box : boxes) places.push_back({box.place, l});
    const auto counts = count_kinds(ranks, codes, places);
    for (std::size_t i = 0; i < boxes.size(); ++i)
      boxes[i].n_sources = counts[i], boxes[i].n_targets = counts[boxes.size() + i];
  }
  return tree;
}

/// 0, 1, 2 and so on.
template <class ExecutionSpace, class MemorySpace>
Kokkos::View<int*, MemorySpace> every_item(const ExecutionSpace& exec, std::int64_t first,
                                           std::int64_t n) {
  const Kokkos::View<int*, MemorySpace> items("Octopole::Ranks::items", std::size_t(n));
  Kokkos::parallel_for(
      "Octopole::Ranks::items", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n),
      KOKKOS_LAMBDA(const int i) { items(i) = int(first) + i; });
  exec.fence("Octopole::Ranks::items");
  return items;
}

/// How points, and then charges, come from the caller's order to the ranks that have them. `sorted`, `codes`: the
/// caller's points. Collective.
template <class ExecutionSpace, class MemorySpace>
ItemExchange<MemorySpace> exchange_points(const ExecutionSpace& exec, const Communicator& ranks,
                                          const SortedPoints<MemorySpace>& sorted,
                                          const HostCodes& codes, const Splitters& splitters) {
  std::vector<std::int64_t> n_sent;
  for (int r = 0; r < splitters.size(); ++r)
    n_sent.push_back(codes.before(splitters.code[r + 1]) - codes.before(splitters.code[r]));
  const auto n_received = ranks.transpose(n_sent);
  std::int64_t n = 0;
  for (const std::int64_t from : n_received) n += from;
  check_point_counts(std::size_t(n), std::size_t(n));
  // A copy: planning's memory is used again.
  const Kokkos::View<int*, MemorySpace> input("Octopole::Ranks::input", sorted.input.extent(0));
  copy_elements("Octopole::Ranks::input", exec, input, 0, sorted.input, input.extent(0));
  return ItemExchange<MemorySpace>(exec, ranks.rank(), input, n_sent,
                                   every_item<ExecutionSpace, MemorySpace>(exec, 0, n), n_received,
                                   3);
}

/// Refuses points that so few levels do not tell apart.
template <class ExecutionSpace, class MemorySpace>
void check_levels(const ExecutionSpace& exec, const SortedPoints<MemorySpace>& sorted,
                  int capacity) {
  if (crowded(exec, sorted, capacity))
    throw std::invalid_argument("Octopole::Plan on ranks: found more than " +
                                std::to_string(capacity) + " points in a box of level " +
                                std::to_string(Morton::levels_per_word) +
                                ", allowed at most Options::leaf_capacity");
}

/// The sources, or the targets, of a rank's part.
template <class MemorySpace>
struct OwnPoints {
  using Rows = Kokkos::View<double**, Kokkos::LayoutRight, MemorySpace>;
  Rows at;                           ///< (points, 3) in the order in which they came
  SortedPoints<MemorySpace> sorted;  ///< along the curve
};

/// Fetches points by an exchange of theirs. `points`: the caller's. Collective.
template <class ExecutionSpace, class MemorySpace>
OwnPoints<MemorySpace> fetch_points(const ExecutionSpace& exec, const Communicator& ranks,
                                    const ItemExchange<MemorySpace>& exchange,
                                    const PointInput<MemorySpace>& points, const Domain& domain,
                                    int capacity) {
  using Rows = typename OwnPoints<MemorySpace>::Rows;
  OwnPoints<MemorySpace> own;
  own.at = Rows("Octopole::Ranks::own_points", std::size_t(exchange.n_received()), 3);
  exchange.apply(exec, ranks, points, ItemRows<Rows>{own.at});
  // Each rank sends them along the curve.
  encode_points(exec, domain, own.at, own.sorted);
  merge_codes(exec, exchange.received_counts(), own.sorted);
  own.sorted.space = {};
  check_levels(exec, own.sorted, capacity);
  return own;
}

/// What decides how far near pairs are apart in the octree of all points, of `n_sources`. `tree`: this rank's part of it.
/// Collective.
template <class ExecutionSpace, class MemorySpace>
PairFacts pairs_of_all(const ExecutionSpace& exec, const Communicator& ranks,
                       const Octree<MemorySpace>& tree, std::size_t n_targets,
                       std::int64_t n_sources) {
  // A rank without targets has no leaf to speak of.
  const int widest = n_targets > 0 ? level_of_widest_leaf(exec, tree) : Morton::max_level;
  double extremes[2] = {double(tree.depth), -double(widest)};
  ranks.largest(extremes, 2);
  const int depth = int(extremes[0]);
  return {tree.same_points, depth, tree.capacity, std::size_t(n_sources),
          std::min(int(-extremes[1]), depth)};
}

/// A rank's part of the octree of all points, and what that octree decides before it is balanced.
template <class MemorySpace>
struct OwnTree {
  Octree<MemorySpace> tree;
  PairFacts pairs;
};

/// Makes it, with the targets' share that is near sources where these are others. Collective.
template <class ExecutionSpace, class MemorySpace, class Kernel>
OwnTree<MemorySpace> make_tree_on_ranks(const ExecutionSpace& exec, const Communicator& ranks,
                                        const RootCube& cube, const OwnPoints<MemorySpace>& sources,
                                        const OwnPoints<MemorySpace>& targets, bool same_points,
                                        const CoarseTree& coarse, const Splitters& splitters,
                                        int finest, const Kernel& kernel, Choices& choices) {
  const bool balanced = choices.options.balance == 1;
  const KindsOfCodes codes{same_points && !balanced ? HostCodes() : HostCodes(sources.sorted),
                           same_points ? HostCodes() : HostCodes(targets.sorted)};
  const int capacity = choices.options.leaf_capacity;
  const auto build = [&](const ForcedSplits<MemorySpace>& forced) {
    if (same_points)
      return build_octree(exec, cube.domain, sources.sorted, sources.sorted, true, capacity, finest,
                          forced);
    AskRanks<MemorySpace> ask(ranks, splitters, codes, int(coarse.level.size()));
    return build_octree(exec, cube.domain, sources.sorted, targets.sorted, false, capacity, finest,
                        forced, ask);
  };
  OwnTree<MemorySpace> own{build(shared_splits<MemorySpace>(coarse, splitters)), {}};
  const auto& all = coarse.level[0][0];
  own.pairs = pairs_of_all(exec, ranks, own.tree, targets.at.extent(0), all.n_sources);
  if (!same_points) {
    const NearTargets near = count_near_targets(ranks, splitters, codes, own.tree);
    if (all.n_sources > 0 && all.n_targets > 0)
      choices.raise_for_targets(kernel.statement(), near, std::size_t(all.n_targets),
                                own.pairs.depth, cube.apart);
  }
  const FilledLeaves filled = count_filled_leaves(exec, own.tree);
  std::int64_t counts[2] = {filled.sources, filled.leaves};
  ranks.sum(counts, 2);
  if (own.pairs.depth >= 2) choices.raise_for_leaves(kernel.statement(), counts[0], counts[1]);
  choices.raise_for_few_sources(counts[0]);
  if (balanced) own.tree = build(balance_on_ranks(ranks, splitters, codes, own.tree));
  return own;
}

/// What a partition puts on a rank.
template <class MemorySpace>
struct Placed {
  ItemExchange<MemorySpace> sources_home,
      targets_home;  ///< from the caller's order; the same where the points are
  OwnPoints<MemorySpace> sources, targets;  ///< likewise
  ParentNumbers numbers;
  EssentialTree<MemorySpace> essential;
  PairFacts pairs;
};

/// Brings the points to their ranks and makes the trees. `codes`, `sorted`: of the caller's points. `kernel`: rescaled.
/// `choices`: raised where targets are far. Collective.
template <class ExecutionSpace, class MemorySpace, class Kernel>
Placed<MemorySpace> place_on_ranks(const ExecutionSpace& exec, const Communicator& ranks,
                                   const RootCube& cube, const PointSet<MemorySpace>& points,
                                   const PlanningMemory<MemorySpace>& sorted,
                                   const KindsOfCodes& codes, const CoarseTree& coarse,
                                   const Splitters& splitters, int finest, const Kernel& kernel,
                                   Choices& choices) {
  const bool same_points = !points.targets;
  const int capacity = choices.options.leaf_capacity, rank = ranks.rank();
  const Domain& domain = cube.domain;
  auto home = exchange_points(exec, ranks, sorted.sources, codes.sources, splitters);
  auto sources = fetch_points(exec, ranks, home, points.sources, domain, capacity);
  auto targets_home = home;
  auto targets = sources;
  if (!same_points) {
    targets_home = exchange_points(exec, ranks, sorted.targets, codes.targets, splitters);
    targets = fetch_points(exec, ranks, targets_home, *points.targets, domain, capacity);
  }
  // The tree, with what others know of it.
  const OwnTree<MemorySpace> made = make_tree_on_ranks(
      exec, ranks, cube, sources, targets, same_points, coarse, splitters, finest, kernel, choices);
  const OwnBoxes own = own_boxes(made.tree, splitters);
  const ParentNumbers numbers(
      gather(ranks, std::vector<ParentCounts>{count_parents(own, coarse, splitters, rank)}));
  auto essential =
      make_essential_tree(made.tree, own, coarse, splitters, numbers, rank,
                          exchange_values(ranks, records_for(own, splitters, numbers, rank)));
  return {std::move(home), std::move(targets_home), std::move(sources), std::move(targets),
          numbers,         std::move(essential),    made.pairs};
}

}  // namespace Octopole::Impl

#endif
