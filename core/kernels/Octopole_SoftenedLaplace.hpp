#ifndef OCTOPOLE_SOFTENED_LAPLACE_HPP
#define OCTOPOLE_SOFTENED_LAPLACE_HPP

#include <core/kernels/Octopole_Laplace.hpp>
#include <core/simd/Octopole_SimdMath.hpp>

namespace Octopole {

/// What a charge that is spread over a ball gives at distance r, with its gradient and Hessian; exactly 1/r beyond the ball.
template <Root R>
struct SoftenedPairs {
  /// @cond KERNEL
  static constexpr int inputs = 1;
  template <int Last>
  static constexpr int rows = LaplacePairs<R, true>::template rows<Last>;
  /// @endcond
  double softening;  ///< radius of the ball, in the root's half-widths; 0: none

  /// @cond KERNEL
  template <int Last, class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void add(const V& dx, const V& dy, const V& dz, const Q (&q)[1],
                                       V (&out)[rows<Last>]) const {
    using S = scalar_of<V>;
    const V r2 = dx * dx + dy * dy + dz * dz;
    const V s = unscaled_inverse_sqrt<R, true>(r2);
    V u = s, f = s * s * s, h = V(S(3)) * f * (s * s);
    if (softening > 0 && any_below(r2, S(softening * softening))) soften<Last>(r2, s, u, f, h);
    const V charge(q[0]);
    out[0] = out[0] + u * charge;
    if constexpr (Last > 0) {
      const V e = f * charge;
      out[1] = out[1] - e * dx;
      out[2] = out[2] - e * dy;
      out[3] = out[3] - e * dz;
      if constexpr (Last == 2) {
        const V g = h * charge;
        const V gx = g * dx, gy = g * dy, gz = g * dz;
        out[4] = out[4] + (gx * dx - e);
        out[5] = out[5] + gx * dy;
        out[6] = out[6] + gx * dz;
        out[7] = out[7] + (gy * dy - e);
        out[8] = out[8] + gy * dz;
        out[9] = out[9] + (gz * dz - e);
      }
    }
  }

 private:
  /// From 1/r, 1/r^3 and 3/r^5 to what the ball gives. In its radius, v = 1 - r: the charge that is further out than r is
  /// v^4 (16 - 128/5 v + 32/3 v^2), so that from half of the radius on nothing cancels, and beyond it nothing changes.
  template <int Last, class V>
  KOKKOS_FORCEINLINE_FUNCTION void soften(const V& r2, const V& s, V& u, V& f, V& h) const {
    using S = scalar_of<V>;
    const auto number = [](double x) { return V(S(x)); };
    const double inverse = 1 / softening;
    const V per(static_cast<S>(inverse)), one = number(1);
    const V t = r2 * s * per;
    const V v = Impl::select(t < one, V(one - t), number(0));
    const auto inside = t < number(0.5);
    const V t2 = t * t, v2 = v * v, v3 = v * v2;
    u = Impl::select(
        inside,
        V(per * (number(2.8) + t2 * (number(-16.0 / 3) + t2 * (number(9.6) - number(6.4) * t)))),
        V(u * (one - v2 * v3 * (number(3.2) - number(32.0 / 15) * v))));
    if constexpr (Last > 0) {
      const V per3 = number(inverse * inverse * inverse);
      f = Impl::select(
          inside, V(per3 * (number(32.0 / 3) + t2 * (number(32) * t - number(38.4)))),
          V(f * (one - v2 * v2 * (number(16) + v * (number(32.0 / 3) * v - number(25.6))))));
      if constexpr (Last == 2)
        h = Impl::select(inside, V(per3 * per * per * (number(76.8) - number(96) * t)),
                         V((s * s) * (number(3) * f - number(64) * v3 * per3)));
    }
  }
  /// @endcond
};

/// 1/(4 pi r) of charges that are each spread over a ball of radius h, as self-gravitating particles are in cosmological
/// codes, so that nothing grows without bound where they meet: exactly 1/(4 pi r) beyond h.
/// charges (N[,R]); potential (M[,R]), gradient (M,3[,R]), hessian (M,6[,R]).
///
/// The density is the cubic spline of J. J. Monaghan and J. C. Lattanzio (Astron. Astrophys. 149 (1985) 135), the potential
/// the polynomials of V. Springel, N. Yoshida and S. D. M. White (New Astronomy 6 (2001) 79, appendix A), here positive for
/// positive charges. At r = 0 it is 2.8/(4 pi h), that of a Plummer softening of h/2.8. A source's own is among it where
/// a target lies on it; gradient and force there are zero.
///
/// It acts in the near field alone, so that leaves are never smaller than h.
template <class T = double>
struct SoftenedLaplace {
  /// @cond KERNEL
  using scalar = T;
  using Translation = Laplace<T>;
  static constexpr PeriodicSum periodic_sum = PeriodicSum::charges;
  static constexpr int charge_components = 1;
  static constexpr int columns = 1;
  static constexpr OutputTerm outputs[] = {{Output::potential, {1, 1}, -1, Laplace<T>::prefactor},
                                           {Output::gradient, {1, 3}, -2, Laplace<T>::prefactor},
                                           {Output::hessian, {1, 6}, -3, Laplace<T>::prefactor}};
  /// @endcond

  double softening = 0;  ///< h, in the points' unit of length; 0: point charges

  /// @cond KERNEL
  static std::string name() { return "softened-laplace"; }
  static constexpr ParameterTerm<SoftenedLaplace> parameter_terms[] = {
      {"softening", &SoftenedLaplace::softening, 0}};
  static int order_for(int digits, int last_output) {
    return Accuracy::laplace_order(digits, last_output);
  }
  SoftenedLaplace rescaled(double unit) const { return {softening / unit}; }
  Translation translation() const { return {}; }
  KOKKOS_FUNCTION LaplacePairs<Root::exact, true> source() const { return {}; }
  KOKKOS_FUNCTION LaplacePairs<Root::exact, true> evaluation() const { return {}; }
  template <Root R, bool Masked>
  KOKKOS_FUNCTION SoftenedPairs<R> near() const {
    return {softening};
  }
  /// @endcond
  /// The distance beyond which nothing is softened.
  /// @return h, whatever the error
  double near_range(double /*error*/) const { return softening; }
};
/// @cond GUIDES
SoftenedLaplace() -> SoftenedLaplace<double>;
SoftenedLaplace(double) -> SoftenedLaplace<double>;
/// @endcond

}  // namespace Octopole

#endif
