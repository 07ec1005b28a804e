// SPDX-License-Identifier: BSD-3-Clause
// Several right-hand sides at once give what each gives alone, whatever the layout of their Views, and
// complex numbers are Kokkos::complex or pairs of reals.
#include <Octopole.hpp>
#include <cmath>
#include <perf/judge/Octopole_Workloads.hpp>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <type_traits>
#include <vector>

#include <tests/support/test_difference.hpp>
#include <tests/support/test_views.hpp>

namespace {

using Octopole::Output;
using Octopole::outputs;
using Execution = Kokkos::DefaultExecutionSpace;
using Memory = Execution::memory_space;
using Numbers = std::vector<double>;
template <class T, class Layout>
using Values = Kokkos::View<T***, Layout, Memory>;  // (point, row, right-hand side)

constexpr int n = 3000;

Kokkos::View<double* [3], Kokkos::LayoutRight, Memory> points(const char* distribution) {
  return view_of<Kokkos::View<double* [3], Kokkos::LayoutRight, Memory>>(
      Octopole::Workloads::make(distribution, "positive", n, 3).xyz, n);
}

/// Different for each component and each side.
double charge(int i, int c, int r) {
  return std::sin(1.0 + 12.9898 * i + 78.233 * c + 3.7 * r * r);
}

template <class T, class Layout>
Values<T, Layout> charges(int components, int first_side, int sides) {
  const Values<T, Layout> q("Octopole::test::q", n, components, sides);
  const auto host = Kokkos::create_mirror_view(q);
  for (int i = 0; i < n; ++i)
    for (int c = 0; c < components; ++c)
      for (int r = 0; r < sides; ++r) host(i, c, r) = T(charge(i, c, first_side + r));
  Kokkos::deep_copy(q, host);
  return q;
}

template <class View>
Numbers column(const View& view, int side) {
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), view);
  Numbers all;
  for (std::size_t i = 0; i < host.extent(0); ++i)
    for (std::size_t k = 0; k < host.extent(1); ++k) all.push_back(host(i, k, side));
  return all;
}

Octopole::Options options(Output outputs, int sides, Octopole::M2L m2l, Octopole::NearField near) {
  return {
      .digits = 3,
      .m2l = m2l,
      .m2l_single = 0,  // slabs, which differ with the number of sides, are summed in float else
      .near_field = near,
      .method = Octopole::Method::fmm,
      .leaf_capacity = 20,
      .cache = Octopole::Cache::off(),
      .outputs = outputs,
      .right_hand_sides = sides};
}

// Vectors of charges and results: (N, C, R) and (M, K, R).
template <class Layout, class Kernel, class Name>
void check_sides(const Kernel& kernel, int components, int rows, Output output, const Name& name,
                 const Octopole::Options& of_all) {
  using T = typename Kernel::scalar;
  const Execution exec;
  const int sides = of_all.right_hand_sides;
  const auto x = points("plummer");  // with W and X lists
  CAPTURE(Kernel::name(), sides, name_of(output));
  Octopole::Plan all(exec, kernel, x, of_all);
  REQUIRE(all.facts().pairs_m2p > 0);
  REQUIRE(all.facts().pairs_p2l > 0);
  REQUIRE(all.facts().pairs_m2l > 0);
  CHECK(all.facts().right_hand_sides == sides);
  const Values<T, Layout> together("Octopole::test::u", n, rows, sides);
  Kokkos::deep_copy(together, T(-7));
  all.execute(exec, charges<T, Layout>(components, 0, sides), name(together));
  auto of_one = of_all;
  of_one.right_hand_sides = 1;
  Octopole::Plan one(exec, kernel, x, of_one);
  const double limit = std::is_same_v<T, float> ? 2e-5 : 1e-12;
  for (int r = 0; r < sides; ++r) {
    const Values<T, Kokkos::LayoutRight> alone("Octopole::test::u", n, rows, 1);
    one.execute(exec, charges<T, Kokkos::LayoutRight>(components, r, 1), name(alone));
    exec.fence("Octopole::test");
    CAPTURE(r);
    CHECK(difference(column(together, r), column(alone, 0)) <= limit);
  }
  // check() goes over all of them too.
  const auto q = charges<T, Layout>(components, 0, sides);
  const double error = all.check(exec, q, name(together), n)[output].rel_l2;
  CHECK(error <= 1e-3);
  if (sides > 1) {
    const auto last = Kokkos::subview(together, Kokkos::ALL, Kokkos::ALL, sides - 1);
    Kokkos::deep_copy(last, T(0));
    CHECK(all.check(exec, q, name(together), n)[output].rel_l2 > 0.1);
  }
}

// One number per charge and potential: (N, R) and (M, R).
template <class T>
void check_scalar(int sides, Octopole::M2L m2l, Octopole::NearField near) {
  const Execution exec;
  const auto x = points("cube");
  Octopole::Plan all(exec, Octopole::Laplace<T>{}, x, options(Output::gradient, sides, m2l, near));
  Octopole::Plan one(exec, Octopole::Laplace<T>{}, x, options(Output::gradient, 1, m2l, near));
  const auto q = charges<T, Kokkos::LayoutRight>(1, 0, sides);
  using Flat = Kokkos::View<T**, Kokkos::LayoutRight, Memory>;
  const Flat u("Octopole::test::u", n, sides);
  const Values<T, Kokkos::LayoutRight> g("Octopole::test::g", n, 3, sides);
  all.execute(exec, Flat(q.data(), n, sides), outputs().potential(u).gradient(g));
  for (int r = 0; r < sides; ++r) {
    const Flat v("Octopole::test::v", n, 1);
    const Values<T, Kokkos::LayoutRight> h("Octopole::test::h", n, 3, 1);
    one.execute(exec, Flat(charges<T, Kokkos::LayoutRight>(1, r, 1).data(), n, 1),
                outputs().potential(v).gradient(h));
    exec.fence("Octopole::test");
    CAPTURE(sides, r);
    // Pairs in float may be contracted differently in a batch.
    const double limit = std::is_same_v<T, float>             ? 2e-5
                         : near == Octopole::NearField::mixed ? 1e-7
                                                              : 1e-12;
    const Values<T, Kokkos::LayoutRight> of_u(u.data(), n, 1, sides), of_v(v.data(), n, 1, 1);
    CHECK(difference(column(of_u, r), column(of_v, 0)) <= limit);
    CHECK(difference(column(g, r), column(h, 0)) <= limit);
  }
}

template <class View>
std::string refusal(Octopole::Plan<Memory, Octopole::Helmholtz<double>>& plan, const View& q) {
  const Execution exec;
  const Kokkos::View<Kokkos::complex<double>**, Memory> u("Octopole::test::u", n, 2);
  try {
    plan.execute(exec, q, outputs().potential(u));
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "none";
}

const auto velocity = [](const auto& v) { return outputs().velocity(v); };

}  // namespace

TEMPLATE_TEST_CASE("Right-hand sides of a scalar kernel give what each gives alone", "", double,
                   float) {
  using Octopole::M2L, Octopole::NearField;
  for (const int sides : {2, 5, 8}) {
    check_scalar<TestType>(sides, M2L::fft, NearField::exact);
    check_scalar<TestType>(sides, M2L::blas, NearField::fast);
    if (std::is_same_v<TestType, double>) check_scalar<TestType>(sides, M2L::fft, NearField::mixed);
  }
}

TEMPLATE_TEST_CASE("Right-hand sides of vector kernels give what each gives alone", "", double,
                   float) {
  using Octopole::M2L, Octopole::NearField;
  for (const int sides : {1, 3}) {
    const auto asked = options(Output::velocity, sides, M2L::fft, NearField::exact);
    check_sides<Kokkos::LayoutRight>(Octopole::Stokeslet<TestType>{}, 3, 3, Output::velocity,
                                     velocity, asked);
    check_sides<Kokkos::LayoutLeft>(Octopole::BiotSavart<TestType>{}, 3, 3, Output::velocity,
                                    velocity, asked);
  }
  check_sides<Kokkos::LayoutLeft>(Octopole::Stokeslet<TestType>{}, 3, 3, Output::velocity, velocity,
                                  options(Output::velocity, 2, M2L::blas, NearField::exact));
}

TEST_CASE("Complex numbers: Kokkos::complex, or a last extent of two") {
  const Execution exec;
  const auto x = points("cube");
  const int sides = 2;
  Octopole::Plan plan(
      exec, Octopole::Helmholtz<double>{2.0}, x,
      options(Output::gradient, sides, Octopole::M2L::fft, Octopole::NearField::exact));
  const auto q = charges<double, Kokkos::LayoutRight>(2, 0, sides);  // (N, 2, R)
  using Complex = Kokkos::complex<double>;
  const Kokkos::View<Complex**, Kokkos::LayoutLeft, Memory> z("Octopole::test::z", n, sides),
      u("Octopole::test::u", n, sides);
  const Kokkos::View<Complex***, Kokkos::LayoutLeft, Memory> g("Octopole::test::g", n, 3, sides);
  const auto zh = Kokkos::create_mirror_view(z);
  const auto qh = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), q);
  for (int i = 0; i < n; ++i)
    for (int r = 0; r < sides; ++r) zh(i, r) = Complex(qh(i, 0, r), qh(i, 1, r));
  Kokkos::deep_copy(z, zh);
  plan.execute(exec, z, outputs().potential(u).gradient(g));
  const Values<double, Kokkos::LayoutRight> v("Octopole::test::v", n, 2, sides);
  const Kokkos::View<double****, Kokkos::LayoutRight, Memory> h("Octopole::test::h", n, 3, 2,
                                                                sides);
  plan.execute(exec, q, outputs().potential(v).gradient(h));
  exec.fence("Octopole::test");
  const auto uh = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), u);
  const auto gh = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), g);
  const auto vh = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), v);
  const auto hh = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), h);
  int wrong = 0;
  for (int i = 0; i < n; ++i)
    for (int r = 0; r < sides; ++r) {
      wrong += uh(i, r).real() != vh(i, 0, r) || uh(i, r).imag() != vh(i, 1, r);
      for (int d = 0; d < 3; ++d)
        wrong += gh(i, d, r).real() != hh(i, d, 0, r) || gh(i, d, r).imag() != hh(i, d, 1, r);
    }
  CHECK(wrong == 0);
  const auto error = plan.check(exec, z, outputs().potential(u).gradient(g), 500);
  CHECK(error[Output::potential].rel_l2 <= 1e-3);
  CHECK(error[Output::gradient].rel_l2 <= 1e-3);

  // Real charges, or a right-hand side too few, are refused with both shapes.
  const Kokkos::View<double**, Memory> real("Octopole::test::q", n, sides);
  CHECK(refusal(plan, real).find("found a View of extents (3000, 2), expected (3000, 2, 2)") !=
        std::string::npos);
  const Kokkos::View<Complex*, Memory> one("Octopole::test::q", n);
  CHECK(refusal(plan, one).find("(3000) of complex numbers, expected (3000, 2) of complex") !=
        std::string::npos);
}
