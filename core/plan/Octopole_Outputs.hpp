#ifndef OCTOPOLE_OUTPUTS_HPP
#define OCTOPOLE_OUTPUTS_HPP

#include <core/base/Octopole_HostRanges.hpp>
#include <core/kernels/Octopole_Output.hpp>

#include <type_traits>
#include <utility>

namespace Octopole {

/// Stands for an output that is not wanted.
struct NoOutput {};

/// Whether a member of Outputs is a View rather than NoOutput.
template <class T>
inline constexpr bool is_wanted = !std::is_same_v<T, NoOutput>;

/// Where results go; name those wanted: `Outputs{.potential = u, .gradient = g}`, or where the compiler does
/// not take that, `outputs().potential(u).gradient(g)`. Any subset of what the kernel offers.
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

namespace Impl {

/// What Outputs keeps of an array of the caller's: a View, also of a std::vector or a std::span.
template <class Array>
auto output_view(Array&& array) {
  using Bare = std::remove_cvref_t<Array>;
  static_assert(
      !HostRange<Bare> || std::is_lvalue_reference_v<Array> || std::is_trivially_copyable_v<Bare>,
      "Octopole::outputs(): results cannot go into a container that is gone afterwards");
  return as_view(array);
}

}  // namespace Impl

/// Outputs that are named one after the other: `outputs().potential(u).gradient(g)`. Any such chain is an
/// Outputs, for compilers too that do not take `Outputs{.potential = u}` (clang++ before 17). Results may
/// go into Views, and on the host into a std::vector, std::span or the like, of numbers or, where there are
/// several per target, of std::array; each output is named at most once.
template <class Potential = NoOutput, class Gradient = NoOutput, class Hessian = NoOutput,
          class Velocity = NoOutput, class Pressure = NoOutput, class VelocityGradient = NoOutput>
class NamedOutputs
    : public Outputs<Potential, Gradient, Hessian, Velocity, Pressure, VelocityGradient> {
  using Base = Outputs<Potential, Gradient, Hessian, Velocity, Pressure, VelocityGradient>;

 public:
  NamedOutputs() = default;
  /// @param all  what is named so far
  explicit NamedOutputs(const Base& all) : Base(all) {}

  /// @param array  (M[, R]), until the results have been read
  /// @return the same with one output more
  template <class Array>
  auto potential(Array&& array) const {
    return with<Output::potential>(std::forward<Array>(array));
  }
  /// @param array  (M, 3[, R]), until the results have been read
  /// @return the same with one output more
  template <class Array>
  auto gradient(Array&& array) const {
    return with<Output::gradient>(std::forward<Array>(array));
  }
  /// @param array  (M, 6[, R]), until the results have been read
  /// @return the same with one output more
  template <class Array>
  auto hessian(Array&& array) const {
    return with<Output::hessian>(std::forward<Array>(array));
  }
  /// @param array  (M, 3[, R]), until the results have been read
  /// @return the same with one output more
  template <class Array>
  auto velocity(Array&& array) const {
    return with<Output::velocity>(std::forward<Array>(array));
  }
  /// @param array  (M[, R]), until the results have been read
  /// @return the same with one output more
  template <class Array>
  auto pressure(Array&& array) const {
    return with<Output::pressure>(std::forward<Array>(array));
  }
  /// @param array  (M, 3, 3[, R]), until the results have been read
  /// @return the same with one output more
  template <class Array>
  auto velocity_gradient(Array&& array) const {
    return with<Output::velocity_gradient>(std::forward<Array>(array));
  }

 private:
  template <class... Views>
  static NamedOutputs<Views...> of(const Views&... views) {
    return NamedOutputs<Views...>({views...});
  }
  template <Output named, Output member, class View, class Old>
  static auto choose(const View& view, const Old& old) {
    if constexpr (named == member)
      return view;
    else
      return old;
  }
  /// This with `array` for the output `named`.
  template <Output named, class Array>
  auto with(Array&& array) const {
    static_assert(!contains(Base::wanted, named), "Octopole::outputs() names an output twice");
    const auto view = Impl::output_view(std::forward<Array>(array));
    return of(choose<named, Output::potential>(view, Base::potential),
              choose<named, Output::gradient>(view, Base::gradient),
              choose<named, Output::hessian>(view, Base::hessian),
              choose<named, Output::velocity>(view, Base::velocity),
              choose<named, Output::pressure>(view, Base::pressure),
              choose<named, Output::velocity_gradient>(view, Base::velocity_gradient));
  }
};

/// Begins a chain of names: `plan.execute(exec, charges, outputs().potential(u).gradient(g))`.
/// @return no output yet
inline NamedOutputs<> outputs() {
  return {};
}

}  // namespace Octopole

#endif
