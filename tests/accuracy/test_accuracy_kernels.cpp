// SPDX-License-Identifier: BSD-3-Clause
// The two proving kernels, defined outside the library, from the points to the digits promised.
#include <Octopole.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <perf/judge/Octopole_Workloads.hpp>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_test_kernels.hpp>
#include <vector>

namespace {

using Execution = Kokkos::DefaultExecutionSpace;
using Memory = Execution::memory_space;
using octopole_test::Stokeslet;
using octopole_test::Yukawa;

constexpr int n_points = 4000;

template <class Kernel>
struct Problem {
  static constexpr int C = Kernel::source_components, K = Kernel::target_components;
  std::vector<double> xyz, charges;         // (N, 3), (N, C)
  std::vector<double> potential, gradient;  // (N, K), (N, 3): the plain sum
};

// Zero-mean charges, every component from a seed of its own; and the plain double sum.
template <class Kernel>
Problem<Kernel> make_problem(const Kernel& kernel, const std::string& distribution,
                             double scale = 1) {
  constexpr int C = Kernel::source_components, K = Kernel::target_components;
  Problem<Kernel> p;
  p.charges.resize(n_points * C);
  for (int c = 0; c < C; ++c) {
    const auto points = Octopole::Workloads::make(distribution, "zero-mean", n_points, 42 + c);
    for (int i = 0; i < n_points; ++i) p.charges[i * C + c] = points.q[i];
    if (c > 0) continue;
    p.xyz = points.xyz;
    for (double& x : p.xyz) x *= scale;
  }
  p.potential.resize(n_points * K);
  p.gradient.resize(n_points * 3 * K);
  const octopole_test::Formula<Kernel> formula(kernel, 1);
  for (int i = 0; i < n_points; ++i) {
    double u[K] = {}, g[3 * K] = {};
    for (int j = 0; j < n_points; ++j) {
      const double r[3] = {p.xyz[3 * i] - p.xyz[3 * j], p.xyz[3 * i + 1] - p.xyz[3 * j + 1],
                           p.xyz[3 * i + 2] - p.xyz[3 * j + 2]};
      formula(r, &p.charges[j * C], u, g);
    }
    for (int k = 0; k < K; ++k) p.potential[i * K + k] = Kernel::prefactor * u[k];
    for (int k = 0; k < 3 * K; ++k) p.gradient[i * 3 * K + k] = Kernel::prefactor * g[k];
  }
  return p;
}

template <class View>
View to_device(const std::vector<double>& values, int rows, int columns) {
  const View view("Octopole::test", rows, columns);
  const auto host = Kokkos::create_mirror_view(view);
  for (int i = 0; i < rows; ++i)
    for (int c = 0; c < columns; ++c) host(i, c) = values[i * columns + c];
  Kokkos::deep_copy(view, host);
  return view;
}

// |a - b|_2 / |b|_2; NaN in `a` gives NaN, which no comparison lets pass.
template <class View>
double relative_l2(const View& view, const std::vector<double>& expected) {
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), view);
  const int columns = static_cast<int>(host.extent(1));
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double d = host(i / columns, i % columns) - expected[i];
    difference += d * d;
    norm += expected[i] * expected[i];
  }
  return std::sqrt(difference / norm);
}

// One plan of one kernel; checks what the promise is about.
template <class Kernel>
void check(const Kernel& kernel, const Problem<Kernel>& p, int digits, int leaf_capacity,
           bool gradient, bool adaptive) {
  constexpr int C = Kernel::source_components, K = Kernel::target_components;
  using Matrix = Kokkos::View<double**, Kokkos::LayoutRight, Memory>;
  const Execution exec;
  const auto x = to_device<Matrix>(p.xyz, n_points, 3);
  const auto q = to_device<Matrix>(p.charges, n_points, C);
  const Matrix u("Octopole::test::u", n_points, K);
  Octopole::Plan plan(
      exec, kernel, x,
      Octopole::Options{
          .digits = digits,
          .m2l = digits == 3 ? Octopole::M2L::blas : Octopole::M2L::fft,
          .method = Octopole::Method::fmm,
          .leaf_capacity = leaf_capacity,
          .cache = Octopole::Cache::off(),
          .outputs = gradient ? Octopole::Output::gradient : Octopole::Output::potential});
  const auto& facts = plan.facts();
  CAPTURE(facts.order, facts.depth, facts.pairs_m2l, facts.pairs_m2p, facts.pairs_p2l,
          facts.m2l_rank, facts.pairs_p2p);
  REQUIRE(facts.method == "fmm");
  REQUIRE(facts.operators_source != "none");
  REQUIRE(facts.pairs_m2l > 0);
  // A far field that matters: not everything may have gone through P2P.
  REQUIRE(double(facts.pairs_p2p) < 0.7 * double(n_points) * double(n_points));
  if (adaptive) {
    REQUIRE(facts.pairs_m2p > 0);
    REQUIRE(facts.pairs_p2l > 0);
  }
  const double promise = std::pow(10.0, -digits);
  if constexpr (Kernel::has_gradient) {
    const Matrix g("Octopole::test::g", n_points, 3 * K);
    if (gradient) {
      plan.execute(exec, q, Octopole::outputs().potential(u).gradient(g));
      exec.fence();
      const double error = relative_l2(g, p.gradient);
      CAPTURE(error);
      CHECK(error <= promise);
    }
  }
  if (!gradient) plan.execute(exec, q, u);
  exec.fence();
  const double error = relative_l2(u, p.potential);
  CAPTURE(error);
  CHECK(error <= promise);
  CHECK(error > 0);  // else it was not the fast method
  if (std::getenv("OCTOPOLE_TEST_VERBOSE"))
    std::printf("%s digits %d order %d depth %d error %.2e m2p %d p2l %d operators %.1f s\n",
                Kernel::name().c_str(), digits, facts.order, facts.depth, error,
                int(facts.pairs_m2p), int(facts.pairs_p2l), plan.stage_seconds().operators);
}

}  // namespace

TEST_CASE("yukawa, defined by a user, keeps 3 and 6 digits") {
  const auto distribution = GENERATE(std::string("cube"), "sphere", "plummer");
  CAPTURE(distribution);
  const bool plummer = distribution == "plummer";
  // Screening length: half of the cube, and of a few scale lengths of Plummer's model.
  const Yukawa<double> kernel{plummer ? 0.5 : 2.0};
  const auto problem = make_problem(kernel, distribution);
  for (const int digits : {3, 6})
    for (const bool gradient : {false, true}) {
      CAPTURE(digits, gradient);
      check(kernel, problem, digits, plummer ? 40 : 150, gradient, plummer);
    }
}

// Operators of a kernel that is not homogeneous belong to box sizes, which follow the root cube.
TEST_CASE("yukawa, when its points have moved to another root cube") {
  const Yukawa<double> kernel{2.0};
  const auto small = make_problem(kernel, "cube"), large = make_problem(kernel, "cube", 3.0);
  const Execution exec;
  using Matrix = Kokkos::View<double**, Kokkos::LayoutRight, Memory>;
  Octopole::Plan plan(exec, kernel, to_device<Matrix>(small.xyz, n_points, 3),
                      Octopole::Options{.digits = 3,
                                        .method = Octopole::Method::fmm,
                                        .leaf_capacity = 150,
                                        .cache = Octopole::Cache::off()});
  const Matrix u("Octopole::test::u", n_points, 1);
  const auto moved_to = [&](const Problem<Yukawa<double>>& p) {
    plan.update_points(exec, to_device<Matrix>(p.xyz, n_points, 3));
    REQUIRE(plan.facts().pairs_m2l > 0);
    plan.execute(exec, to_device<Matrix>(p.charges, n_points, 1), u);
    exec.fence();
    CHECK(relative_l2(u, p.potential) <= 1e-3);
    return plan.facts().root_size;
  };
  const double side = plan.facts().root_size;
  CHECK(moved_to(small) == side);
  const double larger = moved_to(large);
  CHECK(larger > 2 * side);
  // Inside the larger cube, so that this stays, and its boxes are halved once or twice more.
  CHECK(moved_to(small) == larger);
}

TEST_CASE("the stokeslet, defined by a user, keeps 3 and 6 digits") {
  const auto distribution = GENERATE(std::string("cube"), "sphere", "plummer");
  CAPTURE(distribution);
  const bool plummer = distribution == "plummer";
  const Stokeslet<double> kernel;
  const auto problem = make_problem(kernel, distribution);
  for (const int digits : {3, 6}) {
    CAPTURE(digits);
    check(kernel, problem, digits, plummer ? 40 : 150, false, plummer);
  }
}
