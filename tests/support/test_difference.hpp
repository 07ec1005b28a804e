// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_TEST_DIFFERENCE_HPP
#define OCTOPOLE_TEST_DIFFERENCE_HPP

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

/// Relative L2 difference of `a` from `b`; infinite where their lengths differ or `b` is all zero.
inline double difference(const std::vector<double>& a, const std::vector<double>& b) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  if (a.size() != b.size()) return infinite;
  double error = 0, size = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    error += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return size > 0 ? std::sqrt(error / size) : infinite;
}

#endif
