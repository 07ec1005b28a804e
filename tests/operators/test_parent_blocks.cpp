// SPDX-License-Identifier: BSD-3-Clause
// The blocks of parents and slabs of frequencies of M2L by transforms: every parent once, every
// neighbour under its number in the block, every frequency once; and results that do not depend on
// how much memory there is.
#include <Octopole.hpp>
#include <algorithm>
#include <cmath>
#include <operators/m2l/Octopole_ParentBlocks.hpp>
#include <set>
#include <tests/support/octopole_catch.hpp>
#include <vector>

#include <tests/support/octopole_point_sets.hpp>
#include <tests/support/test_views.hpp>

namespace {

using namespace Octopole;
using Exec = Kokkos::DefaultExecutionSpace;
using Memory = Exec::memory_space;

/// Largest limit with which the widest level is cut into at least `wanted` blocks.
std::size_t limit_for(int wanted, int n, Impl::FrequencyMemory memory) {
  for (memory.limit = std::size_t(1) << 34; memory.limit > 1000;
       memory.limit = memory.limit * 3 / 4)
    if (memory.blocks(n) >= wanted) return memory.limit;
  return 0;
}

void check(const octopole_test::Points& sources, const octopole_test::Points* targets, int capacity,
           int wanted) {
  CAPTURE(sources.size(), capacity, wanted);
  const Exec exec;
  const auto planted = octopole_test::plant(sources, targets, capacity, false);
  const auto& tree = planted.tree;
  const auto lists = make_lists(exec, tree, 0, false);
  CHECK(lists.v.size() == 0);
  const auto parents = make_box_list(exec, tree, Impl::IsSplit<std::decay_t<decltype(tree)>>{tree});
  const FrequencyGrid grid{8};
  int widest = 0;
  for (int l = 1; l < tree.depth; ++l)
    widest = std::max(widest, parents.last(l) - parents.first(l));
  Impl::FrequencyMemory memory{grid, 500, 700, 0};
  memory.limit = limit_for(wanted, widest, memory);
  REQUIRE(memory.limit > 0);
  const auto blocks = Impl::make_parent_blocks(exec, tree, lists.colleague, parents, memory);

  const auto box_of = octopole_test::to_vector(parents.boxes);
  const auto source = octopole_test::to_vector(blocks.source);
  const auto neighbour = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), blocks.neighbour);
  const auto colleague = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), lists.colleague);
  const auto host = octopole_test::on_host(tree);
  int most_blocks = 0, wrong = 0;
  long long pairs = 0;
  for (int l = 1; l < tree.depth; ++l) {
    most_blocks = std::max(most_blocks, int(blocks.of_level[l].size()));
    int next = parents.first(l);
    for (const auto& block : blocks.of_level[l]) {
      CHECK(block.first_target == next);
      next += block.n_targets;
      std::set<int> needed;
      for (int i = block.first_target; i < next; ++i)
        for (int d = 0; d < 27; ++d) {
          const int c = colleague(box_of[i], d);
          const bool meets = d != 13 && c >= 0 && !host.is_leaf(c) && host.n_sources(c) > 0 &&
                             host.n_targets(box_of[i]) > 0;
          wrong += meets != (neighbour(d, i) >= 0);
          if (!meets || neighbour(d, i) < 0) continue;
          ++pairs;
          wrong += neighbour(d, i) >= block.n_sources ||
                   source[block.first_source + neighbour(d, i)] != c;
          needed.insert(c);
        }
      CHECK(int(needed.size()) == block.n_sources);
      // Slabs: all units in order, none too long for the limit unless it is one unit.
      CHECK(block.slabs.front() == 0);
      CHECK(block.slabs.back() == grid.units());
      for (std::size_t s = 0; s + 1 < block.slabs.size(); ++s) {
        CHECK(block.slabs[s] < block.slabs[s + 1]);
        const std::size_t pencils =
            grid.first_pencil(block.slabs[s + 1]) - grid.first_pencil(block.slabs[s]);
        CHECK((pencils <= 2 || pencils * (500 * std::size_t(block.n_sources) +
                                          700 * std::size_t(block.n_targets)) <=
                                   memory.limit));
      }
    }
    CHECK(next == parents.last(l));
  }
  CHECK(wrong == 0);
  CHECK(pairs == blocks.pairs);
  CHECK(most_blocks >= wanted);
}

}  // namespace

TEST_CASE("Blocks hold every parent once and number the neighbours") {
  const auto cube = octopole_test::uniform(20000, 1);
  const auto sphere = octopole_test::sphere(20000, 2);
  check(cube, nullptr, 4, 1);
  check(cube, nullptr, 4, 4);
  check(sphere, nullptr, 4, 4);
  check(cube, &sphere, 4, 2);
}

TEST_CASE("Every frequency is in one unit") {
  for (int order = 2; order <= 14; ++order) {
    const FrequencyGrid grid{order};
    std::vector<int> times(grid.pencils());
    for (int u = 0; u < grid.units(); ++u) {
      const auto unit = grid.unit(u);
      CHECK(grid.first_pencil(u + 1) - unit.pencil == 1 + unit.both);
      for (int p = unit.pencil; p <= unit.pencil + unit.both; ++p) ++times.at(p);
    }
    CHECK(std::count(times.begin(), times.end(), 1) == grid.pencils());
    // Half of all, but for the plane and the line that are their own conjugates.
    CHECK(2 * grid.size() > grid.edge() * grid.edge() * grid.edge());
  }
}

TEMPLATE_TEST_CASE("Results do not depend on what the transforms may take", "", double, float) {
  using T = TestType;
  const int n = 30000;
  const Exec exec;
  octopole_test::Random random(3);
  std::vector<double> xyz(3 * n), q(n);
  for (double& x : xyz) x = random();
  for (double& c : q) c = random() - 0.5;
  const auto points = view_of<Kokkos::View<double* [3], Kokkos::LayoutRight, Memory>>(xyz, n);
  const auto charges = view_of<Kokkos::View<T*, Memory>>(q, n);
  std::vector<std::vector<double>> results;
  for (const std::size_t memory :
       {std::size_t(1) << 30, std::size_t(1) << 20, std::size_t(200) << 10}) {
    Plan plan(exec, Laplace<T>{}, points,
              Options{.order = 4, .m2l_memory = memory, .method = Method::fmm, .leaf_capacity = 8});
    const auto u = view_of<Kokkos::View<T*, Memory>>({}, n);
    plan.execute(exec, charges, u);
    exec.fence("Octopole::test");
    results.push_back(numbers(u));
  }
  for (std::size_t r = 1; r < results.size(); ++r) {
    double difference = 0, size = 0;
    for (int i = 0; i < n; ++i) {
      difference = std::hypot(difference, results[r][i] - results[0][i]);
      size = std::hypot(size, results[0][i]);
    }
    CHECK(difference < (std::is_same_v<T, float> ? 2e-6 : 1e-13) * size);
  }
}
