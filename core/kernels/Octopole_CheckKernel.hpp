#ifndef OCTOPOLE_CHECK_KERNEL_HPP
#define OCTOPOLE_CHECK_KERNEL_HPP

#include <core/base/Octopole_Values.hpp>
#include <core/kernels/Octopole_FirstMoment.hpp>
#include <core/kernels/Octopole_KernelFamily.hpp>

#include <string>
#include <type_traits>
#include <utility>

/// What a kernel has to have and what its parameters may be, said in a sentence where it is otherwise.
namespace Octopole::Impl {

/// Whether Values have room for the kernel's charges and for each of its outputs.
template <class Kernel>
inline constexpr bool rows_fit = [] {
  bool fit = Family<Kernel>::charges <= Values<double>::most_rows;
  for (int i = 0; i < Family<Kernel>::n_outputs; ++i)
    fit = fit && Family<Kernel>::term(i).rows() <= Values<double>::most_rows;
  return fit;
}();

/// Throws std::invalid_argument where a parameter is not finite or less than the kernel allows.
/// `kernel`: its name.
void check_parameter(const std::string& kernel, const char* name, double value, double least);

/// The same of all parameters that a kernel states.
template <class Kernel>
void check_parameters(const Kernel& kernel) {
  for (int i = 0; i < Family<Kernel>::parameters; ++i) {
    const ParameterTerm<Kernel> term = Family<Kernel>::parameter(i);
    check_parameter(Kernel::name(), term.name, kernel.*term.member, term.least);
  }
}

template <class Kernel, class V>
concept HasPotential =
    requires(const Kernel k, V x, const typename Kernel::scalar (&q)[Kernel::source_components],
             V (&u)[Kernel::target_components]) { k.potential(x, x, x, q, u); };

template <class Kernel, class V>
concept HasGradient =
    requires(const Kernel k, V x, const typename Kernel::scalar (&q)[Kernel::source_components],
             V (&u)[Kernel::target_components],
             V (&g)[3 * Kernel::target_components]) { k.gradient(x, x, x, q, u, g); };

template <class Functor, int Last, class V>
concept HasAdd =
    requires(const Functor f, V x, const scalar_of<V> (&q)[Functor::inputs],
             V (&out)[Functor::template rows<Last>]) { f.template add<Last>(x, x, x, q, out); };

template <class Kernel, class Pack>
constexpr void check_translation() {
  static_assert(
      HasPotential<Kernel, typename Kernel::scalar> && HasPotential<Kernel, Pack>,
      "Octopole: the kernel needs `template <class V, class Q> void potential(const V& dx, "
      "const V& dy, const V& dz, const Q (&q)[source_components], V (&u)[target_components]) "
      "const`, for scalars and packs V");
}

template <class Functor, int Levels, class Kernel, class Pack>
constexpr void check_outputs() {
  [&]<int... Last>(std::integer_sequence<int, Last...>) {
    static_assert(((Functor::template rows<Last> == rows_of<Kernel>(Last)) && ...),
                  "Octopole: a functor's rows<Last> have to be those of the kernel's outputs[0] to "
                  "outputs[Last] together");
    static_assert(
        (HasAdd<Functor, Last, Pack> && ...),
        "Octopole: a functor needs `template <int Last, class V, class Q> void add(const V& "
        "dx, const V& dy, const V& dz, const Q (&q)[inputs], V (&out)[rows<Last>]) const`, for "
        "scalars and packs V");
  }(std::make_integer_sequence<int, Levels>());
}

/// `Pack`: what the loops will compute with.
template <class Kernel, class Pack>
constexpr bool check_kernel() {
  static_assert(
      KernelFamily<Kernel>,
      "Octopole: this class is no kernel: it has to be trivially copyable and have the members "
      "that SimpleKernel or ComposedKernel in Octopole_Kernel.hpp lists");
  if constexpr (ComposedKernel<Kernel>) {
    using Parts = Family<Kernel>;
    using Translation = typename Parts::Translation;
    using Source = decltype(Parts::source(std::declval<Kernel>()));
    using Evaluation = decltype(Parts::evaluation(std::declval<Kernel>()));
    using Near = decltype(Parts::template near<Root::exact, true>(std::declval<Kernel>()));
    if constexpr (!std::is_same_v<Translation, Kernel>) check_translation<Translation, Pack>();
    static_assert(Source::inputs == Parts::charges && Near::inputs == Parts::charges,
                  "Octopole: the source and near functors' inputs have to be the kernel's charges");
    static_assert(
        !Parts::first_moment ||
            (Parts::columns == FirstMoment::columns && Translation::source_components == 1 &&
             Translation::target_components == 1),
        "Octopole: a kernel with first_moment needs four columns and a translation kernel of one "
        "component");
    static_assert(
        Source::template rows<0> == Parts::columns * Translation::target_components,
        "Octopole: the source functor's rows<0> have to be columns times the translation's "
        "target_components");
    static_assert(
        Evaluation::inputs == Parts::columns * Translation::source_components,
        "Octopole: the evaluation functor's inputs have to be columns times the translation's "
        "source_components");
    check_outputs<Evaluation, Parts::n_outputs, Kernel, Pack>();
    check_outputs<Near, Parts::n_outputs, Kernel, Pack>();
  } else {
    check_translation<Kernel, Pack>();
    if constexpr (Kernel::has_gradient)
      static_assert(
          HasGradient<Kernel, typename Kernel::scalar> && HasGradient<Kernel, Pack>,
          "Octopole: a kernel with has_gradient needs `template <class V, class Q> void "
          "gradient(const V& dx, const V& dy, const V& dz, const Q (&q)[source_components], V "
          "(&u)[target_components], V (&g)[3 * target_components]) const`, for scalars and packs "
          "V");
  }
  return true;
}

}  // namespace Octopole::Impl

#endif
