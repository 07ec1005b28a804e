#ifndef OCTOPOLE_ACCESS_TRAITS_HPP
#define OCTOPOLE_ACCESS_TRAITS_HPP

namespace Octopole {

/// Tells a Plan how to read points from a type `T` of the user's, in the shape of ArborX's trait of
/// this name. Points are handed to Plan, `update_points` and `direct_sum` as any of
///
/// - a View with extents (N, 3), of any layout, managed or not;
/// - `Coordinates{x, y, z}`, three Views of extent N (Octopole_Coordinates.hpp);
/// - on the host, a std::vector, std::span or the like of std::array<double, 3> (or float);
/// - a `T` for which this trait is specialised:
///
///     template <>
///     struct Octopole::AccessTraits<Particles> {
///       using memory_space = Particles::memory_space;  // where `get` reads
///       static std::size_t size(const Particles& p) { return p.n; }
///       KOKKOS_FUNCTION static Kokkos::Array<double, 3> get(const Particles& p, std::size_t i) {
///         return {p.at[i].x, p.at[i].y, p.at[i].z};
///       }
///     };
///
/// `size`: N, called on the host. `get(p, i)`, 0 <= i < N: the i-th point, something with an
/// operator[] that gives its coordinates 0, 1 and 2 as double or float, in any one unit of length,
/// which is that of all points of the plan. It runs on the device, on a copy of the `T` that the
/// caller passed, and must give the same for the same `i` each time. `memory_space` must be
/// accessible from the plan's execution space, and `T` copyable: a handle to the points, as a View
/// is.
///
/// All ways give bitwise the same results. Views of extents (N, 3) and ranges are read where they lie;
/// of the others the plan packs the points into memory of its own, freed before the call returns.
/// Sources and targets may come in different ways. A specialisation for a View type takes
/// precedence.
template <class T>
struct AccessTraits {
  using not_specialized = void;  ///< by this Octopole knows that there is no trait for T
};

}  // namespace Octopole

#endif
