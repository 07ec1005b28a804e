// SPDX-License-Identifier: BSD-3-Clause
// Equivalent and check surfaces.
#include <algorithm>
#include <array>
#include <cmath>
#include <core/precompute/Octopole_Surface.hpp>
#include <tests/support/octopole_catch.hpp>
#include <vector>

namespace {

using Point = std::array<double, 3>;

bool close(const Point& a, const Point& b, double tolerance) {
  return std::abs(a[0] - b[0]) <= tolerance && std::abs(a[1] - b[1]) <= tolerance &&
         std::abs(a[2] - b[2]) <= tolerance;
}

bool contains(const std::vector<Point>& points, const Point& p, double tolerance) {
  return std::any_of(points.begin(), points.end(),
                     [&](const Point& q) { return close(p, q, tolerance); });
}

}  // namespace

TEST_CASE("a surface is the boundary of a regular grid") {
  static_assert(Octopole::Surface::size(2) == 8 && Octopole::Surface::size(6) == 152);
  for (int order = 2; order <= 14; ++order)
    for (const double radius : {1.0, 1.05, 2.95, 1e-3}) {
      CAPTURE(order, radius);
      const auto points = Octopole::Surface::points(order, radius);
      const int n = 6 * (order - 1) * (order - 1) + 2;
      REQUIRE(Octopole::Surface::size(order) == n);
      REQUIRE(static_cast<int>(points.size()) == n);
      const double step = 2 * radius / (order - 1), tolerance = 1e-14 * radius;
      int off_surface = 0, off_grid = 0, per_face[6] = {};
      for (const auto& p : points) {
        double reach = 0;
        for (int d = 0; d < 3; ++d) {
          reach = std::max(reach, std::abs(p[d]));
          const double i = (p[d] + radius) / step;
          off_grid += std::abs(i - std::round(i)) > 1e-12;
          per_face[2 * d] += p[d] == -radius;
          per_face[2 * d + 1] += p[d] == radius;
        }
        off_surface += std::abs(reach - radius) > tolerance;
      }
      CHECK(off_surface == 0);
      CHECK(off_grid == 0);
      for (const int count : per_face) CHECK(count == order * order);
      // Lexicographic with x running fastest; strictly, so all distinct.
      int disorder = 0;
      double nearest = 1e300;
      for (int i = 0; i + 1 < n; ++i) {
        const Point a{points[i][2], points[i][1], points[i][0]};
        const Point b{points[i + 1][2], points[i + 1][1], points[i + 1][0]};
        disorder += !(a < b);
        nearest = std::min(nearest, std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]));
      }
      CHECK(disorder == 0);
      CHECK(nearest > 0.99 * step);
    }
}

TEST_CASE("a surface has the symmetries of the cube") {
  for (int order = 2; order <= 8; ++order) {
    const auto points = Octopole::Surface::points(order, 1.05);
    int axes[3] = {0, 1, 2}, missing = 0;
    do {
      for (int signs = 0; signs < 8; ++signs)
        for (const auto& p : points) {
          Point image;
          for (int d = 0; d < 3; ++d) image[d] = (signs >> d & 1 ? -1 : 1) * p[axes[d]];
          missing += !contains(points, image, 1e-14);
        }
    } while (std::next_permutation(axes, axes + 3));
    CAPTURE(order);
    CHECK(missing == 0);
  }
}
