#ifndef OCTOPOLE_KERNEL_HPP
#define OCTOPOLE_KERNEL_HPP

#include <Kokkos_Core.hpp>
#include <Octopole_Simd.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <vector>

namespace Octopole {

/// What a kernel family states about itself. K(x, y) = prefactor * f(x - y), where f solves a
/// homogeneous elliptic equation away from the source: the method rests on that.
///
/// A kernel is a trivially copyable class with
///
///     using scalar = double or float;              // of charges, coefficients and results
///     static constexpr int source_components;      // C: numbers per charge
///     static constexpr int target_components;      // K: numbers per potential
///     static constexpr int degree;                 // K(h r) = h^degree * rescaled(h).K(r)
///     static constexpr bool homogeneous;           // rescaled(h) is the kernel itself
///     static constexpr bool has_gradient;
///     static constexpr double prefactor;           // applied once, to the results
///     static std::string name();
///     std::vector<double> parameters() const;      // what else decides its values
///     Kernel rescaled(double h) const;
///
///     // u[k] += f(dx, dy, dz) q, in packs V (several targets at once) or in scalars; nothing is
///     // added at zero distance (see inverse_sqrt)
///     template <class V, class Q>
///     KOKKOS_FUNCTION void potential(V dx, V dy, V dz, const Q (&q)[C], V (&u)[K]) const;
///     // the same, and g[3 k + d] += d/dx_d; only if has_gradient
///     template <class V, class Q>
///     KOKKOS_FUNCTION void gradient(V dx, V dy, V dz, const Q (&q)[C], V (&u)[K],
///                                   V (&g)[3 * K]) const;
///
/// A kernel may also offer its functor with roots of less accuracy and for other scalars V than its
/// own, which lets P2P work as exactly as the digits ask and no more:
///
///     template <Root R, bool Masked> auto pairs() const;  // see LaplacePairs: `potential`, `gradient`,
///                                                         // `potential_scale`, `gradient_scale`
///
/// It may state `static int order_for(int digits, bool gradient)`: the order that keeps
/// the digits promised. Kernels that do not are given Laplace's order and one more.
template <class Kernel>
concept KernelFamily = std::is_trivially_copyable_v<Kernel> && requires(const Kernel k, double h) {
  typename Kernel::scalar;
  { Kernel::source_components } -> std::convertible_to<int>;
  { Kernel::target_components } -> std::convertible_to<int>;
  { Kernel::degree } -> std::convertible_to<int>;
  { Kernel::homogeneous } -> std::convertible_to<bool>;
  { Kernel::has_gradient } -> std::convertible_to<bool>;
  { Kernel::prefactor } -> std::convertible_to<double>;
  { Kernel::name() } -> std::convertible_to<std::string>;
  { k.parameters() } -> std::convertible_to<std::vector<double>>;
  { k.rescaled(h) } -> std::same_as<Kernel>;
};

/// Whether the kernel offers `pairs`.
template <class Kernel>
concept HasPairs = requires(const Kernel k) { k.template pairs<Root::step, true>(); };

/// One evaluation with or without gradient, chosen at compile time, so that an operator's loop is
/// written once.
template <bool WithGradient, class Kernel, class V, class Q, int C, int K, int G>
KOKKOS_FORCEINLINE_FUNCTION void evaluate(const Kernel& kernel, const V& dx, const V& dy,
                                          const V& dz, const Q (&q)[C], V (&u)[K], V (&g)[G]) {
  if constexpr (WithGradient)
    kernel.gradient(dx, dy, dz, q, u, g);
  else
    kernel.potential(dx, dy, dz, q, u);
}

/// 64-bit FNV-1a of the kernel's values at 32 fixed pairs of points, so that operators computed
/// for an edited functor never meet the new one.
template <class Kernel>
std::uint64_t value_hash(const Kernel& kernel) {
  constexpr int C = Kernel::source_components, K = Kernel::target_components;
  std::uint64_t hash = 1469598103934665603ull;
  const auto mix = [&](double value) {
    std::uint64_t bits;
    static_assert(sizeof bits == sizeof value);
    __builtin_memcpy(&bits, &value, sizeof bits);
    for (int b = 0; b < 8; ++b) hash = (hash ^ (bits >> (8 * b) & 255)) * 1099511628211ull;
  };
  for (int pair = 0; pair < 32; ++pair) {
    // Halton-like, exactly representable differences of both signs, some along an axis.
    const double dx = ((pair * 37) % 64 - 31.5) / 16, dy = ((pair * 23) % 64 - 31.5) / 16,
                 dz = pair % 5 == 0 ? 0.0 : ((pair * 11) % 64 - 31.5) / 16;
    for (int c = 0; c < C; ++c) {
      double q[C] = {}, u[K] = {};
      q[c] = 1;
      kernel.potential(dx, dy, dz, q, u);
      for (int k = 0; k < K; ++k) mix(u[k]);
    }
  }
  return hash;
}

}  // namespace Octopole

#endif
