#ifndef OCTOPOLE_PARTITION_HPP
#define OCTOPOLE_PARTITION_HPP

#include <tree/Octopole_Morton.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

/// Which rank has which part of the Morton curve. Everything here is on the host, the same on every rank, and
/// of a size that does not depend on the number of points.
namespace Octopole {

/// A box by its level and its place among the boxes of that level along the Morton curve. For trees of ranks,
/// which have at most Morton::levels_per_word levels.
struct BoxPlace {
  std::uint64_t place = 0;  ///< 0 to 8^level - 1
  int level = 0;            ///< 0 to Morton::levels_per_word

  /// @return of the first cell of the finest level in the box
  std::uint64_t first_code() const { return place << bits(); }
  /// @return one past that of the last
  std::uint64_t end_code() const { return (place + 1) << bits(); }
  /// @return the box that it is a child of; level has to be above 0
  BoxPlace parent() const { return {place >> 3, level - 1}; }
  /// @param octant  0 to 7
  /// @return that child
  BoxPlace child(int octant) const { return {place << 3 | std::uint64_t(octant), level + 1}; }
  /// @return as the octree names it
  Morton::Key key() const { return Morton::box_within({{0, 0, 0}, 0}, first_code(), level); }

 private:
  int bits() const { return 3 * (Morton::levels_per_word - level); }
};

/// Calls f(BoxPlace) for a box and those of its level that touch it.
/// @param box  any
/// @param f  called up to 27 times
template <class F>
void for_boxes_around(const BoxPlace& box, const F& f) {
  const Morton::Position p = Morton::position(box.key());
  const std::int64_t edge = std::int64_t(1) << box.level;
  for (int n = 0; n < 27; ++n) {
    const std::int64_t x = p.x + n % 3 - 1, y = p.y + n / 3 % 3 - 1, z = p.z + n / 9 - 1;
    if (x < 0 || y < 0 || z < 0 || x >= edge || y >= edge || z >= edge) continue;
    f(BoxPlace{Morton::interleave(std::uint64_t(x), std::uint64_t(y), std::uint64_t(z)),
               box.level});
  }
}

/// One past the last code of a cell of the finest level.
inline constexpr std::uint64_t codes_end = std::uint64_t(1) << Morton::code_bits;

/// The octree of all points as far as the partition needs it: boxes with more points than a leaf and than a
/// sixteenth of a rank's share are split. What it splits, the octree of all points splits too.
struct CoarseTree {
  /// A box with points.
  struct Box {
    std::uint64_t place;  ///< on its level
    std::int64_t count;  ///< points in it, of all ranks; sources and targets where these are others
    unsigned children =
        0;  ///< bit o: the child in octant o exists; 0: the box is a unit of the partition
    std::int64_t n_sources = count,  ///< of `count`, and where targets are others set later for
        n_targets = count;           ///< boxes that are split, see count_kinds
  };
  std::vector<std::vector<Box>> level;  ///< boxes of each level, in Morton order

  /// @param box  any
  /// @return the box with this place where the tree has it, else null
  const Box* find(const BoxPlace& box) const {
    if (box.level >= int(level.size())) return nullptr;
    const auto& all = level[box.level];
    const auto at =
        std::lower_bound(all.begin(), all.end(), box.place,
                         [](const Box& b, std::uint64_t place) { return b.place < place; });
    return at != all.end() && at->place == box.place ? &*at : nullptr;
  }
};

/// Makes the coarse tree, level by level. Collective through `count`.
/// @param n_points  of all ranks
/// @param capacity  most points in a leaf
/// @param finest  the finest level of the octree
/// @param n_ranks  R
/// @param count  count(places, level): std::vector<std::int64_t>, how many points of all ranks lie in these
///   boxes of the level
/// @param splits  splits(places, level): std::vector<char>, which of these boxes with more than `capacity` points
///   the octree splits
/// @return 16 R to some 128 R boxes
template <class Count, class Splits>
CoarseTree make_coarse_tree(std::int64_t n_points, int capacity, int finest, int n_ranks,
                            const Count& count, const Splits& splits) {
  CoarseTree tree;
  const std::int64_t most =
      std::max<std::int64_t>(capacity, n_points / (16 * std::int64_t(n_ranks)));
  tree.level.push_back({{0, n_points}});
  for (int l = 0; l < std::min(finest, Morton::levels_per_word); ++l) {
    std::vector<std::size_t> full, split;
    std::vector<std::uint64_t> places;
    for (std::size_t i = 0; i < tree.level[l].size(); ++i)
      if (tree.level[l][i].count > most) {
        full.push_back(i);
        places.push_back(tree.level[l][i].place);
      }
    if (full.empty()) break;
    const std::vector<char> is_split = splits(places, l);
    places.clear();
    for (std::size_t i = 0; i < full.size(); ++i) {
      if (!is_split[i]) continue;
      split.push_back(full[i]);
      for (int octant = 0; octant < 8; ++octant)
        places.push_back(BoxPlace{tree.level[l][full[i]].place, l}.child(octant).place);
    }
    if (split.empty()) break;
    const std::vector<std::int64_t> counts = count(places, l + 1);
    tree.level.emplace_back();
    for (std::size_t i = 0; i < split.size(); ++i)
      for (int octant = 0; octant < 8; ++octant) {
        const std::size_t at = 8 * i + std::size_t(octant);
        if (counts[at] == 0) continue;
        tree.level[l][split[i]].children |= 1u << octant;
        tree.level[l + 1].push_back({places[at], counts[at]});
      }
  }
  return tree;
}

/// The same where targets are the sources: the octree splits all those boxes.
/// @param n_points,capacity,finest,n_ranks,count  as for the other
/// @return 16 R to some 128 R boxes
template <class Count>
CoarseTree make_coarse_tree(std::int64_t n_points, int capacity, int finest, int n_ranks,
                            const Count& count) {
  return make_coarse_tree(n_points, capacity, finest, n_ranks, count,
                          [](const std::vector<std::uint64_t>& places, int) {
                            return std::vector<char>(places.size(), 1);
                          });
}

/// Rank r has the codes code[r] to code[r + 1] - 1 of the Morton curve, or none where these are equal.
struct Splitters {
  std::vector<std::uint64_t> code;  ///< (R + 1) from 0 to `codes_end`

  /// @return R
  int size() const { return int(code.size()) - 1; }
  /// @param at  a code
  /// @return whose it is
  int owner_of(std::uint64_t at) const {
    return int(std::upper_bound(code.begin(), code.end() - 1, at) - code.begin()) - 1;
  }
  /// Who holds the expansions of a box: the rank whose its first code is.
  /// @param box  any
  /// @return 0 to R - 1
  int owner_of(const BoxPlace& box) const { return owner_of(box.first_code()); }
  /// @param box  any
  /// @return whether it lies in the parts of two ranks or more
  bool shared(const BoxPlace& box) const {
    return code[std::size_t(owner_of(box)) + 1] < box.end_code();
  }
  /// @param box  any
  /// @param rank  0 to R - 1
  /// @return whether some of it lies in the rank's part
  bool meets(const BoxPlace& box, int rank) const {
    return std::max(box.first_code(), code[rank]) < std::min(box.end_code(), code[rank + 1]);
  }
  /// Calls f(rank) once for each rank whose part some of the box or of the 26 around it lies in, in ascending
  /// order.
  /// @param box  any
  /// @param f  f(int rank)
  template <class F>
  void for_ranks_around(const BoxPlace& box, const F& f) const {
    std::array<std::pair<int, int>, 27> found;
    int n_found = 0;
    for_boxes_around(box, [&](const BoxPlace& at) {
      found[n_found++] = {owner_of(at), owner_of(at.end_code() - 1)};
    });
    std::sort(found.begin(), found.begin() + n_found);
    int next = 0;
    for (int i = 0; i < n_found; ++i) {
      for (next = std::max(next, found[i].first); next <= found[i].second; ++next)
        if (code[next] < code[next + 1]) f(next);
    }
  }
};

/// A part of the curve that is not cut: a leaf of the coarse tree.
struct PartitionUnit {
  std::uint64_t first, end;  ///< codes, one past the last
  std::int64_t count;        ///< points
};

/// The units of a partition, along the curve.
/// @param tree  of all points
/// @return 16 R to some 128 R
inline std::vector<PartitionUnit> units_of(const CoarseTree& tree) {
  std::vector<PartitionUnit> units;
  for (int l = 0; l < int(tree.level.size()); ++l)
    for (const auto& box : tree.level[l]) {
      const BoxPlace place{box.place, l};
      if (box.children == 0) units.push_back({place.first_code(), place.end_code(), box.count});
    }
  std::sort(units.begin(), units.end(),
            [](const PartitionUnit& a, const PartitionUnit& b) { return a.first < b.first; });
  return units;
}

/// Cuts the curve at boundaries of units, so that each rank has about as much of what they weigh, and no
/// leaf of the octree lies in two parts.
/// @param units  of all points
/// @param weights  (units) not negative
/// @param n_ranks  R
/// @return the parts; of more ranks than there are units some are empty
inline Splitters make_splitters(const std::vector<PartitionUnit>& units,
                                const std::vector<double>& weights, int n_ranks) {
  double total = 0;
  for (const double weight : weights) total += weight;
  Splitters splitters;
  splitters.code.push_back(0);
  std::size_t at = 0;
  double before = 0;  // weight of the units before `at`
  for (int r = 1; r < n_ranks; ++r) {
    const double share = total * r / n_ranks;
    // The next unit is this side of the cut where most of it is.
    while (at < units.size() && before + 0.5 * weights[at] <= share) before += weights[at++];
    splitters.code.push_back(at == 0 ? 0 : at < units.size() ? units[at].first : codes_end);
  }
  splitters.code.push_back(codes_end);
  return splitters;
}

/// The same by numbers of points.
/// @param tree  of all points
/// @param n_ranks  R
/// @return the parts; of more ranks than there are units some are empty
inline Splitters make_splitters(const CoarseTree& tree, int n_ranks) {
  const std::vector<PartitionUnit> units = units_of(tree);
  std::vector<double> counts;
  counts.reserve(units.size());
  for (const PartitionUnit& unit : units) counts.push_back(double(unit.count));
  return make_splitters(units, counts, n_ranks);
}

/// How much more the rank with most has than the mean.
/// @param units,weights  as for make_splitters
/// @param splitters  the parts
/// @return 1 to R
inline double imbalance(const std::vector<PartitionUnit>& units, const std::vector<double>& weights,
                        const Splitters& splitters) {
  std::vector<double> of_rank(std::size_t(splitters.size()), 0.0);
  double total = 0;
  for (std::size_t i = 0; i < units.size(); ++i) {
    of_rank[std::size_t(splitters.owner_of(units[i].first))] += weights[i];
    total += weights[i];
  }
  const double most = *std::max_element(of_rank.begin(), of_rank.end());
  return total > 0 ? most * splitters.size() / total : 1;
}

/// Parts cut before, of other points perhaps, cut at boundaries of these units.
/// @param units  of all points
/// @param old  parts
/// @return as many parts
inline Splitters moved_to_units(const std::vector<PartitionUnit>& units, const Splitters& old) {
  Splitters splitters = old;
  for (std::size_t r = 1; r + 1 < splitters.code.size(); ++r) {
    const auto at =
        std::lower_bound(units.begin(), units.end(), old.code[r],
                         [](const PartitionUnit& u, std::uint64_t code) { return u.first < code; });
    splitters.code[r] = at == units.end() ? codes_end : at == units.begin() ? 0 : at->first;
  }
  return splitters;
}

}  // namespace Octopole

#endif
