// SPDX-License-Identifier: BSD-3-Clause
// The digits promise, kept from the caller's points to the caller's results: relative L2 error of
// every requested output at most 10^-digits, on every distribution, under both charge laws.
#include <Octopole.hpp>
#include <algorithm>
#include <cmath>
#include <perf/judge/Octopole_DirectCheck.hpp>
#include <perf/judge/Octopole_Workloads.hpp>
#include <string>
#include <string_view>
#include <tests/support/octopole_catch.hpp>
#include <vector>

#include <tests/support/test_scratch.hpp>
#include <tests/support/test_views.hpp>

namespace {

using Octopole::Method;
using Octopole::Options;
using Octopole::outputs;
using Execution = Kokkos::DefaultExecutionSpace;
using Memory = Execution::memory_space;
namespace Check = Octopole::DirectCheck;
namespace Workloads = Octopole::Workloads;

constexpr std::size_t n_points = 20000, n_checked = 500;

/// One operator set per order and precision, shared by all runs of the process.
Octopole::Cache cache() {
  static const Scratch scratch;
  return Octopole::Cache::read_write(scratch / "operators.h5");
}

/// Error over all targets checked, or where `halves` the larger one of those of the two halves.
double error(const std::vector<double>& found, const std::vector<double>& expected,
             const std::vector<std::size_t>& targets, std::size_t components, bool halves) {
  for (const double x : found)
    if (!std::isfinite(x)) return INFINITY;
  const auto part = [&](std::size_t begin, std::size_t end) {
    return Check::compare(found, expected, targets, components, begin, end).relative_l2;
  };
  if (!halves) return part(0, n_points);
  const std::size_t half = Workloads::two_scale_first_half(n_points);
  return std::max(part(0, half), part(half, n_points));
}

/// Plans, executes and judges one case; returns what the plan found out.
template <class T>
Octopole::PlanFacts judge(std::string_view distribution, std::string_view law,
                          const Options& options) {
  using Points = Kokkos::View<double* [3], Kokkos::LayoutRight, Memory>;
  auto made = Workloads::make(distribution, law, n_points, 42);
  for (double& q : made.q) q = static_cast<double>(static_cast<T>(q));
  const auto charges = view_of<Kokkos::View<T*, Memory>>(made.q, n_points);
  const auto expected = Check::reference(made.xyz, made.q, made.xyz, n_checked,
                                         (options.outputs == Octopole::Output::gradient));

  const Execution exec;
  Octopole::Plan plan(exec, Octopole::Laplace<T>{}, view_of<Points>(made.xyz, n_points), options);
  const auto& f = plan.facts();
  CAPTURE(distribution, law, options.digits, (options.outputs == Octopole::Output::gradient),
          f.order, f.leaf_capacity, f.depth, f.pairs_p2p, f.pairs_m2l, f.pairs_m2p, f.pairs_p2l);
  REQUIRE(f.method == "fmm");
  REQUIRE(f.pairs_p2p > 0);
  REQUIRE(f.pairs_m2l > 0);

  const auto u = view_of<Kokkos::View<T*, Memory>>({}, n_points);
  const auto g = view_of<Kokkos::View<T* [3], Kokkos::LayoutRight, Memory>>({}, n_points);
  const double limit = std::pow(10.0, -options.digits);
  const bool halves = distribution == "two-scale";
  if ((options.outputs == Octopole::Output::gradient)) {
    plan.execute(exec, charges, outputs().potential(u).gradient(g));
    exec.fence("Octopole::test");
    CHECK(error(numbers(g), expected.gradient, expected.targets, 3, halves) <= limit);
  } else {
    plan.execute(exec, charges, u);
    exec.fence("Octopole::test");
  }
  CHECK(error(numbers(u), expected.potential, expected.targets, 1, halves) <= limit);
  return f;
}

template <class T>
void keeps(int digits, bool gradient) {
  for (const auto distribution : Workloads::distributions)
    for (const auto law : Workloads::charge_laws)
      judge<T>(distribution, law,
               {.digits = digits,
                .method = Method::fmm,
                .cache = cache(),
                .outputs = gradient ? Octopole::Output::gradient : Octopole::Output::potential});
}

}  // namespace

TEST_CASE("3 digits in double") {
  const bool gradient = GENERATE(false, true);
  keeps<double>(3, gradient);
}
TEST_CASE("6 digits in double") {
  const bool gradient = GENERATE(false, true);
  keeps<double>(6, gradient);
}
// Two test cases: the operators of orders 10 and 11 take most of the time of this file.
TEST_CASE("9 digits in double, potential") {
  keeps<double>(9, false);
}
TEST_CASE("9 digits in double, with gradient") {
  keeps<double>(9, true);
}
TEST_CASE("3 and 4 digits in single") {
  const int digits = GENERATE(3, 4);
  const bool gradient = GENERATE(false, true);
  keeps<float>(digits, gradient);
}

TEMPLATE_TEST_CASE("Small leaves: the digits hold with W and X in use, balanced or not", "", double,
                   float) {
  const int balance = GENERATE(0, 1);
  const int digits = std::is_same_v<TestType, float> ? 3 : GENERATE(3, 6);
  CAPTURE(balance);
  for (const auto distribution : {"plummer", "filament", "two-scale"})
    for (const auto law : Workloads::charge_laws) {
      const auto facts = judge<TestType>(distribution, law,
                                         {.digits = digits,
                                          .method = Method::fmm,
                                          .leaf_capacity = 40,
                                          .balance = balance,
                                          .cache = cache(),
                                          .outputs = Octopole::Output::gradient});
      INFO(distribution << ' ' << law);
      CHECK(facts.balanced == (balance == 1));
      CHECK(facts.pairs_m2p > 0);
      CHECK(facts.pairs_p2l > 0);
    }
}

TEMPLATE_TEST_CASE("The digits hold on a balanced tree", "", double, float) {
  for (const auto distribution : Workloads::distributions)
    judge<TestType>(distribution, "zero-mean",
                    {.digits = 3, .method = Method::fmm, .balance = 1, .cache = cache()});
}
