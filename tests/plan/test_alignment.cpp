// SPDX-License-Identifier: BSD-3-Clause
// What the inner loops rely on: everything that a pack of lanes is loaded from or stored to starts
// at a multiple of 64 bytes, and so does every leaf's range and every box's column.
#include <Octopole.hpp>
#include <core/plan/impl/Octopole_PlanParts.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <perf/judge/Octopole_Workloads.hpp>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <vector>

#include <tests/support/test_views.hpp>

namespace {

using Execution = Kokkos::DefaultExecutionSpace;
using Memory = Execution::memory_space;
using Points = Octopole::PointInput<Memory>;

using Coordinates = Kokkos::View<double* [3], Kokkos::LayoutRight, Memory>;
Coordinates coordinates(const std::vector<double>& xyz) {
  return view_of<Coordinates>(xyz, xyz.size() / 3);
}

template <class View>
Points as_points(const View& view) {
  return Octopole::Impl::as_points(view, "points");
}

template <class View>
auto on_host(const View& view) {
  return Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, view);
}

template <class View>
void require_aligned(const char* name, const View& view) {
  INFO(name);
  CHECK(view.data() != nullptr);
  CHECK(reinterpret_cast<std::uintptr_t>(view.data()) % 64 == 0);
}

/// One row after the other (or column), each at a multiple of 64 bytes.
template <class View>
void require_aligned_rows(const char* name, const View& view, std::size_t leading) {
  require_aligned(name, view);
  INFO(name << " with leading dimension " << leading);
  CHECK(leading * sizeof(typename View::value_type) % 64 == 0);
  CHECK(view.span_is_contiguous());
}

template <class PackedPoints, class Range>
void require_aligned_leaves(const PackedPoints& points, const Octopole::Octree<Memory>& tree,
                            const Range& begin_of, const Range& end_of) {
  using T = typename decltype(points.x)::value_type;
  require_aligned("x", points.x);
  require_aligned("y", points.y);
  require_aligned("z", points.z);
  const auto leaves = on_host(tree.leaves);
  const auto begin = on_host(points.begin), input = on_host(points.input);
  const auto first = on_host(begin_of), last = on_host(end_of);
  int next = 0;
  bool some_padding = false;
  for (int i = 0; i < tree.n_leaves; ++i) {
    const int leaf = leaves(i), slot = begin(leaf), n = last(leaf) - first(leaf);
    INFO("leaf " << i << " at slot " << slot << " with " << n << " points");
    // Ranges follow each other without a hole; each starts at, and is padded to, 64 bytes of floats.
    REQUIRE(slot == next);
    REQUIRE(slot * sizeof(T) % 64 == 0);
    const int lanes = static_cast<int>(64 / sizeof(float));
    next += (n + lanes - 1) / lanes * lanes;
    for (int j = slot; j < next; ++j) REQUIRE((input(j) >= 0) == (j < slot + n));
    some_padding = some_padding || next > slot + n;
  }
  // An update may leave slots over at the end: padding, as long as they are fewer than the others.
  CHECK(next <= points.slots);
  CHECK(points.slots <= 2 * next + 1);
  for (int j = next; j < points.slots; ++j) REQUIRE(input(j) == -1);
  CHECK(some_padding);
}

template <class Table>
void require_aligned_surface(const char* name, const Table& table) {
  using T = typename decltype(table.at)::value_type;
  require_aligned(name, table.at);
  INFO(name << " of " << table.size << " points, padded to " << table.padded);
  CHECK(table.padded >= table.size);
  CHECK(table.padded * sizeof(T) % 64 == 0);
  CHECK(table.at.stride(0) * sizeof(T) % 64 == 0);
  CHECK(table.at.stride(1) * sizeof(T) % 64 == 0);
}

template <class T>
void check_all(int order, int check_order, bool own_targets, const char* distribution) {
  using Kernel = Octopole::Laplace<T>;
  const auto points = Octopole::Workloads::make(distribution, "positive", 3001, 4);
  const auto others = Octopole::Workloads::make("cube", "positive", 1507, 5);
  const auto s = coordinates(points.xyz), t = coordinates(others.xyz);
  const Execution exec;
  const Octopole::Options options{.digits = 3,
                                  .order = order,
                                  .check_order = check_order,
                                  .near_field = std::is_same_v<T, double>
                                                    ? Octopole::NearField::mixed
                                                    : Octopole::NearField::automatic,
                                  .method = Octopole::Method::fmm,
                                  .leaf_capacity = 37,
                                  .cache = Octopole::Cache::off()};
  std::optional<Points> target_points;
  if (own_targets) target_points = as_points(t);
  Octopole::Impl::Engine<Execution, T> engine(
      exec, std::make_shared<const Octopole::PointOperators<Execution, Kernel>>(Kernel{}),
      as_points(s), target_points, options);
  const auto look = [&] {
    REQUIRE(engine.facts().method == "fmm");
    REQUIRE(engine.facts().pairs_p2p > 0);
    REQUIRE(engine.facts().pairs_m2l > 0);
    REQUIRE(engine.facts().depth >= 2);
    const auto& parts = engine.parts();
    const auto& tree = parts.tree;
    const auto& sources = parts.sources.points;
    const auto& targets = parts.targets.points;
    const auto& charges = parts.sources.charges;
    const auto& float_charges = parts.sources.float_charges;
    const auto& results = parts.targets.results;
    const auto& x = parts.expansions;
    require_aligned_leaves(sources, tree, tree.source_begin, tree.source_end);
    require_aligned_leaves(targets, tree, tree.target_begin, tree.target_end);
    require_aligned_rows("charges", charges, charges.stride(0));
    require_aligned_rows("results", results, results.stride(0));
    require_aligned_rows("up_check", x.up_check, x.up_check.stride(1));
    require_aligned_rows("multipole", x.multipole, x.multipole.stride(1));
    require_aligned_rows("down_check", x.down_check, x.down_check.stride(1));
    require_aligned_rows("local", x.local, x.local.stride(1));
    require_aligned_rows("exact", sources.exact, sources.exact.stride(0));
    if constexpr (std::is_same_v<T, double>) {
      require_aligned_rows("high", sources.split.high, sources.split.high.stride(0));
      require_aligned_rows("low", targets.split.low, targets.split.low.stride(0));
      require_aligned_rows("float_charges", float_charges, float_charges.stride(0));
      CHECK(int(sources.split.low.extent(1)) == sources.slots);
      CHECK(int(targets.split.high.extent(1)) == targets.slots);
      CHECK(int(float_charges.extent(1)) == sources.slots);
    } else {
      CHECK(float_charges.data() == charges.data());
      require_aligned_rows("high", sources.split.high, sources.split.high.stride(0));
    }
    // The padded size of a surface is the leading dimension, not more and not less.
    CHECK(int(x.multipole.extent(0)) == x.inner.padded);
    CHECK(int(x.local.extent(0)) == x.outer.padded);
    CHECK(int(x.down_check.extent(0)) == x.inner.padded);
    CHECK(int(x.up_check.extent(0)) == x.outer_check.padded);
    CHECK(int(x.multipole.extent(1)) >= tree.n_boxes);
    CHECK(int(charges.extent(1)) == sources.slots);
    CHECK(int(results.extent(1)) == targets.slots);
    require_aligned_surface("inner surface", x.inner);
    require_aligned_surface("outer surface", x.outer);
    require_aligned_surface("outer check surface", x.outer_check);
  };
  look();
  // The same after the points have moved and their number has changed.
  const auto moved = coordinates(Octopole::Workloads::make("plummer", "positive", 2222, 6).xyz);
  engine.update_points(exec, as_points(moved), target_points);
  look();
}

}  // namespace

TEMPLATE_TEST_CASE("Everything packs are loaded from lies at multiples of 64 bytes", "", double,
                   float) {
  // Orders whose surfaces (26, 56, 98, 152 points) are no multiple of the lanes, or just one.
  const int order = GENERATE(3, 4, 5, 6);
  const bool own_targets = GENERATE(false, true);
  CAPTURE(order, own_targets);
  check_all<TestType>(order, 0, own_targets, "cube");
}

TEMPLATE_TEST_CASE("Alignment with a finer check surface and clustered points", "", double, float) {
  check_all<TestType>(4, 5, false, "two-scale");
  check_all<TestType>(3, 5, true, "filament");
}
