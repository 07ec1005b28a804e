// SPDX-License-Identifier: BSD-3-Clause
// The kernels that are cut for GPUs (DeviceShape: scalars, teams, sources staged in scratch memory,
// children as lanes of threads), run where there may be no GPU: the same code on the host's
// threads, in teams of two, gives what the kernels for processors give.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ == 12
// It unrolls a loop over the two outputs of a kernel, and warns of a third.
#pragma GCC diagnostic ignored "-Warray-bounds"
#endif
#include <Octopole.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <core/plan/impl/Octopole_EngineDefinition.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <perf/judge/Octopole_Workloads.hpp>
#include <tests/support/octopole_catch.hpp>
#include <vector>

#include <tests/support/test_difference.hpp>

namespace {

using Exec = Kokkos::DefaultHostExecutionSpace;
using Memory = Exec::memory_space;
using Octopole::Output;

/// DeviceShape, its teams as large as a host's can be, its tiles and blocks smaller than the data.
struct SmallDeviceShape : Octopole::DeviceShape {
  static constexpr int near_team = 2;
  static constexpr int near_tile = 24;
  static constexpr int column_team = 2;
  static constexpr int transform_team = 2;
  static constexpr int product_team = 2;
};

template <class T, class WorkShape>
using Engine = Octopole::Impl::Engine<Exec, T, WorkShape>;

struct Case {
  const char* distribution;
  int n, sides;
  Octopole::Options options;
};

/// The pieces of the near field hold every target once, those with most sources first.
template <class Engine>
void check_near_work(const Engine& engine) {
  const auto& parts = engine.parts();
  const auto& tree = parts.tree;
  const auto& targets = parts.targets.points;
  const auto& u = parts.lists.interactions.u;
  const auto& near_work = parts.lists.near_work;
  constexpr int piece = SmallDeviceShape::near_team;
  std::vector<int> seen(targets.slots, 0);
  std::int64_t before = -1;
  for (int i = 0; i < near_work.size(); ++i) {
    const int leaf = near_work.leaf(i), first = near_work.first(i);
    REQUIRE(tree.is_leaf(leaf));
    REQUIRE(first % piece == 0);
    for (int t = first; t < std::min(first + piece, tree.n_targets(leaf)); ++t)
      ++seen[targets.begin(leaf) + t];
    std::int64_t sources = 0;
    for (auto e = u.begin(leaf); e < u.begin(leaf + 1); ++e) sources += tree.n_sources(u.entry(e));
    if (before >= 0) CHECK(sources <= before);
    before = sources;
  }
  int wrong = 0;
  for (int slot = 0; slot < targets.slots; ++slot)
    wrong += seen[slot] != (targets.input(slot) >= 0 ? 1 : 0);
  CHECK(wrong == 0);
}

/// Results of all outputs, one after the other: (target, row, side).
template <class WorkShape, class Kernel>
std::vector<double> results(const Kernel& kernel, const Case& c, Octopole::PlanFacts* facts) {
  using T = typename Kernel::scalar;
  using E = Engine<T, WorkShape>;
  using Operators = Octopole::PointOperators<Exec, Kernel, WorkShape>;
  using Parts = Octopole::Family<Kernel>;
  const Exec exec;
  const auto made = Octopole::Workloads::make(c.distribution, "positive", c.n, 3);
  const Octopole::PointsView<double, Memory> points(made.xyz.data(),
                                                    Kokkos::LayoutStride(c.n, 3, 3, 1));
  std::vector<T> charges(std::size_t(c.n) * Parts::charges * c.sides);
  for (std::size_t i = 0; i < charges.size(); ++i)
    charges[i] = T(std::sin(1.0 + 12.9898 * double(i)));
  Octopole::Options options = c.options;
  options.method = Octopole::Method::fmm;
  options.cache = Octopole::Cache::off();
  options.right_hand_sides = c.sides;
  E engine(exec, std::make_shared<const Operators>(kernel), points, std::nullopt, options);
  typename E::Charges q;
  q.data = charges.data(), q.point = Parts::charges * c.sides, q.right_hand_side = 1;
  for (int k = 0; k < Parts::charges; ++k) q.row[k] = k * c.sides;
  typename E::Results views{};
  std::array<std::vector<T>, Parts::n_outputs> out;
  for (int i = 0; i <= Octopole::last_output_of<Kernel>(options.outputs); ++i) {
    const int rows = Parts::term(i).rows();
    out[i].resize(std::size_t(c.n) * rows * c.sides);
    views[i].data = out[i].data(), views[i].point = rows * c.sides, views[i].right_hand_side = 1;
    for (int k = 0; k < rows; ++k) views[i].row[k] = k * c.sides;
  }
  const auto use = engine.use();
  engine.execute(exec, q, views);
  exec.fence("Octopole::test");
  if (facts) *facts = engine.facts();
  if constexpr (WorkShape::near_tile > 0) check_near_work(engine);
  std::vector<double> all;
  for (const auto& o : out) all.insert(all.end(), o.begin(), o.end());
  return all;
}

template <class Kernel>
void check_shapes(const Kernel& kernel, const Case& c, double bound) {
  CAPTURE(Kernel::name(), c.distribution, c.n, c.sides);
  if (Exec().concurrency() < 2) {
    WARN("one thread: no teams of two");
    return;
  }
  Octopole::PlanFacts facts;
  const auto processor = results<Octopole::ProcessorShape>(kernel, c, nullptr);
  const auto device = results<SmallDeviceShape>(kernel, c, &facts);
  REQUIRE(facts.depth >= 3);
  REQUIRE(facts.pairs_m2l > 0);
  CHECK(difference(device, processor) < bound);
  CHECK(facts.launches > 0);
}

}  // namespace

static_assert(std::is_same_v<Octopole::WorkShapeOf<Exec>, Octopole::ProcessorShape>);
static_assert(std::is_same_v<Octopole::WorkShapeOf<SmallDeviceShape>, SmallDeviceShape>);
static_assert(Octopole::SimdTraits<SmallDeviceShape, double>::width == 1);

// By the same order, in double and with nothing dropped, only rounding tells them apart.
TEST_CASE("Kernels cut for GPUs: all lists, gradients, several slabs and right-hand sides") {
  const auto m2l = GENERATE(Octopole::M2L::fft, Octopole::M2L::blas);
  const int sides = GENERATE(1, 5);
  Case c{"plummer", 3000, sides, {}};
  c.options.order = 4, c.options.leaf_capacity = 30, c.options.m2l = m2l;
  c.options.outputs = Output::potential | Output::gradient;
  if (m2l == Octopole::M2L::fft) c.options.m2l_memory = 1 << 18;
  check_shapes(Octopole::Laplace<double>{}, c, 1e-11);
}

TEST_CASE("Kernels cut for GPUs: a near field in float, alone and beside doubles") {
  const auto near_field = GENERATE(Octopole::NearField::exact, Octopole::NearField::fast);
  Case c{"plummer", 3000, GENERATE(1, 5), {}};
  c.options.order = 4, c.options.leaf_capacity = 30, c.options.near_field = near_field;
  c.options.outputs = Output::potential | Output::gradient;
  check_shapes(Octopole::Laplace<float>{}, c, 3e-4);
  c.distribution = "two-scale";
  check_shapes(Octopole::Laplace<float>{}, c, 3e-4);
  c.options.near_field = Octopole::NearField::rough;
  check_shapes(Octopole::Laplace<double>{}, c, 3e-4);
  c.options.near_field = Octopole::NearField::mixed;
  check_shapes(Octopole::Laplace<double>{}, c, 1e-6);
}

TEST_CASE("Kernels cut for GPUs: transforms in float under a far field in double") {
  // Not so few points in a leaf that they are left in double.
  Case c{"cube", 8000, 1, {}};
  c.options.digits = 5, c.options.leaf_capacity = 40, c.options.root_scale = 1;
  check_shapes(Octopole::Laplace<double>{}, c, 1e-6);
}

TEST_CASE("Kernels cut for GPUs: complex numbers, operators by level") {
  Case c{"sphere", 2000, 2, {}};
  c.options.order = 5, c.options.leaf_capacity = 30;
  check_shapes(Octopole::Helmholtz<double>{3.0}, c, 1e-10);
}
