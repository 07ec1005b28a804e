// SPDX-License-Identifier: BSD-3-Clause
// The lists U, V, W, X against their definitions, box by box, and expanded to pairs of points.
#include <algorithm>
#include <array>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tree/Octopole_InteractionLists.hpp>
#include <tree/Octopole_Terminals.hpp>
#include <vector>

namespace {

using octopole_test::HostTree;
using octopole_test::plant;
using octopole_test::Points;

using List = std::vector<std::vector<int>>;  // the entries of each box

struct Lists {
  List u, v, w, x;
};

List to_list(const Octopole::Rows<octopole_test::Memory>& rows, int n_boxes) {
  const auto begin = octopole_test::to_vector(rows.begin);
  const auto entry = octopole_test::to_vector(rows.entry);
  REQUIRE(static_cast<int>(begin.size()) == n_boxes + 1);
  REQUIRE(begin.front() == 0);
  REQUIRE(begin.back() == static_cast<std::int64_t>(entry.size()));
  REQUIRE(std::is_sorted(begin.begin(), begin.end()));
  REQUIRE(rows.size() == begin.back());
  List list(static_cast<std::size_t>(n_boxes));
  for (int b = 0; b < n_boxes; ++b)
    list[b].assign(entry.begin() + begin[b], entry.begin() + begin[b + 1]);
  return list;
}

Lists lists_of(const Octopole::Octree<octopole_test::Memory>& tree, int few) {
  const auto lists = Octopole::make_lists(octopole_test::Execution(), tree, few);
  return {to_list(lists.u, tree.n_boxes), to_list(lists.v, tree.n_boxes),
          to_list(lists.w, tree.n_boxes), to_list(lists.x, tree.n_boxes)};
}

// The definitions, word for word, over all pairs of boxes, with the exchanges of few points.
Lists defined(const HostTree& tree, int few) {
  const int n = tree.n_boxes;
  std::vector<octopole_test::Cells> box(n);
  for (int b = 0; b < n; ++b) box[b] = octopole_test::cells(tree.key(b));
  const auto adjacent = [&](int a, int b) { return octopole_test::touching(box[a], box[b]); };
  // a is finer than leaf b, apart from it, and the parent of a is not.
  const auto in_w = [&](int a, int b) {
    return tree.is_leaf(b) && box[a].level > box[b].level && !adjacent(a, b) &&
           adjacent(tree.parent(a), b);
  };
  Lists lists{List(n), List(n), List(n), List(n)};
  for (int b = 0; b < n; ++b)
    for (int a = 0; a < n; ++a) {
      if (tree.n_targets(b) == 0 || tree.n_sources(a) == 0) continue;
      if (a > 0 && b > 0 && !adjacent(tree.parent(a), tree.parent(b))) continue;  // in no list
      if (tree.is_leaf(b) && tree.is_leaf(a) && adjacent(a, b)) lists.u[b].push_back(a);
      if (b > 0 && box[a].level == box[b].level && !adjacent(a, b) &&
          adjacent(tree.parent(a), tree.parent(b)))
        lists.v[b].push_back(a);
      if (in_w(a, b)) {
        const bool exchanged = tree.is_leaf(a) && tree.n_sources(a) <= few;
        (exchanged ? lists.u : lists.w)[b].push_back(a);
      }
      if (in_w(b, a)) {
        const bool exchanged = tree.is_leaf(b) && tree.n_targets(b) <= few;
        (exchanged ? lists.u : lists.x)[b].push_back(a);
      }
    }
  return lists;
}

// Pairs of a target and a source that the lists do not cover exactly once.
long not_once(const HostTree& tree, const Lists& lists) {
  const int n_targets = tree.n_targets(0), n_sources = tree.n_sources(0);
  std::vector<unsigned char> cover(static_cast<std::size_t>(n_targets) * n_sources);
  for (const List* list : {&lists.u, &lists.v, &lists.w, &lists.x})
    for (int b = 0; b < tree.n_boxes; ++b)
      for (const int a : (*list)[b])
        for (int i = tree.target_begin(b); i < tree.target_end(b); ++i)
          for (int j = tree.source_begin(a); j < tree.source_end(a); ++j) {
            auto& times = cover[static_cast<std::size_t>(i) * n_sources + j];
            if (times < 2) ++times;
          }
  long wrong = 0;
  for (const auto times : cover) wrong += times != 1;
  return wrong;
}

long entries(const List& list) {
  long n = 0;
  for (const auto& row : list) n += static_cast<long>(row.size());
  return n;
}

// Entries without sources, and entries of boxes without targets.
long useless(const HostTree& tree, const List& list) {
  long n = 0;
  for (int b = 0; b < tree.n_boxes; ++b)
    for (const int a : list[b]) n += tree.n_targets(b) == 0 || tree.n_sources(a) == 0;
  return n;
}

long rows_that_differ(const List& a, const List& b) {
  long n = a.size() != b.size();
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) n += a[i] != b[i];
  return n;
}

long unsorted(const List& list) {
  long n = 0;
  for (const auto& row : list)
    for (std::size_t i = 1; i < row.size(); ++i) n += row[i - 1] >= row[i];
  return n;
}

List transposed(const List& list) {
  List other(list.size());
  for (int b = 0; b < static_cast<int>(list.size()); ++b)
    for (const int a : list[b]) other[a].push_back(b);
  return other;
}

// Whether a box of V or X has at most this part of the sources in the box and those of its level that touch it.
bool lonely_comes_in(const HostTree& tree, const Lists& lists, int b, double part) {
  const auto level = [&](int box) { return Octopole::Morton::level(tree.key(box)); };
  double near = 0;
  for (int c = 0; c < tree.n_boxes; ++c)
    if (level(c) == level(b) && Octopole::Morton::adjacent(tree.key(c), tree.key(b)))
      near += tree.n_sources(c);
  const auto lonely = [&](int other) { return tree.n_sources(other) <= part * near; };
  return std::any_of(lists.v[b].begin(), lists.v[b].end(), lonely) ||
         std::any_of(lists.x[b].begin(), lists.x[b].end(), lonely);
}

// For each box the nearest terminal above it, by the definition: something comes in at a terminal, or has come
// down to it, and nothing does at the next level, below which there are more, or what comes in is lonely.
std::vector<int> defined_terminals(const HostTree& tree, const Lists& lists, double lonely) {
  const int n = tree.n_boxes;
  std::vector<int> above(n, -1);
  std::vector<bool> holds(n), ends(n);
  const auto comes_in = [&](int b) { return !lists.v[b].empty() || !lists.x[b].empty(); };
  for (int b = 0; b < n; ++b) {  // parents come first
    const int parent = tree.parent(b);
    if (parent >= 0) above[b] = ends[parent] ? parent : above[parent];
    holds[b] = comes_in(b) || (parent >= 0 && holds[parent] && !ends[parent]);
    bool next = false, deeper = false;
    for (int c = 0; c < n; ++c)
      if (c > 0 && tree.parent(c) == b && tree.n_targets(c) > 0) {
        next = next || comes_in(c);
        deeper = deeper || !tree.is_leaf(c);
      }
    ends[b] = holds[b] && (lonely_comes_in(tree, lists, b, lonely) || (!next && deeper));
  }
  return above;
}

// Leaves that lie in a terminal, all of which are where they should be.
long check_terminals(const octopole_test::Planted& p, int few, double lonely = 0) {
  const octopole_test::Execution exec;
  const auto lists = Octopole::make_lists(exec, p.tree, few);
  const auto terminals = Octopole::find_terminals(exec, p.tree, lists, few, lonely);
  const auto truth = defined_terminals(p.host, lists_of(p.tree, few), lonely);
  const auto above = octopole_test::to_vector(terminals.above);
  if (above.empty()) {
    CHECK(std::all_of(truth.begin(), truth.end(), [](int b) { return b < 0; }));
    return 0;
  }
  CHECK(above == truth);
  long n = 0;
  for (int b = 0; b < p.host.n_boxes; ++b) n += p.host.is_leaf(b) && above[b] >= 0;
  return n;
}

// All that is asked of the lists of these points; the numbers of their entries.
std::array<long, 4> check_lists(const octopole_test::Planted& p, int few) {
  const auto lists = lists_of(p.tree, few);
  const auto truth = defined(p.host, few);
  CHECK(not_once(p.host, lists) == 0);
  // The order of a row is ours to choose, but ascending is promised.
  const auto check = [&](const List& found, List expected) {
    for (auto& row : expected) std::sort(row.begin(), row.end());
    CHECK(rows_that_differ(found, expected) == 0);
    CHECK(unsorted(found) == 0);
    CHECK(useless(p.host, found) == 0);
  };
  check(lists.u, truth.u);
  check(lists.v, truth.v);
  check(lists.w, truth.w);
  check(lists.x, truth.x);
  if (p.host.same_points && few == 0) CHECK(rows_that_differ(transposed(lists.w), lists.x) == 0);
  return {entries(lists.u), entries(lists.v), entries(lists.w), entries(lists.x)};
}

// Whether balance refuses the tree.
bool too_deep(const Points& sources, const Points* targets, int capacity) {
  return plant(sources, targets, capacity, false).host.depth > 19;
}

}  // namespace

TEST_CASE("lists of sources that are the targets cover every pair once") {
  for (const auto& [name, points] : octopole_test::point_sets(900, 1))
    for (const bool balanced : {false, true}) {
      if (balanced && too_deep(points, nullptr, 20)) continue;
      const auto p = plant(points, nullptr, 20, balanced);
      for (const int few : {0, 10}) {
        CAPTURE(name, balanced, few);
        const auto [u, v, w, x] = check_lists(p, few);
        if (!points.empty()) CHECK(u > 0);
        // What the sets are there for.
        const bool adversarial = name == "clustered" || name == "two-scale" || name == "spiral" ||
                                 name == "sheet" || name == "outlier";
        if (adversarial || name == "sphere" || name == "uniform") CHECK(v > 0);
        if (adversarial) {
          CHECK(w > 0);
          CHECK(x > 0);
        }
      }
    }
}

TEST_CASE("lists of other targets than the sources cover every pair once") {
  std::array<long, 4> all{};
  for (const auto& [name, sources, targets] : octopole_test::point_pairs(800, 2))
    for (const bool balanced : {false, true}) {
      if (balanced && too_deep(sources, &targets, 15)) continue;
      const auto p = plant(sources, &targets, 15, balanced);
      for (const int few : {0, 10}) {
        CAPTURE(name, balanced, few);
        const auto n = check_lists(p, few);
        for (int i = 0; i < 4; ++i) all[i] += n[i];
        if (sources.empty() || targets.empty()) CHECK(n == std::array<long, 4>{});
        if (name == "shell around a cluster") CHECK(n[2] > 0);
        if (name == "small cloud of targets") CHECK(n[3] > 0);
      }
    }
  for (const long n : all) CHECK(n > 0);
}

TEST_CASE("lists of deep trees with one point to a leaf") {
  for (const auto& [name, points] : octopole_test::point_sets(120, 3)) {
    const auto p = plant(points, nullptr, 1, false);
    for (const int few : {0, 1}) {
      CAPTURE(name, few);
      const auto [u, v, w, x] = check_lists(p, few);
      if (name == "spiral" && few == 0) CHECK(std::min({u, v, w, x}) > 0);
    }
  }
}

TEST_CASE("what is far away ends at the last box where something comes in") {
  for (const auto& [name, points] : octopole_test::point_sets(900, 1))
    for (const int few : {0, 10}) {
      CAPTURE(name, few);
      const long n = check_terminals(plant(points, nullptr, 20, false), few);
      if (name == "uniform" || name == "sphere") CHECK(n == 0);
      if (name == "outlier") CHECK(n > 100);
    }
  for (const auto& [name, sources, targets] : octopole_test::point_pairs(800, 2)) {
    CAPTURE(name);
    check_terminals(plant(sources, &targets, 15, false), 0);
  }
}

TEST_CASE("a box into which few sources come from afar, beside many that are near, is a terminal") {
  long some = 0;
  for (const auto& [name, points] : octopole_test::point_sets(900, 1)) {
    const auto p = plant(points, nullptr, 5, false);
    for (const double lonely : {0.002, 0.02, 0.2}) {
      CAPTURE(name, lonely);
      const long n = check_terminals(p, 0, lonely);
      some += n > check_terminals(p, 0);
      if (name == "uniform" && lonely < 0.01) CHECK(n == 0);
    }
  }
  CHECK(some > 3);
}

TEST_CASE("few points are exchanged for U exactly up to the limit") {
  const auto points = octopole_test::clustered(1500, 4);
  const auto p = plant(points, nullptr, 20, false);
  const auto none = lists_of(p.tree, 0), some = lists_of(p.tree, 7), all = lists_of(p.tree, 20);
  CHECK(entries(none.u) < entries(some.u));
  CHECK(entries(some.u) < entries(all.u));
  CHECK(rows_that_differ(none.v, all.v) == 0);
  // With every leaf few, W and X keep only what is no leaf.
  for (const auto& row : all.w)
    for (const int a : row) CHECK_FALSE(p.host.is_leaf(a));
  for (int b = 0; b < p.host.n_boxes; ++b)
    if (p.host.is_leaf(b)) CHECK(all.x[b].empty());
  CHECK(entries(all.w) > 0);
  CHECK(entries(all.x) > 0);
  for (int b = 0; b < p.host.n_boxes; ++b)
    for (const int a : some.w[b]) CHECK((!p.host.is_leaf(a) || p.host.n_sources(a) > 7));
}

TEST_CASE("a box has at most 189 in V and each is a transfer vector away") {
  const auto points = octopole_test::uniform(6000, 5);
  const auto p = plant(points, nullptr, 20, false);
  const auto lists = lists_of(p.tree, 0);
  std::size_t most = 0;
  long wrong = 0;
  for (int b = 0; b < p.host.n_boxes; ++b) {
    most = std::max(most, lists.v[b].size());
    for (const int a : lists.v[b])
      wrong += !Octopole::TransferVector::is_transfer_vector(
          Octopole::Morton::transfer_hash(p.host.key(b), p.host.key(a)));
  }
  CHECK(most == 189);
  CHECK(wrong == 0);
}
