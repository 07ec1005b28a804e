#ifndef OCTOPOLE_NEAR_RANKS_HPP
#define OCTOPOLE_NEAR_RANKS_HPP

#include <core/base/Octopole_Transfer.hpp>
#include <core/ranks/Octopole_Communicator.hpp>
#include <core/ranks/Octopole_OwnBoxes.hpp>
#include <core/ranks/Octopole_Partition.hpp>
#include <tree/Octopole_Octree.hpp>
#include <tree/Octopole_SortedPoints.hpp>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

/// Where targets are others than the sources, the octree splits boxes of one kind only where points of the other
/// are near, and those may be another rank's.
namespace Octopole {

/// A rank's sources, or its targets, as their sorted codes on the host.
class HostCodes {
 public:
  /// None.
  HostCodes() = default;
  /// @param sorted  the points
  template <class MemorySpace>
  explicit HostCodes(const SortedPoints<MemorySpace>& sorted) {
    const auto codes = Impl::to_host(sorted.code);
    m_codes.assign(codes.data(), codes.data() + sorted.size());
  }
  /// @param code  any
  /// @return points before it along the curve
  std::int64_t before(std::uint64_t code) const {
    return std::lower_bound(m_codes.begin(), m_codes.end(), code) - m_codes.begin();
  }
  /// @param box  any
  /// @return points in it
  std::int64_t in(const BoxPlace& box) const {
    return before(box.end_code()) - before(box.first_code());
  }

 private:
  std::vector<std::uint64_t> m_codes;
};

/// Sources and targets of a rank; where these are the same, `targets` is empty.
struct KindsOfCodes {
  HostCodes sources,  ///< sorted
      targets;        ///< sorted
};

/// The box around which points of the other kind are looked for where one is to be split, see Impl::points_near.
/// @param box  any
/// @return its ancestor
inline BoxPlace box_asked(BoxPlace box) {
  for (int i = 0; i < Impl::spare_levels && box.level > 0; ++i) box = box.parent();
  return box;
}

/// Sources and targets of all ranks in boxes. Collective: all ranks ask for the same.
/// @param ranks  the ranks
/// @param codes  this one's points
/// @param boxes  any
/// @return (2 boxes) the sources of all of them, then the targets
inline std::vector<std::int64_t> count_kinds(const Communicator& ranks, const KindsOfCodes& codes,
                                             const std::vector<BoxPlace>& boxes) {
  std::vector<std::int64_t> counts;
  for (const BoxPlace& box : boxes) counts.push_back(codes.sources.in(box));
  for (const BoxPlace& box : boxes) counts.push_back(codes.targets.in(box));
  ranks.sum(counts.data(), counts.size());
  return counts;
}

/// Which boxes the octree of all points splits, where targets are others than the sources. Collective, as
/// count_kinds.
/// @param ranks,codes  as for count_kinds
/// @param places,level  the boxes
/// @param capacity  most points of a kind in a leaf
/// @return (boxes) whether
inline std::vector<char> which_split(const Communicator& ranks, const KindsOfCodes& codes,
                                     const std::vector<std::uint64_t>& places, int level,
                                     int capacity) {
  const std::size_t n = places.size();
  const auto less = [](const BoxPlace& a, const BoxPlace& b) { return a.place < b.place; };
  std::vector<BoxPlace> boxes, around;
  for (const std::uint64_t place : places) {
    boxes.push_back({place, level});
    for_boxes_around(box_asked({place, level}), [&](const BoxPlace& at) { around.push_back(at); });
  }
  std::sort(around.begin(), around.end(), less);
  around.erase(std::unique(around.begin(), around.end(),
                           [](const BoxPlace& a, const BoxPlace& b) { return a.place == b.place; }),
               around.end());
  const auto in_boxes = count_kinds(ranks, codes, boxes),
             in_around = count_kinds(ranks, codes, around);
  std::vector<char> split(n);
  for (std::size_t i = 0; i < n; ++i) {
    bool sources = false, targets = false;
    for_boxes_around(box_asked(boxes[i]), [&](const BoxPlace& at) {
      const std::size_t j =
          std::size_t(std::lower_bound(around.begin(), around.end(), at, less) - around.begin());
      sources = sources || in_around[j] > 0;
      targets = targets || in_around[around.size() + j] > 0;
    });
    split[i] = (in_boxes[i] > capacity && targets) || (in_boxes[n + i] > capacity && sources);
  }
  return split;
}

/// Whether ranks have points around a box.
struct NearQuestion {
  BoxPlace box;     ///< in it, or in one of its level that touches it
  bool of_sources;  ///< or of targets
};

/// Asks those ranks whose parts the boxes around reach into. Collective, each rank with questions of its own.
/// @param ranks  the ranks
/// @param splitters  their parts
/// @param codes  points of this rank's part
/// @param questions  any number
/// @return (questions) whether there are any
inline std::vector<char> ask_near(const Communicator& ranks, const Splitters& splitters,
                                  const KindsOfCodes& codes,
                                  const std::vector<NearQuestion>& questions) {
  // A box asked about is asked about once, whichever questions it answers.
  using Asked = std::tuple<int, bool, std::uint64_t, int>;  // rank, of sources, place, level
  std::vector<std::pair<Asked, std::size_t>> asked;
  std::vector<char> found(questions.size(), 0);
  const auto here = [&](const BoxPlace& box, bool of_sources) {
    return (of_sources ? codes.sources : codes.targets).in(box) > 0;
  };
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const auto& [box, of_sources] = questions[i];
    const bool sources = of_sources;
    for_boxes_around(box, [&](const BoxPlace& at) { found[i] = found[i] || here(at, sources); });
    if (found[i]) continue;
    for_boxes_around(box, [&](const BoxPlace& at) {
      for (int r = splitters.owner_of(at); r <= splitters.owner_of(at.end_code() - 1); ++r)
        if (r != ranks.rank()) asked.push_back({{r, sources, at.place, at.level}, i});
    });
  }
  std::sort(asked.begin(), asked.end());
  std::vector<std::vector<NearQuestion>> to(ranks.size());
  std::vector<std::size_t> answer_of;  // among those of its rank
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const auto& [rank, of_sources, place, level] = asked[i].first;
    if (i == 0 || asked[i].first != asked[i - 1].first)
      to[rank].push_back({{place, level}, of_sources});
    answer_of.push_back(to[rank].size() - 1);
  }
  std::vector<std::vector<char>> answers(ranks.size());
  const auto from = Impl::exchange_values(ranks, to);
  for (int r = 0; r < ranks.size(); ++r)
    for (const NearQuestion& question : from[r])
      answers[r].push_back(here(question.box, question.of_sources));
  const auto received = Impl::exchange_values(ranks, answers);
  for (std::size_t i = 0; i < asked.size(); ++i)
    found[asked[i].second] |= received[std::get<0>(asked[i].first)][answer_of[i]];
  return found;
}

/// What build_octree asks before it splits a level, of all ranks. Collective: all ranks make their trees together.
template <class MemorySpace>
class AskRanks {
 public:
  using Flags = Kokkos::View<bool*, MemorySpace>;  ///< (boxes of a level)

  /// Which boxes of a level have sources near, which targets.
  struct Near {
    Flags with_sources, with_targets;
    int first;  ///< box of the level
    /// @param box  index
    /// @return whether sources are near
    KOKKOS_FUNCTION bool sources(int box, const Morton::Key&, int) const {
      return with_sources(box - first);
    }
    /// @param box  index
    /// @return whether targets are near
    KOKKOS_FUNCTION bool targets(int box, const Morton::Key&, int) const {
      return with_targets(box - first);
    }
  };

  /// @param ranks,splitters,codes  as for ask_near; to be there as long as this
  /// @param n_coarse_levels  of the coarse tree
  AskRanks(const Communicator& ranks, const Splitters& splitters, const KindsOfCodes& codes,
           int n_coarse_levels)
      : m_ranks(ranks),
        m_splitters(splitters),
        m_codes(codes),
        m_n_coarse_levels(n_coarse_levels) {}

  /// Asks for the boxes that hold too much of a kind.
  /// @param tree  with the boxes of the level
  /// @param level  which
  /// @return the answers
  template <class ExecutionSpace, class Tree>
  Near near(const ExecutionSpace&, const Tree& tree, int level) {
    const int first = tree.level_begin[level], n = tree.level_begin[level + 1] - first;
    const auto part = [&](const auto& view) {
      return Impl::to_host(Kokkos::subview(view, std::make_pair(first, first + n)));
    };
    const auto key = part(tree.key);
    const auto source_begin = part(tree.source_begin), source_end = part(tree.source_end),
               target_begin = part(tree.target_begin), target_end = part(tree.target_end);
    std::vector<NearQuestion> questions;
    std::vector<int> box_of;
    const int capacity = level < tree.finest ? tree.capacity : INT_MAX;
    for (int b = 0; b < n; ++b) {
      if (level > Morton::levels_per_word) break;
      const BoxPlace box{Impl::place_on_level(key(b)), level};
      for (const bool of_sources : {true, false}) {
        const int full =
            of_sources ? target_end(b) - target_begin(b) : source_end(b) - source_begin(b);
        if (full <= capacity) continue;
        questions.push_back({box_asked(box), of_sources});
        box_of.push_back(b);
      }
    }
    const std::vector<char> found = ask_near(m_ranks, m_splitters, m_codes, questions);
    std::vector<char> near[2] = {std::vector<char>(std::size_t(n), 0),
                                 std::vector<char>(std::size_t(n), 0)};
    for (std::size_t i = 0; i < questions.size(); ++i)
      near[questions[i].of_sources ? 0 : 1][std::size_t(box_of[i])] = found[i];
    std::int64_t n_asked = std::int64_t(questions.size());
    m_ranks.sum(&n_asked, 1);
    m_goes_on = n_asked > 0 || level + 1 < m_n_coarse_levels;
    return {Impl::view_of<Flags>("Octopole::Ranks::near_sources", near[0]),
            Impl::view_of<Flags>("Octopole::Ranks::near_targets", near[1]), first};
  }
  /// @return whether some rank may have something to ask at the next level
  bool goes_on() const { return m_goes_on; }

 private:
  const Communicator& m_ranks;
  const Splitters& m_splitters;
  const KindsOfCodes& m_codes;
  int m_n_coarse_levels;
  bool m_goes_on = false;
};

/// Looks at the leaves of all ranks that have targets, as count_near_targets of one tree. Collective.
/// @param ranks,splitters,codes  as for ask_near
/// @param tree  this rank's
/// @return what of all targets has sources near
template <class MemorySpace>
NearTargets count_near_targets(const Communicator& ranks, const Splitters& splitters,
                               const KindsOfCodes& codes, const Octree<MemorySpace>& tree) {
  const auto leaves = Impl::to_host(tree.leaves);
  const auto key = Impl::to_host(tree.key);
  const auto begin = Impl::to_host(tree.target_begin), end = Impl::to_host(tree.target_end);
  std::vector<NearQuestion> questions;
  std::vector<int> n_targets;
  for (int i = 0; i < tree.n_leaves; ++i) {
    const int leaf = leaves(i);
    if (end(leaf) == begin(leaf)) continue;
    questions.push_back({{Impl::place_on_level(key(leaf)), Morton::level(key(leaf))}, true});
    n_targets.push_back(end(leaf) - begin(leaf));
  }
  const std::vector<char> found = ask_near(ranks, splitters, codes, questions);
  std::int64_t sums[2] = {std::int64_t(questions.size()), 0};
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found[i]) sums[1] += n_targets[i];
  ranks.sum(sums, 2);
  return {sums[0], sums[1]};
}

}  // namespace Octopole

#endif
