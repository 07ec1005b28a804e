#ifndef OCTOPOLE_ACCURACY_HPP
#define OCTOPOLE_ACCURACY_HPP

#include <core/base/Octopole_Variants.hpp>
#include <core/kernels/Octopole_KernelFamily.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace Octopole {

/// From digits to the numbers that keep them. The tables were measured: relative L2 error at most
/// 10^-digits on every distribution of perf/RESULTS.md under both charge laws.
namespace Accuracy {

/// Largest number of points per edge of a surface.
inline constexpr int max_order = 14;

/// Most digits that can be asked for with scalar T.
template <class T>
inline constexpr int max_digits = std::is_same_v<T, float> ? 4 : 10;

/// Order at which the Laplace kernel keeps the digits.
/// @param digits  0 to 10; others count as the nearest of these
/// @param derivatives  0, 1 (gradient) or 2 (Hessian)
/// @return points per edge of the equivalent surface
inline int laplace_order(int digits, int derivatives) {
  // Measured, cube and two-scale, zero-mean and positive: potential 2.4e-4 at order 4, 1.8e-5 at 5,
  // 2.4e-6 at 6, 4e-7 at 7, 8e-8 at 8, 1.8e-9 at 10, 2e-10 at 11; gradient 3.5e-4, 5e-5, 8e-6,
  // 2e-6, 4.6e-7 at 4 to 8, 6e-9 at 10, 2e-9 at 11, 1.2e-10 at 12, 1.7e-10 at
  // 13 and 6e-11 at 14, and the worse the smaller the leaves. Odd orders have a point in the middle
  // of each face and gain little over the even ones before them.
  static constexpr int potential[] = {2, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12};
  static constexpr int with_gradient[] = {2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 14};
  static constexpr int with_hessian[] = {3, 4, 5, 6, 7, 8, 10, 11, 12, 14, 14};
  const int d = std::clamp(digits, 0, 10);
  return derivatives == 0 ? potential[d] : derivatives == 1 ? with_gradient[d] : with_hessian[d];
}

/// Whether the kernel states its orders; others have theirs found by a probe (see Probe), from
/// `order_for` on.
template <class Kernel>
inline constexpr bool has_orders = requires { Kernel::order_for(6, 0); };

/// The order with which a plan begins: the kernel's own, or the first that the probe tries.
/// @param digits  at least 0
/// @param last_output  of those wanted, see last_output_of
/// @return points per edge of the equivalent surface, at most max_order where the kernel states none
template <class Kernel>
int order_for(int digits, int last_output) {
  if constexpr (has_orders<Kernel>)
    return Kernel::order_for(digits, last_output);
  else
    return std::min(laplace_order(digits, last_output) + int(is_system<Kernel>), max_order);
}

/// Orders more that leaves of few points take: what is far begins a few of their distances away, and is not a
/// sum in which the errors of single boxes, the worst at their corners, average out. Measured in units of the
/// promise: lattices with 1 to 4 points in a leaf 14 (a screened kernel; 1.9 with one order more, 0.15 with two),
/// dipoles there still 2.3 with two; with 5 to 12, velocity gradients 6.3 and 8 digits (1.3 with two more), a
/// Stokeslet 1.6 and 6 digits, 2.2 and 9; with 13 to 32, gradients 1.4 and 9 digits, in float 1.1 and 4; with 40,
/// a dipole's Hessian 3.6 and 9 digits (with 14, and 8 digits, 4.1 at the last order). A potential alone was
/// kept but for 9 digits, whose order is the one with least to spare, 1.11. Odd orders gain little over even ones
/// (a Hessian's 1.6, 1.9 and 0.19 at 12 to 14). Alternating charges on lattices ask for most: a Hessian 2.3 and a
/// dipole's 42 with 1 to 4 points and three orders more, a screened potential 1.4 and a dipole's 1.1 with 5 to 12.
/// @param points  sources in a leaf, at most or on the whole
/// @param derivatives  of the potential, most that the outputs take
/// @param digits  asked for
/// @param order  that keeps them in leaves of the library's choice
/// @return at least 0, more than there are where none keeps them
inline int orders_for_few_points(double points, int derivatives, int digits, int order) {
  if (points > 32) return derivatives >= 2 && digits == 9 && points <= 48 ? 1 : 0;
  if (points <= 4) return 3 + std::min(derivatives, 2);
  if (derivatives == 0) {
    const int more = points <= 12 ? 1 + int(digits >= 8) : int(digits == 9);
    return std::min(more, max_order - order);
  }
  if (derivatives >= 3 && digits >= 8) return max_order;
  const int more = points > 12 ? 1 : digits >= (derivatives >= 2 ? 8 : 7) ? 3 : 2;
  return more + int((order + more) % 2 == 1);
}

/// Whether sums are of so few sources that the rounding of pairs in float, 4e-8 of a pair and by chance, is more
/// than six digits of a thousandth of their absolute values, which is what is promised where they cancel: 3.4
/// times, alternating charges of 1934 sources seen from one place.
/// @param n_sources  N, those at one place once
/// @return true up to 4000, where a near field that is not exact saves little
inline bool has_few_sources(std::int64_t n_sources) {
  return n_sources < 4000;
}

/// Whether the rounding of floats, which grows with each derivative, does not average out over so few sources.
/// Measured in units of the promise: velocity gradients of 540 and 1261 vortices 6.5 and 12 with 4 digits, a Hessian
/// of 425 sources 2.4 with 3 in leaves of 2, a gradient of 1660 1.2 with 4 in those, 17 vortices that cancel far away
/// 3.8 with 3, the potential of 414 neutral dipoles on a line 1.1 with 4 at its best order.
/// @param n_sources  N, those at one place once
/// @return true up to 2000
inline bool are_few_floats(std::int64_t n_sources) {
  return n_sources < 2000;
}

/// Orders more that trees of few leaves take: rods, or points at ten places, hold few boxes whose errors could
/// average out. Measured in units of the promise: a Stokeslet on a rod of 56 leaves 1.8 where one charge outweighs
/// the others (0.09 with one order more), a velocity gradient at ten places 1.06, a Stokeslet at one target beside a
/// line of 9 leaves, 8 digits, 1.2 (0.2 with two), a potential in float, 1360 sources, 1.01, a screened one of 8000
/// sources, 63 leaves and one charge that outweighs them 1.06 (0.02). Neutral dipoles on a line in 4 leaves 1.6 with
/// two orders more (0.47 with three); the Hessian of alternating ones, 86 leaves and 7 digits, 7.3 (1.2 and 0.8 at
/// the last two orders); the gradient of others on a needle of 72 leaves and 9 digits 4.7 at the last order.
/// @param leaves  that hold sources
/// @param points  sources in such a leaf, on the whole
/// @param dipoles  whether sources are derivatives of charges
/// @param derivatives  of the potential, most that the outputs take, a dipole's own among them
/// @param digits  asked for
/// @return at least 0, more than there are where the last order is wanted
inline int orders_for_few_leaves(std::int64_t leaves, double points, bool dipoles, int derivatives,
                                 int digits) {
  if (leaves > 100) return 0;
  if (derivatives >= 3 && digits >= 7) return max_order;
  return 1 + int(digits >= 8) + (dipoles ? 1 + int(points <= 32 || leaves <= 8) : 0);
}

/// The error of the probe, the far field of one box in its nearest neighbour, at which the digits hold
/// in a whole sum: part of that is near field, the more so the more derivatives are taken. At the
/// orders of `laplace_order` Laplace's is below 0.7, 3 and 15 times 10^-digits; near a resonance, where
/// all of the error has one shape, 0.8 was too much. Far targets may be one alone, in the worst place, or see
/// sources of another shape than the probe's: a margin of four is kept for that, by judgement.
/// @param digits  asked for
/// @param last_output  of those wanted
/// @param far  whether targets have no source near, so that nothing is near field
/// @return relative L2 error of the probe
inline double probe_error(int digits, int last_output, bool far) {
  return (far                ? 0.1
          : last_output == 0 ? 0.4
          : last_output == 1 ? 2.0
                             : 10.0) *
         std::pow(10.0, -digits);
}
/// The inverse: the digits that hold in a whole sum.
/// @param error  relative L2 error of the probe
/// @param last_output,far  as for probe_error
/// @return 0 to 10
inline int digits_of_probe(double error, int last_output, bool far) {
  int digits = 0;
  while (digits < 10 && probe_error(digits + 1, last_output, far) >= error) ++digits;
  return digits;
}

/// The cheapest near field whose error, in each pair and so at most in the sum, is far below the
/// digits: at most a seventh of them in `fast` with float and three digits, else at most a fifth.
/// @param digits  asked for
/// @return what `NearField::automatic` stands for; `exact` for kernels without roots of several kinds
template <class Kernel>
NearField near_field(int digits) {
  if constexpr (!Family<Kernel>::has_roots)
    return NearField::exact;
  else if constexpr (std::is_same_v<typename Kernel::scalar, float>)
    return digits <= 3 ? NearField::fast : NearField::exact;
  else
    return digits <= 3   ? NearField::rough
           : digits <= 6 ? NearField::mixed
           : digits <= 7 ? NearField::fast
                         : NearField::exact;
}

/// The truncation error of an order, measured, exafmm-t's and ours: about 1.6e-4 at order 4 and eight
/// times less with each order more. It is what a plan is held to whose order was given.
/// @param order  points per edge of the equivalent surface
/// @return relative L2 error of the potential
inline double truncation_error(int order) {
  return 1.6e-4 * std::pow(8.0, 4 - order);
}

/// Kernels of several components come from systems of equations, whose discretised surfaces carry
/// densities that vanish at the check points and not between them: orders 5 and 7 of a Stokeslet
/// that is its own translation kernel were then worse than 4 and 6 (5e-4 at 7). On the way up one more check point per edge removes
/// them (order 7: 3e-7); on the way down, where there is no such freedom, the cut-off does (7e-6).
/// @param order  points per edge of the equivalent surface
/// @return points per edge of the upward check surface, at most max_order
template <class Kernel>
int check_order(int order) {
  return std::min(order + int(is_system<Kernel>), max_order);
}

/// Whether M2L `fft` may work in single precision for these digits of a kernel in double. Measured,
/// Laplace, order 7, five distributions: that adds up to 2.6e-7 to the relative error of the potential.
/// Of one-signed charges the potential is large where the gradient is not: its error grows from 2e-6
/// to 6e-6 at order 7, and 7e-6 is left at 8. Waves near a resonance have large densities that nearly
/// cancel (1.4e-4 where double has 1.5e-6). Not measured for first moments.
/// @param digits  asked for
/// @param last_output  of those wanted
/// @return what `Options::m2l_single` = -1 stands for
template <class Kernel>
bool m2l_single(int digits, int last_output) {
  return digits <= (last_output > 0 || Family<Kernel>::columns > 1 ? 4 : 6) && !is_system<Kernel> &&
         !is_complex<Kernel> && !Family<Kernel>::first_moment;
}

/// Relative cut-off of the check-to-equivalent inverses in units of epsilon. Singular values far below
/// the truncation error carry large densities that cancel, and those carry its rounding. Measured on
/// one far pair of boxes: at 5e-3 of it Laplace's potential and gradient fall from 6e-9 and 4e-7 (cut
/// off at rounding) to 1e-9 and 9e-8 at order 10, those of waves (k h = 1.25) from 4e-6 and 3e-5 to
/// 1e-8 and 4e-7 at order 9; from a tenth on errors grow again. Systems have more to cut, see
/// check_order().
/// @param order  points per edge of the equivalent surface
/// @return multiples of the scalar's epsilon
template <class Kernel>
double cutoff(int order) {
  constexpr double epsilon = std::numeric_limits<typename Kernel::scalar>::epsilon(), rounding = 4;
  return std::max(rounding, (is_system<Kernel> ? 0.1 : 0.005) * truncation_error(order) / epsilon);
}

/// What the M2L compression may drop, relative to the largest singular value of the stack.
/// Measured: the L2 error that a tolerance t costs is about 4 t in the potential and 12 t in the
/// gradient (cube, zero-mean, orders 4 to 8), and up to 80 t in the gradient of one-signed charges.
/// Kernels of several columns take derivatives for their first output too, dipoles at their sources (1.8
/// times the promise with the potential's tolerance).
/// @param error  relative L2 error that the far field is to keep
/// @param last_output  of those wanted
/// @param epsilon  of the scalar, below which nothing is dropped
/// @return relative to the largest singular value
template <class Kernel>
double m2l_tolerance(double error, int last_output, double epsilon) {
  using Parts = Family<Kernel>;
  const bool derivatives = Parts::columns > 1 || source_derivatives<Kernel> > 0 ||
                           Parts::term(last_output).degree < Parts::Translation::degree;
  return std::max((derivatives ? 0.004 : 0.06) * error, 2 * epsilon);
}

}  // namespace Accuracy
}  // namespace Octopole

#endif
