#ifndef OCTOPOLE_LAPLACE_HPP
#define OCTOPOLE_LAPLACE_HPP

#include <Octopole_Accuracy.hpp>
#include <Octopole_Kernel.hpp>
#include <Octopole_Simd.hpp>

#include <array>

namespace Octopole {

/// What Laplace's kernel adds for a pair, with roots of the given kind; sums are then to be multiplied
/// by the two scales. Where r == 0 nothing is added if `Masked`, else the sums are spoilt.
template <Root R, bool Masked>
struct LaplacePairs {
  static constexpr double potential_scale = 1 / root_scale<R>;
  static constexpr double gradient_scale = potential_scale * potential_scale * potential_scale;

  template <class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void potential(const V& dx, const V& dy, const V& dz,
                                             const Q (&q)[1], V (&u)[1]) const {
    u[0] = u[0] + scaled_inverse_sqrt<R, Masked>(V(dx * dx + dy * dy + dz * dz)) * V(q[0]);
  }

  template <class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void gradient(const V& dx, const V& dy, const V& dz,
                                            const Q (&q)[1], V (&u)[1], V (&g)[3]) const {
    const V s = scaled_inverse_sqrt<R, Masked>(V(dx * dx + dy * dy + dz * dz));
    const V qs = s * V(q[0]);
    // In this order no intermediate leaves the range of the result by more than a factor r.
    const V f = qs * (s * s);
    u[0] = u[0] + qs;
    g[0] = g[0] - f * dx;
    g[1] = g[1] - f * dy;
    g[2] = g[2] - f * dz;
  }
};

/// The free-space Green's function of Laplace's equation, 1/(4 pi r), r = |x - y|.
/// charges (N); potential (M); gradient (M,3). Zero distance contributes zero.
template <class T>
struct Laplace : LaplacePairs<Root::exact, true> {
  using scalar = T;
  static constexpr int source_components = 1;
  static constexpr int target_components = 1;
  static constexpr int degree = -1;
  static constexpr bool homogeneous = true;
  static constexpr bool has_gradient = true;
  static constexpr double prefactor = 0.079577471545947667884441881686257;  // 1/(4 pi)

  static std::string name() { return "laplace"; }
  static int order_for(int digits, bool gradient) {
    return Accuracy::laplace_order(digits, gradient);
  }
  std::vector<double> parameters() const { return {}; }
  Laplace rescaled(double) const { return *this; }

  template <Root R, bool Masked>
  KOKKOS_FUNCTION LaplacePairs<R, Masked> pairs() const {
    return {};
  }
};

}  // namespace Octopole

#endif
