#ifndef OCTOPOLE_OUTPUTS_HPP
#define OCTOPOLE_OUTPUTS_HPP

#include <core/kernels/Octopole_Output.hpp>

#include <type_traits>

namespace Octopole {

/// Stands for an output that is not wanted.
struct NoOutput {};

/// Whether a member of Outputs is a View rather than NoOutput.
template <class T>
inline constexpr bool is_wanted = !std::is_same_v<T, NoOutput>;

/// Where results go; name those wanted: `Outputs{.potential = u, .gradient = g}`. Any subset of
/// what the kernel offers.
///
/// M is the number of targets, R of right-hand sides; [R] is there where R > 1. Kernels of one
/// component; of K components `potential` is (M, K[, R]) and `gradient` (M, K, 3[, R]). Complex
/// numbers are Kokkos::complex, or a 2 before the [R].
///
///     potential (M[,R])      gradient (M,3[,R])     hessian (M,6[,R]): xx xy xz yy yz zz
///     velocity (M,3[,R])     pressure (M[,R])       velocity_gradient (M,3,3[,R]): d u_a / d x_b
///
/// Results overwrite what was there, in the caller's order.
template <class Potential = NoOutput, class Gradient = NoOutput, class Hessian = NoOutput,
          class Velocity = NoOutput, class Pressure = NoOutput, class VelocityGradient = NoOutput>
struct Outputs {
  Potential potential{};                 ///< (M[, R])
  Gradient gradient{};                   ///< (M, 3[, R])
  Hessian hessian{};                     ///< (M, 6[, R])
  Velocity velocity{};                   ///< (M, 3[, R])
  Pressure pressure{};                   ///< (M[, R])
  VelocityGradient velocity_gradient{};  ///< (M, 3, 3[, R])

  /// The set of outputs named.
  static constexpr Output wanted =
      (is_wanted<Potential> ? Output::potential : Output::none) |
      (is_wanted<Gradient> ? Output::gradient : Output::none) |
      (is_wanted<Hessian> ? Output::hessian : Output::none) |
      (is_wanted<Velocity> ? Output::velocity : Output::none) |
      (is_wanted<Pressure> ? Output::pressure : Output::none) |
      (is_wanted<VelocityGradient> ? Output::velocity_gradient : Output::none);

  /// Calls f(output, View) for those wanted.
  /// @param f  f(Output, View)
  template <class F>
  void for_each(const F& f) const {
    if constexpr (is_wanted<Potential>) f(Output::potential, potential);
    if constexpr (is_wanted<Gradient>) f(Output::gradient, gradient);
    if constexpr (is_wanted<Hessian>) f(Output::hessian, hessian);
    if constexpr (is_wanted<Velocity>) f(Output::velocity, velocity);
    if constexpr (is_wanted<Pressure>) f(Output::pressure, pressure);
    if constexpr (is_wanted<VelocityGradient>) f(Output::velocity_gradient, velocity_gradient);
  }
};

}  // namespace Octopole

#endif
