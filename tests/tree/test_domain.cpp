// SPDX-License-Identifier: BSD-3-Clause
// The root cube, codes of points and coordinates relative to boxes.
#include <cmath>
#include <limits>
#include <stdexcept>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tree/Octopole_Domain.hpp>
#include <tree/Octopole_SortedPoints.hpp>

namespace {

using Octopole::Domain;
using octopole_test::Execution;
using octopole_test::NamedPoints;
using octopole_test::Points;
using octopole_test::to_view;

Octopole::Bounds bounds_of(const Points& points) {
  return Octopole::bounds(Execution(), to_view(points));
}
Domain domain_of(const Points& points, bool ladder = false) {
  return Octopole::make_domain(bounds_of(points), ladder);
}

// Both differences and the quotient to 113 bits.
octopole_test::Exact relative_exactly(const Domain& domain, double x, int d, std::int64_t i,
                                      int level) {
  using octopole_test::Exact;
  const Exact centre =
      Exact(domain.half_width) * Exact(2 * i + 1) / Exact(std::int64_t(1) << level);
  return ((Exact(x) - Exact(domain.corner[d])) - centre) / Exact(domain.half_width);
}

Octopole::Morton::Key box_of(const Domain& domain, const octopole_test::Point& p, int level) {
  const auto cell = octopole_test::finest_cell(domain, p);
  const int up = 52 - level;
  return Octopole::Morton::encode({cell[0] >> up, cell[1] >> up, cell[2] >> up}, level);
}

// The cube holds all points and they lie within their cells; the larger of 0 and how far outside
// any lies, in half-widths of the root or of the cell.
struct Outside {
  double root = 0, cell = 0;
};
Outside outside(const Domain& domain, const Points& points) {
  Outside worst;
  for (const auto& p : points) {
    const auto box =
        Octopole::Morton::box_within({{0, 0, 0}, 0}, domain.code(p[0], p[1], p[2]), 19);
    const std::int64_t at[] = {box.at.x, box.at.y, box.at.z};
    for (int d = 0; d < 3; ++d) {
      const double root = static_cast<double>(relative_exactly(domain, p[d], d, 0, 0));
      const double cell =
          static_cast<double>(relative_exactly(domain, p[d], d, at[d], 19)) * 0x1p19;
      worst.root = std::max(worst.root, std::abs(root) - 1);
      worst.cell = std::max(worst.cell, std::abs(cell) - 1);
    }
  }
  return worst;
}

double largest_extent(const Points& points) {
  const auto b = bounds_of(points);
  double extent = 0;
  for (int d = 0; d < 3; ++d) extent = std::max(extent, b.upper[d] - b.lower[d]);
  return extent;
}

// The largest error of BoxFrame::relative at points of `domain`, in half-widths of the box.
double relative_error(const Domain& domain, const Points& points) {
  double worst = 0;
  for (const auto& p : points)
    for (const int level : {0, 1, 5, 12, 19, 20, 31, 38, 45, 52}) {
      const auto at = Octopole::Morton::position(box_of(domain, p, level));
      const std::int64_t i[3] = {at.x, at.y, at.z};
      const auto box = domain.frame(at, level);
      for (int d = 0; d < 3; ++d) {
        const auto exact = relative_exactly(domain, p[d], d, i[d], level);
        const auto error = static_cast<double>(box.relative(p[d], d) - exact);
        worst = std::max(worst, std::ldexp(std::abs(error), level));
      }
    }
  return worst;
}

}  // namespace

TEST_CASE("the cube holds all points and is hardly larger") {
  struct Change {
    double scale, shift;
  };
  for (const auto& [name, points] : octopole_test::point_sets(300, 1))
    for (const auto& [scale, shift] :
         {Change{1, 0}, {1, 1e8}, {1, -1e8}, {1e-3, 1}, {1e-40, 0}, {1e40, 3e40}, {1e150, 0}})
      for (const bool ladder : {false, true}) {
        CAPTURE(name, scale, shift, ladder);
        Points moved = points;
        for (auto& p : moved) p = octopole_test::scaled(p, scale, {shift, -shift / 3, 0});
        const auto domain = domain_of(moved, ladder);
        REQUIRE(std::isfinite(domain.half_width));
        REQUIRE(domain.half_width > 0);
        const auto out = outside(domain, moved);
        CHECK(out.root == 0);
        CHECK(out.cell == 0);
        const double extent = largest_extent(moved);
        if (extent > 0) {
          CHECK(domain.side() >= extent);
          CHECK(domain.side() <= extent * (ladder ? 1.1893 : 1.0001));
        }
      }
}

TEST_CASE("data is centred in the cube along its shorter edges") {
  const Points points = {{0, 10, -5}, {1, 10.5, -5}};
  const auto domain = domain_of(points);
  CHECK(domain.corner[0] + domain.half_width == Approx(0.5).margin(1e-5));
  CHECK(domain.corner[1] + domain.half_width == Approx(10.25).margin(1e-5));
  CHECK(domain.corner[2] + domain.half_width == Approx(-5).margin(1e-5));
}

TEST_CASE("a cube exists for one point and for equal points and for none") {
  for (const auto& p :
       {octopole_test::Point{0, 0, 0}, {1e8, -1e8, 3}, {1e-300, 0, 0}, {1e300, 1e300, 1e300}})
    for (const int n : {1, 5}) {
      CAPTURE(p[0], p[1], p[2], n);
      const Points points(n, p);
      for (const bool ladder : {false, true}) {
        const auto domain = domain_of(points, ladder);
        REQUIRE(domain.half_width > 0);
        REQUIRE(std::isfinite(domain.half_width));
        const auto out = outside(domain, points);
        CHECK(out.root == 0);
        CHECK(out.cell == 0);
        // Its coordinates resolve the point: a step of the finest cell moves it to another.
        const double step = domain.side() * 0x1p-18;
        CHECK(domain.code(p[0] + step, p[1], p[2]) != domain.code(p[0], p[1], p[2]));
      }
    }
  const auto none = bounds_of({});
  CHECK(none.not_finite == 0);
  for (int d = 0; d < 3; ++d) CHECK(none.lower[d] > none.upper[d]);
  const auto domain = domain_of({});
  CHECK(domain.half_width == 1);
  CHECK(domain.corner[0] == -1);
}

TEST_CASE("bounds are the extremes of the points and unite") {
  const Points a = octopole_test::sphere(2000, 3), b = {{9, 0, 0}, {0, 0, -7}};
  const auto ba = bounds_of(a);
  for (int d = 0; d < 3; ++d) {
    double lower = 1e300, upper = -1e300;
    for (const auto& p : a) lower = std::min(lower, p[d]), upper = std::max(upper, p[d]);
    CHECK(ba.lower[d] == lower);
    CHECK(ba.upper[d] == upper);
  }
  const auto both = Octopole::unite(ba, bounds_of(b));
  CHECK(both.lower[0] == ba.lower[0]);
  CHECK(both.upper[0] == 9);
  CHECK(both.lower[2] == -7);
  CHECK(both.upper[1] == ba.upper[1]);
  const auto with_none = Octopole::unite(bounds_of({}), ba);
  for (int d = 0; d < 3; ++d) {
    CHECK(with_none.lower[d] == ba.lower[d]);
    CHECK(with_none.upper[d] == ba.upper[d]);
  }
}

TEST_CASE("contains tells whether all points lie in the cube") {
  Domain domain;
  domain.corner = {-1, -1, -1};
  domain.half_width = 1;
  CHECK(Octopole::contains(domain, bounds_of({{-1, -1, -1}, {1, 1, 1}})));
  CHECK(Octopole::contains(domain, bounds_of({})));
  for (int d = 0; d < 3; ++d)
    for (const double outside : {-1.001, 1.001}) {
      octopole_test::Point p{0, 0, 0};
      p[d] = outside;
      CAPTURE(d, outside);
      CHECK_FALSE(Octopole::contains(domain, bounds_of({{0, 0, 0}, p})));
    }
}

TEST_CASE("points that are not finite are counted") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Points points = octopole_test::uniform(1000, 4);
  CHECK(bounds_of(points).not_finite == 0);
  points[0] = {nan, 0, 0};
  points[17] = {0, infinity, 0};
  points[500] = {0, 0, -infinity};
  points[998] = {nan, infinity, nan};  // once
  CHECK(bounds_of(points).not_finite == 4);
  const auto bad = bounds_of(points);
  CHECK(Octopole::unite(bad, bad).not_finite == 8);
}

TEST_CASE("encode_points gives codes and bounds in one pass, in memory that is kept") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const auto domain = domain_of({{0, 0, 0}, {1, 1, 1}});
  Octopole::SortedPoints<octopole_test::Memory> sorted;
  const void* memory = nullptr;
  for (const int n : {0, 1, 15, 16, 17, 1000, 1000}) {
    CAPTURE(n);
    Points points = octopole_test::uniform(n, n + 1);
    if (n > 0) points[n - 1] = {2, -3, 0.5};  // outside, and the last of its block
    if (n == 17) points[3] = {nan, 0, 0};
    const auto b = Octopole::encode_points(Execution(), domain, to_view(points), sorted);
    const auto expected = bounds_of(points);
    for (int d = 0; d < 3; ++d) {
      CHECK(b.lower[d] == expected.lower[d]);
      CHECK(b.upper[d] == expected.upper[d]);
    }
    CHECK(b.not_finite == (n == 17));
    REQUIRE(sorted.size() == n);
    const auto code = octopole_test::to_vector(sorted.code);
    const auto input = octopole_test::to_vector(sorted.input);
    for (int i = 0; i < n; ++i) {
      REQUIRE(code[i] == domain.code(points[i][0], points[i][1], points[i][2]));
      REQUIRE(input[i] == i);
    }
    if (memory && n == 1000) CHECK(sorted.code.data() == memory);
    if (n == 1000) memory = sorted.code.data();
  }
}

TEST_CASE("points that span more than the largest double are refused") {
  CHECK_THROWS_AS(domain_of({{-1.7e308, 0, 0}, {1.7e308, 0, 0}}), std::invalid_argument);
  CHECK_NOTHROW(domain_of({{-1e307, 0, 0}, {1e307, 0, 0}}));
}

TEST_CASE("ladder sides are powers of the sixteenth root of two") {
  double last = 0;
  int distinct = 0;
  for (int i = 0; i < 400; ++i) {
    const double extent = 0.5 * std::pow(1.01, i);
    const auto domain = domain_of({{7, 7, 7}, {7 + extent, 7, 7}}, true);
    const double rung = 16 * std::log2(domain.side());
    CAPTURE(extent, domain.side());
    REQUIRE(std::abs(rung - std::round(rung)) < 1e-5);
    REQUIRE(domain.side() >= extent);
    REQUIRE(domain.side() <= extent * 1.0445);
    REQUIRE(domain.side() >= last);
    distinct += domain.side() > last;
    last = domain.side();
  }
  // 1.01^400 spans 92 rungs: data sets of nearly one size share one side.
  CHECK(distinct >= 91);
  CHECK(distinct <= 94);
  // Where the points are does not matter.
  const Points here = {{0, 0, 0}, {0.93, 0.9, 0.9}}, there = {{-50, 3, 9}, {-49.05, 3, 9}};
  CHECK(domain_of(here, true).half_width == domain_of(there, true).half_width);
  CHECK(domain_of(here).half_width < domain_of(there).half_width);
}

TEST_CASE("points on faces and outside belong to the nearest cell") {
  Domain domain;
  domain.corner = {-1, -1, -1};
  domain.half_width = 1;
  const std::uint64_t last = (std::uint64_t(1) << 57) - 1;
  CHECK(domain.code(-1, -1, -1) == 0);
  CHECK(domain.code(1, 1, 1) == last);
  CHECK(domain.code(7, 7, 7) == last);
  CHECK(domain.code(-7, -7, -7) == 0);
  CHECK(domain.code(1, -1, -1) == Octopole::Morton::interleave((1 << 19) - 1, 0, 0));
  CHECK(domain.code(-1, 0, -1) == Octopole::Morton::interleave(0, 1 << 18, 0));
  CHECK(domain.code(-1, -1, -0x1p-19) == Octopole::Morton::interleave(0, 0, (1 << 18) - 1));
}

TEST_CASE("a point a last place below a face belongs to the box below") {
  // Cubes whose faces are no round numbers, and points that their differences from the corner round onto
  // a face.
  int below = 0, on = 0, rounded = 0;
  for (const double shift : {0.0, 0.37, -1.0, 5.0})
    for (const double size : {1.0, 0.3, 1e-5, 7e20}) {
      const Domain domain =
          domain_of({{size * shift, 0, 0}, {size * (shift + 1), size, size}}, shift != 0);
      octopole_test::Random random(9);
      for (int i = 0; i < 2000; ++i) {
        const int c = i == 0 ? 1 : i == 1 ? (1 << 19) - 1 : 1 + random.below((1 << 19) - 1);
        // The face, exact in 43 bits beside the corner or rounded to a double.
        const double face = domain.corner[0] + domain.side() * 0x1p-19 * c;
        for (const double x : {std::nextafter(face, -1e300), face, std::nextafter(face, 1e300)}) {
          const octopole_test::Point p{x, 0, 0};
          const auto expected = octopole_test::finest_cell(domain, p)[0] >> 33;
          const auto code = domain.code(x, 0, 0);
          CAPTURE(shift, size, c, x);
          REQUIRE(std::int64_t(Octopole::Morton::contract(code)) == expected);
          below += expected == c - 1, on += expected == c;
          rounded += expected == c - 1 && x - domain.corner[0] == domain.side() * 0x1p-19 * c;
        }
      }
    }
  CHECK(below > 20000);
  CHECK(on > 20000);
  CHECK(rounded > 1000);  // else it was not tested
  // As near below as doubles go: the difference from the corner rounds onto the middle face.
  Domain domain;
  domain.corner = {-1, -1, -1};
  domain.half_width = 1;
  for (const double tiny : {0x1p-54, 0x1p-60, 1e-300}) {
    CHECK(Octopole::Morton::contract(domain.code(-tiny, 0, 0)) == (1 << 18) - 1);
    CHECK(Octopole::Morton::contract(domain.code(tiny, 0, 0)) == 1 << 18);
  }
}

TEST_CASE("further words of a code are those of the finest cells") {
  // Next to faces of the box they may be the neighbour's: not at random places.
  for (const double shift : {0.0, 1.0, -40.0}) {
    Points points = octopole_test::nested_clusters(2000, 5);
    for (auto& p : points) p = octopole_test::scaled(p, 1, {shift, -shift, 0});
    const Domain domain = domain_of(points);
    int wrong = 0, outside = 0;
    for (const auto& p : points)
      for (const int level : {19, 38}) {
        const auto box = box_of(domain, p, level);
        const auto finest = box_of(domain, p, level == 19 ? 38 : 52);
        const auto codes = Octopole::Morton::codes(finest);
        const auto code = domain.code_within(p[0], p[1], p[2], box);
        wrong += codes.first != code;
        outside += code >= std::uint64_t(1) << (level == 19 ? 57 : 42);
      }
    CAPTURE(shift);
    CHECK(wrong == 0);
    CHECK(outside == 0);
  }
}

TEST_CASE("relative coordinates are exact to the box") {
  // Points as far from the origin as from each other, and much farther.
  for (const double shift : {0.0, 1.0, -40.0, 1e4, 1e8}) {
    Points points = octopole_test::uniform(500, 5);
    for (auto& p : points) p = octopole_test::scaled(p, 1, {1 + shift, shift - 3, 2 * shift + 5});
    CAPTURE(shift);
    CHECK(relative_error(domain_of(points), points) <= 0x1p-51);
    CHECK(relative_error(domain_of(points, true), points) <= 0x1p-51);
  }
}

TEST_CASE("relative coordinates are exact to the box near the origin too") {
  // Ever closer to the origin, so far from the corner: digits below those of the corner count.
  const auto points = octopole_test::make_points(500, 6, [](octopole_test::Random& r, int i) {
    return octopole_test::scaled(r.on_sphere(), std::exp2(-0.1 * i));
  });
  CHECK(relative_error(domain_of(points), points) <= 0x1p-51);
  // Two points apart stay apart, however close they are beside the cube.
  const auto domain = domain_of({{-1, -1, -1}, {1, 1, 1}, {0x1p-60, 0, 0}, {0x1p-61, 0, 0}});
  const auto box =
      domain.frame(Octopole::Morton::position(box_of(domain, {0x1p-60, 0, 0}, 19)), 19);
  const double difference = box.relative(0x1p-60, 0) - box.relative(0x1p-61, 0);
  CHECK(difference * domain.half_width == Approx(0x1p-61).epsilon(1e-3));
}

TEST_CASE("the cube holds points that differ in their last digits only") {
  Outside worst;
  for (const double scale : {1e-3, 1e-4, 1e-5, 1e-6, 1e-7})
    for (int seed = 1; seed <= 20; ++seed) {
      Points points = octopole_test::uniform(200, seed);
      for (auto& p : points) p = octopole_test::scaled(p, scale, {1e8, 1e8, -1e8});
      const auto out = outside(domain_of(points), points);
      worst = {std::max(worst.root, out.root), std::max(worst.cell, out.cell)};
    }
  CHECK(worst.root == 0);
  CHECK(worst.cell == 0);
}
