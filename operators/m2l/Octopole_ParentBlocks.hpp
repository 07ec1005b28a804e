#ifndef OCTOPOLE_PARENT_BLOCKS_HPP
#define OCTOPOLE_PARENT_BLOCKS_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/precompute/Octopole_FrequencyGrid.hpp>
#include <core/precompute/Octopole_Surface.hpp>
#include <tree/Octopole_BoxLists.hpp>
#include <tree/Octopole_InteractionLists.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace Octopole::Impl {

/// Neighbouring parents along the Morton curve whose M2L is done together: it needs the transforms
/// of the parents around them too.
struct ParentBlock {
  int first_target, n_targets;  ///< in the list of all parents
  int first_source, n_sources;  ///< in ParentBlocks::source
  std::vector<int> slabs;       ///< first unit of frequencies of each slab, and the end
};

/// What a block's transforms take per pencil of frequencies, and how much there may be at once.
struct FrequencyMemory {
  FrequencyGrid grid;
  std::size_t per_source, per_target;  ///< bytes per pencil and parent
  std::size_t limit;

  /// Pencils in the longest slab allowed: at least two, which may be one unit.
  int most_pencils(double sources, double targets) const {
    const double pencils =
        double(limit) / std::max(1.0, sources * double(per_source) + targets * double(per_target));
    return int(std::clamp(pencils, 2.0, double(grid.pencils())));
  }
  /// Slabs of nearly equal size, in whole units.
  std::vector<int> slabs(int sources, int targets) const {
    const int most = most_pencils(sources, targets);
    const int n = (grid.pencils() + most - 1) / most;
    const int size = std::min(most, std::max(2, (grid.pencils() + n - 1) / n + 1));
    std::vector<int> first{0};
    for (int u = 1; u <= grid.units(); ++u)
      if (u == grid.units() || grid.first_pencil(u + 1) - grid.first_pencil(first.back()) > size)
        first.push_back(u);
    return first;
  }
  /// The number of blocks in which the transforms of `n` parents of a filled cube cost least: fewer
  /// slabs read and write the surfaces less often, but more blocks transform the parents around
  /// them again. Measured (Zen 4, order 7, float): a transform 20 us per parent, each slab 1.9 us
  /// more to read a surface and about twice that to add to one.
  int blocks(int n) const {
    constexpr double transform = 20, read = 1.9;
    int best = 1;
    double least = 0;
    for (int b = 1; b <= 512 && n / b >= 64; b *= 2) {
      const double targets = double(n) / b;
      const double sources = b == 1 ? n : std::min(double(n), std::pow(std::cbrt(targets) + 2, 3));
      const double n_slabs = std::ceil(grid.pencils() / double(most_pencils(sources, targets)));
      const double cost =
          sources / targets * (transform + n_slabs * read) + transform + n_slabs * 2 * read;
      if (b > 1 && cost > 0.95 * least) continue;
      least = cost, best = b;
    }
    return best;
  }
};

/// Some parents of a block of which others are elsewhere, in the slabs of the whole block: what a slab adds is
/// rounded, so that results depend on where slabs end.
struct ParentCut {
  int first_target, n_targets;  ///< in the list of all parents
  std::vector<int> slabs;       ///< see ParentBlock
};
/// Cuts the parents of every level, (levels) each, where others than their own number decide.
using CutParents =
    std::function<std::vector<std::vector<ParentCut>>(const FrequencyMemory& memory)>;

/// The blocks of all levels.
template <class MemorySpace>
struct ParentBlocks {
  std::vector<std::vector<ParentBlock>> of_level;
  Kokkos::View<int*, MemorySpace> source;  ///< boxes, block after block
  /// (27, parents): which of its block's sources lies in a direction, ordered as in
  /// InteractionLists; -1: none, or no sources there, or no targets here.
  Kokkos::View<int**, Kokkos::LayoutRight, MemorySpace> neighbour;
  long long pairs = 0;  ///< of a parent and a neighbour
};

/// `slot_of(box)`: the place of a parent among those of its level. Not for boxes without children.
template <class ExecutionSpace, class Tree, class Colleagues, class MemorySpace>
void find_neighbours(const ExecutionSpace& exec, const Tree& tree, const Colleagues& colleague,
                     const BoxList<MemorySpace>& parents,
                     const Kokkos::View<int**, Kokkos::LayoutRight, MemorySpace>& neighbour) {
  using Range = Kokkos::RangePolicy<ExecutionSpace>;
  const auto slot_of =
      allocate<Kokkos::View<int*, MemorySpace>>(exec, "Octopole::M2L::slot_of", tree.n_boxes);
  const auto boxes = parents.boxes;
  fill("Octopole::M2L::slot_of", exec, slot_of, -1);
  for (int l = 0; l < tree.depth; ++l) {
    const int begin = parents.first(l);
    Kokkos::parallel_for(
        "Octopole::M2L::slot_of", Range(exec, begin, parents.last(l)),
        KOKKOS_LAMBDA(const int i) { slot_of(boxes(i)) = i - begin; });
  }
  Kokkos::parallel_for(
      "Octopole::M2L::neighbour", Range(exec, 0, neighbour.extent(1)), KOKKOS_LAMBDA(const int i) {
        const int box = boxes(i);
        for (int n = 0; n < 27; ++n) {
          const int c = n != 13 && tree.n_targets(box) > 0 ? colleague(box, n) : -1;
          neighbour(n, i) = c >= 0 && tree.n_sources(c) > 0 ? slot_of(c) : -1;
        }
      });
  exec.fence("Octopole::M2L::neighbour");
}

/// Numbers the neighbours of a block's targets: local(slot) for those marked. Returns how many.
template <class ExecutionSpace, class Neighbours, class Marks>
int number_sources(const ExecutionSpace& exec, const Neighbours& neighbour,
                   const ParentBlock& block, int id, int n_slots, const Marks& mark,
                   const Marks& local) {
  const int first = block.first_target;
  Kokkos::parallel_for(
      "Octopole::M2L::mark",
      Kokkos::RangePolicy<ExecutionSpace>(exec, first, first + block.n_targets),
      KOKKOS_LAMBDA(const int i) {
        for (int n = 0; n < 27; ++n)
          if (neighbour(n, i) >= 0) Kokkos::atomic_store(&mark(neighbour(n, i)), id);
      });
  int count = 0;
  Kokkos::parallel_scan(
      "Octopole::M2L::number", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n_slots),
      KOKKOS_LAMBDA(const int slot, int& sum, const bool last) {
        if (mark(slot) != id) return;
        if (last) local(slot) = sum;
        ++sum;
      },
      count);
  return count;
}

/// Cuts the parents of every level into blocks; `cut` tells how, where it is given. Waits for `exec`.
template <class ExecutionSpace, class Tree, class Colleagues, class MemorySpace>
ParentBlocks<MemorySpace> make_parent_blocks(const ExecutionSpace& exec, const Tree& tree,
                                             const Colleagues& colleague,
                                             const BoxList<MemorySpace>& parents,
                                             const FrequencyMemory& memory,
                                             const CutParents& cut = {}) {
  using Range = Kokkos::RangePolicy<ExecutionSpace>;
  ParentBlocks<MemorySpace> blocks;
  const int n_parents = parents.last(tree.depth);
  allocate_into(blocks.neighbour, exec, "Octopole::M2L::neighbour", 27, n_parents);
  find_neighbours(exec, tree, colleague, parents, blocks.neighbour);
  blocks.of_level.resize(tree.depth);
  const int top = tree.periodic ? 0 : 1;  // the root has no neighbours but its images
  int widest = 0, total = 0, id = 0;
  for (int l = top; l < tree.depth; ++l)
    widest = std::max(widest, parents.last(l) - parents.first(l));
  const auto mark = allocate<Kokkos::View<int*, MemorySpace>>(exec, "Octopole::M2L::mark", widest);
  const auto local =
      allocate<Kokkos::View<int*, MemorySpace>>(exec, "Octopole::M2L::local", widest);
  fill("Octopole::M2L::mark", exec, mark, -1);
  const auto neighbour = blocks.neighbour;
  const auto add = [&](int l, int first_target, int n_targets) -> ParentBlock& {
    ParentBlock block{first_target, n_targets, total, 0, {}};
    block.n_sources = number_sources(exec, neighbour, block, id++,
                                     parents.last(l) - parents.first(l), mark, local);
    total += block.n_sources;
    blocks.of_level[l].push_back(block);
    return blocks.of_level[l].back();
  };
  const auto cuts = cut ? cut(memory) : std::vector<std::vector<ParentCut>>{};
  for (int l = top; l < tree.depth; ++l) {
    if (cut) {
      for (const ParentCut& part : cuts[l])
        add(l, part.first_target, part.n_targets).slabs = part.slabs;
      continue;
    }
    const int begin = parents.first(l), n = parents.last(l) - begin, n_blocks = memory.blocks(n);
    for (int b = 0; b < n_blocks && n > 0; ++b) {
      const int first = begin + int(std::int64_t(n) * b / n_blocks),
                end = begin + int(std::int64_t(n) * (b + 1) / n_blocks);
      ParentBlock& block = add(l, first, end - first);
      block.slabs = memory.slabs(block.n_sources, block.n_targets);
    }
  }
  allocate_into(blocks.source, exec, "Octopole::M2L::source_boxes", total);
  const auto source = blocks.source;
  const auto boxes = parents.boxes;
  for (int l = top; l < tree.depth; ++l)
    for (const ParentBlock& block : blocks.of_level[l]) {
      const int begin = parents.first(l), n = parents.last(l) - begin, first = block.first_source;
      const int own = id++;
      number_sources(exec, neighbour, block, own, n, mark, local);
      Kokkos::parallel_for(
          "Octopole::M2L::source_boxes", Range(exec, 0, n), KOKKOS_LAMBDA(const int slot) {
            if (mark(slot) == own) source(first + local(slot)) = boxes(begin + slot);
          });
      long long pairs = 0;
      Kokkos::parallel_reduce(
          "Octopole::M2L::local",
          Range(exec, block.first_target, block.first_target + block.n_targets),
          KOKKOS_LAMBDA(const int i, long long& sum) {
            for (int d = 0; d < 27; ++d) {
              if (neighbour(d, i) < 0) continue;
              neighbour(d, i) = local(neighbour(d, i));
              ++sum;
            }
          },
          pairs);
      blocks.pairs += pairs;
    }
  exec.fence("Octopole::M2L::blocks");
  return blocks;
}

}  // namespace Octopole::Impl

#endif
