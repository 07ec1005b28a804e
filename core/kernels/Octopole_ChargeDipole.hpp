#ifndef OCTOPOLE_CHARGE_DIPOLE_HPP
#define OCTOPOLE_CHARGE_DIPOLE_HPP

#include <core/kernels/Octopole_LaplaceDipole.hpp>

#include <algorithm>

namespace Octopole {

/// q/r + d.r/r^3 of a charge q and a dipole d at one place, its gradient and Hessian; otherwise as DipolePairs.
template <Root R, bool Masked>
struct ChargeDipolePairs {
  /// @cond KERNEL
  static constexpr int inputs = 4;
  template <int Last>
  static constexpr int rows = DipolePairs<R, Masked>::template rows<Last>;
  KOKKOS_FUNCTION static constexpr double row_scale(int row) {
    return DipolePairs<R, Masked>::row_scale(row);
  }
  /// @endcond
  double dipole_length = 1;  ///< dipoles are multiplied by this

  /// @cond KERNEL
  template <int Last, class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void add(const V& dx, const V& dy, const V& dz, const Q (&q)[4],
                                       V (&out)[rows<Last>]) const {
    using S = scalar_of<V>;
    constexpr double c2 = inverse_sqrt_scale<R> * inverse_sqrt_scale<R>;
    const V s = scaled_inverse_sqrt<R, Masked>(V(dx * dx + dy * dy + dz * dz));
    const V length(static_cast<S>(dipole_length)), charge = V(static_cast<S>(c2)) * V(q[0]);
    const V d[3] = {length * V(q[1]), length * V(q[2]), length * V(q[3])};
    const V s2 = s * s, s3 = s * s2;
    const V of_dipole = (d[0] * dx + d[1] * dy + d[2] * dz) * s3, of_charge = charge * s;
    out[0] = out[0] + (of_dipole + of_charge);
    if constexpr (Last > 0) {
      const V three(S(3)), five(S(5));
      const V slope = three * of_dipole * s2, slope_of_charge = of_charge * s2;
      add_dipole_derivatives<R, Last>(dx, dy, dz, d, s2, s3, V(slope + slope_of_charge),
                                      V((five * slope + three * slope_of_charge) * s2), out);
    }
  }
  /// @endcond
};

/// Laplace's potential of sources that have a charge q and a dipole d each, q/(4 pi r) + d.r/(4 pi r^3), r = x - y: the
/// sums of Laplace and LaplaceDipole in one pass, as boundary integrals and polarisable molecules take them.
/// charges (N,4[,R]), q before d; potential (M[,R]), gradient (M,3[,R]), hessian (M,6[,R]). Zero distance contributes
/// zero.
///
/// A dipole is a charge times a length, in the unit of the points. The whole domain's half-width has to be between 1e-20
/// and 1e20 of that in float, 1e-150 and 1e150 in double, where scalars hold both kinds.
template <class T = double>
struct ChargeDipole {
  /// @cond KERNEL
  using scalar = T;
  static constexpr PeriodicSum periodic_sum = PeriodicSum::charges_and_dipoles;
  using Translation = Laplace<T>;
  static constexpr int charge_components = 4;
  static constexpr int columns = 1;
  static constexpr int source_derivatives = 1;
  static constexpr OutputTerm outputs[] = {{Output::potential, {1, 1}, -1, Laplace<T>::prefactor},
                                           {Output::gradient, {1, 3}, -2, Laplace<T>::prefactor},
                                           {Output::hessian, {1, 6}, -3, Laplace<T>::prefactor}};
  /// @endcond

  double dipole_length = 1;  ///< the points' unit of length in this one: left to `rescaled`

  /// @cond KERNEL
  static std::string name() { return "charge-dipole"; }
  static int order_for(int digits, int last_output) {
    return Accuracy::laplace_order(digits, std::min(last_output + 1, 2));
  }
  ChargeDipole rescaled(double h) const { return {dipole_length / h}; }
  Translation translation() const { return {}; }
  KOKKOS_FUNCTION ChargeDipolePairs<Root::exact, true> source() const { return {dipole_length}; }
  KOKKOS_FUNCTION LaplacePairs<Root::exact, true> evaluation() const { return {}; }
  template <Root R, bool Masked>
  KOKKOS_FUNCTION ChargeDipolePairs<R, Masked> near() const {
    return {dipole_length};
  }
  /// @endcond
};
/// @cond GUIDES
ChargeDipole() -> ChargeDipole<double>;
/// @endcond

}  // namespace Octopole

#endif
