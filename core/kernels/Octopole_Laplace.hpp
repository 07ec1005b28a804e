#ifndef OCTOPOLE_LAPLACE_HPP
#define OCTOPOLE_LAPLACE_HPP

#include <core/kernels/Octopole_Accuracy.hpp>
#include <core/kernels/Octopole_Kernel.hpp>
#include <core/simd/Octopole_Simd.hpp>

#include <string>
#include <vector>

namespace Octopole {

/// 1/r with its gradient and Hessian for a pair, with roots of the given kind; sums are then to be
/// multiplied by row_scale. Where r == 0 nothing is added if `Masked`, otherwise the result is NaN
/// or infinite.
template <Root R, bool Masked>
struct LaplacePairs {
  /// @cond KERNEL
  static constexpr int inputs = 1;
  template <int Last>
  static constexpr int rows = Last == 0   ? 1
                              : Last == 1 ? 4
                                          : 10;
  KOKKOS_FUNCTION static constexpr double row_scale(int row) {
    constexpr double s = 1 / inverse_sqrt_scale<R>, s3 = s * s * s;
    return row == 0 ? s : row < 4 ? s3 : s3 * s * s;
  }

  template <int Last, class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void add(const V& dx, const V& dy, const V& dz, const Q (&q)[1],
                                       V (&out)[rows<Last>]) const {
    const V s = scaled_inverse_sqrt<R, Masked>(V(dx * dx + dy * dy + dz * dz));
    if constexpr (Last == 0) {
      out[0] = out[0] + s * V(q[0]);
    } else {
      const V qs = s * V(q[0]), s2 = s * s;
      // In this order no intermediate leaves the range of the result by more than a factor r.
      const V f = qs * s2;
      out[0] = out[0] + qs;
      out[1] = out[1] - f * dx;
      out[2] = out[2] - f * dy;
      out[3] = out[3] - f * dz;
      if constexpr (Last == 2) {
        // d_i d_j (1/r) = 3 r_i r_j / r^5 - delta_ij / r^3
        const V h = V(scalar_of<V>(3)) * f * s2;
        const V e = V(scalar_of<V>(inverse_sqrt_scale<R> * inverse_sqrt_scale<R>)) * f;
        const V hx = h * dx, hy = h * dy, hz = h * dz;
        out[4] = out[4] + (hx * dx - e);
        out[5] = out[5] + hx * dy;
        out[6] = out[6] + hx * dz;
        out[7] = out[7] + (hy * dy - e);
        out[8] = out[8] + hy * dz;
        out[9] = out[9] + (hz * dz - e);
      }
    }
  }
  /// @endcond
};

/// The free-space Green's function of Laplace's equation, 1/(4 pi r), r = |x - y|.
/// charges (N[,R]); potential (M[,R]), gradient (M,3[,R]), hessian (M,6[,R]). Zero distance
/// contributes zero.
template <class T = double>
struct Laplace {
  /// @cond KERNEL
  using scalar = T;
  static constexpr double prefactor = 0.079577471545947667884441881686257;  // 1/(4 pi)
  static std::string name() { return "laplace"; }

  // As a translation kernel, and a simple one.
  static constexpr int source_components = 1;
  static constexpr int target_components = 1;
  static constexpr int degree = -1;
  static constexpr bool homogeneous = true;
  static constexpr bool has_gradient = true;
  std::vector<double> parameters() const { return {}; }
  Laplace rescaled(double) const { return *this; }
  template <class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void potential(const V& dx, const V& dy, const V& dz, const Q (&q)[1],
                                             V (&u)[1]) const {
    near<Root::exact, true>().template add<0>(dx, dy, dz, q, u);
  }
  template <class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void gradient(const V& dx, const V& dy, const V& dz, const Q (&q)[1],
                                            V (&u)[1], V (&g)[3]) const {
    V out[4] = {u[0], g[0], g[1], g[2]};
    near<Root::exact, true>().template add<1>(dx, dy, dz, q, out);
    u[0] = out[0];
    for (int d = 0; d < 3; ++d) g[d] = out[1 + d];
  }

  static constexpr PeriodicSum periodic_sum = PeriodicSum::charges;
  // As a kernel.
  using Translation = Laplace;
  static constexpr int charge_components = 1;
  static constexpr int columns = 1;
  static constexpr OutputTerm outputs[] = {{Output::potential, {1, 1}, -1, prefactor},
                                           {Output::gradient, {1, 3}, -2, prefactor},
                                           {Output::hessian, {1, 6}, -3, prefactor}};
  static int order_for(int digits, int last_output) {
    return Accuracy::laplace_order(digits, last_output);
  }
  Translation translation() const { return *this; }
  KOKKOS_FUNCTION LaplacePairs<Root::exact, true> source() const { return {}; }
  KOKKOS_FUNCTION LaplacePairs<Root::exact, true> evaluation() const { return {}; }
  template <Root R, bool Masked>
  KOKKOS_FUNCTION LaplacePairs<R, Masked> near() const {
    return {};
  }
  /// @endcond
};

}  // namespace Octopole

#endif
