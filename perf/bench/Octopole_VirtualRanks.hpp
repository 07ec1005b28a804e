// SPDX-License-Identifier: BSD-3-Clause
// What ranks make of points, for any number of ranks that are none, one after the other in one program: what cannot
// be run on a machine can be counted.
#ifndef OCTOPOLE_VIRTUAL_RANKS_HPP
#define OCTOPOLE_VIRTUAL_RANKS_HPP

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <core/base/Octopole_Transfer.hpp>
#include <core/ranks/Octopole_EssentialTree.hpp>
#include <cstdint>
#include <tree/Octopole_SortedPoints.hpp>
#include <utility>
#include <vector>

namespace Octopole::Bench {

/// Partition, own boxes and what is told of them, of all ranks; the trees are made one at a time.
template <class ExecutionSpace>
class VirtualRanks {
 public:
  using Memory = typename ExecutionSpace::memory_space;
  using Rows = Kokkos::View<double**, Kokkos::LayoutRight, Memory>;

  /// `points` (N, 3), in `domain`, sorted there as `sorted`. `capacity`, `finest`: as for make_octree. `weights`: of the
  /// units, by which to cut; none: by numbers of points.
  VirtualRanks(const ExecutionSpace& exec, const Domain& domain, const Rows& points,
               const SortedPoints<Memory>& sorted, int capacity, int finest, int n_ranks,
               const std::vector<double>& weights = {})
      : m_n_ranks(n_ranks) {
    const auto codes = Impl::to_host(sorted.code);
    const auto* begin = codes.data();
    const auto at = [&](std::uint64_t code) {
      return std::lower_bound(begin, begin + sorted.size(), code) - begin;
    };
    coarse = make_coarse_tree(sorted.size(), capacity, finest, n_ranks,
                              [&](const std::vector<std::uint64_t>& places, int level) {
                                std::vector<std::int64_t> counts;
                                for (const auto place : places) {
                                  const BoxPlace box{place, level};
                                  counts.push_back(at(box.end_code()) - at(box.first_code()));
                                }
                                return counts;
                              });
    units = units_of(coarse);
    splitters =
        weights.empty() ? make_splitters(coarse, n_ranks) : make_splitters(units, weights, n_ranks);
    std::vector<ParentCounts> counts;
    for (int r = 0; r < n_ranks; ++r) {
      const auto first = at(splitters.code[r]), end = at(splitters.code[r + 1]);
      const auto here = points_of(exec, points, sorted, int(first), int(end));
      m_trees.push_back(make_own_tree(exec, domain, sort_points(exec, domain, here), coarse,
                                      splitters, capacity, finest));
      own.push_back(own_boxes(m_trees[r], splitters));
      counts.push_back(count_parents(own[r], coarse, splitters, r));
    }
    m_numbers.push_back(ParentNumbers(counts));
    for (int r = 0; r < n_ranks; ++r)
      m_records.push_back(records_for(own[r], splitters, m_numbers[0], r));
  }

  int size() const { return m_n_ranks; }
  /// Whether the rank has no part.
  bool empty(int rank) const { return splitters.code[rank] == splitters.code[rank + 1]; }

  EssentialTree<Memory> tree(int rank) const {
    std::vector<std::vector<BoxRecord>> received;
    for (int from = 0; from < m_n_ranks; ++from) received.push_back(m_records[from][rank]);
    return make_essential_tree(m_trees[rank], own[rank], coarse, splitters, m_numbers[0], rank,
                               received);
  }

  // Public because it launches a kernel, which nvcc asks of a function that does.
  static Rows points_of(const ExecutionSpace& exec, const Rows& points,
                        const SortedPoints<Memory>& sorted, int first, int end) {
    const Rows here("Octopole::VirtualRanks::points", std::size_t(end - first), 3);
    const auto input = sorted.input;
    Kokkos::parallel_for(
        "Octopole::VirtualRanks::points", Kokkos::RangePolicy<ExecutionSpace>(exec, first, end),
        KOKKOS_LAMBDA(const int i) {
          for (int d = 0; d < 3; ++d) here(i - first, d) = points(input(i), d);
        });
    exec.fence("Octopole::VirtualRanks::points");
    return here;
  }

  CoarseTree coarse;
  std::vector<PartitionUnit> units;
  Splitters splitters;
  std::vector<OwnBoxes> own;

 private:
  int m_n_ranks;
  std::vector<Octree<Memory>> m_trees;
  std::vector<ParentNumbers> m_numbers;                        ///< one
  std::vector<std::vector<std::vector<BoxRecord>>> m_records;  ///< by sender and receiver
};

}  // namespace Octopole::Bench

#endif
