// SPDX-License-Identifier: BSD-3-Clause
// Kernels that do not state their orders: the probe finds one that keeps the digits, or refuses with
// those reached.
#include <Octopole.hpp>
#include <algorithm>
#include <bit>
#include <cmath>
#include <core/precompute/Octopole_Probe.hpp>
#include <perf/judge/Octopole_Workloads.hpp>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_test_kernels.hpp>
#include <vector>

#include <tests/support/test_views.hpp>

namespace {

using Octopole::Output;
using Octopole::outputs;
using Execution = Kokkos::DefaultExecutionSpace;
using Memory = Execution::memory_space;

/// 1/sqrt(r^2 + e^2): a softened potential. It solves no homogeneous equation.
struct Softened {
  using scalar = double;
  static constexpr int source_components = 1;
  static constexpr int target_components = 1;
  static constexpr int degree = -1;
  static constexpr bool homogeneous = false;
  static constexpr bool has_gradient = false;
  static constexpr double prefactor = 1;
  double softening = 0.1;
  static std::string name() { return "softened"; }
  std::vector<double> parameters() const { return {softening}; }
  Softened rescaled(double h) const { return {softening / h}; }
  template <class V, class Q>
  KOKKOS_FUNCTION void potential(const V& dx, const V& dy, const V& dz, const Q (&q)[1],
                                 V (&u)[1]) const {
    u[0] =
        u[0] +
        Octopole::inverse_sqrt(V(dx * dx + dy * dy + dz * dz + V(softening * softening))) * V(q[0]);
  }
};

Kokkos::View<double* [3], Kokkos::LayoutRight, Memory> cube(int n, double side) {
  auto xyz = Octopole::Workloads::make("cube", "positive", n, 3).xyz;
  for (double& x : xyz) x *= side;
  return view_of<Kokkos::View<double* [3], Kokkos::LayoutRight, Memory>>(xyz, n);
}

template <class View>
void fill(const View& view) {
  const auto host = Kokkos::create_mirror_view(view);
  for (std::size_t i = 0; i < host.size(); ++i)
    host.data()[i] = std::sin(1.0 + 12.9898 * double(i));
  Kokkos::deep_copy(view, host);
}

Octopole::Options asked(int digits, Output outputs) {
  return {.digits = digits,
          .method = Octopole::Method::fmm,
          .leaf_capacity = 60,
          .cache = Octopole::Cache::off(),
          .outputs = outputs};
}

/// What a Plan says when it refuses the kernel, or "accepted".
template <class Kernel>
std::string plan(const Kernel& kernel, int digits) {
  try {
    Octopole::Plan plan(Execution(), kernel, cube(4000, 2), asked(digits, Output::potential));
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("A softened kernel is refused with the digits that it reaches") {
  const std::string said = plan(Softened{0.1}, 6);
  INFO(said);
  CHECK(said.find("kernel softened") != std::string::npos);
  CHECK(said.find("6 digits") != std::string::npos);
  CHECK(said.find("at most 2 are reached") != std::string::npos);
  // What it can do, it does.
  CHECK(plan(Softened{0.1}, 2) == "accepted");
}

TEST_CASE("A kernel of a user's keeps the digits at the order found") {
  const Execution exec;
  const auto x = cube(8000, 1);
  const Kokkos::View<double*, Memory> q("Octopole::test::q", 8000), u("Octopole::test::u", 8000);
  const Kokkos::View<double* [3], Memory> g("Octopole::test::g", 8000);
  fill(q);
  int before = 0;
  for (const int digits : {3, 5, 7}) {
    Octopole::Plan plan(exec, octopole_test::Yukawa<double>{3.0}, x,
                        asked(digits, Output::gradient));
    const auto outputs = Octopole::outputs().potential(u).gradient(g);
    plan.execute(exec, q, outputs);
    const auto error = plan.check(exec, q, outputs, 1000);
    CAPTURE(digits, plan.facts().order, error[Output::potential].rel_l2,
            error[Output::gradient].rel_l2);
    CHECK(error[Output::potential].rel_l2 <= std::pow(10.0, -digits));
    CHECK(error[Output::gradient].rel_l2 <= std::pow(10.0, -digits));
    CHECK(plan.facts().order > before);
    before = plan.facts().order;
    // Given the choices made, another plan makes the same ones.
    Octopole::Plan again(exec, octopole_test::Yukawa<double>{3.0}, x, plan.options());
    CHECK(again.facts().order == plan.facts().order);
    CHECK(again.options().inner == plan.options().inner);
  }
}

TEST_CASE("corners count that screening leaves a ten-thousandth of what is near") {
  using Probe = Octopole::Impl::Probe<double, Octopole::Yukawa<double>>;
  const auto count = [](double screening, double nearest) {
    return std::popcount(Probe::corners_that_count(Octopole::Yukawa<double>{screening}, nearest));
  };
  // Corners are sqrt(3) (4, 6 or 14, and 2 less, the same or 2 more) apart, the same twice.
  std::vector<double> distances;
  for (const double boxes : {4.0, 6.0, 14.0})
    for (const double more : {-2.0, 0.0, 0.0, 2.0})
      distances.push_back(std::sqrt(3) * (boxes + more));
  for (const double nearest : {0.0, 2.0, 10.0})
    for (const double screening : {0.01, 0.3, 0.5, 0.9, 2.0, 5.0}) {
      CAPTURE(nearest, screening);
      CHECK(count(screening, nearest) ==
            std::count_if(distances.begin(), distances.end(), [&](double r) {
              return screening * (r - std::max(nearest, 2.0)) <= std::log(1e4);
            }));
    }
}

TEST_CASE("Waves near a resonance of the boxes are computed within the digits or refused") {
  const Execution exec;
  const int n = 4000;
  const auto x = cube(n, 1);
  const Kokkos::View<Kokkos::complex<double>*, Memory> u("Octopole::test::u", n);
  const Kokkos::View<double* [2], Kokkos::LayoutRight, Memory> q("Octopole::test::q", n);
  fill(q);
  int computed = 0;
  // Boxes of level 2 meet their first resonance where k times the cube's side is 20.7.
  for (const double k : {15.0, 20.0, 20.5, 20.7, 20.73, 20.8, 21.5, 25.0}) {
    CAPTURE(k);
    auto options = asked(4, Output::potential);
    options.root_scale = 1;
    try {
      Octopole::Plan plan(exec, Octopole::Helmholtz<double>{k}, x, options);
      plan.execute(exec, q, outputs().potential(u));
      const auto error = plan.check(exec, q, outputs().potential(u), 1000);
      CHECK(error[Output::potential].rel_l2 <= 1e-4);
      ++computed;
    } catch (const std::invalid_argument& e) {
      CHECK(std::string(e.what()).find("kernel helmholtz: found a relative error") !=
            std::string::npos);
    }
  }
  CHECK(computed >= 6);
}
