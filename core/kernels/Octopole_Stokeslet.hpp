#ifndef OCTOPOLE_STOKESLET_HPP
#define OCTOPOLE_STOKESLET_HPP

#include <core/kernels/Octopole_FirstMoment.hpp>
#include <core/kernels/Octopole_Laplace.hpp>

namespace Octopole {

/// The velocity and pressure of point forces f.
template <Root R, bool Masked>
struct StokesletPairs {
  /// @cond KERNEL
  static constexpr int inputs = 3;
  template <int Last>
  static constexpr int rows = Last == 0 ? 3 : 4;
  KOKKOS_FUNCTION static constexpr double row_scale(int) {
    return 1 / (inverse_sqrt_scale<R> * inverse_sqrt_scale<R> * inverse_sqrt_scale<R>);
  }

  template <int Last, class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void add(const V& dx, const V& dy, const V& dz, const Q (&q)[3],
                                       V (&out)[rows<Last>]) const {
    const V s = scaled_inverse_sqrt<R, Masked>(V(dx * dx + dy * dy + dz * dz));
    const V fx(q[0]), fy(q[1]), fz(q[2]);
    const V p = (fx * dx + fy * dy + fz * dz) * (s * s * s);
    const V e = V(scalar_of<V>(inverse_sqrt_scale<R> * inverse_sqrt_scale<R>)) * s;
    out[0] = out[0] + (e * fx + p * dx);
    out[1] = out[1] + (e * fy + p * dy);
    out[2] = out[2] + (e * fz + p * dz);
    if constexpr (Last == 1) out[3] = out[3] + p;
  }
  /// @endcond
};

/// The potentials of the three components of forces f at y, and of their first moment seen from where
/// the potentials are taken: of (y - x).f.
struct StokesletSource {
  /// @cond KERNEL
  static constexpr int inputs = 3;
  template <int Last>
  static constexpr int rows = FirstMoment::columns;

  template <int Last, class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void add(const V& dx, const V& dy, const V& dz, const Q (&q)[3],
                                       V (&out)[rows<Last>]) const {
    const V s = inverse_sqrt(V(dx * dx + dy * dy + dz * dz));
    const V fx(q[0]), fy(q[1]), fz(q[2]);
    out[0] = out[0] + fx * s;
    out[1] = out[1] + fy * s;
    out[2] = out[2] + fz * s;
    out[3] = out[3] - (fx * dx + fy * dy + fz * dz) * s;
  }
  /// @endcond
};

/// Velocity and pressure from densities (a, g) of those potentials, g seen from where they are.
struct StokesletEvaluation {
  /// @cond KERNEL
  static constexpr int inputs = 4;
  template <int Last>
  static constexpr int rows = Last == 0 ? 3 : 4;

  template <int Last, class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void add(const V& dx, const V& dy, const V& dz, const Q (&q)[4],
                                       V (&out)[rows<Last>]) const {
    const V s = inverse_sqrt(V(dx * dx + dy * dy + dz * dz));
    const V ax(q[0]), ay(q[1]), az(q[2]), s3 = s * s * s;
    const V along = ax * dx + ay * dy + az * dz, b = (along - V(q[3])) * s3;
    out[0] = out[0] + (s * ax + b * dx);
    out[1] = out[1] + (s * ay + b * dy);
    out[2] = out[2] + (s * az + b * dz);
    if constexpr (Last == 1) out[3] = out[3] + along * s3;
  }
  /// @endcond
};

/// The Stokeslet: velocity (f/r + r (f.r)/r^3)/(8 pi) and pressure f.r/(4 pi r^3) of point forces f in a
/// fluid of viscosity 1, r = x - y. charges (N,3[,R]); velocity (M,3[,R]), pressure (M[,R]). Zero
/// distance contributes zero.
///
/// The far field is four harmonic ones (Fu, Klimkowski, Rodin et al. 1998; Tornberg and Greengard
/// 2008, section 2.1): with A = sum f/r and G = sum (y.f)/r, 8 pi u = A - sum_j x_j grad A_j + grad G
/// and 4 pi p = -div A, whatever origin x and y are seen from (see FirstMoment). It has Laplace's
/// translations, and pressure is free; a translation of the Stokeslet itself has nine components, and
/// equivalent densities that leave the pressure open.
template <class T = double>
struct Stokeslet {
  /// @cond KERNEL
  using scalar = T;
  using Translation = Laplace<T>;
  static constexpr int charge_components = 3;
  static constexpr int columns = FirstMoment::columns;
  static constexpr bool first_moment = true;
  static constexpr PeriodicSum periodic_sum = PeriodicSum::forces;
  static constexpr OutputTerm outputs[] = {
      {Output::velocity, {1, 3}, -1, 0.5 * Laplace<T>::prefactor},
      {Output::pressure, {1, 1}, -2, Laplace<T>::prefactor}};

  static std::string name() { return "stokeslet"; }
  /// Pressure comes with the velocity's. 9 digits on the cube, N = 50,000: 1.06e-9 at order 12.
  static int order_for(int digits, int) {
    return Accuracy::laplace_order(digits, 1) + int(digits == 9);
  }
  static double near_factor(int last_output) { return last_output > 0 ? 1.3 : 1.9; }
  Stokeslet rescaled(double) const { return *this; }
  Translation translation() const { return {}; }
  KOKKOS_FUNCTION StokesletSource source() const { return {}; }
  KOKKOS_FUNCTION StokesletEvaluation evaluation() const { return {}; }
  template <Root R, bool Masked>
  KOKKOS_FUNCTION StokesletPairs<R, Masked> near() const {
    return {};
  }
  /// @endcond
};

}  // namespace Octopole

#endif
