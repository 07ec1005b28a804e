#ifndef OCTOPOLE_RANK_WORK_HPP
#define OCTOPOLE_RANK_WORK_HPP

#include <core/base/Octopole_Launch.hpp>
#include <core/base/Octopole_Transfer.hpp>
#include <core/ranks/Octopole_EssentialTree.hpp>
#include <core/ranks/Octopole_Partition.hpp>
#include <tree/Octopole_InteractionLists.hpp>
#include <tree/Octopole_LeafSize.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace Octopole {

/// What an execute costs, in the unit of TreeCosts.
struct WorkCosts {
  TreeCosts tree;  ///< pairs and boxes; `lanes` is not looked at
  double surface =
      0;  ///< surface points of a box, each of which makes a pair with points in P2M, L2P, M2P and P2L
  double per_point = 1;  ///< points that each of the tree's stands for
};

/// What each box of a rank costs it: pairs at its targets, translations to it, and those that its own points and children
/// take. Public because it is launched.
template <class MemorySpace>
struct WorkOfBox {
  Octree<MemorySpace> tree;
  InteractionLists<MemorySpace> lists;
  Kokkos::View<const int*, MemorySpace> own;  ///< (boxes) 1 where this rank makes the multipole
  WorkCosts costs;
  Kokkos::View<double*, MemorySpace> work;  ///< (boxes)

  KOKKOS_FUNCTION void operator()(const int box) const {
    const double targets = costs.per_point * tree.n_targets(box);
    const double surface_pair = costs.surface * costs.tree.near_pair;
    const auto sources_of = [&](const Rows<MemorySpace>& rows) {
      double sum = 0;
      for (auto e = rows.begin(box); e < rows.begin(box + 1); ++e)
        sum += costs.per_point * tree.n_sources(rows.entry(e));
      return sum;
    };
    double sum = costs.tree.near_pair * targets * sources_of(lists.u) +
                 surface_pair * sources_of(lists.x) +
                 surface_pair * targets * double(lists.w.begin(box + 1) - lists.w.begin(box));
    if (tree.n_targets(box) > 0 || own(box) != 0) sum += costs.tree.box;
    if (tree.children(box) != 0) {
      if (tree.n_targets(box) > 0) {
        sum += costs.tree.parent;
        for (int n = 0; n < 27; ++n) {
          const int c = n == 13 ? -1 : lists.colleague(box, n);
          if (c >= 0 && tree.children(c) != 0) sum += costs.tree.parent_pair;
        }
      }
    } else if (own(box) != 0) {
      sum += surface_pair * (targets + costs.per_point * tree.n_sources(box));
    }
    if (costs.tree.box_pair > 0 && lists.v.begin.extent(0) > 0)
      sum += costs.tree.box_pair * double(lists.v.begin(box + 1) - lists.v.begin(box));
    work(box) = sum;
  }
};

/// What the units of the partition cost the rank that has them. Shared boxes, which are in no unit, are left out.
/// @param exec  instance to work on; waited for
/// @param essential  the rank's tree
/// @param lists  its lists
/// @param units  of the partition
/// @param rank  which
/// @param costs  see there
/// @return (units) zero for those of other ranks
template <class ExecutionSpace, class MemorySpace>
std::vector<double> work_of_units(const ExecutionSpace& exec,
                                  const EssentialTree<MemorySpace>& essential,
                                  const InteractionLists<MemorySpace>& lists,
                                  const std::vector<PartitionUnit>& units, int rank,
                                  const WorkCosts& costs) {
  const int n = essential.tree.n_boxes;
  std::vector<int> own;
  for (int b = 0; b < n; ++b) own.push_back(essential.owner[b] == rank);
  const auto here = Impl::view_of<Kokkos::View<int*, MemorySpace>>("Octopole::Ranks::own", own);
  const Kokkos::View<double*, MemorySpace> work("Octopole::Ranks::work", n);
  static const std::string label = "Octopole::Ranks::work";
  launch(label, Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n),
         WorkOfBox<MemorySpace>{essential.tree, lists, here, costs, work});
  exec.fence("Octopole::Ranks::work");
  const auto of_box = Impl::to_host(work);
  std::vector<double> of_unit(units.size(), 0.0);
  for (int b = 0; b < n; ++b) {
    if (own[b] == 0) continue;
    const BoxPlace& box = essential.place[b];
    const auto after = std::upper_bound(
        units.begin(), units.end(), box.first_code(),
        [](std::uint64_t code, const PartitionUnit& unit) { return code < unit.first; });
    if (after == units.begin()) continue;
    const auto unit = after - 1;
    if (box.end_code() <= unit->end) of_unit[std::size_t(unit - units.begin())] += of_box(b);
  }
  return of_unit;
}

}  // namespace Octopole

#endif
