// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <numeric>
#include <perf/judge/Octopole_DirectCheck.hpp>
#include <perf/judge/Octopole_Workloads.hpp>
#include <string>
#include <tests/support/octopole_catch.hpp>

using namespace Octopole;

namespace {

constexpr std::size_t n = 20000;

double radius(const std::vector<double>& xyz, std::size_t i, double cx, double cy, double cz) {
  return std::hypot(xyz[3 * i] - cx, xyz[3 * i + 1] - cy, xyz[3 * i + 2] - cz);
}

}  // namespace

TEST_CASE(
    "random numbers are those of the first release, from 0 to below 1, and depend on seed, stream "
    "and "
    "index") {
  const Workloads::Random random(42);
  // Pinned: published figures are stated for these points.
  CHECK(random.uniform(0, 0) == 0.33437656621120193);
  CHECK(random.uniform(16, 999999) == 0.7534945098327953);
  CHECK(random.uniform(0, 0) != random.uniform(0, 1));
  CHECK(random.uniform(0, 0) != random.uniform(1, 0));
  CHECK(random.uniform(0, 0) != Workloads::Random(43).uniform(0, 0));
  double mean = 0, normal_mean = 0, normal_square = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double u = random.uniform(0, i);
    REQUIRE((u >= 0 && u < 1));
    mean += u / n;
    const double g = random.normal(3, i);
    normal_mean += g / n;
    normal_square += g * g / n;
  }
  CHECK(std::abs(mean - 0.5) < 0.01);
  CHECK(std::abs(normal_mean) < 0.03);
  CHECK(std::abs(normal_square - 1) < 0.05);
}

TEST_CASE("every distribution is finite, repeatable and a prefix of the larger one") {
  for (const std::string_view name : Workloads::distributions) {
    const auto a = Workloads::make(name, "zero-mean", n, 7),
               b = Workloads::make(name, "zero-mean", n, 7);
    INFO(std::string(name));
    CHECK(a.xyz.size() == 3 * n);
    CHECK(a.q.size() == n);
    CHECK(a.xyz == b.xyz);
    CHECK(a.q == b.q);
    CHECK(std::all_of(a.xyz.begin(), a.xyz.end(), [](double x) { return std::isfinite(x); }));
    CHECK(a.xyz != Workloads::make(name, "zero-mean", n, 8).xyz);
    if (name == "two-scale") continue;
    const auto fewer = Workloads::make(name, "zero-mean", 100, 7);
    CHECK(std::equal(fewer.xyz.begin(), fewer.xyz.end(), a.xyz.begin()));
  }
}

TEST_CASE("the distributions have the shapes that are documented") {
  SECTION("cube") {
    const auto p = Workloads::make("cube", "positive", n, 1);
    CHECK(*std::min_element(p.xyz.begin(), p.xyz.end()) >= 0);
    CHECK(*std::max_element(p.xyz.begin(), p.xyz.end()) < 1);
  }
  SECTION("sphere") {
    const auto p = Workloads::make("sphere", "positive", n, 1);
    for (std::size_t i = 0; i < n; ++i)
      REQUIRE(std::abs(radius(p.xyz, i, 0.5, 0.5, 0.5) - 0.5) < 1e-14);
  }
  SECTION("plummer: half of the mass within 1.3 scale lengths, none beyond 20") {
    const auto p = Workloads::make("plummer", "positive", n, 1);
    std::size_t within = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double r = radius(p.xyz, i, 0, 0, 0);
      REQUIRE(r <= 20 * (1 + 1e-12));
      within += r < 1.30477;
    }
    CHECK(std::abs(static_cast<double>(within) / n - 0.5) < 0.02);
  }
  SECTION("filament: within a few jitters of the helix") {
    const auto p = Workloads::make("filament", "positive", n, 1);
    for (std::size_t i = 0; i < n; ++i)
      REQUIRE(std::abs(std::hypot(p.xyz[3 * i], p.xyz[3 * i + 1]) - 0.5) < 8e-3);
  }
  SECTION("two-scale: the cube first, then the ball") {
    const auto p = Workloads::make("two-scale", "positive", n, 1);
    const std::size_t half = Workloads::two_scale_first_half(n);
    const auto spread = [&](std::size_t begin, std::size_t end) {
      double low = 10, high = -10;
      for (std::size_t i = begin; i < end; ++i)
        low = std::min(low, p.xyz[3 * i]), high = std::max(high, p.xyz[3 * i]);
      return high - low;
    };
    CHECK(spread(0, half) > 0.99);
    CHECK(spread(half, n) < 1.0001e-4);
    CHECK(spread(half, n) > 0.9e-4);
  }
}

TEST_CASE("charge laws") {
  const auto zero_mean = Workloads::make("cube", "zero-mean", n, 3).q,
             positive = Workloads::make("cube", "positive", n, 3).q;
  double mean = 0;
  for (std::size_t i = 0; i < n; ++i) {
    REQUIRE((zero_mean[i] >= -0.5 && zero_mean[i] < 0.5));
    REQUIRE((positive[i] >= 0 && positive[i] < 1));
    mean += zero_mean[i] / n;
  }
  CHECK(std::abs(mean) < 0.01);
  CHECK_THROWS_AS(Workloads::make("cube", "negative", 1, 0), std::invalid_argument);
  CHECK_THROWS_AS(Workloads::make("torus", "positive", 1, 0), std::invalid_argument);
}

TEST_CASE("direct check: strided targets") {
  CHECK(DirectCheck::strided_targets(10, 5) == std::vector<std::size_t>{0, 2, 4, 6, 8});
  CHECK(DirectCheck::strided_targets(3, 100) == std::vector<std::size_t>{0, 1, 2});
  CHECK(DirectCheck::strided_targets(7, 3) == std::vector<std::size_t>{0, 2, 4});
  CHECK(DirectCheck::strided_targets(0, 3).empty());
}

TEST_CASE("direct check: two charges, their gradient, and a pair at distance zero") {
  const std::vector<double> sources{0, 0, 0, 2, 0, 0}, charges{3, 5}, targets{0, 0, 0, 0, 1, 0};
  const auto r = DirectCheck::reference(sources, charges, targets, 2, true);
  const double pi = std::acos(-1.0), root = std::sqrt(5.0);
  CHECK(r.potential[0] == Approx(5 / 2.0 / (4 * pi)).epsilon(1e-14));
  CHECK(r.gradient[0] == Approx(5 / 4.0 / (4 * pi)).epsilon(1e-14));  // towards the charge
  CHECK(r.potential[1] == Approx((3 + 5 / root) / (4 * pi)).epsilon(1e-14));
  CHECK(r.gradient[3] == Approx(5 * 2 / (5 * root) / (4 * pi)).epsilon(1e-14));
  CHECK(r.gradient[4] == Approx(-(3 + 5 / (5 * root)) / (4 * pi)).epsilon(1e-14));
  CHECK(r.gradient[5] == 0);
}

TEST_CASE("direct check: errors") {
  const std::vector<double> computed{1, 9, 2, 9, 2}, expected{1, 2, 1};
  const std::vector<std::size_t> targets{0, 2, 4};
  const auto e = DirectCheck::compare(computed, expected, targets, 1);
  CHECK(e.relative_l2 == Approx(1 / std::sqrt(6.0)));
  CHECK(e.maximum == Approx(1 / std::sqrt(2.0)));
  CHECK(DirectCheck::compare(computed, expected, targets, 1, 0, 3).relative_l2 == 0);
  const std::vector<double> zeros(5, 0.0);
  CHECK(DirectCheck::compare(zeros, std::vector<double>(3, 0.0), targets, 1).relative_l2 == 0);
  const std::vector<double> broken{1, 9, std::nan(""), 9, 1};
  CHECK(std::isnan(DirectCheck::compare(broken, expected, targets, 1).relative_l2));
}

TEST_CASE("direct check: sums and errors where squares leave the range of double") {
  const auto p = Workloads::make("cube", "positive", 400, 3);
  const auto plain = DirectCheck::laplace_sums(p.xyz, p.q, 1, p.xyz, 50, true);
  for (const int power : {-500, 500}) {  // 1e-150 and 1e150
    CAPTURE(power);
    std::vector<double> scaled = p.xyz;
    for (double& x : scaled) x = std::ldexp(x, power);
    const auto sums = DirectCheck::laplace_sums(scaled, p.q, 1, scaled, 50, true);
    REQUIRE(sums.outputs.size() == 2);
    for (std::size_t output = 0; output < 2; ++output) {
      const int by = -power * (1 + int(output));
      std::vector<double> expected = plain.outputs[output];
      REQUIRE(sums.outputs[output].size() == expected.size());
      double largest = 0;
      for (double& value : expected) {
        value = std::ldexp(value, by);
        largest = std::max(largest, std::abs(value));
      }
      for (std::size_t i = 0; i < expected.size(); ++i)
        CHECK(std::abs(sums.outputs[output][i] - expected[i]) < 1e-13 * largest);
      // And what is a thousandth off is found to be so.
      std::vector<double> off = expected;
      for (double& value : off) value *= 1.001;
      std::vector<std::size_t> all(off.size());
      std::iota(all.begin(), all.end(), std::size_t(0));
      CHECK(DirectCheck::compare(off, expected, all, 1).relative_l2 == Approx(1e-3));
      CHECK(DirectCheck::compare(off, expected, all, 1).maximum < 0.1);
    }
  }
}
