// SPDX-License-Identifier: BSD-3-Clause
// Compiled for CUDA by cmake/cuda_check.sh, never linked or run: Plan with every kernel, precision
// and set of outputs on Kokkos::Cuda, so that no change makes the device code fail to compile.
#include <Octopole.hpp>
#include <octopole_test_kernels.hpp>

using Exec = Kokkos::Cuda;
using Memory = Exec::memory_space;

template <class Kernel, class Points>
void use(const Exec& exec, const Kernel& kernel, const Points& points) {
  using T = typename Kernel::scalar;
  constexpr int C = Kernel::source_components, K = Kernel::target_components;
  const int n = points.extent(0);
  Kokkos::View<T**, Memory> charges("charges", n, C), potential("potential", n, K);
  Octopole::Plan plan(exec, kernel, points, Octopole::Options{.digits = 3});
  Octopole::Plan apart(exec, kernel, points, points, Octopole::Options{.digits = 3});
  plan.execute(exec, charges, Octopole::Outputs{.potential = potential});
  if constexpr (Kernel::has_gradient) {
    Kokkos::View<T***, Memory> gradient("gradient", n, K, 3);
    plan.execute(exec, charges, Octopole::Outputs{.gradient = gradient});
    plan.execute(exec, charges, Octopole::Outputs{.potential = potential, .gradient = gradient});
  }
  plan.update_points(exec, points);
  Octopole::direct_sum(exec, kernel, points, points, charges,
                       Octopole::Outputs{.potential = potential});
}

void instantiate(const Exec& exec, const Kokkos::View<double* [3], Memory>& points) {
  use(exec, Octopole::Laplace<double>{}, points);
  use(exec, Octopole::Laplace<float>{}, points);
  use(exec, octopole_test::Yukawa<double>{1.0}, points);
  use(exec, octopole_test::Yukawa<float>{1.0}, points);
  use(exec, octopole_test::Stokeslet<double>{}, points);
  use(exec, octopole_test::Stokeslet<float>{}, points);
}
