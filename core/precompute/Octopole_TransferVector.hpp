#ifndef OCTOPOLE_TRANSFER_VECTOR_HPP
#define OCTOPOLE_TRANSFER_VECTOR_HPP

#include <Kokkos_Macros.hpp>

#include <array>

namespace Octopole {

/// Transfer vectors: the offset source - target, in box sides, between two boxes of one level that
/// are not adjacent and whose parents are. 7^3 - 3^3 = 316 of them are possible (Greengard and
/// Rokhlin 1987; Wang, Yokota and Barba 2021 for the hash).
namespace TransferVector {

/// How many there are.
inline constexpr int count = 316;

/// The hash of an offset with components in -3..3: 3 bits per component, 0..511. Offsets that are
/// no transfer vectors hash to free slots.
/// @param dx,dy,dz  source - target in box sides
/// @return the hash
KOKKOS_INLINE_FUNCTION constexpr int hash(int dx, int dy, int dz) {
  return (dx + 3) | ((dy + 3) << 3) | ((dz + 3) << 6);
}

/// One past the largest hash.
inline constexpr int hash_size = 512;

/// A component of the offset: the inverse of hash().
/// @param hash_value  0 to 511
/// @param d  axis, 0 to 2
/// @return -3 to 4; 4 only where the offset is none
KOKKOS_INLINE_FUNCTION constexpr int component(int hash_value, int d) {
  return ((hash_value >> (3 * d)) & 7) - 3;
}

/// Whether an offset is one between boxes that are not adjacent.
/// @param hash_value  0 to 511
/// @return false also for what is no offset
KOKKOS_INLINE_FUNCTION constexpr bool is_transfer_vector(int hash_value) {
  bool far = false;
  for (int d = 0; d < 3; ++d) {
    const int c = component(hash_value, d);
    if (c > 3) return false;
    far = far || c > 1 || c < -1;
  }
  return far;
}

/// The 316 hashes in increasing order: the order in which operators are stored.
/// @return the hashes
constexpr std::array<int, count> all() {
  std::array<int, count> hashes{};
  int n = 0;
  for (int h = 0; h < hash_size; ++h)
    if (is_transfer_vector(h)) hashes[n++] = h;
  return hashes;
}

}  // namespace TransferVector
}  // namespace Octopole

#endif
