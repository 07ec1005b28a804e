// SPDX-License-Identifier: BSD-3-Clause
// The public interface of Plan: every way to hand data over, every set of points that a user may
// have. Results are held against the double sum of perf/judge/Octopole_DirectCheck.hpp. What is refused:
// test_refusals.cpp and test_options.cpp.
#include <Octopole.hpp>
#include <atomic>
#include <cmath>
#include <numeric>
#include <perf/judge/Octopole_Workloads.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tests/support/octopole_results.hpp>
#include <tests/support/octopole_shared_operators.hpp>
#include <thread>
#include <type_traits>
#include <vector>

#include <tests/support/test_scratch.hpp>

namespace {

using Octopole::Laplace;
using Octopole::Method;
using Octopole::Options;
using Octopole::Output;
using Octopole::Outputs;
using Octopole::outputs;
using Octopole::Plan;
using Execution = Kokkos::DefaultExecutionSpace;
using Memory = Execution::memory_space;
using octopole_test::direct;
using octopole_test::error;
using octopole_test::Numbers;
using octopole_test::require_close;
using octopole_test::require_close_in_small_leaves;
using octopole_test::require_equal;
using octopole_test::Results;

/// Operators are computed once per process.
Octopole::Cache cache() {
  static const Scratch scratch;
  return Octopole::Cache::read_write(scratch / "operators.h5");
}

/// Digits 3 with gradient: order 5, 98 points on a surface.
Options fmm(int leaf_capacity = 40) {
  return {.digits = 3,
          .method = Method::fmm,
          .leaf_capacity = leaf_capacity,
          .cache = cache(),
          .outputs = Octopole::Output::gradient};
}

// ---- Views from and to numbers on the host --------------------------------------------------

/// Fills any View that has a host mirror; `values` row-major.
template <class View>
void fill(const View& view, const Numbers& values) {
  const auto host = Kokkos::create_mirror_view(view);
  std::size_t next = 0;
  for (std::size_t i = 0; i < view.extent(0); ++i)
    if constexpr (View::rank() == 1)
      host(i) = static_cast<typename View::value_type>(values[next++]);
    else
      for (std::size_t j = 0; j < view.extent(1); ++j)
        host(i, j) = static_cast<typename View::value_type>(values[next++]);
  Kokkos::deep_copy(view, host);
}

template <class X = double, class Layout = Kokkos::LayoutRight>
Kokkos::View<X**, Layout, Memory> points(const Numbers& xyz) {
  const Kokkos::View<X**, Layout, Memory> view("Octopole::test::points", xyz.size() / 3, 3);
  fill(view, xyz);
  return view;
}

template <class T>
Kokkos::View<T*, Memory> values(const Numbers& q) {
  const Kokkos::View<T*, Memory> view("Octopole::test::values", q.size());
  fill(view, q);
  return view;
}

template <class T>
auto new_potential(std::size_t n, double value = -77) {
  return values<T>(Numbers(n, value));
}
template <class T, class Layout = Kokkos::LayoutRight>
Kokkos::View<T**, Layout, Memory> new_gradient(std::size_t n, double value = -77) {
  const Kokkos::View<T**, Layout, Memory> view("Octopole::test::gradient", n, 3);
  fill(view, Numbers(3 * n, value));
  return view;
}

/// Row-major numbers of a contiguous View of rank 1 or 2.
template <class View>
Numbers numbers(const View& view) {
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, view);
  Numbers all;
  for (std::size_t i = 0; i < view.extent(0); ++i)
    if constexpr (View::rank() == 1)
      all.push_back(host(i));
    else
      for (std::size_t j = 0; j < view.extent(1); ++j) all.push_back(host(i, j));
  return all;
}

template <class T>
Numbers rounded(Numbers values) {
  for (double& x : values) x = static_cast<double>(static_cast<T>(x));
  return values;
}

Numbers flat(const octopole_test::Points& points) {
  Numbers all;
  for (const auto& p : points) all.insert(all.end(), p.begin(), p.end());
  return all;
}

Numbers charges_for(std::size_t n, const char* law = "zero-mean") {
  return Octopole::Workloads::make("cube", law, n, 17).q;
}

// ---- results and what they should be --------------------------------------------------------

template <class T>
Results execute(auto& plan, const Numbers& q) {
  const Execution exec;
  const std::size_t m = plan.facts().n_targets;
  const auto u = new_potential<T>(m);
  const auto g = new_gradient<T>(m);
  plan.execute(exec, values<T>(q), outputs().potential(u).gradient(g));
  exec.fence("Octopole::test");
  return {numbers(u), numbers(g)};
}

template <class Plan>
void require_near_and_far(const Plan& plan) {
  REQUIRE(plan.facts().method == "fmm");
  REQUIRE(plan.facts().pairs_p2p > 0);
  REQUIRE(plan.facts().pairs_m2l > 0);
}
template <class Plan>
void require_all_lists(const Plan& plan) {
  require_near_and_far(plan);
  REQUIRE(plan.facts().pairs_m2p > 0);
  REQUIRE(plan.facts().pairs_p2l > 0);
}

const Octopole::Workloads::Points& cube() {
  static const auto points = Octopole::Workloads::make("cube", "zero-mean", 3000, 1);
  return points;
}
const Octopole::Workloads::Points& plummer() {
  static const auto points = Octopole::Workloads::make("plummer", "zero-mean", 4000, 2);
  return points;
}

}  // namespace

// ---- the ways in ----------------------------------------------------------------------------

TEST_CASE("Template arguments of Plan and Outputs are deduced") {
  const Execution exec;
  const auto s = points(cube().xyz);
  const auto t = points<double, Kokkos::LayoutLeft>(plummer().xyz);
  const auto u = new_potential<double>(3000);
  const auto g = new_gradient<double>(3000);

  Plan with_defaults(exec, Laplace<double>{}, s);
  Plan with_options(exec, Laplace<double>{}, s, Options{.digits = 3, .method = Method::direct});
  Plan with_targets(exec, Laplace<double>{}, s, t);
  Plan with_both(exec, Laplace<double>{}, s, t, Options{.method = Method::direct});
  Plan in_single(exec, Laplace<float>{}, s, Options{.digits = 3, .method = Method::direct});
  using Double = Plan<Memory, Laplace<double>>;
  STATIC_REQUIRE(std::is_same_v<decltype(with_defaults), Double>);
  STATIC_REQUIRE(std::is_same_v<decltype(with_options), Double>);
  STATIC_REQUIRE(std::is_same_v<decltype(with_targets), Double>);
  STATIC_REQUIRE(std::is_same_v<decltype(with_both), Double>);
  STATIC_REQUIRE(std::is_same_v<decltype(in_single), Plan<Memory, Laplace<float>>>);
  using U = std::decay_t<decltype(u)>;
  using G = std::decay_t<decltype(g)>;
  STATIC_REQUIRE(std::is_base_of_v<Outputs<U>, decltype(outputs().potential(u))>);
  STATIC_REQUIRE(std::is_base_of_v<Outputs<U, G>, decltype(outputs().gradient(g).potential(u))>);
  // Deduced for an aggregate, which clang++ does from version 17 on.
#if !defined(__clang__) || __clang_major__ >= 17
  STATIC_REQUIRE(std::is_same_v<decltype(Outputs{.potential = u}), Outputs<U>>);
  STATIC_REQUIRE(std::is_same_v<decltype(Outputs{.gradient = g}), Outputs<Octopole::NoOutput, G>>);
  STATIC_REQUIRE(std::is_same_v<decltype(Outputs{.potential = u, .gradient = g}), Outputs<U, G>>);
  with_defaults.execute(exec, values<double>(cube().q), Outputs{.potential = u});
#endif

  CHECK(with_defaults.facts().n_targets == 3000);
  CHECK(with_options.facts().digits == 3);
  CHECK(with_targets.facts().n_sources == 3000);
  CHECK(with_targets.facts().n_targets == 4000);
  CHECK(with_both.facts().n_targets == 4000);
  CHECK(with_both.facts().method == "direct");
}

TEMPLATE_TEST_CASE("Potential, gradient or both", "", double, float) {
  const auto& p = plummer();
  const Numbers q = rounded<TestType>(p.q);
  const auto expected = direct(p.xyz, p.xyz, q);
  const Execution exec;
  for (const Method method : {Method::fmm, Method::direct}) {
    Options o = fmm(10);
    o.method = method;
    Plan plan(exec, Laplace<TestType>{}, points(p.xyz), o);
    if (method == Method::fmm) require_all_lists(plan);
    const auto charges = values<TestType>(q);
    const std::size_t n = q.size();

    const auto u = new_potential<TestType>(n);
    plan.execute(exec, charges, u);
    exec.fence("Octopole::test");
    CHECK(error(numbers(u), expected.potential) <= 1e-3);

    const auto v = new_potential<TestType>(n);
    plan.execute(exec, charges, outputs().potential(v));
    exec.fence("Octopole::test");
    CHECK(numbers(v) == numbers(u));

    const auto g = new_gradient<TestType>(n);
    plan.execute(exec, charges, outputs().gradient(g));
    exec.fence("Octopole::test");
    CHECK(error(numbers(g), expected.gradient) <= 1e-3);

    const auto both = execute<TestType>(plan, q);
    require_close(both, expected);
    CHECK(both.gradient == numbers(g));

    // Results overwrite; twice is the same as once, and other charges leave nothing behind.
    plan.execute(exec, values<TestType>(Numbers(n, 1e6)), u);
    require_equal(execute<TestType>(plan, q), both);
  }
}

TEST_CASE("Any layout, strides, unmanaged and const Views") {
  const auto& p = cube();
  const std::size_t n = p.q.size();
  const Execution exec;
  Plan plain(exec, Laplace<double>{}, points(p.xyz), fmm());
  require_near_and_far(plain);
  const Results expected = execute<double>(plain, p.q);
  require_close(expected, direct(p.xyz, p.xyz, p.q));

  // Every second row and columns 1 to 3 of something larger.
  const auto strided = [&](auto layout, const Numbers& rows, std::size_t columns) {
    using Layout = decltype(layout);
    const Kokkos::View<double**, Layout, Memory> all("Octopole::test::all", 2 * n + 3, columns + 2);
    const auto host = Kokkos::create_mirror_view(all);
    Kokkos::deep_copy(host, 1e9);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < columns; ++j) host(2 * i + 1, j + 1) = rows[i * columns + j];
    Kokkos::deep_copy(all, host);
    const Kokkos::LayoutStride shape(n, 2 * all.stride(0), columns, all.stride(1));
    return std::pair(all, Kokkos::View<double**, Kokkos::LayoutStride, Memory>(
                              all.data() + all.stride(0) + all.stride(1), shape));
  };
  const auto from_strided = [&](const auto& all, std::size_t columns) {
    const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, all);
    Numbers found;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < columns; ++j) found.push_back(host(2 * i + 1, j + 1));
    // And nothing beside it was written.
    for (std::size_t i = 0; i < all.extent(0); ++i)
      for (std::size_t j = 0; j < all.extent(1); ++j)
        if (i % 2 == 0 || i > 2 * n || j == 0 || j > columns) REQUIRE(host(i, j) == 1e9);
    return found;
  };

  SECTION("sources") {
    const auto check = [&](const auto& sources) {
      Plan plan(exec, Laplace<double>{}, sources, fmm());
      require_near_and_far(plan);
      require_equal(execute<double>(plan, p.q), expected);
      plan.update_points(exec, sources);
      require_equal(execute<double>(plan, p.q), expected);
    };
    const auto right = points(p.xyz);
    check(points<double, Kokkos::LayoutLeft>(p.xyz));
    check(strided(Kokkos::LayoutRight{}, p.xyz, 3).second);
    check(strided(Kokkos::LayoutLeft{}, p.xyz, 3).second);
    check(Kokkos::View<const double**, Kokkos::LayoutRight, Memory>(right));
    check(Kokkos::View<double* [3], Kokkos::LayoutRight, Memory>(right));
    check(Kokkos::View<double**, Kokkos::LayoutRight, Memory,
                       Kokkos::MemoryTraits<Kokkos::Unmanaged>>(right.data(), n, 3));
    check(Kokkos::subview(right, std::pair<std::size_t, std::size_t>(0, n), Kokkos::ALL));
  }
  SECTION("charges") {
    const auto check = [&](const auto& charges) {
      const auto u = new_potential<double>(n);
      const auto g = new_gradient<double>(n);
      plain.execute(exec, charges, outputs().potential(u).gradient(g));
      exec.fence("Octopole::test");
      require_equal({numbers(u), numbers(g)}, expected);
    };
    const auto q = values<double>(p.q);
    check(Kokkos::View<const double*, Memory>(q));
    check(Kokkos::View<double*, Memory, Kokkos::MemoryTraits<Kokkos::Unmanaged>>(q.data(), n));
    check(Kokkos::View<double**, Kokkos::LayoutRight, Memory>(q.data(), n, 1));
    check(Kokkos::View<double**, Kokkos::LayoutLeft, Memory>(q.data(), n, 1));
    check(Kokkos::View<const double* [1], Kokkos::LayoutLeft, Memory>(q.data(), n));
    const auto column = strided(Kokkos::LayoutRight{}, p.q, 1);
    check(column.second);
    check(Kokkos::subview(column.second, Kokkos::ALL, 0));
  }
  SECTION("results") {
    const auto q = values<double>(p.q);
    const auto of_rank_2 = new_gradient<double, Kokkos::LayoutLeft>(n);
    const Kokkos::View<double**, Kokkos::LayoutLeft, Memory> column("Octopole::test::u", n, 1);
    plain.execute(exec, q, outputs().potential(column).gradient(of_rank_2));
    exec.fence("Octopole::test");
    require_equal({numbers(column), numbers(of_rank_2)}, expected);

    const Kokkos::View<double* [3][1], Kokkos::LayoutLeft, Memory> of_rank_3("Octopole::test::g",
                                                                             n);
    plain.execute(exec, q, outputs().gradient(of_rank_3));
    exec.fence("Octopole::test");
    CHECK(numbers(Kokkos::subview(of_rank_3, Kokkos::ALL, Kokkos::ALL, 0)) == expected.gradient);

    const auto u = new_potential<double>(n);
    const auto g = new_gradient<double>(n);
    using Unmanaged = Kokkos::MemoryTraits<Kokkos::Unmanaged>;
    plain.execute(exec, q,
                  outputs()
                      .potential(Kokkos::View<double*, Memory, Unmanaged>(u.data(), n))
                      .gradient(Kokkos::View<double* [3], Kokkos::LayoutRight, Memory, Unmanaged>(
                          g.data(), n)));
    exec.fence("Octopole::test");
    require_equal({numbers(u), numbers(g)}, expected);

    const auto check_strided = [&](auto layout) {
      const auto [all_u, u_out] = strided(layout, Numbers(n, 0), 1);
      const auto [all_g, g_out] = strided(layout, Numbers(3 * n, 0), 3);
      plain.execute(exec, q,
                    outputs().potential(Kokkos::subview(u_out, Kokkos::ALL, 0)).gradient(g_out));
      exec.fence("Octopole::test");
      require_equal({from_strided(all_u, 1), from_strided(all_g, 3)}, expected);
    };
    check_strided(Kokkos::LayoutRight{});
    check_strided(Kokkos::LayoutLeft{});
  }
}

TEST_CASE("Points in float or double with either kernel") {
  const auto& p = plummer();
  const Numbers single = rounded<float>(p.xyz), q = rounded<float>(p.q);
  const auto of_double = direct(p.xyz, p.xyz, q), of_single = direct(single, single, q);
  const Execution exec;
  const auto check = [&]<class T, class X>(T, X, const Results& expected) {
    Plan plan(exec, Laplace<T>{}, points<X>(p.xyz), fmm(10));
    require_all_lists(plan);
    require_close(execute<T>(plan, q), expected);
    plan.update_points(exec, points<X>(p.xyz));
    require_close(execute<T>(plan, q), expected);
  };
  check(double{}, double{}, of_double);
  check(double{}, float{}, of_single);
  check(float{}, double{}, of_double);
  check(float{}, float{}, of_single);

  // Sources in one and targets in the other.
  Plan mixed(exec, Laplace<double>{}, points<float>(p.xyz), points<double>(cube().xyz), fmm());
  require_near_and_far(mixed);
  require_close(execute<double>(mixed, q), direct(single, cube().xyz, q));
}

TEST_CASE("A plan can be moved") {
  const auto& p = cube();
  const Execution exec;
  Plan first(exec, Laplace<double>{}, points(p.xyz), fmm());
  require_near_and_far(first);
  const auto expected = execute<double>(first, p.q);
  Plan second = std::move(first);
  require_equal(execute<double>(second, p.q), expected);
}

// ---- new points -----------------------------------------------------------------------------

TEMPLATE_TEST_CASE("update_points gives what a fresh plan gives", "", double, float) {
  const Execution exec;
  auto start = Octopole::Workloads::make("cube", "zero-mean", 3000, 3);
  Plan plan(exec, Laplace<TestType>{}, points(start.xyz), fmm());
  require_near_and_far(plan);
  const double side = plan.facts().root_size;

  // Other points, as many, more and fewer, inside the old root and (the last two) outside.
  struct Next {
    const char* distribution;
    std::size_t n;
    double scale, shift;
    bool inside;
  };
  for (const Next& next :
       {Next{"cube", 3000, 0.9, 0.05, true}, Next{"sphere", 5000, 0.9, 0.05, true},
        Next{"cube", 1500, 0.3, 0.2, true}, Next{"plummer", 4000, 1, 0, false},
        Next{"cube", 2500, 2, 100, false}}) {
    CAPTURE(next.distribution, next.n);
    auto p = Octopole::Workloads::make(next.distribution, "zero-mean", next.n, 5);
    for (double& x : p.xyz) x = next.scale * x + next.shift;
    const Numbers q = rounded<TestType>(p.q);
    plan.update_points(exec, points(p.xyz));
    require_near_and_far(plan);
    CHECK(plan.facts().n_sources == next.n);
    CHECK(plan.facts().n_targets == next.n);
    if (next.inside) CHECK(plan.facts().root_size == side);
    const auto expected = direct(p.xyz, p.xyz, q);
    require_close(execute<TestType>(plan, q), expected);

    Plan fresh(exec, Laplace<TestType>{}, points(p.xyz), fmm());
    require_near_and_far(fresh);
    require_close(execute<TestType>(fresh, q), expected);
    if (!next.inside) CHECK(plan.facts().root_size == fresh.facts().root_size);
  }

  // With targets of their own, and back.
  const auto& a = plummer();
  const auto& b = cube();
  const Numbers q = rounded<TestType>(a.q);
  plan.update_points(exec, points(a.xyz), points(b.xyz));
  require_near_and_far(plan);
  CHECK(plan.facts().n_targets == b.q.size());
  require_close(execute<TestType>(plan, q), direct(a.xyz, b.xyz, q));
  plan.update_points(exec, points(a.xyz));
  require_near_and_far(plan);
  require_close(execute<TestType>(plan, q), direct(a.xyz, a.xyz, q));

  // To nothing, and back.
  plan.update_points(exec, points({}));
  CHECK(execute<TestType>(plan, {}).potential.empty());
  plan.update_points(exec, points(a.xyz));
  require_near_and_far(plan);
  require_close(execute<TestType>(plan, q), direct(a.xyz, a.xyz, q));
}

TEST_CASE("The root cube holds the bounding box given, and points that leave it") {
  const Execution exec;
  const auto p = Octopole::Workloads::make("cube", "zero-mean", 3000, 3);
  Options o = fmm();
  o.bounding_box = Octopole::BoundingBox{.lower = {-1, 0, 0}, .upper = {2, 1, 1}};
  Plan plan(exec, Laplace<double>{}, points(p.xyz), o);
  require_near_and_far(plan);
  const double side = plan.facts().root_size;
  CHECK(side >= 3);
  CHECK(side < 3.001);
  require_close(execute<double>(plan, p.q), direct(p.xyz, p.xyz, p.q));
  for (const double shift : {-0.9, 0.9, 1.5}) {
    auto moved = p.xyz;
    for (std::size_t i = 0; i < moved.size(); i += 3) moved[i] += shift;
    plan.update_points(exec, points(moved));
    CHECK((plan.facts().root_size == side) == (shift < 1));
    require_close(execute<double>(plan, p.q), direct(moved, moved, p.q));
  }
  CHECK(plan.facts().root_size > 3.4);
}

// ---- choices and facts ----------------------------------------------------------------------

TEST_CASE("A plan given another's options makes the same choices") {
  const auto& p = plummer();
  const Execution exec;
  std::vector<Options> asked(7, fmm(0));
  asked[1].order = 4, asked[1].outputs = Octopole::Output::hessian;
  asked[2].check_order = 6, asked[2].balance = 1, asked[2].leaf_capacity = 10;
  asked[3].m2l_rank = -1;
  asked[6].m2l = Octopole::M2L::blas;
  asked[4].method = Method::automatic;
  asked[5].method = Method::direct;
  for (const Options& o : asked) {
    Plan first(exec, Laplace<double>{}, points(p.xyz), o);
    const Options& chosen = first.options();
    CHECK(chosen.order >= 2);
    CHECK(chosen.check_order >= chosen.order);
    CHECK(chosen.m2l != Octopole::M2L::automatic);
    CHECK((chosen.m2l_tolerance > 0) == (chosen.m2l == Octopole::M2L::blas));
    CHECK(chosen.m2l_memory > 0);
    CHECK(chosen.method != Method::automatic);
    CHECK(chosen.leaf_capacity > 0);
    CHECK(chosen.root_scale >= 1);
    CHECK((chosen.balance == 0 || chosen.balance == 1));

    CHECK(first.facts().m2l == (chosen.method == Method::direct    ? "none"
                                : chosen.m2l == Octopole::M2L::fft ? "fft"
                                                                   : "blas"));

    Plan second(exec, Laplace<double>{}, points(p.xyz), chosen);
    const Options& again = second.options();
    CHECK(again.digits == chosen.digits);
    CHECK(again.order == chosen.order);
    CHECK(again.check_order == chosen.check_order);
    CHECK(again.inner == chosen.inner);
    CHECK(again.outer == chosen.outer);
    CHECK(again.cutoff == chosen.cutoff);
    CHECK(again.m2l == chosen.m2l);
    CHECK(again.m2l_tolerance == chosen.m2l_tolerance);
    CHECK(again.m2l_rank == chosen.m2l_rank);
    CHECK(again.m2l_single == chosen.m2l_single);
    CHECK(again.near_field == chosen.near_field);
    CHECK(chosen.m2l_single >= 0);
    CHECK(chosen.near_field != Octopole::NearField::automatic);
    CHECK(again.method == chosen.method);
    CHECK(again.leaf_capacity == chosen.leaf_capacity);
    CHECK(again.root_scale == chosen.root_scale);
    CHECK(again.balance == chosen.balance);
    CHECK(again.outputs == chosen.outputs);
    CHECK(again.cache.path() == chosen.cache.path());

    const auto &f = first.facts(), &s = second.facts();
    CHECK(s.method == f.method);
    CHECK(s.m2l_rank == f.m2l_rank);
    CHECK(s.n_leaves == f.n_leaves);
    CHECK(s.depth == f.depth);
    CHECK(s.root_size == f.root_size);
    CHECK(s.pairs_p2p == f.pairs_p2p);
    CHECK(s.pairs_m2l == f.pairs_m2l);
    CHECK(s.pairs_m2p == f.pairs_m2p);
    CHECK(s.pairs_p2l == f.pairs_p2l);
    require_equal(execute<double>(second, p.q), execute<double>(first, p.q));
    if (o.method == Method::fmm) require_near_and_far(first);
  }
  // Left to the library: few points are summed directly, many are not.
  Plan few(exec, Laplace<double>{}, points(Numbers(30, 0.5)), Options{.cache = cache()});
  CHECK(few.options().method == Method::direct);
  Plan many(exec, Laplace<double>{},
            points(Octopole::Workloads::make("cube", "positive", 30000, 1).xyz),
            Options{.digits = 2, .cache = cache()});
  CHECK(many.options().method == Method::fmm);
}

TEST_CASE("Facts, and the plan as text") {
  const auto& p = plummer();
  const Execution exec;
  Options o = fmm(10);
  o.balance = 1;
  octopole_test::forget_operators<Memory>();
  Plan plan(exec, Laplace<double>{}, points(p.xyz), points(cube().xyz), o);
  const auto& f = plan.facts();
  require_near_and_far(plan);
  CHECK(f.n_sources == 4000);
  CHECK(f.n_targets == 3000);
  CHECK(f.digits == 3);
  CHECK(f.order == plan.options().order);
  CHECK(f.check_order == plan.options().check_order);
  CHECK(f.m2l == "fft");
  CHECK(f.m2l_rank == 0);
  CHECK(f.leaf_capacity == 10);
  CHECK(f.balanced);
  CHECK(f.largest_leaf >= 1);
  CHECK(f.largest_leaf <= 40);  // more than 10 only of one kind alone
  CHECK(f.depth >= 3);
  CHECK(f.n_leaves >= 400);
  CHECK(f.n_boxes > f.n_leaves);
  REQUIRE(f.boxes_by_level.size() == std::size_t(f.depth) + 1);
  CHECK(f.boxes_by_level[0] == 1);
  CHECK(f.boxes_by_level[1] == 8);
  CHECK(std::accumulate(f.boxes_by_level.begin(), f.boxes_by_level.end(), std::size_t(0)) ==
        f.n_boxes);
  CHECK(f.root_size >= 1);
  CHECK((f.operators_source == "computed" || f.operators_source == "cache"));
  CHECK(f.pairs_p2p < std::uint64_t(4000) * 3000);
  CHECK(f.m2l_flops > 0);
  CHECK(f.plan_bytes > 4000 * 4 * sizeof(double));
  CHECK(plan.bytes() == f.plan_bytes);
  CHECK(f.notice.empty());
  CHECK(plan.stage_seconds().plan > 0);

  std::ostringstream text;
  text << plan;
  for (const std::string& word :
       {std::string("laplace"), std::string("4000 sources"), std::string("3000 targets"),
        std::string("3 digits"), std::string("fmm"), std::string("M2L fft"),
        std::string("balanced"), "order " + std::to_string(f.order),
        std::to_string(f.n_leaves) + " leaves", "depth " + std::to_string(f.depth)}) {
    INFO(text.str() << " should name '" << word << "'");
    CHECK(text.str().find(word) != std::string::npos);
  }

  // The second plan shares the operators of the first; without it, it finds what that left in the cache.
  Plan second(exec, Laplace<double>{}, points(p.xyz), o);
  CHECK(second.facts().operators_source == "shared");
  octopole_test::forget_operators<Memory>();
  Plan third(exec, Laplace<double>{}, points(p.xyz), o);
  CHECK(third.facts().operators_source == "cache");
  Plan summed(exec, Laplace<double>{}, points(p.xyz), Options{.method = Method::direct});
  CHECK(summed.facts().pairs_p2p == std::uint64_t(4000) * 4000);
  CHECK(summed.facts().pairs_m2l == 0);
  CHECK(summed.facts().m2l == "none");
  CHECK(summed.facts().operators_source == "none");
}

TEST_CASE("Stage times, when asked for") {
  const auto& p = plummer();
  Plan plan(Execution{}, Laplace<double>{}, points(p.xyz), fmm(10));
  require_all_lists(plan);
  execute<double>(plan, p.q);
  const auto& s = plan.stage_seconds();
  CHECK(s.evaluate == 0);
  CHECK(s.p2p == 0);
  CHECK(s.tree > 0);
  CHECK(s.lists > 0);
  CHECK(s.operators > 0);
  plan.set_timing(true);
  execute<double>(plan, p.q);
  const double sum = s.permute + s.p2m + s.m2m + s.m2l + s.p2l + s.l2l + s.l2p + s.m2p + s.p2p;
  for (const double seconds : {s.permute, s.p2m, s.m2m, s.m2l, s.p2l, s.l2l, s.l2p, s.m2p, s.p2p})
    CHECK(seconds > 0);
  CHECK(sum <= s.evaluate);
  CHECK(sum >= 0.5 * s.evaluate);
}

TEMPLATE_TEST_CASE("The direct method, direct_sum and the fast one agree", "", double, float) {
  const auto &a = plummer(), &b = cube();
  const Execution exec;
  const Numbers q = rounded<TestType>(a.q);
  const auto expected = direct(a.xyz, b.xyz, q);
  const double rounding = std::is_same_v<TestType, float> ? 1e-5 : 1e-12;
  const auto s = points(a.xyz), t = points(b.xyz);

  Plan fast(exec, Laplace<TestType>{}, s, t, fmm(10));
  require_near_and_far(fast);
  require_close(execute<TestType>(fast, q), expected);

  Options o = fmm();
  o.method = Method::direct;
  Plan summed(exec, Laplace<TestType>{}, s, t, o);
  CHECK(summed.facts().method == "direct");
  require_close(execute<TestType>(summed, q), expected, rounding);

  const auto u = new_potential<TestType>(b.q.size());
  const auto g = new_gradient<TestType>(b.q.size());
  Octopole::direct_sum(exec, Laplace<TestType>{}, s, t, values<TestType>(q),
                       outputs().potential(u).gradient(g));
  require_close({numbers(u), numbers(g)}, expected, rounding);
  const auto v = new_potential<TestType>(a.q.size());
  Octopole::direct_sum(exec, Laplace<TestType>{}, s, s, values<TestType>(q),
                       outputs().potential(v));
  CHECK(error(numbers(v), direct(a.xyz, a.xyz, q).potential) <= rounding);
}

TEMPLATE_TEST_CASE("check measures the error", "", double, float) {
  const auto& p = plummer();
  const Execution exec;
  const Numbers q = rounded<TestType>(p.q);
  const auto charges = values<TestType>(q);
  Plan plan(exec, Laplace<TestType>{}, points(p.xyz), fmm(10));
  require_all_lists(plan);
  const std::size_t n = q.size();
  const auto u = new_potential<TestType>(n);
  const auto g = new_gradient<TestType>(n);
  const auto both = Octopole::outputs().potential(u).gradient(g);
  plan.execute(exec, charges, both);
  const auto all = plan.check(exec, charges, both, int(n));
  CHECK(all.targets == n);
  const auto expected = direct(p.xyz, p.xyz, q);
  const double rounding = std::is_same_v<TestType, float> ? 1e-5 : 1e-10;
  CHECK(std::abs(all[Output::potential].rel_l2 - error(numbers(u), expected.potential)) <=
        rounding);
  CHECK(std::abs(all[Output::gradient].rel_l2 - error(numbers(g), expected.gradient)) <= rounding);
  CHECK(all[Output::potential].rel_l2 <= 1e-3);
  CHECK(all[Output::gradient].rel_l2 <= 1e-3);
  CHECK(all[Output::potential].max >= all[Output::potential].rel_l2);
  CHECK(all[Output::gradient].max >= all[Output::gradient].rel_l2);

  const auto some = plan.check(exec, charges, outputs().potential(u), 500);
  CHECK(some.targets == 500);
  CHECK(some[Output::potential].rel_l2 <= 2e-3);
  CHECK(std::isnan(some[Output::gradient].rel_l2));

  // It sees an error, and does not disturb the next execute.
  Kokkos::deep_copy(u, TestType(0));
  CHECK(plan.check(exec, charges, both, 1000)[Output::potential].rel_l2 == Approx(1).epsilon(1e-3));
  require_close(execute<TestType>(plan, q), expected);
}

TEST_CASE("check measures the error where squares of results leave a double's range") {
  const auto& p = plummer();
  const Execution exec;
  const std::size_t n = p.q.size();
  const auto u = new_potential<double>(n);
  const auto g = new_gradient<double>(n);
  const auto both = Octopole::outputs().potential(u).gradient(g);
  const auto errors = [&](int power) {
    Numbers xyz = p.xyz;
    for (double& x : xyz) x = std::ldexp(x, power);
    Plan plan(exec, Laplace<double>{}, points(xyz), fmm(10));
    const auto charges = values<double>(p.q);
    plan.execute(exec, charges, both);
    return plan.check(exec, charges, both, 1000);
  };
  const auto plain = errors(0);
  for (const int power : {-400, 400}) {  // gradients of 1e240 and 1e-240
    CAPTURE(power);
    const auto scaled = errors(power);
    for (const Output one : {Output::potential, Output::gradient}) {
      CHECK(scaled[one].rel_l2 == Approx(plain[one].rel_l2).epsilon(1e-6));
      CHECK(scaled[one].max == Approx(plain[one].max).epsilon(1e-6));
      CHECK(plain[one].rel_l2 > 1e-9);
    }
  }
}

// ---- sets of points -------------------------------------------------------------------------

TEMPLATE_TEST_CASE("Targets other than the sources", "", double, float) {
  const Execution exec;
  std::uint64_t p2p = 0, m2l = 0, m2p = 0, p2l = 0;
  for (const auto& pair : octopole_test::point_pairs(2500, 9)) {
    CAPTURE(pair.name);
    const Numbers s = flat(pair.sources), t = flat(pair.targets);
    const Numbers q = rounded<TestType>(charges_for(s.size() / 3, "positive"));
    const auto expected = direct(s, t, q);
    for (const int capacity : {8, 60}) {
      CAPTURE(capacity);
      Plan plan(exec, Laplace<TestType>{}, points(s), points(t), fmm(capacity));
      const auto& f = plan.facts();
      REQUIRE(f.method == "fmm");
      if (!s.empty() && !t.empty())
        REQUIRE(f.pairs_p2p + f.pairs_m2l + f.pairs_m2p + f.pairs_p2l > 0);
      p2p += f.pairs_p2p, m2l += f.pairs_m2l, m2p += f.pairs_m2p, p2l += f.pairs_p2l;
      const auto found = execute<TestType>(plan, q);
      if (s.empty()) {
        CHECK(found.potential == Numbers(t.size() / 3, 0.0));
        CHECK(found.gradient == Numbers(t.size(), 0.0));
      } else if (pair.name == "small cloud of targets" || pair.name == "one source") {
        require_close_in_small_leaves(found, expected, f);
      } else {
        require_close(found, expected);
      }
    }
  }
  CHECK(p2p > 0);
  CHECK(m2l > 0);
  CHECK(m2p > 0);
  CHECK(p2l > 0);
}

TEMPLATE_TEST_CASE("Odd sets of points need no special action", "", double, float) {
  const Execution exec;
  std::uint64_t all_m2l = 0;
  auto sets = octopole_test::point_sets(2000, 3);
  octopole_test::Points far = octopole_test::uniform(2000, 4), tiny = far, huge = far;
  for (auto& p : far) p = octopole_test::scaled(p, 1, {1e8, -1e8, 1e8});
  for (auto& p : tiny) p = octopole_test::scaled(p, 1e-9);
  for (auto& p : huge) p = octopole_test::scaled(p, 1e9);
  sets.push_back({"huge offset", far});
  sets.push_back({"tiny", tiny});
  sets.push_back({"huge", huge});
  for (const auto& set : sets) {
    if (set.name == "duplicates") continue;  // below
    CAPTURE(set.name);
    const Numbers s = flat(set.points);
    const std::size_t n = set.points.size();
    const Numbers q = rounded<TestType>(charges_for(n));
    const auto expected = direct(s, s, q);
    // Every point of the lattice lies in a corner of its leaf, the worst place there is.
    const bool hard = set.name == "lattice";
    for (const Method method : {Method::fmm, Method::automatic}) {
      Options o = fmm(20);
      o.method = method;
      Plan plan(exec, Laplace<TestType>{}, points(s), o);
      const auto found = execute<TestType>(plan, q);
      require_close(found, expected, hard ? 5e-3 : 1e-3);
      if (set.name == "all equal" || n < 2) {
        CHECK(found.potential == Numbers(n, 0.0));
        CHECK(found.gradient == Numbers(3 * n, 0.0));
      }
      if (method != Method::fmm) continue;
      REQUIRE(plan.facts().method == "fmm");
      // Plans in float have 19 levels: what is finer is one leaf.
      if (n >= 1000 && !(std::is_same_v<TestType, float> &&
                         (set.name == "outlier" || set.name == "last places")))
        require_near_and_far(plan);
      all_m2l += plan.facts().pairs_m2l;
    }
  }
  CHECK(all_m2l > 0);
}

TEST_CASE("Points over 12 decades keep the digits in leaves of ordinary size") {
  const Execution exec;
  for (const auto& [set, depth] : {std::pair(octopole_test::nested_clusters(4000, 5), 41),
                                   std::pair(octopole_test::outlier(4000, 5), 41)}) {
    CAPTURE(set.back()[0]);
    const Numbers s = flat(set), q = charges_for(set.size(), "positive");
    const auto expected = direct(s, s, q);
    Options o = fmm(40);
    o.digits = 9;
    Plan plan(exec, Laplace<double>{}, points(s), o);
    CHECK(plan.facts().largest_leaf <= 40);
    CHECK(plan.facts().depth >= depth);
    CHECK(plan.facts().pairs_m2l > 0);
    CHECK(plan.facts().pairs_p2p < set.size() * set.size() / 2);
    require_close(execute<double>(plan, q), expected, 1e-9);
    o.balance = 1;
    std::string refused;
    try {
      Plan(exec, Laplace<double>{}, points(s), o);
    } catch (const std::invalid_argument& e) {
      refused = e.what();
    }
    CHECK(refused.find("Options::balance: found 1 with a tree of 4") != std::string::npos);
  }
}

TEMPLATE_TEST_CASE("Few places with more points each than a leaf takes", "", double, float) {
  // No splitting separates equal points: one of each place is in the tree.
  const Numbers s = flat(octopole_test::duplicates(2000, 3));
  const Numbers q = rounded<TestType>(charges_for(2000));
  Plan plan(Execution{}, Laplace<TestType>{}, points(s), fmm(8));
  CHECK(plan.facts().largest_leaf <= 8);
  require_close(execute<TestType>(plan, q), direct(s, s, q));
}

TEMPLATE_TEST_CASE("Crowded places count once, for charges and for results", "", double, float) {
  const Execution exec;
  // Of 13000 sources a third is at one place and a sixth each at two others; of the targets half at the first place,
  // at which they see all but that, and half at a place without a source.
  octopole_test::Random random(9);
  const octopole_test::Point first = random.in_cube(), second = random.in_cube(),
                             third = random.in_cube(), other = random.in_cube();
  const auto sources = octopole_test::make_points(13000, 4, [&](auto& r, int i) {
    return i % 3 == 0 ? first : i % 6 == 1 ? second : i % 6 == 2 ? third : r.in_cube();
  });
  const auto targets = octopole_test::make_points(3000, 5, [&](auto& r, int i) {
    return i % 3 == 0 ? first : i % 3 == 1 ? other : r.in_cube();
  });
  const Numbers s = flat(sources), t = flat(targets);
  const Numbers q = rounded<TestType>(charges_for(13000)),
                q2 = rounded<TestType>(charges_for(13000, "positive"));
  for (const Method method : {Method::fmm, Method::direct}) {
    Options o = fmm();
    o.method = method;
    o.right_hand_sides = 2;
    Plan plan(exec, Laplace<TestType>{}, points(s), points(t), o);
    CHECK(plan.facts().n_sources == 13000);
    CHECK(plan.facts().n_targets == 3000);
    if (method == Method::fmm) {
      require_near_and_far(plan);
      CHECK(plan.facts().largest_leaf <= 40);
      // Most targets have sources near, though most of those stand for others.
      CHECK(plan.facts().near_field != "exact");
    }
    Numbers both;
    for (std::size_t i = 0; i < q.size(); ++i) both.push_back(q[i]), both.push_back(q2[i]);
    const Kokkos::View<TestType**, Memory> charges("Octopole::test::q", 13000, 2),
        u("Octopole::test::u", 3000, 2);
    const Kokkos::View<TestType***, Memory> g("Octopole::test::g", 3000, 3, 2);
    fill(charges, both);
    plan.execute(exec, charges, outputs().potential(u).gradient(g));
    exec.fence("Octopole::test");
    for (int rhs = 0; rhs < 2; ++rhs) {
      Results found;
      const auto host_u = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), u);
      const auto host_g = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), g);
      for (int i = 0; i < 3000; ++i) {
        found.potential.push_back(host_u(i, rhs));
        for (int d = 0; d < 3; ++d) found.gradient.push_back(host_g(i, d, rhs));
      }
      require_close(found, direct(s, t, rhs == 0 ? q : q2));
    }
    // The judge meets those that share a slot too, and says so where one of them is wrong.
    const auto right = plan.check(exec, charges, outputs().potential(u).gradient(g), 3000);
    CHECK(right[Output::potential].rel_l2 < 1e-3);
    CHECK(right[Output::potential].rel_l2 > 0);
    Kokkos::deep_copy(Kokkos::subview(u, 2997, Kokkos::ALL), TestType(1e6));  // at the first place
    CHECK(plan.check(exec, charges, outputs().potential(u), 3000)[Output::potential].rel_l2 > 1);
  }
  // The same points without the crowd, and with it again.
  const auto alone =
      octopole_test::make_points(13000, 4, [&](auto& r, int) { return r.in_cube(); });
  Plan moving(exec, Laplace<TestType>{}, points(flat(alone)), fmm());
  moving.update_points(exec, points(s));
  require_close(execute<TestType>(moving, q), direct(s, s, q));
  Plan fresh(exec, Laplace<TestType>{}, points(s), [&] {
    Options o = fmm();
    o.bounding_box = Octopole::BoundingBox{{0, 0, 0}, {1, 1, 1}};
    return o;
  }());
  const Results with_crowd = execute<TestType>(fresh, q);
  require_close(with_crowd, direct(s, s, q));
  fresh.update_points(exec, points(flat(alone)));
  require_close(execute<TestType>(fresh, q), direct(flat(alone), flat(alone), q));
  fresh.update_points(exec, points(s));
  require_equal(execute<TestType>(fresh, q), with_crowd);
}

TEST_CASE("Sources that no level tells apart are refused where their pairs would take too long") {
  const Execution exec;
  const auto refusal = [](const auto& call) {
    try {
      call();
    } catch (const std::invalid_argument& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  const std::string sentence =
      " sources closer together than the finest of 19 levels tells apart, in a root cube that "
      "points "
      "far away, or Options::bounding_box, make so large; use double, or leave those out, or "
      "Method::direct";
  // Floats end at level 19: 110,000 points within 1e-9 of their cube are 1.2e10 pairs.
  auto crowd = octopole_test::make_points(110000, 3, [](auto& r, int i) {
    return i == 0 ? octopole_test::Point{1e9, 0, 0} : r.in_cube();
  });
  const Options o = fmm();
  CHECK(refusal([&] { Plan(exec, Laplace<float>{}, points(flat(crowd)), o); }) ==
        "Octopole::Plan: found 109999" + sentence);
  CHECK_NOTHROW(Plan(exec, Laplace<double>{}, points(flat(crowd)), o));
  // So many targets and few sources are no trouble, nor are some thousand sources.
  CHECK_NOTHROW(Plan(exec, Laplace<float>{}, points({0, 0, 0, 1e9, 0, 0}), points(flat(crowd)), o));
  const octopole_test::Points some(crowd.begin(), crowd.begin() + 20000);
  CHECK_NOTHROW(Plan(exec, Laplace<float>{}, points(flat(some)), o));
  // As many in one cell as targets in the next.
  auto beside = crowd;
  for (auto& x : beside) x[0] += 1907;
  CHECK(refusal([&] {
          Plan(exec, Laplace<float>{}, points(flat(crowd)), points(flat(beside)), o);
        }).find(sentence) != std::string::npos);

  // A cube is not kept for points that have become far smaller, unless it was asked for: then the plan
  // stays as it was.
  crowd[0] = {0.5, 0.5, 0.5};
  const Numbers wide = flat(crowd), q(crowd.size(), 1);
  Numbers small = wide;
  for (double& x : small) x = 0.3 + 1e-7 * x;
  Plan plan(exec, Laplace<float>{}, points(wide), o);
  plan.update_points(exec, points(small));
  CHECK(plan.facts().root_size < 1e-6);
  Options with_box = o;
  with_box.bounding_box = Octopole::BoundingBox{{0, 0, 0}, {1, 1, 1}};
  Plan held(exec, Laplace<float>{}, points(wide), with_box);
  const Results expected = execute<float>(held, q);
  CHECK(refusal([&] { held.update_points(exec, points(small)); }).find(sentence) !=
        std::string::npos);
  require_equal(execute<float>(held, q), expected);
}

TEMPLATE_TEST_CASE("The direct sum and the judge use the caller's coordinates", "", double, float) {
  const Execution exec;
  // Pairs 1e-10 apart in the unit cube, far from the origin's fine numbers: differences are exact.
  auto pairs = octopole_test::make_points(400, 6, [](auto& r, int) { return r.in_cube(); });
  for (std::size_t i = 1; i < pairs.size(); i += 2)
    pairs[i] = {pairs[i - 1][0] + 1e-10, pairs[i - 1][1], pairs[i - 1][2] - 1e-10};
  const Numbers s = flat(pairs), q = rounded<TestType>(charges_for(400));
  const Results expected = direct(s, s, q);
  const double digits = std::is_same_v<TestType, float> ? 1e-6 : 1e-13;
  const auto u = new_potential<TestType>(400);
  const Kokkos::View<TestType**, Memory> g("Octopole::test::g", 400, 3);
  Octopole::direct_sum(exec, Laplace<TestType>{}, points(s), points(s), values<TestType>(q),
                       outputs().potential(u).gradient(g));
  exec.fence("Octopole::test");
  Results found;
  const auto host_u = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), u);
  const auto host_g = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), g);
  for (int i = 0; i < 400; ++i) {
    found.potential.push_back(host_u(i));
    for (int d = 0; d < 3; ++d) found.gradient.push_back(host_g(i, d));
  }
  require_close(found, expected, digits);
  Plan plan(exec, Laplace<TestType>{}, points(s), fmm(10));
  const auto judged =
      plan.check(exec, values<TestType>(q), outputs().potential(u).gradient(g), 400);
  CHECK(judged[Output::potential].rel_l2 < digits);
  CHECK(judged[Output::gradient].rel_l2 < digits);
  // The plan itself, whose leaves are far larger than the pairs.
  require_close(execute<TestType>(plan, q), expected, 1e-3);
}

TEMPLATE_TEST_CASE("Coincident source and target contribute nothing", "", double, float) {
  const Execution exec;
  using Octopole::NearField;
  for (const auto& [method, near_field] :
       {std::pair(Method::fmm, NearField::exact), std::pair(Method::fmm, NearField::automatic),
        std::pair(Method::direct, NearField::exact)}) {
    Options o = fmm(8);
    o.method = method, o.near_field = near_field;
    // One source exactly at the one target: zero, not infinity, not NaN.
    Plan lone(exec, Laplace<TestType>{}, points({0.1, 0.2, 0.3}), points({0.1, 0.2, 0.3}), o);
    const auto zero = execute<TestType>(lone, {5});
    CHECK(zero.potential == Numbers{0});
    CHECK(zero.gradient == Numbers{0, 0, 0});

    // Two at one place do not see each other, but both see the third.
    Plan three(exec, Laplace<TestType>{}, points({0, 0, 0, 0, 0, 0, 2, 0, 0}), o);
    const auto pair = execute<TestType>(three, {3, -40, 8});
    const double unit = 0.25 / 3.14159265358979323846;
    const double rounding = near_field == NearField::automatic ? 2e-4
                            : std::is_same_v<TestType, float>  ? 1e-5
                                                               : 1e-12;
    CHECK(pair.potential[0] == Approx(unit * 4).epsilon(rounding));
    CHECK(pair.potential[1] == Approx(unit * 4).epsilon(rounding));
    CHECK(pair.potential[2] == Approx(unit * -18.5).epsilon(rounding));
    // grad_x (1/r) = -r/r^3: at x = 0, source at 2: +1/4.
    CHECK(pair.gradient[0] == Approx(unit * 2).epsilon(rounding));
    CHECK(pair.gradient[6] == Approx(unit * (37.0 / 4)).epsilon(rounding));
  }
  // Targets some of which are sources, by value and not by index, and sources that come twice.
  const auto& p = plummer();
  Numbers s = p.xyz, t = cube().xyz;
  Numbers q = rounded<TestType>(p.q);
  for (std::size_t i = 0; i < 500; ++i)
    for (int d = 0; d < 3; ++d) {
      t.push_back(s[3 * (7 * i + 1) + d]);
      s.push_back(s[3 * (5 * i) + d]);
    }
  const Numbers more = rounded<TestType>(charges_for(500));
  q.insert(q.end(), more.begin(), more.end());
  Plan plan(exec, Laplace<TestType>{}, points(s), points(t), fmm(20));
  require_near_and_far(plan);
  require_close(execute<TestType>(plan, q), direct(s, t, q));
  Plan same(exec, Laplace<TestType>{}, points(s), fmm(20));
  require_near_and_far(same);
  require_close(execute<TestType>(same, q), direct(s, s, q));
}

// ---- threads and instances ------------------------------------------------------------------

TEST_CASE("Two host threads that race for one plan get right results or the error") {
  const auto& p = cube();
  const Execution exec;
  Plan plan(exec, Laplace<double>{}, points(p.xyz), fmm());
  require_near_and_far(plan);
  const auto charges = values<double>(p.q);
  const auto expected = new_potential<double>(p.q.size());
  plan.execute(exec, charges, expected);
  exec.fence("Octopole::test");

  constexpr int repeats = 15;
  std::atomic<int> right{0}, wrong{0}, refusals{0}, arrived{0};
  const auto race = [&] {
    const auto u = new_potential<double>(p.q.size());
    for (int i = 0; i < repeats; ++i) {
      ++arrived;
      while (arrived < 2 * (i + 1)) std::this_thread::yield();
      try {
        plan.execute(exec, charges, u);
        exec.fence("Octopole::test");
        ++(numbers(u) == numbers(expected) ? right : wrong);
      } catch (const std::logic_error&) {
        ++refusals;
      }
    }
  };
  std::thread other(race);
  race();
  other.join();
  CHECK(wrong == 0);
  CHECK(right + refusals == 2 * repeats);
  CHECK(right >= repeats);
}

TEST_CASE("Different plans at once on different instances, one plan on one after the other") {
  const auto &a = cube(), &b = plummer();
  if (Execution{}.concurrency() < 2) return;
  const auto instances = Kokkos::Experimental::partition_space(Execution{}, 1, 1);
  Plan first(instances[0], Laplace<double>{}, points(a.xyz), fmm());
  Plan second(instances[1], Laplace<double>{}, points(b.xyz), fmm(10));
  require_near_and_far(first);
  require_all_lists(second);
  const auto u = new_potential<double>(a.q.size()), v = new_potential<double>(b.q.size());
  const auto q = values<double>(a.q), r = values<double>(b.q);
  std::thread other([&] {
    for (int i = 0; i < 5; ++i) second.execute(instances[1], r, v);
    instances[1].fence("Octopole::test");
  });
  for (int i = 0; i < 5; ++i) first.execute(instances[0], q, u);
  instances[0].fence("Octopole::test");
  other.join();
  CHECK(error(numbers(u), direct(a.xyz, a.xyz, a.q).potential) <= 1e-3);
  CHECK(error(numbers(v), direct(b.xyz, b.xyz, b.q).potential) <= 1e-3);

  // The second waits on the device for the first: both are right, whoever fences.
  const auto w = new_potential<double>(a.q.size());
  first.execute(instances[0], q, u);
  first.execute(instances[1], q, w);
  instances[1].fence("Octopole::test");
  CHECK(numbers(w) == numbers(u));
  first.update_points(instances[0], points(b.xyz));
  first.execute(instances[1], r, v);
  instances[1].fence("Octopole::test");
  CHECK(error(numbers(v), direct(b.xyz, b.xyz, b.q).potential) <= 1e-3);
}
