#ifndef OCTOPOLE_BIOT_SAVART_HPP
#define OCTOPOLE_BIOT_SAVART_HPP

#include <core/kernels/Octopole_Laplace.hpp>
#include <core/simd/Octopole_SimdMath.hpp>

#include <cmath>

namespace Octopole {

/// w x r f(r) with its gradient, added for a pair: `f` and `h`, where grad f = h r.
/// @param dx,dy,dz  r, target - source
/// @param w  the charge
/// @param f,h  at r
/// @param[in,out] out  velocity and, with Last == 1, gradient (a, b): d u_a / d x_b; 3 or 12 numbers
template <int Last, class V, class Q, int N>
KOKKOS_FORCEINLINE_FUNCTION void add_rotation(const V& dx, const V& dy, const V& dz,
                                              const Q (&w)[3], const V& f, const V& h,
                                              V (&out)[N]) {
  const V wx(w[0]), wy(w[1]), wz(w[2]);
  const V cx = wy * dz - wz * dy, cy = wz * dx - wx * dz, cz = wx * dy - wy * dx;
  out[0] = out[0] + f * cx;
  out[1] = out[1] + f * cy;
  out[2] = out[2] + f * cz;
  if constexpr (Last == 1) {
    // d u_a / d x_b = f (w x e_b)_a + h (w x r)_a r_b
    const V hx = h * cx, hy = h * cy, hz = h * cz;
    out[3] = out[3] + hx * dx;
    out[4] = out[4] + (hx * dy - f * wz);
    out[5] = out[5] + (hx * dz + f * wy);
    out[6] = out[6] + (hy * dx + f * wz);
    out[7] = out[7] + hy * dy;
    out[8] = out[8] + (hy * dz - f * wx);
    out[9] = out[9] + (hz * dx - f * wy);
    out[10] = out[10] + (hz * dy + f * wx);
    out[11] = out[11] + hz * dz;
  }
}

/// w x r/r^3 and its gradient, times the Gaussian core's q(r/e) where that is not one yet. Without a
/// core, where r == 0 nothing is added if `Masked`, otherwise the result is NaN or infinite.
template <Root R, bool Masked>
struct BiotSavartPairs {
  /// @cond KERNEL
  static constexpr int inputs = 3;
  template <int Last>
  static constexpr int rows = Last == 0 ? 3 : 12;
  /// @endcond
  double core;  ///< e, in the root's half-widths; 0: none

  /// @cond KERNEL
  template <int Last, class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void add(const V& dx, const V& dy, const V& dz, const Q (&q)[3],
                                       V (&out)[rows<Last>]) const {
    using S = scalar_of<V>;
    const V r2 = dx * dx + dy * dy + dz * dz;
    const V s = unscaled_inverse_sqrt<R, Masked>(r2);
    V f = s * s * s, h = V(S(-3)) * f * (s * s);
    if (core > 0) {
      // Beyond this many cores q is one to the scalar's last bit.
      constexpr double reach = sizeof(S) == 4 ? 4.3 : 6.2;
      const double inverse = 1 / core, inverse2 = inverse * inverse;
      if (any_below(r2, S(reach * reach * core * core))) {
        gaussian_core(V(r2 * V(S(inverse2))), f, h);
        f = f * V(S(inverse * inverse2));
        h = h * V(S(2 * inverse2 * inverse2 * inverse));
      }
    }
    add_rotation<Last>(dx, dy, dz, q, f, h, out);
  }
  /// @endcond
};

/// The Biot-Savart law: velocity w x r/(4 pi r^3) of vortex particles w, r = x - y, and its gradient
/// d u_a / d x_b. charges (N,3[,R]); velocity (M,3[,R]), velocity_gradient (M,3,3[,R]).
///
/// `core` e > 0 smooths particles into Gaussians: velocity times q(r/e), q(s) = erf s - 2 s
/// exp(-s^2)/sqrt(pi) (Winckelmans and Leonard 1993), which is one to 1e-6 at 4 e and to 1e-9 at 5 e.
/// It acts in the near field alone, so that leaves are never smaller than that. At zero distance the
/// velocity is zero, and so is its gradient without a core.
///
/// The far field is the curl of a vector potential of three harmonic components, with Laplace's
/// translations.
template <class T = double>
struct BiotSavart {
  /// @cond KERNEL
  using scalar = T;
  using Translation = Laplace<T>;
  static constexpr PeriodicSum periodic_sum = PeriodicSum::vortices;
  static constexpr int charge_components = 3;
  static constexpr int columns = 3;
  static constexpr OutputTerm outputs[] = {
      {Output::velocity, {1, 3}, -2, Laplace<T>::prefactor},
      {Output::velocity_gradient, {3, 3}, -3, Laplace<T>::prefactor}};

  /// @endcond

  double core = 0;  ///< e, in the points' unit of length; 0: singular particles

  /// @cond KERNEL
  static std::string name() { return "biot-savart"; }
  static constexpr ParameterTerm<BiotSavart> parameter_terms[] = {{"core", &BiotSavart::core, 0}};
  static int order_for(int digits, int last_output) {
    return Accuracy::laplace_order(digits, last_output + 1);
  }
  static double near_factor(int last_output) { return last_output > 0 ? 2.5 : 2; }
  BiotSavart rescaled(double h) const { return {core / h}; }
  Translation translation() const { return {}; }
  /// The three components of the vector potential.
  KOKKOS_FUNCTION Batch<LaplacePairs<Root::exact, true>, 3> source() const { return {}; }
  KOKKOS_FUNCTION BiotSavartPairs<Root::exact, true> evaluation() const { return {0}; }
  template <Root R, bool Masked>
  KOKKOS_FUNCTION BiotSavartPairs<R, Masked> near() const {
    return {core};
  }
  /// @endcond
  /// The distance beyond which the core changes velocity and gradient by less than `error`.
  /// @param error  relative, above 0
  /// @return the distance, in the unit of `core`
  double near_range(double error) const {
    double s = 1;
    while (2 / std::sqrt(M_PI) * s * (1 + 2 * s * s) * std::exp(-s * s) > error) s += 0.01;
    return s * core;
  }
};
/// @cond GUIDES
BiotSavart() -> BiotSavart<double>;
BiotSavart(double) -> BiotSavart<double>;
/// @endcond

}  // namespace Octopole

#endif
