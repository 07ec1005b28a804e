#ifndef OCTOPOLE_ALLOCATE_HPP
#define OCTOPOLE_ALLOCATE_HPP

#include <Kokkos_Core.hpp>
#include <core/base/Octopole_Launch.hpp>
#include <core/base/Octopole_Pool.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace Octopole::Impl {

/// A View of the given type without initialised elements, made in the order of `exec`; from the pool
/// of the plan that is being made, if one is, and then under the pool's label.
template <class View, class ExecutionSpace, class... Extents>
View allocate(const ExecutionSpace& exec, const std::string& label, Extents... extents) {
  using Memory = Pool<typename View::memory_space>;
  if constexpr (Memory::template has<View>())
    if (Memory* pool = Memory::current())
      return pool->template take<typename View::value_type>(
          exec, (std::size_t(1) * ... * static_cast<std::size_t>(extents)));
  return View(Kokkos::view_alloc(exec, Kokkos::WithoutInitializing, label),
              static_cast<std::size_t>(extents)...);
}

/// `view = allocate(...)` without naming its type.
template <class View, class ExecutionSpace, class... Extents>
void allocate_into(View& view, const ExecutionSpace& exec, const std::string& label,
                   Extents... extents) {
  view = allocate<View>(exec, label, extents...);
}

/// Sets all elements of a contiguous View; unlike Kokkos' deep_copy it carries our label and takes no
/// memory. `label` is built once by the caller.
template <class ExecutionSpace, class View>
void fill(const std::string& label, const ExecutionSpace& exec, const View& view,
          typename View::const_value_type value) {
  auto* data = view.data();
  // A GPU's own index ends at 2^32.
  using Range = Kokkos::RangePolicy<ExecutionSpace, Kokkos::IndexType<std::int64_t>>;
  launch(
      label, Range(exec, 0, view.size()), KOKKOS_LAMBDA(const std::size_t i) { data[i] = value; });
}

/// to(offset + i) = from(i) for i < n, on `exec`.
template <class ExecutionSpace, class To, class From>
void copy_elements(const std::string& label, const ExecutionSpace& exec, const To& to,
                   std::size_t offset, const From& from, std::size_t n) {
  Kokkos::parallel_for(
      label, Kokkos::RangePolicy<ExecutionSpace>(exec, 0, n),
      KOKKOS_LAMBDA(const std::size_t i) { to(offset + i) = from(i); });
}

/// Bytes of the memory that Views span.
template <class... Views>
std::size_t bytes_of(const Views&... views) {
  return (std::size_t(0) + ... + (views.span() * sizeof(typename Views::value_type)));
}

/// The next multiple of `step`.
constexpr int round_up(int n, int step) {
  return (n + step - 1) / step * step;
}

}  // namespace Octopole::Impl

#endif
