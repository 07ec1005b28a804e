// SPDX-License-Identifier: BSD-3-Clause
// Particles kept as an array of structs, for whoever adds Octopole to a particle code: AccessTraits
// tells where the positions are, and strided Views name charges and results within the structs.
#include <Octopole.hpp>
#include <cmath>
#include <cstdio>

struct Particle {
  double position[3], charge, potential, gradient[3];
};
struct Particles {
  Kokkos::View<Particle*> all;
};

template <>
struct Octopole::AccessTraits<Particles> {
  using memory_space = decltype(Particles::all)::memory_space;
  static std::size_t size(const Particles& p) { return p.all.extent(0); }
  KOKKOS_FUNCTION static Kokkos::Array<double, 3> get(const Particles& p, std::size_t i) {
    const auto& x = p.all(i).position;
    return {x[0], x[1], x[2]};
  }
};

// One double of each particle, or three, as a View of them where they are.
constexpr std::size_t stride = sizeof(Particle) / sizeof(double);
auto scalars(double* first, std::size_t n) {
  return Kokkos::View<double*, Kokkos::LayoutStride>(first, Kokkos::LayoutStride(n, stride));
}
auto vectors(double* first, std::size_t n) {
  return Kokkos::View<double* [3], Kokkos::LayoutStride>(first,
                                                         Kokkos::LayoutStride(n, stride, 3, 1));
}

int main(int argc, char* argv[]) {
  Kokkos::ScopeGuard kokkos(argc, argv);
  const Kokkos::DefaultExecutionSpace exec;
  const int n = 20000;
  const Particles particles{Kokkos::View<Particle*>("particles", n)};
  const auto all = particles.all;
  Kokkos::parallel_for(
      "spiral", Kokkos::RangePolicy(exec, 0, n), KOKKOS_LAMBDA(const int i) {
        const double t = 50. * i / n;
        all(i) = {{Kokkos::cos(t) * t, Kokkos::sin(t) * t, 10 * Kokkos::sin(7 * t)},
                  i % 2 ? -1. : 1.,
                  0,
                  {}};
      });

  // Addresses only, for nothing is read: data() may be on a device.
  Particle* const first = all.data();
  const auto charge = scalars(&first->charge, n), potential = scalars(&first->potential, n);
  const auto gradient = vectors(first->gradient, n);

  const int digits = 6;
  const Octopole::Laplace<double> laplace;
  const Octopole::Options options{.digits = digits, .outputs = Octopole::Output::gradient};
  Octopole::Plan plan(exec, laplace, particles, options);
  plan.execute(exec, charge, Octopole::outputs().potential(potential).gradient(gradient));

  // Every pair, into Views of our own, from the same structs.
  Kokkos::View<double*> direct_u("direct potential", n);
  Kokkos::View<double* [3]> direct_g("direct gradient", n);
  Octopole::direct_sum(exec, laplace, particles, particles, charge,
                       Octopole::outputs().potential(direct_u).gradient(direct_g));
  double wrong[2], right[2];
  Kokkos::parallel_reduce(
      "error", Kokkos::RangePolicy(exec, 0, n),
      KOKKOS_LAMBDA(const int i, double& wu, double& wg, double& ru, double& rg) {
        const Particle& p = all(i);
        wu += (p.potential - direct_u(i)) * (p.potential - direct_u(i));
        ru += direct_u(i) * direct_u(i);
        for (int d = 0; d < 3; ++d) {
          wg += (p.gradient[d] - direct_g(i, d)) * (p.gradient[d] - direct_g(i, d));
          rg += direct_g(i, d) * direct_g(i, d);
        }
      },
      wrong[0], wrong[1], right[0], right[1]);
  const double error = std::sqrt(wrong[0] / right[0]),
               gradient_error = std::sqrt(wrong[1] / right[1]);
  const double allowed = std::pow(10., -digits);
  std::printf("%d structs: relative error of potential %.1e, gradient %.1e (allowed %.0e)\n", n,
              error, gradient_error, allowed);
  return error <= allowed && gradient_error <= allowed ? 0 : 1;
}
