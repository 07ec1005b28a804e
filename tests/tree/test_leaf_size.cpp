// SPDX-License-Identifier: BSD-3-Clause
// The choice of root cube and leaf capacity: against what the trees really cost, counted.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/test_views.hpp>
#include <tree/Octopole_BoxLists.hpp>
#include <tree/Octopole_InteractionLists.hpp>
#include <tree/Octopole_LeafSize.hpp>
#include <vector>

#include <perf/judge/Octopole_Workloads.hpp>

namespace {

using Exec = Kokkos::DefaultHostExecutionSpace;
using Points = Kokkos::View<double* [3], Kokkos::LayoutRight, Kokkos::HostSpace>;
using Octopole::LeafSize;

// Order 7 of Laplace by transforms, in flops (core/plan/impl/Octopole_TreeCosts.hpp, AVX2).
constexpr Octopole::TreeCosts costs{
    .near_pair = 18, .box = 12. * 218 * 218, .parent = 3.7e6, .parent_pair = 512. * 1183 * 0.75};

Points points_of(const char* distribution, std::size_t n) {
  return view_of<Points>(Octopole::Workloads::make(distribution, "zero-mean", n, 7).xyz, n);
}

// What the tree of these points costs, from its own lists.
double cost_of(const Points& points, const LeafSize& size) {
  const Exec exec;
  const auto domain = Octopole::make_domain(Octopole::bounds(exec, points), false, size.root_scale);
  auto sorted = Octopole::sort_points(exec, domain, points);
  Octopole::sort_deeper(exec, domain, points, sorted, size.capacity);
  const auto tree = Octopole::make_octree(exec, domain, sorted, sorted, true, size.capacity);
  const auto lists = Octopole::make_lists(exec, tree, 0);
  double cost = 0;
  for (int b = 0; b < tree.n_boxes; ++b) {
    double near = 0;
    for (auto e = lists.u.begin(b); e < lists.u.begin(b + 1); ++e)
      near += tree.n_sources(lists.u.entry(e));
    cost += costs.near_pair * near * tree.n_targets(b);
    if (b >= tree.level_begin[2]) cost += costs.box;
    if (b < tree.level_begin[1] || tree.is_leaf(b)) continue;
    cost += costs.parent;
    for (int n = 0; n < 27; ++n) {
      const int c = lists.colleague(b, n);
      if (n != 13 && c >= 0 && !tree.is_leaf(c)) cost += costs.parent_pair;
    }
  }
  // Evaluating a surface of 218 points.
  const double surface = 218 * costs.near_pair;
  for (int b = 0; b < tree.n_boxes; ++b) {
    cost += surface * double(lists.w.begin(b + 1) - lists.w.begin(b)) * tree.n_targets(b);
    for (auto e = lists.x.begin(b); e < lists.x.begin(b + 1); ++e)
      cost += surface * tree.n_sources(lists.x.entry(e));
  }
  return cost;
}

LeafSize choose(const Points& points) {
  const Exec exec;
  const auto tight = Octopole::make_domain(Octopole::bounds(exec, points), false);
  return Octopole::choose_leaf_size(exec, tight, points, points, true, costs,
                                    Octopole::root_scales());
}

}  // namespace

TEST_CASE("The chosen tree costs little more than the best of many") {
  for (const char* distribution : {"cube", "sphere", "plummer", "filament", "two-scale"}) {
    const auto points = points_of(distribution, 60000);
    const LeafSize chosen = choose(points);
    double best = 1e300;
    LeafSize best_size;
    for (const double scale : Octopole::root_scales())
      for (const int capacity : {30, 60, 90, 130, 180, 250, 350, 500}) {
        const double cost = cost_of(points, {capacity, scale});
        if (cost < best) best = cost, best_size = {capacity, scale};
      }
    const double cost = cost_of(points, chosen);
    CAPTURE(distribution, chosen.capacity, chosen.root_scale, best_size.capacity,
            best_size.root_scale);
    CHECK(cost < 1.3 * best);
  }
}

TEST_CASE("The cost per point has no octaves") {
  double last = 0;
  for (double n = 30000; n < 300000; n *= 1.3) {
    const auto points = points_of("cube", std::size_t(n));
    const LeafSize chosen = choose(points);
    const double cost = cost_of(points, chosen) / n;
    CAPTURE(n, chosen.capacity, chosen.root_scale, cost, last);
    if (last > 0) CHECK(cost < 1.3 * last);
    if (last > 0) CHECK(cost > last / 1.3);
    last = cost;
  }
}

TEST_CASE("A far point does not change the leaf size of a cloud") {
  const auto cloud = points_of("plummer", 60000);
  const LeafSize alone = choose(cloud);
  for (const double far : {1e4, 1e8, 1e12}) {
    const Points points("Octopole::test::points", cloud.extent(0) + 1);
    for (std::size_t i = 0; i < cloud.extent(0); ++i)
      for (int d = 0; d < 3; ++d) points(i, d) = cloud(i, d);
    for (int d = 0; d < 3; ++d) points(cloud.extent(0), d) = (d + 0.3) * far;
    const LeafSize chosen = choose(points);
    double best = 1e300;
    for (const int capacity : {30, 60, 90, 130, 180, 250, 350, 500})
      best = std::min(best, cost_of(points, {capacity, chosen.root_scale}));
    CAPTURE(far, alone.capacity, chosen.capacity, chosen.root_scale);
    CHECK(cost_of(points, chosen) < 1.15 * best);
    CHECK(chosen.capacity > alone.capacity / 1.3);
    CHECK(chosen.capacity < 1.3 * alone.capacity);
  }
}

TEST_CASE("A wider root cube starts at the points' lowest corner") {
  Octopole::Bounds b;
  b.lower = {0.3, -2, 5}, b.upper = {1.3, -1.5, 5.75};
  for (const double scale : {1.0, 32.0 / 26, 2.0}) {
    const auto domain = Octopole::make_domain(b, false, scale);
    CHECK(contains(domain, b));
    CHECK(domain.side() >= scale);
    CHECK(domain.side() < scale * 1.0001);
    for (int d = 0; d < 3; ++d)
      if (scale > 1) CHECK(std::abs(domain.corner[d] - b.lower[d]) < 1e-4);
  }
}

TEST_CASE("No points, one point and equal points have a leaf size too") {
  for (const int n : {0, 1, 5000}) {
    const Points points("Octopole::test::points", n);
    const LeafSize chosen = choose(points);
    CAPTURE(n, chosen.capacity);
    CHECK(chosen.capacity >= 1);
    CHECK(chosen.root_scale >= 1);
    CHECK(chosen.root_scale < 2);
  }
}
