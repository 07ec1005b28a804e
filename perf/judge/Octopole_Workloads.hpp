// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_WORKLOADS_HPP
#define OCTOPOLE_WORKLOADS_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// The point sets and charge laws that every figure of this project is stated for. A point depends
/// on seed and index only (no generator state, no std:: distribution, whose algorithms differ
/// between standard libraries), so that figures compare between machines, backends and thread
/// counts.
namespace Octopole::Workloads {

/// Random numbers by counter: splitmix64 applied to (seed, stream, index).
class Random {
 public:
  explicit Random(std::uint64_t seed) : m_seed(seed) {}

  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform(std::uint64_t stream, std::uint64_t index) const {
    const std::uint64_t key = mix(mix(m_seed) + (stream + 1) * golden);
    return static_cast<double>(mix(key + (index + 1) * golden) >> 11) * 0x1p-53;
  }

  /// Standard normal, by Box and Muller; takes the streams `stream` and `stream + 1`.
  double normal(std::uint64_t stream, std::uint64_t index) const {
    const double radius = std::sqrt(-2 * std::log1p(-uniform(stream, index)));
    return radius * std::cos(two_pi * uniform(stream + 1, index));
  }

  static constexpr double two_pi = 6.283185307179586476925;

 private:
  static constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;

  static constexpr std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::uint64_t m_seed;
};

using Point = std::array<double, 3>;

inline constexpr std::array<std::string_view, 5> distributions{"cube", "sphere", "plummer",
                                                               "filament", "two-scale"};
inline constexpr std::array<std::string_view, 2> charge_laws{"zero-mean", "positive"};

/// Uniform on the unit sphere; takes the streams 0 and 1.
inline Point direction(const Random& random, std::uint64_t i) {
  const double z = 2 * random.uniform(0, i) - 1;
  const double phi = Random::two_pi * random.uniform(1, i);
  const double rho = std::sqrt(1 - z * z);
  return {rho * std::cos(phi), rho * std::sin(phi), z};
}

/// Uniform in [0, 1)^3.
inline Point cube(const Random& random, std::uint64_t i) {
  return {random.uniform(0, i), random.uniform(1, i), random.uniform(2, i)};
}

/// Uniform on the sphere of diameter 1 about (1/2, 1/2, 1/2).
inline Point sphere(const Random& random, std::uint64_t i) {
  const Point d = direction(random, i);
  return {0.5 + 0.5 * d[0], 0.5 + 0.5 * d[1], 0.5 + 0.5 * d[2]};
}

/// Plummer's model of scale length 1 about the origin, cut at radius 20: the mass within r,
/// m(r) = r^3 / (1 + r^2)^(3/2), inverted (Aarseth, Henon, Wielen, Astron. Astrophys. 37, 1974).
inline Point plummer(const Random& random, std::uint64_t i) {
  constexpr double cut = 20;
  const double mass_at_cut = std::pow(1 + 1 / (cut * cut), -1.5);
  // In (0, m(cut)]: a mass of zero would be fine, but a negative power of it is not.
  const double mass = mass_at_cut * (1 - random.uniform(2, i));
  const double r = 1 / std::sqrt(std::pow(mass, -2.0 / 3.0) - 1);
  const Point d = direction(random, i);
  return {r * d[0], r * d[1], r * d[2]};
}

/// A helix of five turns, radius 1/2 and height 1, with a Gaussian jitter of 1e-3 per coordinate.
inline Point filament(const Random& random, std::uint64_t i) {
  constexpr double jitter = 1e-3, turns = 5;
  const double t = random.uniform(0, i);
  const double phi = Random::two_pi * turns * t;
  return {0.5 * std::cos(phi) + jitter * random.normal(1, i),
          0.5 * std::sin(phi) + jitter * random.normal(3, i), t + jitter * random.normal(5, i)};
}

/// How many of n two-scale points lie in the cube; they come first, then those in the ball.
inline constexpr std::size_t two_scale_first_half(std::size_t n) {
  return n / 2;
}

/// Uniform in a ball 1e-4 as wide as the unit cube, at a place that no box boundary of a coarse
/// level meets.
inline Point small_ball(const Random& random, std::uint64_t i) {
  constexpr double radius = 0.5e-4;
  constexpr Point center{0.3141592653, 0.5772156649, 0.7182818284};
  const Point d = direction(random, i);
  const double r = radius * std::cbrt(random.uniform(2, i));
  return {center[0] + r * d[0], center[1] + r * d[1], center[2] + r * d[2]};
}

/// `xyz` is n x 3, row-major; `q` has n entries.
struct Points {
  std::vector<double> xyz;
  std::vector<double> q;
  std::size_t size() const { return q.size(); }
};

/// Points `first` to `last` - 1 of n. Precondition: `distribution` is one of `distributions`, `charge_law` one of
/// `charge_laws`; otherwise std::invalid_argument.
inline Points make_some(std::string_view distribution, std::string_view charge_law, std::size_t n,
                        std::uint64_t seed, std::size_t first, std::size_t last) {
  const Random random(seed);
  const std::size_t here = last - first;
  Points points{std::vector<double>(3 * here), std::vector<double>(here)};

  const auto fill = [&](std::size_t begin, std::size_t end, auto place) {
    for (std::size_t i = std::max(begin, first); i < std::min(end, last); ++i) {
      const Point x = place(random, i);
      for (int k = 0; k < 3; ++k) points.xyz[3 * (i - first) + k] = x[k];
    }
  };
  if (distribution == "cube")
    fill(0, n, cube);
  else if (distribution == "sphere")
    fill(0, n, sphere);
  else if (distribution == "plummer")
    fill(0, n, plummer);
  else if (distribution == "filament")
    fill(0, n, filament);
  else if (distribution == "two-scale") {
    fill(0, two_scale_first_half(n), cube);
    fill(two_scale_first_half(n), n, small_ball);
  } else
    throw std::invalid_argument("Octopole::Workloads: no distribution '" +
                                std::string(distribution) + "'");

  constexpr std::uint64_t charge_stream = 16;  // apart from every stream used for places
  const double shift = charge_law == "zero-mean" ? 0.5 : 0.0;
  if (shift == 0 && charge_law != "positive")
    throw std::invalid_argument("Octopole::Workloads: no charge law '" + std::string(charge_law) +
                                "'");
  for (std::size_t i = 0; i < here; ++i)
    points.q[i] = random.uniform(charge_stream, first + i) - shift;
  return points;
}

/// All of them.
inline Points make(std::string_view distribution, std::string_view charge_law, std::size_t n,
                   std::uint64_t seed) {
  return make_some(distribution, charge_law, n, seed, 0, n);
}

}  // namespace Octopole::Workloads

#endif
