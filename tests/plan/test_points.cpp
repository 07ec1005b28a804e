// SPDX-License-Identifier: BSD-3-Clause
// Points in every form that a Plan takes: Views (N, 3), Coordinates{x, y, z}, types with
// AccessTraits. And targets that are not the sources: anywhere, of any number, new while the
// sources stay.
#include <Octopole.hpp>
#include <cmath>
#include <cstdint>
#include <perf/judge/Octopole_Workloads.hpp>
#include <random>
#include <stdexcept>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_results.hpp>
#include <type_traits>
#include <utility>
#include <vector>

#include <tests/support/test_scratch.hpp>
#include <tests/support/test_views.hpp>

namespace {

using Octopole::Coordinates;
using Octopole::Laplace;
using Octopole::Method;
using Octopole::Options;
using Octopole::outputs;
using Octopole::Plan;
using Execution = Kokkos::DefaultExecutionSpace;
using Memory = Execution::memory_space;
using Unmanaged = Kokkos::MemoryTraits<Kokkos::Unmanaged>;
using octopole_test::direct;
using octopole_test::error;
using octopole_test::Numbers;
using octopole_test::require_close;
using octopole_test::require_close_in_small_leaves;
using octopole_test::require_equal;
using octopole_test::Results;

/// Points among other things that a user keeps of his particles.
template <class X>
struct Particle {
  int species;
  X position[3];
  double mass;
};
/// A user's own container.
template <class X>
struct Particles {
  Kokkos::View<Particle<X>*, Memory> at;
  std::size_t first, n;
};
/// Points that are computed when asked for.
struct Helix {
  std::size_t n;
};

}  // namespace

template <class X>
struct Octopole::AccessTraits<Particles<X>> {
  using memory_space = Memory;
  static std::size_t size(const Particles<X>& p) { return p.n; }
  KOKKOS_FUNCTION static const X* get(const Particles<X>& p, std::size_t i) {
    return p.at(p.first + i).position;
  }
};
template <>
struct Octopole::AccessTraits<Kokkos::View<Kokkos::Array<double, 3>*, Memory>> {
  using View = Kokkos::View<Kokkos::Array<double, 3>*, Memory>;
  using memory_space = Memory;
  KOKKOS_FUNCTION static int size(const View& points) { return int(points.extent(0)); }
  KOKKOS_FUNCTION static const Kokkos::Array<double, 3>& get(const View& points, int i) {
    return points(i);
  }
};
template <>
struct Octopole::AccessTraits<Helix> {
  using memory_space = Memory;
  KOKKOS_FUNCTION static std::size_t size(const Helix& helix) { return helix.n; }
  KOKKOS_FUNCTION static Kokkos::Array<double, 3> get(const Helix& helix, std::size_t i) {
    const double t = double(i) / double(helix.n);
    return {Kokkos::cos(40 * t), Kokkos::sin(40 * t), 3 * t};
  }
};

namespace {

Octopole::Cache cache() {
  static const Scratch scratch;
  return Octopole::Cache::read_write(scratch / "operators.h5");
}

Options fmm(int leaf_capacity = 40, int digits = 3) {
  return {.digits = digits,
          .method = Method::fmm,
          .leaf_capacity = leaf_capacity,
          .cache = cache(),
          .outputs = Octopole::Output::gradient};
}

template <class X = double, class Layout = Kokkos::LayoutRight>
Kokkos::View<X**, Layout, Memory> matrix(const Numbers& xyz) {
  const Kokkos::View<X**, Layout, Memory> view("Octopole::test::points", xyz.size() / 3, 3);
  const auto host = Kokkos::create_mirror_view(view);
  for (std::size_t i = 0; i < view.extent(0); ++i)
    for (int d = 0; d < 3; ++d) host(i, d) = X(xyz[3 * i + d]);
  Kokkos::deep_copy(view, host);
  return view;
}

template <class X = double>
Kokkos::View<X*, Memory> axis(const Numbers& xyz, int d) {
  Numbers one;
  for (std::size_t i = d; i < xyz.size(); i += 3) one.push_back(xyz[i]);
  return view_of<Kokkos::View<X*, Memory>>(one, one.size());
}

template <class X>
Particles<X> particles(const Numbers& xyz) {
  const std::size_t n = xyz.size() / 3, first = 5;
  const Kokkos::View<Particle<X>*, Memory> at("Octopole::test::particles", n + 9);
  const auto host = Kokkos::create_mirror_view(at);
  for (std::size_t i = 0; i < n + 9; ++i)
    for (int d = 0; d < 3; ++d)
      host(i).position[d] = i < first || i >= first + n ? X(1e30) : X(xyz[3 * (i - first) + d]);
  Kokkos::deep_copy(at, host);
  return {at, first, n};
}

Kokkos::View<Kokkos::Array<double, 3>*, Memory> arrays(const Numbers& xyz) {
  const Kokkos::View<Kokkos::Array<double, 3>*, Memory> view("Octopole::test::arrays",
                                                             xyz.size() / 3);
  const auto host = Kokkos::create_mirror_view(view);
  for (std::size_t i = 0; i < view.extent(0); ++i)
    host(i) = {xyz[3 * i], xyz[3 * i + 1], xyz[3 * i + 2]};
  Kokkos::deep_copy(view, host);
  return view;
}

template <class T = double>
Results execute(auto& plan, const Numbers& q) {
  const Execution exec;
  const std::size_t m = plan.facts().n_targets;
  const auto u = view_of<Kokkos::View<T*, Memory>>(Numbers(m, -77), m);
  const auto g = view_of<Kokkos::View<T* [3], Kokkos::LayoutRight, Memory>>(Numbers(3 * m, -77), m);
  plan.execute(exec, view_of<Kokkos::View<T*, Memory>>(q, q.size()),
               outputs().potential(u).gradient(g));
  exec.fence("Octopole::test");
  return {numbers(u), numbers(g)};
}

template <class T>
Numbers rounded(Numbers values) {
  for (double& x : values) x = double(T(x));
  return values;
}

Numbers moved(Numbers xyz, double scale, double x, double y, double z) {
  for (std::size_t i = 0; i < xyz.size(); i += 3) {
    xyz[i] = scale * xyz[i] + x;
    xyz[i + 1] = scale * xyz[i + 1] + y;
    xyz[i + 2] = scale * xyz[i + 2] + z;
  }
  return xyz;
}

const Octopole::Workloads::Points& cube() {
  static const auto points = Octopole::Workloads::make("cube", "positive", 3000, 1);
  return points;
}
const Octopole::Workloads::Points& plummer() {
  static const auto points = Octopole::Workloads::make("plummer", "positive", 4000, 2);
  return points;
}

/// Labels of the kernels and allocations while it lives.
class Labels {
 public:
  Labels() {
    seen().clear();
    set(kernel, allocation);
  }
  ~Labels() { set(nullptr, nullptr); }
  Labels(const Labels&) = delete;
  Labels& operator=(const Labels&) = delete;
  static std::vector<std::string>& seen() {
    static std::vector<std::string> labels;
    return labels;
  }

 private:
  static void kernel(const char* label, std::uint32_t, std::uint64_t* id) {
    *id = 0;
    seen().push_back(label);
  }
  static void allocation(Kokkos::Tools::SpaceHandle, const char* label, const void*,
                         std::uint64_t) {
    seen().push_back(label);
  }
  static void set(Kokkos_Profiling_beginFunction kernel,
                  Kokkos_Profiling_allocateDataFunction allocation) {
    namespace Tools = Kokkos::Tools::Experimental;
    Tools::set_begin_parallel_for_callback(kernel);
    Tools::set_begin_parallel_reduce_callback(kernel);
    Tools::set_begin_parallel_scan_callback(kernel);
    Tools::set_allocate_data_callback(allocation);
  }
};

/// `call` throws std::invalid_argument whose text has every word; nothing was launched or
/// allocated.
template <class Call>
void refused(const Call& call, const std::vector<std::string>& words) {
  std::string text;
  {
    const Labels labels;
    try {
      call();
      FAIL_CHECK("nothing was thrown");
    } catch (const std::invalid_argument& e) {
      text = e.what();
    }
    CHECK(Labels::seen().empty());
  }
  INFO(text);
  for (const auto& word : words) {
    INFO("should name '" << word << "'");
    CHECK(text.find(word) != std::string::npos);
  }
}

/// Plans for `sources`, new and by an update from other points, give `expected`.
template <class Sources>
void require_same(const Sources& sources, const Numbers& q, const Results& expected) {
  const Execution exec;
  Plan plan(exec, Laplace<double>{}, sources, fmm());
  REQUIRE(plan.facts().pairs_m2l > 0);
  require_equal(execute(plan, q), expected);
  plan.update_points(exec, sources);
  require_equal(execute(plan, q), expected);
}

}  // namespace

TEST_CASE("Three Views, one per axis, give what the (N, 3) View gives") {
  const auto& p = cube();
  const std::size_t n = p.q.size();
  const Execution exec;
  Plan plain(exec, Laplace<double>{}, matrix(p.xyz), fmm());
  const Results expected = execute(plain, p.q);
  require_close(expected, direct(p.xyz, p.xyz, p.q));

  const auto x = axis(p.xyz, 0), y = axis(p.xyz, 1), z = axis(p.xyz, 2);
  require_same(Coordinates{x, y, z}, p.q, expected);

  // Columns of either layout: strides 3 and 1.
  const auto right = matrix(p.xyz);
  const auto left = matrix<double, Kokkos::LayoutLeft>(p.xyz);
  const auto column = [](const auto& view, int d) { return Kokkos::subview(view, Kokkos::ALL, d); };
  require_same(Coordinates{column(right, 0), column(right, 1), column(right, 2)}, p.q, expected);
  require_same(Coordinates{column(left, 0), column(left, 1), column(left, 2)}, p.q, expected);

  // Every second element, const, unmanaged, and each axis of another type of View.
  using Strided = Kokkos::View<const double*, Kokkos::LayoutStride, Memory, Unmanaged>;
  Numbers twice(6 * n, 1e9);
  for (std::size_t i = 0; i < n; ++i)
    for (int d = 0; d < 3; ++d) twice[3 * (2 * i) + d] = p.xyz[3 * i + d];
  const auto every_second = axis(twice, 0);
  const Strided strided(every_second.data(), Kokkos::LayoutStride(n, 2));
  const Kokkos::View<const double*, Memory> constant = y;
  const Kokkos::View<double*, Memory, Unmanaged> unmanaged(z.data(), n);
  require_same(Coordinates{strided, constant, unmanaged}, p.q, expected);
}

TEST_CASE("Types with AccessTraits give what the (N, 3) View gives") {
  const auto& p = cube();
  const Execution exec;
  Plan plain(exec, Laplace<double>{}, matrix(p.xyz), fmm());
  const Results expected = execute(plain, p.q);
  require_same(particles<double>(p.xyz), p.q, expected);
  require_same(arrays(p.xyz), p.q, expected);

  Numbers helix;
  for (int i = 0; i < 2000; ++i)
    helix.insert(helix.end(),
                 {std::cos(40 * (i / 2000.)), std::sin(40 * (i / 2000.)), 3 * (i / 2000.)});
  const Numbers q(2000, 0.5);
  Plan computed(exec, Laplace<double>{}, Helix{2000}, fmm());
  require_close(execute(computed, q), direct(helix, helix, q));
}

TEST_CASE("Single and double coordinates, also of one point set") {
  const auto& p = cube();
  const Numbers single = rounded<float>(p.xyz);
  const Execution exec;
  Plan plain(exec, Laplace<double>{}, matrix<float>(p.xyz), fmm());
  const Results expected = execute(plain, p.q);
  require_close(expected, direct(single, single, p.q));
  const auto x = axis<float>(p.xyz, 0), y = axis<float>(p.xyz, 1), z = axis<float>(p.xyz, 2);
  require_same(Coordinates{x, y, z}, p.q, expected);
  require_same(particles<float>(p.xyz), p.q, expected);
  require_same(Coordinates{x, axis(single, 1), z}, p.q, expected);
}

TEST_CASE("Sources and targets in forms of their own") {
  const auto &a = plummer(), &b = cube();
  const Execution exec;
  const auto s = matrix(a.xyz), t = matrix(b.xyz);
  Plan plain(exec, Laplace<double>{}, s, t, fmm());
  const Results expected = execute(plain, a.q);
  require_close(expected, direct(a.xyz, b.xyz, a.q));
  const Coordinates sources{axis(a.xyz, 0), axis(a.xyz, 1), axis(a.xyz, 2)};
  const Coordinates targets{axis(b.xyz, 0), axis(b.xyz, 1), axis(b.xyz, 2)};
  const auto check = [&](const auto& from, const auto& to) {
    Plan plan(exec, Laplace<double>{}, from, to, fmm());
    STATIC_REQUIRE(std::is_same_v<decltype(plan), Plan<Memory, Laplace<double>>>);
    require_equal(execute(plan, a.q), expected);
    plan.update_points(exec, from, to);
    require_equal(execute(plan, a.q), expected);
  };
  check(s, targets);
  check(sources, t);
  check(sources, targets);
  check(particles<double>(a.xyz), arrays(b.xyz));
  check(arrays(a.xyz), t);
  check(s, particles<double>(b.xyz));

  const auto u = view_of<Kokkos::View<double*, Memory>>({}, b.q.size()), v = u;
  const auto q = view_of<Kokkos::View<double*, Memory>>(a.q, a.q.size());
  Octopole::direct_sum(exec, Laplace<double>{}, s, t, q, outputs().potential(u));
  Octopole::direct_sum(exec, Laplace<double>{}, particles<double>(a.xyz), targets, q,
                       outputs().potential(v));
  CHECK(numbers(u) == numbers(v));
}

TEST_CASE("What the plan packs carries its label and is given back") {
  const auto& p = cube();
  const Execution exec;
  const Coordinates xyz{axis(p.xyz, 0), axis(p.xyz, 1), axis(p.xyz, 2)};
  const Labels labels;
  Plan plan(exec, Laplace<double>{}, xyz, fmm());
  plan.update_points(exec, xyz);
  CHECK(!Labels::seen().empty());
  for (const auto& label : Labels::seen()) {
    CAPTURE(label);
    // The backend's own scratch grows when teams first need it.
    CHECK((label.starts_with("Octopole::") || label.starts_with("Kokkos::OpenMP::scratch") ||
           label.find("TeamScratchMemory") != std::string::npos ||
           label.starts_with("Kokkos::InternalScratch")));
  }
  CHECK(xyz.x.use_count() == 1);
}

TEST_CASE("Axes of unequal extents are refused, with all three") {
  const auto& p = cube();
  const Execution exec;
  const auto x = axis(p.xyz, 0), y = axis(p.xyz, 1), z = axis(p.xyz, 2);
  const auto fewer = Kokkos::subview(y, std::pair<int, int>(0, 2999));
  const Coordinates right{x, y, z};
  const Coordinates wrong{x, fewer, z};
  const Coordinates other{x, y, fewer};
  const Laplace<double> kernel;
  const Options o = fmm();
  Plan plan(exec, kernel, right, o);
  const auto expected = execute(plan, p.q);
  refused([&] { Plan<Memory, Laplace<double>>(exec, kernel, wrong, o); },
          {"sources", "(3000), (2999) and (3000)"});
  refused([&] { Plan<Memory, Laplace<double>>(exec, kernel, other, o); },
          {"sources", "(3000), (3000) and (2999)"});
  refused([&] { Plan<Memory, Laplace<double>>(exec, kernel, right, wrong, o); },
          {"targets", "(3000), (2999) and (3000)"});
  refused([&] { plan.update_points(exec, wrong); }, {"sources", "(2999)"});
  refused([&] { plan.update_points(exec, right, other); }, {"targets", "(2999)"});
  require_equal(execute(plan, p.q), expected);

  auto bad = p.xyz;
  bad[5] = std::nan("");
  const auto nan = particles<double>(bad);
  CHECK_THROWS_AS((Plan<Memory, Laplace<double>>(exec, kernel, nan, o)), std::invalid_argument);
  CHECK_THROWS_AS(plan.update_points(exec, right, nan), std::invalid_argument);
  require_equal(execute(plan, p.q), expected);
}

TEST_CASE("No points in any form") {
  const Execution exec;
  const auto none = axis({}, 0);
  Plan plan(exec, Laplace<double>{}, Coordinates{none, none, none}, particles<double>({}), fmm());
  CHECK(plan.facts().n_sources == 0);
  CHECK(plan.facts().n_targets == 0);
  CHECK(execute(plan, {}).potential.empty());
  plan.update_points(exec, arrays(cube().xyz));
  require_close(execute(plan, cube().q), direct(cube().xyz, cube().xyz, cube().q));
}

TEST_CASE("Double positions far from the origin with a kernel in float") {
  // Spread 1 at an offset of 1e6: as floats the points would lie on a grid of 1/16.
  const Execution exec;
  const char* distribution = GENERATE("cube", "plummer");
  for (const char* law : {"zero-mean", "positive"}) {
    const auto p = Octopole::Workloads::make(distribution, law, 4000, 7);
    const Numbers far = moved(p.xyz, 1, 1e6, -1e6, 1e6), q = rounded<float>(p.q);
    CAPTURE(distribution, law);
    const Results expected = direct(far, far, q);
    Plan plan(exec, Laplace<float>{}, matrix(far), fmm(40, 4));
    require_close(execute<float>(plan, q), expected, 1e-4);
    Plan by_axes(exec, Laplace<float>{}, Coordinates{axis(far, 0), axis(far, 1), axis(far, 2)},
                 fmm(40, 4));
    require_equal(execute<float>(by_axes, q), execute<float>(plan, q));
    // The direct method: to what a float sum is.
    Options o = fmm(40, 4);
    o.method = Method::direct;
    Plan summed(exec, Laplace<float>{}, matrix(far), o);
    require_close(execute<float>(summed, q), expected, 2e-6);
  }
}

// ---- targets of their own -------------------------------------------------------------------

TEMPLATE_TEST_CASE("Targets anywhere and of any number", "", double, float) {
  const auto& p = plummer();
  const Execution exec;
  const Numbers q = rounded<TestType>(p.q);
  const auto sources = matrix(p.xyz);
  const auto& c = cube().xyz;
  Numbers half(p.xyz.begin(), p.xyz.begin() + 6000), same_place, on_a_source;
  half.insert(half.end(), c.begin(), c.begin() + 3000);  // 2000 sources and 1000 other places
  for (int i = 0; i < 500; ++i) {
    same_place.insert(same_place.end(), {0.3, 0.2, 0.1});
    on_a_source.insert(on_a_source.end(), {p.xyz[30], p.xyz[31], p.xyz[32]});
  }
  struct Targets {
    const char* name;
    Numbers xyz;
  };
  for (const auto& t : {Targets{"some of the sources and more", half},
                        {"beside the sources", moved(c, 5, 40, 0, 0)},
                        {"far outside", moved(c, 1, 4000, -3000, 100)},
                        {"around all", moved(c, 400, -200, -200, -200)},
                        {"all at one place", same_place},
                        {"all on one source", on_a_source},
                        {"one", {0.1, -0.2, 0.3}},
                        {"one far away", {-7e3, 0, 0}},
                        {"none", {}}}) {
    CAPTURE(t.name);
    const Results expected = direct(p.xyz, t.xyz, q);
    Plan plan(exec, Laplace<TestType>{}, sources, matrix(t.xyz), fmm());
    REQUIRE(plan.facts().n_targets == t.xyz.size() / 3);
    const bool far = t.name == std::string("far outside");
    const auto judge = [&](auto& made) {
      if (far)
        require_close_in_small_leaves(execute<TestType>(made, q), expected, made.facts());
      else
        require_close(execute<TestType>(made, q), expected);
    };
    judge(plan);
    // Left to the library: leaf size and method.
    Plan chosen(exec, Laplace<TestType>{}, sources, matrix(t.xyz),
                Options{.digits = 3, .cache = cache(), .outputs = Octopole::Output::gradient});
    judge(chosen);
  }
}

TEST_CASE("New targets while the sources stay") {
  const auto& p = plummer();
  const Execution exec;
  const auto sources = matrix(p.xyz);
  Plan plan(exec, Laplace<double>{}, sources, matrix(cube().xyz), fmm());
  const double side = plan.facts().root_size;
  const auto check = [&](const Numbers& xyz, bool far = false) {
    const auto targets = matrix(xyz);
    plan.update_points(exec, sources, targets);
    CHECK(plan.facts().n_sources == p.q.size());
    REQUIRE(plan.facts().n_targets == xyz.size() / 3);
    const Results expected = direct(p.xyz, xyz, p.q);
    if (far)
      require_close_in_small_leaves(execute(plan, p.q), expected, plan.facts());
    else
      require_close(execute(plan, p.q), expected);
  };
  const auto& c = cube().xyz;
  check(moved(c, 0.5, 0, 0, 0.2));
  CHECK(plan.facts().root_size == side);
  check(Numbers(c.begin(), c.begin() + 33));
  CHECK(plan.facts().root_size == side);
  check({});
  check({0.5, 0.5, 0.5});
  check(p.xyz);
  check(moved(c, 1, 500, 0, 0), true);  // outside the root cube: it grows
  CHECK(plan.facts().root_size > 10 * side);
  check(c);
  // And back to targets that are the sources.
  plan.update_points(exec, sources);
  require_close(execute(plan, p.q), direct(p.xyz, p.xyz, p.q));
}

// ---- time steps -----------------------------------------------------------------------------

namespace {

Options steps(Options o) {
  // Room for every step: a fresh plan then has the same root cube as the updated one.
  o.bounding_box = Octopole::BoundingBox{.lower = {-2, -2, -2}, .upper = {2, 2, 2}};
  return o;
}

/// As a fresh plan with the choices of the updated one.
template <class T>
void require_as_fresh(auto& plan, const Numbers& xyz, const Numbers* targets, const Numbers& q) {
  const Execution exec;
  const Options& chosen = plan.options();
  const auto compare = [&](auto&& fresh) {
    const auto &f = plan.facts(), &g = fresh.facts();
    CHECK(f.root_size == g.root_size);
    CHECK(f.leaf_capacity == g.leaf_capacity);
    CHECK(f.n_boxes == g.n_boxes);
    CHECK(f.n_leaves == g.n_leaves);
    CHECK(f.pairs_p2p == g.pairs_p2p);
    CHECK(f.pairs_m2l == g.pairs_m2l);
    CHECK(f.pairs_m2p == g.pairs_m2p);
    CHECK(f.pairs_p2l == g.pairs_p2l);
    require_equal(execute<T>(plan, q), execute<T>(fresh, q));
  };
  if (targets)
    compare(Plan(exec, Laplace<T>{}, matrix(xyz), matrix(*targets), chosen));
  else
    compare(Plan(exec, Laplace<T>{}, matrix(xyz), chosen));
}

/// Points that walk by about `step`, kept within [-2, 2].
void walk(Numbers& xyz, double step, int seed) {
  const auto by = Octopole::Workloads::make("cube", "zero-mean", xyz.size() / 3, seed).xyz;
  for (std::size_t i = 0; i < xyz.size(); ++i)
    xyz[i] = std::min(2.0, std::max(-2.0, xyz[i] + step * (by[i] - 0.5)));
}

}  // namespace

TEMPLATE_TEST_CASE("Time steps: every update gives bitwise what a fresh plan gives", "", double,
                   float) {
  const bool own_targets = GENERATE(false, true);
  const auto m2l = GENERATE(Octopole::M2L::fft, Octopole::M2L::blas);
  const char* distribution = GENERATE("cube", "plummer");
  CAPTURE(own_targets, int(m2l), distribution);
  const Execution exec;
  auto p = Octopole::Workloads::make(distribution, "zero-mean", 4000, 3);
  walk(p.xyz, 0, 1);
  Numbers targets = moved(cube().xyz, 1.5, -0.5, -0.7, -0.2);
  const Numbers q = rounded<TestType>(p.q);
  Options o = steps(fmm(30));
  o.m2l = m2l;
  const auto make = [&] {
    if (own_targets) return Plan(exec, Laplace<TestType>{}, matrix(p.xyz), matrix(targets), o);
    return Plan(exec, Laplace<TestType>{}, matrix(p.xyz), o);
  };
  auto plan = make();
  REQUIRE(plan.facts().pairs_m2l > 0);
  // Nothing moves, some points change their leaf, all do; and back to steps in which none does.
  int step_number = 0;
  for (const double step : {0.0, 1e-9, 0.01, 0.3, 2.0, 1e-9, 0.0}) {
    CAPTURE(step);
    walk(p.xyz, step, 10 + step_number);
    walk(targets, step, 30 + step_number++);
    if (own_targets)
      plan.update_points(exec, matrix(p.xyz), matrix(targets));
    else
      plan.update_points(exec, matrix(p.xyz));
    require_as_fresh<TestType>(plan, p.xyz, own_targets ? &targets : nullptr, q);
  }
  // Other targets, the same sources: and targets that are the sources, and their own again.
  if (own_targets) {
    const Numbers other = moved(targets, 0.5, 0.1, 0.1, 0.1);
    plan.update_points(exec, matrix(p.xyz), matrix(other));
    require_as_fresh<TestType>(plan, p.xyz, &other, q);
  }
  plan.update_points(exec, matrix(p.xyz));
  require_as_fresh<TestType>(plan, p.xyz, nullptr, q);
  plan.update_points(exec, matrix(p.xyz), matrix(targets));
  require_as_fresh<TestType>(plan, p.xyz, &targets, q);
  require_close(execute<TestType>(plan, q), direct(p.xyz, targets, q));
}

TEST_CASE("Time steps: few points more or less on one side of a list's threshold") {
  // Some points move to where others are: the boxes stay, most of the time, and now and then the number in
  // one of them passes what W and X are exchanged at.
  const Execution exec;
  const auto p = Octopole::Workloads::make("plummer", "zero-mean", 6000, 3);
  Numbers xyz = p.xyz;
  walk(xyz, 0, 1);
  Plan plan(exec, Laplace<double>{}, matrix(xyz), steps(fmm(120)));
  REQUIRE(plan.facts().pairs_m2p > 0);
  std::mt19937 random(1);
  int passed = 0;
  for (int i = 0; i < 40; ++i) {
    CAPTURE(i);
    const Octopole::PlanFacts before = plan.facts();
    for (int moving = 0; moving < 6; ++moving) {
      const std::size_t to = random() % 6000, from = random() % 6000;
      for (std::size_t d = 0; d < 3; ++d) xyz[3 * from + d] = (1 - 1e-6) * xyz[3 * to + d];
    }
    plan.update_points(exec, matrix(xyz));
    require_as_fresh<double>(plan, xyz, nullptr, p.q);
    const auto& now = plan.facts();
    passed += now.boxes_by_level == before.boxes_by_level && now.pairs_m2p != before.pairs_m2p;
  }
  CHECK(passed > 0);
}

TEST_CASE("The leaf capacity chosen stays with the cube, until the points are fewer or more") {
  const Execution exec;
  const auto points = [](std::size_t n, std::uint64_t seed) {
    return matrix(Octopole::Workloads::make("cube", "positive", n, seed).xyz);
  };
  Options o = fmm(0);
  o.bounding_box = Octopole::BoundingBox{.lower = {0, 0, 0}, .upper = {1, 1, 1}};
  Plan plan(exec, Laplace<double>{}, points(20000, 1), o);
  const int capacity = plan.options().leaf_capacity;
  const double side = plan.facts().root_size;
  // Clustered points would get another capacity if it were chosen anew.
  auto clustered = Octopole::Workloads::make("sphere", "positive", 20000, 2).xyz;
  for (double& x : clustered) x = 0.5 + 0.4 * x;
  plan.update_points(exec, matrix(clustered));
  CHECK(plan.options().leaf_capacity == capacity);
  CHECK(plan.facts().root_size == side);
  plan.update_points(exec, points(17000, 3));
  CHECK(plan.options().leaf_capacity == capacity);
  plan.update_points(exec, points(24000, 4));
  CHECK(plan.options().leaf_capacity == capacity);
  CHECK(plan.facts().root_size == side);
  // Far more of them: chosen anew, in the same cube, as by a plan that starts with them there.
  plan.update_points(exec, points(160000, 5));
  CHECK(plan.facts().root_size == side);
  const int other = plan.options().leaf_capacity;
  plan.update_points(exec, points(20000, 1));
  plan.update_points(exec, points(160000, 5));
  CHECK(plan.options().leaf_capacity == other);
}

TEST_CASE("Time steps take no operators and keep what fits") {
  const Execution exec;
  const auto p = Octopole::Workloads::make("cube", "zero-mean", 20000, 3);
  Numbers xyz = moved(p.xyz, 3, -1.5, -1.5, -1.5);
  Options o = steps(fmm(200));
  o.leaf_capacity = 500;  // 156 points in each of 128 or so leaves: the boxes stay the same
  Plan plan(exec, Laplace<double>{}, matrix(xyz), o);
  for (int i = 0; i < 2; ++i) {
    walk(xyz, 0.02, 70 + i);
    plan.update_points(exec, matrix(xyz));
    execute(plan, p.q);
  }
  const auto positions = matrix(xyz);
  const auto count = [](const char* start) {
    int n = 0;
    for (const auto& label : Labels::seen()) n += label.find(start) == 0;
    return n;
  };
  {
    const Labels labels;
    plan.update_points(exec, positions);
    for (const char* kept :
         {"Octopole::charges", "Octopole::float_charges", "Octopole::potential",
          "Octopole::gradient", "Octopole::up_check", "Octopole::multipole", "Octopole::down_check",
          "Octopole::local", "Octopole::M2L", "Octopole::Surface", "Octopole::Lists::fill",
          "Octopole::BoxList", "Octopole::Points::x", "Octopole::Points::high",
          "Octopole::LeafSize"}) {
      CAPTURE(kept);
      CHECK(count(kept) == 0);
    }
    CHECK(count("Octopole::Points::pack") == 1);
  }
  CHECK(plan.stage_seconds().operators < 0.01);
  require_as_fresh<double>(plan, xyz, nullptr, p.q);
}
