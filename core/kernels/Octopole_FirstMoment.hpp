#ifndef OCTOPOLE_FIRST_MOMENT_HPP
#define OCTOPOLE_FIRST_MOMENT_HPP

#include <Kokkos_Core.hpp>

namespace Octopole {

/// Four translation problems side by side: A = sum f/r, one for each component of vectors f at
/// places y, and their first moment G = sum (y.f)/r (r: distance from y). G hangs on the origin that
/// y is seen from: what is wanted of A and G together does not. An origin far away would make both
/// large and their difference small, so that every box has its own: Tornberg and Greengard 2008,
/// section 2.1, with the origin moved at each translation.
struct FirstMoment {
  static constexpr int columns = 4;  ///< f's three components, then y.f

  /// G as seen from another origin. The same for potentials, densities and their transforms.
  /// @param g  seen from the old origin
  /// @param a0,a1,a2  the three columns before it, at the same point
  /// @param d0,d1,d2  the old origin, seen from the new one
  /// @return g + d.a
  template <class V, class D>
  KOKKOS_FORCEINLINE_FUNCTION static V moved(const V& g, const V& a0, const V& a1, const V& a2,
                                             const D& d0, const D& d1, const D& d2) {
    return g + (V(d0) * a0 + V(d1) * a1 + V(d2) * a2);
  }
};

}  // namespace Octopole

#endif
