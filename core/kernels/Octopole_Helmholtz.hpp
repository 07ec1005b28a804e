#ifndef OCTOPOLE_HELMHOLTZ_HPP
#define OCTOPOLE_HELMHOLTZ_HPP

#include <core/kernels/Octopole_Laplace.hpp>
#include <core/simd/Octopole_SimdMath.hpp>

#include <string>
#include <vector>

namespace Octopole {

/// exp(i k r)/r and its gradient for complex charges, real and imaginary part side by side. Where r == 0
/// nothing is added if `Masked`, otherwise the result is NaN or infinite.
template <Root R, bool Masked>
struct HelmholtzPairs {
  /// @cond KERNEL
  static constexpr int inputs = 2;
  template <int Last>
  static constexpr int rows = Last == 0 ? 2 : 8;
  /// @endcond
  double wavenumber;  ///< per unit of length of the distances given

  /// @cond KERNEL
  template <int Last, class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void add(const V& dx, const V& dy, const V& dz, const Q (&q)[2],
                                       V (&out)[rows<Last>]) const {
    using S = scalar_of<V>;
    const V r2 = dx * dx + dy * dy + dz * dz;
    const V s = unscaled_inverse_sqrt<R, Masked>(r2);
    const V kr = V(S(wavenumber)) * root_by_inverse<R>(r2, s);
    V sine, cosine;
    sine_cosine(kr, sine, cosine);
    const V re = s * (cosine * V(q[0]) - sine * V(q[1]));
    const V im = s * (cosine * V(q[1]) + sine * V(q[0]));
    out[0] = out[0] + re;
    out[1] = out[1] + im;
    if constexpr (Last == 1) {
      // d_j exp(i k r)/r = (i k r - 1) exp(i k r)/r^3 r_j
      const V s2 = s * s;
      const V f = -s2 * (re + kr * im), g = s2 * (kr * re - im);
      out[2] = out[2] + f * dx;
      out[3] = out[3] + g * dx;
      out[4] = out[4] + f * dy;
      out[5] = out[5] + g * dy;
      out[6] = out[6] + f * dz;
      out[7] = out[7] + g * dz;
    }
  }
  /// @endcond
};

/// The outgoing wave exp(+i k r)/(4 pi r), r = |x - y|: (Delta + k^2) u = 0. `wavenumber` is k, per unit
/// of length, at least 0. Complex throughout: charges (N[,R]), potential (M[,R]), gradient (M,3[,R]) of
/// Kokkos::complex, or with a 2 before the [R]. Zero distance contributes zero.
///
/// Computed as a real kernel of two components, so that there is one set of operators for real and
/// complex kernels: the real form [re, -im; im, re] of a matrix has its singular values, each twice.
template <class T = double>
struct Helmholtz {
  /// @cond KERNEL
  using scalar = T;
  using Translation = Helmholtz;
  static constexpr int charge_components = 2;
  static constexpr int columns = 1;
  static constexpr OutputTerm outputs[] = {{Output::potential, {1, 2}, -1, Laplace<T>::prefactor},
                                           {Output::gradient, {3, 2}, -2, Laplace<T>::prefactor}};

  /// @endcond

  double wavenumber = 1;  ///< k, per unit of length of the points, at least 0

  /// @cond KERNEL
  static std::string name() { return "helmholtz"; }
  static constexpr ParameterTerm<Helmholtz> parameter_terms[] = {
      {"wavenumber", &Helmholtz::wavenumber, 0}};
  std::vector<double> parameters() const { return {wavenumber}; }
  double phase(double r) const { return wavenumber * r; }
  static double near_factor(int last_output) { return last_output > 0 ? 4 : 5; }
  Helmholtz rescaled(double h) const { return {wavenumber * h}; }
  Translation translation() const { return *this; }
  KOKKOS_FUNCTION HelmholtzPairs<Root::exact, true> source() const { return {wavenumber}; }
  KOKKOS_FUNCTION HelmholtzPairs<Root::exact, true> evaluation() const { return {wavenumber}; }
  template <Root R, bool Masked>
  KOKKOS_FUNCTION HelmholtzPairs<R, Masked> near() const {
    return {wavenumber};
  }

  // As a translation kernel.
  static constexpr bool complex = true;
  static constexpr int source_components = 2;
  static constexpr int target_components = 2;
  static constexpr int degree = -1;
  static constexpr bool homogeneous = false;
  template <class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void potential(const V& dx, const V& dy, const V& dz, const Q (&q)[2],
                                             V (&u)[2]) const {
    source().template add<0>(dx, dy, dz, q, u);
  }
  /// @endcond
};
/// @cond GUIDES
Helmholtz() -> Helmholtz<double>;
Helmholtz(double) -> Helmholtz<double>;
/// @endcond

}  // namespace Octopole

#endif
