#ifndef OCTOPOLE_POINT_INPUTS_HPP
#define OCTOPOLE_POINT_INPUTS_HPP

#include <core/base/Octopole_Allocate.hpp>
#include <core/base/Octopole_HostRanges.hpp>
#include <core/base/Octopole_ViewShapes.hpp>
#include <core/plan/Octopole_AccessTraits.hpp>
#include <core/plan/Octopole_Coordinates.hpp>
#include <tree/Octopole_PointInput.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

/// From every way to hand points over to the one that the engine takes.
namespace Octopole::Impl {

template <class Points>
inline constexpr bool has_access_traits =
    !requires { typename AccessTraits<Points>::not_specialized; };

/// Whether the specialisation has what it takes.
template <class Points>
inline constexpr bool has_complete_traits =
    has_access_traits<Points> && requires(const Points& p, std::size_t i) {
      typename AccessTraits<Points>::memory_space;
      std::size_t(AccessTraits<Points>::size(p));
      AccessTraits<Points>::get(p, i)[0];
    };

template <class Points>
inline constexpr bool is_coordinates = false;
template <class X, class Y, class Z>
inline constexpr bool is_coordinates<Coordinates<X, Y, Z>> = true;

/// Points in a container or a span of the host, unless a trait says how to read it.
template <class Points>
inline constexpr bool is_host_points = HostRange<Points> && !has_access_traits<Points>;

template <class X>
inline constexpr bool is_coordinate = std::is_same_v<X, double> || std::is_same_v<X, float>;

/// Points (N, 3) for the engine, and what was packed for them, if anything: keeps it alive.
template <class X, class MemorySpace>
struct PlanPoints {
  using View = Kokkos::View<const X**, Kokkos::LayoutStride, MemorySpace,
                            Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  Kokkos::View<X**, Kokkos::LayoutRight, MemorySpace> packed;
  View view;
};

/// Refuses what does not compile to a point set, and extents that do not fit, before any work.
template <class MemorySpace, class Points>
void check_points(const Points& points, const char* what) {
  using Exec = typename MemorySpace::execution_space;
  if constexpr (is_coordinates<Points>) {
    const auto check = [](const auto& view) {
      using View = std::decay_t<decltype(view)>;
      static_assert(Kokkos::is_view_v<View>,
                    "Octopole::Coordinates: x, y and z are Views of rank 1");
      static_assert(View::rank() == 1, "Octopole::Coordinates: x, y and z are Views of rank 1");
      static_assert(is_coordinate<typename View::non_const_value_type>,
                    "Octopole: coordinates are double or float");
      static_assert(Kokkos::SpaceAccessibility<Exec, typename View::memory_space>::accessible,
                    "Octopole::Coordinates: a View is not accessible from the plan's execution "
                    "space");
    };
    check(points.x), check(points.y), check(points.z);
    if (points.x.extent(0) != points.y.extent(0) || points.x.extent(0) != points.z.extent(0))
      throw std::invalid_argument(std::string("Octopole: ") + what +
                                  ": found x, y and z of extents " + shape_of(layout_of(points.x)) +
                                  ", " + shape_of(layout_of(points.y)) + " and " +
                                  shape_of(layout_of(points.z)) + ", expected equal ones");
  } else if constexpr (is_host_points<Points>) {
    using Element = HostElement<std::remove_cvref_t<decltype(*std::data(points))>>;
    static_assert(Element::columns == 3,
                  "Octopole: points in a std::vector or std::span are std::array<double, 3> each");
    if constexpr (Element::columns == 3) check_points<MemorySpace>(host_view(points), what);
  } else if constexpr (has_access_traits<Points>) {
    using Traits = AccessTraits<Points>;
    static_assert(
        has_complete_traits<Points>,
        "Octopole::AccessTraits: a specialisation has memory_space, static size(const T&) "
        "and static get(const T&, std::size_t), whose result has an operator[]");
    if constexpr (has_complete_traits<Points>) {
      using X = std::remove_cvref_t<decltype(Traits::get(std::declval<const Points&>(), 0)[0])>;
      static_assert(is_coordinate<X>, "Octopole: coordinates are double or float");
      static_assert(Kokkos::SpaceAccessibility<Exec, typename Traits::memory_space>::accessible,
                    "Octopole::AccessTraits: memory_space is not accessible from the plan's "
                    "execution space");
    }
  } else {
    static_assert(
        Kokkos::is_view_v<Points>,
        "Octopole: points are a View with extents (N, 3), Octopole::Coordinates{x, y, z}, a "
        "std::vector "
        "or std::span of std::array<double, 3>, or of a type for which Octopole::AccessTraits is "
        "specialised");
    if constexpr (Kokkos::is_view_v<Points>) {
      static_assert(Kokkos::SpaceAccessibility<Exec, typename Points::memory_space>::accessible,
                    "Octopole: the View of the points is not accessible from the plan's execution "
                    "space");
      as_points(points, what);
    }
  }
}

template <class X, class ExecutionSpace, class Points, class Packed>
void read_into(const ExecutionSpace& exec, const Points& points, const Packed& packed) {
  Kokkos::parallel_for(
      "Octopole::Points::read", Kokkos::RangePolicy<ExecutionSpace>(exec, 0, packed.extent(0)),
      KOKKOS_LAMBDA(const int i) {
        const auto& point = AccessTraits<Points>::get(points, i);
        for (int d = 0; d < 3; ++d) packed(i, d) = X(point[d]);
      });
}

/// Points of any kind as a View (N, 3); packed on `exec` unless they are one.
/// Precondition: check_points has let them pass.
template <class ExecutionSpace, class Points>
auto read_points(const ExecutionSpace& exec, const Points& points, const char* what) {
  using MemorySpace = typename ExecutionSpace::memory_space;
  if constexpr (is_host_points<Points>) {
    return read_points(exec, host_view(points), what);
  } else if constexpr (has_complete_traits<Points>) {
    using Traits = AccessTraits<Points>;
    using X = std::remove_cvref_t<decltype(Traits::get(points, 0)[0])>;
    PlanPoints<X, MemorySpace> result;
    const std::size_t n = Traits::size(points);
    allocate_into(result.packed, exec, "Octopole::Points::read", n, 3);
    read_into<X>(exec, points, result.packed);
    result.view = typename PlanPoints<X, MemorySpace>::View(result.packed.data(),
                                                            Kokkos::LayoutStride(n, 3, 3, 1));
    return result;
  } else if constexpr (has_access_traits<Points> || !Kokkos::is_view_v<Points>) {
    return PlanPoints<double, MemorySpace>{};  // not reached: check_points does not compile
  } else {
    using X = typename Points::non_const_value_type;
    const auto view = as_points(points, what);
    return PlanPoints<X, MemorySpace>{
        {}, typename PlanPoints<X, MemorySpace>::View(view.data(), view.layout())};
  }
}

/// A plan's sources, and its targets where they are others, as the engine takes them. Whatever was packed for
/// them lives as long as this.
template <class ExecutionSpace, class... Points>
struct InputPoints {
  using MemorySpace = typename ExecutionSpace::memory_space;
  std::tuple<decltype(read_points(std::declval<const ExecutionSpace&>(),
                                  std::declval<const Points&>(), ""))...>
      of_kind;

  PointInput<MemorySpace> sources() const { return std::get<0>(of_kind).view; }
  std::optional<PointInput<MemorySpace>> targets() const {
    if constexpr (sizeof...(Points) == 1)
      return std::nullopt;
    else
      return std::get<1>(of_kind).view;
  }
};

/// Reads points of any kind, after a look at all of them. Throws std::invalid_argument.
template <class ExecutionSpace, class Sources, class... Targets>
InputPoints<ExecutionSpace, Sources, Targets...> input_points(const ExecutionSpace& exec,
                                                              const Sources& sources,
                                                              const Targets&... targets) {
  using MemorySpace = typename ExecutionSpace::memory_space;
  check_points<MemorySpace>(sources, "sources");
  (check_points<MemorySpace>(targets, "targets"), ...);
  return {{read_points(exec, sources, "sources"), read_points(exec, targets, "targets")...}};
}

}  // namespace Octopole::Impl

#endif
