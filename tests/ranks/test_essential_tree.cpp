// SPDX-License-Identifier: BSD-3-Clause
// Partition and locally essential trees of ranks that are none, one after the other in one program, against the
// octree of all points.
#include <algorithm>
#include <core/ranks/Octopole_EssentialTree.hpp>
#include <cstdint>
#include <map>
#include <perf/bench/Octopole_VirtualRanks.hpp>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tree/Octopole_InteractionLists.hpp>
#include <vector>

namespace {

using namespace Octopole;
using octopole_test::Execution;
using octopole_test::HostTree;
using octopole_test::Memory;

using octopole_test::Planted;
using octopole_test::Points;
using octopole_test::to_vector;

constexpr int capacity = 15, few = 8;

BoxPlace place_of(const Morton::Key& key) {
  return {Impl::place_on_level(key), Morton::level(key)};
}

using Bench::VirtualRanks;

VirtualRanks<Execution> make_ranks(const Planted& all, const Points& points, int n_ranks) {
  const VirtualRanks<Execution>::Rows rows("Octopole::test::points", points.size(), 3);
  Kokkos::deep_copy(rows, octopole_test::to_view(points));
  return {Execution(), all.tree.domain,         rows,   all.sources,
          capacity,    Morton::levels_per_word, n_ranks};
}

// Rows as the boxes in them, in their order.
using Row = std::vector<Morton::Key>;

std::vector<Row> rows_of(const Rows<Memory>& rows, const HostTree& tree) {
  const auto begin = to_vector(rows.begin);
  const auto entry = to_vector(rows.entry);
  std::vector<Row> all(tree.n_boxes);
  for (int b = 0; b < tree.n_boxes; ++b)
    for (auto e = begin[b]; e < begin[b + 1]; ++e) all[b].push_back(tree.key(entry[e]));
  return all;
}

std::vector<std::vector<Row>> lists_of(const Octree<Memory>& tree, const HostTree& host) {
  const auto lists = make_lists(Execution(), tree, few);
  return {rows_of(lists.u, host), rows_of(lists.v, host), rows_of(lists.w, host),
          rows_of(lists.x, host)};
}

const char* const sets[] = {"uniform", "clustered", "sphere", "two-scale", "sheet",
                            "line",    "few",       "two",    "one",       "lattice"};

template <class Check>
void for_sets(const Check& check) {
  for (const auto& [name, points] : octopole_test::point_sets(3000, 12)) {
    if (std::find(std::begin(sets), std::end(sets), name) == std::end(sets)) continue;
    const Planted all = octopole_test::plant(points, nullptr, capacity, false);
    REQUIRE(all.sources.n_words == 1);
    for (const int n_ranks : {1, 2, 3, 7, 40}) {
      INFO(name << ", " << n_ranks << " ranks");
      check(all, points, make_ranks(all, points, n_ranks));
    }
  }
}

}  // namespace

TEST_CASE("every leaf of the octree of all points is one rank's") {
  for_sets([](const Planted& all, const Points&, const VirtualRanks<Execution>& ranks) {
    std::map<std::pair<int, std::uint64_t>, int> expected, found;
    for (int b = 0; b < all.host.n_boxes; ++b)
      if (all.host.is_leaf(b)) {
        const BoxPlace box = place_of(all.host.key(b));
        expected[{box.level, box.place}] += all.host.n_sources(b);
      }
    int wrong = 0, n_leaves = 0;
    for (int r = 0; r < ranks.size(); ++r) {
      const auto essential = ranks.tree(r);
      const HostTree tree = octopole_test::on_host(essential.tree);
      n_leaves += tree.n_leaves;
      for (int i = 0; i < tree.n_leaves; ++i) {
        const int leaf = tree.leaves(i);
        const BoxPlace box = place_of(tree.key(leaf));
        found[{box.level, box.place}] += tree.n_sources(leaf);
        wrong += !tree.is_leaf(leaf) || tree.n_sources(leaf) != tree.n_targets(leaf);
        wrong += i > 0 && tree.target_begin(leaf) != tree.target_end(tree.leaves(i - 1));
      }
    }
    CHECK(wrong == 0);
    CHECK(n_leaves == all.host.n_leaves);
    CHECK(found == expected);
  });
}

TEST_CASE("lists of a rank's own boxes are those of the octree of all points") {
  for_sets([](const Planted& all, const Points&, const VirtualRanks<Execution>& ranks) {
    const auto expected = lists_of(all.tree, all.host);
    std::map<std::pair<int, std::uint64_t>, int> index;
    std::vector<std::int64_t> number(all.host.n_boxes, -1);
    int level = 0;
    std::int64_t next = 0;
    for (int b = 0; b < all.host.n_boxes; ++b) {
      const BoxPlace box = place_of(all.host.key(b));
      index[{box.level, box.place}] = b;
      if (box.level != level) level = box.level, next = 0;
      if (!all.host.is_leaf(b)) number[b] = next++;
    }
    int wrong_boxes = 0, wrong_rows = 0, compared = 0, entries = 0;
    for (int r = 0; r < ranks.size(); ++r) {
      const auto essential = ranks.tree(r);
      const HostTree tree = octopole_test::on_host(essential.tree);
      const auto lists = lists_of(essential.tree, tree);
      const bool empty = ranks.empty(r);
      for (int b = 0; b < tree.n_boxes; ++b) {
        const BoxPlace box = place_of(tree.key(b));
        const auto found = index.find({box.level, box.place});
        if (found == index.end()) {
          ++wrong_boxes;
          continue;
        }
        const int in_all = found->second;
        wrong_boxes += tree.n_sources(b) != all.host.n_sources(in_all);
        wrong_boxes += essential.owner[b] != ranks.splitters.owner_of(box);
        wrong_boxes += essential.find(box) != b;
        if (!empty) {
          wrong_boxes += tree.is_leaf(b) != all.host.is_leaf(in_all);
          wrong_boxes += essential.number[b] != number[in_all];
          wrong_boxes += tree.children(b) != 0 && tree.children(b) != all.host.children(in_all);
        }
        if (tree.n_targets(b) == 0) continue;
        ++compared;
        for (std::size_t list = 0; list < lists.size(); ++list) {
          wrong_rows += lists[list][b] != expected[list][in_all];
          entries += int(lists[list][b].size());
        }
      }
    }
    CHECK(wrong_boxes == 0);
    CHECK(wrong_rows == 0);
    CHECK(compared >= all.host.n_boxes);
    CHECK(entries > 0);
  });
}

TEST_CASE("a rank's tree does not grow with the points of all ranks") {
  // Eight times the points on eight times the ranks.
  int largest[2] = {}, i = 0;
  for (const int n_ranks : {8, 64}) {
    const Points points = octopole_test::uniform(600 * n_ranks, 13);
    const Planted all = octopole_test::plant(points, nullptr, capacity, false);
    const auto ranks = make_ranks(all, points, n_ranks);
    int most_points = 0;
    for (int r = 0; r < n_ranks; ++r) {
      const auto essential = ranks.tree(r);
      largest[i] = std::max(largest[i], essential.tree.n_boxes);
      int n = 0;
      for (int b = 0; b < essential.tree.n_boxes; ++b)
        if (essential.first_child[b] < 0) n += essential.n_targets[b];
      most_points = std::max(most_points, n);
    }
    CHECK(most_points <= 1.25 * 600);
    ++i;
  }
  CHECK(largest[1] <= 2.5 * largest[0]);
}

TEST_CASE("the curve is cut by what units weigh, at their boundaries") {
  constexpr int n = 640;
  std::vector<Octopole::PartitionUnit> units;
  std::vector<double> weights;
  for (int i = 0; i < n; ++i) {
    const std::uint64_t each = Octopole::codes_end / n;
    units.push_back({each * std::uint64_t(i),
                     i + 1 < n ? each * std::uint64_t(i + 1) : Octopole::codes_end, 10});
    weights.push_back(i < n / 4 ? 5.0 : 1.0);
  }
  for (const int ranks : {1, 2, 7, 20}) {
    CAPTURE(ranks);
    const auto parts = Octopole::make_splitters(units, weights, ranks);
    REQUIRE(parts.size() == ranks);
    const double uneven = Octopole::imbalance(units, weights, parts);
    CHECK(uneven >= 1);
    CHECK(uneven < 1.1);
    for (int r = 0; r < ranks; ++r) {
      bool at_a_unit = false;
      for (const auto& unit : units) at_a_unit = at_a_unit || unit.first == parts.code[r];
      CHECK(at_a_unit);
    }
    // Cuts that are there stay; others go to the next unit.
    CHECK(Octopole::moved_to_units(units, parts).code == parts.code);
    auto between = parts;
    for (int r = 1; r < ranks; ++r) between.code[r] -= 1;
    CHECK(Octopole::moved_to_units(units, between).code == parts.code);
  }
  // By numbers of points the first ranks have five times the work of the last.
  const std::vector<double> counts(n, 10.0);
  const auto by_points = Octopole::make_splitters(units, counts, 4);
  CHECK(Octopole::imbalance(units, weights, by_points) == Approx(2.5));
  CHECK(Octopole::imbalance(units, counts, by_points) == Approx(1));
}
