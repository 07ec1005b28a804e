// SPDX-License-Identifier: BSD-3-Clause
// Named point sets, ordinary and adversarial, and the tree built on them as the tests read it.
#ifndef OCTOPOLE_POINT_SETS_HPP
#define OCTOPOLE_POINT_SETS_HPP

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <tree/Octopole_Balance.hpp>
#include <tree/Octopole_DeeperCodes.hpp>
#include <utility>
#include <vector>

namespace octopole_test {

using Execution = Kokkos::DefaultExecutionSpace;
using Memory = Execution::memory_space;
using Point = std::array<double, 3>;
using Points = std::vector<Point>;

/// Numbers that are the same with every standard library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : m_engine(seed) {}
  std::uint64_t bits() { return m_engine(); }
  /// Uniform in [0, 1).
  double operator()() { return static_cast<double>(m_engine() >> 11) * 0x1p-53; }
  int below(int n) { return static_cast<int>(m_engine() % static_cast<std::uint64_t>(n)); }
  Point in_cube() {
    const double x = (*this)(), y = (*this)();
    return {x, y, (*this)()};
  }
  Point on_sphere() {
    const double z = 2 * (*this)() - 1, phi = 6.283185307179586 * (*this)(),
                 s = std::sqrt(1 - z * z);
    return {s * std::cos(phi), s * std::sin(phi), z};
  }

 private:
  std::mt19937_64 m_engine;
};

/// n points, each from `point(random, i)`.
template <class Make>
Points make_points(int n, std::uint64_t seed, const Make& point) {
  Random random(seed);
  Points points;
  points.reserve(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) points.push_back(point(random, i));
  return points;
}

inline Point scaled(Point p, double factor, const Point& shift = {}) {
  for (int d = 0; d < 3; ++d) p[d] = factor * p[d] + shift[d];
  return p;
}

inline Points uniform(int n, std::uint64_t seed) {
  return make_points(n, seed, [](Random& r, int) { return r.in_cube(); });
}
/// Plummer's density: most points near the centre, some 20 times as far.
inline Points clustered(int n, std::uint64_t seed) {
  return make_points(n, seed, [](Random& r, int) {
    const double radius = 1 / std::sqrt(std::pow(r() * 0.996 + 1e-9, -2.0 / 3) - 1);
    return scaled(r.on_sphere(), radius);
  });
}
inline Points sphere(int n, std::uint64_t seed) {
  return make_points(n, seed, [](Random& r, int) { return r.on_sphere(); });
}
inline Points line(int n, std::uint64_t seed) {
  return make_points(n, seed, [](Random& r, int) { return Point{r(), 0.25, -3}; });
}
inline Points plane(int n, std::uint64_t seed) {
  return make_points(n, seed, [](Random& r, int) { return Point{r(), 0.5, r()}; });
}
inline Points all_equal(int n) {
  return Points(static_cast<std::size_t>(n), Point{3, -2, 0.7});
}
/// Half in the cube, half in a ball 1e-4 as wide.
inline Points two_scale(int n, std::uint64_t seed) {
  return make_points(n, seed, [](Random& r, int i) {
    if (i % 2) return r.in_cube();
    return scaled(r.on_sphere(), 0.5e-4 * std::cbrt(r()), {0.3, 0.4, 0.6});
  });
}
/// Ever closer to one point: 2^0 to 2^-30 away from it, below what one word of a code tells apart.
inline Points spiral(int n, std::uint64_t seed) {
  return make_points(n, seed, [n](Random& r, int i) {
    return scaled(r.on_sphere(), std::exp2(-30.0 * i / n), {1, 2, 3});
  });
}
/// A dense sheet beside the plane between the halves of the cube, and little elsewhere: all along
/// the faces of large leaves lie small ones.
inline Points sheet(int n, std::uint64_t seed) {
  return make_points(n, seed, [](Random& r, int i) {
    return i % 10 ? Point{0.5 + 1e-4 * (1 + r()), r(), r()} : r.in_cube();
  });
}
/// Few places, each taken many times.
inline Points duplicates(int n, std::uint64_t seed) {
  const Points places = uniform(7, seed);
  return make_points(n, seed, [&](Random& r, int) { return places[r.below(7)]; });
}
/// Exactly on the corners of the boxes of level 3 or so.
inline Points lattice(int n) {
  Points points;
  for (int i = 0; i < n; ++i)
    points.push_back({i % 9 * 0.125, i / 9 % 9 * 0.125, i / 81 % 9 * 0.125});
  return points;
}

/// Two clusters of two clusters of two and so on, over 12 decades: 16 of them 1e-12 as wide as all.
inline Points nested_clusters(int n, std::uint64_t seed) {
  return make_points(n, seed, [](Random& r, int) {
    Point p{0, 0, 0};
    for (const double scale : {1.0, 1e-3, 1e-6, 1e-9})
      if (r.below(2)) p = scaled({0.7, 0.6, 0.8}, scale, p);
    return scaled(r.in_cube(), 1e-12, p);
  });
}
/// A cloud, and one point 1e12 times as far away as the cloud is wide.
inline Points outlier(int n, std::uint64_t seed) {
  Points points = clustered(n - 1, seed);
  points.push_back({1e12, -3e11, 2e11});
  return points;
}
/// Within some units in the last place of one another.
inline Points last_places(int n, std::uint64_t seed) {
  return make_points(n, seed, [](Random& r, int i) {
    if (i == 0) return Point{-1, -1, -1};
    return Point{1 + 0x1p-52 * r.below(9), 1 - 0x1p-53 * r.below(9), 0.7 + 0x1p-53 * r.below(9)};
  });
}

struct NamedPoints {
  std::string name;
  Points points;
};

/// All the sets, with n points where the name leaves it open.
inline std::vector<NamedPoints> point_sets(int n, std::uint64_t seed) {
  return {{"uniform", uniform(n, seed)},     {"clustered", clustered(n, seed)},
          {"sphere", sphere(n, seed)},       {"line", line(n, seed)},
          {"plane", plane(n, seed)},         {"all equal", all_equal(60)},
          {"two-scale", two_scale(n, seed)}, {"spiral", spiral(n, seed)},
          {"sheet", sheet(n, seed)},         {"duplicates", duplicates(n, seed)},
          {"lattice", lattice(n)},           {"nested clusters", nested_clusters(n, seed)},
          {"outlier", outlier(n, seed)},     {"last places", last_places(n, seed)},
          {"few", uniform(20, seed)},        {"two", uniform(2, seed)},
          {"one", uniform(1, seed)},         {"none", {}}};
}

struct NamedPair {
  std::string name;
  Points sources, targets;
};

/// Sources and targets that are not the same: interleaved, apart, one of them empty, and such that
/// many boxes hold only the one or the other.
inline std::vector<NamedPair> point_pairs(int n, std::uint64_t seed) {
  Points far = uniform(n, seed + 1), shell = sphere(n, seed + 2), small = uniform(n / 2, seed + 3);
  for (auto& p : far) p = scaled(p, 1, {5, 5, 5});
  for (auto& p : small) p = scaled(p, 1e-3, {0.7, 0.1, 0.2});
  // Within one cell of level 19, and far from each other beside their own widths.
  Points here = uniform(n, seed + 9), there = uniform(n / 2, seed + 10);
  for (auto& p : here) p = scaled(p, 1e-12, {0.3, 0.4, 0.6});
  for (auto& p : there) p = scaled(p, 1e-12, {0.3 + 1e-8, 0.4 + 3e-9, 0.6});
  here.push_back({1, 1, 1});
  return {{"interleaved", uniform(n, seed), uniform(n / 2, seed + 4)},
          {"disjoint clouds", uniform(n, seed), far},
          {"targets around a small cloud", small, uniform(n, seed + 5)},
          {"small cloud of targets", clustered(n, seed), small},
          {"shell around a cluster", two_scale(n, seed), shell},
          {"one target", spiral(n, seed), uniform(1, seed)},
          {"one source", uniform(1, seed), spiral(n, seed)},
          {"deep sources", nested_clusters(n, seed), uniform(n / 2, seed + 6)},
          {"deep targets", uniform(n / 2, seed + 7), nested_clusters(n, seed)},
          {"deep and apart", here, there},
          {"deep both", nested_clusters(n, seed), nested_clusters(n / 2, seed + 8)},
          {"no sources", {}, uniform(n / 2, seed)},
          {"no targets", clustered(n / 2, seed), {}}};
}

inline Kokkos::View<double* [3], Memory> to_view(const Points& points) {
  const Kokkos::View<double* [3], Memory> view("Octopole::test::points", points.size());
  const auto host = Kokkos::create_mirror_view(Kokkos::HostSpace{}, view);
  for (std::size_t i = 0; i < points.size(); ++i)
    for (int d = 0; d < 3; ++d) host(i, d) = points[i][d];
  Kokkos::deep_copy(view, host);
  return view;
}

template <class View>
auto to_vector(const View& view) {
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, view);
  return std::vector<typename View::non_const_value_type>(host.data(), host.data() + host.size());
}

using HostTree = Octopole::Octree<Kokkos::HostSpace>;

/// The tree where the host can read it.
inline HostTree on_host(const Octopole::Octree<Memory>& tree) {
  const auto copy = [](const auto& view) {
    return Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, view);
  };
  HostTree host;
  host.domain = tree.domain;
  host.capacity = tree.capacity;
  host.n_boxes = tree.n_boxes;
  host.n_leaves = tree.n_leaves;
  host.depth = tree.depth;
  host.largest_leaf = tree.largest_leaf;
  host.same_points = tree.same_points;
  host.level_begin = tree.level_begin;
  host.key = copy(tree.key);
  host.parent = copy(tree.parent);
  host.first_child = copy(tree.first_child);
  host.children = copy(tree.children);
  host.source_begin = copy(tree.source_begin);
  host.source_end = copy(tree.source_end);
  host.target_begin = copy(tree.target_begin);
  host.target_end = copy(tree.target_end);
  host.leaves = copy(tree.leaves);
  return host;
}

/// Everything from the points to the tree, and the tree on the host.
struct Planted {
  Octopole::SortedPoints<Memory> sources, targets;
  Octopole::Octree<Memory> tree;
  HostTree host;
};

/// `targets` null: they are the sources.
inline Planted plant(const Points& source_points, const Points* target_points, int capacity,
                     bool balanced) {
  const Execution exec;
  const auto s = to_view(source_points);
  auto bounds = Octopole::bounds(exec, s);
  if (target_points)
    bounds = Octopole::unite(bounds, Octopole::bounds(exec, to_view(*target_points)));
  const auto domain = Octopole::make_domain(bounds, false);
  Planted p;
  p.sources = Octopole::sort_points(exec, domain, s);
  if (target_points) {
    const auto t = to_view(*target_points);
    p.targets = Octopole::sort_points(exec, domain, t);
    Octopole::sort_deeper(exec, domain, s, p.sources, t, p.targets, capacity);
  } else {
    Octopole::sort_deeper(exec, domain, s, p.sources, capacity);
    p.targets = p.sources;
  }
  p.tree = Octopole::make_octree(exec, domain, p.sources, p.targets, !target_points, capacity);
  if (balanced) p.tree = Octopole::balance(exec, p.tree, p.sources, p.targets);
  exec.fence("Octopole::test");
  p.host = on_host(p.tree);
  return p;
}

/// A box as intervals of cells of the finest grid, of level 52.
struct Cells {
  std::int64_t lower[3], upper[3];
  int level;
};

inline Cells cells(const Octopole::Morton::Key& key) {
  const int level = Octopole::Morton::level(key);
  const auto at = Octopole::Morton::position(key);
  const std::int64_t width = std::int64_t(1) << (52 - level);
  return {{at.x * width, at.y * width, at.z * width},
          {(at.x + 1) * width, (at.y + 1) * width, (at.z + 1) * width},
          level};
}

/// The order of boxes in a walk through the tree, parents before children, found bit by bit.
struct PreOrder {
  bool operator()(const Octopole::Morton::Key& one, const Octopole::Morton::Key& other) const {
    const Cells a = cells(one), b = cells(other);
    for (int bit = 51; bit >= 0; --bit)
      for (int d = 2; d >= 0; --d) {
        const auto of_a = a.lower[d] >> bit & 1, of_b = b.lower[d] >> bit & 1;
        if (of_a != of_b) return of_a < of_b;
      }
    return a.level < b.level;
  }
};

/// Integers of 113 bits, enough for differences of coordinates that are not too far apart.
#ifdef __SIZEOF_FLOAT128__
__extension__ using Exact = __float128;
#else
using Exact = long double;
#endif

/// The cell of the finest grid that holds a point of the domain, by arithmetic that does not round.
inline std::array<std::int64_t, 3> finest_cell(const Octopole::Domain& domain, const Point& p) {
  constexpr std::int64_t last = (std::int64_t(1) << 52) - 1;
  std::array<std::int64_t, 3> cell;
  for (int d = 0; d < 3; ++d) {
    const Exact unit = (Exact(p[d]) - Exact(domain.corner[d])) / Exact(domain.side());
    cell[d] = std::min(static_cast<std::int64_t>(unit * Exact(0x1p52)), last);
  }
  return cell;
}

/// Whether the closed boxes have a point in common.
inline bool touching(const Cells& a, const Cells& b) {
  for (int d = 0; d < 3; ++d)
    if (a.lower[d] > b.upper[d] || b.lower[d] > a.upper[d]) return false;
  return true;
}

}  // namespace octopole_test

#endif
