#ifndef OCTOPOLE_OUTPUTS_HPP
#define OCTOPOLE_OUTPUTS_HPP

#include <type_traits>

namespace Octopole {

/// Stands for an output that is not wanted.
struct NoOutput {};

/// Where results go; name those wanted: `Outputs{.potential = u, .gradient = g}`.
///
/// `potential`: (M) for kernels with one output component, else (M, K).
/// `gradient`: grad_x of the potential (not a force): (M, 3), else (M, K, 3).
/// M is the number of targets. Results overwrite what was there, in the caller's order.
template <class Potential = NoOutput, class Gradient = NoOutput>
struct Outputs {
  Potential potential{};
  Gradient gradient{};
};

template <class T>
inline constexpr bool is_wanted = !std::is_same_v<T, NoOutput>;

}  // namespace Octopole

#endif
