#ifndef OCTOPOLE_FREQUENCY_GRID_HPP
#define OCTOPOLE_FREQUENCY_GRID_HPP

#include <Kokkos_Macros.hpp>
#include <Octopole_TransferVector.hpp>

namespace Octopole {

/// M2L as a convolution: the points of a surface of `order` points per edge lie on a grid of
/// order^3, whose linear convolution with the kernel is a circular one on (2 order - 1)^3 points
/// (Ying, Biros and Zorin 2004, section 3.3). Of a real transform's frequencies half of the first
/// axis (z) suffice. Frequency (kz, ky, kx) has index (kz * edge + ky) * edge + kx; those of one kz
/// and ky are called a pencil.
struct FrequencyGrid {
  int order = 0;

  KOKKOS_FUNCTION constexpr int edge() const { return 2 * order - 1; }
  KOKKOS_FUNCTION constexpr int pencils() const { return order * edge(); }
  KOKKOS_FUNCTION constexpr int size() const { return pencils() * edge(); }

  /// Rows that the operators of one frequency take: the 7^3 offsets of boxes that may meet, zero for
  /// those that are no transfer vectors, padded; the real parts first, then the imaginary ones.
  static constexpr int rows = 344;
  KOKKOS_FUNCTION static constexpr int row(int dx, int dy, int dz) {
    return (dx + 3) + 7 * (dy + 3) + 49 * (dz + 3);
  }
};

}  // namespace Octopole

#endif
