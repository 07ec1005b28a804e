// SPDX-License-Identifier: BSD-3-Clause
// Every output of every kernel built in keeps the digits asked for, by the fast method. The larger
// table, of 50,000 points and 9 digits, is perf/scripts/kernels_table.py.
#include <Octopole.hpp>
#include <cmath>
#include <perf/judge/Octopole_Workloads.hpp>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <type_traits>
#include <vector>

#include <tests/support/test_scratch.hpp>
#include <tests/support/test_views.hpp>

namespace {

using Octopole::Output;
using Execution = Kokkos::DefaultExecutionSpace;
using Memory = Execution::memory_space;

constexpr int n = 6000;

Octopole::Cache cache() {
  static const Scratch folder;
  return Octopole::Cache::read_write(folder / "operators.h5");
}

template <class T, int... Extents>
struct Values;
template <class T>
struct Values<T> {
  using type = Kokkos::View<T*, Memory>;
};
template <class T, int A>
struct Values<T, A> {
  using type = Kokkos::View<T* [A], Memory>;
};
template <class T, int A, int B>
struct Values<T, A, B> {
  using type = Kokkos::View<T* [A][B], Memory>;
};
template <class T, int... Extents>
typename Values<T, Extents...>::type values() {
  return typename Values<T, Extents...>::type("Octopole::test::values", n);
}

template <class View>
void fill(const View& view, bool one_signed) {
  const auto host = Kokkos::create_mirror_view(view);
  for (std::size_t i = 0; i < host.size(); ++i) {
    const double x = std::fmod(0.5 + 0.6180339887498949 * double(i + 1), 1.0);
    host.data()[i] = typename View::non_const_value_type(one_signed ? x : x - 0.5);
  }
  Kokkos::deep_copy(view, host);
}

template <class Kernel, class Charges, class Named>
void check(const Kernel& kernel, const Charges& charges, const Named& outputs, int digits,
           const char* distribution) {
  const Execution exec;
  const auto x = view_of<Kokkos::View<double* [3], Kokkos::LayoutRight, Memory>>(
      Octopole::Workloads::make(distribution, "positive", n, 3).xyz, n);
  const Octopole::Options options{.digits = digits,
                                  .method = Octopole::Method::fmm,
                                  .leaf_capacity = 80,
                                  .cache = cache(),
                                  .outputs = Octopole::outputs_of<Kernel>};
  Octopole::Plan plan(exec, kernel, x, options);
  REQUIRE(plan.facts().method == "fmm");
  REQUIRE(plan.facts().pairs_m2l > 0);
  REQUIRE(double(plan.facts().pairs_p2p) < 0.7 * double(n) * double(n));
  for (const bool one_signed : {false, true}) {
    fill(charges, one_signed);
    plan.execute(exec, charges, outputs);
    const auto errors = plan.check(exec, charges, outputs, 300);
    for (int i = 0; i < Octopole::Family<Kernel>::n_outputs; ++i) {
      const Output one = Octopole::Family<Kernel>::term(i).output;
      CAPTURE(Kernel::name(), std::is_same_v<typename Kernel::scalar, float>, digits, distribution,
              one_signed, name_of(one), plan.facts().order);
      CHECK(errors[one].rel_l2 <= std::pow(10.0, -digits));
      CHECK(errors[one].rel_l2 > 0);
    }
  }
}

template <class T, class Check>
void each(const Check& check) {
  for (const char* distribution : {"cube", "plummer"})
    for (const int digits : {3, std::is_same_v<T, float> ? 4 : 6}) check(digits, distribution);
}

}  // namespace

TEMPLATE_TEST_CASE("Laplace, dipoles, both, softened: potential, gradient, hessian", "", double,
                   float) {
  using T = TestType;
  const auto outputs =
      Octopole::outputs().potential(values<T>()).gradient(values<T, 3>()).hessian(values<T, 6>());
  each<T>([&](int digits, const char* distribution) {
    check(Octopole::Laplace<T>{}, values<T>(), outputs, digits, distribution);
    check(Octopole::LaplaceDipole<T>{}, values<T, 3>(), outputs, digits, distribution);
    check(Octopole::ChargeDipole<T>{}, values<T, 4>(), outputs, digits, distribution);
    // About as wide as points are apart; and wider than the leaves would be that suit points.
    for (const double softening : {0.05, 0.2})
      check(Octopole::SoftenedLaplace<T>{softening}, values<T>(), outputs, digits, distribution);
  });
}

TEMPLATE_TEST_CASE("Yukawa: potential and gradient, from hardly to strongly screened", "", double,
                   float) {
  using T = TestType;
  const auto outputs = Octopole::outputs().potential(values<T>()).gradient(values<T, 3>());
  each<T>([&](int digits, const char* distribution) {
    // The last leaves no far field at the coarse levels, whose entries would underflow.
    for (const double screening : {0.1, 4.0, 60.0})
      if (std::string(distribution) == "cube" || screening < 5)
        check(Octopole::Yukawa<T>{screening}, values<T>(), outputs, digits, distribution);
  });
}

TEMPLATE_TEST_CASE("Helmholtz: potential and gradient", "", double, float) {
  using T = TestType;
  const auto outputs = Octopole::outputs()
                           .potential(values<Kokkos::complex<T>>())
                           .gradient(values<Kokkos::complex<T>, 3>());
  each<T>([&](int digits, const char* distribution) {
    if (digits > 3 && std::string(distribution) != "cube") return;  // a set for each of many levels
    const double k = std::string(distribution) == "cube" ? 10 : 0.25;
    check(Octopole::Helmholtz<T>{k}, values<T, 2>(), outputs, digits, distribution);
  });
}

TEMPLATE_TEST_CASE("Stokeslet: velocity and pressure", "", double, float) {
  using T = TestType;
  const auto outputs = Octopole::outputs().velocity(values<T, 3>()).pressure(values<T>());
  each<T>([&](int digits, const char* distribution) {
    check(Octopole::Stokeslet<T>{}, values<T, 3>(), outputs, digits, distribution);
  });
}

TEMPLATE_TEST_CASE("Biot-Savart: velocity and its gradient, with and without a core", "", double,
                   float) {
  using T = TestType;
  const auto outputs =
      Octopole::outputs().velocity(values<T, 3>()).velocity_gradient(values<T, 3, 3>());
  each<T>([&](int digits, const char* distribution) {
    check(Octopole::BiotSavart<T>{}, values<T, 3>(), outputs, digits, distribution);
    if (std::string(distribution) == "cube")
      check(Octopole::BiotSavart<T>{0.03}, values<T, 3>(), outputs, digits, distribution);
  });
}
