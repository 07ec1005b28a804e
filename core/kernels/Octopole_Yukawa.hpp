#ifndef OCTOPOLE_YUKAWA_HPP
#define OCTOPOLE_YUKAWA_HPP

#include <core/kernels/Octopole_Laplace.hpp>
#include <core/simd/Octopole_SimdMath.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace Octopole {

/// exp(-l r)/r and its gradient, with roots of the given kind. Where r == 0 nothing is added if
/// `Masked`, otherwise the result is NaN or infinite.
template <Root R, bool Masked>
struct YukawaPairs {
  /// @cond KERNEL
  static constexpr int inputs = 1;
  template <int Last>
  static constexpr int rows = Last == 0 ? 1 : 4;
  /// @endcond
  double screening;  ///< per unit of length of the distances given

  /// @cond KERNEL
  KOKKOS_FUNCTION static constexpr double row_scale(int row) {
    return LaplacePairs<R, Masked>::row_scale(row);
  }

  template <int Last, class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void add(const V& dx, const V& dy, const V& dz, const Q (&q)[1],
                                       V (&out)[rows<Last>]) const {
    using S = scalar_of<V>;
    const V r2 = dx * dx + dy * dy + dz * dz;
    const V s = scaled_inverse_sqrt<R, Masked>(r2);
    // exp(-l r) = 2^t; the root's scale goes into the constant.
    constexpr double log2_e = 1.44269504088896341, ln_2 = 0.693147180559945309;
    const V t = V(S(-log2_e / inverse_sqrt_scale<R> * screening)) * root_by_inverse<R>(r2, s);
    const V u = exponential_2<R>(t) * (s * V(q[0]));
    out[0] = out[0] + u;
    if constexpr (Last == 1) {
      // d_i exp(-l r)/r = -(1 + l r) exp(-l r)/r^3 r_i
      const V f = (V(S(ln_2)) * t - V(S(1))) * u * (s * s);
      out[1] = out[1] + f * dx;
      out[2] = out[2] + f * dy;
      out[3] = out[3] + f * dz;
    }
  }
  /// @endcond
};

/// The screened Coulomb potential exp(-l r)/(4 pi r), r = |x - y|: (Delta - l^2) u = 0. `screening`
/// is l, per unit of length, at least 0. charges (N[,R]); potential (M[,R]), gradient (M,3[,R]). Zero
/// distance contributes zero.
template <class T = double>
struct Yukawa {
  /// @cond KERNEL
  using scalar = T;
  using Translation = Yukawa;
  static constexpr int charge_components = 1;
  static constexpr PeriodicSum periodic_sum = PeriodicSum::screened;
  static constexpr int columns = 1;
  static constexpr OutputTerm outputs[] = {{Output::potential, {1, 1}, -1, Laplace<T>::prefactor},
                                           {Output::gradient, {1, 3}, -2, Laplace<T>::prefactor}};

  /// @endcond

  double screening = 1;  ///< l, per unit of length of the points, at least 0

  /// @cond KERNEL
  static std::string name() { return "yukawa"; }
  static constexpr ParameterTerm<Yukawa> parameter_terms[] = {{"screening", &Yukawa::screening, 0}};
  static int order_for(int digits, int last_output) {
    return Accuracy::laplace_order(digits, last_output);
  }
  std::vector<double> parameters() const { return {screening}; }
  static double near_factor(int last_output) { return last_output > 0 ? 1.7 : 1.8; }
  Yukawa rescaled(double h) const { return {screening * h}; }
  Translation translation() const { return *this; }
  template <Root R = Root::exact>
  KOKKOS_FUNCTION YukawaPairs<R, true> source() const {
    return {screening};
  }
  template <Root R = Root::exact>
  KOKKOS_FUNCTION YukawaPairs<R, true> evaluation() const {
    return {screening};
  }
  template <Root R, bool Masked>
  KOKKOS_FUNCTION YukawaPairs<R, Masked> near() const {
    return {screening};
  }
  /// @endcond
  /// By how much a pair at distance r is smaller than one that is not screened.
  /// @param r  in the unit of 1 / `screening`, at least 0
  /// @return exp(-l r)
  double decay(double r) const { return std::exp(-screening * r); }

  /// @cond KERNEL
  // As a translation kernel.
  static constexpr int source_components = 1;
  static constexpr int target_components = 1;
  static constexpr int degree = -1;
  static constexpr bool homogeneous = false;
  template <class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void potential(const V& dx, const V& dy, const V& dz, const Q (&q)[1],
                                             V (&u)[1]) const {
    source().template add<0>(dx, dy, dz, q, u);
  }
  /// @endcond
};
/// @cond GUIDES
Yukawa() -> Yukawa<double>;
Yukawa(double) -> Yukawa<double>;
/// @endcond

}  // namespace Octopole

#endif
