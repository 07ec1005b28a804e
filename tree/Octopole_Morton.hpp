#ifndef OCTOPOLE_MORTON_HPP
#define OCTOPOLE_MORTON_HPP

#include <Kokkos_Core.hpp>
#include <core/precompute/Octopole_TransferVector.hpp>

#include <cstdint>

namespace Octopole {

/// Morton keys: a box of the octree in 64 bits. The interleaved coordinates of its lowest corner on
/// the finest grid (19 levels, 57 bits) stand above 5 bits of level, so that sorted keys are the
/// tree in pre-order (Sundar, Sampath and Biros 2008). Everything here is bit operations.
namespace Morton {

/// Code of the lowest corner, then level.
using Key = std::uint64_t;

/// The finest level there can be; the root is level 0.
inline constexpr int max_level = 19;
/// Bits of a key that hold the level.
inline constexpr int level_bits = 5;
/// Bits of a point's code: the interleaved coordinates on the finest grid, without a level.
inline constexpr int code_bits = 3 * max_level;

/// Spreads the low 21 bits of `x` so that two zero bits follow each.
/// @param x  0 to 2^21 - 1
/// @return bit i of x at 3 i
KOKKOS_INLINE_FUNCTION constexpr std::uint64_t dilate(std::uint64_t x) {
  x &= 0x1fffff;
  x = (x | x << 32) & 0x1f00000000ffff;
  x = (x | x << 16) & 0x1f0000ff0000ff;
  x = (x | x << 8) & 0x100f00f00f00f00f;
  x = (x | x << 4) & 0x10c30c30c30c30c3;
  x = (x | x << 2) & 0x1249249249249249;
  return x;
}

/// The inverse of `dilate`.
/// @param x  bits other than 0, 3, 6... are ignored
/// @return bit 3 i of x at i
KOKKOS_INLINE_FUNCTION constexpr std::uint64_t contract(std::uint64_t x) {
  x &= 0x1249249249249249;
  x = (x | x >> 2) & 0x10c30c30c30c30c3;
  x = (x | x >> 4) & 0x100f00f00f00f00f;
  x = (x | x >> 8) & 0x1f0000ff0000ff;
  x = (x | x >> 16) & 0x1f00000000ffff;
  x = (x | x >> 32) & 0x1fffff;
  return x;
}

/// Three coordinates in one number, bit by bit, x lowest.
/// @param x,y,z  0 to 2^21 - 1
/// @return 63 bits
KOKKOS_INLINE_FUNCTION constexpr std::uint64_t interleave(std::uint64_t x, std::uint64_t y,
                                                          std::uint64_t z) {
  return dilate(x) | dilate(y) << 1 | dilate(z) << 2;
}

/// Integer position of a box among the 2^level boxes per edge of its level.
struct Position {
  int x,  ///< 0 to 2^level - 1
      y,  ///< 0 to 2^level - 1
      z;  ///< 0 to 2^level - 1
};

/// The level of a box.
/// @param key  of the box
/// @return 0 to max_level
KOKKOS_INLINE_FUNCTION constexpr int level(Key key) {
  return static_cast<int>(key & ((1u << level_bits) - 1));
}

/// The code of the box's lowest corner; the codes of the points in it start here.
/// @param key  of the box
/// @return interleaved coordinates on the finest grid
KOKKOS_INLINE_FUNCTION constexpr std::uint64_t code(Key key) {
  return key >> level_bits;
}

/// How many codes of the finest grid a box of this level spans.
/// @param level  0 to max_level
/// @return 8^(max_level - level)
KOKKOS_INLINE_FUNCTION constexpr std::uint64_t codes_per_box(int level) {
  return std::uint64_t(1) << (3 * (max_level - level));
}

/// The key of a box.
/// @param p  each coordinate 0 to 2^level - 1
/// @param level  0 to max_level
/// @return its key
KOKKOS_INLINE_FUNCTION constexpr Key encode(Position p, int level) {
  const int shift = max_level - level;
  return interleave(std::uint64_t(p.x) << shift, std::uint64_t(p.y) << shift,
                    std::uint64_t(p.z) << shift)
             << level_bits |
         Key(level);
}

/// The inverse of `encode`: where the box lies on its level.
/// @param key  of the box
/// @return each coordinate 0 to 2^level - 1
KOKKOS_INLINE_FUNCTION constexpr Position position(Key key) {
  const std::uint64_t c = code(key) >> (3 * (max_level - level(key)));
  return {int(contract(c)), int(contract(c >> 1)), int(contract(c >> 2))};
}

/// The centre of a box in half cells of the finest grid, 21 bits for each axis, x lowest.
using Centre = std::uint64_t;

/// Where a box's centre lies. Kept beside the keys where it is asked for often.
/// @param key  of the box
/// @return its centre
KOKKOS_INLINE_FUNCTION constexpr Centre centre(Key key) {
  const Position p = position(key);
  const int shift = max_level - level(key);
  return std::uint64_t(2 * p.x + 1) << shift | std::uint64_t(2 * p.y + 1) << shift << 21 |
         std::uint64_t(2 * p.z + 1) << shift << 42;
}

/// The offset a - b of two centres along an axis.
/// @param a,b  centres
/// @param axis  0 to 2
/// @return half cells of the finest grid
KOKKOS_INLINE_FUNCTION constexpr int centre_offset(Centre a, Centre b, int axis) {
  constexpr int mask = (1 << 21) - 1;
  return int(a >> 21 * axis & mask) - int(b >> 21 * axis & mask);
}

/// The box of a coarser level that holds this one.
/// @param key  of the box
/// @param at_level  0 to level(key)
/// @return key of that box
KOKKOS_INLINE_FUNCTION constexpr Key ancestor(Key key, int at_level) {
  const std::uint64_t c = code(key) & ~(codes_per_box(at_level) - 1);
  return c << level_bits | Key(at_level);
}

/// Precondition: level(key) > 0.
/// @param key  of the box
/// @return key of its parent
KOKKOS_INLINE_FUNCTION constexpr Key parent(Key key) {
  return ancestor(key, level(key) - 1);
}

/// Precondition: level(key) < max_level and 0 <= octant < 8 (bit 0: upper half in x, 1: y, 2: z).
/// @param key  of the box
/// @param octant  which child
/// @return key of that child
KOKKOS_INLINE_FUNCTION constexpr Key child(Key key, int octant) {
  const int l = level(key) + 1;
  return (code(key) + std::uint64_t(octant) * codes_per_box(l)) << level_bits | Key(l);
}

/// Which child of its parent the box is. Precondition: level(key) > 0.
/// @param key  of the box
/// @return bit 0: upper half in x, 1: y, 2: z
KOKKOS_INLINE_FUNCTION constexpr int octant(Key key) {
  return static_cast<int>(code(key) >> (3 * (max_level - level(key))) & 7);
}

/// Whether two boxes of any levels share a point of their closures (a box is adjacent to itself).
/// @param a,b  keys of boxes
/// @return whether they touch
KOKKOS_INLINE_FUNCTION constexpr bool adjacent(Key a, Key b) {
  const int la = level(a), lb = level(b), fine = la > lb ? la : lb;
  const Position pa = position(a), pb = position(b);
  const int sa = fine - la, sb = fine - lb;
  const auto touch = [&](int u, int v) {
    return (u << sa) <= ((v + 1) << sb) && (v << sb) <= ((u + 1) << sa);
  };
  return touch(pa.x, pb.x) && touch(pa.y, pb.y) && touch(pa.z, pb.z);
}

/// Hash of the offset source - target. Precondition: same level, offset within -3..3.
/// @param target,source  keys of boxes
/// @return TransferVector::hash, 0 to 511
KOKKOS_INLINE_FUNCTION constexpr int transfer_hash(Key target, Key source) {
  const Position t = position(target), s = position(source);
  return TransferVector::hash(s.x - t.x, s.y - t.y, s.z - t.z);
}

}  // namespace Morton
}  // namespace Octopole

#endif
