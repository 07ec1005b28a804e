// SPDX-License-Identifier: BSD-3-Clause
// The README's program: potentials of random charges, and a look at a few of them by direct sum.
#include <Kokkos_Random.hpp>
#include <Octopole.hpp>
#include <iostream>

int main(int argc, char* argv[]) {
  Kokkos::ScopeGuard kokkos(argc, argv);
  const Kokkos::DefaultExecutionSpace exec;
  const int n = 100000, m = 100;
  Kokkos::View<double* [3]> x("points", n), g("gradient", n);
  Kokkos::View<double*> q("charges", n), u("potential", n), direct("direct", m);
  Kokkos::Random_XorShift64_Pool<> random(42);
  Kokkos::fill_random(exec, x, random, 0.0, 1.0);
  Kokkos::fill_random(exec, q, random, -0.5, 0.5);

  const Octopole::Laplace<double> laplace;
  Octopole::Plan plan(exec, laplace, x,
                      Octopole::Options{.digits = 6, .outputs = Octopole::Output::gradient});
  plan.execute(exec, q, Octopole::outputs().potential(u).gradient(g));
  exec.fence();
  std::cout << plan;

  // The first m points as targets; charges and results are in the caller's order throughout.
  const auto targets = Kokkos::subview(x, Kokkos::pair(0, m), Kokkos::ALL);
  Octopole::direct_sum(exec, laplace, x, targets, q, Octopole::outputs().potential(direct));
  double error = 0, norm = 0;
  Kokkos::parallel_reduce(
      "error", Kokkos::RangePolicy(exec, 0, m),
      KOKKOS_LAMBDA(const int i, double& e, double& s) {
        e += (u(i) - direct(i)) * (u(i) - direct(i));
        s += direct(i) * direct(i);
      },
      error, norm);
  error = std::sqrt(error / norm);
  const double allowed = 1e-6;
  std::cout << "relative L2 error of the potential at " << m << " targets: " << error
            << " (allowed " << allowed << ")\n";
  return error <= allowed ? 0 : 1;
}
