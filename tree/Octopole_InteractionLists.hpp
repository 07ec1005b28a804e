#ifndef OCTOPOLE_INTERACTION_LISTS_HPP
#define OCTOPOLE_INTERACTION_LISTS_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <tree/Octopole_Octree.hpp>

namespace Octopole {

/// Compressed rows: the entries of row `b` are entry(begin(b)) to entry(begin(b + 1) - 1).
template <class MemorySpace>
struct Rows {
  Kokkos::View<std::int64_t*, MemorySpace> begin;  ///< (rows + 1)
  Kokkos::View<int*, MemorySpace> entry;           ///< of all rows, one after the other
  /// @return number of entries
  std::int64_t size() const { return static_cast<std::int64_t>(entry.extent(0)); }
  /// @return memory that the rows hold
  std::size_t bytes() const { return Impl::bytes_of(begin, entry); }
};

/// The lists of the adaptive FMM (Carrier, Greengard and Rokhlin 1988; Ying, Biros and Zorin 2004),
/// one row per box. A box without targets has empty rows, and a box without sources is in no row.
///
/// - u (leaf): itself, all adjacent leaves of any level, and the exchanges below.
/// - v (any): boxes of its level, not adjacent, whose parents are adjacent to its parent; where the root repeats,
///   one box on levels 1 and 2 as often as images of it are.
/// - w (leaf): finer boxes, leaf or not, not adjacent, whose parents are adjacent.
/// - x (any): the leaves in whose w the box is, or would be if it had sources.
///
/// Exchanges: a leaf in w with at most `few` sources, and a leaf in x of a *leaf* with at most
/// `few` targets, go to u instead: evaluating `few` surface points would cost more.
/// Every pair of a target and a source is covered exactly once by these lists along the ancestors.
template <class MemorySpace>
struct InteractionLists {
  Kokkos::View<int* [27], MemorySpace> colleague;  ///< boxes of the same level that touch; -1: none
  Rows<MemorySpace> u,                             ///< to be summed directly
      v,                                           ///< by M2L
      w,                                           ///< by M2P
      x;                                           ///< by P2L
  /// @return memory that the lists hold
  std::size_t bytes() const {
    return Impl::bytes_of(colleague) + u.bytes() + v.bytes() + w.bytes() + x.bytes();
  }
};

namespace Impl {

/// Whether there is an image of the root, or itself, in direction `n`.
KOKKOS_INLINE_FUNCTION bool is_image(int n, Morton::Axes periodic) {
  return (n % 3 == 1 || periodic & 1u) && (n / 3 % 3 == 1 || periodic & 2u) &&
         (n / 9 == 1 || periodic & 4u);
}

/// Colleague in direction (dx, dy, dz), each -1..1, is column (dx+1) + 3 (dy+1) + 9 (dz+1).
template <class ExecutionSpace, class Tree, class Colleagues>
void find_colleagues(const ExecutionSpace& exec, const Tree& tree, const Colleagues& colleague,
                     int level) {
  Kokkos::parallel_for(
      "Octopole::Lists::colleagues",
      Kokkos::RangePolicy<ExecutionSpace>(exec, tree.level_begin[level],
                                          tree.level_begin[level + 1]),
      KOKKOS_LAMBDA(const int box) {
        const int parent = tree.parent(box);
        const int octant = parent < 0 ? 0 : Morton::octant(tree.key(box));
        for (int n = 0; n < 27; ++n) {
          // Position among the 6^3 children of the parent's 27 colleagues, along each axis.
          const int x = (octant & 1) + n % 3 + 1, y = (octant >> 1 & 1) + n / 3 % 3 + 1,
                    z = (octant >> 2 & 1) + n / 9 + 1;
          int found = parent < 0 && is_image(n, tree.periodic) ? box : -1;
          if (parent >= 0) {
            const int uncle = colleague(parent, x / 2 + 3 * (y / 2) + 9 * (z / 2));
            if (uncle >= 0) found = tree.child(uncle, x % 2 + 2 * (y % 2) + 4 * (z % 2));
          }
          colleague(box, n) = found;
        }
      });
}

/// Walks the lists of one box, calling back with each entry. All four walks share the look-ups.
template <class Tree, class Colleagues>
struct ListWalk {
  Tree tree;
  Colleagues colleague;
  int few;

  KOKKOS_FUNCTION bool target(int box) const { return tree.n_targets(box) > 0; }
  KOKKOS_FUNCTION bool source(int box) const { return tree.n_sources(box) > 0; }
  KOKKOS_FUNCTION bool touches(int a, int b) const { return tree.touch(a, b); }
  /// Whether a child of the box in direction `n` from `box`'s parent is well separated from `box`: by its position,
  /// since where the root repeats one box may be met there in several images.
  KOKKOS_FUNCTION bool separated(int box, int n, int octant) const {
    const int own = Morton::octant(tree.key(box));
    const auto apart = [&](int direction, int axis) {
      return Kokkos::abs(2 * (direction - 1) + (octant >> axis & 1) - (own >> axis & 1)) > 1;
    };
    return apart(n % 3, 0) || apart(n / 3 % 3, 1) || apart(n / 9, 2);
  }

  /// Below the colleagues of leaf `box`: adjacent leaves to `near`, the first boxes on each path
  /// that are not adjacent to `far`.
  template <class Near, class Far>
  KOKKOS_FUNCTION void descend(int box, const Near& near, const Far& far) const {
    // At most 7 siblings wait per level besides the children of the last.
    int stack[8 * Morton::max_level];
    for (int n = 0; n < 27; ++n) {
      const int c = colleague(box, n);
      if (c < 0) continue;
      if (tree.is_leaf(c)) {
        near(c);
        continue;
      }
      int top = 0;
      stack[top++] = c;
      while (top > 0) {
        const int inner = stack[--top];
        for (int octant = 0; octant < 8; ++octant) {
          const int child = tree.child(inner, octant);
          if (child < 0) continue;
          if (!touches(child, box))
            far(child);
          else if (tree.is_leaf(child))
            near(child);
          else
            stack[top++] = child;
        }
      }
    }
  }

  /// Leaves coarser than `box` among the colleagues of its ancestors.
  template <class Visit>
  KOKKOS_FUNCTION void coarser_leaves(int box, const Visit& visit) const {
    for (int a = tree.parent(box); a >= 0; a = tree.parent(a))
      for (int n = 0; n < 27; ++n) {
        const int c = colleague(a, n);
        if (c >= 0 && c != a && tree.is_leaf(c)) visit(c);
      }
  }

  template <class Visit>
  KOKKOS_FUNCTION void u(int box, const Visit& visit) const {
    if (!tree.is_leaf(box) || !target(box)) return;
    descend(
        box,
        [&](int leaf) {
          if (source(leaf)) visit(leaf);
        },
        [&](int far) {
          if (exchanged_w(far)) visit(far);
        });
    const int parent = tree.parent(box);
    coarser_leaves(box, [&](int leaf) {
      if (!source(leaf)) return;
      if (touches(leaf, box) || (exchanged_x(box) && touches(leaf, parent))) visit(leaf);
    });
  }

  template <class Visit>
  KOKKOS_FUNCTION void v(int box, const Visit& visit) const {
    const int parent = tree.parent(box);
    if (parent < 0 || !target(box)) return;
    for (int n = 0; n < 27; ++n) {
      const int uncle = colleague(parent, n);
      if (uncle < 0) continue;
      for (int octant = 0; octant < 8; ++octant) {
        const int c = tree.child(uncle, octant);
        if (c >= 0 && source(c) && separated(box, n, octant)) visit(c);
      }
    }
  }

  /// Whether a box with targets, of whatever rank, has an entry in V or X: the same on every rank.
  KOKKOS_FUNCTION bool comes_in(int box) const {
    const int parent = tree.parent(box);
    if (parent < 0 || n_targets(box) == 0) return false;
    for (int n = 0; n < 27; ++n) {
      const int uncle = colleague(parent, n);
      if (uncle < 0 || n == 13) continue;
      for (int octant = 0; octant < 8; ++octant) {
        const int c = tree.child(uncle, octant);
        if (c >= 0 && source(c) && separated(box, n, octant)) return true;
      }
    }
    if (tree.is_leaf(box) && n_targets(box) <= few) return false;
    bool found = false;
    coarser_leaves(box, [&](int leaf) {
      found = found || (source(leaf) && touches(leaf, parent) && !touches(leaf, box));
    });
    return found;
  }
  /// Whether a box in V or X has at most `part` of the sources near by, in the box and its colleagues.
  KOKKOS_FUNCTION bool lonely_comes_in(int box, double part) const {
    if (part == 0) return false;
    double near = 0;
    for (int n = 0; n < 27; ++n)
      if (const int c = colleague(box, n); c >= 0) near += tree.n_sources(c);
    if (part * near < 1) return false;
    bool found = false;
    const auto visit = [&](int other) { found = found || tree.n_sources(other) <= part * near; };
    v(box, visit);
    x(box, visit);
    return found;
  }
  KOKKOS_FUNCTION int n_targets(int box) const { return tree.n_targets_of_all(box); }

  template <class Visit>
  KOKKOS_FUNCTION void w(int box, const Visit& visit) const {
    if (!tree.is_leaf(box) || !target(box)) return;
    descend(
        box, [](int) {},
        [&](int far) {
          if (source(far) && !exchanged_w(far)) visit(far);
        });
  }

  template <class Visit>
  KOKKOS_FUNCTION void x(int box, const Visit& visit) const {
    const int parent = tree.parent(box);
    if (parent < 0 || !target(box) || exchanged_x(box)) return;
    coarser_leaves(box, [&](int leaf) {
      if (source(leaf) && touches(leaf, parent) && !touches(leaf, box)) visit(leaf);
    });
  }

 private:
  KOKKOS_FUNCTION bool exchanged_w(int far) const {
    return tree.is_leaf(far) && source(far) && tree.n_sources(far) <= few;
  }
  KOKKOS_FUNCTION bool exchanged_x(int box) const {
    return tree.is_leaf(box) && tree.n_targets(box) <= few;
  }
};

struct WalkU {
  template <class Walk, class Visit>
  KOKKOS_FUNCTION void operator()(const Walk& walk, int box, const Visit& visit) const {
    walk.u(box, visit);
  }
};
struct WalkV {
  template <class Walk, class Visit>
  KOKKOS_FUNCTION void operator()(const Walk& walk, int box, const Visit& visit) const {
    walk.v(box, visit);
  }
};
struct WalkW {
  template <class Walk, class Visit>
  KOKKOS_FUNCTION void operator()(const Walk& walk, int box, const Visit& visit) const {
    walk.w(box, visit);
  }
};
struct WalkX {
  template <class Walk, class Visit>
  KOKKOS_FUNCTION void operator()(const Walk& walk, int box, const Visit& visit) const {
    walk.x(box, visit);
  }
};

/// Count, scan, fill. A row's entries stand in ascending order: memory is read forwards.
template <class ExecutionSpace, class Walk, class WhichList>
Rows<typename ExecutionSpace::memory_space> make_rows(const ExecutionSpace& exec, const Walk& walk,
                                                      const WhichList& list) {
  Rows<typename ExecutionSpace::memory_space> rows;
  const int n = walk.tree.n_boxes;
  allocate_into(rows.begin, exec, "Octopole::Lists::begin", n + 1);
  const auto begin = rows.begin;
  Kokkos::parallel_for(
      "Octopole::Lists::count", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n + 1),
      KOKKOS_LAMBDA(const int box) {
        int count = 0;
        if (box < n) list(walk, box, [&](int) { ++count; });
        begin(box) = count;
      });
  std::int64_t total = 0;
  Kokkos::parallel_scan(
      "Octopole::Lists::scan", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n + 1),
      KOKKOS_LAMBDA(const int box, std::int64_t& sum, const bool last) {
        const std::int64_t count = begin(box);
        if (last) begin(box) = sum;
        sum += count;
      },
      total);
  allocate_into(rows.entry, exec, "Octopole::Lists::entry", total);
  const auto entry = rows.entry;
  Kokkos::parallel_for(
      "Octopole::Lists::fill", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n),
      KOKKOS_LAMBDA(const int box) {
        std::int64_t at = begin(box);
        list(walk, box, [&](int other) {
          std::int64_t hole = at++;
          for (; hole > begin(box) && entry(hole - 1) > other; --hole)
            entry(hole) = entry(hole - 1);
          entry(hole) = other;
        });
      });
  return rows;
}

}  // namespace Impl

/// Builds all lists. `few`: see InteractionLists; 0 exchanges nothing. `with_v`: else V stays empty,
/// for an M2L that works by parents and needs no more than the colleagues. Waits for `exec`.
/// @param exec  instance to work on
/// @param tree  see Octree; 2:1 balanced or not
/// @param few  at least 0
/// @param with_v  whether V is built
/// @return all lists, rows of boxes ascending
template <class ExecutionSpace, class MemorySpace>
InteractionLists<MemorySpace> make_lists(const ExecutionSpace& exec,
                                         const Octree<MemorySpace>& tree, int few,
                                         bool with_v = true) {
  InteractionLists<MemorySpace> lists;
  Impl::allocate_into(lists.colleague, exec, "Octopole::Lists::colleague", tree.n_boxes);
  for (int level = 0; level <= tree.depth; ++level)
    Impl::find_colleagues(exec, tree, lists.colleague, level);
  const Impl::ListWalk<Octree<MemorySpace>, Kokkos::View<int* [27], MemorySpace>> walk{
      tree, lists.colleague, few};
  lists.u = Impl::make_rows(exec, walk, Impl::WalkU{});
  if (with_v) lists.v = Impl::make_rows(exec, walk, Impl::WalkV{});
  lists.w = Impl::make_rows(exec, walk, Impl::WalkW{});
  lists.x = Impl::make_rows(exec, walk, Impl::WalkX{});
  exec.fence("Octopole::Lists");
  return lists;
}

/// Whether both trees have the same boxes, and those the same lists: sources and targets in the same
/// of them, and no more than `few` in the same. Waits for `exec`.
/// @param exec  instance to work on
/// @param a,b  the trees
/// @param few  as for make_lists
/// @return whether the lists of one serve the other
template <class ExecutionSpace, class MemorySpace>
bool same_lists(const ExecutionSpace& exec, const Octree<MemorySpace>& a,
                const Octree<MemorySpace>& b, int few) {
  if (a.n_boxes != b.n_boxes || a.level_begin != b.level_begin || a.same_points != b.same_points)
    return false;
  int different = 0;
  Kokkos::parallel_reduce(
      "Octopole::Lists::same", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, a.n_boxes),
      KOKKOS_LAMBDA(const int box, int& sum) {
        const auto sort = [few](int n) { return n == 0 ? 0 : n <= few ? 1 : 2; };
        sum += !(a.key(box) == b.key(box)) || a.first_child(box) != b.first_child(box) ||
               a.children(box) != b.children(box) ||
               sort(a.n_sources(box)) != sort(b.n_sources(box)) ||
               sort(a.n_targets(box)) != sort(b.n_targets(box));
      },
      different);
  exec.fence("Octopole::Lists::same");
  return different == 0;
}

}  // namespace Octopole

#endif
