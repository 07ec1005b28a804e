// SPDX-License-Identifier: BSD-3-Clause
// The virial of charges against pairs, and in a cell against the slopes of the energy of a strained one, by Ewald's sum
// for cells of any shape.
#include <Octopole.hpp>
#include <array>
#include <cmath>
#include <complex>
#include <numbers>
#include <stdexcept>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tests/support/test_views.hpp>
#include <vector>

namespace {

using octopole_test::Execution, octopole_test::Memory;
using Numbers = std::vector<double>;
template <class T>
using Points = Kokkos::View<T* [3], Kokkos::LayoutRight, Memory>;
template <class T>
using Values = Kokkos::View<T*, Memory>;
template <class T>
using Tensors = Kokkos::View<T* [6], Kokkos::LayoutRight, Memory>;
constexpr std::size_t place[6][2] = {{0, 0}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}};
constexpr double pi = std::numbers::pi;

Numbers random_numbers(int n, std::uint64_t seed, double least, double most) {
  octopole_test::Random random(seed);
  Numbers all;
  for (int i = 0; i < n; ++i) all.push_back(least + (most - least) * random());
  return all;
}

/// Relative, in L2, over all components.
double distance(const Numbers& a, const Numbers& b) {
  REQUIRE(a.size() == b.size());
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference += (a[i] - b[i]) * (a[i] - b[i]), size += b[i] * b[i];
  return std::sqrt(difference / size);
}

using Matrix = std::array<std::array<double, 3>, 3>;

/// The energy of charges in the unit cube that repeats, all of it strained: x -> (1 + strain) x. In units where a charge
/// gives 1/(4 pi r).
double energy(const Numbers& x, const Numbers& q, const Matrix& strain) {
  const auto strained = [&](std::array<double, 3> r) {
    std::array<double, 3> to = r;
    for (std::size_t a = 0; a < 3; ++a)
      for (std::size_t b = 0; b < 3; ++b) to[a] += strain[a][b] * r[b];
    return to;
  };
  // The volume, and rows of the inverse: the waves' unit vectors.
  const std::array<std::array<double, 3>, 3> e = {strained({1, 0, 0}), strained({0, 1, 0}),
                                                  strained({0, 0, 1})};
  const auto cross = [](const auto& u, const auto& v) {
    return std::array<double, 3>{u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2],
                                 u[0] * v[1] - u[1] * v[0]};
  };
  const auto dot = [](const auto& u, const auto& v) {
    return u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
  };
  const double volume = dot(e[0], cross(e[1], e[2]));
  const std::array<std::array<double, 3>, 3> dual = {cross(e[1], e[2]), cross(e[2], e[0]),
                                                     cross(e[0], e[1])};
  const double a = 6;
  double sum = 0;
  for (std::size_t i = 0; i < q.size(); ++i)
    for (std::size_t j = 0; j < q.size(); ++j)
      for (int n = 0; n < 125; ++n) {
        const auto r =
            strained({x[3 * i] - x[3 * j] + n % 5 - 2, x[3 * i + 1] - x[3 * j + 1] + n / 5 % 5 - 2,
                      x[3 * i + 2] - x[3 * j + 2] + n / 25 - 2});
        const double length = std::sqrt(dot(r, r));
        sum += q[i] * q[j] *
               (length > 0 ? std::erfc(a * length) / length : -2 * a / std::sqrt(pi)) / 2;
      }
  constexpr int most = 12;
  for (int i = -most; i <= most; ++i)
    for (int j = -most; j <= most; ++j)
      for (int k = -most; k <= most; ++k) {
        if (i == 0 && j == 0 && k == 0) continue;
        double k2 = 0;
        for (std::size_t d = 0; d < 3; ++d) {
          const double w = 2 * pi / volume * (i * dual[0][d] + j * dual[1][d] + k * dual[2][d]);
          k2 += w * w;
        }
        std::complex<double> structure = 0;
        for (std::size_t s = 0; s < q.size(); ++s)
          structure +=
              q[s] * std::polar(1.0, 2 * pi * (i * x[3 * s] + j * x[3 * s + 1] + k * x[3 * s + 2]));
        sum += 2 * pi / (volume * k2) * std::exp(-k2 / (4 * a * a)) * std::norm(structure);
      }
  return sum / (4 * pi);
}

}  // namespace

TEMPLATE_TEST_CASE("The virial of charges is that of all pairs", "", double, float) {
  using T = TestType;
  const int n = 3000, digits = sizeof(T) == 4 ? 3 : 6;
  const Execution exec;
  const Numbers x = random_numbers(3 * n, 1, 0, 1);
  Numbers q = random_numbers(n, 2, -1, 1);
  for (double& one : q) one = double(T(one));
  Octopole::Options options{.digits = digits, .method = Octopole::Method::fmm};
  Octopole::CoulombVirial<Memory, T> plan(exec, view_of<Points<double>>(x, std::size_t(n)),
                                          options);
  REQUIRE(plan.facts().method == "fmm");
  const Tensors<T> w("Octopole::test::w", std::size_t(n));
  plan.execute(exec, view_of<Values<T>>(q, std::size_t(n)), w);
  const auto total = plan.total(exec, w);
  Numbers expected(6 * std::size_t(n));
  std::array<double, 6> sum{};
  for (std::size_t i = 0; i < std::size_t(n); ++i)
    for (std::size_t j = 0; j < std::size_t(n); ++j) {
      double r[3], square = 0;
      for (std::size_t d = 0; d < 3; ++d) r[d] = x[3 * i + d] - x[3 * j + d], square += r[d] * r[d];
      if (i == j) continue;
      for (std::size_t k = 0; k < 6; ++k) {
        const double term =
            q[i] * q[j] * r[place[k][0]] * r[place[k][1]] / (4 * pi * square * std::sqrt(square));
        expected[6 * i + k] += term, sum[k] += term / 2;
      }
    }
  CHECK(distance(numbers(w), expected) < std::pow(10.0, -digits));
  CHECK(distance(numbers(w), expected) > 0);
  double size = 0;
  for (const double one : expected) size += std::abs(one);
  for (std::size_t k = 0; k < 6; ++k)
    CHECK(std::abs(total[k] - sum[k]) < 0.1 * std::pow(10.0, -digits) * size);
}

TEST_CASE("The virial in a cell is the slope of its energy") {
  const Execution exec;
  const int n = 30;
  const Numbers x = random_numbers(3 * n, 3, 0, 1);
  Numbers q = random_numbers(n, 4, -1, 1);
  double mean = 0;
  for (const double one : q) mean += one / n;
  for (double& one : q) one -= mean;
  Octopole::Options options{.digits = 9};
  options.periodic = Octopole::Periodic{.cell = 1};
  Octopole::CoulombVirial plan(exec, view_of<Points<double>>(x, std::size_t(n)), options);
  const Tensors<double> w("Octopole::test::w", std::size_t(n));
  const auto check = [&](const Numbers& at) {
    plan.execute(exec, view_of<Values<double>>(q, std::size_t(n)), w);
    const auto total = plan.total(exec, w);
    double size = 0;
    for (const double one : total) size += std::abs(one);
    constexpr double h = 1e-3;
    for (std::size_t k = 0; k < 6; ++k) {
      const auto strained = [&](double by) {
        Matrix strain{};
        // Half of a shear in either corner: no rotation.
        strain[place[k][0]][place[k][1]] += by / 2, strain[place[k][1]][place[k][0]] += by / 2;
        return energy(at, q, strain);
      };
      const double slope =
          (8 * (strained(h) - strained(-h)) - (strained(2 * h) - strained(-2 * h))) / (12 * h);
      CAPTURE(k);
      CHECK(std::abs(total[k] + slope) < 1e-8 * size);
    }
  };
  check(x);
  Numbers moved = x;
  for (double& one : moved) one += 0.013;
  plan.update_points(exec, view_of<Points<double>>(moved, std::size_t(n)));
  check(moved);
}

TEST_CASE("What a virial cannot be asked for") {
  const Execution exec;
  const auto x = view_of<Points<double>>(random_numbers(300, 3, 0, 1), 100);
  const auto refused = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  Octopole::Options options;
  options.right_hand_sides = 2;
  CHECK(refused([&] { Octopole::CoulombVirial plan(exec, x, options); }) ==
        "Octopole::CoulombVirial: found Options::right_hand_sides or outputs, allowed neither");
  Octopole::CoulombVirial plan(exec, x);
  const Values<double> q("Octopole::test::q", 99), all("Octopole::test::q", 100);
  const Tensors<double> w("Octopole::test::w", 100), few("Octopole::test::w", 7);
  CHECK(refused([&] { plan.execute(exec, q, w); }) ==
        "Octopole::CoulombVirial::execute: charges: found a View of extents (99), expected (N) for "
        "the plan's points");
  CHECK(refused([&] { plan.execute(exec, all, few); }) ==
        "Octopole::CoulombVirial::execute: virial: found a View of extents (7, 6), expected (N, 6) "
        "for the plan's points");
}
