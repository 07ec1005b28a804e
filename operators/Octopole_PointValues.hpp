#ifndef OCTOPOLE_POINT_VALUES_HPP
#define OCTOPOLE_POINT_VALUES_HPP

#include <operators/Octopole_SourceStream.hpp>
#include <tree/Octopole_Octree.hpp>
#include <tree/Octopole_PackedPoints.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace Octopole {

/// Slots of a leaf start at multiples of this, so that packs of floats fit into them too.
inline constexpr int slot_alignment = 64 / sizeof(float);

/// Numbers of points, slot after slot: (rows, slots).
template <class T, class MemorySpace>
using Slots = Kokkos::View<T**, Kokkos::LayoutRight, MemorySpace>;

/// Parts that the sources are cut into to find their largest charge.
inline constexpr int charge_parts = 256;

/// Packed sources with what they carry: row rhs * components + c is component c of a right-hand side.
template <class T, class MemorySpace>
struct ChargedPoints {
  PackedPoints<T, MemorySpace> points;  ///< where they are
  Slots<T, MemorySpace> charges;        ///< (R * components, slots), in charge units
  Slots<float, MemorySpace>
      float_charges;  ///< for a near field in float, else empty; `charges` themselves where T is float
  Kokkos::View<double*, MemorySpace> largest;  ///< (R) the caller's largest charge: gives the unit
  /// (R, charge_parts) the largest of each part of the sources
  Kokkos::View<double**, Kokkos::LayoutRight, MemorySpace> largest_of_part;
  int right_hand_sides = 1;  ///< R

  /// Sets a charge, for a near field in float too.
  /// @param row  of `charges`
  /// @param slot  of the source
  /// @param q  in charge units
  KOKKOS_FORCEINLINE_FUNCTION void set_charge(int row, int slot, T q) const {
    charges(row, slot) = q;
    if constexpr (!std::is_same_v<T, float>)  // else they are the charges themselves
      if (float_charges.extent(0) > 0) float_charges(row, slot) = float(q);
  }
};

/// The unit of the packed charges of a right-hand side, and of their results: neither leaves the range
/// of a float then, however large or small the caller's charges are. A power of two costs no bit, but
/// of charges that are smaller than the largest by more than the range of T.
/// @param largest  of the caller's charges, absolute
/// @return 2^-1000 to 2^1000, there above half of that; 1 where there is none, or it is not finite
KOKKOS_INLINE_FUNCTION double charge_unit(double largest) {
  constexpr double least = 0x1p-1000, most = 0x1p1000;
  if (!(largest > 0 && largest <= Kokkos::Experimental::finite_max_v<double>)) return 1;
  const auto exponent = Kokkos::bit_cast<std::uint64_t>(largest) & 0x7ff0000000000000ull;
  return Kokkos::clamp(Kokkos::bit_cast<double>(exponent), least, most);
}

/// From sums in a plan's units of length and charge to the caller's results. Powers of two go into the
/// exponent: no part of the product leaves a double's range where the result does not.
struct ResultUnit {
  double factor = 1;  ///< prefactor, and what of the unit of length is no power of two
  int exponent = 0;   ///< of two

  /// @param sum  of a right-hand side
  /// @param charge_unit  its, a power of two
  /// @return the caller's result
  KOKKOS_FUNCTION double operator()(double sum, double charge_unit) const {
    const int all =
        exponent + int(Kokkos::bit_cast<std::uint64_t>(charge_unit) >> 52 & 0x7ff) - 1023;
    return sum * factor * power_of_two(all / 2) * power_of_two(all - all / 2);
  }

 private:
  KOKKOS_FUNCTION static double power_of_two(int k) {
    return Kokkos::bit_cast<double>(std::uint64_t(Kokkos::clamp(k, -1022, 1023) + 1023) << 52);
  }
};

/// K(h r) = h^degree rescaled(h).K(r).
/// @param prefactor  of the output
/// @param length  h, the sums' unit of length
/// @param degree  of the output
/// @return the unit of the results
inline ResultUnit result_unit(double prefactor, double length, int degree) {
  int exponent;
  const double mantissa = std::frexp(length, &exponent);
  return {prefactor * std::pow(mantissa, degree), exponent * degree};
}

/// Packed targets with what is summed for them.
template <class T, class MemorySpace>
struct TargetPoints {
  PackedPoints<T, MemorySpace> points;  ///< where they are
  /// (right-hand sides * rows of the outputs computed, slots), in units of the root and the charges, in
  /// which a Hessian of points close together is no float where in the caller's units it is
  Slots<double, MemorySpace> results;
  int right_hand_sides = 1;  ///< R
};

/// Sources [first, first + size) of a leaf with their charges of right-hand side `rhs` and those
/// after it, as a stream.
/// @tparam Charges  numbers per source and right-hand side
/// @param sources  see ChargedPoints
/// @param leaf  index of the box
/// @param rhs  0 to R - 1
/// @param first,size  which points of the leaf
/// @return points relative to the leaf's centre, in half-widths of the root
template <int Charges, class T, class MemorySpace>
KOKKOS_FORCEINLINE_FUNCTION auto source_stream(const ChargedPoints<T, MemorySpace>& sources,
                                               int leaf, int rhs, int first, int size) {
  const int begin = sources.points.begin(leaf) + first;
  return SourceStream<T>{&sources.points.x(begin),
                         &sources.points.y(begin),
                         &sources.points.z(begin),
                         &sources.charges(rhs * Charges, begin),
                         std::int64_t(sources.charges.stride(0)),
                         size};
}

/// The same with the caller's coordinates, in the exact unit, whichever leaf they are of.
/// @tparam Charges  numbers per source and right-hand side
/// @param sources  see ChargedPoints
/// @param leaf  index of the box
/// @param rhs  0 to R - 1
/// @param first,size  which points of the leaf
/// @return points in PackedPoints::exact
template <int Charges, class T, class MemorySpace>
KOKKOS_FORCEINLINE_FUNCTION auto exact_stream(const ChargedPoints<T, MemorySpace>& sources,
                                              int leaf, int rhs, int first, int size) {
  const int begin = sources.points.begin(leaf) + first;
  return SourceStream<double, T>{
      &sources.points.exact(0, begin),         &sources.points.exact(1, begin),
      &sources.points.exact(2, begin),         &sources.charges(rhs * Charges, begin),
      std::int64_t(sources.charges.stride(0)), size};
}

/// Where the root repeats, how far the image of a box that lies next to another one is shifted.
/// @param tree  see Octree
/// @param a,b  indices of boxes in each other's U, W or X list
/// @return in exact units; zeros where nothing repeats
template <class Tree>
KOKKOS_FORCEINLINE_FUNCTION Kokkos::Array<double, 3> image_shift(const Tree& tree, int a, int b) {
  Kokkos::Array<double, 3> shift{};
  if (!tree.periodic) return shift;
  const double period = tree.domain.in_exact_units().side();
  for (int d = 0; d < 3; ++d) shift[d] = period * tree.image_shift(a, b, d);
  return shift;
}

/// The frame in which PackedPoints::seen_from places points around a box.
/// @param tree  see Octree
/// @param box  index
/// @return in exact units
template <class Tree>
KOKKOS_FORCEINLINE_FUNCTION BoxFrame exact_frame(const Tree& tree, int box) {
  const Morton::Key key = tree.key(box);
  return tree.domain.in_exact_units().frame(Morton::position(key), Morton::level(key));
}

/// The same around that image of the box which is next to the box of the points, where the root repeats.
/// @param tree  see Octree
/// @param box  index
/// @param of_points  index of the box that the points are in
/// @return in exact units
template <class Tree>
KOKKOS_FORCEINLINE_FUNCTION BoxFrame exact_frame(const Tree& tree, int box, int of_points) {
  BoxFrame frame = exact_frame(tree, box);
  const auto shift = image_shift(tree, box, of_points);
  for (int d = 0; d < 3; ++d) frame.high[d] += shift[d];
  return frame;
}

/// The exact unit in half-widths of the root, in which the kernels of a plan are: pairs of exact
/// coordinates want them rescaled to this.
/// @param domain  the root cube
/// @return above 1/2, at most 1
inline double exact_unit_of(const Domain& domain) {
  return domain.exact_unit() / domain.half_width;
}

/// Where box `a`, or the image of it that is next to `b`, lies as seen from box `b`, in half-widths of the root.
/// @param tree  see Octree
/// @param a,b  indices of boxes
/// @return centre of a - centre of b, exact where T can hold it
template <class T, class Tree>
KOKKOS_FORCEINLINE_FUNCTION Kokkos::Array<T, 3> offset(const Tree& tree, int a, int b) {
  constexpr double half_cell = 1 / double(std::uint64_t(1) << Morton::max_level);
  const Morton::Key ka = tree.key(a), kb = tree.key(b);
  const auto along = [&](int axis) {
    return T(half_cell * double(Morton::centre_offset(ka, kb, axis)) +
             2.0 * tree.image_shift(a, b, axis));
  };
  return {along(0), along(1), along(2)};
}

}  // namespace Octopole

#endif
