// SPDX-License-Identifier: BSD-3-Clause
// A plasma of charges of one sign in a uniform background, in a cell that repeats along all axes: a crystal (body-centred
// cubic, what such charges freeze to) that is shaken. Kick-drift-kick leap-frog, a new tree for each step, one Plan
// throughout; charges that leave the cell need no care. Units: charge = mass = edge of the crystal's cube = 1.
#include <Octopole.hpp>

#include <cmath>
#include <cstdio>
#include <random>

using Exec = Kokkos::DefaultExecutionSpace;
using Points = Kokkos::View<double* [3]>;
using Values = Kokkos::View<double*>;

// Two charges in each of `edge`^3 cubes, with velocities that sum to zero.
void shaken_crystal(const int edge, const Points& x, const Points& v) {
  std::mt19937 generator(1);
  const auto random = [&] { return double(generator()) / 4294967296.0 - 0.5; };
  const auto host_x = Kokkos::create_mirror_view(x), host_v = Kokkos::create_mirror_view(v);
  const int n = int(x.extent(0));
  double mean[3] = {};
  for (int i = 0; i < n; ++i) {
    const int cube = i / 2;
    const double at[3] = {double(cube % edge), double(cube / edge % edge),
                          double(cube / edge / edge)};
    for (int d = 0; d < 3; ++d) {
      host_x(i, d) = at[d] + 0.5 * (i % 2);
      host_v(i, d) = 0.2 * random();
      mean[d] += host_v(i, d) / n;
    }
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

// Of motion and of the field: half of what each charge has in the potential of the others and of all images.
double energy(const Exec& exec, const Points& v, const Values& u) {
  double sum = 0;
  Kokkos::parallel_reduce(
      "energy", Kokkos::RangePolicy(exec, 0, u.extent(0)),
      KOKKOS_LAMBDA(const int i, double& s) {
        s += 0.5 * (v(i, 0) * v(i, 0) + v(i, 1) * v(i, 1) + v(i, 2) * v(i, 2) + u(i));
      },
      sum);
  return sum;
}

int main(int argc, char* argv[]) {
  Kokkos::ScopeGuard kokkos(argc, argv);
  const Exec exec;
  const int edge = 6, n = 2 * edge * edge * edge, steps = 200;
  const double step = 0.01;  // a plasma's period is 4.4
  Points x("positions", n), v("velocities", n), g("gradient", n);
  Values charge("charges", n), u("potential", n);
  Kokkos::deep_copy(charge, 1.0);
  shaken_crystal(edge, x, v);

  Octopole::Options options{.digits = 6, .outputs = Octopole::Output::gradient};
  options.periodic = Octopole::Periodic{.cell = double(edge)};
  Octopole::Plan plan(exec, Octopole::Laplace<double>{}, x, options);
  const auto outputs = Octopole::outputs().potential(u).gradient(g);
  plan.execute(exec, charge, outputs);
  const double before = energy(exec, v, u);

  const Kokkos::Timer whole;
  double in_octopole = 0;
  for (int i = 0; i < steps; ++i) {
    add(exec, v, -step / 2, g);  // a force is minus the gradient
    add(exec, x, step, v);
    exec.fence();
    const Kokkos::Timer timer;
    plan.update_points(exec, x);
    plan.execute(exec, charge, outputs);
    exec.fence();
    in_octopole += timer.seconds();
    add(exec, v, -step / 2, g);
  }
  exec.fence();
  const double seconds = whole.seconds(), after = energy(exec, v, u);

  const double drift = std::abs(after / before - 1), allowed = 1e-6;
  std::printf("%d charges, %d steps: energy %.6f, drift %.1e (allowed %.0e)\n", n, steps, before,
              drift, allowed);
  std::printf("%.1f ms a step, of it Octopole %.1f %%\n", 1e3 * seconds / steps,
              100 * in_octopole / seconds);
  return drift <= allowed ? 0 : 1;
}
