// SPDX-License-Identifier: BSD-3-Clause
// A star cluster in motion, for whoever moves particles by forces between all of them:
// kick-drift-kick leap-frog, a new tree for each step, one Plan throughout. Units: G = mass =
// Plummer's radius = 1.
#include <Octopole.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <random>

using Exec = Kokkos::DefaultExecutionSpace;
using Points = Kokkos::View<double* [3]>;
using Values = Kokkos::View<double*>;

// Plummer's sphere in equilibrium, cut at radius 10, after Aarseth, Henon and Wielen (1974).
void plummer(const Points& x, const Points& v) {
  std::mt19937 generator(1);
  const auto random = [&] { return (double(generator()) + 0.5) / 4294967296.0; };
  const auto host_x = Kokkos::create_mirror_view(x), host_v = Kokkos::create_mirror_view(v);
  const auto set_direction = [&](const auto& to, const int i, const double length) {
    const double z = 2 * random() - 1, phi = 2 * Kokkos::numbers::pi * random();
    to(i, 0) = length * std::sqrt(1 - z * z) * std::cos(phi);
    to(i, 1) = length * std::sqrt(1 - z * z) * std::sin(phi);
    to(i, 2) = length * z;
  };
  const int n = int(x.extent(0));
  std::array<double, 3> mean{};
  for (int i = 0; i < n; ++i) {
    double r, s;
    do r = 1 / std::sqrt(std::pow(random(), -2. / 3) - 1);
    while (r > 10);
    do s = random();
    while (0.1 * random() > s * s * std::pow(1 - s * s, 3.5));
    set_direction(host_x, i, r);
    set_direction(host_v, i, s * std::sqrt(2 / std::sqrt(1 + r * r)));  // s of the escape velocity
    for (int d = 0; d < 3; ++d) mean[d] += host_v(i, d) / n;
  }
  for (int i = 0; i < n; ++i)
    for (int d = 0; d < 3; ++d) host_v(i, d) -= mean[d];
  Kokkos::deep_copy(x, host_x);
  Kokkos::deep_copy(v, host_v);
}

// y += factor * z
void add(const Exec& exec, const Points& y, const double factor, const Points& z) {
  Kokkos::parallel_for(
      "add", Kokkos::RangePolicy(exec, 0, y.extent(0)), KOKKOS_LAMBDA(const int i) {
        for (int d = 0; d < 3; ++d) y(i, d) += factor * z(i, d);
      });
}

// Kinetic and potential energy: gravity's potential is -4 pi u.
double energy(const Exec& exec, const Values& mass, const Points& v, const Values& u) {
  double sum = 0;
  Kokkos::parallel_reduce(
      "energy", Kokkos::RangePolicy(exec, 0, mass.extent(0)),
      KOKKOS_LAMBDA(const int i, double& s) {
        const double v2 = v(i, 0) * v(i, 0) + v(i, 1) * v(i, 1) + v(i, 2) * v(i, 2);
        s += 0.5 * mass(i) * (v2 - 4 * Kokkos::numbers::pi * u(i));
      },
      sum);
  return sum;
}

// |sum of m v| / sum of m |v|
double momentum(const Exec& exec, const Values& mass, const Points& v) {
  double p[3], all;
  Kokkos::parallel_reduce(
      "momentum", Kokkos::RangePolicy(exec, 0, mass.extent(0)),
      KOKKOS_LAMBDA(const int i, double& px, double& py, double& pz, double& a) {
        px += mass(i) * v(i, 0), py += mass(i) * v(i, 1), pz += mass(i) * v(i, 2);
        a += mass(i) * Kokkos::hypot(v(i, 0), v(i, 1), v(i, 2));
      },
      p[0], p[1], p[2], all);
  return std::hypot(p[0], p[1], p[2]) / all;
}

int main(int argc, char* argv[]) {
  Kokkos::ScopeGuard kokkos(argc, argv);
  const Exec exec;
  // Nothing softens close encounters: the step is short enough for the closest pair of these stars.
  const int n = 10000, steps = 40, digits = 6;
  const double step = 1. / 2048,
               kick = 4 * Kokkos::numbers::pi * step;  // acceleration: +4 pi grad u
  Points x("positions", n), v("velocities", n), g("gradient", n);
  Values mass("masses", n), u("potential", n);
  Kokkos::deep_copy(mass, 1. / n);
  plummer(x, v);

  // The box keeps the root cube where it is, and with it the operators, while the stars move.
  const Octopole::BoundingBox box{{-11, -11, -11}, {11, 11, 11}};
  const Octopole::Options options{
      .digits = digits, .bounding_box = box, .outputs = Octopole::Output::gradient};
  Octopole::Plan plan(exec, Octopole::Laplace<double>{}, x, options);
  plan.execute(exec, mass, Octopole::outputs().potential(u).gradient(g));
  const double energy_before = energy(exec, mass, v, u), cube = plan.facts().root_size;

  for (int i = 0; i < steps; ++i) {
    add(exec, v, kick / 2, g);
    add(exec, x, step, v);
    plan.update_points(exec, x);
    plan.execute(exec, mass, Octopole::outputs().potential(u).gradient(g));
    add(exec, v, kick / 2, g);
  }

  const double drift = std::abs(energy(exec, mass, v, u) / energy_before - 1);
  const double drift_allowed = 1e-6, p = momentum(exec, mass, v),
               p_allowed = std::pow(10., -digits);
  std::printf(
      "%d stars, %d steps: energy drift %.1e (allowed %.0e), momentum %.1e (allowed %.0e)\n", n,
      steps, drift, drift_allowed, p, p_allowed);
  const bool same_cube = plan.facts().root_size == cube;
  if (!same_cube) std::printf("the root cube has changed\n");
  return drift <= drift_allowed && p <= p_allowed && same_cube ? 0 : 1;
}
