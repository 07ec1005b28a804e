#ifndef OCTOPOLE_LAPLACE_HPP
#define OCTOPOLE_LAPLACE_HPP

#include <Octopole_Accuracy.hpp>
#include <Octopole_Kernel.hpp>
#include <Octopole_Simd.hpp>

#include <array>

namespace Octopole {

/// The free-space Green's function of Laplace's equation, 1/(4 pi r), r = |x - y|.
/// charges (N); potential (M); gradient (M,3). Zero distance contributes zero.
template <class T>
struct Laplace {
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

  template <class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void potential(const V& dx, const V& dy, const V& dz,
                                             const Q (&q)[1], V (&u)[1]) const {
    u[0] = u[0] + inverse_sqrt(dx * dx + dy * dy + dz * dz) * V(q[0]);
  }

  template <class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void gradient(const V& dx, const V& dy, const V& dz,
                                            const Q (&q)[1], V (&u)[1], V (&g)[3]) const {
    const V s = inverse_sqrt(dx * dx + dy * dy + dz * dz);
    const V qs = s * V(q[0]);
    // In this order no intermediate leaves the range of the result by more than a factor r.
    const V f = qs * (s * s);
    u[0] = u[0] + qs;
    g[0] = g[0] - f * dx;
    g[1] = g[1] - f * dy;
    g[2] = g[2] - f * dz;
  }
};

}  // namespace Octopole

#endif
