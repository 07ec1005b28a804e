#ifndef OCTOPOLE_FREQUENCY_GRID_HPP
#define OCTOPOLE_FREQUENCY_GRID_HPP

#include <Kokkos_Macros.hpp>
#include <core/precompute/Octopole_TransferVector.hpp>

namespace Octopole {

/// M2L as a convolution: the points of a surface of `order` points per edge lie on a grid of
/// order^3, whose linear convolution with the kernel is a circular one on (2 order - 1)^3 points
/// (Ying, Biros and Zorin 2004, section 3.3).
///
/// The transform of real numbers is its own conjugate at the opposite frequency, so that half of the
/// frequencies suffice: kz = 0 to order - 1, and for kz = 0 ky likewise. The frequencies of one kz and
/// ky are a *pencil*, kx = 0 to edge - 1; pencil by pencil is how they are numbered. The pencils of ky
/// and -ky, which are computed together, are a *unit*: one pencil where kz or ky is zero, else two.
struct FrequencyGrid {
  int order = 0;  ///< points per edge of the surface, at least 2

  /// The pencils of one kz and of ky and -ky.
  struct Unit {
    int kz,      ///< 0 to order - 1
        ky;      ///< 0 to order - 1
    int pencil;  ///< of ky; that of -ky is the next
    bool both;   ///< whether -ky has a pencil of its own
  };

  /// @return points of the circular convolution along an edge
  KOKKOS_FUNCTION constexpr int edge() const { return 2 * order - 1; }
  /// @return number of units
  KOKKOS_FUNCTION constexpr int units() const { return order * order; }
  /// @return number of pencils
  KOKKOS_FUNCTION constexpr int pencils() const { return order + (order - 1) * edge(); }
  /// @return number of frequencies kept
  KOKKOS_FUNCTION constexpr int size() const { return pencils() * edge(); }

  /// @param u  0 to units() - 1
  /// @return what the unit is made of
  KOKKOS_FUNCTION constexpr Unit unit(int u) const {
    const int kz = u / order, ky = u % order;
    if (kz == 0) return {kz, ky, ky, false};
    return {kz, ky, order + (kz - 1) * edge() + (ky == 0 ? 0 : 2 * ky - 1), ky > 0};
  }
  /// The first pencil of a unit; of units(): one past the last.
  /// @param u  0 to units()
  /// @return 0 to pencils()
  KOKKOS_FUNCTION constexpr int first_pencil(int u) const {
    return u == units() ? pencils() : unit(u).pencil;
  }

  /// Rows that the operators of one frequency take: the 7^3 offsets of boxes that may meet, zero for
  /// those that are no transfer vectors, padded; the real parts first, then the imaginary ones.
  static constexpr int rows = 344;
  /// @param dx,dy,dz  offset source - target in box sides, each -3 to 3
  /// @return the row of its real part; the imaginary one's is `rows` further
  KOKKOS_FUNCTION static constexpr int row(int dx, int dy, int dz) {
    return (dx + 3) + 7 * (dy + 3) + 49 * (dz + 3);
  }
  /// From a child of a neighbouring parent to the same child of the parent itself.
  /// @param direction  of the neighbour, 0 to 26, as the colleagues of InteractionLists
  /// @return the row of their offset
  KOKKOS_FUNCTION static constexpr int row_of(int direction) {
    return row(2 * (direction % 3 - 1), 2 * (direction / 3 % 3 - 1), 2 * (direction / 9 - 1));
  }
  /// How far from that the row of other children is.
  /// @param from,to  octants of the neighbour's child and the parent's, 0 to 7
  /// @return to be added to row_of
  KOKKOS_FUNCTION static constexpr int row_step(int from, int to) {
    return (from & 1) - (to & 1) + 7 * ((from >> 1 & 1) - (to >> 1 & 1)) +
           49 * ((from >> 2) - (to >> 2));
  }
};

}  // namespace Octopole

#endif
