#ifndef OCTOPOLE_ESSENTIAL_TREE_HPP
#define OCTOPOLE_ESSENTIAL_TREE_HPP

#include <core/base/Octopole_Transfer.hpp>
#include <core/ranks/Octopole_OwnBoxes.hpp>
#include <tree/Octopole_BoxLists.hpp>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace Octopole {

/// The locally essential tree (Warren and Salmon 1993): the part of the octree of all points that a rank's own
/// boxes have in their lists. It is an ordinary Octree in Morton order, the rank's own boxes among those that are
/// ghosts, which have sources and no targets, so that the lists of own boxes are those of the octree of all points.
///
/// A ghost's number of sources is that of all ranks, where its points are not here either. Ghosts whose children
/// are not here are no leaves and have none. `tree.leaves` are the rank's own.
template <class MemorySpace>
struct EssentialTree {
  Octree<MemorySpace> tree;
  BoxList<MemorySpace> leaves,  ///< own leaves, by level
      parents,                  ///< boxes whose children are here
      held,                     ///< of these, those whose expansions this rank makes
      with_targets;             ///< of `parents`, those with targets of this rank
  /// On the host, of each box:
  std::vector<BoxPlace> place;
  std::vector<int> owner;  ///< the rank that makes its multipole expansion
  std::vector<std::int64_t>
      number;                      ///< among the split boxes of its level of all ranks, -1: a leaf
  std::vector<int> first_child;    ///< as in the tree
  std::vector<unsigned> children;  ///< as in the tree
  std::vector<int> n_targets;      ///< of this rank
  std::vector<std::int64_t> n_sources,  ///< of all ranks
      targets_of_all;                   ///< of all ranks

  /// @param box  any
  /// @return its index, or -1 where it is not here
  int find(const BoxPlace& box) const {
    if (box.level > tree.depth) return -1;
    const auto begin = place.begin() + tree.level_begin[box.level],
               end = place.begin() + tree.level_begin[box.level + 1];
    const auto at = std::lower_bound(
        begin, end, box.place, [](const BoxPlace& b, std::uint64_t p) { return b.place < p; });
    return at != end && at->place == box.place ? int(at - place.begin()) : -1;
  }
};

namespace Impl {

/// Boxes chosen on the host, by level.
template <class MemorySpace, class Choose>
BoxList<MemorySpace> list_of(const Octree<MemorySpace>& tree, const Choose& choose) {
  std::vector<int> boxes;
  BoxList<MemorySpace> list;
  for (int l = 0; l <= tree.depth; ++l) {
    list.begin.push_back(int(boxes.size()));
    for (int b = tree.level_begin[l]; b < tree.level_begin[l + 1]; ++b)
      if (choose(b)) boxes.push_back(b);
  }
  list.begin.push_back(int(boxes.size()));
  list.boxes = view_of<Kokkos::View<int*, MemorySpace>>("Octopole::Ranks::boxes", boxes);
  return list;
}

/// A box of an essential tree while it is put together.
struct EssentialBox {
  std::uint64_t place;
  std::int64_t n_sources, n_targets,  ///< of all ranks
      number;                         ///< among the split boxes of its level, -1: a leaf
  unsigned children;
  int owner;
  int begin = 0, end = 0,                ///< sources of this rank
      target_begin = 0, target_end = 0;  ///< its targets
};

/// All boxes of an essential tree, by level and in Morton order.
inline std::vector<std::vector<EssentialBox>> essential_boxes(
    const OwnBoxes& own, const CoarseTree& coarse, const Splitters& splitters,
    const ParentNumbers& numbers, int rank, const std::vector<std::vector<BoxRecord>>& received) {
  std::vector<std::vector<EssentialBox>> boxes(rank_levels);
  const bool empty = splitters.code[rank] == splitters.code[rank + 1];
  if (empty) {
    // A root, which every tree has; nothing is known of what is below.
    const auto& root = coarse.level[0][0];
    boxes[0].push_back(
        {0, root.n_sources, root.n_targets, 0, 0, splitters.owner_of(BoxPlace{0, 0})});
    return boxes;
  }
  for (int l = 0; l < rank_levels; ++l) {
    std::int64_t number = numbers.first[rank][l];
    for (const auto& box : own.whole[l])
      boxes[l].push_back({box.place, box.end - box.begin, box.target_end - box.target_begin,
                          box.children != 0 ? number++ : -1, box.children, rank, box.begin, box.end,
                          box.target_begin, box.target_end});
  }
  for (int l = 0; l < int(coarse.level.size()); ++l)
    for (const auto& box : coarse.level[l]) {
      const BoxPlace at{box.place, l};
      if (box.children == 0 || !splitters.shared(at)) continue;
      bool needed = l == 0;
      if (l > 0)
        splitters.for_ranks_around(at.parent(), [&](int r) { needed = needed || r == rank; });
      if (!needed) continue;
      const int owner = splitters.owner_of(at);
      boxes[l].push_back({box.place, box.n_sources, box.n_targets, numbers.of_shared(at, owner),
                          box.children, owner});
    }
  for (int r = 0; r < int(received.size()); ++r)
    for (const BoxRecord& record : received[r])
      boxes[record.level].push_back(
          {record.place, record.n_sources, record.n_targets, record.number, record.children, r});
  for (int l = 0; l < rank_levels; ++l) {
    std::sort(boxes[l].begin(), boxes[l].end(),
              [](const EssentialBox& a, const EssentialBox& b) { return a.place < b.place; });
    auto at = boxes[l].begin();
    for (const auto& mine : own.shared[l]) {
      while (at->place != mine.place) ++at;
      at->begin = mine.begin, at->end = mine.end;
      at->target_begin = mine.target_begin, at->target_end = mine.target_end;
    }
  }
  return boxes;
}

}  // namespace Impl

/// Puts a rank's tree together.
/// @param own_tree  the octree of the rank's points: gives domain and capacity
/// @param own  its boxes
/// @param coarse,splitters,numbers  of all ranks
/// @param rank  which
/// @param received  (R) records that `records_for` gave each rank for this one
/// @return the tree; sources of own leaves are the rank's points, sources of others have no range yet
template <class MemorySpace>
EssentialTree<MemorySpace> make_essential_tree(
    const Octree<MemorySpace>& own_tree, const OwnBoxes& own, const CoarseTree& coarse,
    const Splitters& splitters, const ParentNumbers& numbers, int rank,
    const std::vector<std::vector<BoxRecord>>& received) {
  const auto boxes = Impl::essential_boxes(own, coarse, splitters, numbers, rank, received);
  EssentialTree<MemorySpace> essential;
  Octree<MemorySpace>& tree = essential.tree;
  tree.domain = own_tree.domain, tree.capacity = own_tree.capacity, tree.finest = own_tree.finest;
  tree.same_points = own_tree.same_points;
  tree.level_begin.fill(0);
  for (int l = 0; l < rank_levels; ++l) {
    tree.level_begin[l] = tree.n_boxes;
    if (!boxes[l].empty()) tree.depth = l;
    tree.n_boxes += int(boxes[l].size());
  }
  for (int l = rank_levels; l < int(tree.level_begin.size()); ++l)
    tree.level_begin[l] = tree.n_boxes;

  const std::size_t n = std::size_t(tree.n_boxes);
  std::vector<Morton::Key> key(n);
  std::vector<int> parent(n, -1), source_begin(n), source_end(n), target_begin(n), target_end(n);
  essential.place.resize(n), essential.owner.resize(n), essential.number.resize(n);
  essential.first_child.resize(n), essential.children.resize(n), essential.n_targets.resize(n);
  essential.n_sources.resize(n), essential.targets_of_all.resize(n);
  std::vector<std::pair<std::int64_t, int>> leaves;  // points before, box
  for (int l = 0; l <= tree.depth; ++l) {
    int child = tree.level_begin[l + 1];
    const int last = l < tree.depth ? tree.level_begin[l + 2] : child;
    for (std::size_t i = 0; i < boxes[l].size(); ++i) {
      const Impl::EssentialBox& box = boxes[l][i];
      const int b = tree.level_begin[l] + int(i);
      const auto place_of_child = [&](int c) {
        return boxes[l + 1][std::size_t(c - tree.level_begin[l + 1])].place;
      };
      essential.place[b] = {box.place, l};
      key[b] = essential.place[b].key();
      essential.owner[b] = box.owner, essential.number[b] = box.number;
      const int first = child;
      unsigned here = 0;
      for (; child < last && place_of_child(child) >> 3 == box.place; ++child) {
        here |= 1u << (place_of_child(child) & 7);
        parent[child] = b;
      }
      essential.children[b] = here;
      const bool leaf = box.number < 0;
      essential.first_child[b] = here != 0 ? first : leaf ? -1 : 0;
      const bool own_leaf = leaf && box.owner == rank;
      source_begin[b] = own_leaf ? box.begin : 0;
      source_end[b] = own_leaf ? box.end : int(std::min<std::int64_t>(box.n_sources, INT_MAX));
      target_begin[b] = box.target_begin, target_end[b] = box.target_end;
      essential.n_targets[b] = box.target_end - box.target_begin;
      essential.n_sources[b] = box.n_sources, essential.targets_of_all[b] = box.n_targets;
      if (!own_leaf) continue;
      leaves.emplace_back(std::int64_t(box.begin) + box.target_begin, b);
      tree.largest_leaf =
          std::max({tree.largest_leaf, essential.n_targets[b], box.end - box.begin});
    }
  }
  // Points before a leaf's are more with every leaf, since none is empty.
  std::sort(leaves.begin(), leaves.end());
  std::vector<int> leaves_in_order;
  for (const auto& leaf : leaves) leaves_in_order.push_back(leaf.second);
  tree.n_leaves = int(leaves.size());

  using Ints = Kokkos::View<int*, MemorySpace>;
  tree.key = Impl::view_of<Kokkos::View<Morton::Key*, MemorySpace>>("Octopole::Octree::key", key);
  tree.parent = Impl::view_of<Ints>("Octopole::Octree::parent", parent);
  tree.first_child = Impl::view_of<Ints>("Octopole::Octree::first_child", essential.first_child);
  tree.children = Impl::view_of<Kokkos::View<unsigned*, MemorySpace>>("Octopole::Octree::children",
                                                                      essential.children);
  tree.source_begin = Impl::view_of<Ints>("Octopole::Octree::source_begin", source_begin);
  tree.source_end = Impl::view_of<Ints>("Octopole::Octree::source_end", source_end);
  tree.target_begin = Impl::view_of<Ints>("Octopole::Octree::target_begin", target_begin);
  tree.target_end = Impl::view_of<Ints>("Octopole::Octree::target_end", target_end);
  tree.leaves = Impl::view_of<Ints>("Octopole::Octree::leaves", leaves_in_order);
  if (!tree.same_points) {
    std::vector<int> of_all;
    for (const std::int64_t count : essential.targets_of_all)
      of_all.push_back(int(std::min<std::int64_t>(count, INT_MAX)));
    tree.targets_of_all = Impl::view_of<Ints>("Octopole::Octree::targets_of_all", of_all);
  }

  const auto is_parent = [&](int b) { return essential.children[b] != 0; };
  essential.leaves = Impl::list_of(
      tree, [&](int b) { return essential.number[b] < 0 && essential.owner[b] == rank; });
  essential.parents = Impl::list_of(tree, is_parent);
  essential.held =
      Impl::list_of(tree, [&](int b) { return is_parent(b) && essential.owner[b] == rank; });
  essential.with_targets =
      Impl::list_of(tree, [&](int b) { return is_parent(b) && essential.n_targets[b] > 0; });
  return essential;
}

}  // namespace Octopole

#endif
