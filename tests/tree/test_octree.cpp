// SPDX-License-Identifier: BSD-3-Clause
// Invariants of the tree, with and without 2:1 balance, and the tree itself against a recursion on
// the points' codes.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <set>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tree/Octopole_Balance.hpp>
#include <vector>

namespace {

namespace Morton = Octopole::Morton;
using octopole_test::HostTree;
using octopole_test::plant;
using octopole_test::Planted;
using octopole_test::Points;
using Codes = std::vector<std::uint64_t>;

constexpr int deepest = 19;

// Keys of all boxes, and whether they are leaves.
std::map<Morton::Key, bool> boxes_of(const HostTree& tree) {
  std::map<Morton::Key, bool> boxes;
  for (int b = 0; b < tree.n_boxes; ++b) boxes[tree.key(b)] = tree.is_leaf(b);
  return boxes;
}

// The definition: a box is split while it holds too many that do not all share one cell of the finest
// grid, where targets count only if there is a source in a box that touches the parent, and parts without
// points do not exist.
bool in_one_cell(const Codes& s, const Codes& t) {
  Codes all = s;
  all.insert(all.end(), t.begin(), t.end());
  return std::all_of(all.begin(), all.end(), [&](auto c) { return c == all.front(); });
}

// Whether some source is less than a box away from the box of that code and level.
bool source_near(const Codes& all_sources, std::uint64_t first, int level) {
  const auto at = [&](std::uint64_t code) {
    Morton::Position p = Morton::position(code << 5 | std::uint64_t(deepest));
    const int shift = deepest - level;
    return std::array<int, 3>{p.x >> shift, p.y >> shift, p.z >> shift};
  };
  const auto box = at(first);
  return std::any_of(all_sources.begin(), all_sources.end(), [&](auto c) {
    const auto s = at(c);
    return std::abs(s[0] - box[0]) <= 1 && std::abs(s[1] - box[1]) <= 1 &&
           std::abs(s[2] - box[2]) <= 1;
  });
}

void grow(const Codes& all_sources, const Codes& sources, const Codes& targets, int capacity,
          std::uint64_t first, int level, std::map<Morton::Key, bool>& boxes) {
  const std::uint64_t span = std::uint64_t(1) << (3 * (deepest - level));
  const auto inside = [&](const Codes& codes) {
    Codes part;
    for (const auto c : codes)
      if (c >= first && c - first < span) part.push_back(c);
    return part;
  };
  const Codes s = inside(sources), t = inside(targets);
  if (level > 0 && s.empty() && t.empty()) return;
  const bool leaf = level == deepest || in_one_cell(s, t) ||
                    (static_cast<int>(s.size()) <= capacity &&
                     (static_cast<int>(t.size()) <= capacity ||
                      !source_near(all_sources, first, std::max(level - 1, 0))));
  boxes[first << 5 | static_cast<std::uint64_t>(level)] = leaf;
  for (int octant = 0; !leaf && octant < 8; ++octant)
    grow(all_sources, s, t, capacity, first + octant * (span / 8), level + 1, boxes);
}

// Sorted codes are those of the points; `input` names each point once; equal codes in input order.
void check_sorted(const HostTree& tree, const Octopole::SortedPoints<octopole_test::Memory>& sorted,
                  const Points& points) {
  const auto code = octopole_test::to_vector(sorted.code);
  const auto input = octopole_test::to_vector(sorted.input);
  REQUIRE(code.size() == points.size());
  REQUIRE(std::is_sorted(code.begin(), code.end()));
  std::set<int> seen(input.begin(), input.end());
  REQUIRE(seen.size() == points.size());
  int wrong = 0, unstable = 0;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const auto& p = points.at(static_cast<std::size_t>(input[i]));
    wrong += code[i] != tree.domain.code(p[0], p[1], p[2]);
    unstable += i > 0 && code[i] == code[i - 1] && input[i] < input[i - 1];
  }
  CHECK(wrong == 0);
  CHECK(unstable == 0);
}

void check_links(const HostTree& tree) {
  REQUIRE(tree.n_boxes >= 1);
  REQUIRE(tree.key(0) == 0);
  REQUIRE(tree.parent(0) == -1);
  REQUIRE(tree.level_begin[0] == 0);
  REQUIRE(tree.depth <= deepest);
  REQUIRE(tree.level_begin[tree.depth + 1] == tree.n_boxes);
  REQUIRE(tree.level_begin[deepest + 1] == tree.n_boxes);
  int wrong_level = 0, unsorted = 0, wrong_child = 0, wrong_parent = 0, next = 1;
  for (int level = 0; level <= tree.depth; ++level) {
    REQUIRE(tree.level_begin[level] < tree.level_begin[level + 1]);
    for (int b = tree.level_begin[level]; b < tree.level_begin[level + 1]; ++b) {
      wrong_level += octopole_test::cells(tree.key(b)).level != level;
      unsorted += b > tree.level_begin[level] && tree.key(b) <= tree.key(b - 1);
      const unsigned mask = tree.children(b);
      if (tree.is_leaf(b)) {
        wrong_child += mask != 0;
        for (int octant = 0; octant < 8; ++octant) wrong_child += tree.child(b, octant) != -1;
        continue;
      }
      // The children of the boxes follow each other without gaps, in order of octants.
      wrong_child += mask == 0 || mask > 255 || tree.first_child(b) != next;
      for (int octant = 0; octant < 8; ++octant) {
        const int c = tree.child(b, octant);
        if (!(mask >> octant & 1)) {
          wrong_child += c != -1;
          continue;
        }
        wrong_child += c != next;
        if (c != next) continue;
        ++next;
        wrong_parent += tree.parent(c) != b;
        const auto part = octopole_test::cells(tree.key(c)),
                   whole = octopole_test::cells(tree.key(b));
        for (int d = 0; d < 3; ++d) {
          const std::int64_t half = (whole.upper[d] - whole.lower[d]) / 2;
          wrong_child += part.lower[d] != whole.lower[d] + (octant >> d & 1) * half;
        }
      }
    }
  }
  CHECK(wrong_level == 0);
  CHECK(unsorted == 0);
  CHECK(wrong_child == 0);
  CHECK(wrong_parent == 0);
  CHECK(next == tree.n_boxes);
}

// Every box holds exactly the points whose codes lie in it, and children tile their parent.
template <class Begin, class End>
void check_ranges(const HostTree& tree, const Codes& code, const Begin& begin, const End& end) {
  int wrong = 0, gaps = 0;
  for (int b = 0; b < tree.n_boxes; ++b) {
    const auto first = tree.key(b) >> 5;
    const auto last = first + (std::uint64_t(1) << (3 * (deepest - tree.key(b) % 32)));
    wrong += begin(b) != std::lower_bound(code.begin(), code.end(), first) - code.begin() ||
             end(b) != std::lower_bound(code.begin(), code.end(), last) - code.begin();
    if (tree.is_leaf(b)) continue;
    int at = begin(b);
    for (int octant = 0; octant < 8; ++octant) {
      const int c = tree.child(b, octant);
      if (c < 0) continue;
      gaps += begin(c) != at;
      at = end(c);
    }
    gaps += at != end(b);
  }
  CHECK(wrong == 0);
  CHECK(gaps == 0);
  CHECK(begin(0) == 0);
  CHECK(end(0) == static_cast<int>(code.size()));
  // The leaves in order cover all points, each once.
  int at = 0;
  for (int i = 0; i < tree.n_leaves; ++i) {
    gaps += begin(tree.leaves(i)) != at;
    at = end(tree.leaves(i));
  }
  CHECK(gaps == 0);
  CHECK(at == static_cast<int>(code.size()));
}

void check_leaves(const HostTree& tree) {
  int n_leaves = 0, empty = 0, disorder = 0, largest = 0;
  for (int b = 0; b < tree.n_boxes; ++b) {
    const int fullest = std::max(tree.n_sources(b), tree.n_targets(b));
    empty += b > 0 && fullest == 0;
    if (!tree.is_leaf(b)) continue;
    ++n_leaves;
    largest = std::max(largest, fullest);
  }
  CHECK(empty == 0);
  CHECK(tree.n_leaves == n_leaves);
  CHECK(tree.largest_leaf == largest);
  for (int i = 0; i < tree.n_leaves; ++i) {
    disorder += !tree.is_leaf(tree.leaves(i));
    disorder += i > 0 && tree.key(tree.leaves(i)) <= tree.key(tree.leaves(i - 1));
  }
  CHECK(disorder == 0);
}

void check_invariants(const Planted& p, const Points& sources, const Points& targets) {
  const auto& tree = p.host;
  check_sorted(tree, p.sources, sources);
  check_sorted(tree, p.targets, targets);
  check_links(tree);
  check_leaves(tree);
  check_ranges(tree, octopole_test::to_vector(p.sources.code), tree.source_begin, tree.source_end);
  check_ranges(tree, octopole_test::to_vector(p.targets.code), tree.target_begin, tree.target_end);
}

// The largest difference of level between adjacent leaves.
int largest_jump(const HostTree& tree) {
  std::vector<octopole_test::Cells> leaves;
  for (int i = 0; i < tree.n_leaves; ++i)
    leaves.push_back(octopole_test::cells(tree.key(tree.leaves(i))));
  int jump = 0;
  for (const auto& a : leaves)
    for (const auto& b : leaves)
      if (a.level > b.level + jump && octopole_test::touching(a, b)) jump = a.level - b.level;
  return jump;
}

// How many boxes the balanced tree splits without cause. A cause is to be split in the original, or
// a split box of a finer level that touches this one from outside.
int needless_splits(const HostTree& balanced, const std::map<Morton::Key, bool>& original) {
  std::vector<octopole_test::Cells> inner, added;
  for (int b = 0; b < balanced.n_boxes; ++b) {
    if (balanced.is_leaf(b)) continue;
    inner.push_back(octopole_test::cells(balanced.key(b)));
    const auto found = original.find(balanced.key(b));
    if (found == original.end() || found->second) added.push_back(inner.back());
  }
  int needless = 0;
  for (const auto& box : added)
    needless += std::none_of(inner.begin(), inner.end(), [&](const auto& other) {
      bool within = true;
      for (int d = 0; d < 3; ++d)
        within = within && other.lower[d] >= box.lower[d] && other.upper[d] <= box.upper[d];
      return other.level > box.level && !within && octopole_test::touching(box, other);
    });
  return needless;
}

// All that is asked of the tree and of its balanced refinement; how much balance jumped and added.
struct Seen {
  int jump = 0, added = 0;
};
Seen check_trees(const Points& sources, const Points* separate, int capacity) {
  const Points& targets = separate ? *separate : sources;
  Planted p = plant(sources, separate, capacity, false);
  check_invariants(p, sources, targets);
  CHECK(p.host.same_points == !separate);
  const auto boxes = boxes_of(p.host);
  REQUIRE(static_cast<int>(boxes.size()) == p.host.n_boxes);
  std::map<Morton::Key, bool> expected;
  const auto codes = octopole_test::to_vector(p.sources.code);
  grow(codes, codes, octopole_test::to_vector(p.targets.code), capacity, 0, 0, expected);
  REQUIRE((boxes == expected));

  const int jump = largest_jump(p.host);
  const octopole_test::Execution exec;
  p.tree = Octopole::balance(exec, p.tree, p.sources, p.targets);
  p.host = octopole_test::on_host(p.tree);
  check_invariants(p, sources, targets);
  CHECK(largest_jump(p.host) <= 1);
  CHECK(needless_splits(p.host, boxes) == 0);
  const auto refined = boxes_of(p.host);
  int lost = 0;
  for (const auto& [key, leaf] : boxes) {
    const auto found = refined.find(key);
    lost += found == refined.end() || (found->second && !leaf);
  }
  CHECK(lost == 0);
  if (capacity == 20) {  // a balanced tree is its own balanced refinement
    const auto again = Octopole::balance(exec, p.tree, p.sources, p.targets);
    CHECK((boxes_of(octopole_test::on_host(again)) == refined));
  }
  return {jump, static_cast<int>(refined.size() - boxes.size())};
}

}  // namespace

TEST_CASE("trees over sources that are the targets") {
  Seen most;
  for (const auto& [name, points] : octopole_test::point_sets(1000, 1))
    for (const int capacity : {1, 20}) {
      // One point to a leaf: fewer points, or the brute force takes long.
      Points some = points;
      if (capacity == 1 && some.size() > 250) some.resize(250);
      CAPTURE(name, capacity);
      const auto seen = check_trees(some, nullptr, capacity);
      most = {std::max(most.jump, seen.jump), std::max(most.added, seen.added)};
    }
  // The sets need balance: else it was not tested.
  CHECK(most.jump > 3);
  CHECK(most.added > 50);
}

TEST_CASE("trees over other targets than the sources") {
  Seen most;
  for (const auto& [name, sources, targets] : octopole_test::point_pairs(800, 2)) {
    CAPTURE(name);
    const auto seen = check_trees(sources, &targets, 12);
    most = {std::max(most.jump, seen.jump), std::max(most.added, seen.added)};
  }
  CHECK(most.jump > 3);
  CHECK(most.added > 50);
}

TEST_CASE("boxes with only targets and only sources exist and are told apart") {
  const auto pairs = octopole_test::point_pairs(800, 3);
  for (const int which : {1, 4}) {
    const auto p = plant(pairs[which].sources, &pairs[which].targets, 10, false);
    int only_sources = 0, only_targets = 0;
    for (int b = 0; b < p.host.n_boxes; ++b) {
      only_sources += p.host.n_targets(b) == 0;
      only_targets += p.host.n_sources(b) == 0;
    }
    CAPTURE(pairs[which].name);
    CHECK(only_sources > 0);
    CHECK(only_targets > 0);
  }
}

TEST_CASE("small trees are as one would draw them") {
  // N = 0, 1 and points up to the capacity: the root alone.
  for (const int n : {0, 1, 2, 7}) {
    const auto tree = plant(octopole_test::uniform(n, 5), nullptr, 7, false).host;
    CHECK(tree.n_boxes == 1);
    CHECK(tree.n_leaves == 1);
    CHECK(tree.depth == 0);
    CHECK(tree.is_leaf(0));
    CHECK(tree.largest_leaf == n);
  }
  // One point in each corner of a cube.
  Points corners;
  for (int i = 0; i < 8; ++i) corners.push_back({i % 2 * 1.0, i / 2 % 2 * 1.0, i / 4 * 1.0});
  const auto cube = plant(corners, nullptr, 1, false).host;
  CHECK(cube.n_boxes == 9);
  CHECK(cube.depth == 1);
  CHECK(cube.children(0) == 255);
  // More equal points than a leaf may hold: not split, since nothing separates them, and reported.
  const auto equal = plant(octopole_test::all_equal(60), nullptr, 10, false).host;
  CHECK(equal.n_boxes == 1);
  CHECK(equal.largest_leaf == 60);
}

TEST_CASE("a tree of many boxes outgrows what was reserved for it") {
  // About 300 chains of 13 boxes: far more boxes than points over capacity.
  Points pairs;
  for (const auto& p : octopole_test::uniform(300, 6))
    for (const double step : {0.0, 1e-4}) pairs.push_back({p[0] + step, p[1], p[2]});
  check_trees(pairs, nullptr, 1);
  const auto tree = plant(pairs, nullptr, 1, false).host;
  CHECK(tree.n_boxes > 4 * 600);
}

TEST_CASE("a large tree keeps its invariants") {
  const auto points = octopole_test::clustered(100000, 8);
  const auto p = plant(points, nullptr, 64, true);
  check_invariants(p, points, points);
  CHECK(p.host.depth > 5);
}
