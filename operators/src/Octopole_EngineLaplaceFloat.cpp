#define OCTOPOLE_MAKES_INSTANCES
#include <impl/Octopole_EngineInstances.hpp>

namespace Octopole::Impl {

OCTOPOLE_ENGINE(template, Kokkos::DefaultHostExecutionSpace, Laplace<float>)

}  // namespace Octopole::Impl
