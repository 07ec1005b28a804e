// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DIRECTCHECK_HPP
#define OCTOPOLE_DIRECTCHECK_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

/// The judge of every result: Laplace potential and gradient by a plain double sum. On purpose it
/// shares no line with the library, not even Kokkos.
namespace Octopole::DirectCheck {

/// m of n indices, evenly strided; all of them when m >= n.
inline std::vector<std::size_t> strided_targets(std::size_t n, std::size_t m) {
  m = std::min(m, n);
  std::vector<std::size_t> targets(m);
  // floor(j n / m) without the product, which could overflow.
  for (std::size_t j = 0; j < m; ++j) targets[j] = j * (n / m) + j * (n % m) / m;
  return targets;
}

/// Sources as structure of arrays, so that the loop over them vectorises.
struct Sources {
  std::vector<double> x, y, z, q;

  /// Precondition: xyz.size() == 3 * charges.size(), row-major.
  Sources(std::span<const double> xyz, std::span<const double> charges)
      : x(charges.size()), y(charges.size()), z(charges.size()), q(charges.begin(), charges.end()) {
    for (std::size_t i = 0; i < q.size(); ++i) {
      x[i] = xyz[3 * i];
      y[i] = xyz[3 * i + 1];
      z[i] = xyz[3 * i + 2];
    }
  }
};

struct Value {
  double potential = 0, gx = 0, gy = 0, gz = 0;
};

/// sum_j q_j / (4 pi r_j) and its gradient with respect to x, sources [begin, end).
/// A source at distance zero counts as nothing. Twice as fast where the compiler need not set errno
/// in sqrt (-fno-math-errno).
template <bool with_gradient>
Value sum_block(const Sources& sources, std::size_t begin, std::size_t end, double x, double y,
                double z) {
  const double* const sx = sources.x.data();
  const double* const sy = sources.y.data();
  const double* const sz = sources.z.data();
  const double* const sq = sources.q.data();
  double u = 0, gx = 0, gy = 0, gz = 0;
#pragma omp simd reduction(+ : u, gx, gy, gz)
  for (std::size_t j = begin; j < end; ++j) {
    const double dx = x - sx[j], dy = y - sy[j], dz = z - sz[j];
    const double r2 = dx * dx + dy * dy + dz * dz;
    const double inverse = r2 > 0 ? 1 / std::sqrt(r2) : 0.0;
    const double term = sq[j] * inverse;
    u += term;
    if constexpr (with_gradient) {
      const double slope = term * inverse * inverse;
      gx -= slope * dx;
      gy -= slope * dy;
      gz -= slope * dz;
    }
  }
  return {u, gx, gy, gz};
}

struct Reference {
  std::vector<std::size_t> targets;  ///< indices into all targets
  std::vector<double> potential;     ///< one per index
  std::vector<double> gradient;      ///< three per index, or empty
};

/// Sums in blocks, then over blocks: keeps rounding far below the twelve digits anybody may ask
/// for, and a block in the cache.
template <bool with_gradient>
void evaluate(const Sources& sources, std::span<const double> target_xyz, Reference& reference) {
  constexpr double factor = 0.079577471545947667884;  // 1 / (4 pi)
  constexpr std::size_t block = 2048;
  const std::size_t n = sources.q.size();
  const auto m = static_cast<std::ptrdiff_t>(reference.targets.size());
#pragma omp parallel for schedule(dynamic, 4)
  for (std::ptrdiff_t j = 0; j < m; ++j) {
    const double* const x = target_xyz.data() + 3 * reference.targets[j];
    Value sum;
    for (std::size_t begin = 0; begin < n; begin += block) {
      const Value part =
          sum_block<with_gradient>(sources, begin, std::min(begin + block, n), x[0], x[1], x[2]);
      sum.potential += part.potential;
      sum.gx += part.gx;
      sum.gy += part.gy;
      sum.gz += part.gz;
    }
    reference.potential[j] = factor * sum.potential;
    if constexpr (with_gradient) {
      reference.gradient[3 * j] = factor * sum.gx;
      reference.gradient[3 * j + 1] = factor * sum.gy;
      reference.gradient[3 * j + 2] = factor * sum.gz;
    }
  }
}

/// Potential (and gradient) at `m` evenly strided targets. All coordinates row-major (n x 3).
inline Reference reference(std::span<const double> source_xyz, std::span<const double> charges,
                           std::span<const double> target_xyz, std::size_t m, bool with_gradient) {
  Reference result;
  result.targets = strided_targets(target_xyz.size() / 3, m);
  result.potential.resize(result.targets.size());
  if (with_gradient) result.gradient.resize(3 * result.targets.size());
  const Sources sources(source_xyz, charges);
  if (with_gradient)
    evaluate<true>(sources, target_xyz, result);
  else
    evaluate<false>(sources, target_xyz, result);
  return result;
}

struct Error {
  double relative_l2 = 0;  ///< |a - b|_2 / |b|_2
  double maximum = 0;      ///< max_i |a_i - b_i| / RMS of |b_i|; a vector counts by its length
};

/// `computed` is the output at all targets, `components` numbers each; `expected` the reference at
/// `targets`. Only those in [begin, end) count.
inline Error compare(std::span<const double> computed, std::span<const double> expected,
                     std::span<const std::size_t> targets, std::size_t components,
                     std::size_t begin = 0,
                     std::size_t end = std::numeric_limits<std::size_t>::max()) {
  double difference2 = 0, norm2 = 0, largest2 = 0;
  std::size_t count = 0;
  for (std::size_t j = 0; j < targets.size(); ++j) {
    if (targets[j] < begin || targets[j] >= end) continue;
    ++count;
    double d2 = 0;
    for (std::size_t k = 0; k < components; ++k) {
      const double b = expected[components * j + k];
      const double d = computed[components * targets[j] + k] - b;
      d2 += d * d;
      norm2 += b * b;
    }
    difference2 += d2;
    if (!(d2 <= largest2)) largest2 = d2;  // a NaN stays
  }
  if (difference2 == 0) return {};  // also where everything is zero, as for points all equal
  return {std::sqrt(difference2 / norm2),
          std::sqrt(largest2 / (norm2 / static_cast<double>(count)))};
}

}  // namespace Octopole::DirectCheck

#endif
