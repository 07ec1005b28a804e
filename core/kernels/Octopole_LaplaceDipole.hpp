#ifndef OCTOPOLE_LAPLACE_DIPOLE_HPP
#define OCTOPOLE_LAPLACE_DIPOLE_HPP

#include <core/kernels/Octopole_Laplace.hpp>

#include <algorithm>

namespace Octopole {

/// Adds the gradient of d.r/r^3, d_i/r^3 - m r_i, and with Last == 2 its Hessian.
/// @param dx,dy,dz  r, target - source
/// @param d  the dipole
/// @param s2,s3  powers of the scaled inverse root
/// @param m  3 d.r/r^5, in the scale of 1/r^5
/// @param h  15 d.r/r^7, in the scale of 1/r^7
/// @param[in,out] out  rows 1 and on
template <Root R, int Last, class V, int N>
KOKKOS_FORCEINLINE_FUNCTION void add_dipole_derivatives(const V& dx, const V& dy, const V& dz,
                                                        const V (&d)[3], const V& s2, const V& s3,
                                                        const V& m, [[maybe_unused]] const V& h,
                                                        V (&out)[N]) {
  const V c2(static_cast<scalar_of<V>>(inverse_sqrt_scale<R> * inverse_sqrt_scale<R>));
  const V e = c2 * s3;
  out[1] = out[1] + (e * d[0] - m * dx);
  out[2] = out[2] + (e * d[1] - m * dy);
  out[3] = out[3] + (e * d[2] - m * dz);
  if constexpr (Last == 2) {
    // d_i d_j = h r_i r_j - 3 (d_i r_j + d_j r_i) / r^5 - delta_ij m
    const V c = V(scalar_of<V>(3)) * e * s2, t = c2 * m, two(scalar_of<V>(2));
    const V hx = h * dx, hy = h * dy, hz = h * dz, cx = c * d[0], cy = c * d[1], cz = c * d[2];
    out[4] = out[4] + (hx * dx - two * cx * dx - t);
    out[5] = out[5] + (hx * dy - cx * dy - cy * dx);
    out[6] = out[6] + (hx * dz - cx * dz - cz * dx);
    out[7] = out[7] + (hy * dy - two * cy * dy - t);
    out[8] = out[8] + (hy * dz - cy * dz - cz * dy);
    out[9] = out[9] + (hz * dz - two * cz * dz - t);
  }
}

/// A dipole's d.r/r^3, its gradient and Hessian; otherwise as LaplacePairs.
template <Root R, bool Masked>
struct DipolePairs {
  /// @cond KERNEL
  static constexpr int inputs = 3;
  template <int Last>
  static constexpr int rows = Last == 0   ? 1
                              : Last == 1 ? 4
                                          : 10;
  KOKKOS_FUNCTION static constexpr double row_scale(int row) {
    constexpr double s2 = 1 / (inverse_sqrt_scale<R> * inverse_sqrt_scale<R>),
                     s3 = s2 / inverse_sqrt_scale<R>;
    return row == 0 ? s3 : row < 4 ? s3 * s2 : s3 * s2 * s2;
  }

  template <int Last, class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void add(const V& dx, const V& dy, const V& dz, const Q (&q)[3],
                                       V (&out)[rows<Last>]) const {
    const V s = scaled_inverse_sqrt<R, Masked>(V(dx * dx + dy * dy + dz * dz));
    const V d[3] = {V(q[0]), V(q[1]), V(q[2])};
    const V s2 = s * s, s3 = s * s2;
    const V f = (d[0] * dx + d[1] * dy + d[2] * dz) * s3;
    out[0] = out[0] + f;
    if constexpr (Last > 0) {
      const V m = V(scalar_of<V>(3)) * f * s2;
      add_dipole_derivatives<R, Last>(dx, dy, dz, d, s2, s3, m, V(V(scalar_of<V>(5)) * m * s2),
                                      out);
    }
  }
  /// @endcond
};

/// Laplace's potential of dipoles d, d.r/(4 pi r^3), r = x - y: -d.grad_x of Laplace's kernel, with
/// which it shares translations, operators and cache.
/// charges (N,3[,R]); potential (M[,R]), gradient (M,3[,R]), hessian (M,6[,R]). Zero distance
/// contributes zero.
template <class T = double>
struct LaplaceDipole {
  /// @cond KERNEL
  using scalar = T;
  static constexpr PeriodicSum periodic_sum = PeriodicSum::dipoles;
  using Translation = Laplace<T>;
  static constexpr int charge_components = 3;
  static constexpr int columns = 1;
  static constexpr int source_derivatives = 1;
  static constexpr OutputTerm outputs[] = {{Output::potential, {1, 1}, -2, Laplace<T>::prefactor},
                                           {Output::gradient, {1, 3}, -3, Laplace<T>::prefactor},
                                           {Output::hessian, {1, 6}, -4, Laplace<T>::prefactor}};

  static std::string name() { return "laplace dipole"; }
  static int order_for(int digits, int last_output) {
    return Accuracy::laplace_order(digits, std::min(last_output + 1, 2));
  }
  LaplaceDipole rescaled(double) const { return *this; }
  Translation translation() const { return {}; }
  KOKKOS_FUNCTION DipolePairs<Root::exact, true> source() const { return {}; }
  KOKKOS_FUNCTION LaplacePairs<Root::exact, true> evaluation() const { return {}; }
  template <Root R, bool Masked>
  KOKKOS_FUNCTION DipolePairs<R, Masked> near() const {
    return {};
  }
  /// @endcond
};

}  // namespace Octopole

#endif
