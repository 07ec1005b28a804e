#ifndef OCTOPOLE_VARIANTS_HPP
#define OCTOPOLE_VARIANTS_HPP

#include <stdexcept>

namespace Octopole {

/// How the multipole-to-local translation is applied.
/// `blas`: one randomised basis pair for all 316 transfer vectors, then a recompressed matrix per
/// transfer vector, applied as tall matrix products.
/// `fft`: a convolution, by Fourier transforms over pairs of neighbouring parents.
/// `automatic`: `blas` where a tolerance or rank is given, else `fft`.
enum class M2L { automatic, blas, fft };

/// @param m2l  any of them
/// @return its name in the enumeration
inline const char* name_of(M2L m2l) {
  static constexpr const char* names[] = {"automatic", "blas", "fft"};
  return names[static_cast<int>(m2l)];
}

namespace Impl {
/// For a switch over M2L that is reached only when the options are resolved.
[[noreturn]] inline void m2l_not_chosen() {
  throw std::logic_error("Octopole: M2L is still to be chosen");
}
}  // namespace Impl

/// `fmm`: the fast method. `direct`: the plain sum. `automatic`: whichever is expected to be faster.
enum class Method { automatic, fmm, direct };

/// Whose sums over all images of a cell a kernel's are: of charges, dipoles or both of Laplace's equation, of vortices,
/// whose velocity is the curl of a potential of three such, of forces on a viscous fluid (Stokeslet), or of screened
/// charges (Yukawa's).
enum class PeriodicSum { none, charges, dipoles, charges_and_dipoles, vortices, forces, screened };

/// What surrounds the sphere that the images of a cell fill (S. W. de Leeuw, J. W. Perram and E. R. Smith, Proc. R. Soc.
/// Lond. A 373 (1980) 27): in a `conductor` ("tin foil") its surface has no field, in a `vacuum` that of its dipoles.
enum class Surroundings { conductor, vacuum };

/// How P2P is computed. A SimpleKernel has `exact` alone, kernels made of functors have all of these.
/// `exact`: in the kernel's scalar, roots to its accuracy. `fast`: the same with roots to 6e-9 (float:
/// to 6e-5). `mixed`, double only: pairs in float, from differences of coordinates that are sums of two
/// floats, so that each pair is good to 2e-7; those nearer than 2e-6 of the leaf, and points near
/// themselves, in double. `rough`, double only: pairs in float, roots to 6e-5. Whatever is in float takes
/// pairs too close for it in double.
/// `automatic`: by `digits` (see Accuracy::near_field); with `order` given, `exact`.
enum class NearField { automatic, exact, fast, mixed, rough };

/// @param n  any of them
/// @return its name in the enumeration
inline const char* name_of(NearField n) {
  static constexpr const char* names[] = {"automatic", "exact", "fast", "mixed", "rough"};
  return names[static_cast<int>(n)];
}

}  // namespace Octopole

#endif
