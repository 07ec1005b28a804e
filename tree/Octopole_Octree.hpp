#ifndef OCTOPOLE_OCTREE_HPP
#define OCTOPOLE_OCTREE_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <tree/Octopole_Domain.hpp>
#include <tree/Octopole_Morton.hpp>
#include <tree/Octopole_Sort.hpp>
#include <tree/Octopole_SortedPoints.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <climits>
#include <cstddef>
#include <cstdint>

namespace Octopole {

/// How many children come before the one in `octant`.
/// @param children  bit o: the child in octant o exists
/// @param octant  0 to 7
/// @return 0 to 7
KOKKOS_INLINE_FUNCTION int rank_of_child(unsigned children, int octant) {
  return Kokkos::popcount(children & ((1u << octant) - 1u));
}

/// A linear, adaptive octree over sources and targets: arrays of boxes, level by level and in
/// Morton order within a level, so that the boxes of a level are contiguous columns of every
/// coefficient matrix and the children of a box are contiguous. Only boxes with points exist.
template <class MemorySpace>
struct Octree {
  template <class T>
  using View = Kokkos::View<T, MemorySpace>;  ///< an array over boxes

  Domain domain;  ///< the root cube
  int capacity =
      0;  ///< most sources in a leaf where targets are near, and most targets where sources are
  int finest = Morton::max_level;  ///< boxes of this level are not split
  int n_boxes = 0,                 ///< all boxes
      n_leaves = 0;                ///< boxes that are not split
  int depth = 0;                   ///< the finest level that has boxes
  int largest_leaf = 0;       ///< points in the fullest leaf; above `capacity` only where points
                              ///< share a cell, at the finest level, or far from the others
  bool same_points = false;   ///< targets are the sources; the target ranges are the source ranges
  Morton::Axes periodic = 0;  ///< axes along which the root and all in it repeat

  /// Boxes of level l are level_begin[l] to level_begin[l+1].
  std::array<int, Morton::max_level + 2> level_begin{};

  View<Morton::Key*> key;    ///< (boxes) as are all but `leaves`
  View<int*> parent;         ///< -1 for the root
  View<int*> first_child;    ///< -1 for leaves
  View<unsigned*> children;  ///< bit o: the child in octant o exists
  View<int*> source_begin,   ///< first of the sorted sources in the box
      source_end,            ///< one past the last
      target_begin,          ///< first of the sorted targets in the box
      target_end;            ///< one past the last
  View<int*> leaves;         ///< box indices in Morton (pre-)order
  /// Targets of all ranks in a box, where the tree is one of several ranks' and has targets of its own, of which the
  /// ranges hold this rank's alone; else empty.
  View<int*> targets_of_all;

  /// @param box  index, 0 to n_boxes - 1
  /// @return whether it has no children
  KOKKOS_FUNCTION bool is_leaf(int box) const { return first_child(box) < 0; }
  /// @param box  index
  /// @return how many sources lie in it
  KOKKOS_FUNCTION int n_sources(int box) const { return source_end(box) - source_begin(box); }
  /// @param box  index
  /// @return how many targets lie in it
  KOKKOS_FUNCTION int n_targets(int box) const { return target_end(box) - target_begin(box); }
  /// The same of all ranks, where there are several.
  /// @param box  index
  /// @return how many targets of whatever rank lie in it
  KOKKOS_FUNCTION int n_targets_of_all(int box) const {
    if (same_points) return n_sources(box);
    return targets_of_all.extent(0) > 0 ? targets_of_all(box) : n_targets(box);
  }

  /// @param a,b  indices of boxes
  /// @return whether they touch, or images of them do
  KOKKOS_FUNCTION bool touch(int a, int b) const {
    return periodic ? Morton::adjacent_images(key(a), key(b), periodic)
                    : Morton::adjacent(key(a), key(b));
  }
  /// @param a,b  indices of boxes in each other's U, W or X list
  /// @param axis  0 to 2
  /// @return by how many sides of the root the image of `a` next to `b` is shifted, see Morton::image_shift
  KOKKOS_FUNCTION int image_shift(int a, int b, int axis) const {
    return periodic >> axis & 1u ? Morton::image_shift(key(a), key(b), axis) : 0;
  }

  /// @return memory that the tree holds
  std::size_t bytes() const {
    const std::size_t all =
        Impl::bytes_of(key, parent, first_child, children, source_begin, source_end, leaves);
    return same_points ? all : all + Impl::bytes_of(target_begin, target_end, targets_of_all);
  }

  /// The child of `box` in `octant`, or -1.
  /// @param box  index
  /// @param octant  bit 0: upper half in x, 1: y, 2: z
  /// @return index of the child
  KOKKOS_FUNCTION int child(int box, int octant) const {
    const unsigned mask = children(box);
    if (!(mask >> octant & 1u)) return -1;
    return first_child(box) + rank_of_child(mask, octant);
  }
};

namespace Impl {

/// The place of a box among those of its level along the Morton curve. Precondition: level at most
/// Morton::levels_per_word.
KOKKOS_INLINE_FUNCTION std::uint64_t place_on_level(const Morton::Key& key) {
  const Morton::Position p = Morton::position(key);
  return Morton::interleave(std::uint64_t(p.x), std::uint64_t(p.y), std::uint64_t(p.z));
}

/// Boxes that are to be split whatever they hold (2:1 balance): sorted places, a View per level.
template <class MemorySpace>
using ForcedSplits =
    std::array<Kokkos::View<std::uint64_t*, MemorySpace>, Morton::levels_per_word + 1>;

/// Whether all points of a box share one code. No splitting would separate them, and boxes far
/// smaller than the distance to anything else lose the gradient of their local expansion.
template <class Tree, class Codes>
KOKKOS_INLINE_FUNCTION bool in_one_cell(const Tree& tree, const Codes& sources,
                                        const Codes& targets, int box) {
  const bool s = tree.n_sources(box) > 0, t = tree.n_targets(box) > 0;
  const int first_source = tree.source_begin(box), first_target = tree.target_begin(box);
  if (s && !sources.same(first_source, tree.source_end(box) - 1)) return false;
  if (t && !targets.same(first_target, tree.target_end(box) - 1)) return false;
  for (int w = 0; s && t && w < sources.n_words; ++w)
    if (sources.word[w](first_source) != targets.word[w](first_target)) return false;
  return true;
}

/// Levels that targets are split further than where sources stop touching their box, and sources where
/// targets do: small enough pieces of work, and not yet so small that derivatives of a local expansion, or
/// the charge that an expansion of dipoles is not to have, lose digits.
inline constexpr int spare_levels = 1;

/// Where the root repeats, leaves are at this level or below: each box is then near by one image alone.
inline constexpr int coarsest_periodic_leaf = 2;

/// Whether any of the points is in the box of `level` (at least the root's) that holds this one, or in one
/// of its size that touches it, or an image of it along the axes where the root is `periodic`.
template <class Codes>
KOKKOS_INLINE_FUNCTION bool points_near(const Codes& points, const Morton::Key& box, int level,
                                        Morton::Axes periodic) {
  level = Kokkos::max(level, 0);
  const Morton::Position p = Morton::position(Morton::ancestor(box, level));
  const std::int64_t edge = std::int64_t(1) << level;
  for (int n = 0; n < 27; ++n) {
    Morton::Position at{p.x + n % 3 - 1, p.y + n / 3 % 3 - 1, p.z + n / 9 - 1};
    // Modulo the boxes per edge, a power of two, also of -1.
    if (periodic & 1u) at.x &= edge - 1;
    if (periodic & 2u) at.y &= edge - 1;
    if (periodic & 4u) at.z &= edge - 1;
    if (at.x < 0 || at.y < 0 || at.z < 0 || at.x >= edge || at.y >= edge || at.z >= edge) continue;
    const auto range = points.in_box(Morton::encode(at, level));
    if (range.second > range.first) return true;
  }
  return false;
}

/// Whether boxes have points near by, as their codes tell: all points are here.
template <class Codes>
struct NearInCodes {
  Codes source_codes, target_codes;
  Morton::Axes periodic;
  KOKKOS_FUNCTION bool sources(int /*box*/, const Morton::Key& key, int level) const {
    return points_near(source_codes, key, level - spare_levels, periodic);
  }
  KOKKOS_FUNCTION bool targets(int /*box*/, const Morton::Key& key, int level) const {
    return points_near(target_codes, key, level - spare_levels, periodic);
  }
};

/// What build_octree asks before it splits a level, where all points are here.
template <class Codes>
struct AskCodes {
  Codes sources, targets;
  template <class ExecutionSpace, class Tree>
  NearInCodes<Codes> near(const ExecutionSpace&, const Tree& tree, int /*level*/) const {
    return {sources, targets, tree.periodic};
  }
  /// Whether there may be something to ask at the next level though nothing is split here.
  bool goes_on() const { return false; }
};

template <class ExecutionSpace, class Tree>
void reserve_boxes(const ExecutionSpace& exec, Tree& tree, int n) {
  const int have = static_cast<int>(tree.key.extent(0));
  if (n <= have) return;
  const int want = std::max(n, 2 * have);
  const auto grow = [&](auto& view, const char* label) {
    const auto larger = allocate<std::decay_t<decltype(view)>>(exec, label, want);
    if (have > 0) {
      copy_elements("Octopole::Octree::reserve", exec, larger, 0, view, have);
      exec.fence("Octopole::Octree::reserve");
    }
    view = larger;
  };
  grow(tree.key, "Octopole::Octree::key");
  grow(tree.parent, "Octopole::Octree::parent");
  grow(tree.first_child, "Octopole::Octree::first_child");
  grow(tree.children, "Octopole::Octree::children");
  grow(tree.source_begin, "Octopole::Octree::source_begin");
  grow(tree.source_end, "Octopole::Octree::source_end");
  if (tree.same_points) {
    tree.target_begin = tree.source_begin;
    tree.target_end = tree.source_end;
  } else {
    grow(tree.target_begin, "Octopole::Octree::target_begin");
    grow(tree.target_end, "Octopole::Octree::target_end");
  }
}

/// Splits the boxes of `level` that hold too much or are forced to; returns the number of children,
/// which are appended as the next level. `near`: as NearInCodes, not asked where `same_points`.
template <class ExecutionSpace, class Tree, class Codes, class Places, class Near>
int split_level(const ExecutionSpace& exec, Tree& tree, const Codes& sources, const Codes& targets,
                const Places& forced, const Near& near, int level) {
  const int begin = tree.level_begin[level], end = tree.level_begin[level + 1];
  const int n_forced = static_cast<int>(forced.extent(0));
  const int capacity = level < tree.finest ? tree.capacity : INT_MAX;
  const bool same_points = tree.same_points;
  Kokkos::parallel_for(
      "Octopole::Octree::split", Kokkos::RangePolicy<ExecutionSpace>(exec, begin, end),
      KOKKOS_LAMBDA(const int box) {
        const Morton::Key key = tree.key(box);
        bool split =
            tree.n_sources(box) > capacity && (same_points || near.targets(box, key, level));
        if (!split && !same_points && tree.n_targets(box) > capacity)
          split = near.sources(box, key, level);
        split = split && !in_one_cell(tree, sources, targets, box);
        // Leaves of these levels would meet one box in several images.
        split = split || (tree.periodic && level < coarsest_periodic_leaf);
        if (!split && n_forced > 0) {
          const std::uint64_t place = place_on_level(key);
          const int at = lower_bound(forced, 0, n_forced, place);
          split = at < n_forced && forced(at) == place;
        }
        unsigned mask = 0;
        for (int octant = 0; split && octant < 8; ++octant) {
          const Morton::Key child = Morton::child(key, octant);
          const auto s = sources.in_box(tree.source_begin(box), tree.source_end(box), child);
          bool some = s.second > s.first;
          if (!some && !same_points) {
            const auto t = targets.in_box(tree.target_begin(box), tree.target_end(box), child);
            some = t.second > t.first;
          }
          if (some) mask |= 1u << octant;
        }
        tree.children(box) = mask;
        tree.first_child(box) = -1;
      });
  int n_children = 0;
  Kokkos::parallel_scan(
      "Octopole::Octree::count_children", Kokkos::RangePolicy<ExecutionSpace>(exec, begin, end),
      KOKKOS_LAMBDA(const int box, int& sum, const bool last) {
        const int count = Kokkos::popcount(tree.children(box));
        if (last && count > 0) tree.first_child(box) = end + sum;
        sum += count;
      },
      n_children);
  if (n_children == 0) return 0;
  reserve_boxes(exec, tree, end + n_children);
  const Tree grown = tree;
  Kokkos::parallel_for(
      "Octopole::Octree::fill_children", Kokkos::RangePolicy<ExecutionSpace>(exec, begin, end),
      KOKKOS_LAMBDA(const int box) {
        int child = grown.first_child(box);
        for (int octant = 0; octant < 8; ++octant) {
          if (!(grown.children(box) >> octant & 1u)) continue;
          const Morton::Key key = Morton::child(grown.key(box), octant);
          const auto s = sources.in_box(grown.source_begin(box), grown.source_end(box), key);
          grown.source_begin(child) = s.first;
          grown.source_end(child) = s.second;
          if (!same_points) {
            const auto t = targets.in_box(grown.target_begin(box), grown.target_end(box), key);
            grown.target_begin(child) = t.first;
            grown.target_end(child) = t.second;
          }
          grown.key(child) = key;
          grown.parent(child) = box;
          ++child;
        }
      });
  return n_children;
}

/// Leaves in Morton order, and the largest of them. `n_points`: sources and targets.
template <class ExecutionSpace, class Tree>
void collect_leaves(const ExecutionSpace& exec, Tree& tree, std::int64_t n_points) {
  using MemorySpace = typename ExecutionSpace::memory_space;
  const Kokkos::RangePolicy<ExecutionSpace> boxes(exec, 0, tree.n_boxes);
  const Tree t = tree;
  const auto leaves =
      allocate<Kokkos::View<int*, MemorySpace>>(exec, "Octopole::Octree::leaves", tree.n_boxes);
  int n = 0;
  Kokkos::parallel_scan(
      "Octopole::Octree::leaves", boxes,
      KOKKOS_LAMBDA(const int box, int& sum, const bool last) {
        if (!t.is_leaf(box)) return;
        if (last) leaves(sum) = box;
        ++sum;
      },
      n);
  Kokkos::parallel_reduce(
      "Octopole::Octree::largest_leaf", boxes,
      KOKKOS_LAMBDA(const int box, int& most) {
        if (t.is_leaf(box))
          most = Kokkos::max(most, Kokkos::max(t.n_sources(box), t.n_targets(box)));
      },
      Kokkos::Max<int>(tree.largest_leaf));
  auto before =
      allocate<Kokkos::View<std::uint64_t*, MemorySpace>>(exec, "Octopole::Octree::before", n);
  auto sorted = allocate<Kokkos::View<int*, MemorySpace>>(exec, "Octopole::Octree::leaves", n);
  Kokkos::parallel_for(
      "Octopole::Octree::before", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n),
      KOKKOS_LAMBDA(const int i) {
        // Points before the leaf's: more with every leaf, since none is empty.
        const int leaf = leaves(i);
        before(i) = std::uint64_t(t.source_begin(leaf));
        if (!t.same_points) before(i) += std::uint64_t(t.target_begin(leaf));
        sorted(i) = leaf;
      });
  sort_by_key(exec, before, sorted, int(std::bit_width(std::uint64_t(n_points) | 1)));
  tree.leaves = sorted;
  tree.n_leaves = n;
}

/// `ask`: as AskCodes.
template <class ExecutionSpace, class Sorted, class Ask>
Octree<typename ExecutionSpace::memory_space> build_octree(
    const ExecutionSpace& exec, const Domain& domain, const Sorted& sorted_sources,
    const Sorted& sorted_targets, bool same_points, int capacity, int finest,
    const ForcedSplits<typename ExecutionSpace::memory_space>& forced, Ask&& ask,
    Morton::Axes periodic = 0) {
  Octree<typename ExecutionSpace::memory_space> tree;
  tree.domain = domain;
  tree.capacity = capacity;
  tree.finest = std::min(finest, Morton::finest_level(sorted_sources.n_words));
  tree.same_points = same_points;
  tree.periodic = periodic;
  const auto sources = sorted_sources.codes(), targets = sorted_targets.codes();
  const int n_sources = sources.size, n_targets = targets.size;
  reserve_boxes(exec, tree, std::max(64, 4 * (std::max(n_sources, n_targets) / capacity)));
  const auto t = tree;
  Kokkos::parallel_for(
      "Octopole::Octree::root", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, 1),
      KOKKOS_LAMBDA(const int root) {
        t.key(root) = Morton::encode({0, 0, 0}, 0);
        t.parent(root) = -1;
        t.source_begin(root) = 0;
        t.source_end(root) = n_sources;
        if (!same_points) {
          t.target_begin(root) = 0;
          t.target_end(root) = n_targets;
        }
      });
  tree.level_begin.fill(1);
  tree.level_begin[0] = 0;
  tree.n_boxes = 1;
  const typename ForcedSplits<typename ExecutionSpace::memory_space>::value_type none;
  for (int level = 0; level <= Morton::max_level; ++level) {
    const auto& also = level < int(forced.size()) ? forced[level] : none;
    const auto near = ask.near(exec, tree, level);
    const int n = split_level(exec, tree, sources, targets, also, near, level);
    if (n == 0 && !ask.goes_on()) break;
    if (n == 0) continue;
    tree.n_boxes += n;
    tree.depth = level + 1;
    for (int l = level + 2; l <= Morton::max_level + 1; ++l) tree.level_begin[l] = tree.n_boxes;
  }
  collect_leaves(exec, tree, std::int64_t(n_sources) + n_targets);
  return tree;
}

template <class ExecutionSpace, class Sorted>
Octree<typename ExecutionSpace::memory_space> build_octree(
    const ExecutionSpace& exec, const Domain& domain, const Sorted& sources, const Sorted& targets,
    bool same_points, int capacity, int finest,
    const ForcedSplits<typename ExecutionSpace::memory_space>& forced, Morton::Axes periodic = 0) {
  return build_octree(exec, domain, sources, targets, same_points, capacity, finest, forced,
                      AskCodes<decltype(sources.codes())>{sources.codes(), targets.codes()},
                      periodic);
}

}  // namespace Impl

/// What of a tree's targets, where they are others than the sources, has sources near.
struct NearTargets {
  std::int64_t leaves = 0;  ///< leaves with targets
  std::int64_t near =
      0;  ///< targets with a source in their leaf or in a box of its size that touches it

  /// Whether the results' norm may be that of far fields: where a near field rules it on the whole, it does
  /// so by many leaves.
  /// @param n_targets  M
  /// @param depth  of the tree; above level 2 there is no far field
  /// @return true where most targets have no source near, or all are in a few leaves
  bool may_be_far(std::size_t n_targets, int depth) const {
    constexpr std::int64_t few = 8;
    return 2 * near < std::int64_t(n_targets) || (leaves <= few && depth >= 2);
  }
  /// Whether some targets have no source near: one source that outweighs the others may be far from most.
  /// @param n_targets  M
  /// @return true from a tenth on
  bool some_are_far(std::size_t n_targets) const { return 10 * near < 9 * std::int64_t(n_targets); }
};

/// Looks at the leaves that have targets. Waits for `exec`.
/// @param exec  instance to work on
/// @param tree  with targets of its own
/// @param sources  sorted, those of the tree
/// @return what has sources near
template <class ExecutionSpace, class MemorySpace>
NearTargets count_near_targets(const ExecutionSpace& exec, const Octree<MemorySpace>& tree,
                               const SortedPoints<MemorySpace>& sources) {
  const auto codes = sources.codes();
  NearTargets found;
  Kokkos::parallel_reduce(
      "Octopole::Octree::near_targets", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, tree.n_leaves),
      KOKKOS_LAMBDA(const int i, std::int64_t& leaves, std::int64_t& near) {
        const int leaf = tree.leaves(i);
        const Morton::Key key = tree.key(leaf);
        if (tree.n_targets(leaf) == 0) return;
        ++leaves;
        if (Impl::points_near(codes, key, Morton::level(key), tree.periodic))
          near += tree.n_targets(leaf);
      },
      found.leaves, found.near);
  exec.fence("Octopole::Octree::near_targets");
  return found;
}

/// Builds the tree: splits boxes while sources > capacity and targets are near (in a box that touches
/// its parent), or targets > capacity and sources are near, to level `finest`, or as far as the words
/// of the points' codes go, but not those whose points all share their codes. Targets far from all
/// sources are not split, nor sources far from all targets: an expansion serves any number. In boxes
/// that are small against the distance, the derivatives of a local expansion lose digits, and a
/// multipole expansion has a charge of its own error, which far away is more than the dipoles' potential.
/// Precondition: capacity >= 1; `sources` and `targets` sorted in `domain` by as many words (the same
/// object when `same_points`). See Octopole_Balance.hpp for 2:1 balance. Waits for `exec`.
/// @param exec  instance to work on
/// @param domain  the root cube
/// @param sources,targets  sorted, see sort_points and sort_deeper
/// @param same_points  targets are the sources
/// @param capacity  most sources and most targets in a leaf
/// @param finest  the finest level, 0 to Morton::max_level; at least 2 where `periodic`
/// @param periodic  axes along which the root and all in it repeat: no box above level 2 is a leaf then
/// @return the tree, not yet balanced
template <class ExecutionSpace, class MemorySpace>
Octree<MemorySpace> make_octree(const ExecutionSpace& exec, const Domain& domain,
                                const SortedPoints<MemorySpace>& sources,
                                const SortedPoints<MemorySpace>& targets, bool same_points,
                                int capacity, int finest = Morton::max_level,
                                Morton::Axes periodic = 0) {
  return Impl::build_octree(exec, domain, sources, targets, same_points, capacity, finest,
                            Impl::ForcedSplits<MemorySpace>{}, periodic);
}

}  // namespace Octopole

#endif
