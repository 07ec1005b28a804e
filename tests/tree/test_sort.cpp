// SPDX-License-Identifier: BSD-3-Clause
// The sort by key against std::stable_sort.
#include <algorithm>
#include <numeric>
#include <tests/support/octopole_catch.hpp>
#include <tests/support/octopole_point_sets.hpp>
#include <tree/Octopole_Sort.hpp>
#include <vector>

namespace {

using octopole_test::Execution;
using octopole_test::Memory;
using octopole_test::Random;
using Keys = std::vector<std::uint64_t>;

enum class Order { random, equal, sorted, reversed, few_distinct };

Keys make_keys(Order order, int n, int bits, std::uint64_t seed) {
  const std::uint64_t mask = (std::uint64_t(1) << bits) - 1;
  Random random(seed);
  Keys keys(n);
  const std::uint64_t one = random.bits() & mask;
  Keys few(5);
  for (auto& key : few) key = random.bits() & mask;
  for (auto& key : keys)
    key = order == Order::equal          ? one
          : order == Order::few_distinct ? few[random.below(5)]
                                         : random.bits() & mask;
  if (order == Order::sorted) std::sort(keys.begin(), keys.end());
  if (order == Order::reversed) std::sort(keys.rbegin(), keys.rend());
  return keys;
}

// Values that are not the indices, so that a sort that writes indices is found out.
std::vector<int> make_values(int n) {
  std::vector<int> values(n);
  for (int i = 0; i < n; ++i) values[i] = 3 * i + 1;
  return values;
}

std::vector<std::pair<std::uint64_t, int>> sorted_slowly(const Keys& keys) {
  const auto values = make_values(static_cast<int>(keys.size()));
  std::vector<std::pair<std::uint64_t, int>> both(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) both[i] = {keys[i], values[i]};
  std::stable_sort(both.begin(), both.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return both;
}

template <class T>
Kokkos::View<T*, Memory> to_device(const std::vector<T>& data) {
  const Kokkos::View<T*, Memory> view("Octopole::test::sort", data.size());
  Kokkos::deep_copy(view, Kokkos::View<const T*, Kokkos::HostSpace>(data.data(), data.size()));
  return view;
}

// Extents and all pairs as they should be. A device's own sort need not be stable: there equal keys
// may come in any order, and so may their values.
bool agrees(const Kokkos::View<std::uint64_t*, Memory>& keys,
            const Kokkos::View<int*, Memory>& values,
            std::vector<std::pair<std::uint64_t, int>> expected) {
  const auto k = octopole_test::to_vector(keys);
  const auto v = octopole_test::to_vector(values);
  if (k.size() != expected.size() || v.size() != expected.size()) return false;
  std::vector<std::pair<std::uint64_t, int>> found(k.size());
  for (std::size_t i = 0; i < k.size(); ++i) found[i] = {k[i], v[i]};
  if (!std::is_sorted(k.begin(), k.end())) return false;
  if (!Kokkos::SpaceAccessibility<Kokkos::HostSpace, Memory>::accessible) {
    std::sort(found.begin(), found.end());
    std::sort(expected.begin(), expected.end());
  }
  return found == expected;
}

bool sorts(const Keys& data, int bits) {
  const Execution exec;
  Octopole::SortSpace<Kokkos::View<std::uint64_t*, Memory>, Kokkos::View<int*, Memory>> space;
  for (int time = 0; time < 2; ++time) {  // the second with the memory of the first
    auto keys = to_device(data);
    auto values = to_device(make_values(static_cast<int>(data.size())));
    Octopole::sort_by_key(exec, keys, values, bits, space);
    if (!agrees(keys, values, sorted_slowly(data))) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("sort_by_key is std stable_sort for any keys and sizes") {
  const auto check = [](Order order, int bits, std::uint64_t seed) {
    for (const int n : {0, 1, 2, 3, 255, 257, 8191, 8192, 8193, 16383, 16384, 16385}) {
      CAPTURE(bits, static_cast<int>(order), n, seed);
      REQUIRE(sorts(make_keys(order, n, bits, seed), bits));
    }
  };
  constexpr int bits[3] = {8, 57, 62};
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    for (const int all : bits) check(Order::random, all, seed);
    for (const auto order : {Order::equal, Order::sorted, Order::reversed, Order::few_distinct})
      check(order, bits[seed - 1], seed);
  }
}

TEST_CASE("sort_by_key of many keys") {
  for (const auto order : {Order::random, Order::few_distinct, Order::reversed})
    for (std::uint64_t seed = 1; seed <= (order == Order::random ? 3 : 1); ++seed) {
      CAPTURE(static_cast<int>(order), seed);
      REQUIRE(sorts(make_keys(order, 300000, 57, seed), 57));
    }
}

TEST_CASE("sort_by_key of keys that agree in their highest bits") {
  // Some, too few for a sample to tell: they are left to be sorted one by one. Or many.
  for (const int n : {5000, 300000})
    for (const int agree : {2, 3, 31, 300, 3000, n / 2, n})
      for (const int low_bits : {3, 20, 33, 49}) {
        CAPTURE(n, agree, low_bits);
        auto keys = make_keys(Order::random, n, 57, 5);
        Random random(6);
        for (int i = 0; i < std::min(agree, n); ++i) {
          const std::uint64_t low = (std::uint64_t(1) << low_bits) - 1;
          keys[(std::int64_t(i) * 7919) % n] = (keys[1] & ~low) | (random.bits() & low);
        }
        REQUIRE(sorts(keys, 57));
      }
}

TEST_CASE("runs are merged into the order of a stable sort") {
  const Execution exec;
  Octopole::SortSpace<Kokkos::View<std::uint64_t*, Memory>, Kokkos::View<int*, Memory>> space;
  for (const auto order : {Order::random, Order::few_distinct, Order::equal})
    for (const std::vector<int>& lengths : {std::vector<int>{5},
                                            {1, 1},
                                            {3000, 2},
                                            {2, 3000},
                                            {1024, 1024, 1},
                                            {1500, 700, 4000},
                                            {10, 1, 2000, 3, 1023, 1025, 17, 6000}}) {
      Octopole::SortedRuns runs{};
      Keys data;
      for (const int length : lengths) {
        Keys run = make_keys(order, length, 57, data.size() % 7);
        std::sort(run.begin(), run.end());
        data.insert(data.end(), run.begin(), run.end());
        runs.begin[++runs.size] = int(data.size());
      }
      CAPTURE(static_cast<int>(order), lengths);
      auto keys = to_device(data);
      auto values = to_device(make_values(int(data.size())));
      Octopole::merge_runs(exec, runs, keys, values, space);
      REQUIRE(agrees(keys, values, sorted_slowly(data)));
    }
}

TEST_CASE("sort_by_key looks at every bit it is given") {
  for (int bit = 0; bit < 62; ++bit) {
    CAPTURE(bit);
    const std::uint64_t x = std::uint64_t(1) << bit;
    REQUIRE(sorts({x, 0, x, 0, x | 1, 1, 0}, bit + 1));
    REQUIRE(sorts({x, x - 1, x, 0}, 62));
  }
}

TEST_CASE("the radix sort does not depend on its chunks") {
  // As many chunks as a machine of 64 threads would take, on whatever machine this is.
  const Execution exec;
  if (!Kokkos::SpaceAccessibility<Kokkos::HostSpace, Memory>::accessible) return;
  for (const int n : {1, 100, 4097})
    for (const int n_chunks : {1, 2, 3, 7, 64}) {
      CAPTURE(n, n_chunks);
      const auto data = make_keys(Order::random, n, 8, 1);
      const auto keys = to_device(data);
      const auto values = to_device(make_values(n));
      const Kokkos::View<std::uint64_t*, Memory> keys_out("Octopole::test::keys", n);
      const Kokkos::View<int*, Memory> values_out("Octopole::test::values", n);
      const Kokkos::View<int**, Kokkos::LayoutRight, Memory> counts("Octopole::test::counts", 256,
                                                                    n_chunks);
      Octopole::Impl::radix_pass(exec, keys, values, keys_out, values_out, counts, 0);
      exec.fence("Octopole::test");
      REQUIRE(agrees(keys_out, values_out, sorted_slowly(data)));
    }
}

TEST_CASE("lower_bound is std lower_bound") {
  Random random(7);
  Keys data(200);
  for (auto& x : data) x = random.below(60);
  std::sort(data.begin(), data.end());
  const Kokkos::View<const std::uint64_t*, Kokkos::HostSpace> view(data.data(), data.size());
  for (int begin = 0; begin <= 200; begin += 25)
    for (int end = begin; end <= 200; end += 25)
      for (std::uint64_t value = 0; value < 62; ++value) {
        CAPTURE(begin, end, value);
        REQUIRE(Octopole::lower_bound(view, begin, end, value) ==
                std::lower_bound(data.begin() + begin, data.begin() + end, value) - data.begin());
      }
}
