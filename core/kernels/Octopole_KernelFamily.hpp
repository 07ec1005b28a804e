#ifndef OCTOPOLE_KERNEL_FAMILY_HPP
#define OCTOPOLE_KERNEL_FAMILY_HPP

#include <core/kernels/Octopole_Kernel.hpp>

#include <cstdint>
#include <iterator>
#include <limits>

namespace Octopole {

namespace Impl {

/// A simple kernel as a functor: the potential, and with Last == 1 its gradient too.
template <class Kernel>
struct SimpleFunctor {
  static constexpr int inputs = Kernel::source_components;
  static constexpr int K = Kernel::target_components;
  template <int Last>
  static constexpr int rows = Last == 0 ? K : 4 * K;
  Kernel kernel;

  template <int Last, class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void add(const V& dx, const V& dy, const V& dz, const Q (&q)[inputs],
                                       V (&out)[rows<Last>]) const {
    if constexpr (Last == 0) {
      kernel.potential(dx, dy, dz, q, out);
    } else {
      V u[K], g[3 * K];
      for (int k = 0; k < K; ++k) u[k] = out[k];
      for (int k = 0; k < 3 * K; ++k) g[k] = out[K + k];
      kernel.gradient(dx, dy, dz, q, u, g);
      for (int k = 0; k < K; ++k) out[k] = u[k];
      for (int k = 0; k < 3 * K; ++k) out[K + k] = g[k];
    }
  }
};

}  // namespace Impl

/// A kernel's parts under one set of names, whichever way it was written.
template <class Kernel>
struct Family;

/// Of a kernel made of functors; of a SimpleKernel the members are the same.
template <ComposedKernel Kernel>
struct Family<Kernel> {
  using Translation = typename Kernel::Translation;          ///< the translation kernel
  static constexpr int charges = Kernel::charge_components;  ///< numbers per charge of the caller
  /// whether its columns are those of FirstMoment
  static constexpr bool first_moment = [] {
    if constexpr (requires { Kernel::first_moment; })
      return bool(Kernel::first_moment);
    else
      return false;
  }();
  static constexpr int columns = Kernel::columns;  ///< translation problems side by side
  /// number of outputs; a functor with Last = l computes outputs 0 to l
  static constexpr int n_outputs = int(std::size(Kernel::outputs));
  static constexpr bool has_roots = true;  ///< `near` for every Root

  /// number of parameters that the kernel states
  static constexpr int parameters = [] {
    if constexpr (requires { Kernel::parameter_terms; })
      // nvcc knows no bound for std::size here. NOLINTNEXTLINE(bugprone-sizeof-expression)
      return int(sizeof(Kernel::parameter_terms) / sizeof(Kernel::parameter_terms[0]));
    else
      return 0;
  }();

  /// @param i  0 to n_outputs - 1
  /// @return what the kernel states about output i
  static constexpr OutputTerm term(int i) { return Kernel::outputs[i]; }
  /// @param i  0 to parameters - 1
  /// @return what the kernel states about parameter i
  static constexpr ParameterTerm<Kernel> parameter([[maybe_unused]] int i) {
    if constexpr (parameters > 0)
      return Kernel::parameter_terms[i];
    else
      return {};
  }
  /// @param k  the kernel
  /// @return its translation kernel
  static Translation translation(const Kernel& k) { return k.translation(); }
  /// `source` and `evaluation` for every Root
  static constexpr bool has_far_roots = requires(const Kernel k) {
    k.template source<Root::step>(), k.template evaluation<Root::step>();
  };
  /// @param k  the kernel
  /// @return its functor from charges to check surfaces
  template <Root R = Root::exact>
  KOKKOS_FUNCTION static auto source(const Kernel& k) {
    if constexpr (has_far_roots)
      return k.template source<R>();
    else
      return k.source();
  }
  /// @param k  the kernel
  /// @return its functor from densities to outputs
  template <Root R = Root::exact>
  KOKKOS_FUNCTION static auto evaluation(const Kernel& k) {
    if constexpr (has_far_roots)
      return k.template evaluation<R>();
    else
      return k.evaluation();
  }
  /// @param k  the kernel
  /// @return its functor from charges to outputs; without `Masked` only for distances above zero
  template <Root R, bool Masked>
  KOKKOS_FUNCTION static auto near(const Kernel& k) {
    return k.template near<R, Masked>();
  }
};

/// @cond FAMILY
template <SimpleKernel Kernel>
  requires(!ComposedKernel<Kernel>)
struct Family<Kernel> {
  using Translation = Kernel;
  static constexpr int charges = Kernel::source_components;
  static constexpr bool first_moment = false;
  static constexpr int columns = 1;
  static constexpr int n_outputs = Kernel::has_gradient ? 2 : 1;
  static constexpr bool has_roots = false;
  static constexpr bool has_far_roots = false;
  static constexpr int parameters = 0;

  static constexpr ParameterTerm<Kernel> parameter(int) { return {}; }
  static constexpr OutputTerm term(int i) {
    const int k = Kernel::target_components;
    if (i == 0) return {Output::potential, {k, 1}, Kernel::degree, Kernel::prefactor};
    return {Output::gradient, {k, 3}, Kernel::degree - 1, Kernel::prefactor};
  }
  static Translation translation(const Kernel& k) { return k; }
  template <Root = Root::exact>
  KOKKOS_FUNCTION static auto source(const Kernel& k) {
    return Impl::SimpleFunctor<Kernel>{k};
  }
  template <Root = Root::exact>
  KOKKOS_FUNCTION static auto evaluation(const Kernel& k) {
    return Impl::SimpleFunctor<Kernel>{k};
  }
  template <Root, bool>
  KOKKOS_FUNCTION static auto near(const Kernel& k) {
    return Impl::SimpleFunctor<Kernel>{k};
  }
};

/// @endcond
/// Whether charges, coefficients and results are complex numbers, in two real components.
template <class Kernel>
inline constexpr bool is_complex = [] {
  if constexpr (requires { Family<Kernel>::Translation::complex; })
    return bool(Family<Kernel>::Translation::complex);
  else
    return false;
}();

/// Whether the equation is a system: densities of several components that are not one complex number.
template <class Kernel>
inline constexpr bool is_system =
    !is_complex<Kernel> && (Family<Kernel>::Translation::source_components > 1 ||
                            Family<Kernel>::Translation::target_components > 1);

/// Derivatives of the translation kernel that a charge takes at its source: one of a dipole. What a kernel of one column
/// does not state follows from the degree of its first output.
template <class Kernel>
inline constexpr int source_derivatives = [] {
  using Parts = Family<Kernel>;
  if constexpr (requires { Kernel::source_derivatives; })
    return int(Kernel::source_derivatives);
  else
    return Parts::columns == 1 && Parts::term(0).degree < Parts::Translation::degree ? 1 : 0;
}();

/// All outputs of a kernel.
template <class Kernel>
inline constexpr Output outputs_of = [] {
  Output all = Output::none;
  for (int i = 0; i < Family<Kernel>::n_outputs; ++i) all |= Family<Kernel>::term(i).output;
  return all;
}();

/// The last of these outputs: with those before it they are all computed.
/// @param outputs  of those that the kernel offers
/// @return 0 to n_outputs - 1
template <class Kernel>
constexpr int last_output_of(Output outputs) {
  int last_output = 0;
  for (int i = 0; i < Family<Kernel>::n_outputs; ++i)
    if (contains(outputs, Family<Kernel>::term(i).output)) last_output = i;
  return last_output;
}

/// Rows of outputs 0 to `last_output` together.
/// @param last_output  0 to n_outputs - 1
/// @return numbers per target
template <class Kernel>
constexpr int rows_of(int last_output) {
  int rows = 0;
  for (int i = 0; i <= last_output; ++i) rows += Family<Kernel>::term(i).rows();
  return rows;
}

/// By what to multiply row `row` of a functor's sums.
/// @param row  of the functor's sums
/// @return 1 where the functor states nothing
template <class Functor>
KOKKOS_FORCEINLINE_FUNCTION constexpr double row_scale(int row) {
  if constexpr (requires { Functor::row_scale(row); })
    return Functor::row_scale(row);
  else
    return 1;
}

/// The same where right-hand sides of `Rows` rows follow each other, times a factor of all rows.
template <class Functor, int Rows>
struct RowScale {
  double factor = 1;  ///< of all rows

  /// @param row  of the sums of all right-hand sides
  /// @return row_scale() times the factor
  KOKKOS_FORCEINLINE_FUNCTION constexpr double operator()(int row) const {
    return factor * row_scale<Functor>(row % Rows);
  }
};

/// A functor for B charges at one place, right-hand sides or components, one after the other in inputs
/// and rows. Distances and roots are the same for all: once inlined the compiler computes them once.
template <class Functor, int B>
struct Batch {
  /// @cond KERNEL
  static constexpr int inputs = B * Functor::inputs;
  template <int Last>
  static constexpr int rows = B * Functor::template rows<Last>;
  /// @endcond
  Functor functor;  ///< for one right-hand side
  /// @cond KERNEL

  template <int Last, class V, class Q>
  KOKKOS_FORCEINLINE_FUNCTION void add(const V& dx, const V& dy, const V& dz, const Q (&q)[inputs],
                                       V (&out)[rows<Last>]) const {
    constexpr int I = Functor::inputs, K = Functor::template rows<Last>;
    if constexpr (B == 1) {
      functor.template add<Last>(dx, dy, dz, q, out);
    } else {
      for (int b = 0; b < B; ++b) {
        Q q_b[I];
        V out_b[K];
        for (int i = 0; i < I; ++i) q_b[i] = q[b * I + i];
        for (int k = 0; k < K; ++k) out_b[k] = out[b * K + k];
        functor.template add<Last>(dx, dy, dz, q_b, out_b);
        for (int k = 0; k < K; ++k) out[b * K + k] = out_b[k];
      }
    }
  }
  /// @endcond
};

/// Right-hand sides that a loop over pairs takes at once: four where their sums fit into registers.
template <class Functor, int Last>
inline constexpr int batch_size = Functor::template rows<Last> <= 4 ? 4 : 1;

/// Calls f(std::integral_constant<int, B>, first) for batches that make up `n` right-hand sides.
/// @param n  number of right-hand sides
/// @param f  f(size of the batch, its first right-hand side)
template <class Functor, int Last, class F>
KOKKOS_FORCEINLINE_FUNCTION void for_batches(int n, const F& f) {
  constexpr int B = batch_size<Functor, Last>;
  int first = 0;
  if constexpr (B > 1)
    for (; first + B <= n; first += B) f(std::integral_constant<int, B>{}, first);
  for (; first < n; ++first) f(std::integral_constant<int, 1>{}, first);
}

}  // namespace Octopole

#endif
