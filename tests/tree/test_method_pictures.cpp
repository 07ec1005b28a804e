// SPDX-License-Identifier: BSD-3-Clause
// The pictures of docs/method.md, drawn from what the library makes of points: the octree, the lists of a box, the surfaces.
// The points lie in a plane, so that the octree shows as squares. The pictures are kept in docs/pictures; this test
// holds that they are what the code draws. To draw them anew:
//   OCTOPOLE_DRAW=docs/pictures build/openmp/tests/test_method_pictures
#include <algorithm>
#include <cmath>
#include <core/plan/Octopole_Options.hpp>
#include <core/precompute/Octopole_Surface.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tree/Octopole_InteractionLists.hpp>
#include <vector>

namespace {

using octopole_test::Cells;
using octopole_test::HostTree;
using octopole_test::Points;

constexpr int capacity = 6;
constexpr double side = 512;  // of the root in a picture, in pixels

/// An arm of a spiral, which is dense at its middle, and a few points of a lattice.
Points spiral_in_a_plane() {
  Points points;
  for (int i = 0; i < 260; ++i) {
    const double t = (i + 0.5) / 260, r = 0.47 * t * t, phi = 9 * t + 0.3 * std::sin(12.9 * i);
    points.push_back({0.5 + r * std::cos(phi), 0.5 + r * std::sin(phi), 0.3});
  }
  for (int i = 0; i < 7; ++i)
    for (int j = 0; j < 7; ++j) points.push_back({(i + 0.21) / 7, (j + 0.34) / 7, 0.3});
  points.push_back({0, 0, 0.3});
  points.push_back({1, 1, 0.3});
  return points;
}

std::string format(const char* form, auto... values) {
  char text[400];
  std::snprintf(text, sizeof text, form, values...);
  return text;
}

std::string rectangle(double x, double y, double width, const char* fill, const char* line,
                      double stroke) {
  return format(
      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" stroke=\"%s\" "
      "stroke-width=\"%.1f\"/>\n",
      x, y, width, width, fill, line, stroke);
}
std::string dot(double x, double y, double radius, const char* fill) {
  return format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\"/>\n", x, y, radius, fill);
}
std::string words(double x, double y, const std::string& text) {
  return format("<text x=\"%.1f\" y=\"%.1f\">%s</text>\n", x, y, text.c_str());
}
std::string picture(double width, double height, const std::string& content) {
  return format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
             "viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" font-size=\"14\">\n",
             width, height, width, height) +
         rectangle(0, 0, std::max(width, height), "white", "none", 0) + content + "</svg>\n";
}

/// A box of the tree, y upwards.
std::string box_of(const Octopole::Morton::Key& key, const char* fill, const char* line,
                   double stroke) {
  const Cells c = octopole_test::cells(key);
  const double cell = side / std::ldexp(1.0, 52), width = double(c.upper[0] - c.lower[0]) * cell;
  return rectangle(10 + double(c.lower[0]) * cell, 10 + side - double(c.upper[1]) * cell, width,
                   fill, line, stroke);
}
std::string points_of(const Points& points, const Octopole::Domain& domain) {
  std::string text;
  for (const auto& p : points)
    text += dot(10 + domain.unit(p[0], 0) / 2 * side, 10 + side - domain.unit(p[1], 1) / 2 * side,
                1.6, "#222");
  return text;
}
/// Squares with words beside them, at the right of a tree.
std::string legend(const std::vector<std::pair<const char*, std::string>>& entries) {
  std::string text;
  double y = 20;
  for (const auto& [fill, what] : entries) {
    text += rectangle(side + 30, y, 14, fill, "#666", 1) + words(side + 52, y + 12, what);
    y += 26;
  }
  return text;
}

std::string draw_tree(const Points& points, const octopole_test::Planted& p) {
  const char* const of_level[] = {"#ffffff", "#f3f6fb", "#dfe9f5", "#c4d8ee", "#a3c3e4",
                                  "#7fabd9", "#5b92cb", "#3b78b8", "#245c99", "#164478"};
  std::string text;
  std::vector<std::pair<const char*, std::string>> levels;
  std::vector<int> leaves(p.host.depth + 1, 0);
  for (int b = 0; b < p.host.n_boxes; ++b) {
    const int level = octopole_test::cells(p.host.key(b)).level;
    if (!p.host.is_leaf(b)) continue;
    ++leaves[level];
    text += box_of(p.host.key(b), of_level[std::min(level, 9)], "#666", 0.7);
  }
  for (int level = 0; level <= p.host.depth; ++level)
    if (leaves[level] > 0)
      levels.emplace_back(of_level[std::min(level, 9)],
                          format("level %d: %d leaves", level, leaves[level]));
  return picture(side + 190, side + 20, text + points_of(points, p.tree.domain) + legend(levels));
}

/// Which of the lists of a box another one is in.
template <class List>
std::vector<int> row(const List& list, int box) {
  const auto begin = octopole_test::to_vector(list.begin);
  const auto entry = octopole_test::to_vector(list.entry);
  return {entry.begin() + begin[box], entry.begin() + begin[box + 1]};
}

std::string draw_lists(const Points& points, const octopole_test::Planted& p) {
  const auto lists = Octopole::make_lists(octopole_test::Execution(), p.tree, 0);
  // A leaf that has all four, with as many boxes of W and X as possible.
  int box = -1;
  std::size_t most = 0;
  for (int b = 0; b < p.host.n_boxes; ++b) {
    if (!p.host.is_leaf(b)) continue;
    const std::size_t v = row(lists.v, b).size(), w = row(lists.w, b).size(),
                      x = row(lists.x, b).size();
    if (std::min({v, w, x}) * 1000 + w + x > most && std::min({v, w, x}) > 0)
      most = std::min({v, w, x}) * 1000 + w + x, box = b;
  }
  REQUIRE(box >= 0);
  std::string text;
  for (int b = 0; b < p.host.n_boxes; ++b)
    if (p.host.is_leaf(b)) text += box_of(p.host.key(b), "#f4f4f4", "#aaa", 0.7);
  const char *const u = "#f4c7a1", *const v = "#a9cfa4", *const w = "#a8c4e6", *const x = "#e8a5b6",
                    *const self = "#555555";
  std::vector<std::pair<const char*, std::string>> entries{{self, "the box"}};
  const auto add = [&](const auto& list, const char* fill, const std::string& what) {
    const auto boxes = row(list, box);
    for (const int b : boxes) text += box_of(p.host.key(b), fill, "#666", 0.7);
    entries.emplace_back(fill, what + format(" (%d)", int(boxes.size())));
  };
  add(lists.v, v, "V: M2L");
  add(lists.x, x, "X: P2L");
  add(lists.w, w, "W: M2P");
  add(lists.u, u, "U: P2P");
  entries.emplace_back("#f4f4f4", "by its parents' lists");
  text += box_of(p.host.key(box), self, "#222", 1.5);
  return picture(side + 220, side + 20, text + points_of(points, p.tree.domain) + legend(entries));
}

/// A box, its neighbours, and both surfaces, seen from above: the points of their outlines.
std::string draw_surfaces() {
  const Octopole::Options options;
  constexpr int order = 6;
  constexpr double half = 50;
  const char *const equivalent = "#c0392b", *const check = "#2471a3";
  const auto surface = [&](double x, double radius, const char* fill) {
    std::string text =
        rectangle(x - radius * half, 170 - radius * half, 2 * radius * half, "none", fill, 1);
    std::vector<std::array<double, 2>> seen;
    for (const auto& p : Octopole::Surface::points(order, radius))
      if (std::abs(p[0]) == radius || std::abs(p[1]) == radius)
        if (std::find(seen.begin(), seen.end(), std::array{p[0], p[1]}) == seen.end())
          seen.push_back({p[0], p[1]});
    for (const auto& [px, py] : seen) text += dot(x + px * half, 170 + py * half, 3, fill);
    return text;
  };
  const auto part = [&](double x, const std::string& title, double equivalent_radius,
                        double check_radius) {
    std::string text = words(x - 3 * half, 12, title);
    for (int i = -1; i <= 1; ++i)
      for (int j = -1; j <= 1; ++j)
        text += rectangle(x + (2 * i - 1) * half, 170 + (2 * j - 1) * half, 2 * half,
                          i == 0 && j == 0 ? "#eeeeee" : "none", "#bbb", 1);
    return text + surface(x, equivalent_radius, equivalent) + surface(x, check_radius, check);
  };
  std::string text = part(160, "multipole: sources inside", options.inner, options.outer) +
                     part(510, "local: sources outside", options.outer, options.inner);
  text += dot(20, 345, 4, equivalent) + words(30, 350, "equivalent surface: densities") +
          dot(370, 345, 4, check) + words(380, 350, "check surface: potentials to match");
  return picture(680, 362, text);
}

std::string kept(const std::string& name) {
  std::ifstream file(OCTOPOLE_PICTURES + ("/" + name), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("the pictures in the documentation are what the code draws") {
  const Points points = spiral_in_a_plane();
  const auto p = octopole_test::plant(points, nullptr, capacity, false);
  const std::pair<std::string, std::string> pictures[] = {{"tree.svg", draw_tree(points, p)},
                                                          {"lists.svg", draw_lists(points, p)},
                                                          {"surfaces.svg", draw_surfaces()}};
  for (const auto& [name, drawn] : pictures) {
    CAPTURE(name);
    if (const char* folder = std::getenv("OCTOPOLE_DRAW"))
      std::ofstream(std::string(folder) + "/" + name, std::ios::binary) << drawn;
    CHECK((drawn == kept(name)));
  }
}
