#ifndef OCTOPOLE_ENGINE_INSTANCES_HPP
#define OCTOPOLE_ENGINE_INSTANCES_HPP

#include <impl/Octopole_EnginePlanning.hpp>

#ifndef OCTOPOLE_MAKES_INSTANCES
#include <Octopole_BiotSavart.hpp>
#include <Octopole_Helmholtz.hpp>
#include <Octopole_Laplace.hpp>
#include <Octopole_LaplaceDipole.hpp>
#include <Octopole_Stokeslet.hpp>
#include <Octopole_Yukawa.hpp>
#endif

/// The library holds the engine of the built-in kernels on the host's default space; a user's
/// translation unit then compiles none of it. PREFIX is `extern template` here and `template` in
/// the one source file that makes them. X: the type of the coordinates.
#define OCTOPOLE_ENGINE_MEMBERS(PREFIX, EXEC, KERNEL, X)                        \
  PREFIX Engine<EXEC, KERNEL, ShapeOf<EXEC>>::Engine(                           \
      const EXEC&, const KERNEL&, const PointsView<X, EXEC::memory_space>&,     \
      const std::optional<PointsView<X, EXEC::memory_space>>&, const Options&); \
  PREFIX void Engine<EXEC, KERNEL, ShapeOf<EXEC>>::update_points(               \
      const EXEC&, const PointsView<X, EXEC::memory_space>&,                    \
      const std::optional<PointsView<X, EXEC::memory_space>>&);

#define OCTOPOLE_ENGINE(PREFIX, EXEC, KERNEL)           \
  PREFIX class Engine<EXEC, KERNEL, ShapeOf<EXEC>>;     \
  OCTOPOLE_ENGINE_MEMBERS(PREFIX, EXEC, KERNEL, double) \
  OCTOPOLE_ENGINE_MEMBERS(PREFIX, EXEC, KERNEL, float)

namespace Octopole::Impl {

// OCTOPOLE_INSTANCES=OFF defines the second: the library then has none.
#if !defined(OCTOPOLE_MAKES_INSTANCES) && !defined(OCTOPOLE_WITHOUT_INSTANCES)
#define OCTOPOLE_BUILT_IN(KERNEL)                                                      \
  OCTOPOLE_ENGINE(extern template, Kokkos::DefaultHostExecutionSpace, KERNEL<double>) \
  OCTOPOLE_ENGINE(extern template, Kokkos::DefaultHostExecutionSpace, KERNEL<float>)
OCTOPOLE_BUILT_IN(Laplace)
OCTOPOLE_BUILT_IN(LaplaceDipole)
OCTOPOLE_BUILT_IN(Yukawa)
OCTOPOLE_BUILT_IN(Helmholtz)
OCTOPOLE_BUILT_IN(Stokeslet)
OCTOPOLE_BUILT_IN(BiotSavart)
#undef OCTOPOLE_BUILT_IN
#endif

}  // namespace Octopole::Impl

#endif
