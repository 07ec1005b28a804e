// SPDX-License-Identifier: BSD-3-Clause
// A program of somebody else's: points of its own in three layouts, checked by a sum of its own.
#include <Octopole.hpp>

#include <Kokkos_Core.hpp>
#include <cmath>
#include <cstdio>

namespace {

using Exec = Kokkos::DefaultExecutionSpace;
using Memory = Exec::memory_space;

using Packed = Kokkos::View<double* [3], Kokkos::LayoutRight, Memory>;

double fraction(double x) {
  return x - std::floor(x);
}

// Quasi-random points of the unit cube, moved by `shift` (they stay inside).
template <class Points>
void set_points(Points const& points, double shift) {
  Packed::host_mirror_type const host("consumer::host", points.extent(0));
  for (std::size_t i = 0; i < host.extent(0); ++i)
    for (int d = 0; d < 3; ++d)
      host(i, d) = fraction((i + 1) * std::sqrt(2.0 + d * (d + 1)) + shift * (d + 1));
  // Strides do not pass between host and device.
  Packed const packed("consumer::packed", points.extent(0));
  Kokkos::deep_copy(packed, host);
  Kokkos::deep_copy(points, packed);
}

// Relative L2 errors of potential and gradient at every 37th point, against the plain sum.
template <class Points, class Charges, class Potential, class Gradient>
double error(Points const& points, Charges const& charges, Potential const& potential,
             Gradient const& gradient) {
  Packed const packed("consumer::packed", points.extent(0));
  Kokkos::deep_copy(packed, points);
  auto const x = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, packed);
  auto const q = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, charges);
  auto const u = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, potential);
  auto const g = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, gradient);
  double wrong[2] = {}, right[2] = {};
  for (std::size_t i = 0; i < x.extent(0); i += 37) {
    double sum[4] = {};
    for (std::size_t j = 0; j < x.extent(0); ++j) {
      double const r[3] = {x(i, 0) - x(j, 0), x(i, 1) - x(j, 1), x(i, 2) - x(j, 2)};
      double const r2 = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
      if (r2 == 0) continue;
      double const value = q(j) / (4 * 3.14159265358979323846 * std::sqrt(r2));
      sum[3] += value;
      for (int d = 0; d < 3; ++d) sum[d] -= value * r[d] / r2;
    }
    wrong[0] += std::pow(u(i) - sum[3], 2);
    right[0] += std::pow(sum[3], 2);
    for (int d = 0; d < 3; ++d) {
      wrong[1] += std::pow(g(i, d) - sum[d], 2);
      right[1] += std::pow(sum[d], 2);
    }
  }
  double const potential_error = std::sqrt(wrong[0] / right[0]);
  double const gradient_error = std::sqrt(wrong[1] / right[1]);
  std::printf("  potential %.1e  gradient %.1e\n", potential_error, gradient_error);
  return std::isfinite(potential_error + gradient_error)
             ? std::fmax(potential_error, gradient_error)
             : 1;
}

// Plan, execute, other points, execute: the largest error.
template <class Points>
double run(char const* name, Points const& points) {
  std::printf("%s\n", name);
  Exec const exec;
  auto const n = points.extent(0);
  Kokkos::View<double*, Memory> charges("consumer::charges", n),
      potential("consumer::potential", n);
  Kokkos::View<double* [3], Memory> gradient("consumer::gradient", n);
  auto const host = Kokkos::create_mirror_view(charges);
  for (std::size_t i = 0; i < n; ++i) host(i) = fraction((i + 1) * std::sqrt(5.0)) - 0.5;
  Kokkos::deep_copy(charges, host);

  set_points(points, 0);
  Octopole::Plan plan(exec, Octopole::Laplace<double>{}, points,
                      Octopole::Options{.digits = 6,
                                        .method = Octopole::Method::fmm,
                                        .cache = Octopole::Cache::off(),
                                        .outputs = Octopole::Output::gradient});
  plan.execute(exec, charges, Octopole::outputs().potential(potential).gradient(gradient));
  exec.fence();
  double const first = error(points, charges, potential, gradient);

  set_points(points, 0.25);
  plan.update_points(exec, points);
  plan.execute(exec, charges, Octopole::outputs().potential(potential).gradient(gradient));
  exec.fence();
  return std::fmax(first, error(points, charges, potential, gradient));
}

}  // namespace

int main(int argc, char* argv[]) {
  Kokkos::ScopeGuard const guard(argc, argv);
  constexpr int n = 10000;
  double worst =
      run("LayoutLeft", Kokkos::View<double* [3], Kokkos::LayoutLeft, Memory>("consumer::left", n));
  worst = std::fmax(
      worst, run("LayoutRight",
                 Kokkos::View<double* [3], Kokkos::LayoutRight, Memory>("consumer::right", n)));
  Kokkos::View<double* [7], Kokkos::LayoutRight, Memory> const rows("consumer::rows", 2 * n);
  // Columns 2, 3, 4 of the first n rows: strides 7 and 1.
  worst = std::fmax(worst, run("strided", Kokkos::subview(rows, Kokkos::make_pair(0, n),
                                                          Kokkos::make_pair(2, 5))));
  std::printf("largest error %.1e\n", worst);
  return worst <= 1e-5 ? 0 : 1;
}
