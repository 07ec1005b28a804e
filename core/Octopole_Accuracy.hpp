#ifndef OCTOPOLE_ACCURACY_HPP
#define OCTOPOLE_ACCURACY_HPP

#include <Octopole_Kernel.hpp>
#include <Octopole_Options.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

namespace Octopole {

/// From digits to the numbers that keep them. The tables were measured: relative L2 error at most
/// 10^-digits on every distribution of perf/RESULTS.md under both charge laws.
namespace Accuracy {

template <class T>
inline constexpr int max_digits = std::is_same_v<T, float> ? 4 : 10;

/// Order at which the Laplace kernel keeps the digits, with and without gradient.
inline int laplace_order(int digits, bool gradient) {
  // Measured, cube and two-scale, zero-mean and positive: potential 2.4e-4 at order 4, 1.8e-5 at 5,
  // 2.4e-6 at 6, 4e-7 at 7, 8e-8 at 8, 1.8e-9 at 10, 2e-10 at 11; gradient 3.5e-4, 5e-5, 8e-6,
  // 2e-6, 4.6e-7 at 4 to 8, 6e-9 at 10, 2e-9 at 11, 1.2e-10 at 12, 1.7e-10 at
  // 13 and 6e-11 at 14, and the worse the smaller the leaves. Odd orders have a point in the middle
  // of each face and gain little over the even ones before them.
  static constexpr int potential[] = {2, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12};
  static constexpr int with_gradient[] = {2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 14};
  const int d = std::clamp(digits, 0, 10);
  return gradient ? with_gradient[d] : potential[d];
}

template <class Kernel>
int order_for(int digits, bool gradient) {
  if constexpr (requires { Kernel::order_for(digits, gradient); })
    return Kernel::order_for(digits, gradient);
  else
    return std::min(laplace_order(digits, gradient) + 1, 14);
}

/// The cheapest near field whose error, in each pair and so at most in the sum, is far below the
/// digits: at most a seventh of them in `fast` with float and three digits, else at most a fifth.
template <class Kernel>
NearField near_field(int digits) {
  if constexpr (!HasPairs<Kernel>)
    return NearField::exact;
  else if constexpr (std::is_same_v<typename Kernel::scalar, float>)
    return digits <= 3 ? NearField::fast : NearField::exact;
  else
    return digits <= 3   ? NearField::rough
           : digits <= 6 ? NearField::mixed
           : digits <= 7 ? NearField::fast
                         : NearField::exact;
}

/// The truncation error of an order: what `order` alone promises (exafmm-t's and our measurements
/// fall by a factor of about 8 per order from 1.6e-4 at order 4).
inline double truncation_error(int order) { return 1.6e-4 * std::pow(8.0, 4 - order); }

/// Kernels of several components come from systems of equations, whose discretised surfaces carry
/// densities that vanish at the check points and not between them: orders 5 and 7 of the Stokeslet
/// were then worse than 4 and 6 (5e-4 at 7). On the way up one more check point per edge removes
/// them (order 7: 3e-7); on the way down, where there is no such freedom, the cut-off does (7e-6).
template <class Kernel>
inline constexpr bool is_system = Kernel::source_components > 1 || Kernel::target_components > 1;

/// Whether M2L `fft` may work in single precision for these digits of a kernel in double. Measured,
/// Laplace, order 7, five distributions: that adds up to 2.6e-7 to the relative error of the potential.
/// Of one-signed charges the potential is large where the gradient is not: its error grows from 2e-6
/// to 6e-6 at order 7, and 7e-6 is left at 8.
template <class Kernel>
bool m2l_single(int digits, bool gradient) {
  return digits <= (gradient ? 4 : 6) && !is_system<Kernel>;
}

/// Relative cut-off of the check-to-equivalent inverses in units of epsilon.
template <class Kernel>
double cutoff(int order) {
  constexpr double epsilon = std::numeric_limits<typename Kernel::scalar>::epsilon(), rounding = 4;
  return is_system<Kernel> ? std::max(rounding, 0.1 * truncation_error(order) / epsilon) : rounding;
}

/// What the M2L compression may drop, relative to the largest singular value of the stack.
/// Measured: the L2 error that a tolerance t costs is about 4 t in the potential and 12 t in the
/// gradient (cube, zero-mean, orders 4 to 8), and up to 80 t in the gradient of one-signed charges.
inline double m2l_tolerance(double error, bool gradient, double epsilon) {
  return std::max((gradient ? 0.004 : 0.06) * error, 2 * epsilon);
}

}  // namespace Accuracy
}  // namespace Octopole

#endif
