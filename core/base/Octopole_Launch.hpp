#ifndef OCTOPOLE_LAUNCH_HPP
#define OCTOPOLE_LAUNCH_HPP

#include <Kokkos_Core.hpp>

#include <cstdint>
#include <string>

namespace Octopole {

namespace Impl {

/// Kernels that this host thread has launched by `launch`: all those of operators.
inline std::uint64_t& launches() {
  thread_local std::uint64_t n = 0;
  return n;
}

/// A kernel's name where a tool (profiler, debugger) listens, else none: Kokkos copies it at every
/// launch, which takes memory where it is longer than 15 characters.
inline const std::string& name_for_tools(const std::string& label) {
  static const std::string none;
  return Kokkos::Tools::profileLibraryLoaded() ? label : none;
}

}  // namespace Impl

/// Kokkos::parallel_for, counted: how often a device is called upon is part of what a sum costs.
/// Takes no memory, however long the label, unless a tool listens.
/// @param label  for tools; kept by the caller, as a static string for example
/// @param policy,functor  as for Kokkos::parallel_for
template <class Policy, class Functor>
void launch(const std::string& label, const Policy& policy, const Functor& functor) {
  ++Impl::launches();
  Kokkos::parallel_for(Impl::name_for_tools(label), policy, functor);
}

/// A policy of `league` teams.
/// @tparam Team  threads of a team; 0: as Kokkos chooses
/// @param exec  instance to launch on
/// @param league  how many teams
/// @return the policy
template <class Policy, int Team, class ExecutionSpace>
Policy teams_of(const ExecutionSpace& exec, int league) {
  if constexpr (Team > 0)
    return Policy(exec, league, Team);
  else
    return Policy(exec, league, Kokkos::AUTO);
}

}  // namespace Octopole

#endif
