#ifndef OCTOPOLE_RANK_CUTS_HPP
#define OCTOPOLE_RANK_CUTS_HPP

#include <core/base/Octopole_Transfer.hpp>
#include <core/ranks/Octopole_Communicator.hpp>
#include <core/ranks/Octopole_EssentialTree.hpp>
#include <operators/m2l/Octopole_ParentBlocks.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace Octopole::Impl {

/// Cuts this rank's parents where one rank with all points would cut all of them into blocks, and their
/// frequencies into the same slabs. `numbers`: of the split boxes of all ranks. Collective: each rank counts, for
/// every block, those of its boxes that are sources of it.
template <class MemorySpace>
std::vector<std::vector<ParentCut>> cut_parents_of_ranks(
    const Communicator& ranks, const EssentialTree<MemorySpace>& essential,
    const ParentNumbers& numbers, const Kokkos::View<int* [27], MemorySpace>& colleagues,
    const FrequencyMemory& memory) {
  const auto& tree = essential.tree;
  const auto colleague = to_host(colleagues);
  const auto parents = to_host(essential.parents.boxes);
  std::array<int, rank_levels> n_blocks{}, first_block{};
  int total = 0;
  for (int l = 1; l < rank_levels; ++l) {
    n_blocks[l] = numbers.total[l] > 0 ? memory.blocks(int(numbers.total[l])) : 0;
    first_block[l] = total;
    total += n_blocks[l];
  }
  // Block b has the numbers n b / blocks to n (b + 1) / blocks.
  const auto first_of = [&](int l, std::int64_t b) { return numbers.total[l] * b / n_blocks[l]; };
  const auto block_of = [&](int box) {
    const int l = essential.place[box].level;
    std::int64_t b = essential.number[box] * n_blocks[l] / numbers.total[l];
    while (first_of(l, b + 1) <= essential.number[box]) ++b;
    while (first_of(l, b) > essential.number[box]) --b;
    return int(b);
  };
  std::vector<std::int64_t> n_sources(std::size_t(total), 0);
  std::vector<int> blocks;
  const int end = essential.parents.last(tree.depth);
  for (int i = 0; i < end; ++i) {
    const int box = parents(i), l = essential.place[box].level;
    if (l == 0 || essential.owner[box] != ranks.rank() || essential.n_sources[box] == 0) continue;
    blocks.clear();
    for (int n = 0; n < 27; ++n) {
      const int c = n == 13 ? -1 : colleague(box, n);
      if (c >= 0 && essential.number[c] >= 0 && essential.targets_of_all[c] > 0)
        blocks.push_back(block_of(c));
    }
    std::sort(blocks.begin(), blocks.end());
    blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
    for (const int b : blocks) ++n_sources[std::size_t(first_block[l] + b)];
  }
  ranks.sum(n_sources.data(), n_sources.size());

  std::vector<std::vector<ParentCut>> cuts(std::size_t(tree.depth));
  int last_level = 0, last_block = -1;
  for (int i = 0; i < end; ++i) {
    const int box = parents(i), l = essential.place[box].level;
    if (l == 0 || essential.n_targets[box] == 0) continue;
    const int b = block_of(box);
    if (l != last_level || b != last_block) {
      const int n_targets = int(first_of(l, b + 1) - first_of(l, b));
      cuts[l].push_back(
          {i, 0, memory.slabs(int(n_sources[std::size_t(first_block[l] + b)]), n_targets)});
      last_level = l, last_block = b;
    }
    // With those between that have no targets.
    cuts[l].back().n_targets = i + 1 - cuts[l].back().first_target;
  }
  return cuts;
}

}  // namespace Octopole::Impl

#endif
