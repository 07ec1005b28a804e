#ifndef OCTOPOLE_KERNEL_STATEMENT_HPP
#define OCTOPOLE_KERNEL_STATEMENT_HPP

#include <core/base/Octopole_Variants.hpp>
#include <core/kernels/Octopole_Accuracy.hpp>
#include <core/kernels/Octopole_KernelFamily.hpp>
#include <core/kernels/Octopole_Output.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

namespace Octopole {

/// What a kernel states about itself, at run time: all that planning has to know of it, so that
/// planning is compiled once for all kernels.
struct KernelStatement {
  std::string name;            ///< Kernel::name()
  bool single = false;         ///< the scalar is float
  int max_digits = 10;         ///< most digits that can be asked for
  double epsilon = 0;          ///< of the scalar
  int charges = 1,             ///< numbers per charge
      columns = 1;             ///< translation problems side by side
  int source_components = 1,   ///< C of the translation kernel
      check_components = 1;    ///< K of the translation kernel
  int degree = -1;             ///< of the translation kernel, as of outputs (OutputTerm)
  int source_derivatives = 0;  ///< of the translation kernel, that a charge takes at its source
  bool homogeneous = true;     ///< one set of operators serves all levels
  bool complex = false;        ///< charges and results are complex numbers
  bool first_moment = false;   ///< the columns are those of FirstMoment
  bool has_roots = false;      ///< the near field can be had at several accuracies
  bool states_orders = false;  ///< no probe is needed to find the order
  PeriodicSum periodic_sum = PeriodicSum::none;  ///< whose sums over all images of a cell these are
  std::vector<OutputTerm> terms;                 ///< of the outputs, in their order

  /// @cond TABLES
  // The kernel's tables, see Accuracy.
  int (*order_for)(int digits, int last_output) = nullptr;
  int (*check_order)(int order) = nullptr;
  NearField (*near_field)(int digits) = nullptr;
  bool (*m2l_single)(int digits, int last_output) = nullptr;
  double (*cutoff)(int order) = nullptr;
  double (*m2l_tolerance)(double error, int last_output, double epsilon) = nullptr;
  double (*near_factor)(int last_output) = nullptr;
  /// @endcond

  /// @return number of outputs
  int n_outputs() const { return int(terms.size()); }
  /// @return all outputs
  Output outputs() const {
    Output all = Output::none;
    for (const OutputTerm& term : terms) all |= term.output;
    return all;
  }
  /// The last of these outputs: with those before it they are all computed.
  /// @param some  of those that the kernel offers
  /// @return 0 to n_outputs() - 1
  int last_output_of(Output some) const {
    int last_output = 0;
    for (int i = 0; i < n_outputs(); ++i)
      if (contains(some, terms[i].output)) last_output = i;
    return last_output;
  }
  /// Most derivatives of a translated potential that outputs 0 to `last_output` take, those at the source among them.
  /// Kernels of several columns take one for their first output too.
  /// @param last_output  0 to n_outputs() - 1
  /// @return at least 0
  int derivatives_of(int last_output) const {
    const int at_target = terms[0].degree - terms[last_output].degree;
    return std::max({degree - terms[last_output].degree, columns > 1 ? last_output + 1 : 0,
                     source_derivatives + at_target});
  }
  /// @return whether sources are dipoles, perhaps beside charges
  bool of_dipoles() const { return source_derivatives > 0; }
  /// Rows of outputs 0 to `last_output` together.
  /// @param last_output  0 to n_outputs() - 1
  /// @return numbers per target
  int rows_of(int last_output) const {
    int rows = 0;
    for (int i = 0; i <= last_output; ++i) rows += terms[i].rows();
    return rows;
  }
};

/// How much more a pair costs than one of Laplace's with as many derivatives: what the kernel
/// states, else by its components.
/// @param last_output  of those wanted
/// @return a factor above 0
template <class Kernel>
double near_factor(int last_output) {
  if constexpr (requires { Kernel::near_factor(last_output); }) {
    return Kernel::near_factor(last_output);
  } else {
    return 1 + 0.2 * (double(Family<Kernel>::charges) * rows_of<Kernel>(last_output) /
                          (last_output > 0 ? 4 : 1) -
                      1);
  }
}

/// @return what `Kernel` states
template <class Kernel>
KernelStatement statement_of() {
  using T = typename Kernel::scalar;
  using Parts = Family<Kernel>;
  using Translation = typename Parts::Translation;
  KernelStatement s;
  s.name = Kernel::name();
  s.single = std::is_same_v<T, float>;
  s.max_digits = Accuracy::max_digits<T>;
  s.epsilon = std::numeric_limits<T>::epsilon();
  s.charges = Parts::charges, s.columns = Parts::columns;
  s.source_components = Translation::source_components;
  s.check_components = Translation::target_components;
  s.degree = Translation::degree;
  s.source_derivatives = source_derivatives<Kernel>;
  s.homogeneous = Translation::homogeneous;
  s.complex = is_complex<Kernel>;
  s.first_moment = Parts::first_moment, s.has_roots = Parts::has_roots;
  s.states_orders = Accuracy::has_orders<Kernel>;
  if constexpr (requires { Kernel::periodic_sum; }) s.periodic_sum = Kernel::periodic_sum;
  for (int i = 0; i < Parts::n_outputs; ++i) s.terms.push_back(Parts::term(i));
  s.order_for = &Accuracy::order_for<Kernel>;
  s.check_order = &Accuracy::check_order<Kernel>;
  s.near_field = &Accuracy::near_field<Kernel>;
  s.m2l_single = &Accuracy::m2l_single<Kernel>;
  s.cutoff = &Accuracy::cutoff<Kernel>;
  s.m2l_tolerance = &Accuracy::m2l_tolerance<Kernel>;
  s.near_factor = &near_factor<Kernel>;
  return s;
}

}  // namespace Octopole

#endif
