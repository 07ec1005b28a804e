#ifndef OCTOPOLE_FAR_ROOT_HPP
#define OCTOPOLE_FAR_ROOT_HPP

#include <core/kernels/Octopole_KernelFamily.hpp>

#include <type_traits>

namespace Octopole {

/// Calls f(std::integral_constant<Root, R>) with the root that the far field's functors take.
/// @param root  Root::exact or Root::step; where the kernel has no choice, exact ones are all there are
/// @param f  called once
template <class Kernel, class F>
void with_far_root(Root root, const F& f) {
  if constexpr (Family<Kernel>::has_far_roots && std::is_same_v<typename Kernel::scalar, double>)
    if (root == Root::step) return f(std::integral_constant<Root, Root::step>{});
  f(std::integral_constant<Root, Root::exact>{});
}

}  // namespace Octopole

#endif
