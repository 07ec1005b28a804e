#ifndef OCTOPOLE_INSTANCES_HPP
#define OCTOPOLE_INSTANCES_HPP

#include <Octopole_Config.hpp>
#include <core/kernels/Octopole_BuiltInKernels.hpp>
#include <core/plan/impl/Octopole_Engine.hpp>
#include <operators/Octopole_PointOperators.hpp>

/// What the library holds compiled: the engine of each scalar, and the operators of the built-in
/// kernels, on the host's default execution space and, in a build for a GPU, on that. A translation
/// unit of a user's compiles none of it; for a kernel of the user's own it compiles PointOperators.
#ifdef OCTOPOLE_WITHOUT_INSTANCES  // OCTOPOLE_INSTANCES=OFF: whoever uses them compiles them
#include <core/plan/impl/Octopole_EngineDefinition.hpp>
#else
namespace Octopole {

#define OCTOPOLE_ENGINES(EXEC)                      \
  extern template class Impl::Engine<EXEC, double>; \
  extern template class Impl::Engine<EXEC, float>;
#define OCTOPOLE_OPERATORS(EXEC, KERNEL)                      \
  extern template class PointOperators<EXEC, KERNEL<double>>; \
  extern template class PointOperators<EXEC, KERNEL<float>>;
#define OCTOPOLE_ON_HOST(KERNEL) OCTOPOLE_OPERATORS(Kokkos::DefaultHostExecutionSpace, KERNEL)
#define OCTOPOLE_ON_DEVICE(KERNEL) OCTOPOLE_OPERATORS(Kokkos::DefaultExecutionSpace, KERNEL)
OCTOPOLE_ENGINES(Kokkos::DefaultHostExecutionSpace)
OCTOPOLE_FOR_BUILT_IN_KERNELS(OCTOPOLE_ON_HOST)
#ifdef OCTOPOLE_HAVE_DEVICE
OCTOPOLE_ENGINES(Kokkos::DefaultExecutionSpace)
OCTOPOLE_FOR_BUILT_IN_KERNELS(OCTOPOLE_ON_DEVICE)
#endif
#undef OCTOPOLE_ON_DEVICE
#undef OCTOPOLE_ON_HOST
#undef OCTOPOLE_OPERATORS
#undef OCTOPOLE_ENGINES

}  // namespace Octopole
#endif

#endif
