// SPDX-License-Identifier: BSD-3-Clause
// Keys against bit-by-bit and interval brute force.
#include <algorithm>
#include <set>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tree/Octopole_Morton.hpp>
#include <vector>

namespace Morton = Octopole::Morton;
namespace TransferVector = Octopole::TransferVector;
using Morton::Key;
using octopole_test::Random;

namespace {

std::uint64_t interleave_slowly(std::uint64_t x, std::uint64_t y, std::uint64_t z) {
  std::uint64_t code = 0;
  for (int bit = 0; bit < Morton::max_level; ++bit)
    code |= (x >> bit & 1) << (3 * bit) | (y >> bit & 1) << (3 * bit + 1) |
            (z >> bit & 1) << (3 * bit + 2);
  return code;
}

Morton::Position random_position(Random& random, int level) {
  const int n = 1 << level;
  return {random.below(n), random.below(n), random.below(n)};
}

bool same(const Morton::Position& a, const Morton::Position& b) {
  return a.x == b.x && a.y == b.y && a.z == b.z;
}

// The boxes below `key` in pre-order, each split with probability 1/4.
void preorder(Key key, Random& random, std::vector<Key>& keys) {
  keys.push_back(key);
  if (Morton::level(key) == Morton::max_level) return;
  if (Morton::level(key) >= 2 && random.below(4) != 0) return;
  for (int octant = 0; octant < 8; ++octant) preorder(Morton::child(key, octant), random, keys);
}

}  // namespace

TEST_CASE("morton codes are the interleaved bits") {
  static_assert(Morton::interleave(1, 0, 0) == 1 && Morton::interleave(0, 1, 0) == 2 &&
                Morton::interleave(0, 0, 1) == 4 && Morton::interleave(3, 0, 0) == 9);
  for (int bit = 0; bit < Morton::max_level; ++bit) {
    const std::uint64_t x = std::uint64_t(1) << bit;
    REQUIRE(Morton::dilate(x) == std::uint64_t(1) << (3 * bit));
    REQUIRE(Morton::contract(Morton::dilate(x)) == x);
  }
  Random random(1);
  for (int i = 0; i < 20000; ++i) {
    const auto p = random_position(random, Morton::max_level);
    REQUIRE(Morton::interleave(p.x, p.y, p.z) == interleave_slowly(p.x, p.y, p.z));
    const std::uint64_t any = random.bits();  // the bits of the other axes do not get in
    REQUIRE(Morton::contract(any) == Morton::contract(any & 0x1249249249249249));
  }
}

TEST_CASE("a key holds position and level") {
  Random random(2);
  for (int level = 0; level <= Morton::max_level; ++level)
    for (int i = 0; i < 500; ++i) {
      auto p = random_position(random, level);
      const int last = (1 << level) - 1;
      if (i == 0) p = {0, 0, 0};
      if (i == 1) p = {last, last, last};
      if (i == 2) p = {last, 0, 0};
      const Key key = Morton::encode(p, level);
      CAPTURE(level, p.x, p.y, p.z);
      REQUIRE(Morton::level(key) == level);
      REQUIRE(same(Morton::position(key), p));
      const int shift = Morton::max_level - level;
      const std::uint64_t x = p.x, y = p.y, z = p.z;
      REQUIRE(Morton::code(key) == interleave_slowly(x << shift, y << shift, z << shift));
      const auto c = octopole_test::cells(key);
      const std::int64_t width = std::int64_t(1) << shift;
      REQUIRE(
          (c.lower[0] == p.x * width && c.lower[1] == p.y * width && c.lower[2] == p.z * width));
      // The codes of a box are those from its own to the next box's of the level.
      REQUIRE(Morton::code(key) + Morton::codes_per_box(level) - 1 ==
              interleave_slowly((x << shift) + width - 1, (y << shift) + width - 1,
                                (z << shift) + width - 1));
    }
}

TEST_CASE("parents and children and ancestors and octants of keys") {
  Random random(3);
  for (int level = 0; level <= Morton::max_level; ++level)
    for (int i = 0; i < 200; ++i) {
      const auto p = random_position(random, level);
      const Key key = Morton::encode(p, level);
      CAPTURE(level, p.x, p.y, p.z);
      for (int at = 0; at <= level; ++at) {
        const int up = level - at;
        REQUIRE(Morton::ancestor(key, at) == Morton::encode({p.x >> up, p.y >> up, p.z >> up}, at));
      }
      if (level > 0) {
        REQUIRE(Morton::parent(key) == Morton::encode({p.x / 2, p.y / 2, p.z / 2}, level - 1));
        REQUIRE(Morton::octant(key) == p.x % 2 + 2 * (p.y % 2) + 4 * (p.z % 2));
        REQUIRE(Morton::child(Morton::parent(key), Morton::octant(key)) == key);
      }
      if (level == Morton::max_level) continue;
      for (int octant = 0; octant < 8; ++octant) {
        const Key child = Morton::child(key, octant);
        REQUIRE(child == Morton::encode(
                             {2 * p.x + octant % 2, 2 * p.y + octant / 2 % 2, 2 * p.z + octant / 4},
                             level + 1));
        REQUIRE(Morton::parent(child) == key);
        REQUIRE(Morton::octant(child) == octant);
      }
    }
}

TEST_CASE("adjacent keys are those whose intervals touch") {
  const auto check = [](Key a, Key b) {
    CAPTURE(a, b);
    const bool truth = octopole_test::touching(octopole_test::cells(a), octopole_test::cells(b));
    REQUIRE(Morton::adjacent(a, b) == truth);
    return truth;
  };
  std::vector<Key> coarse;
  for (int level = 0; level <= 3; ++level)
    for (int i = 0; i < 1 << (3 * level); ++i)
      coarse.push_back(Key(i) * Morton::codes_per_box(level) << Morton::level_bits | Key(level));
  for (const Key a : coarse)
    for (const Key b : coarse) check(a, b);

  // Deep boxes, one a few steps from the other, so that both answers come.
  Random random(4);
  int touching = 0, total = 0;
  for (int i = 0; i < 40000; ++i) {
    const int la = 3 + random.below(Morton::max_level - 2), lb = 1 + random.below(la);
    const auto a = random_position(random, la);
    const auto near = [&](int x) {
      return std::clamp((x >> (la - lb)) + random.below(5) - 2, 0, (1 << lb) - 1);
    };
    const Key ka = Morton::encode(a, la),
              kb = Morton::encode({near(a.x), near(a.y), near(a.z)}, lb);
    touching += check(ka, kb);
    check(kb, ka);
    ++total;
  }
  REQUIRE(touching > total / 50);
  REQUIRE(touching < total / 2);
}

TEST_CASE("sorted keys are the tree in pre-order") {
  Random random(5);
  for (int repeat = 0; repeat < 5; ++repeat) {
    std::vector<Key> keys;
    preorder(Morton::encode({0, 0, 0}, 0), random, keys);
    Key deep = Morton::encode({0, 0, 0}, 0);  // and a way down to the finest level
    while (Morton::level(deep) < Morton::max_level) {
      const Key down = Morton::child(deep, random.below(8));
      REQUIRE(deep < down);
      if (Morton::octant(down) < 7) REQUIRE(down < Morton::child(deep, Morton::octant(down) + 1));
      deep = down;
    }
    REQUIRE(keys.size() > 73);
    REQUIRE(std::is_sorted(keys.begin(), keys.end()));
    REQUIRE(std::adjacent_find(keys.begin(), keys.end()) == keys.end());
  }
}

TEST_CASE("there are 316 transfer vectors with distinct hashes") {
  std::set<int> hashes;
  for (int z = -3; z <= 3; ++z)
    for (int y = -3; y <= 3; ++y)
      for (int x = -3; x <= 3; ++x) {
        const int h = TransferVector::hash(x, y, z);
        CAPTURE(x, y, z, h);
        REQUIRE((h >= 0 && h < TransferVector::hash_size));
        REQUIRE(TransferVector::component(h, 0) == x);
        REQUIRE(TransferVector::component(h, 1) == y);
        REQUIRE(TransferVector::component(h, 2) == z);
        const bool far = std::max({std::abs(x), std::abs(y), std::abs(z)}) > 1;
        REQUIRE(TransferVector::is_transfer_vector(h) == far);
        if (far) REQUIRE(hashes.insert(h).second);
      }
  REQUIRE(hashes.size() == 316);
  static_assert(TransferVector::count == 316);
  constexpr auto all = TransferVector::all();
  REQUIRE(std::vector<int>(all.begin(), all.end()) ==
          std::vector<int>(hashes.begin(), hashes.end()));
  int accepted = 0;
  for (int h = 0; h < TransferVector::hash_size; ++h)
    accepted += TransferVector::is_transfer_vector(h);
  REQUIRE(accepted == 316);
}

TEST_CASE("the transfer hash of two keys is that of source minus target") {
  Random random(6);
  for (int i = 0; i < 40000; ++i) {
    const int level = 2 + random.below(Morton::max_level - 1), n = 1 << level;
    const auto t = random_position(random, level);
    const auto near = [&](int x) { return std::clamp(x + random.below(7) - 3, 0, n - 1); };
    const Morton::Position s{near(t.x), near(t.y), near(t.z)};
    CAPTURE(level, t.x, t.y, t.z, s.x, s.y, s.z);
    const int h = Morton::transfer_hash(Morton::encode(t, level), Morton::encode(s, level));
    REQUIRE(h == TransferVector::hash(s.x - t.x, s.y - t.y, s.z - t.z));
    // A transfer vector is what boxes have that are not adjacent.
    REQUIRE(TransferVector::is_transfer_vector(h) !=
            Morton::adjacent(Morton::encode(t, level), Morton::encode(s, level)));
  }
}
