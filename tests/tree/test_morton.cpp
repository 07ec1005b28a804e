// SPDX-License-Identifier: BSD-3-Clause
// Keys against bit-by-bit and interval brute force.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
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

std::uint64_t interleave_slowly(std::int64_t x, std::int64_t y, std::int64_t z) {
  std::uint64_t code = 0;
  for (int bit = 0; bit < 19; ++bit)
    code |= std::uint64_t(x >> bit & 1) << (3 * bit) |
            std::uint64_t(y >> bit & 1) << (3 * bit + 1) |
            std::uint64_t(z >> bit & 1) << (3 * bit + 2);
  return code;
}

std::int64_t random_below(Random& random, std::int64_t n) {
  return std::int64_t(random.bits() % std::uint64_t(n));
}

Morton::Position random_position(Random& random, int level) {
  const std::int64_t n = std::int64_t(1) << level;
  const std::int64_t x = random_below(random, n), y = random_below(random, n);
  return {x, y, random_below(random, n)};
}

bool same(const Morton::Position& a, const Morton::Position& b) {
  return a.x == b.x && a.y == b.y && a.z == b.z;
}

}  // namespace

TEST_CASE("morton codes are the interleaved bits") {
  static_assert(Morton::interleave(1, 0, 0) == 1 && Morton::interleave(0, 1, 0) == 2 &&
                Morton::interleave(0, 0, 1) == 4 && Morton::interleave(3, 0, 0) == 9);
  for (int bit = 0; bit < 21; ++bit) {
    const std::uint64_t x = std::uint64_t(1) << bit;
    REQUIRE(Morton::dilate(x) == std::uint64_t(1) << (3 * bit));
    REQUIRE(Morton::contract(Morton::dilate(x)) == x);
  }
  Random random(1);
  for (int i = 0; i < 20000; ++i) {
    const auto p = random_position(random, 19);
    REQUIRE(Morton::interleave(p.x, p.y, p.z) == interleave_slowly(p.x, p.y, p.z));
    const std::uint64_t any = random.bits();  // the bits of the other axes do not get in
    REQUIRE(Morton::contract(any) == Morton::contract(any & 0x1249249249249249));
  }
}

TEST_CASE("words tell 19 levels apart each, and the last the rest") {
  CHECK(Morton::levels_in(0) == 19);
  CHECK(Morton::levels_in(1) == 19);
  CHECK(Morton::levels_in(2) == 14);
  const int finest[] = {0, 19, 38, 52};
  for (int n = 0; n <= 3; ++n) CHECK(Morton::finest_level(n) == finest[n]);
  for (int level = 0; level <= 52; ++level)
    CHECK(Morton::word_of(level) == (level <= 19 ? 0 : level <= 38 ? 1 : 2));
  CHECK(std::uint64_t(1) << Morton::level_bits > std::uint64_t(Morton::max_level));
}

TEST_CASE("a key holds position and level and tells the codes in its box") {
  Random random(2);
  for (int level = 0; level <= Morton::max_level; ++level)
    for (int i = 0; i < 500; ++i) {
      auto p = random_position(random, level);
      const std::int64_t last = (std::int64_t(1) << level) - 1;
      if (i == 0) p = {0, 0, 0};
      if (i == 1) p = {last, last, last};
      if (i == 2) p = {last, 0, 0};
      const Key key = Morton::encode(p, level);
      CAPTURE(level, p.x, p.y, p.z);
      REQUIRE(Morton::level(key) == level);
      REQUIRE(same(Morton::position(key), p));
      REQUIRE((key == Morton::encode(p, level)));
      REQUIRE_FALSE((key == Morton::encode({p.x, p.y, p.z + 1}, level)));
      REQUIRE_FALSE((key == Morton::encode(p, level + 1)));
      // From the box in which the word starts, in cells of the word's finest level.
      const int word = level <= 19   ? 0
                       : level <= 38 ? 1
                                     : 2,
                start = 19 * word, end = std::min(start + 19, 52), shift = end - level;
      const std::int64_t mask = (std::int64_t(1) << (level - start)) - 1;
      const std::int64_t x = (p.x & mask) << shift, y = (p.y & mask) << shift,
                         z = (p.z & mask) << shift, width = (std::int64_t(1) << shift) - 1;
      const auto codes = Morton::codes(key);
      REQUIRE(codes.first == interleave_slowly(x, y, z));
      REQUIRE(codes.end - 1 == interleave_slowly(x + width, y + width, z + width));
      REQUIRE(Morton::codes_per_box(level) == codes.end - codes.first);
      const Key from = Morton::ancestor(key, start);
      REQUIRE((Morton::box_within(from, codes.first, level) == key));
      REQUIRE((Morton::box_within(from, codes.end - 1, level) == key));
      const auto low = Morton::position(Morton::box_within(from, codes.end - 1, end));
      REQUIRE((low.x >> shift == p.x && low.x - (p.x << shift) == width));
    }
}

TEST_CASE("centres are apart by half cells of the finest grid") {
  Random random(7);
  for (int i = 0; i < 20000; ++i) {
    const int la = random.below(53), lb = random.below(53);
    const Key a = Morton::encode(random_position(random, la), la),
              b = Morton::encode(random_position(random, lb), lb);
    const auto ca = octopole_test::cells(a), cb = octopole_test::cells(b);
    for (int d = 0; d < 3; ++d) {
      const std::int64_t offset = Morton::centre_offset(a, b, d);
      REQUIRE(offset == ca.lower[d] + ca.upper[d] - cb.lower[d] - cb.upper[d]);
      REQUIRE(std::int64_t(double(offset)) == offset);
    }
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
        REQUIRE(
            (Morton::ancestor(key, at) == Morton::encode({p.x >> up, p.y >> up, p.z >> up}, at)));
      }
      if (level > 0) {
        REQUIRE((Morton::parent(key) == Morton::encode({p.x / 2, p.y / 2, p.z / 2}, level - 1)));
        REQUIRE(Morton::octant(key) == p.x % 2 + 2 * (p.y % 2) + 4 * (p.z % 2));
        REQUIRE((Morton::child(Morton::parent(key), Morton::octant(key)) == key));
      }
      if (level == Morton::max_level) continue;
      for (int octant = 0; octant < 8; ++octant) {
        const Key child = Morton::child(key, octant);
        REQUIRE((child == Morton::encode({2 * p.x + octant % 2, 2 * p.y + octant / 2 % 2,
                                          2 * p.z + octant / 4},
                                         level + 1)));
        REQUIRE((Morton::parent(child) == key));
        REQUIRE(Morton::octant(child) == octant);
      }
    }
}

TEST_CASE("adjacent keys are those whose intervals touch") {
  const auto check = [](Key a, Key b) {
    CAPTURE(a.level, a.at.x, a.at.y, a.at.z, b.level, b.at.x, b.at.y, b.at.z);
    const bool truth = octopole_test::touching(octopole_test::cells(a), octopole_test::cells(b));
    REQUIRE(Morton::adjacent(a, b) == truth);
    return truth;
  };
  std::vector<Key> coarse;
  for (int level = 0; level <= 3; ++level)
    for (int x = 0; x < 1 << level; ++x)
      for (int y = 0; y < 1 << level; ++y)
        for (int z = 0; z < 1 << level; ++z) coarse.push_back(Morton::encode({x, y, z}, level));
  for (const Key a : coarse)
    for (const Key b : coarse) check(a, b);

  // Deep boxes, one a few steps from the other, so that both answers come.
  Random random(4);
  int touching = 0, total = 0;
  for (int i = 0; i < 40000; ++i) {
    const int la = 3 + random.below(Morton::max_level - 2), lb = 1 + random.below(la);
    const auto a = random_position(random, la);
    const auto near = [&](std::int64_t x) {
      const std::int64_t last = (std::int64_t(1) << lb) - 1;
      return std::clamp<std::int64_t>((x >> (la - lb)) + random.below(5) - 2, 0, last);
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
    const int level = 2 + random.below(Morton::max_level - 1);
    const std::int64_t last = (std::int64_t(1) << level) - 1;
    const auto t = random_position(random, level);
    const auto near = [&](std::int64_t x) {
      return std::clamp<std::int64_t>(x + random.below(7) - 3, 0, last);
    };
    const Morton::Position s{near(t.x), near(t.y), near(t.z)};
    CAPTURE(level, t.x, t.y, t.z, s.x, s.y, s.z);
    const int h = Morton::transfer_hash(Morton::encode(t, level), Morton::encode(s, level));
    REQUIRE(h == TransferVector::hash(int(s.x - t.x), int(s.y - t.y), int(s.z - t.z)));
    // A transfer vector is what boxes have that are not adjacent.
    REQUIRE(TransferVector::is_transfer_vector(h) !=
            Morton::adjacent(Morton::encode(t, level), Morton::encode(s, level)));
  }
}

TEST_CASE("images of a box are met at every transfer vector that there is, once each") {
  // What a box is given by V, by going through all unwrapped places around its parent.
  for (int level = 1; level <= 4; ++level)
    for (const Morton::Axes axes : {1u, 6u, 7u}) {
      const std::int64_t edge = std::int64_t(1) << level;
      Random random(std::uint64_t(level) * 8 + axes);
      for (int tries = 0; tries < 20; ++tries) {
        const auto t = random_position(random, level);
        const std::int64_t at[3] = {t.x, t.y, t.z};
        std::map<std::array<std::int64_t, 3>, std::vector<int>> expected, found;
        for (int place = 0; place < 216; ++place) {
          std::int64_t s[3] = {place % 6, place / 6 % 6, place / 36}, offset[3];
          bool inside = true, separated = false;
          for (int d = 0; d < 3; ++d) {
            s[d] += 2 * (at[d] / 2) - 2;
            offset[d] = s[d] - at[d];
            separated = separated || std::abs(offset[d]) > 1;
            inside = inside && ((axes >> d & 1u) || (s[d] >= 0 && s[d] < edge));
            s[d] &= edge - 1;
          }
          if (inside && separated)
            expected[{s[0], s[1], s[2]}].push_back(
                TransferVector::hash(int(offset[0]), int(offset[1]), int(offset[2])));
        }
        for (auto& [s, hashes] : expected) {
          for (int which = 0; which < int(hashes.size()); ++which)
            found[s].push_back(Morton::transfer_hash(
                Morton::encode(t, level), Morton::encode({s[0], s[1], s[2]}, level), axes, which));
          std::sort(hashes.begin(), hashes.end());
          std::sort(found[s].begin(), found[s].end());
        }
        CAPTURE(level, axes);
        REQUIRE(!expected.empty());
        REQUIRE((found == expected));
      }
    }
}

TEST_CASE("boxes touch images of others where the root repeats, and then both each other's") {
  Random random(12);
  int across = 0, apart = 0;
  for (int tries = 0; tries < 40000; ++tries) {
    const int levels[2] = {1 + random.below(4), 1 + random.below(4)};
    const auto axes = Morton::Axes(random.below(8));
    const Morton::Position p = random_position(random, levels[0]),
                           q = random_position(random, levels[1]);
    const Key a = Morton::encode(p, levels[0]), b = Morton::encode(q, levels[1]);
    const std::int64_t u[3] = {p.x, p.y, p.z}, v[3] = {q.x, q.y, q.z};
    // In sixteenths of the root: whether there is an image, shifted by -16, 0 or 16, whose interval meets the other's.
    bool expected = true;
    for (int d = 0; d < 3; ++d) {
      const std::int64_t side_u = 16 >> levels[0], side_v = 16 >> levels[1];
      bool meet = false;
      for (int shift = -16; shift <= 16; shift += 16) {
        if (shift != 0 && (axes >> d & 1u) == 0) continue;
        const std::int64_t from = u[d] * side_u + shift, begin = v[d] * side_v;
        meet = meet || (from <= begin + side_v && begin <= from + side_u);
      }
      expected = expected && meet;
    }
    CAPTURE(levels[0], levels[1], axes, u[0], u[1], u[2], v[0], v[1], v[2]);
    REQUIRE(Morton::adjacent_images(a, b, axes) == expected);
    REQUIRE(Morton::adjacent_images(b, a, axes) == expected);
    across += expected && !Morton::adjacent(a, b);
    apart += !expected;
  }
  CHECK(across > 1000);
  CHECK(apart > 1000);
}
