// SPDX-License-Identifier: BSD-3-Clause
// Laplace's potential and gradient on the host, the double sum that they are held against, and how.
#ifndef OCTOPOLE_RESULTS_HPP
#define OCTOPOLE_RESULTS_HPP

#include <cmath>
#include <core/plan/Octopole_PlanFacts.hpp>
#include <perf/judge/Octopole_DirectCheck.hpp>
#include <tests/support/octopole_catch.hpp>
#include <vector>

namespace octopole_test {

using Numbers = std::vector<double>;

struct Results {
  Numbers potential, gradient;
};

inline Results direct(const Numbers& sources, const Numbers& targets, const Numbers& q) {
  auto all = Octopole::DirectCheck::reference(sources, q, targets, targets.size() / 3, true);
  return {all.potential, all.gradient};
}

/// Relative L2; infinite where a number is not finite.
inline double error(const Numbers& found, const Numbers& expected) {
  REQUIRE(found.size() == expected.size());
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!std::isfinite(found[i])) return INFINITY;
    difference += (found[i] - expected[i]) * (found[i] - expected[i]);
    norm += expected[i] * expected[i];
  }
  return difference == 0 ? 0 : std::sqrt(difference / norm);
}

inline void require_close(const Results& found, const Results& expected, double limit = 1e-3) {
  CHECK(error(found.potential, expected.potential) <= limit);
  CHECK(error(found.gradient, expected.gradient) <= limit);
}

/// The gradient of a local expansion is exact to its potential's error over the size of the leaf:
/// where all sources are many leaf sizes away, that, and not the digits, is what can be had.
inline void require_close_in_small_leaves(const Results& found, const Results& expected,
                                          const Octopole::PlanFacts& f, double limit = 1e-3) {
  CHECK(error(found.potential, expected.potential) <= limit);
  const double leaf = std::ldexp(f.root_size, -f.depth - 1);
  double difference = 0, slope = 0, value = 0;
  for (std::size_t i = 0; i < found.gradient.size(); ++i) {
    difference += std::pow(found.gradient[i] - expected.gradient[i], 2);
    slope += std::pow(expected.gradient[i], 2);
  }
  for (const double u : expected.potential) value += u * u;
  CHECK(std::sqrt(difference) <= limit * (std::sqrt(slope) + std::sqrt(value) / leaf));
}

inline void require_equal(const Results& a, const Results& b) {
  CHECK(a.potential == b.potential);
  CHECK(a.gradient == b.gradient);
}

}  // namespace octopole_test

#endif
