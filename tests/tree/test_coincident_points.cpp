// SPDX-License-Identifier: BSD-3-Clause
// Points at one place, of which the tree keeps one: held against a map from places to points.
#include <map>
#include <set>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tests/support/test_views.hpp>
#include <tree/Octopole_CoincidentPoints.hpp>
#include <vector>

namespace {

using octopole_test::Execution;
using octopole_test::Memory;
using octopole_test::Point;
using octopole_test::Points;
using octopole_test::to_vector;

struct Merged {
  Octopole::SortedPoints<Memory> sorted;
  Octopole::CoincidentPoints<Memory> coincident;
};

Merged merge(const Points& points, int capacity) {
  const Execution exec;
  const auto x = octopole_test::to_view(points);
  const auto domain = Octopole::make_domain(Octopole::bounds(exec, x), false);
  Merged m;
  m.sorted = Octopole::sort_points(exec, domain, x);
  Octopole::sort_deeper(exec, domain, x, m.sorted, capacity);
  m.coincident = Octopole::merge_coincident(exec, x, m.sorted, capacity);
  return m;
}

/// Some places with the numbers of points that are given, and `lone` points elsewhere, all mixed up.
Points at_places(const std::vector<int>& counts, int lone, double spread) {
  octopole_test::Random random(11);
  Points all;
  for (const int n : counts) {
    const Point p = octopole_test::scaled(random.in_cube(), spread);
    for (int i = 0; i < n; ++i) all.push_back(p);
  }
  for (int i = 0; i < lone; ++i) all.push_back(random.in_cube());
  for (int i = int(all.size()) - 1; i > 0; --i)
    std::swap(all[std::size_t(i)], all[std::size_t(random.below(i + 1))]);
  return all;
}

}  // namespace

TEST_CASE("Places with more points than a leaf takes keep one point each") {
  constexpr int capacity = 10;
  // The second set wants words of codes below the first.
  for (const double spread : {1.0, 1e-9}) {
    const Points points = at_places({300, 11, 2, 1, 40, 3}, 500, spread);
    const Merged m = merge(points, capacity);
    std::map<Point, std::vector<int>> places;
    for (int i = 0; i < int(points.size()); ++i) places[points[std::size_t(i)]].push_back(i);

    CAPTURE(spread, m.sorted.n_words);
    CHECK((m.sorted.n_words > 1) == (spread < 1));
    const auto kept = to_vector(m.sorted.input);
    REQUIRE(kept.size() == places.size());
    std::set<Point> seen;
    for (const int i : kept) {
      CHECK(seen.insert(points[std::size_t(i)]).second);
      CHECK(places[points[std::size_t(i)]].front() == i);
    }
    const auto codes = to_vector(m.sorted.code);
    CHECK(codes.size() == places.size());
    CHECK(std::is_sorted(codes.begin(), codes.end()));

    const auto place = to_vector(m.coincident.place), begin = to_vector(m.coincident.begin),
               input = to_vector(m.coincident.input), of = to_vector(m.coincident.place_of);
    REQUIRE(m.coincident.n_places == 5);
    REQUIRE(place.size() == 5);
    REQUIRE(begin.size() == 6);
    CHECK(std::is_sorted(place.begin(), place.end()));
    CHECK(begin.back() == int(input.size()));
    CHECK(input.size() == 300 + 11 + 2 + 40 + 3);
    for (std::size_t p = 0; p < 5; ++p) {
      const std::vector<int> here(input.begin() + begin[p], input.begin() + begin[p + 1]);
      CHECK(here == places[points[std::size_t(kept[std::size_t(place[p])])]]);
      for (int i = begin[p]; i < begin[p + 1]; ++i) CHECK(of[std::size_t(i)] == int(p));
    }
  }
}

TEST_CASE("Places that no word of the codes tells apart stay two") {
  Points points;
  for (const double z : {0.0, 1e-25})
    for (int i = 0; i < 20; ++i) points.push_back({0.3, 0.3, z});
  points.push_back({1, 1, 1}), points.push_back({0, 0, 0});
  const Merged m = merge(points, 10);
  REQUIRE(m.coincident.n_places == 2);
  CHECK(m.sorted.size() == 4);
  const auto begin = to_vector(m.coincident.begin);
  CHECK(begin == std::vector<int>{0, 20, 40});
}

TEST_CASE("Where no place is crowded nothing is merged") {
  const Points points = at_places({10, 7, 2}, 200, 1);
  const Merged m = merge(points, 10);
  CHECK(m.coincident.n_places == 0);
  CHECK(m.sorted.size() == int(points.size()));
  CHECK(merge({}, 10).coincident.n_places == 0);
  CHECK(merge(at_places({9}, 0, 1), 10).sorted.size() == 9);
  const Merged all = merge(at_places({5000}, 0, 1), 10);
  CHECK(all.sorted.size() == 1);
  CHECK(all.coincident.size() == 5000);
}
