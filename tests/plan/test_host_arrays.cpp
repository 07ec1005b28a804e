// SPDX-License-Identifier: BSD-3-Clause
// Points, charges and results in std::vector, std::span and std::array, and what a user writes without template
// arguments: the same bits as with Views.
#include <Octopole.hpp>
#include <array>
#include <complex>
#include <span>
#include <tests/support/octopole_catch.hpp>
#include <vector>

#include <perf/judge/Octopole_Workloads.hpp>

using Octopole::Output;
using Octopole::Plan;

namespace {

using Exec = Kokkos::DefaultHostExecutionSpace;
constexpr std::size_t n = 3000;

const std::vector<std::array<double, 3>>& points() {
  static const auto all = [] {
    const auto workload = Octopole::Workloads::make("cube", "zero-mean", n, 1);
    std::vector<std::array<double, 3>> x(n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t d = 0; d < 3; ++d) x[i][d] = workload.xyz[3 * i + d];
    return x;
  }();
  return all;
}
const std::vector<double>& charges() {
  static const std::vector<double> all = Octopole::Workloads::make("cube", "zero-mean", n, 1).q;
  return all;
}

}  // namespace

TEST_CASE("vectors and spans give what Views give") {
  const Exec exec;
  const Kokkos::View<double* [3], Exec> x("x", n);
  const Kokkos::View<double*, Exec> q("q", n), u("u", n);
  const Kokkos::View<double* [3], Exec> g("g", n);
  for (std::size_t i = 0; i < n; ++i) {
    q(i) = charges()[i];
    for (std::size_t d = 0; d < 3; ++d) x(i, d) = points()[i][d];
  }
  const Octopole::Options options{.digits = 4,
                                  .method = Octopole::Method::fmm,
                                  .outputs = Output::potential | Output::gradient};
  Plan by_views(exec, Octopole::Laplace{}, x, options);
  by_views.execute(exec, q, Octopole::outputs().potential(u).gradient(g));
  exec.fence();

  std::vector<double> potential(n);
  std::vector<std::array<double, 3>> gradient(n);
  const auto same = [&] {
    std::size_t different = 0;
    for (std::size_t i = 0; i < n; ++i) {
      different += potential[i] != u(i);
      for (std::size_t d = 0; d < 3; ++d) different += gradient[i][d] != g(i, d);
    }
    std::fill(potential.begin(), potential.end(), 0.0);
    std::fill(gradient.begin(), gradient.end(), std::array<double, 3>{});
    return different == 0;
  };
  Plan plan(exec, Octopole::Laplace{}, points(), options);
  plan.execute(exec, charges(), Octopole::outputs().potential(potential).gradient(gradient));
  exec.fence();
  CHECK(same());
  const std::span<const double> some_charges(charges());
  plan.execute(exec, some_charges,
               Octopole::outputs().gradient(std::span(gradient)).potential(std::span(potential)));
  exec.fence();
  CHECK(
      plan.check(exec, charges(), Octopole::outputs().potential(potential), 100)[Output::potential]
          .rel_l2 <= 1e-4);
  CHECK(same());
  // A span in the other idiom, sources and targets apart, points as a span.
  const std::span<const std::array<double, 3>> some_points(points());
  Plan apart(exec, Octopole::Laplace{}, some_points, points(), options);
  apart.execute(exec, charges(),
                Octopole::Outputs<std::span<double>, std::span<std::array<double, 3>>>{
                    .potential = std::span(potential), .gradient = std::span(gradient)});
  apart.update_points(exec, points());
  apart.execute(exec, charges(), Octopole::outputs().potential(potential).gradient(gradient));
  exec.fence();
  CHECK(same());

  // Only the potential; options in braces.
  Plan short_one(exec, Octopole::Laplace{}, points(), {.digits = 4});
  CHECK(short_one.facts().digits == 4);
  short_one.execute(exec, charges(), potential);
  exec.fence();
  std::vector<double> direct(n);
  Octopole::direct_sum(exec, Octopole::Laplace{}, points(), points(), charges(),
                       Octopole::outputs().potential(direct));
  double wrong = 0, right = 0;
  for (std::size_t i = 0; i < n; ++i) {
    wrong += (potential[i] - direct[i]) * (potential[i] - direct[i]);
    right += direct[i] * direct[i];
  }
  CHECK(wrong <= 1e-8 * right);
  CHECK(right > 0);
}

TEST_CASE("complex numbers of std, and charges of several numbers") {
  const Exec exec;
  const std::vector<std::array<double, 3>> two{{0, 0, 0}, {2, 0, 0}};
  const std::vector<std::complex<double>> q{{1, 2}, {0, 0}};
  std::vector<std::complex<double>> u(2);
  Plan waves(exec, Octopole::Helmholtz{0.5}, two);
  waves.execute(exec, q, u);
  exec.fence();
  const std::complex<double> expected =
      q[0] * std::exp(std::complex<double>(0, 1)) / (8 * std::acos(-1.0));
  CHECK(std::abs(u[1] - expected) < 1e-15);
  const std::vector<std::array<double, 3>> dipoles{{1, 5, 0}, {0, 0, 0}};
  std::vector<double> v(2);
  Plan of_dipoles(exec, Octopole::LaplaceDipole{}, two);
  of_dipoles.execute(exec, dipoles, v);
  exec.fence();
  CHECK(v[1] == Approx(1 / (16 * std::acos(-1.0))));
  // At run time.
  Octopole::AnyPlan any(exec, {"laplace dipole"}, Octopole::Precision::float64, two);
  std::vector<double> w(2);
  any.execute(exec, dipoles, {{Output::potential, w}});
  exec.fence();
  CHECK(w == v);
}

TEST_CASE("sizes that do not fit are refused") {
  const Exec exec;
  Plan plan(exec, Octopole::Yukawa{2.5}, points());
  std::vector<double> u(n), few(n - 1);
  CHECK_THROWS_WITH(plan.execute(exec, few, u),
                    "Octopole: charges: found a View of extents (2999), expected (3000)");
  CHECK_THROWS_WITH(plan.execute(exec, charges(), few),
                    "Octopole: potential: found a View of extents (2999), expected (3000)");
}

TEST_CASE("kernels without template arguments are in double") {
  STATIC_REQUIRE(std::is_same_v<decltype(Octopole::Laplace{}), Octopole::Laplace<double>>);
  STATIC_REQUIRE(std::is_same_v<decltype(Octopole::Yukawa{2}), Octopole::Yukawa<double>>);
  STATIC_REQUIRE(std::is_same_v<decltype(Octopole::Helmholtz{}), Octopole::Helmholtz<double>>);
  STATIC_REQUIRE(std::is_same_v<decltype(Octopole::BiotSavart{0.5}), Octopole::BiotSavart<double>>);
  CHECK(Octopole::Yukawa{2.5}.screening == 2.5);
}
