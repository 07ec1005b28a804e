#ifndef OCTOPOLE_STD_REFUSALS_HPP
#define OCTOPOLE_STD_REFUSALS_HPP

#include <Kokkos_Core.hpp>
#include <Kokkos_SIMD.hpp>

// A kernel's functor that calls std::sqrt compiles where packs are scalars, and elsewhere ends in a page of candidates
// that names none of ours. For a qualified name only a declaration in std can say more. These are never defined for any
// type but Kokkos' packs, for which std has nothing, and never compile: whoever calls one reads its sentence.
// (Formally the standard leaves a program that declares anything in std undefined; no library minds these.)
#define OCTOPOLE_REFUSE(function, instead)                                        \
  template <class T, class Abi>                                                   \
  auto function(const Kokkos::Experimental::basic_simd<T, Abi>& x) {              \
    static_assert(sizeof(T) == 0,                                                 \
                  "Octopole: a kernel's functor computes with packs of numbers, " \
                  "for which there is no std::" #function ": use " instead);      \
    return x;                                                                     \
  }

/// @cond HELPER
namespace std {
OCTOPOLE_REFUSE(sqrt,
                "Octopole::inverse_sqrt(r2), and r2 * Octopole::inverse_sqrt(r2) for the root")
OCTOPOLE_REFUSE(exp, "Octopole::exponential")
OCTOPOLE_REFUSE(sin, "Octopole::sine_cosine")
OCTOPOLE_REFUSE(cos, "Octopole::sine_cosine")
}  // namespace std
/// @endcond

#undef OCTOPOLE_REFUSE

#endif
