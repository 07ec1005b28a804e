// SPDX-License-Identifier: BSD-3-Clause
// A boundary integral equation solved without its matrix, for whoever computes flows or fields
// around bodies: the potential outside a sphere from its normal derivative f there. It is that of
// charges of density sigma on the surface, S sigma, if
//     -sigma / 2 + normal . grad S sigma = f.
// GMRES finds sigma; each of its products is one execute of the same Plan.
#include <KokkosBlas.hpp>
#include <Octopole.hpp>
#include <cmath>
#include <cstdio>
#include <vector>

using Exec = Kokkos::DefaultExecutionSpace;
using Points = Kokkos::View<double* [3]>;
using Vector = Kokkos::View<double*>;
constexpr double pi = Kokkos::numbers::pi;

// Points x of the unit sphere, which are its normals too, and weights w: Fejer's rule from pole to
// pole, the trapezoidal rule around.
void make_sphere(int rings, int around, const Points& x, const Vector& w) {
  Kokkos::parallel_for(
      "sphere", rings * around, KOKKOS_LAMBDA(const int i) {
        const double s = 2 * pi * (i % around) / around, t = pi * (i / around + 0.5) / rings;
        x(i, 0) = Kokkos::sin(t) * Kokkos::cos(s), x(i, 1) = Kokkos::sin(t) * Kokkos::sin(s);
        x(i, 2) = Kokkos::cos(t);
        double fejer = 1;
        for (int m = 1; 2 * m <= rings; ++m) fejer -= 2 * Kokkos::cos(2 * m * t) / (4. * m * m - 1);
        w(i) = 2. / rings * fejer * 2 * pi / around;
      });
}

auto column(const Points& a, int d) {
  return Kokkos::subview(a, Kokkos::ALL, d);
}

// y += normal . a
void add_normal_part(const Points& n, const Points& a, const Vector& y) {
  for (int d = 0; d < 3; ++d) KokkosBlas::mult(1., y, 1., column(n, d), column(a, d));
}

// GMRES from x = 0 in the simple form of Walker and Zhou (1994); returns the number of products.
template <class Operator>
int gmres(const Operator& apply, const Vector& b, const Vector& x, double tolerance, int most) {
  Kokkos::View<double**, Kokkos::LayoutLeft> basis("basis", b.size(), most + 1);
  const auto v = [&](int j) -> Vector { return Kokkos::subview(basis, Kokkos::ALL, j); };
  const Vector rest("rest", b.size());  // b - A x
  Kokkos::deep_copy(rest, b);
  const double norm = KokkosBlas::nrm2(b);
  KokkosBlas::scal(v(0), 1 / norm, b);
  std::vector<std::vector<double>> r(most);  // A v_k = sum of r_kj v_(j+1), j up to k
  std::vector<double> c;
  int k = 0;
  for (; k < most && KokkosBlas::nrm2(rest) > tolerance * norm; ++k) {
    apply(v(k), v(k + 1));
    for (int j = 0; j < k; ++j) {
      r[k].push_back(KokkosBlas::dot(v(j + 1), v(k + 1)));
      KokkosBlas::axpy(-r[k][j], v(j + 1), v(k + 1));
    }
    r[k].push_back(KokkosBlas::nrm2(v(k + 1)));
    KokkosBlas::scal(v(k + 1), 1 / r[k][k], v(k + 1));
    c.push_back(KokkosBlas::dot(v(k + 1), rest));
    KokkosBlas::axpy(-c[k], v(k + 1), rest);
  }
  for (int i = k - 1; i >= 0; --i) {
    KokkosBlas::axpy(c[i] /= r[i][i], v(i), x);
    for (int j = 0; j < i; ++j) c[j] -= r[i][j] * c[i];
  }
  return k;
}

int main(int argc, char* argv[]) {
  Kokkos::ScopeGuard kokkos(argc, argv);
  const Exec exec;
  const Octopole::Laplace<double> laplace;
  const int rings = 128, around = 2 * rings, size = rings * around;
  Points x("points", size), n = x, g("gradient", size), y("targets", size);
  Vector w("weights", size), f("f", size), sigma("sigma", size), diagonal("diagonal", size);
  Vector q("charges", size), u("potential", size), exact("exact", size);
  make_sphere(rings, around, x, w);

  // A solution that is known: the potential of a charge inside the sphere, at (1/2, 0, 0).
  Points inside("inside", 1);
  Vector one("one", 1);
  Kokkos::deep_copy(Kokkos::subview(inside, 0, 0), 0.5);
  Kokkos::deep_copy(one, 1);
  Octopole::direct_sum(exec, laplace, inside, x, one, Octopole::outputs().gradient(g));
  add_normal_part(n, g, f);

  // The left-hand side. The plain rule without the point itself, where the kernel is singular, has
  // an error of the order of the spacing. The double layer of 1 suffers almost the same and is
  // -1/2: with (rule for it + 1/2) sigma subtracted, an error of the order of the spacing cubed is
  // left.
  Octopole::Plan plan(exec, laplace, x,
                      Octopole::Options{.digits = 6, .outputs = Octopole::Output::gradient});
  Kokkos::deep_copy(diagonal, -1);
  for (int d = 0; d < 3; ++d) {  // dipoles w n: the d-th derivatives for charges w n_d
    KokkosBlas::mult(0., q, 1., w, column(n, d));
    plan.execute(exec, q, Octopole::outputs().gradient(g));
    KokkosBlas::axpy(1., column(g, d), diagonal);
  }
  const auto equation = [&](const Vector& density, const Vector& result) {
    KokkosBlas::mult(0., q, 1., w, density);
    plan.execute(exec, q, Octopole::outputs().gradient(g));
    KokkosBlas::mult(0., result, 1., diagonal, density);
    add_normal_part(n, g, result);
  };
  const int steps = gmres(equation, f, sigma, 1e-6, 30);

  // The potential 0.3 above the surface, by a plan with targets of their own.
  KokkosBlas::update(1., x, 0.3, n, 0., y);
  KokkosBlas::mult(0., q, 1., w, sigma);
  Octopole::Plan above(exec, laplace, x, y);
  above.execute(exec, q, u);
  Octopole::direct_sum(exec, laplace, inside, y, one, Octopole::outputs().potential(exact));
  KokkosBlas::axpy(-1., exact, u);
  const double error = KokkosBlas::nrm2(u) / KokkosBlas::nrm2(exact), allowed = 1e-5;
  std::printf("%d points, %d steps: error %.1e (allowed %.0e)\n", size, steps, error, allowed);
  return error <= allowed ? 0 : 1;
}
