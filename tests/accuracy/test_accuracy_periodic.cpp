// SPDX-License-Identifier: BSD-3-Clause
// Sums over all images of a cell, against Ewald's sum and against what has to hold without one.
#include <Octopole.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <perf/judge/Octopole_DirectCheck.hpp>
#include <perf/judge/Octopole_EwaldSum.hpp>
#include <perf/judge/Octopole_Workloads.hpp>
#include <stdexcept>
#include <string>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tests/support/test_views.hpp>
#include <utility>
#include <vector>

namespace {

using Octopole::Options;
using Octopole::Output;
using octopole_test::Execution, octopole_test::Memory;
using Numbers = std::vector<double>;

constexpr double cell = 1.7;
const std::array<double, 3> lower = {-0.4, 0.2, 3.1};

double norm(const Numbers& x) {
  double sum = 0;
  for (const double v : x) sum += v * v;
  return std::sqrt(sum);
}
double distance(const Numbers& a, const Numbers& b) {
  REQUIRE(a.size() == b.size());
  Numbers difference(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) difference[i] = a[i] - b[i];
  return norm(difference);
}

/// Points of the named kind, in and around the cell; `corner`: a dense cloud across one, so that it is cut into eight.
Numbers points_of(const std::string& kind, int n, std::uint64_t seed) {
  octopole_test::Random random(seed);
  Numbers xyz;
  for (int i = 0; i < n; ++i)
    for (std::size_t d = 0; d < 3; ++d) {
      double x = random();
      if (kind == "corner") x = 0.2 * std::pow(2 * x - 1, 3);
      if (kind == "outside") x += random.below(7) - 3;
      xyz.push_back(lower[d] + cell * x);
    }
  return xyz;
}

/// `net`: what the mean is.
Numbers charges_of(int n, double net, std::uint64_t seed = 5) {
  octopole_test::Random random(seed);
  Numbers q;
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += q.emplace_back(float(random()));
  for (double& x : q) x = float(x - sum / n + net);
  if (net == 0) {  // in floats too
    sum = 0;
    for (int i = 1; i < n; ++i) sum += q[std::size_t(i)];
    q[0] = -sum;
  }
  return q;
}

struct Results {
  Numbers potential, gradient, hessian;
};

Options options_of(int digits, Output outputs) {
  Options o{.digits = digits, .outputs = outputs};
  o.periodic = Octopole::Periodic{.cell = cell, .lower = lower};
  return o;
}

template <class T>
using Vectors = Kokkos::View<T* [3], Kokkos::LayoutRight, Memory>;

/// What a plan makes of charges; all outputs up to the last that it was planned for. `Hessian`: whether the kernel has one.
template <class T, bool Hessian = true, class Plan>
Results run(Plan& plan, const Numbers& charges, std::size_t m, int components = 1) {
  const Execution exec;
  const Kokkos::View<T*, Memory> u("Octopole::test::u", m);
  const Vectors<T> g("Octopole::test::g", m);
  const Kokkos::View<T* [6], Kokkos::LayoutRight, Memory> h("Octopole::test::h", m);
  const auto planned = plan.options().outputs;
  const auto execute = [&](const auto& q) {
    if (planned == Output::potential) return plan.execute(exec, q, u);
    if constexpr (Hessian)
      if (contains(planned, Output::hessian))
        return plan.execute(exec, q, Octopole::outputs().potential(u).gradient(g).hessian(h));
    plan.execute(exec, q, Octopole::outputs().potential(u).gradient(g));
  };
  if (components == 1)
    execute(view_of<Kokkos::View<T*, Memory>>(charges, charges.size()));
  else if (components == 4)
    execute(
        view_of<Kokkos::View<T* [4], Kokkos::LayoutRight, Memory>>(charges, charges.size() / 4));
  else
    execute(view_of<Vectors<T>>(charges, charges.size() / 3));
  exec.fence("Octopole::test");
  return {numbers(u), numbers(g), numbers(h)};
}

template <class T>
Results sums(const Numbers& sources, const Numbers& charges, const Options& options,
             const std::optional<Numbers>& targets = {}) {
  const Execution exec;
  const auto x = view_of<Vectors<double>>(sources, sources.size() / 3);
  if (!targets) {
    Octopole::Plan plan(exec, Octopole::Laplace<T>{}, x, options);
    return run<T>(plan, charges, sources.size() / 3);
  }
  const auto t = view_of<Vectors<double>>(*targets, targets->size() / 3);
  Octopole::Plan plan(exec, Octopole::Laplace<T>{}, x, t, options);
  return run<T>(plan, charges, targets->size() / 3);
}

/// Every `step`-th row.
Numbers some(const Numbers& all, std::size_t columns, std::size_t step) {
  Numbers rows;
  for (std::size_t i = 0; i * columns < all.size(); i += step)
    for (std::size_t k = 0; k < columns; ++k) rows.push_back(all[i * columns + k]);
  return rows;
}

constexpr Output with_gradient = Output::potential | Output::gradient;

template <class T>
void compare_with_ewald(const std::string& kind, double net, int digits, bool own_targets) {
  CAPTURE(kind, net, digits, own_targets, sizeof(T));
  const int n = 3000;
  const Numbers x = points_of(kind, n, 1), q = charges_of(n, net);
  const Numbers t = own_targets ? points_of("inside", 1000, 2) : x;
  const Results found = sums<T>(x, q, options_of(digits, with_gradient),
                                own_targets ? std::optional(t) : std::nullopt);
  const std::size_t step = t.size() / 3 / 100;
  const Numbers at = some(t, 3, step);
  const auto exact = Octopole::EwaldSum::laplace(cell, x, q, at);
  const double promise = std::pow(10.0, -digits);
  // The potential of charges that do not cancel is nearly cancelled by their background.
  const double size = std::max(norm(exact.potential), 0.01 * norm(exact.nearest));
  const double e = distance(some(found.potential, 1, step), exact.potential) / size / promise;
  const double g =
      distance(some(found.gradient, 3, step), exact.gradient) / norm(exact.gradient) / promise;
  CHECK(e < 1);
  CHECK(g < 1);
}

}  // namespace

TEST_CASE("Sums over all images are Ewald's") {
  for (const int digits : {3, 6, 9})
    for (const char* kind : {"inside", "corner", "outside"})
      for (const double net : {0.0, 0.4})
        for (const bool own_targets : {false, true}) {
          // Of what most targets get from afar, 9 digits of a gradient are refused, as anywhere.
          if (digits == 9 && own_targets && kind[0] == 'c') continue;
          compare_with_ewald<double>(kind, net, digits, own_targets);
        }
  for (const char* kind : {"inside", "corner"})
    for (const double net : {0.0, 0.4}) compare_with_ewald<float>(kind, net, 3, false);
}

TEST_CASE("Crystals in periodic cells have Madelung's constants") {
  struct Crystal {
    const char* name;
    double constant;  ///< times the distance of nearest ions
    bool centred;
  };
  for (const Crystal& crystal : {Crystal{"rock salt", -1.747564594633, false},
                                 Crystal{"caesium chloride", -1.762674773070, true}})
    for (const int cells : {2, 4}) {
      CAPTURE(crystal.name, cells);
      Numbers x, q;
      const int edge = crystal.centred ? cells : 2 * cells;
      for (int i = 0; i < edge; ++i)
        for (int j = 0; j < edge; ++j)
          for (int k = 0; k < edge; ++k)
            for (int centre = 0; centre < (crystal.centred ? 2 : 1); ++centre) {
              const double half = 0.5 * centre;
              for (const double at : {i + half + 0.217, j + half + 0.313, k + half - 0.109})
                x.push_back(at * cell / edge);
              q.push_back((crystal.centred ? centre : i + j + k) % 2 ? -1 : 1);
            }
      const double nearest = (crystal.centred ? std::sqrt(0.75) : 1) * cell / edge;
      const Results found = sums<double>(x, q, options_of(9, Output::potential));
      double worst = 0;
      for (std::size_t i = 0; i < q.size(); ++i)
        worst =
            std::max(worst, std::abs(4 * std::numbers::pi * nearest * q[i] * found.potential[i] -
                                     crystal.constant));
      CHECK(worst < 1e-9);
    }
}

TEST_CASE("A cell in a vacuum has the field of its surface") {
  const int n = 1000;
  const Numbers x = points_of("inside", n, 22), q = charges_of(n, 0);
  const double volume = cell * cell * cell;
  double moment[3] = {};
  for (std::size_t i = 0; i < x.size(); ++i) moment[i % 3] += q[i / 3] * x[i];
  Options options = options_of(6, with_gradient);
  const Results in_conductor = sums<double>(x, q, options);
  options.periodic->surroundings = Octopole::Surroundings::vacuum;
  const Results found = sums<double>(x, q, options);
  Results expected = in_conductor;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double field = moment[i % 3] / (3 * volume);
    expected.gradient[i] += field;
    expected.potential[i / 3] += field * (x[i] - lower[i % 3] - 0.5 * cell);
  }
  CHECK(distance(found.potential, expected.potential) < 1e-12 * norm(expected.potential));
  CHECK(distance(found.gradient, expected.gradient) < 1e-12 * norm(expected.gradient));
  CHECK(distance(found.potential, in_conductor.potential) > 1e-3 * norm(expected.potential));
}

TEST_CASE("Where a cell begins changes nothing") {
  const Numbers x = points_of("outside", 2000, 3), q = charges_of(2000, 0.2);
  const Results at_rest = sums<double>(x, q, options_of(6, with_gradient));
  Numbers moved = x;
  for (std::size_t i = 0; i < x.size(); ++i) moved[i] += std::array{0.3141, -1.17, 20.05}[i % 3];
  const Results after = sums<double>(moved, q, options_of(6, with_gradient));
  CHECK(distance(after.potential, at_rest.potential) < 4e-6 * norm(at_rest.potential));
  CHECK(distance(after.gradient, at_rest.gradient) < 2e-6 * norm(at_rest.gradient));
  CHECK(after.potential != at_rest.potential);  // the boxes are others
}

TEST_CASE("Eight copies in a doubled cell give the same") {
  const int n = 800;
  const Numbers x = points_of("inside", n, 4), q = charges_of(n, 0);
  Numbers copies, charges;
  for (int copy = 0; copy < 8; ++copy)
    for (int i = 0; i < n; ++i) {
      for (int d = 0; d < 3; ++d)
        copies.push_back(x[std::size_t(3 * i + d)] + (copy >> d & 1) * cell);
      charges.push_back(q[std::size_t(i)]);
    }
  const Results one = sums<double>(x, q, options_of(6, with_gradient));
  Options doubled = options_of(6, with_gradient);
  doubled.periodic->cell = 2 * cell;
  const Results eight = sums<double>(copies, charges, doubled);
  for (std::size_t copy = 0; copy < 8; ++copy) {
    const auto part = [&](const Numbers& all, std::size_t columns) {
      const auto begin = all.begin() + std::ptrdiff_t(copy * columns * n);
      return Numbers(begin, begin + std::ptrdiff_t(columns * n));
    };
    CHECK(distance(part(eight.potential, 1), one.potential) < 2e-6 * norm(one.potential));
    CHECK(distance(part(eight.gradient, 3), one.gradient) < 2e-6 * norm(one.gradient));
  }
}

namespace {

/// Slopes along each axis, to fourth order, of what `at` gives at some places.
template <class F>
std::array<Numbers, 3> slopes(const Numbers& places, const F& at) {
  const double h = 1e-4 * cell;
  std::array<Numbers, 3> along;
  for (std::size_t d = 0; d < 3; ++d) {
    const auto moved = [&](double by) {
      Numbers there = places;
      for (std::size_t i = d; i < there.size(); i += 3) there[i] += by;
      return at(there);
    };
    const Numbers up = moved(h), down = moved(-h), up2 = moved(2 * h), down2 = moved(-2 * h);
    for (std::size_t i = 0; i < up.size(); ++i)
      along[d].push_back((8 * (up[i] - down[i]) - (up2[i] - down2[i])) / (12 * h));
  }
  return along;
}

/// The gradients of three sums, which the components of vectors are the charges of, at some points.
std::array<Numbers, 3> gradients_of_components(const Numbers& x, const Numbers& vectors,
                                               const Numbers& at) {
  std::array<Numbers, 3> gradients;
  for (std::size_t c = 0; c < 3; ++c) {
    Numbers q;
    for (std::size_t i = c; i < vectors.size(); i += 3) q.push_back(vectors[i]);
    gradients[c] = Octopole::EwaldSum::laplace(cell, x, q, at).gradient;
  }
  return gradients;
}

/// The potential of dipoles: a dipole is the slope of a charge against its own place, less that against the target's.
Numbers potential_of_dipoles(const Numbers& x, const Numbers& dipoles, const Numbers& at) {
  Numbers potential(at.size() / 3);
  const auto gradients = gradients_of_components(x, dipoles, at);
  for (std::size_t d = 0; d < 3; ++d)
    for (std::size_t i = 0; i < potential.size(); ++i) potential[i] -= gradients[d][3 * i + d];
  return potential;
}

/// The velocity of vortices: the curl of the potential of their components.
Numbers velocity_of(const Numbers& x, const Numbers& vortices, const Numbers& at) {
  const auto along = gradients_of_components(x, vortices, at);
  Numbers curl;
  for (std::size_t i = 0; i < at.size(); i += 3)
    for (std::size_t a = 0; a < 3; ++a)
      curl.push_back(along[(a + 2) % 3][i + (a + 1) % 3] - along[(a + 1) % 3][i + (a + 2) % 3]);
  return curl;
}

}  // namespace

TEST_CASE("Charges of one sign, which their background nearly cancels") {
  // Without an order more, and with M2L in float: 1.7 units with 4 digits of a gradient, 20 with 5 of a potential, 161 with
  // 6, 3.8 of dipoles.
  const int n = 20000;
  const auto workload = Octopole::Workloads::make("plummer", "positive", n, 42);
  const Numbers &x = workload.xyz, &q = workload.q, at = some(x, 3, 200);
  const auto exact = Octopole::EwaldSum::laplace(cell, x, q, at);
  const double size = std::max(norm(exact.potential), 0.01 * norm(exact.nearest));
  for (const int digits : {3, 4, 5, 6})
    for (const Output outputs : {Output::potential, with_gradient}) {
      CAPTURE(digits, names_of(outputs));
      Options options = options_of(digits, outputs);
      options.periodic->lower = {};
      const double promise = std::pow(10.0, -digits);
      const Results found = sums<double>(x, q, options);
      CHECK(distance(some(found.potential, 1, 200), exact.potential) < promise * size);
      if (outputs == with_gradient)
        CHECK(distance(some(found.gradient, 3, 200), exact.gradient) <
              promise * norm(exact.gradient));
    }
  const Execution exec;
  Numbers dipoles;
  for (const double one : q) dipoles.insert(dipoles.end(), {one, 0.7 * one, 1 - one});
  Octopole::Plan plan(exec, Octopole::LaplaceDipole<double>{},
                      view_of<Vectors<double>>(x, std::size_t(n)),
                      options_of(6, Output::potential));
  const Results found = run<double>(plan, dipoles, std::size_t(n), 3);
  const Numbers expected = potential_of_dipoles(x, dipoles, at);
  CHECK(distance(some(found.potential, 1, 200), expected) < 1e-6 * norm(expected));
}

TEST_CASE("Second derivatives in a periodic cell") {
  const int n = 1500;
  const Numbers x = points_of("inside", n, 6), q = charges_of(n, 0.3),
                targets = some(points_of("inside", n, 7), 3, 100);
  const Results found = sums<double>(x, q, options_of(6, with_gradient | Output::hessian), targets);
  const auto along = slopes(targets, [&](const Numbers& there) {
    return Octopole::EwaldSum::laplace(cell, x, q, there).gradient;
  });
  Numbers expected;
  for (std::size_t i = 0; i < targets.size() / 3; ++i)
    for (const auto& [a, b] : {std::pair{0, 0}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}})
      expected.push_back(along[std::size_t(a)][3 * i + std::size_t(b)]);
  CHECK(distance(found.hessian, expected) < 1e-6 * norm(expected));
}

TEST_CASE("Dipoles in a periodic cell") {
  const int n = 1500;
  const Numbers x = points_of("inside", n, 6), at = some(x, 3, 100);
  octopole_test::Random random(8);
  Numbers dipoles;
  for (int i = 0; i < 3 * n; ++i) dipoles.push_back(random() - 0.3);
  const Execution exec;
  Octopole::Plan plan(exec, Octopole::LaplaceDipole<double>{},
                      view_of<Vectors<double>>(x, std::size_t(n)),
                      options_of(6, Output::potential));
  const Results found = run<double>(plan, dipoles, std::size_t(n), 3);
  const Numbers expected = potential_of_dipoles(x, dipoles, at);
  CHECK(distance(some(found.potential, 1, 100), expected) < 1e-6 * norm(expected));
}

TEST_CASE("Charges and dipoles in one periodic plan") {
  const Execution exec;
  const int n = 1500;
  const Numbers xyz = points_of("inside", n, 6), q = charges_of(n, 0);
  const auto x = view_of<Vectors<double>>(xyz, std::size_t(n));
  octopole_test::Random random(8);
  Numbers dipoles, both;
  for (int i = 0; i < n; ++i) {
    both.push_back(q[std::size_t(i)]);
    for (int d = 0; d < 3; ++d) both.push_back(dipoles.emplace_back(0.05 * random()));
  }
  for (const bool vacuum : {false, true})
    for (const std::array<bool, 3> axes : {std::array{true, true, true}, {false, true, false}}) {
      if (vacuum && !axes[0]) continue;
      CAPTURE(vacuum, axes[0]);
      Options options = options_of(6, with_gradient);
      options.periodic->axes = axes;
      if (vacuum) options.periodic->surroundings = Octopole::Surroundings::vacuum;
      Octopole::Plan of_charges(exec, Octopole::Laplace<double>{}, x, options);
      Octopole::Plan of_dipoles(exec, Octopole::LaplaceDipole<double>{}, x, options);
      Octopole::Plan of_both(exec, Octopole::ChargeDipole<double>{}, x, options);
      const Results a = run<double>(of_charges, q, std::size_t(n)),
                    b = run<double>(of_dipoles, dipoles, std::size_t(n), 3),
                    found = run<double>(of_both, both, std::size_t(n), 4);
      const auto hold = [](const Numbers& f, const Numbers& of_charge, const Numbers& of_dipole) {
        Numbers sum(f.size());
        for (std::size_t i = 0; i < f.size(); ++i) sum[i] = of_charge[i] + of_dipole[i];
        CHECK(norm(of_dipole) > 0.05 * norm(of_charge));
        CHECK(norm(of_charge) > 0.05 * norm(of_dipole));
        CHECK(distance(f, sum) < 1e-6 * (norm(of_charge) + norm(of_dipole)));
      };
      hold(found.potential, a.potential, b.potential);
      hold(found.gradient, a.gradient, b.gradient);
    }
}

TEST_CASE("Softened charges in a periodic cell") {
  const Execution exec;
  const int n = 1500;
  const double softening = 0.2;  // of a cell of 1.7
  const Numbers x = points_of("inside", n, 6), q = charges_of(n, 0.2), at = some(x, 3, 30);
  Octopole::Plan plan(exec, Octopole::SoftenedLaplace<double>{softening},
                      view_of<Vectors<double>>(x, std::size_t(n)), options_of(6, with_gradient));
  const Results found = run<double>(plan, q, std::size_t(n));
  // Only nearest images are softened.
  auto expected = Octopole::EwaldSum::laplace(cell, x, q, at);
  int softened = 0;
  for (std::size_t t = 0; t < at.size() / 3; ++t)
    for (std::size_t j = 0; j < std::size_t(n); ++j) {
      double r[3], charge[1] = {q[j] * std::numbers::inv_pi / 4}, ball[10], point[10];
      for (std::size_t d = 0; d < 3; ++d) {
        r[d] = at[3 * t + d] - x[3 * j + d];
        r[d] -= cell * std::round(r[d] / cell);
      }
      Octopole::DirectCheck::SoftenedLaplace{softening}.pair(r, charge, ball);
      Octopole::DirectCheck::Laplace{}.pair(r, charge, point);
      softened += int(ball[0] != point[0]);
      expected.potential[t] += ball[0] - point[0];
      for (std::size_t d = 0; d < 3; ++d)
        expected.gradient[3 * t + d] += ball[1 + d] - point[1 + d];
    }
  REQUIRE(softened > 100);
  CHECK(distance(some(found.potential, 1, 30), expected.potential) <
        1e-6 * norm(expected.potential));
  CHECK(distance(some(found.gradient, 3, 30), expected.gradient) < 1e-6 * norm(expected.gradient));
}

TEST_CASE("Vortices in a periodic cell") {
  const Execution exec;
  const int n = 1500;
  const Numbers x = points_of("inside", n, 6), at = some(x, 3, 100);
  octopole_test::Random random(8);
  Numbers vortices;
  for (int i = 0; i < 3 * n; ++i) vortices.push_back(random() - 0.3);
  for (const double core : {0.0, 0.01}) {
    CAPTURE(core);
    Octopole::Plan plan(exec, Octopole::BiotSavart<double>{core},
                        view_of<Vectors<double>>(x, std::size_t(n)),
                        options_of(6, Output::velocity | Output::velocity_gradient));
    const Vectors<double> u("Octopole::test::u", std::size_t(n));
    const Kokkos::View<double* [3][3], Kokkos::LayoutRight, Memory> g("Octopole::test::g",
                                                                      std::size_t(n));
    plan.execute(exec, view_of<Vectors<double>>(vortices, std::size_t(n)),
                 Octopole::outputs().velocity(u).velocity_gradient(g));
    exec.fence("Octopole::test");
    const Numbers velocity = numbers(u), gradient = numbers(g);
    if (core == 0) {
      const Numbers expected = velocity_of(x, vortices, at);
      CHECK(distance(some(velocity, 3, 100), expected) < 1e-6 * norm(expected));
    }
    // Its divergence is zero, whatever the cores.
    double trace = 0, all = norm(gradient);
    for (std::size_t i = 0; i < std::size_t(n); ++i)
      trace += std::pow(gradient[9 * i] + gradient[9 * i + 4] + gradient[9 * i + 8], 2);
    CHECK(std::sqrt(trace) < 1e-6 * all);
  }
  {  // the slopes of their velocity, at other places
    const Numbers targets = some(points_of("inside", n, 7), 3, 100);
    Octopole::Plan plan(exec, Octopole::BiotSavart<double>{},
                        view_of<Vectors<double>>(x, std::size_t(n)),
                        view_of<Vectors<double>>(targets, targets.size() / 3),
                        options_of(6, Output::velocity | Output::velocity_gradient));
    const Vectors<double> u("Octopole::test::u", targets.size() / 3);
    const Kokkos::View<double* [3][3], Kokkos::LayoutRight, Memory> g("Octopole::test::g",
                                                                      targets.size() / 3);
    plan.execute(exec, view_of<Vectors<double>>(vortices, std::size_t(n)),
                 Octopole::outputs().velocity(u).velocity_gradient(g));
    exec.fence("Octopole::test");
    const auto along =
        slopes(targets, [&](const Numbers& there) { return velocity_of(x, vortices, there); });
    Numbers expected;
    for (std::size_t i = 0; i < targets.size(); ++i)
      for (std::size_t b = 0; b < 3; ++b) expected.push_back(along[b][i]);
    CHECK(distance(numbers(g), expected) < 1e-6 * norm(expected));
  }
  {  // cores that are too wide for the cell
    try {
      Octopole::Plan plan(exec, Octopole::BiotSavart<double>{0.2 * cell},
                          view_of<Vectors<double>>(x, std::size_t(n)),
                          options_of(6, Output::velocity));
      FAIL_CHECK("not refused");
    } catch (const std::invalid_argument& error) {
      CHECK(std::string(error.what()).find("at most a quarter of the cell") != std::string::npos);
    }
  }
}

namespace {

/// What `values`, at distances h, are at h = 0, where they are sums of 1 and these powers of h.
double extrapolated(const Numbers& h, const Numbers& values, const std::vector<int>& powers) {
  const std::size_t n = h.size();
  std::vector<Numbers> row(n);
  for (std::size_t i = 0; i < n; ++i) {
    row[i] = {1};
    for (std::size_t k = 0; k + 1 < n; ++k) row[i].push_back(std::pow(h[i], powers[k]));
    row[i].push_back(values[i]);
  }
  for (std::size_t i = n; i-- > 0;)  // from the last column on, so that the first is left
    for (std::size_t j = 0; j < i; ++j) {
      const double factor = row[j][i] / row[i][i];
      for (std::size_t k = 0; k <= n; ++k) row[j][k] -= factor * row[i][k];
    }
  return row[0][n] / row[0][0];
}

/// Potential and gradient of neutral charges and all their images along one or two axes: sums over cells up to several
/// distances, the limit of which is known but for some powers of those (Euler and Maclaurin).
Results image_sums(const std::array<bool, 3>& axes, const Numbers& x, const Numbers& q,
                   const Numbers& at) {
  const auto along = std::count(axes.begin(), axes.end(), true);
  const std::vector<int> reaches =
                             along == 1 ? std::vector{10, 20, 40, 80} : std::vector{6, 12, 24, 48},
                         powers = along == 1 ? std::vector{2, 4, 6} : std::vector{1, 3, 5};
  const std::size_t m = at.size() / 3;
  std::vector<Numbers> sums(reaches.size(), Numbers(4 * m));
  for (std::size_t s = 0; s < reaches.size(); ++s) {
    const auto most = [&](std::size_t d) { return axes[d] ? reaches[s] : 0; };
    for (std::size_t t = 0; t < m; ++t)
      for (int i = -most(0); i <= most(0); ++i)
        for (int j = -most(1); j <= most(1); ++j)
          for (int k = -most(2); k <= most(2); ++k)
            for (std::size_t source = 0; source < q.size(); ++source) {
              const double r[3] = {at[3 * t] - x[3 * source] - cell * i,
                                   at[3 * t + 1] - x[3 * source + 1] - cell * j,
                                   at[3 * t + 2] - x[3 * source + 2] - cell * k};
              const double square = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
              if (square == 0) continue;
              const double u = q[source] / (4 * std::numbers::pi * std::sqrt(square));
              sums[s][4 * t] += u;
              for (std::size_t d = 0; d < 3; ++d) sums[s][4 * t + 1 + d] -= u * r[d] / square;
            }
  }
  Results results;
  for (std::size_t i = 0; i < 4 * m; ++i) {
    Numbers h, values;
    for (std::size_t s = 0; s < reaches.size(); ++s)
      h.push_back(1 / (reaches[s] + 0.5)), values.push_back(sums[s][i]);
    (i % 4 == 0 ? results.potential : results.gradient).push_back(extrapolated(h, values, powers));
  }
  return results;
}

Numbers gradients_of(const std::array<bool, 3>& axes, const Numbers& x, const Numbers& q,
                     const Numbers& at) {
  return image_sums(axes, x, q, at).gradient;
}

}  // namespace

TEST_CASE("Forces on a fluid in a periodic cell") {
  const Execution exec;
  const int n = 2000;
  for (const char* kind : {"inside", "corner", "outside"})
    for (const double net : {0.0, 0.3})
      for (const int digits : {3, 6, 9}) {
        CAPTURE(kind, net, digits);
        const Numbers x = points_of(kind, n, 6), at = some(x, 3, 40);
        Numbers forces(3 * n);
        for (std::size_t d = 0; d < 3; ++d) {
          const Numbers q = charges_of(n, net, 5 + d);
          for (std::size_t i = 0; i < std::size_t(n); ++i) forces[3 * i + d] = q[i];
        }
        Octopole::Plan plan(exec, Octopole::Stokeslet<double>{},
                            view_of<Vectors<double>>(x, std::size_t(n)),
                            options_of(digits, Output::velocity | Output::pressure));
        const Vectors<double> u("Octopole::test::u", std::size_t(n));
        const Kokkos::View<double*, Memory> p("Octopole::test::p", std::size_t(n));
        plan.execute(exec, view_of<Vectors<double>>(forces, std::size_t(n)),
                     Octopole::outputs().velocity(u).pressure(p));
        exec.fence("Octopole::test");
        const auto exact = Octopole::EwaldSum::stokes(cell, x, forces, at);
        const double promise = std::pow(10.0, -digits);
        // Forces of one direction push nothing but the pressure.
        const double size = std::max(norm(exact.velocity), 0.01 * norm(exact.nearest));
        CHECK(distance(some(numbers(u), 3, 40), exact.velocity) < promise * size);
        CHECK(distance(some(numbers(p), 1, 40), exact.pressure) < promise * norm(exact.pressure));
      }
}

TEST_CASE("M2L by products, and balanced trees, in a periodic cell") {
  const int n = 6000;
  for (const char* kind : {"inside", "corner"})
    for (const bool blas : {false, true}) {
      const Numbers x = points_of(kind, n, 1), q = charges_of(n, 0), at = some(x, 3, 60);
      CAPTURE(kind, blas);
      const auto exact = Octopole::EwaldSum::laplace(cell, x, q, at);
      // Leaves at several levels, those of 1 and 2 with boxes that are met in several images.
      Options options = options_of(6, with_gradient);
      options.leaf_capacity = 50;
      if (blas)
        options.m2l = Octopole::M2L::blas;
      else
        options.balance = 1;
      const Results found = sums<double>(x, q, options);
      CHECK(distance(some(found.potential, 1, 60), exact.potential) < 1e-6 * norm(exact.potential));
      CHECK(distance(some(found.gradient, 3, 60), exact.gradient) < 1e-6 * norm(exact.gradient));
    }
  // First moments are seen from another image, too; and operators of every level.
  const Execution exec;
  const Numbers x = points_of("inside", n, 1);
  const auto points = view_of<Vectors<double>>(x, std::size_t(n));
  const Numbers q = charges_of(3 * n, 0), charges(q.begin(), q.begin() + n);
  const auto with = [&](Octopole::M2L m2l) {
    Options options = options_of(5, Output::none);
    options.leaf_capacity = 100, options.m2l = m2l;
    const Vectors<double> u("Octopole::test::u", std::size_t(n));
    Octopole::Plan(exec, Octopole::Stokeslet<double>{}, points, options)
        .execute(exec, view_of<Vectors<double>>(q, std::size_t(n)),
                 Octopole::outputs().velocity(u));
    Octopole::Plan screened(exec, Octopole::Yukawa<double>{3}, points, options);
    const Numbers potential = run<double, false>(screened, charges, std::size_t(n)).potential;
    return std::pair(numbers(u), potential);
  };
  const auto fft = with(Octopole::M2L::fft), blas = with(Octopole::M2L::blas);
  CHECK(distance(fft.first, blas.first) < 2e-5 * norm(fft.first));
  CHECK(distance(fft.second, blas.second) < 2e-5 * norm(fft.second));
}

TEST_CASE("Cells that repeat along one or two axes") {
  const int n = 300;
  for (const std::array<bool, 3> axes : {std::array{true, false, false},
                                         {false, false, true},
                                         {true, true, false},
                                         {false, true, true}})
    for (const int digits : {3, 6, 9}) {
      CAPTURE(axes[0], axes[1], axes[2], digits);
      Numbers x = points_of("inside", n, 15), q = charges_of(n, 0);
      Options options = options_of(digits, with_gradient);
      options.periodic->axes = axes;
      const Numbers at = some(x, 3, 30);
      const Results exact = image_sums(axes, x, q, at);
      for (std::size_t i = 0; i < x.size(); ++i)  // whole cells away
        if (axes[i % 3]) x[i] += cell * double(int(i) % 5 - 2);
      const Results found = sums<double>(x, q, options);
      const double promise = std::pow(10.0, -digits);
      CHECK(distance(some(found.potential, 1, 30), exact.potential) <
            promise * norm(exact.potential));
      CHECK(distance(some(found.gradient, 3, 30), exact.gradient) < promise * norm(exact.gradient));
    }
}

TEST_CASE("Dipoles in a wire and in a slab") {
  const Execution exec;
  const int n = 300;
  const Numbers x = points_of("inside", n, 16), at = some(x, 3, 30);
  octopole_test::Random random(17);
  Numbers dipoles;
  for (int i = 0; i < 3 * n; ++i) dipoles.push_back(random() - 0.4);
  for (const std::array<bool, 3> axes : {std::array{false, true, false}, {true, true, false}}) {
    CAPTURE(axes[0], axes[1], axes[2]);
    Options options = options_of(6, Output::potential);
    options.periodic->axes = axes;
    Octopole::Plan plan(exec, Octopole::LaplaceDipole<double>{},
                        view_of<Vectors<double>>(x, std::size_t(n)), options);
    const Results found = run<double>(plan, dipoles, std::size_t(n), 3);
    Numbers expected(at.size() / 3);
    for (std::size_t d = 0; d < 3; ++d) {
      // With charges in the same places that cancel them: a charge is not allowed without.
      Numbers q;
      for (std::size_t i = d; i < dipoles.size(); i += 3) q.push_back(dipoles[i]);
      const Numbers gradient = gradients_of(axes, x, q, at);
      for (std::size_t i = 0; i < expected.size(); ++i) expected[i] -= gradient[3 * i + d];
    }
    CHECK(distance(some(found.potential, 1, 30), expected) < 1e-6 * norm(expected));
  }
}

TEST_CASE("Screened charges in cells that repeat") {
  const Execution exec;
  const int n = 300;
  const Numbers x = points_of("inside", n, 19), q = charges_of(n, 0.1), at = some(x, 3, 30);
  for (const double screening : {2.1 / cell, 6.0 / cell, 70.0 / cell})
    for (const std::array<bool, 3> axes :
         {std::array{true, true, true}, {false, true, false}, {true, false, true}}) {
      // All images that give more than 1e-16.
      const int reach = int(38 / (screening * cell)) + 2;
      const auto most = [&](std::size_t d) { return axes[d] ? reach : 0; };
      Results exact{Numbers(at.size() / 3), Numbers(at.size()), {}};
      for (std::size_t t = 0; t < at.size() / 3; ++t)
        for (std::size_t j = 0; j < q.size(); ++j)
          for (int a = -most(0); a <= most(0); ++a)
            for (int b = -most(1); b <= most(1); ++b)
              for (int c = -most(2); c <= most(2); ++c) {
                const double r[3] = {at[3 * t] - x[3 * j] - cell * a,
                                     at[3 * t + 1] - x[3 * j + 1] - cell * b,
                                     at[3 * t + 2] - x[3 * j + 2] - cell * c};
                const double distance = std::hypot(r[0], r[1], r[2]);
                if (distance == 0 || screening * distance > 38) continue;
                const double u =
                    q[j] * std::exp(-screening * distance) / (4 * std::numbers::pi * distance);
                exact.potential[t] += u;
                for (std::size_t d = 0; d < 3; ++d)
                  exact.gradient[3 * t + d] -=
                      u * r[d] * (screening * distance + 1) / (distance * distance);
              }
      for (const int digits : {3, 6, 9}) {
        CAPTURE(screening * cell, axes[0], axes[1], axes[2], digits);
        Options options = options_of(digits, with_gradient);
        options.periodic->axes = axes;
        Octopole::Plan plan(exec, Octopole::Yukawa<double>{screening},
                            view_of<Vectors<double>>(x, std::size_t(n)), options);
        const Results found = run<double, false>(plan, q, std::size_t(n));
        const double promise = std::pow(10.0, -digits);
        CHECK(distance(some(found.potential, 1, 30), exact.potential) <
              promise * norm(exact.potential));
        CHECK(distance(some(found.gradient, 3, 30), exact.gradient) <
              promise * norm(exact.gradient));
      }
    }
}

TEST_CASE("Along one or two axes charges have to sum to zero") {
  const int n = 300;
  const Numbers x = points_of("inside", n, 18);
  for (const double net : {0.0, 1e-9, 1e-3})
    for (const std::array<bool, 3> axes : {std::array{true, false, false}, {true, false, true}}) {
      CAPTURE(net, axes[0], axes[1], axes[2]);
      Options options = options_of(3, with_gradient);
      options.periodic->axes = axes;
      Numbers q = charges_of(n, 0);
      q[7] += n * net;
      const Results found = sums<double>(x, q, options);
      for (const double value : found.potential) REQUIRE(std::isnan(value) == (net > 1e-6));
      for (const double value : found.gradient) REQUIRE(std::isnan(value) == (net > 1e-6));
    }
  Options options = options_of(3, Output::potential);
  options.periodic->axes = {true, true, false};
  Numbers beyond = x;
  beyond[5] = lower[2] + 1.01 * cell;
  try {
    sums<double>(beyond, charges_of(n, 0), options);
    FAIL_CHECK("not refused");
  } catch (const std::invalid_argument& error) {
    CHECK(std::string(error.what()).find("along axis 2, which does not repeat") !=
          std::string::npos);
  }
}

TEST_CASE("Targets across a face from the sources are near them") {
  const Execution exec;
  const int n = 20000;
  Numbers x = points_of("inside", n, 13), t = points_of("inside", n, 14);
  for (std::size_t i = 0; i < x.size(); i += 3) {
    x[i] = lower[0] + 0.95 * cell + 0.05 * (x[i] - lower[0]);
    t[i] = lower[0] + 0.05 * (t[i] - lower[0]);
  }
  Octopole::Plan plan(
      exec, Octopole::Laplace<double>{}, view_of<Vectors<double>>(x, std::size_t(n)),
      view_of<Vectors<double>>(t, std::size_t(n)), options_of(3, Output::potential));
  // Whatever is far from all others would stay in leaves of any size, and take a higher order.
  CHECK(plan.facts().largest_leaf <= std::size_t(plan.facts().leaf_capacity));
  CHECK(plan.facts().order <= Octopole::Accuracy::laplace_order(3, 0) + 1);
}

TEST_CASE("Points that move through the faces of a cell") {
  const Execution exec;
  const int n = 4000;
  Numbers x = points_of("inside", n, 9);
  const Numbers q = charges_of(n, 0), v = points_of("inside", n, 10);
  const Options options = options_of(3, with_gradient);
  Octopole::Plan plan(exec, Octopole::Laplace<double>{},
                      view_of<Vectors<double>>(x, std::size_t(n)), options);
  for (int step = 0; step < 4; ++step) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += 0.4 * (v[i] - lower[i % 3]) - 0.3;
    const auto moved = view_of<Vectors<double>>(x, std::size_t(n));
    plan.update_points(exec, moved);
    Octopole::Plan fresh(exec, Octopole::Laplace<double>{}, moved, plan.options());
    const Results found = run<double>(plan, q, std::size_t(n)),
                  expected = run<double>(fresh, q, std::size_t(n));
    CHECK(found.potential == expected.potential);
    CHECK(found.gradient == expected.gradient);
  }
  const Numbers at = some(x, 3, 40);
  const auto exact = Octopole::EwaldSum::laplace(cell, x, q, at);
  const Results found = run<double>(plan, q, std::size_t(n));
  CHECK(distance(some(found.gradient, 3, 40), exact.gradient) < 1e-3 * norm(exact.gradient));
}

TEST_CASE("Points that are any number of cells away") {
  const int n = 500;
  const Numbers x = points_of("inside", n, 21), q = charges_of(n, 0);
  Options options = options_of(6, Output::potential);
  options.periodic = Octopole::Periodic{.cell = 0.25};
  Numbers near = x, far = x;
  for (std::size_t i = 0; i < x.size(); ++i) {
    near[i] =
        0x1p-9 * std::floor(0x1p7 * (x[i] - lower[i % 3]) / cell);  // with few bits, in the cell
    far[i] = near[i] + (i % 2 ? -1 : 1) * std::ldexp(1.0, 40);      // exactly
  }
  CHECK(sums<double>(far, q, options).potential == sums<double>(near, q, options).potential);
  // So far away that no double is in the same place of the cell: in it, whatever that is.
  for (double& value : far) value *= 3e200;
  for (const double value : sums<double>(far, q, options).potential) REQUIRE(std::isfinite(value));
  far[4] = std::nan("");
  CHECK_THROWS_AS(sums<double>(far, q, options), std::invalid_argument);
}

TEST_CASE("Right-hand sides of a periodic plan") {
  const Execution exec;
  const int n = 2500, R = 3;
  const Numbers x = points_of("corner", n, 11);
  Options options = options_of(6, Output::potential);
  options.right_hand_sides = R;
  const auto points = view_of<Vectors<double>>(x, std::size_t(n));
  Octopole::Plan plan(exec, Octopole::Laplace<double>{}, points, options);
  Numbers together(std::size_t(n) * R);
  std::vector<Numbers> alone;
  for (int r = 0; r < R; ++r) {
    alone.push_back(charges_of(n, 0.1 * r, std::uint64_t(20 + r)));
    for (std::size_t i = 0; i < std::size_t(n); ++i)
      together[i * R + std::size_t(r)] = alone.back()[i];
  }
  using Columns = Kokkos::View<double* [3], Kokkos::LayoutRight, Memory>;
  const Columns u("Octopole::test::u", std::size_t(n));
  plan.execute(exec, view_of<Columns>(together, std::size_t(n)), u);
  exec.fence("Octopole::test");
  const Numbers found = numbers(u);
  for (int r = 0; r < R; ++r) {
    const Results one = sums<double>(x, alone[std::size_t(r)], options_of(6, Output::potential));
    Numbers column;
    for (std::size_t i = 0; i < std::size_t(n); ++i)
      column.push_back(found[i * R + std::size_t(r)]);
    CHECK(distance(column, one.potential) < 1e-6 * norm(one.potential));
  }
}

TEST_CASE("What a periodic plan cannot be asked for") {
  const Execution exec;
  const auto x = view_of<Vectors<double>>(points_of("inside", 500, 12), 500);
  const auto refused = [&](const auto& kernel, const auto& change, const std::string& words) {
    Options options = options_of(6, Output::none);
    change(options);
    CAPTURE(words);
    try {
      Octopole::Plan plan(exec, kernel, x, options);
      FAIL_CHECK("not refused");
    } catch (const std::invalid_argument& error) {
      CAPTURE(error.what());
      CHECK(std::string(error.what()).find(words) != std::string::npos);
    }
  };
  const Octopole::Laplace<double> laplace;
  const auto nothing = [](Options&) {};
  refused(Octopole::Helmholtz<double>{1}, nothing,
          "the kernel helmholtz, allowed laplace, laplace dipole, charge-dipole, softened-laplace, "
          "stokeslet, biot-savart and yukawa");
  refused(Octopole::Yukawa<double>{1}, nothing, "a screening of 1.7");
  refused(
      Octopole::Stokeslet<double>{}, [](Options& o) { o.periodic->axes[0] = false; },
      "2 axes with the kernel stokeslet, allowed all three");
  refused(laplace, [](Options& o) { o.method = Octopole::Method::direct; }, "no end");
  const auto ask = [](int digits) { return [=](Options& o) { o.digits = digits; }; };
  refused(Octopole::Laplace<float>{}, ask(4), "1 to 3 with float and this kernel in a cell");
  refused(Octopole::Stokeslet<double>{}, ask(10), "1 to 9 with double and this kernel in a cell");
  refused(laplace, [](Options& o) { o.bounding_box.emplace(); }, "bounding_box: found one");
  refused(laplace, [](Options& o) { o.root_scale = 2; }, "root_scale");
  for (const double wrong :
       {0.0, -1.0, 1e91, std::nan(""), std::numeric_limits<double>::infinity()})
    refused(laplace, [&](Options& o) { o.periodic->cell = wrong; }, "allowed 1e-90 to 1e90");
  refused(laplace, [](Options& o) { o.periodic->axes = {}; }, "found no axes");
  const auto in_vacuum = [](Options& o) {
    o.periodic->surroundings = Octopole::Surroundings::vacuum;
  };
  refused(Octopole::Yukawa<double>{9}, in_vacuum, "a vacuum around it");
  refused(
      laplace, [&](Options& o) { in_vacuum(o), o.periodic->axes[0] = false; },
      "a vacuum around it");
  refused(
      Octopole::BiotSavart<double>{}, [](Options& o) { o.periodic->axes[1] = false; },
      "2 axes with the kernel biot-savart");
  refused(laplace, [](Options& o) { o.periodic->lower[1] = 1e7; }, "along axis 1, allowed at most");
  refused(laplace, [](Options& o) { o.periodic->lower[2] = std::nan(""); }, "along axis 2");

  Octopole::Plan plan(exec, laplace, x, options_of(3, Output::none));
  CHECK(plan.facts().method == "fmm");  // 500 points would be summed pair by pair
  const Kokkos::View<double*, Memory> q("Octopole::test::q", 500), u("Octopole::test::u", 500);
  CHECK_THROWS_AS(plan.check(exec, q, Octopole::outputs().potential(u), 10), std::logic_error);
}
