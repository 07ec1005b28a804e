// SPDX-License-Identifier: BSD-3-Clause
// Each of the eight operators alone, on random input, against the dense sum that it stands for:
// written here in double from box positions and formulas, with nothing of operators/ in it. And
// each translation against the field it must reproduce, order by order.
#include <algorithm>
#include <array>
#include <cmath>
#include <core/kernels/Octopole_Laplace.hpp>
#include <core/precompute/Octopole_Precompute.hpp>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <map>
#include <operators/Octopole_L2L.hpp>
#include <operators/Octopole_L2P.hpp>
#include <operators/Octopole_M2L.hpp>
#include <operators/Octopole_M2M.hpp>
#include <operators/Octopole_M2P.hpp>
#include <operators/Octopole_P2L.hpp>
#include <operators/Octopole_P2M.hpp>
#include <operators/Octopole_P2P.hpp>
#include <operators/dense/Octopole_CheckToEquivalent.hpp>
#include <operators/edges/Octopole_Packing.hpp>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tests/support/octopole_test_kernels.hpp>
#include <tree/Octopole_WorkLists.hpp>
#include <utility>
#include <vector>

namespace {

using octopole_test::Execution;
using octopole_test::Memory;
using octopole_test::Point;
using octopole_test::Points;
using octopole_test::Random;
using octopole_test::Stokeslet;
using octopole_test::Yukawa;

constexpr double inner = 1.05, outer = 2.95;

template <class View>
auto on_host(const View& view) {
  return Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), view);
}

template <class B>
using T_of = typename B::T;

// Points of the grid on the surface of a cube, x fastest.
Points shell(int p, double radius, const Point& centre) {
  Points points;
  const auto at = [&](int i) { return radius * (2.0 * i / (p - 1) - 1); };
  for (int k = 0; k < p; ++k)
    for (int j = 0; j < p; ++j)
      for (int i = 0; i < p; ++i)
        if (i % (p - 1) == 0 || j % (p - 1) == 0 || k % (p - 1) == 0)
          points.push_back({centre[0] + at(i), centre[1] + at(j), centre[2] + at(k)});
  return points;
}

// A sum of errors and of sizes, for a relative L2 error. NaN stays NaN and passes nothing.
struct Error {
  double difference = 0, size = 0;
  long count = 0;
  void add(double found, double expected) {
    difference += (found - expected) * (found - expected);
    size += expected * expected;
    ++count;
  }
  double relative() const { return size > 0 ? std::sqrt(difference / size) : difference; }
};

// Everything the operators work on, for one kernel, order and set of points; joined as in the
// engine, but each operator is called from the tests, on its own.
template <class KernelType>
struct Bench {
  using Kernel = KernelType;
  using T = typename Kernel::scalar;
  using Work = Octopole::WorkTypes<Execution, T>;
  using WorkShape = typename Work::WorkShape;
  using Set = Octopole::OperatorSet<T, Memory>;
  using M2L = Octopole::M2LMethod<Work>;
  using Columns = typename Octopole::Expansions<T, Memory>::Columns;
  static constexpr int C = Kernel::source_components, K = Kernel::target_components;

  Execution exec;
  int p = 0, n = 0, padded = 0;
  int check_p = 0, check_n = 0, check_padded = 0;
  Points source_points, target_points;
  Kernel kernel;  // in half-widths of the root
  Octopole::Octree<Memory> octree;
  octopole_test::HostTree tree;  // the same on the host
  Octopole::WorkLists<Memory> lists;
  Octopole::ChargedPoints<T, Memory> sources;
  Octopole::TargetPoints<T, Memory> targets;
  Octopole::ExpansionSizes sizes;
  Octopole::Expansions<T, Memory> expansions;
  std::vector<octopole_test::Cells> cells;
  std::vector<double> charges;  // (N, C)
  const std::map<int, Set>* sets = nullptr;
  octopole_test::Formula<Kernel> formula;

  // `given_targets` null: they are the sources.
  Bench(const Kernel& unscaled, const Octopole::OperatorSpec& spec, const Points& given_sources,
        const Points* given_targets, int capacity, bool balanced, int few, std::uint64_t seed,
        double lonely = 0)
      : p(spec.order),
        check_p(spec.check_order),
        source_points(given_sources),
        target_points(given_targets ? *given_targets : given_sources),
        formula(unscaled, 1) {
    using namespace Octopole;
    n = Surface::size(p), padded = Impl::padded_size<T>(p);
    check_n = Surface::size(check_p), check_padded = Impl::padded_size<T>(check_p);
    const auto s = octopole_test::to_view(source_points), t = octopole_test::to_view(target_points);
    const auto planted = octopole_test::plant(source_points, given_targets, capacity, balanced);
    octree = planted.tree;
    tree = planted.host;
    const double side = tree.domain.half_width;
    kernel = unscaled.rescaled(side);
    formula = octopole_test::Formula<Kernel>(unscaled, side);
    lists = make_work_lists(exec, octree, few, true, lonely);
    if constexpr (WorkShape::near_tile > 0)
      lists.near_work = make_near_work(exec, octree, lists.interactions.u,
                                       WorkShape::near_team * Work::Simd::width);
    sources.points = pack_points<T>(exec, octree, s, planted.sources, octree.source_begin,
                                    octree.source_end, slot_alignment, Split::high_and_low);
    targets.points = !given_targets
                         ? sources.points
                         : pack_points<T>(exec, octree, t, planted.targets, octree.target_begin,
                                          octree.target_end, slot_alignment, Split::high_and_low);
    const int from = sources.points.slots, to = targets.points.slots;
    sources.charges = Slots<T, Memory>("Octopole::test::charges", C, from);
    if constexpr (std::is_same_v<T, float>)
      sources.float_charges = sources.charges;
    else
      sources.float_charges = Slots<float, Memory>("Octopole::test::float_charges", C, from);
    sources.largest = Kokkos::View<double*, Memory>("Octopole::test::largest", 1);
    sources.largest_of_part = Slots<double, Memory>("Octopole::test::largest", 1, charge_parts);
    targets.results =
        Slots<double, Memory>("Octopole::test::u", Kernel::has_gradient ? 4 * K : K, to);
    sizes.source_components = C, sizes.check_components = K;
    sizes.boxes = tree.n_boxes, sizes.levels = tree.depth + 1;
    sizes.padded = padded, sizes.check_padded = check_padded;
    expansions = make_expansions<T>(exec, sizes, spec, 2);
    for (const Columns& columns :
         {expansions.up_check, expansions.multipole, expansions.down_check, expansions.local})
      spoil(columns);
    for (int b = 0; b < tree.n_boxes; ++b) cells.push_back(octopole_test::cells(tree.key(b)));

    // Charges, and positions in half-widths of the root from its corner.
    Random random(seed);
    charges.resize(source_points.size() * C);
    for (double& q : charges) q = static_cast<T>(random() - 0.5);
    if (!charges.empty()) charges[0] = 1;  // the unit of packed charges
    const Kokkos::View<T*, Memory> q("Octopole::test::q", charges.size());
    const auto host = Kokkos::create_mirror_view(q);
    for (std::size_t i = 0; i < charges.size(); ++i) host(i) = T(charges[i]);
    Kokkos::deep_copy(q, host);
    Impl::Values<const T> values;
    values.data = q.data(), values.point = C;
    for (int c = 0; c < C; ++c) values.row[c] = c;
    pack_charges(exec, C, int(source_points.size()), values, sources);
    exec.fence("Octopole::test::q");
    for (auto* points : {&source_points, &target_points})
      for (auto& x : *points)
        for (int i = 0; i < 3; ++i) x[i] = (x[i] - tree.domain.corner[i]) / side;
    source_of = ranks(sources.points.input);
    target_of = ranks(targets.points.input);
    source_begin = octopole_test::to_vector(sources.points.begin);
    target_begin = octopole_test::to_vector(targets.points.begin);
    if (lists.terminals.bytes() > 0) terminal = octopole_test::to_vector(lists.terminals.above);
  }

  std::vector<int> source_of, target_of;  // the caller's index of a slot
  std::vector<int> source_begin, target_begin;
  std::vector<int> terminal;  // empty where there are none

  int terminal_above(int b) const { return terminal.empty() ? -1 : terminal[std::size_t(b)]; }

  static std::vector<int> ranks(const Kokkos::View<int*, Memory>& input) {
    return octopole_test::to_vector(input);
  }

  // Boxes, from the cells of their keys.
  int level(int b) const { return cells[b].level; }
  double half_width(int b) const { return std::exp2(-level(b)); }
  Point centre(int b) const {
    Point c;
    for (int i = 0; i < 3; ++i)
      c[i] = std::ldexp(double(cells[b].lower[i] + cells[b].upper[i]), -52);
    return c;
  }
  Points surface(int b, double radius) const { return shell(p, radius * half_width(b), centre(b)); }
  Points check_surface(int b) const { return shell(check_p, outer * half_width(b), centre(b)); }
  bool adjacent(int a, int b) const { return octopole_test::touching(cells[a], cells[b]); }
  // Potentials in the units of the root times this are in units of the box: K ~ 1/r.
  double units(int b) const { return half_width(b); }

  std::vector<int> sources_of(int b) const {
    std::vector<int> in;
    for (int i = 0; i < int(source_points.size()); ++i)
      if (inside(source_points[i], b)) in.push_back(i);
    return in;
  }
  bool inside(const Point& x, int b) const {
    for (int i = 0; i < 3; ++i) {
      const auto cell = static_cast<std::int64_t>(std::floor(std::ldexp(x[i], 51)));
      if (cell < cells[b].lower[i] || cell >= cells[b].upper[i]) return false;
    }
    return true;
  }

  struct Value {
    double u[K] = {}, g[3 * K] = {};
  };
  // The dense sums: over points with charges, and over a surface with the densities of a column.
  void add_sources(const Point& x, const std::vector<int>& indices, Value& v) const {
    for (const int j : indices) add(x, source_points[j], &charges[std::size_t(j) * C], v);
  }
  template <class Host>
  void add_surface(const Point& x, const Points& surface, const Host& columns, int box,
                   Value& v) const {
    for (int j = 0; j < n; ++j) {
      double q[C];
      for (int c = 0; c < C; ++c) q[c] = columns(c * padded + j, box);
      add(x, surface[j], q, v);
    }
  }
  void add(const Point& x, const Point& y, const double* q, Value& v) const {
    const double r[3] = {x[0] - y[0], x[1] - y[1], x[2] - y[2]};
    formula(r, q, v.u, v.g);
  }

  // Random numbers on the real rows of every column, zeros on the padding.
  void randomise(const Columns& columns, int components, int size, int stride,
                 std::uint64_t seed) const {
    const auto host = Kokkos::create_mirror_view(columns);
    Random random(seed);
    Kokkos::deep_copy(host, T(0));
    for (std::size_t b = 0; b < columns.extent(1); ++b)
      for (int c = 0; c < components; ++c)
        for (int i = 0; i < size; ++i) host(c * stride + i, b) = static_cast<T>(random() - 0.5);
    Kokkos::deep_copy(columns, host);
  }
  // What must not survive an operator that overwrites.
  template <class View>
  void spoil(const View& view) const {
    Kokkos::deep_copy(view, std::numeric_limits<T>::quiet_NaN());
  }

  const Set& set_of(int l) const { return Kernel::homogeneous ? sets->at(0) : sets->at(l); }

  void solve_leaves(int l) const {
    Octopole::check_to_multipole<WorkShape>(exec, lists.leaves, l, l + 1, set_of(l), expansions);
  }
  void up_from(int l) const {
    Octopole::m2m<WorkShape>(exec, octree, lists.parents, set_of(l), l, expansions);
  }
  void solve_down(int l) const {
    Octopole::check_to_local<WorkShape>(exec, octree, set_of(l), l, expansions);
  }
  M2L m2l_by_matrices() const {
    const auto sets_of = [&](int l) -> const Set& { return set_of(l); };
    M2L m2l(typename M2L::ByMatrices(exec, octree, lists.interactions.v, sets_of, sizes, 2));
    m2l.allocate(exec);
    return m2l;
  }
  // In slabs of `slab` bytes. `Method`: M2L::InWorkingScalar or InSingle.
  template <class Method>
  M2L m2l_by_transforms(std::size_t slab) const {
    M2L m2l(Method(exec, octree, lists.interactions.colleague, lists.parents, sizes, p, slab));
    m2l.allocate(exec);
    return m2l;
  }

  // Some boxes of a level: all, or evenly strided ones.
  std::vector<int> some_boxes(int l, int at_most) const {
    const int begin = tree.level_begin[l], count = tree.level_begin[l + 1] - begin;
    std::vector<int> boxes;
    for (int i = 0; i < std::min(count, at_most); ++i)
      boxes.push_back(begin + static_cast<int>(std::int64_t(i) * count / std::min(count, at_most)));
    return boxes;
  }

  // Points at `reach` half-widths from the centre of a box.
  Points around(int b, double reach, int count) const {
    Random random(b + 1);
    Points points;
    for (int i = 0; i < count; ++i)
      points.push_back(octopole_test::scaled(random.on_sphere(), reach * half_width(b), centre(b)));
    return points;
  }
};

// The bound on what rounding may cost an operator that is an exact sum.
template <class T>
constexpr double rounding = std::is_same_v<T, float> ? 3e-5 : 1e-11;

// ---- the eight operators, each against its sum -------------------------------------------------

// P2M: the potential of every leaf's sources on its upward check surface, from level 2 on.
template <class B>
void check_p2m(const B& b) {
  b.spoil(b.expansions.up_check);
  Octopole::p2m<typename B::WorkShape>(b.exec, b.kernel, b.octree, b.sources, b.expansions);
  const auto found = on_host(b.expansions.up_check);
  Error error;
  for (int l = b.expansions.top_level; l <= b.tree.depth; ++l)
    for (const int box : b.some_boxes(l, 25)) {
      if (!b.tree.is_leaf(box)) continue;
      const Points surface = b.check_surface(box);
      const auto sources = b.sources_of(box);
      REQUIRE(int(sources.size()) == b.tree.n_sources(box));
      for (int i = box % 3; i < b.check_n; i += 3) {
        typename B::Value v;
        b.add_sources(surface[i], sources, v);
        for (int k = 0; k < B::K; ++k)
          error.add(found(k * b.check_padded + i, box), b.units(box) * v.u[k]);
      }
    }
  REQUIRE(error.count > 0);
  CHECK(error.relative() < rounding<typename B::T>);
}

// M2M: the potential of the children's densities on the parent's upward check surface.
template <class B>
void check_m2m(const B& b) {
  b.randomise(b.expansions.multipole, B::C, b.n, b.padded, 11);
  const auto densities = on_host(b.expansions.multipole);
  for (int l = 2; l < b.tree.depth; ++l) {
    CAPTURE(l);
    b.spoil(b.expansions.up_check);
    b.up_from(l);
    const auto found = on_host(b.expansions.up_check);
    Error error;
    int parents = 0;
    for (int box = b.tree.level_begin[l]; box < b.tree.level_begin[l + 1]; ++box) {
      if (b.tree.is_leaf(box)) {
        CHECK(std::isnan(found(0, box)));  // a leaf's is P2M's and not touched
        continue;
      }
      if (++parents > 12) continue;
      const Points surface = b.check_surface(box);
      for (int i = box % 5; i < b.check_n; i += 5) {
        typename B::Value v;
        for (int child = 0; child < b.tree.n_boxes; ++child)
          if (b.tree.parent(child) == box)
            b.add_surface(surface[i], b.surface(child, inner), densities, child, v);
        for (int k = 0; k < B::K; ++k)
          error.add(found(k * b.check_padded + i, box), b.units(box) * v.u[k]);
      }
    }
    REQUIRE(error.count > 0);
    CHECK(error.relative() < rounding<typename B::T>);
  }
}

// M2L: the potential of the densities of all boxes in V on the downward check surface. V is found
// here again, from the cells. `tolerance`: of the compression, 0 for none.
template <class B>
void check_m2l(const B& b, double bound, std::size_t slab = 1, bool single = false) {
  b.randomise(b.expansions.multipole, B::C, b.n, b.padded, 12);
  const auto densities = on_host(b.expansions.multipole);
  // By whichever method the sets were made for; `fft` in slabs of one pencil.
  using M2L = typename B::M2L;
  M2L m2l;
  if (single) {
    if constexpr (!std::is_same_v<typename B::T, float>)
      m2l = b.template m2l_by_transforms<typename M2L::InSingle>(slab);
  } else if (b.set_of(2).m2l_frequencies.size() > 0) {
    m2l = b.template m2l_by_transforms<typename M2L::InWorkingScalar>(slab);
  } else {
    m2l = b.m2l_by_matrices();
  }
  int levels = 0;
  for (int l = 2; l <= b.tree.depth; ++l) {
    CAPTURE(l);
    b.spoil(b.expansions.down_check);
    m2l.apply(b.exec, b.octree, b.set_of(l), l, b.expansions);
    const auto found = on_host(b.expansions.down_check);
    Error error;
    long pairs = 0;
    // Every second box of those with such neighbours, up to 8 of them.
    int with_v = 0;
    for (int box = b.tree.level_begin[l]; box < b.tree.level_begin[l + 1]; ++box) {
      if (b.tree.n_targets(box) == 0 || with_v >= 16) continue;
      const Points surface = b.surface(box, inner);
      std::vector<std::pair<int, Points>> v_list;
      for (int a = b.tree.level_begin[l]; a < b.tree.level_begin[l + 1]; ++a)
        if (b.tree.n_sources(a) > 0 && !b.adjacent(a, box) &&
            b.adjacent(b.tree.parent(a), b.tree.parent(box)))
          v_list.push_back({a, b.surface(a, inner)});
      if (v_list.empty() || with_v++ % 2) continue;
      pairs += static_cast<long>(v_list.size());
      const int step = std::max(1, b.n / 12);
      for (int i = box % step; i < b.n; i += step) {
        typename B::Value v;
        for (const auto& [a, from] : v_list) b.add_surface(surface[i], from, densities, a, v);
        for (int k = 0; k < B::K; ++k)
          error.add(found(k * b.padded + i, box), b.units(box) * v.u[k]);
      }
    }
    levels += pairs > 0;
    CHECK(error.relative() < bound);
  }
  REQUIRE(levels >= 3);
}

// P2L: adds the potential of the leaves in X on the downward check surface.
template <class B>
void check_p2l(const B& b) {
  const auto& x = b.lists.interactions.x;
  REQUIRE(x.size() > 0);
  b.randomise(b.expansions.down_check, B::K, b.n, b.padded, 13);
  const Kokkos::View<T_of<B>**, Kokkos::LayoutLeft, Kokkos::HostSpace> kept(
      "Octopole::test", b.expansions.down_check.extent(0), b.expansions.down_check.extent(1));
  Kokkos::deep_copy(kept, b.expansions.down_check);
  Octopole::p2l<typename B::WorkShape>(b.exec, b.kernel, b.octree, x, b.lists.with_x, b.sources,
                                       b.expansions);
  const auto found = on_host(b.expansions.down_check);
  const auto begin = octopole_test::to_vector(x.begin);
  const auto entry = octopole_test::to_vector(x.entry);
  Error error;
  long untouched = 0, wrong = 0;
  for (int box = 0; box < b.tree.n_boxes; ++box) {
    const bool has_x = begin[box + 1] > begin[box];
    const Points surface = has_x ? b.surface(box, inner) : Points{};
    std::vector<int> sources;
    for (auto e = begin[box]; e < begin[box + 1]; ++e) {
      REQUIRE(b.tree.is_leaf(entry[e]));
      const auto more = b.sources_of(entry[e]);
      sources.insert(sources.end(), more.begin(), more.end());
    }
    for (int i = has_x ? box % 4 : 0; i < b.n; i += 4) {
      typename B::Value v;
      if (has_x) b.add_sources(surface[i], sources, v);
      for (int k = 0; k < B::K; ++k) {
        const int row = k * b.padded + i;
        if (has_x) {
          error.add(found(row, box) - kept(row, box), b.units(box) * v.u[k]);
        } else {
          ++untouched;
          wrong += found(row, box) != kept(row, box);
        }
      }
    }
  }
  REQUIRE(error.count > 0);
  REQUIRE(untouched > 0);
  CHECK(wrong == 0);
  // The difference of two sums loses a little more.
  CHECK(error.relative() < 20 * rounding<typename B::T>);
}

// L2L: adds the potential of the parent's densities on the children's downward check surfaces.
template <class B>
void check_l2l(const B& b) {
  b.randomise(b.expansions.local, B::C, b.n, b.padded, 14);
  const auto densities = on_host(b.expansions.local);
  for (int l = 2; l < b.tree.depth; ++l) {
    CAPTURE(l);
    Kokkos::deep_copy(b.expansions.down_check, T_of<B>(0.25));
    Octopole::l2l<typename B::WorkShape>(b.exec, b.octree, b.lists.passing, b.set_of(l), l + 1,
                                         b.expansions);
    const auto found = on_host(b.expansions.down_check);
    Error error;
    for (const int box : b.some_boxes(l + 1, 30)) {
      const int parent = b.tree.parent(box);
      const Points surface = b.surface(box, inner), from = b.surface(parent, outer);
      for (int i = box % 5; i < b.n; i += 5) {
        typename B::Value v;
        if (b.terminal_above(box) != parent) b.add_surface(surface[i], from, densities, parent, v);
        for (int k = 0; k < B::K; ++k)
          error.add(found(k * b.padded + i, box), 0.25 + b.units(box) * v.u[k]);
      }
    }
    REQUIRE(error.count > 0);
    CHECK(error.relative() < rounding<typename B::T>);
    CHECK(found(0, 0) == T_of<B>(0.25));  // other levels are left alone
  }
}

// The three operators that end at points: `expected(leaf, x, value)` is what they must give.
template <bool WithGradient, class B, class Expected>
void check_at_targets(const B& b, double before, const Expected& expected,
                      double bound = rounding<typename B::T>) {
  const auto found = on_host(b.targets.results);  // potential, then gradient
  Error potential, gradient;
  for (int leaf = 0; leaf < b.tree.n_boxes; ++leaf) {
    if (!b.tree.is_leaf(leaf)) continue;
    for (int i = 0; i < b.tree.n_targets(leaf); ++i) {
      const int slot = b.target_begin[leaf] + i;
      const Point x = b.target_points[b.target_of[slot]];
      REQUIRE(b.inside(x, leaf));
      typename B::Value v;
      expected(leaf, x, v);
      for (int k = 0; k < B::K; ++k) potential.add(found(k, slot), before + v.u[k]);
      if constexpr (WithGradient)
        for (int k = 0; k < 3 * B::K; ++k) gradient.add(found(B::K + k, slot), before + v.g[k]);
    }
  }
  REQUIRE(potential.count == long(b.target_points.size()) * B::K);
  REQUIRE(potential.size > 0);
  CHECK(potential.relative() < bound);
  if (WithGradient) {
    REQUIRE(gradient.size > 0);
    CHECK(gradient.relative() < 5 * bound);
  }
}

// L2P: the field of the downward equivalent densities of the leaf, and of the terminals that it lies in,
// at the leaf's targets; adds.
template <bool WithGradient, class B>
void check_l2p(const B& b) {
  b.randomise(b.expansions.local, B::C, b.n, b.padded, 15);
  const auto densities = on_host(b.expansions.local);
  Kokkos::deep_copy(b.targets.results, 0.5);
  Octopole::l2p<WithGradient, typename B::WorkShape>(b.exec, b.kernel, b.octree, b.lists.terminals,
                                                     b.expansions, b.targets);
  check_at_targets<WithGradient>(b, 0.5, [&](int leaf, const Point& x, typename B::Value& v) {
    for (int box = leaf; box >= 0 && b.level(box) >= 2; box = b.terminal_above(box))
      b.add_surface(x, b.surface(box, outer), densities, box, v);
  });
}

// M2P: adds the field of the upward equivalent densities of the boxes in W.
template <bool WithGradient, class B>
void check_m2p(const B& b) {
  const auto& w = b.lists.interactions.w;
  REQUIRE(w.size() > 0);
  b.randomise(b.expansions.multipole, B::C, b.n, b.padded, 16);
  const auto densities = on_host(b.expansions.multipole);
  const auto begin = octopole_test::to_vector(w.begin);
  const auto entry = octopole_test::to_vector(w.entry);
  Kokkos::deep_copy(b.targets.results, 0.5);
  Octopole::m2p<WithGradient, typename B::WorkShape>(b.exec, b.kernel, b.octree, w, b.expansions,
                                                     b.targets);
  check_at_targets<WithGradient>(b, 0.5, [&](int leaf, const Point& x, typename B::Value& v) {
    for (auto e = begin[leaf]; e < begin[leaf + 1]; ++e)
      b.add_surface(x, b.surface(entry[e], inner), densities, entry[e], v);
  });
}

// P2P: the field of the sources of the leaves in U, as exactly as the near field says; overwrites.
template <bool WithGradient, class B>
void check_p2p(const B& b, Octopole::NearField near_field = Octopole::NearField::exact,
               double bound = rounding<typename B::T>) {
  CAPTURE(Octopole::name_of(near_field));
  const auto near = b.lists.near();
  REQUIRE(near.u.size() > 0);
  const auto begin = octopole_test::to_vector(near.u.begin);
  const auto entry = octopole_test::to_vector(near.u.entry);
  b.spoil(b.targets.results);
  Octopole::p2p<WithGradient, typename B::WorkShape>(b.exec, b.kernel, b.octree, near, b.sources,
                                                     b.targets, near_field);
  std::vector<std::vector<int>> sources(b.tree.n_boxes);
  for (int box = 0; box < b.tree.n_boxes; ++box)
    if (b.tree.is_leaf(box)) sources[box] = b.sources_of(box);
  check_at_targets<WithGradient>(
      b, 0,
      [&](int leaf, const Point& x, typename B::Value& v) {
        for (auto e = begin[leaf]; e < begin[leaf + 1]; ++e) b.add_sources(x, sources[entry[e]], v);
      },
      bound);
}

// ---- the translations: what they are for, order by order ---------------------------------------

struct FieldErrors {
  double p2m = 0, m2m = 0, m2l = 0, l2l = 0, l2p_gradient = 0;
  void worst(const FieldErrors& e) {
    p2m = std::max(p2m, e.p2m), m2m = std::max(m2m, e.m2m), m2l = std::max(m2l, e.m2l);
    l2l = std::max(l2l, e.l2l), l2p_gradient = std::max(l2p_gradient, e.l2p_gradient);
  }
};

// P2M and its solve, then M2M with its own: the far potential of the densities is that of the sources. M2L, then
// L2L, each with its solve: the local densities give the field of all sources in the V lists of the
// box and its ancestors. Potential, and gradient at the end.
template <class B>
FieldErrors field_errors(const B& b) {
  FieldErrors out;
  Octopole::p2m<typename B::WorkShape>(b.exec, b.kernel, b.octree, b.sources, b.expansions);
  const auto far_field = [&](int box, const auto& densities, Error& error) {
    if (b.tree.n_sources(box) == 0) return;
    const auto in = b.sources_of(box);
    for (const Point& x : b.around(box, 4.2, 12)) {
      typename B::Value exact, found;
      b.add_sources(x, in, exact);
      b.add_surface(x, b.surface(box, inner), densities, box, found);
      for (int k = 0; k < B::K; ++k) error.add(found.u[k], exact.u[k]);
    }
  };
  for (int l = 2; l <= b.tree.depth; ++l) b.solve_leaves(l);
  for (int l = b.tree.depth - 1; l >= 2; --l) b.up_from(l);
  const auto densities = on_host(b.expansions.multipole);
  for (int l = 2; l <= b.tree.depth; ++l) {
    Error of_leaves, of_parents;
    for (const int box : b.some_boxes(l, 20))
      far_field(box, densities, b.tree.is_leaf(box) ? of_leaves : of_parents);
    out.p2m = std::max(out.p2m, of_leaves.relative());
    out.m2m = std::max(out.m2m, of_parents.relative());
  }

  // Downwards: potential and gradient in a box of the far field, as it stands after each level.
  const auto m2l = b.m2l_by_matrices();
  for (int l = 2; l <= b.tree.depth; ++l) {
    m2l.apply(b.exec, b.octree, b.set_of(l), l, b.expansions);
    if (l > 2)
      Octopole::l2l<typename B::WorkShape>(b.exec, b.octree, b.lists.parents, b.set_of(l - 1), l,
                                           b.expansions);
    b.solve_down(l);
    const auto local = on_host(b.expansions.local);
    Error potential, gradient;
    for (const int box : b.some_boxes(l, 10)) {
      if (b.tree.n_targets(box) == 0) continue;
      std::vector<int> far;
      for (int a = 0; a < b.tree.n_boxes; ++a)
        for (int own = box; own >= 0 && b.level(own) >= b.level(a); own = b.tree.parent(own))
          if (b.level(a) == b.level(own) && b.level(a) >= 2 && b.tree.n_sources(a) > 0 &&
              !b.adjacent(a, own) && b.adjacent(b.tree.parent(a), b.tree.parent(own))) {
            const auto more = b.sources_of(a);
            far.insert(far.end(), more.begin(), more.end());
          }
      const Points from = b.surface(box, outer);
      for (const Point& x : b.around(box, 0.9, 8)) {
        typename B::Value exact, found;
        b.add_sources(x, far, exact);
        b.add_surface(x, from, local, box, found);
        for (int k = 0; k < B::K; ++k) potential.add(found.u[k], exact.u[k]);
        for (int k = 0; k < 3 * B::K; ++k) gradient.add(found.g[k], exact.g[k]);
      }
    }
    (l == 2 ? out.m2l : out.l2l) = std::max(l == 2 ? out.m2l : out.l2l, potential.relative());
    out.l2p_gradient = std::max(out.l2p_gradient, gradient.relative());
  }
  return out;
}

// ---- points, operators -------------------------------------------------------------------------

// 0: clustered, sources are targets. 1: the same balanced. 2: targets of their own, not everywhere
// where the sources are.
template <class Kernel>
Bench<Kernel> make_bench(const Kernel& kernel, const Octopole::OperatorSpec& spec, int which) {
  const std::uint64_t seed = 21 + which;
  Points sources = octopole_test::clustered(which == 2 ? 700 : 500, seed);
  if (which < 2) return {kernel, spec, sources, nullptr, 9, which == 1, 0, seed};
  Points targets = octopole_test::clustered(400, seed + 50);
  for (std::size_t i = 0; i < targets.size(); i += 3)
    targets[i] = octopole_test::scaled(targets[i], 0.5, {1, 0.5, 0});
  // Some lists exchanged for P2P, as the plan does it.
  return {kernel, spec, sources, &targets, 9, false, 3, seed};
}

// Operators for every level that a bench has, kept from bench to bench.
template <class Kernel>
void provide(const Bench<Kernel>& b, const Octopole::OperatorSpec& spec,
             std::map<int, typename Bench<Kernel>::Set>& sets, bool single = false) {
  using T = typename Kernel::scalar;
  if (!Kernel::homogeneous) sets.clear();
  for (int l = 2; l <= b.tree.depth; ++l) {
    const int index = Kernel::homogeneous ? 0 : l;
    if (sets.count(index)) continue;
    const Kernel scaled = b.kernel.rescaled(std::exp2(-l));
    auto set = Octopole::Impl::precompute<T>(scaled, spec);
    if (single) set.make_frequencies_single();
    sets[index] = Octopole::copy_to<Memory>(set);
  }
}

Octopole::OperatorSpec spec_of(int order, double tolerance) {
  Octopole::OperatorSpec spec;
  spec.order = order, spec.check_order = order;
  spec.inner = inner, spec.outer = outer;
  spec.m2l_tolerance = tolerance;
  spec.m2l_rank = tolerance > 0 ? 0 : -1;
  return spec;
}

template <class Kernel>
void check_all(const Bench<Kernel>& b, double m2l_bound) {
  check_p2m(b);
  check_m2m(b);
  check_m2l(b, m2l_bound);
  check_p2l(b);
  check_l2l(b);
  check_l2p<false>(b);
  check_m2p<false>(b);
  check_p2p<false>(b);
  if constexpr (Kernel::has_gradient) {
    check_l2p<true>(b);
    check_m2p<true>(b);
    check_p2p<true>(b);
  }
  if constexpr (Octopole::Family<Kernel>::has_roots) {
    using Octopole::NearField;
    const auto both = [&](NearField near_field, double bound) {
      check_p2p<false>(b, near_field, bound);
      check_p2p<true>(b, near_field, bound);
    };
    if constexpr (std::is_same_v<typename Kernel::scalar, float>) {
      both(NearField::fast, 1e-4);
    } else {
      both(NearField::fast, 1e-8);
      both(NearField::mixed, 1e-6);
      both(NearField::rough, 1e-4);
    }
  }
}

// A cloud far smaller than its distance to another: its far field ends at a terminal; so does what is `lonely`.
template <class Kernel>
void check_far_cloud(const Kernel& kernel, double lonely = 0) {
  const auto spec = spec_of(4, 0);
  Points points = octopole_test::clustered(300, 31);
  for (std::size_t i = 0; i < points.size(); ++i)
    points[i] = i % 3 == 0 ? octopole_test::scaled(points[i], 0.1, {0.9, 0.9, 0.8})
                           : octopole_test::scaled(points[i], 0x1p-9, {0.3, 0.2, 0.4});
  Bench<Kernel> b(kernel, spec, points, nullptr, 9, false, 0, 31, lonely);
  std::map<int, typename Bench<Kernel>::Set> sets;
  provide(b, spec, sets);
  b.sets = &sets;
  int leaves_below = 0;
  for (int box = 0; box < b.tree.n_boxes; ++box)
    leaves_below += b.tree.is_leaf(box) && b.terminal_above(box) >= 0;
  REQUIRE(leaves_below > 10);
  check_l2l(b);
  check_l2p<false>(b);
  check_l2p<true>(b);
}

// All orders of a kernel: every operator alone, and the fields; three seeds each.
template <class Kernel>
void check_orders(const Kernel& kernel, int first, int last, const std::vector<double>& bounds,
                  double floor) {
  using T = typename Kernel::scalar;
  FieldErrors before{1, 1, 1, 1, 10};
  for (int p = first; p <= last; ++p) {
    CAPTURE(p);
    auto spec = spec_of(p, 0);
    // As the library chooses them.
    spec.check_order = p + Octopole::is_system<Kernel>;
    spec.cutoff = Octopole::Accuracy::cutoff<Kernel>(p);
    std::map<int, typename Bench<Kernel>::Set> sets;
    FieldErrors e;
    for (int which = 0; which < 3; ++which) {
      CAPTURE(which);
      auto b = make_bench(kernel, spec, which);
      provide(b, spec, sets);
      b.sets = &sets;
      REQUIRE(b.tree.depth >= 4);
      check_all(b, rounding<T>);
      e.worst(field_errors(b));
    }
    if (std::getenv("OCTOPOLE_TEST_VERBOSE"))
      std::printf("%s p %d p2m %.1e m2m %.1e m2l %.1e l2l %.1e gradient %.1e\n",
                  Kernel::name().c_str(), p, e.p2m, e.m2m, e.m2l, e.l2l, e.l2p_gradient);
    const double bound = std::max(bounds[p - first], floor);
    CHECK(e.p2m < bound);
    CHECK(e.m2m < bound);
    CHECK(e.m2l < bound);
    CHECK(e.l2l < bound);
    CHECK(e.l2p_gradient < 10 * bound);
    // Falling from each order to the next.
    CHECK(e.p2m < std::max(before.p2m, floor));
    CHECK(e.m2m < std::max(before.m2m, floor));
    CHECK(e.m2l < std::max(before.m2l, floor));
    CHECK(e.l2l < std::max(before.l2l, floor));
    CHECK(e.l2p_gradient < std::max(before.l2p_gradient, 10 * floor));
    before = e;
  }
}

// Of the field of an order, 3 to 10: about 1.3 times what was measured (the gradient is the worst,
// at ten times the bound). The screened field falls off so fast that its relative error is large.
const std::vector<double> laplace_bounds = {1e-2, 2e-3, 2e-4, 3e-5, 6e-6, 1e-6, 1.2e-7, 3e-8};
const std::vector<double> yukawa_bounds = {7e-1, 5e-1, 5e-2, 4e-2};

// The compressed M2L: what the tolerance drops, relative to what there is.
template <class Kernel>
void check_compressed(const Kernel& kernel, int p, double tolerance, double factor) {
  using T = typename Kernel::scalar;
  CAPTURE(p, tolerance);
  const auto spec = spec_of(p, tolerance);
  auto b = make_bench(kernel, spec, 1);
  std::map<int, typename Bench<Kernel>::Set> sets;
  provide(b, spec, sets);
  b.sets = &sets;
  REQUIRE(b.set_of(2).compressed());
  REQUIRE(int(b.set_of(2).source_basis.extent(0)) <= b.padded * Kernel::source_components);
  check_m2l(b, std::max(factor * tolerance, rounding<T>));
}

// M2L by transforms is an exact sum, as full rank is: at every order, in slabs of one pencil, of a
// few and of all.
template <class Kernel>
void check_fft(const Kernel& kernel, int first, int last, bool single = false) {
  using T = typename Kernel::scalar;
  for (int p = first; p <= last; ++p) {
    CAPTURE(p);
    auto spec = spec_of(p, 0);
    spec.m2l = Octopole::M2L::fft;
    std::map<int, typename Bench<Kernel>::Set> sets;
    for (int which = 0; which < 3; ++which) {
      CAPTURE(which);
      auto b = make_bench(kernel, spec, which);
      provide(b, spec, sets, single);
      b.sets = &sets;
      REQUIRE(b.set_of(2).m2l_left.size() == 0);
      const std::size_t pencil = (2 * p - 1) * 16 * b.tree.n_boxes * sizeof(T);
      check_m2l(b, single ? rounding<float> : rounding<T>,
                which == 0   ? 1
                : which == 1 ? pencil
                             : std::size_t(1) << 30,
                single);
    }
  }
}

}  // namespace

TEST_CASE("local expansions of what is far away end at terminals") {
  check_far_cloud(Octopole::Laplace<double>{});
  check_far_cloud(Octopole::Laplace<float>{});
  check_far_cloud(Octopole::Laplace<float>{}, 0.2);
  check_far_cloud(Yukawa<double>{3});
}

TEST_CASE("laplace M2L by transforms - orders 2 to 13 - double") {
  check_fft(Octopole::Laplace<double>{}, 2, 13);
}

TEST_CASE("laplace M2L by transforms - orders 2 to 13 - float") {
  check_fft(Octopole::Laplace<float>{}, 2, 13);
}

TEST_CASE("laplace M2L by transforms - orders 2 to 10 - single under double") {
  check_fft(Octopole::Laplace<double>{}, 2, 10, true);
}

TEST_CASE("yukawa M2L by transforms - a set of operators per level") {
  check_fft(Yukawa<double>{1.5}, 3, 5);
}

TEST_CASE("stokeslet M2L by transforms - three components in and out") {
  check_fft(Stokeslet<double>{}, 3, 5);
}

TEST_CASE("laplace every operator and every field - orders 3 to 10 - double") {
  check_orders(Octopole::Laplace<double>{}, 3, 10, laplace_bounds, 1e-11);
}

TEST_CASE("laplace every operator and every field - orders 3 to 10 - float") {
  check_orders(Octopole::Laplace<float>{}, 3, 10, laplace_bounds, 1e-4);
}

TEST_CASE("yukawa every operator and every field - a set of operators per level") {
  check_orders(Yukawa<double>{1.5}, 3, 6, yukawa_bounds, 1e-11);
}

TEST_CASE("stokeslet every operator and every field - three components in and out") {
  check_orders(Stokeslet<double>{}, 3, 5, {5e-2, 5e-3, 1e-3}, 1e-11);
}

TEST_CASE("M2L compressed the error follows the tolerance") {
  for (const int p : {3, 4, 5}) check_compressed(Octopole::Laplace<double>{}, p, 1e-13, 1e3);
  for (const double tolerance : {1e-2, 1e-4, 1e-6})
    check_compressed(Octopole::Laplace<double>{}, 6, tolerance, 30);
  check_compressed(Octopole::Laplace<double>{}, 8, 1e-4, 20);
  check_compressed(Octopole::Laplace<float>{}, 4, 1e-6, 20);
  check_compressed(Octopole::Laplace<float>{}, 7, 1e-3, 20);
  check_compressed(Yukawa<double>{1.5}, 4, 1e-6, 20);
  check_compressed(Stokeslet<double>{}, 3, 1e-6, 20);
}
