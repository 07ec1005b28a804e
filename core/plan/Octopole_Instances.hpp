#ifndef OCTOPOLE_INSTANCES_HPP
#define OCTOPOLE_INSTANCES_HPP

#include <Octopole_BiotSavart.hpp>
#include <Octopole_Config.hpp>
#include <Octopole_Helmholtz.hpp>
#include <Octopole_Laplace.hpp>
#include <Octopole_LaplaceDipole.hpp>
#include <Octopole_PointOperators.hpp>
#include <Octopole_Stokeslet.hpp>
#include <Octopole_Yukawa.hpp>
#include <plan/Octopole_Engine.hpp>

/// What the library holds compiled: the engine of each scalar, and the operators of the built-in
/// kernels, on the host's default execution space and, in a build for a GPU, on that. A translation
/// unit of a user's compiles none of it; for a kernel of the user's own it compiles PointOperators.
#ifdef OCTOPOLE_WITHOUT_INSTANCES  // OCTOPOLE_INSTANCES=OFF: whoever uses them compiles them
#include <plan/Octopole_EngineDefinition.hpp>
#else
namespace Octopole {

#define OCTOPOLE_KERNEL(EXEC, KERNEL)                          \
  extern template class PointOperators<EXEC, KERNEL<double>>; \
  extern template class PointOperators<EXEC, KERNEL<float>>;
#define OCTOPOLE_SPACE(EXEC)                  \
  extern template class Impl::Engine<EXEC, double>; \
  extern template class Impl::Engine<EXEC, float>;  \
  OCTOPOLE_KERNEL(EXEC, Laplace)              \
  OCTOPOLE_KERNEL(EXEC, LaplaceDipole)        \
  OCTOPOLE_KERNEL(EXEC, Yukawa)               \
  OCTOPOLE_KERNEL(EXEC, Helmholtz)            \
  OCTOPOLE_KERNEL(EXEC, Stokeslet)            \
  OCTOPOLE_KERNEL(EXEC, BiotSavart)
OCTOPOLE_SPACE(Kokkos::DefaultHostExecutionSpace)
#ifdef OCTOPOLE_HAVE_DEVICE
OCTOPOLE_SPACE(Kokkos::DefaultExecutionSpace)
#endif
#undef OCTOPOLE_SPACE
#undef OCTOPOLE_KERNEL

}  // namespace Octopole
#endif

#endif
