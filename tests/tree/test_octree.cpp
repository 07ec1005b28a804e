// SPDX-License-Identifier: BSD-3-Clause
// Invariants of the tree, with and without 2:1 balance, and the tree itself against a recursion on
// the points' codes.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <stdexcept>
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
using octopole_test::PreOrder;
using Cell = std::array<std::int64_t, 3>;
using Cells = std::vector<Cell>;
using Boxes = std::map<Morton::Key, bool, PreOrder>;

constexpr int deepest = 52;

// Keys of all boxes, and whether they are leaves.
Boxes boxes_of(const HostTree& tree) {
  Boxes boxes;
  for (int b = 0; b < tree.n_boxes; ++b) boxes[tree.key(b)] = tree.is_leaf(b);
  return boxes;
}

Cells finest_cells(const HostTree& tree, const Points& points) {
  Cells all;
  for (const auto& p : points) all.push_back(octopole_test::finest_cell(tree.domain, p));
  return all;
}

// The definition: a box is split while it holds too many that do not all share one cell of the finest
// grid that there is, where each kind counts only if there is one of the other in a box that touches the parent, and
// parts without points do not exist.
struct Growth {
  const Cells &all_sources, &all_targets;
  int capacity, finest;  // the level of that grid
  Boxes boxes;

  bool in_one_cell(const Cells& s, const Cells& t) const {
    Cells all = s;
    all.insert(all.end(), t.begin(), t.end());
    const int shift = deepest - finest;
    return std::all_of(all.begin(), all.end(), [&](const Cell& c) {
      bool same = true;
      for (int d = 0; d < 3; ++d) same = same && c[d] >> shift == all.front()[d] >> shift;
      return same;
    });
  }

  // Whether some point is less than a box of that level away from the box.
  static bool near(const Cells& points, const Morton::Key& box, int level) {
    const auto place = octopole_test::cells(box);
    const int shift = deepest - level;
    return std::any_of(points.begin(), points.end(), [&](const Cell& c) {
      bool touches = true;
      for (int d = 0; d < 3; ++d)
        touches = touches && std::abs((c[d] >> shift) - (place.lower[d] >> shift)) <= 1;
      return touches;
    });
  }

  void grow(const Cells& sources, const Cells& targets, const Morton::Key& box) {
    const auto place = octopole_test::cells(box);
    const auto inside = [&](const Cells& cells) {
      Cells part;
      for (const auto& c : cells) {
        bool in = true;
        for (int d = 0; d < 3; ++d) in = in && c[d] >= place.lower[d] && c[d] < place.upper[d];
        if (in) part.push_back(c);
      }
      return part;
    };
    const int level = place.level;
    const Cells s = inside(sources), t = inside(targets);
    if (level > 0 && s.empty() && t.empty()) return;
    const bool leaf = level == finest || in_one_cell(s, t) ||
                      ((static_cast<int>(s.size()) <= capacity ||
                        !near(all_targets, box, std::max(level - 1, 0))) &&
                       (static_cast<int>(t.size()) <= capacity ||
                        !near(all_sources, box, std::max(level - 1, 0))));
    boxes[box] = leaf;
    for (int octant = 0; !leaf && octant < 8; ++octant) {
      const std::int64_t x = octant % 2, y = octant / 2 % 2, z = octant / 4;
      const auto p = box.at;
      grow(s, t, {{2 * p.x + x, 2 * p.y + y, 2 * p.z + z}, level + 1});
    }
  }
};

// The points stand along the Morton curve as far as there are codes; `input` names each point once; points of
// one cell in input order.
void check_sorted(const HostTree& tree, const Octopole::SortedPoints<octopole_test::Memory>& sorted,
                  const Points& points) {
  const auto input = octopole_test::to_vector(sorted.input);
  REQUIRE(input.size() == points.size());
  REQUIRE(std::set<int>(input.begin(), input.end()).size() == points.size());
  const auto cells = finest_cells(tree, points);
  const int level = Morton::finest_level(sorted.n_words), shift = deepest - level;
  const auto key = [&](std::size_t i) {
    const auto& c = cells[static_cast<std::size_t>(input[i])];
    return Morton::encode({c[0] >> shift, c[1] >> shift, c[2] >> shift}, level);
  };
  int descents = 0, unstable = 0;
  for (std::size_t i = 1; i < input.size(); ++i) {
    descents += PreOrder()(key(i), key(i - 1));
    unstable += key(i) == key(i - 1) && input[i] < input[i - 1];
  }
  CHECK(descents == 0);
  CHECK(unstable == 0);
}

void check_links(const HostTree& tree) {
  REQUIRE(tree.n_boxes >= 1);
  REQUIRE((tree.key(0) == Morton::encode({0, 0, 0}, 0)));
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
      unsorted += b > tree.level_begin[level] && !PreOrder()(tree.key(b - 1), tree.key(b));
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

// Every box holds exactly the points that lie in it, and children tile their parent. `cells`: of the points
// in the tree's order.
template <class Begin, class End>
void check_ranges(const HostTree& tree, const Cells& cells, const Begin& begin, const End& end) {
  int wrong = 0, gaps = 0;
  for (int b = 0; b < tree.n_boxes; ++b) {
    const auto box = octopole_test::cells(tree.key(b));
    for (int i = begin(b); i < end(b); ++i)
      for (int d = 0; d < 3; ++d)
        wrong += cells[i][d] < box.lower[d] || cells[i][d] >= box.upper[d];
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
  CHECK(end(0) == static_cast<int>(cells.size()));
  // The leaves in order cover all points, each once.
  int at = 0;
  for (int i = 0; i < tree.n_leaves; ++i) {
    gaps += begin(tree.leaves(i)) != at;
    at = end(tree.leaves(i));
  }
  CHECK(gaps == 0);
  CHECK(at == static_cast<int>(cells.size()));
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
    disorder += i > 0 && !PreOrder()(tree.key(tree.leaves(i - 1)), tree.key(tree.leaves(i)));
  }
  CHECK(disorder == 0);
}

void check_invariants(const Planted& p, const Points& sources, const Points& targets) {
  const auto& tree = p.host;
  check_sorted(tree, p.sources, sources);
  check_sorted(tree, p.targets, targets);
  check_links(tree);
  check_leaves(tree);
  const auto in_order = [&](const auto& sorted, const Points& points) {
    Cells cells;
    for (const int i : octopole_test::to_vector(sorted.input))
      cells.push_back(octopole_test::finest_cell(tree.domain, points[i]));
    return cells;
  };
  check_ranges(tree, in_order(p.sources, sources), tree.source_begin, tree.source_end);
  check_ranges(tree, in_order(p.targets, targets), tree.target_begin, tree.target_end);
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
int needless_splits(const HostTree& balanced, const Boxes& original) {
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
  const Cells from = finest_cells(p.host, sources), to = finest_cells(p.host, targets);
  Growth expected{from, to, capacity, Morton::finest_level(p.sources.n_words), {}};
  expected.grow(from, to, Morton::encode({0, 0, 0}, 0));
  REQUIRE((boxes == expected.boxes));

  const int jump = largest_jump(p.host);
  const octopole_test::Execution exec;
  if (p.host.depth > 19) {
    CHECK_THROWS_AS(Octopole::balance(exec, p.tree, p.sources, p.targets), std::invalid_argument);
    return {jump, 0};
  }
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

TEST_CASE("leaves hold no more than their capacity over 12 decades") {
  for (const int capacity : {1, 7, 64}) {
    CAPTURE(capacity);
    const auto nested = octopole_test::nested_clusters(20000, 11);
    const auto p = plant(nested, nullptr, capacity, false);
    check_invariants(p, nested, nested);
    CHECK(p.host.largest_leaf <= capacity);
    CHECK(p.host.depth > 40);
    const auto targets = octopole_test::nested_clusters(5000, 12);
    const auto both = plant(nested, &targets, capacity, false);
    check_invariants(both, nested, targets);
    if (capacity > 1)  // else two targets have no source near now and then
      CHECK(both.host.largest_leaf <= capacity);
  }
}

TEST_CASE("a cloud has the leaves that it has without an outlier") {
  const auto points = octopole_test::outlier(20000, 13);
  const auto p = plant(points, nullptr, 64, false);
  check_invariants(p, points, points);
  CHECK(p.host.largest_leaf <= 64);
  const auto alone = plant(octopole_test::clustered(19999, 13), nullptr, 64, false).host;
  CHECK(p.host.n_leaves > alone.n_leaves / 2);
  CHECK(p.host.n_leaves < 2 * alone.n_leaves);
  // As a source beside the targets, and the other way.
  const Points far{points.back()}, cloud(points.begin(), points.end() - 1);
  for (const bool targets_far : {false, true}) {
    const auto &s = targets_far ? points : cloud, &t = targets_far ? far : points;
    const auto apart = plant(s, &t, 64, false);
    check_invariants(apart, s, t);
    // Sources far from the only target are one leaf, which its expansion serves.
    CHECK(apart.host.largest_leaf <= (targets_far ? 19999 : 64));
    CHECK((apart.host.largest_leaf > 64) == targets_far);
  }
}

TEST_CASE("points at one place are one leaf as soon as they are alone") {
  // 1000 at one place among others that are apart, and at two places that only the last levels part.
  Points points = octopole_test::uniform(3000, 14);
  for (int i = 0; i < 1000; ++i) points[3 * i] = {0.3, 0.4, 0.6};
  const auto p = plant(points, nullptr, 20, false);
  check_invariants(p, points, points);
  CHECK(p.sources.n_words == 1);
  CHECK(p.host.largest_leaf >= 1000);
  CHECK(p.host.depth < 19);

  for (int i = 0; i < 500; ++i) points[3 * i] = {0.3, 0.4, 0.6 + 0x1p-45};
  const auto two = plant(points, nullptr, 20, false);
  check_invariants(two, points, points);
  CHECK(two.sources.n_words == 3);
  CHECK(two.host.largest_leaf == 500);
  CHECK(two.host.depth > 40);
  int chain = 0;  // of boxes with one child: down to where the two part and no further
  for (int b = 0; b < two.host.n_boxes; ++b) chain += Kokkos::popcount(two.host.children(b)) == 1;
  CHECK(chain < 45);

  // One other place among 64 at one is enough for a leaf more.
  for (const int at : {0, 1, 30, 63, 64}) {
    Points some(65, {0.3, 0.4, 0.6});
    some[at][1] += 0x1p-30;
    some.push_back({-1, -1, -1});
    CAPTURE(at);
    CHECK(plant(some, nullptr, 64, false).host.largest_leaf == 64);
  }
}

TEST_CASE("words of codes are there only where they are needed") {
  const auto words = [](const Points& points, int capacity) {
    return plant(points, nullptr, capacity, false).sources.n_words;
  };
  CHECK(words(octopole_test::uniform(20000, 15), 1) == 1);
  CHECK(words(octopole_test::clustered(20000, 15), 16) == 1);
  CHECK(words(octopole_test::duplicates(20000, 15), 16) == 1);
  CHECK(words(octopole_test::spiral(2000, 15), 20) == 2);
  CHECK(words(octopole_test::spiral(2000, 15), 2000) == 1);
  CHECK(words(octopole_test::nested_clusters(2000, 15), 20) == 3);
  CHECK(words(octopole_test::last_places(2000, 15), 1) == 3);
  // Both have those that one needs, and codes that are made anew begin anew.
  const auto few = octopole_test::uniform(10, 16), deep = octopole_test::nested_clusters(2000, 16);
  auto p = plant(few, &deep, 20, false);
  CHECK(p.sources.n_words == 3);
  CHECK(p.targets.n_words == 3);
  const octopole_test::Execution exec;
  Octopole::encode_points(exec, p.tree.domain, octopole_test::to_view(few), p.sources);
  CHECK(p.sources.n_words == 1);
  // No further than asked.
  auto sorted = Octopole::sort_points(exec, p.tree.domain, octopole_test::to_view(deep));
  Octopole::sort_deeper(exec, p.tree.domain, octopole_test::to_view(deep), sorted, 20, 19);
  CHECK(sorted.n_words == 1);
  Octopole::sort_deeper(exec, p.tree.domain, octopole_test::to_view(deep), sorted, 20, 38);
  CHECK(sorted.n_words == 2);
  const auto tree = Octopole::make_octree(exec, p.tree.domain, sorted, sorted, true, 20);
  CHECK(tree.depth <= 38);
}

TEST_CASE("points around faces of level 19 are in the boxes that they are counted to") {
  // Pairs a last place apart with a face between them, deep enough to be leaves of their own.
  Points points{{0, 0, 0}, {1, 1, 1}};
  const auto domain = Octopole::make_domain(
      Octopole::bounds(octopole_test::Execution(), octopole_test::to_view(points)), false);
  octopole_test::Random random(17);
  for (int i = 0; i < 300; ++i) {
    octopole_test::Point p;
    for (int d = 0; d < 3; ++d)
      p[d] = domain.corner[d] + domain.side() * 0x1p-19 * (3 + random.below((1 << 19) - 6));
    points.push_back(p);
    const int d = random.below(3);
    p[d] = std::nextafter(p[d], 0);
    points.push_back(p);
  }
  const auto p = plant(points, nullptr, 1, false);
  check_invariants(p, points, points);
  CHECK(p.host.largest_leaf == 1);
}

TEST_CASE("balance goes on across the faces of a root that repeats") {
  // A dense cloud in one corner: its neighbours across the faces are leaves of few points.
  octopole_test::Random random(3);
  Points points{{0, 0, 0}, {1, 1, 1}};
  for (int i = 0; i < 1500; ++i) {
    const double width = i < 1000 ? 1 : 0.01;
    points.push_back({width * random(), width * random(), width * random()});
  }
  Planted p = plant(points, nullptr, 20, false);
  const octopole_test::Execution exec;
  const auto jump = [](const HostTree& tree, Morton::Axes axes) {
    int most = 0;
    for (int i = 0; i < tree.n_leaves; ++i)
      for (int j = 0; j < tree.n_leaves; ++j) {
        const Morton::Key a = tree.key(tree.leaves(i)), b = tree.key(tree.leaves(j));
        if (Morton::adjacent_images(a, b, axes))
          most = std::max(most, Morton::level(a) - Morton::level(b));
      }
    return most;
  };
  for (const Morton::Axes axes : {1u, 6u, 7u}) {
    CAPTURE(axes);
    const auto tree = Octopole::make_octree(exec, p.tree.domain, p.sources, p.targets, true, 20,
                                            Morton::max_level, axes);
    const auto balanced = Octopole::balance(exec, tree, p.sources, p.targets);
    const HostTree before = octopole_test::on_host(tree), after = octopole_test::on_host(balanced);
    CHECK(jump(before, axes) > 2);
    CHECK(jump(after, axes) <= 1);
    // Along the other axes nothing goes on.
    if (axes != 7) CHECK(jump(after, 7) > 1);
    CHECK(after.n_boxes > before.n_boxes);
  }
}
