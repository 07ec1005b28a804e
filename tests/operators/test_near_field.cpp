// SPDX-License-Identifier: BSD-3-Clause
// A near field in float beside a far field in double: pairs of points on both sides of a leaf's
// face, from 1e-3 of the root down to 1e-11, where the last bits of a double begin to count. Every
// target by itself, since a norm over all targets is ruled by the closest pair.
#include <Octopole.hpp>
#include <cmath>
#include <perf/judge/Octopole_DirectCheck.hpp>
#include <tests/support/octopole_catch.hpp>
#include <tree/Octopole_Domain.hpp>
#include <vector>

#include <tests/support/octopole_point_sets.hpp>
#include <tests/support/test_views.hpp>

namespace {

using Octopole::NearField;
using Execution = Kokkos::DefaultExecutionSpace;
using Memory = Execution::memory_space;
using Points = Kokkos::View<double* [3], Kokkos::LayoutRight, Memory>;
using Values = Kokkos::View<double*, Memory>;
using Gradients = Kokkos::View<double* [3], Kokkos::LayoutRight, Memory>;

/// `x`: where the face lies that the pairs straddle.
std::vector<double> with_pairs(double x, octopole_test::Random& random, std::size_t& first) {
  std::vector<double> xyz{0, 0, 0, 1, 1, 1};
  for (int i = 0; i < 3 * 9000; ++i) xyz.push_back(random());
  first = xyz.size() / 3;
  for (double apart = 1e-3; apart > 3e-12; apart *= 0.3) {
    const double y = 0.1 + 0.8 * random(), z = 0.1 + 0.8 * random();
    const double left = x - apart, right = x + apart;
    xyz.insert(xyz.end(), {left, y, z, right, y, z});
  }
  return xyz;
}

double worst_of_pairs(NearField near_field, int digits, bool with_gradient) {
  const Execution exec;
  octopole_test::Random random(5);
  std::size_t first = 0;
  auto xyz = with_pairs(0.5, random, first);
  // The root's middle, whatever slack it has: the pairs move there and do not change the bounds.
  const auto domain =
      Octopole::make_domain(Octopole::bounds(exec, view_of<Points>(xyz, xyz.size() / 3)), false, 1);
  random = octopole_test::Random(5);
  xyz = with_pairs(domain.corner[0] + domain.half_width, random, first);
  const std::size_t n = xyz.size() / 3;
  std::vector<double> q(n);
  for (double& c : q) c = random() - 0.5;

  Octopole::Plan plan(exec, Octopole::Laplace<double>{}, view_of<Points>(xyz, n),
                      Octopole::Options{.digits = digits,
                                        .near_field = near_field,
                                        .method = Octopole::Method::fmm,
                                        .leaf_capacity = 250,  // more than are summed at once
                                        .cache = Octopole::Cache::off(),
                                        .outputs = with_gradient ? Octopole::Output::gradient
                                                                 : Octopole::Output::potential});
  REQUIRE(plan.facts().pairs_m2l > 0);
  REQUIRE(plan.facts().near_field == Octopole::name_of(near_field));
  const auto u = view_of<Values>({}, n);
  const auto g = view_of<Gradients>({}, n);
  if (with_gradient)
    plan.execute(exec, view_of<Values>(q, n), Octopole::outputs().potential(u).gradient(g));
  else
    plan.execute(exec, view_of<Values>(q, n), u);
  exec.fence("Octopole::test");
  const auto expected = Octopole::DirectCheck::reference(xyz, q, xyz, n, with_gradient);
  const auto found = numbers(u), found_g = numbers(g);
  double worst = 0;
  const auto note = [&](double error, double size) {
    worst = error <= worst * size ? worst : std::isfinite(error) ? error / size : INFINITY;
  };
  for (std::size_t i = first; i < n; ++i) {
    note(std::abs(found[i] - expected.potential[i]), std::abs(expected.potential[i]));
    double error = 0, size = 0;
    for (std::size_t d = 3 * i; with_gradient && d < 3 * i + 3; ++d) {
      error = std::hypot(error, found_g[d] - expected.gradient[d]);
      size = std::hypot(size, expected.gradient[d]);
    }
    if (with_gradient) note(error, size);
  }
  return worst;
}

}  // namespace

TEST_CASE("pairs across a leaf's face, however close, are right target by target") {
  for (const bool gradient : {false, true}) {
    CAPTURE(gradient);
    // A single target's far field is known to the digits of the norm over all of them.
    CHECK(worst_of_pairs(NearField::exact, 6, gradient) < 1e-5);
    CHECK(worst_of_pairs(NearField::fast, 6, gradient) < 1e-5);
    CHECK(worst_of_pairs(NearField::mixed, 6, gradient) < 1e-5);
    CHECK(worst_of_pairs(NearField::rough, 3, gradient) < 1e-2);
  }
}

TEST_CASE("a crowd of dipoles at one place stays in a float's range") {
  const Execution exec;
  octopole_test::Random random(5);
  std::vector<double> xyz{0, 0, 0, 1, 1, 1};
  for (int i = 0; i < 3 * 3000; ++i) xyz.push_back(random());
  const auto domain =
      Octopole::make_domain(Octopole::bounds(exec, view_of<Points>(xyz, xyz.size() / 3)), false, 1);
  // On one side of the root's middle face 20,000 at one place, on the other points some millionths of a
  // leaf away: each pair, in units of one charge, is in a float's range, and their sum is not.
  const double face = domain.corner[0] + domain.half_width, leaf = domain.half_width / 8;
  const std::size_t crowd = xyz.size() / 3;
  for (int i = 0; i < 20000; ++i) xyz.insert(xyz.end(), {face - 1.2e-6 * leaf, 0.31, 0.31});
  for (int i = 0; i < 20; ++i)
    xyz.insert(xyz.end(), {face + (1 + 0.1 * i) * 1.5e-6 * leaf, 0.31, 0.31});
  const std::size_t n = xyz.size() / 3;
  std::vector<double> q(3 * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) q[3 * i] = i < crowd ? random() - 0.5 : 1;
  const auto charges = view_of<Gradients>(q, n);
  const auto hessian = [&](NearField near_field) {
    Octopole::Plan plan(exec, Octopole::LaplaceDipole<double>{}, view_of<Points>(xyz, n),
                        Octopole::Options{.digits = 6,
                                          .near_field = near_field,
                                          .method = Octopole::Method::fmm,
                                          .leaf_capacity = 60,
                                          .cache = Octopole::Cache::off(),
                                          .outputs = Octopole::Output::hessian});
    const Kokkos::View<double* [6], Kokkos::LayoutRight, Memory> h("Octopole::test::h", n);
    plan.execute(exec, charges, Octopole::outputs().hessian(h));
    exec.fence("Octopole::test");
    return numbers(h);
  };
  const auto expected = hessian(NearField::exact), found = hessian(NearField::mixed);
  double error = 0, norm = 0;
  for (std::size_t i = 6 * (n - 20); i < 6 * n; ++i) {
    REQUIRE(std::isfinite(found[i]));
    error += std::pow(found[i] - expected[i], 2), norm += expected[i] * expected[i];
  }
  CHECK(std::sqrt(error / norm) < 1e-5);
}
