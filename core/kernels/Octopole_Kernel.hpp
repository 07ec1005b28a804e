#ifndef OCTOPOLE_KERNEL_HPP
#define OCTOPOLE_KERNEL_HPP

#include <Kokkos_Core.hpp>
#include <core/kernels/Octopole_Output.hpp>
#include <core/simd/Octopole_Simd.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace Octopole {

/// What a kernel states about one of its parameters, a number that is a public member of it. All
/// parameters are finite.
template <class Kernel>
struct ParameterTerm {
  const char* name = "";              ///< as the member is called
  double Kernel::* member = nullptr;  ///< where the kernel has it
  double least = 0;                   ///< the smallest value allowed
};

/// A translation kernel: K(x, y) = f(x - y) up to a factor, where f solves a homogeneous elliptic
/// equation away from the source. The method rests on that (Ying, Biros and Zorin 2004, section 3).
///
/// A trivially copyable class with
///
///     using scalar = double or float;              // of charges, coefficients and results
///     static constexpr int source_components;      // C: numbers per charge
///     static constexpr int target_components;      // K: numbers per potential
///     static constexpr int degree;                 // K(h r) = h^degree * rescaled(h).K(r)
///     static constexpr bool homogeneous;           // rescaled(h) is the kernel itself
///     static std::string name();
///     std::vector<double> parameters() const;      // what else decides its values
///     Kernel rescaled(double h) const;
///
///     // u[k] += f(dx, dy, dz) q, in packs V (several targets at once) or in scalars; nothing is
///     // added at zero distance (see inverse_sqrt)
///     template <class V, class Q>
///     KOKKOS_FUNCTION void potential(V dx, V dy, V dz, const Q (&q)[C], V (&u)[K]) const;
///
/// It may state `static constexpr bool complex = true` with C == K == 2: real and imaginary part.
template <class Kernel>
concept TranslationKernel =
    std::is_trivially_copyable_v<Kernel> && requires(const Kernel k, double h) {
      typename Kernel::scalar;
      { Kernel::source_components } -> std::convertible_to<int>;
      { Kernel::target_components } -> std::convertible_to<int>;
      { Kernel::degree } -> std::convertible_to<int>;
      { Kernel::homogeneous } -> std::convertible_to<bool>;
      { Kernel::name() } -> std::convertible_to<std::string>;
      { k.parameters() } -> std::convertible_to<std::vector<double>>;
      { k.rescaled(h) } -> std::same_as<Kernel>;
    };

/// The simplest kernel a Plan takes: a translation kernel whose charges are the caller's and whose
/// potential, perhaps with its gradient, is what is wanted. It also has
///
///     static constexpr bool has_gradient;
///     static constexpr double prefactor;           // applied once, to the results
///     // the same, and g[3 k + d] += d/dx_d; only if has_gradient
///     template <class V, class Q>
///     KOKKOS_FUNCTION void gradient(V dx, V dy, V dz, const Q (&q)[C], V (&u)[K],
///                                   V (&g)[3 * K]) const;
///
/// and it may state `static int order_for(int digits, bool gradient)`, the order that keeps the
/// digits promised. Kernels that do not have theirs found by a probe (see Probe).
template <class Kernel>
concept SimpleKernel = TranslationKernel<Kernel> && requires {
  { Kernel::has_gradient } -> std::convertible_to<bool>;
  { Kernel::prefactor } -> std::convertible_to<double>;
};

/// A kernel made of device functors: a *source* functor (charges to check surfaces), a *translation*
/// kernel, from which every operator and the cache follow, an *evaluation* functor (densities to
/// outputs) and a *near* functor (charges to outputs), which alone may be regularised.
///
///     using scalar = double or float;
///     using Translation = ...;                     // a TranslationKernel
///     static constexpr int charge_components;      // numbers per charge
///     static constexpr int columns;                // translation problems side by side
///     static constexpr OutputTerm outputs[];       // what it offers, see below
///     static std::string name();
///     Kernel rescaled(double h) const;
///     Translation translation() const;
///     auto source() const;                         // inputs: charges; rows<0>: columns * K
///     auto evaluation() const;                     // inputs: columns * C
///     template <Root R, bool Masked> auto near() const;   // inputs: charges
///
/// `source` and `evaluation` may be templates of a `Root R = Root::exact`: then the far field takes
/// cheaper ones where the near field of a plan in double is `mixed` or `rough`.
///
/// A functor can be made without arguments, and has `static constexpr int inputs`,
/// `template <int Last> static constexpr int rows` and
///
///     template <int Last, class V, class Q>
///     KOKKOS_FUNCTION void add(const V& dx, const V& dy, const V& dz, const Q (&q)[inputs],
///                              V (&out)[rows<Last>]) const;
///
/// With `Last` it computes outputs[0] to outputs[Last], one after the other in `out`. A functor may have
/// `KOKKOS_FUNCTION static constexpr double row_scale(int row)`, by which its sums are then to be
/// multiplied: roots are cheaper so (see scaled_inverse_sqrt).
///
/// The kernel may also state
///
///     static constexpr bool first_moment;          // its columns are those of FirstMoment: see below
///     static constexpr int source_derivatives;     // 1: charges are dipoles, or have one beside
///     double dipole_length;                        // by which `rescaled` multiplies dipoles beside charges
///     static int order_for(int digits, int last_output);
///     double near_range(double error) const;       // beyond it near and source + evaluation agree
///     double decay(double distance) const;         // of a screened kernel, beside what all do
///     double phase(double distance) const;         // of a wave, in radians
///     static double near_factor(int last_output);        // cost of a pair, in pairs of Laplace
///     static constexpr ParameterTerm<Kernel> parameter_terms[];   // held to their bounds by Plan
///
/// With `first_moment` the source functor's fourth row is the potential of (y - x).f, the moment seen
/// from the point x where the potential is taken, and the evaluation functor's fourth density is the
/// moment seen from the density's own point. Its translation kernel has one component.
template <class Kernel>
concept ComposedKernel =
    std::is_trivially_copyable_v<Kernel> && requires(const Kernel k, double h) {
      typename Kernel::scalar;
      requires TranslationKernel<typename Kernel::Translation>;
      // One that is derived from a built-in kernel, to change it, is not that kernel any more.
      requires std::is_same_v<typename Kernel::Translation, Kernel> ||
                   !std::is_base_of_v<typename Kernel::Translation, Kernel>;
      { Kernel::charge_components } -> std::convertible_to<int>;
      { Kernel::columns } -> std::convertible_to<int>;
      { Kernel::outputs[0] } -> std::convertible_to<OutputTerm>;
      { Kernel::name() } -> std::convertible_to<std::string>;
      { k.rescaled(h) } -> std::same_as<Kernel>;
      { k.translation() } -> std::same_as<typename Kernel::Translation>;
      k.source();
      k.evaluation();
      k.template near<Root::exact, true>();
    };

/// What a Plan takes.
template <class Kernel>
concept KernelFamily = SimpleKernel<Kernel> || ComposedKernel<Kernel>;

namespace Impl {

/// 64-bit FNV-1a of numbers, bit by bit.
class NumberHash {
 public:
  void add(double value) {
    std::uint64_t bits;
    static_assert(sizeof bits == sizeof value);
    __builtin_memcpy(&bits, &value, sizeof bits);
    for (int b = 0; b < 8; ++b) m_value = (m_value ^ (bits >> (8 * b) & 255)) * 1099511628211ull;
  }
  std::uint64_t value() const { return m_value; }

 private:
  std::uint64_t m_value = 1469598103934665603ull;
};

/// Calls f(dx, dy, dz) for 32 fixed pairs of points: exactly representable differences of both signs,
/// some along an axis.
template <class F>
void for_sample_pairs(const F& f) {
  for (int pair = 0; pair < 32; ++pair)
    f(((pair * 37) % 64 - 31.5) / 16, ((pair * 23) % 64 - 31.5) / 16,
      pair % 5 == 0 ? 0.0 : ((pair * 11) % 64 - 31.5) / 16);
}

}  // namespace Impl

/// 64-bit FNV-1a of a translation kernel's values at 32 fixed pairs of points, so that operators
/// computed for an edited functor never meet the new one.
/// @param kernel  with its parameters
/// @return the hash; equal for kernels whose values agree to the bit at those pairs
template <TranslationKernel Kernel>
std::uint64_t value_hash(const Kernel& kernel) {
  constexpr int C = Kernel::source_components, K = Kernel::target_components;
  Impl::NumberHash hash;
  Impl::for_sample_pairs([&](double dx, double dy, double dz) {
    for (int c = 0; c < C; ++c) {
      double q[C] = {}, u[K] = {};
      q[c] = 1;
      kernel.potential(dx, dy, dz, q, u);
      for (int k = 0; k < K; ++k) hash.add(u[k]);
    }
  });
  return hash.value();
}

}  // namespace Octopole

#endif
