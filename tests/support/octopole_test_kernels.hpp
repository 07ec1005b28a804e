// SPDX-License-Identifier: BSD-3-Clause
// Two kernels as a user would define them, and the formulas of all tested kernels written a second
// time, in plain double, as what the tests compare with.
#ifndef OCTOPOLE_TEST_KERNELS_HPP
#define OCTOPOLE_TEST_KERNELS_HPP

#include <cmath>
#include <core/kernels/Octopole_Kernel.hpp>
#include <core/kernels/Octopole_Laplace.hpp>
#include <core/simd/Octopole_Simd.hpp>
#include <string>
#include <type_traits>
#include <vector>

namespace octopole_test {

/// exp of a scalar or of each lane of a pack.
template <class V>
KOKKOS_FUNCTION V exponential(const V& x) {
  if constexpr (std::is_arithmetic_v<V>) {
    return Kokkos::exp(x);
  } else {
    using S = Octopole::scalar_of<V>;
    alignas(V) S lanes[sizeof(V) / sizeof(S)];
    Octopole::store(lanes, x);
    for (S& lane : lanes) lane = Kokkos::exp(lane);
    return Octopole::load<V>(lanes);
  }
}

/// exp(-l r) / (4 pi r): the screened Coulomb or Yukawa potential, (Delta - l^2) u = 0. Not
/// homogeneous: K_l(h r) = K_(l h)(r) / h.
template <class T>
struct Yukawa {
  using scalar = T;
  static constexpr int source_components = 1;
  static constexpr int target_components = 1;
  static constexpr int degree = -1;
  static constexpr bool homogeneous = false;
  static constexpr bool has_gradient = true;
  static constexpr double prefactor = 0.079577471545947667884;  // 1/(4 pi)

  double screening = 1;  ///< l, per length

  static std::string name() { return "yukawa"; }
  std::vector<double> parameters() const { return {screening}; }
  Yukawa rescaled(double h) const { return {screening * h}; }

  template <class V, class Q>
  KOKKOS_FUNCTION void potential(const V& dx, const V& dy, const V& dz, const Q (&q)[1],
                                 V (&u)[1]) const {
    const V r2 = dx * dx + dy * dy + dz * dz;
    const V s = Octopole::inverse_sqrt(r2);
    u[0] = u[0] + exponential(V(minus_l<V>() * (r2 * s))) * s * V(q[0]);
  }

  // d/dx_d exp(-l r)/r = -(1 + l r) exp(-l r)/r^3 (x - y)_d
  template <class V, class Q>
  KOKKOS_FUNCTION void gradient(const V& dx, const V& dy, const V& dz, const Q (&q)[1], V (&u)[1],
                                V (&g)[3]) const {
    const V r2 = dx * dx + dy * dy + dz * dz;
    const V s = Octopole::inverse_sqrt(r2);
    const V minus_lr = minus_l<V>() * (r2 * s);
    const V value = exponential(minus_lr) * s * V(q[0]);
    const V f = (minus_lr - V(1)) * value * (s * s);
    u[0] = u[0] + value;
    g[0] = g[0] + f * dx;
    g[1] = g[1] + f * dy;
    g[2] = g[2] + f * dz;
  }

 private:
  template <class V>
  KOKKOS_FUNCTION V minus_l() const {
    return V(static_cast<Octopole::scalar_of<V>>(-screening));
  }
};

/// The velocity of a point force f in a viscous fluid, viscosity 1: (f/r + r (f.r)/r^3) / (8 pi).
template <class T>
struct Stokeslet {
  using scalar = T;
  static constexpr int source_components = 3;
  static constexpr int target_components = 3;
  static constexpr int degree = -1;
  static constexpr bool homogeneous = true;
  static constexpr bool has_gradient = false;
  static constexpr double prefactor = 0.039788735772973833942;  // 1/(8 pi)

  static std::string name() { return "stokeslet"; }
  std::vector<double> parameters() const { return {}; }
  Stokeslet rescaled(double) const { return *this; }

  template <class V, class Q>
  KOKKOS_FUNCTION void potential(const V& dx, const V& dy, const V& dz, const Q (&q)[3],
                                 V (&u)[3]) const {
    const V s = Octopole::inverse_sqrt(V(dx * dx + dy * dy + dz * dz));
    const V f = (dx * V(q[0]) + dy * V(q[1]) + dz * V(q[2])) * (s * s * s);
    u[0] = u[0] + V(q[0]) * s + f * dx;
    u[1] = u[1] + V(q[1]) * s + f * dy;
    u[2] = u[2] + V(q[2]) * s + f * dz;
  }
};

static_assert(Octopole::KernelFamily<Yukawa<double>> && Octopole::KernelFamily<Yukawa<float>>);
static_assert(Octopole::KernelFamily<Stokeslet<double>> &&
              Octopole::KernelFamily<Stokeslet<float>>);

/// The formulas again, without prefactor: adds to u[K] and g[3 K] what a source q at distance
/// vector r = x - y contributes; nothing at r = 0.
template <class Kernel>
struct Formula;

template <class T>
struct Formula<Octopole::Laplace<T>> {
  Formula(const Octopole::Laplace<T>&, double /*unit*/) {}
  void operator()(const double (&r)[3], const double* q, double* u, double* g) const {
    const double d = std::sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]);
    if (d == 0) return;
    u[0] += q[0] / d;
    for (int i = 0; i < 3; ++i) g[i] -= q[0] * r[i] / (d * d * d);
  }
};

template <class T>
struct Formula<Yukawa<T>> {
  double screening;
  /// `unit`: the length in which r is given.
  Formula(const Yukawa<T>& kernel, double unit) : screening(kernel.screening * unit) {}
  void operator()(const double (&r)[3], const double* q, double* u, double* g) const {
    const double d = std::sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]);
    if (d == 0) return;
    const double value = q[0] * std::exp(-screening * d) / d;
    u[0] += value;
    for (int i = 0; i < 3; ++i) g[i] -= value * (1 / d + screening) * r[i] / d;
  }
};

template <class T>
struct Formula<Stokeslet<T>> {
  Formula(const Stokeslet<T>&, double /*unit*/) {}
  void operator()(const double (&r)[3], const double* q, double* u, double*) const {
    const double d = std::sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]);
    if (d == 0) return;
    const double along = q[0] * r[0] + q[1] * r[1] + q[2] * r[2];
    for (int i = 0; i < 3; ++i) u[i] += q[i] / d + r[i] * along / (d * d * d);
  }
};

}  // namespace octopole_test

#endif
