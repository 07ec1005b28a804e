// A sphere drawn through a viscous fluid, as point forces on its surface: the flow inside and outside
// against Stokes' solution. Targets are not the sources.
#include <Octopole.hpp>

#include <cmath>
#include <cstdio>

using Exec = Kokkos::DefaultExecutionSpace;
using Vectors = Kokkos::View<double* [3], Exec::memory_space>;
using Scalars = Kokkos::View<double*, Exec::memory_space>;

constexpr int n_forces = 40000, n_targets = 10000;

// Points spread evenly over a sphere (a spiral).
void spread(const Vectors::host_mirror_type& points, int n, double (*radius)(int)) {
  const double golden = M_PI * (3 - std::sqrt(5.0));
  for (int i = 0; i < n; ++i) {
    const double z = 1 - (2 * i + 1.0) / n, s = std::sqrt(1 - z * z);
    points(i, 0) = radius(i) * s * std::cos(golden * i);
    points(i, 1) = radius(i) * s * std::sin(golden * i);
    points(i, 2) = radius(i) * z;
  }
}

int main(int argc, char** argv) {
  Kokkos::ScopeGuard kokkos(argc, argv);
  const Exec exec;
  const Vectors y("forces at", n_forces), f("forces", n_forces), x("targets", n_targets),
      u("velocity", n_targets);
  const Scalars p("pressure", n_targets);
  const auto y_host = Kokkos::create_mirror_view(y), x_host = Kokkos::create_mirror_view(x);
  spread(y_host, n_forces, [](int) { return 1.0; });
  spread(x_host, n_targets, [](int i) { return i % 2 ? 0.8 : 1.2 + i % 7; });
  Kokkos::deep_copy(y, y_host);
  Kokkos::deep_copy(x, x_host);
  // The whole force is (0, 0, 1).
  const auto f_host = Kokkos::create_mirror_view(f);
  for (int i = 0; i < n_forces; ++i) f_host(i, 2) = 1.0 / n_forces;
  Kokkos::deep_copy(f, f_host);

  using Octopole::Output;
  Octopole::Plan plan(
      exec, Octopole::Stokeslet<double>{}, y, x,
      Octopole::Options{.digits = 5, .outputs = Output::velocity | Output::pressure});
  plan.execute(exec, f, Octopole::outputs().velocity(u).pressure(p));
  exec.fence();

  // Inside the fluid moves with the sphere, at 1/(6 pi), and the pressure is zero.
  const auto u_host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), u);
  const auto p_host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), p);
  double error = 0, size = 0, p_error = 0, p_size = 0;
  for (int i = 0; i < n_targets; ++i) {
    const double z = x_host(i, 2);
    const double r = std::hypot(x_host(i, 0), x_host(i, 1), z), out = r > 1 ? 1 : 0;
    const double along = out * (1 - 1 / (r * r)) * z / (8 * M_PI * r * r * r);
    const double across = out > 0 ? (1 + 1 / (3 * r * r)) / (8 * M_PI * r) : 1 / (6 * M_PI);
    for (int d = 0; d < 3; ++d) {
      const double exact = along * x_host(i, d) + (d == 2 ? across : 0);
      error += std::pow(u_host(i, d) - exact, 2);
      size += exact * exact;
    }
    const double pressure = out * z / (4 * M_PI * r * r * r);
    p_error += std::pow(p_host(i) - pressure, 2);
    p_size += pressure * pressure;
  }
  error = std::sqrt(error / size), p_error = std::sqrt(p_error / p_size);
  std::printf("sphere in Stokes flow: velocity off by %.1e, pressure by %.1e (allowed 1e-4)\n",
              error, p_error);
  return error <= 1e-4 && p_error <= 1e-4 ? 0 : 1;
}
