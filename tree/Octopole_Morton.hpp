#ifndef OCTOPOLE_MORTON_HPP
#define OCTOPOLE_MORTON_HPP

#include <Kokkos_Core.hpp>
#include <core/precompute/Octopole_TransferVector.hpp>

#include <cstdint>

namespace Octopole {

/// Boxes of the octree, and the codes of points along the Morton curve, in whose order sorted points
/// are the tree's leaves (Sundar, Sampath and Biros 2008). 52 levels are as many as doubles tell points
/// apart on; a 64-bit number holds the code of 19, so that codes come in words, of which but the first
/// are needed only where points lie that close. Everything here is integer arithmetic.
namespace Morton {

/// The finest level there can be; the root is level 0.
inline constexpr int max_level = 52;
/// Bits that hold a level.
inline constexpr int level_bits = 6;
/// Levels that one word of a code tells apart: word 0 the boxes of levels 1 to 19, word 1 those of
/// levels 20 to 38 in their box of level 19, word 2 those of levels 39 to 52 in theirs of level 38.
inline constexpr int levels_per_word = 19;
/// Words of a whole code.
inline constexpr int words = 3;
/// Bits of a word: the interleaved coordinates of a cell of its finest level.
inline constexpr int code_bits = 3 * levels_per_word;

/// How many levels a word tells apart.
/// @param word  0 to words - 1
/// @return 19, of the last word 14
KOKKOS_INLINE_FUNCTION constexpr int levels_in(int word) {
  const int left = max_level - levels_per_word * word;
  return left < levels_per_word ? left : levels_per_word;
}
/// The finest level that so many words tell apart.
/// @param n_words  0 to words
/// @return 0 to max_level
KOKKOS_INLINE_FUNCTION constexpr int finest_level(int n_words) {
  return levels_per_word * n_words < max_level ? levels_per_word * n_words : max_level;
}
/// The word that tells a box from its siblings.
/// @param level  of the box; 0 is in word 0, all of which is the root's
/// @return 0 to words - 1
KOKKOS_INLINE_FUNCTION constexpr int word_of(int level) {
  return level == 0 ? 0 : (level - 1) / levels_per_word;
}

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
  std::int64_t x,  ///< 0 to 2^level - 1
      y,           ///< 0 to 2^level - 1
      z;           ///< 0 to 2^level - 1
};

/// A box: where it lies on its level, and the level.
struct Key {
  Position at;  ///< see Position
  int level;    ///< 0 to max_level

  /// @param other  another box
  /// @return whether it is the same
  KOKKOS_INLINE_FUNCTION constexpr bool operator==(const Key& other) const {
    return level == other.level && at.x == other.at.x && at.y == other.at.y && at.z == other.at.z;
  }
};

/// The level of a box.
/// @param key  of the box
/// @return 0 to max_level
KOKKOS_INLINE_FUNCTION constexpr int level(const Key& key) {
  return key.level;
}

/// The key of a box.
/// @param p  each coordinate 0 to 2^level - 1
/// @param level  0 to max_level
/// @return its key
KOKKOS_INLINE_FUNCTION constexpr Key encode(const Position& p, int level) {
  return {p, level};
}

/// The inverse of `encode`: where the box lies on its level.
/// @param key  of the box
/// @return each coordinate 0 to 2^level - 1
KOKKOS_INLINE_FUNCTION constexpr Position position(const Key& key) {
  return key.at;
}

/// Codes of the points in a box, among those of the box in which their word starts.
struct CodeRange {
  std::uint64_t first,  ///< the lowest
      end;              ///< one past the highest
};

/// How many codes of its word a box of this level spans.
/// @param level  0 to max_level
/// @return a power of 8
KOKKOS_INLINE_FUNCTION constexpr std::uint64_t codes_per_box(int level) {
  const int word = word_of(level);
  return std::uint64_t(1) << (3 * (levels_per_word * word + levels_in(word) - level));
}

/// The codes in a box.
/// @param key  of the box
/// @return in the word word_of(level(key))
KOKKOS_INLINE_FUNCTION constexpr CodeRange codes(const Key& key) {
  const int l = level(key), bits = l - levels_per_word * word_of(l);
  const std::uint64_t inner = (std::uint64_t(1) << bits) - 1, span = codes_per_box(l);
  const std::uint64_t first =
      span * interleave(std::uint64_t(key.at.x) & inner, std::uint64_t(key.at.y) & inner,
                        std::uint64_t(key.at.z) & inner);
  return {first, first + span};
}

/// A box from the one in which its word starts, and a code in it: the inverse of `codes`.
/// @param start  box of level levels_per_word * word
/// @param code  in that word
/// @param level  levels_per_word * word to the finest of the word
/// @return the box of this level that holds the code
KOKKOS_INLINE_FUNCTION constexpr Key box_within(const Key& start, std::uint64_t code, int level) {
  const int word = start.level / levels_per_word, bits = level - start.level;
  const std::uint64_t inner = code >> (3 * (levels_in(word) - bits));
  const auto down = [&](std::int64_t x, std::uint64_t c) {
    return x << bits | std::int64_t(contract(c));
  };
  return {{down(start.at.x, inner), down(start.at.y, inner >> 1), down(start.at.z, inner >> 2)},
          level};
}

/// The offset of the centres of two boxes along an axis: exact, and so is its conversion to double.
/// @param a,b  keys of boxes
/// @param axis  0 to 2
/// @return centre of a - centre of b, in half cells of level max_level: below 2^53
KOKKOS_INLINE_FUNCTION constexpr std::int64_t centre_offset(const Key& a, const Key& b, int axis) {
  const auto centre = [&](const Key& key) {
    const std::int64_t x = axis == 0 ? key.at.x : axis == 1 ? key.at.y : key.at.z;
    return (2 * x + 1) << (max_level - key.level);
  };
  return centre(a) - centre(b);
}

/// The box of a coarser level that holds this one.
/// @param key  of the box
/// @param at_level  0 to level(key)
/// @return key of that box
KOKKOS_INLINE_FUNCTION constexpr Key ancestor(const Key& key, int at_level) {
  const int up = key.level - at_level;
  return {{key.at.x >> up, key.at.y >> up, key.at.z >> up}, at_level};
}

/// Precondition: level(key) > 0.
/// @param key  of the box
/// @return key of its parent
KOKKOS_INLINE_FUNCTION constexpr Key parent(const Key& key) {
  return ancestor(key, level(key) - 1);
}

/// Precondition: level(key) < max_level and 0 <= octant < 8 (bit 0: upper half in x, 1: y, 2: z).
/// @param key  of the box
/// @param octant  which child
/// @return key of that child
KOKKOS_INLINE_FUNCTION constexpr Key child(const Key& key, int octant) {
  return {{2 * key.at.x + (octant & 1), 2 * key.at.y + (octant >> 1 & 1),
           2 * key.at.z + (octant >> 2 & 1)},
          key.level + 1};
}

/// Which child of its parent the box is. Precondition: level(key) > 0.
/// @param key  of the box
/// @return bit 0: upper half in x, 1: y, 2: z
KOKKOS_INLINE_FUNCTION constexpr int octant(const Key& key) {
  return int(key.at.x & 1) + 2 * int(key.at.y & 1) + 4 * int(key.at.z & 1);
}

/// Whether two boxes of any levels share a point of their closures (a box is adjacent to itself).
/// @param a,b  keys of boxes
/// @return whether they touch
KOKKOS_INLINE_FUNCTION constexpr bool adjacent(const Key& a, const Key& b) {
  const int la = level(a), lb = level(b), fine = la > lb ? la : lb;
  const int sa = fine - la, sb = fine - lb;
  const auto touch = [&](std::int64_t u, std::int64_t v) {
    return (u << sa) <= ((v + 1) << sb) && (v << sb) <= ((u + 1) << sa);
  };
  return touch(a.at.x, b.at.x) && touch(a.at.y, b.at.y) && touch(a.at.z, b.at.z);
}

/// Axes along which the root and all in it repeat: bit 0 x, 1 y, 2 z.
using Axes = unsigned;

/// The same where the root repeats: whether a box touches any image of the other.
/// @param a,b  keys of boxes
/// @param axes  along which it repeats
/// @return whether they touch
KOKKOS_INLINE_FUNCTION constexpr bool adjacent_images(const Key& a, const Key& b, Axes axes) {
  const int la = level(a), lb = level(b), fine = la > lb ? la : lb;
  const int sa = fine - la, sb = fine - lb;
  const std::int64_t period = std::int64_t(1) << fine;
  const auto touch = [&](std::int64_t u, std::int64_t v, int axis) {
    const std::int64_t u0 = u << sa, u1 = (u + 1) << sa, v0 = v << sb, v1 = (v + 1) << sb;
    return (u0 <= v1 && v0 <= u1) ||
           ((axes >> axis & 1u) && (u0 + period <= v1 || v0 + period <= u1));
  };
  return touch(a.at.x, b.at.x, 0) && touch(a.at.y, b.at.y, 1) && touch(a.at.z, b.at.z, 2);
}

/// Where the root repeats along an axis: by how many of its sides the image of `a` that is nearest to `b` is shifted
/// along it. Precondition: that image is nearer than half a side, as of all boxes in U, W and X.
/// @param a,b  keys of boxes
/// @param axis  0 to 2
/// @return -1, 0 or 1
KOKKOS_INLINE_FUNCTION constexpr int image_shift(const Key& a, const Key& b, int axis) {
  const std::int64_t offset = centre_offset(a, b, axis), half = std::int64_t(1) << max_level;
  return offset > half ? -1 : offset < -half ? 1 : 0;
}

/// Hash of the offset source - target. Precondition: same level, offset within -3..3.
/// @param target,source  keys of boxes
/// @return TransferVector::hash, 0 to 511
KOKKOS_INLINE_FUNCTION constexpr int transfer_hash(const Key& target, const Key& source) {
  const Position t = position(target), s = position(source);
  return TransferVector::hash(int(s.x - t.x), int(s.y - t.y), int(s.z - t.z));
}

/// The same of an image of `source`, where the root repeats: of those that are well separated from `target` and whose
/// parents are not from its parent. On levels 1 and 2 there may be several.
/// @param target,source  keys of boxes
/// @param axes  along which it repeats
/// @param which  0: the first image, and so on, below their number
/// @return TransferVector::hash, 0 to 511
KOKKOS_INLINE_FUNCTION constexpr int transfer_hash(const Key& target, const Key& source, Axes axes,
                                                   int which) {
  if (axes == 0) return transfer_hash(target, source);
  const Position t = position(target), s = position(source);
  const std::int64_t at[3] = {std::int64_t(t.x), std::int64_t(t.y), std::int64_t(t.z)},
                     from[3] = {std::int64_t(s.x), std::int64_t(s.y), std::int64_t(s.z)},
                     period = std::int64_t(1) << level(target);
  for (int image = 0; image < 27; ++image) {
    const int sides[3] = {image % 3 - 1, image / 3 % 3 - 1, image / 9 - 1};
    std::int64_t offset[3] = {};
    bool is_one = true, separated = false;
    for (int d = 0; d < 3; ++d) {
      const std::int64_t place = from[d] + period * sides[d], parents = (place >> 1) - (at[d] >> 1);
      offset[d] = place - at[d];
      is_one = is_one && (sides[d] == 0 || (axes >> d & 1u)) && parents >= -1 && parents <= 1;
      separated = separated || offset[d] > 1 || offset[d] < -1;
    }
    if (is_one && separated && which-- == 0)
      return TransferVector::hash(int(offset[0]), int(offset[1]), int(offset[2]));
  }
  return TransferVector::hash_size - 1;  // no transfer vector
}

}  // namespace Morton
}  // namespace Octopole

#endif
