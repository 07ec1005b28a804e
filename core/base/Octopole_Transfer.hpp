#ifndef OCTOPOLE_TRANSFER_HPP
#define OCTOPOLE_TRANSFER_HPP

#include <Kokkos_Core.hpp>

/// The only ways between the memory of an execution space and the host's. What passes here is
/// bounded whatever the number of points: tables, operators, group sizes, samples. Points, charges,
/// coefficients and results never do (tests/package/check_layout.sh and tests/plan/test_tools.cpp hold that),
/// but where ranks exchange them, whose messages lie in the host's memory.
namespace Octopole::Impl {

/// On the host, what a View holds; the View itself where the host can read it.
template <class View>
auto to_host(const View& view) {
  return Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), view);
}

/// In `MemorySpace`, what a View of the host holds; the View itself where it lies there. Of an
/// empty one an empty one, without its extents.
template <class MemorySpace, class View>
auto to_space(const View& view) {
  using Copy = decltype(Kokkos::create_mirror_view_and_copy(MemorySpace(), view));
  if (view.size() == 0) return Copy();  // Kokkos would take memory for it, without a label
  return Kokkos::create_mirror_view_and_copy(MemorySpace(), view);
}

/// Numbers from one memory space to another, asynchronously on `exec`: of messages between ranks alone.
template <class ExecutionSpace, class To, class From>
void copy_across(const ExecutionSpace& exec, const To& to, const From& from) {
  Kokkos::deep_copy(exec, to, from);
}

}  // namespace Octopole::Impl

#endif
