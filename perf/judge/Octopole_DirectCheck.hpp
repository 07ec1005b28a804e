// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DIRECTCHECK_HPP
#define OCTOPOLE_DIRECTCHECK_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

/// The judge of every result: every kernel's outputs by a plain double sum. On purpose it shares no
/// line with the library, not even Kokkos.
namespace Octopole::DirectCheck {

/// m of n indices, evenly strided; all of them when m >= n.
inline std::vector<std::size_t> strided_targets(std::size_t n, std::size_t m) {
  m = std::min(m, n);
  std::vector<std::size_t> targets(m);
  // floor(j n / m) without the product, which could overflow.
  for (std::size_t j = 0; j < m; ++j) targets[j] = j * (n / m) + j * (n % m) / m;
  return targets;
}

/// Sources as structure of arrays, so that the loop over them vectorises. Charges of several
/// numbers lie one component after the other in q.
struct Sources {
  std::vector<double> x, y, z, q;

  /// One right-hand side of `charges` (n, components, sides). Precondition: xyz (n, 3); all
  /// row-major.
  Sources(std::span<const double> xyz, std::span<const double> charges, std::size_t components = 1,
          std::size_t sides = 1, std::size_t side = 0)
      : x(xyz.size() / 3), y(x.size()), z(x.size()), q(components * x.size()) {
    const std::size_t n = x.size();
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = xyz[3 * i];
      y[i] = xyz[3 * i + 1];
      z[i] = xyz[3 * i + 2];
      for (std::size_t c = 0; c < components; ++c)
        q[c * n + i] = charges[(i * components + c) * sides + side];
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

inline constexpr double factor = 0.079577471545947667884;  // 1 / (4 pi)
/// Sums in blocks, then over blocks: keeps rounding far below the twelve digits anybody may ask
/// for, and a block in the cache.
inline constexpr std::size_t block = 2048;

template <bool with_gradient>
void evaluate(const Sources& sources, std::span<const double> target_xyz, Reference& reference) {
  const std::size_t n = sources.x.size();
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

inline Reference reference_of(const Sources& sources, std::span<const double> target_xyz,
                              std::size_t m, bool with_gradient) {
  Reference result;
  result.targets = strided_targets(target_xyz.size() / 3, m);
  result.potential.resize(result.targets.size());
  if (with_gradient) result.gradient.resize(3 * result.targets.size());
  if (with_gradient)
    evaluate<true>(sources, target_xyz, result);
  else
    evaluate<false>(sources, target_xyz, result);
  return result;
}

/// Laplace potential (and gradient) at `m` evenly strided targets. All coordinates row-major (n x
/// 3).
inline Reference reference(std::span<const double> source_xyz, std::span<const double> charges,
                           std::span<const double> target_xyz, std::size_t m, bool with_gradient) {
  return reference_of(Sources(source_xyz, charges), target_xyz, m, with_gradient);
}

// The kernels: what a charge q at distance r = x - y adds to the rows of all its outputs, less the
// factor 1/(4 pi). `parts`: rows of each output; `scale`: a further factor of each. Zero at
// distance zero. `Real`: double, or long double where rounding and range are not to matter.

template <class Real>
Real inverse_distance(const Real (&r)[3]) {
  const Real r2 = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
  return r2 > 0 ? 1 / std::sqrt(r2) : Real(0);
}
template <class Real>
Real dot(const Real (&a)[3], const Real (&b)[3]) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
/// xx xy xz yy yz zz
inline constexpr int hessian_rows[6][2] = {{0, 0}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}};

/// 1/r: potential, gradient, Hessian.
struct Laplace {
  static constexpr std::size_t charges = 1, parts[] = {1, 3, 6}, rows = 10;
  static constexpr double scale[] = {1, 1, 1};
  template <class Real>
  void pair(const Real (&r)[3], const Real (&q)[1], Real (&out)[rows]) const {
    const Real s = inverse_distance(r), s2 = s * s;
    out[0] = q[0] * s;
    for (int i = 0; i < 3; ++i) out[1 + i] = -q[0] * s * s2 * r[i];
    for (int k = 0; k < 6; ++k) {
      const auto [i, j] = hessian_rows[k];
      out[4 + k] = q[0] * s * s2 * (3 * r[i] * r[j] * s2 - (i == j ? 1 : 0));
    }
  }
};

/// d.r/r^3: potential, gradient, Hessian.
struct Dipole {
  static constexpr std::size_t charges = 3, parts[] = {1, 3, 6}, rows = 10;
  static constexpr double scale[] = {1, 1, 1};
  template <class Real>
  void pair(const Real (&r)[3], const Real (&d)[3], Real (&out)[rows]) const {
    const Real s = inverse_distance(r), s2 = s * s, s3 = s * s2, dr = dot(d, r);
    out[0] = dr * s3;
    for (int i = 0; i < 3; ++i) out[1 + i] = s3 * (d[i] - 3 * dr * s2 * r[i]);
    for (int k = 0; k < 6; ++k) {
      const auto [i, j] = hessian_rows[k];
      out[4 + k] =
          3 * s3 * s2 * (5 * dr * s2 * r[i] * r[j] - d[i] * r[j] - d[j] * r[i] - (i == j ? dr : 0));
    }
  }
};

/// q/r + d.r/r^3 of a charge and a dipole at one place: potential, gradient, Hessian.
struct ChargeDipole {
  static constexpr std::size_t charges = 4, parts[] = {1, 3, 6}, rows = 10;
  static constexpr double scale[] = {1, 1, 1};
  template <class Real>
  void pair(const Real (&r)[3], const Real (&q)[4], Real (&out)[rows]) const {
    const Real charge[1] = {q[0]}, dipole[3] = {q[1], q[2], q[3]};
    Real of_dipole[rows];
    Laplace{}.pair(r, charge, out);
    Dipole{}.pair(r, dipole, of_dipole);
    for (std::size_t k = 0; k < rows; ++k) out[k] += of_dipole[k];
  }
};

/// The potential of a charge spread over a ball of radius h by the cubic spline, and 1/r beyond: with s = r/h < 1, by the
/// polynomials of Springel, Yoshida and White (2001, appendix A), as they stand there.
struct SoftenedLaplace {
  static constexpr std::size_t charges = 1, parts[] = {1, 3, 6}, rows = 10;
  static constexpr double scale[] = {1, 1, 1};
  double h;
  template <class Real>
  void pair(const Real (&r)[3], const Real (&q)[1], Real (&out)[rows]) const {
    const Real inverse = inverse_distance(r), s = inverse > 0 ? 1 / (inverse * Real(h)) : 0;
    if (!(h > 0 && s < 1)) return Laplace{}.pair(r, q, out);
    const Real s2 = s * s, s3 = s * s2, h3 = Real(h) * Real(h) * Real(h);
    Real u, f, g;  // potential, -u'/s, -f'/s
    if (2 * s < 1) {
      u = Real(14) / 5 - Real(16) / 3 * s2 + Real(48) / 5 * s2 * s2 - Real(32) / 5 * s2 * s3;
      f = Real(32) / 3 - Real(192) / 5 * s2 + 32 * s3;
      g = Real(384) / 5 - 96 * s;
    } else {
      u = Real(16) / 5 - 1 / (15 * s) - Real(32) / 3 * s2 + 16 * s3 - Real(48) / 5 * s2 * s2 +
          Real(32) / 15 * s2 * s3;
      f = Real(64) / 3 - 48 * s + Real(192) / 5 * s2 - Real(32) / 3 * s3 - 1 / (15 * s3);
      g = 48 / s - Real(384) / 5 + 32 * s - 1 / (5 * s2 * s3);
    }
    out[0] = q[0] * u / Real(h);
    for (int i = 0; i < 3; ++i) out[1 + i] = -q[0] * f * r[i] / h3;
    for (int k = 0; k < 6; ++k) {
      const auto [i, j] = hessian_rows[k];
      out[4 + k] = q[0] * (g * (r[i] / Real(h)) * (r[j] / Real(h)) - (i == j ? f : 0)) / h3;
    }
  }
};

/// exp(-l r)/r: potential, gradient.
struct Yukawa {
  static constexpr std::size_t charges = 1, parts[] = {1, 3}, rows = 4;
  static constexpr double scale[] = {1, 1};
  double screening;
  template <class Real>
  void pair(const Real (&r)[3], const Real (&q)[1], Real (&out)[rows]) const {
    const Real s = inverse_distance(r), lr = s > 0 ? screening / s : 0;
    out[0] = q[0] * std::exp(-lr) * s;
    for (int i = 0; i < 3; ++i) out[1 + i] = -out[0] * (1 + lr) * s * s * r[i];
  }
};

/// exp(i k r)/r: potential (2), gradient (3, 2), real parts first.
struct Helmholtz {
  static constexpr std::size_t charges = 2, parts[] = {2, 6}, rows = 8;
  static constexpr double scale[] = {1, 1};
  double wavenumber;
  template <class Real>
  void pair(const Real (&r)[3], const Real (&q)[2], Real (&out)[rows]) const {
    const Real s = inverse_distance(r), kr = s > 0 ? wavenumber / s : 0;
    const Real c = std::cos(kr), d = std::sin(kr);
    out[0] = s * (q[0] * c - q[1] * d);
    out[1] = s * (q[0] * d + q[1] * c);
    for (int i = 0; i < 3; ++i) {  // (i k r - 1) u r_i / r^2
      out[2 + 2 * i] = -s * s * r[i] * (out[0] + kr * out[1]);
      out[3 + 2 * i] = s * s * r[i] * (kr * out[0] - out[1]);
    }
  }
};

/// Velocity (f + r (f.r)/r^2)/(2 r), pressure f.r/r^3.
struct Stokeslet {
  static constexpr std::size_t charges = 3, parts[] = {3, 1}, rows = 4;
  static constexpr double scale[] = {0.5, 1};
  template <class Real>
  void pair(const Real (&r)[3], const Real (&f)[3], Real (&out)[rows]) const {
    const Real s = inverse_distance(r), fr = dot(f, r);
    for (int i = 0; i < 3; ++i) out[i] = s * (f[i] + fr * s * s * r[i]);
    out[3] = fr * s * s * s;
  }
};

/// F = q(r/e)/r^3 and F'/r, q(t) = erf t - 2 t exp(-t^2)/sqrt(pi), whose derivative is
/// 4 t^2 exp(-t^2)/sqrt(pi); without a core q is one.
template <class Real>
struct CoreFactors {
  Real f, h;

  CoreFactors(Real s, Real core) {
    constexpr Real c = Real(2.2567583341910251477923L);  // 4 / sqrt(pi)
    const Real t = s > 0 ? 1 / (s * core) : 0, e3 = core * core * core;
    if (!(core > 0)) {
      f = s * s * s;
      h = -3 * f * s * s;
    } else if (t >= 1) {
      const Real q = std::erf(t) - c / 2 * t * std::exp(-t * t);
      f = q * s * s * s;
      h = s * s * (c * std::exp(-t * t) / e3 - 3 * f);
    } else {  // q/t^3 = c sum (-t^2)^n / (n! (2 n + 3)): the closed form loses its digits
      Real power = 1 / e3;
      f = c * power / 3;
      h = 0;
      for (int n = 1; n < 20; ++n) {
        const Real term = -c * power / (n * (2 * n + 3));
        h += term * 2 * n / (core * core);
        f += term * t * t;
        power *= -t * t / n;
      }
    }
  }
};

/// w x r F: velocity and its gradient (a, b) = du_a/dx_b.
struct BiotSavart {
  static constexpr std::size_t charges = 3, parts[] = {3, 9}, rows = 12;
  static constexpr double scale[] = {1, 1};
  double core;
  template <class Real>
  void pair(const Real (&r)[3], const Real (&w)[3], Real (&out)[rows]) const {
    const CoreFactors<Real> core_of(inverse_distance(r), Real(core));
    const Real f = core_of.f, h = core_of.h;
    const Real c[3] = {w[1] * r[2] - w[2] * r[1], w[2] * r[0] - w[0] * r[2],
                       w[0] * r[1] - w[1] * r[0]};
    const Real rotation[9] = {0, -w[2], w[1], w[2], 0, -w[0], -w[1], w[0], 0};  // (w x e_b)_a
    for (int a = 0; a < 3; ++a) {
      out[a] = f * c[a];
      for (int b = 0; b < 3; ++b) out[3 + 3 * a + b] = f * rotation[3 * a + b] + h * c[a] * r[b];
    }
  }
};

/// Outputs at some targets, in the kernel's order, each (targets.size(), rows, right-hand sides).
struct Sums {
  std::vector<std::size_t> targets;  ///< indices into all targets
  std::vector<std::vector<double>> outputs;
};

/// Whether points are so far apart, or all so near, that powers of their distances leave the range of double.
inline bool beyond_double(std::span<const double> source_xyz, std::span<const double> target_xyz) {
  double lower[3], upper[3], widest = 0;
  std::fill_n(lower, 3, std::numeric_limits<double>::infinity());
  std::fill_n(upper, 3, -std::numeric_limits<double>::infinity());
  for (const auto& xyz : {source_xyz, target_xyz})
    for (std::size_t i = 0; i < xyz.size(); ++i) {
      lower[i % 3] = std::min(lower[i % 3], xyz[i]);
      upper[i % 3] = std::max(upper[i % 3], xyz[i]);
    }
  for (int d = 0; d < 3; ++d) widest = std::max(widest, upper[d] - lower[d]);
  return widest > 1e50 || (widest > 0 && widest < 1e-50);
}

/// As sums, in `Real`.
template <class Real, class Kernel>
Sums sums_in(const Kernel& kernel, std::span<const double> source_xyz,
             std::span<const double> charges, std::size_t sides, std::span<const double> target_xyz,
             std::size_t m) {
  Sums result;
  result.targets = strided_targets(target_xyz.size() / 3, m);
  for (const std::size_t part : Kernel::parts)
    result.outputs.emplace_back(result.targets.size() * part * sides);
  const std::size_t n = source_xyz.size() / 3;
  for (std::size_t side = 0; side < sides; ++side) {
    const Sources sources(source_xyz, charges, Kernel::charges, sides, side);
#pragma omp parallel for schedule(dynamic, 4)
    for (std::ptrdiff_t j = 0; j < static_cast<std::ptrdiff_t>(result.targets.size()); ++j) {
      const double* const x = target_xyz.data() + 3 * result.targets[j];
      Real sum[Kernel::rows] = {};
      for (std::size_t begin = 0; begin < n; begin += block) {
        Real of_block[Kernel::rows] = {};
        for (std::size_t i = begin; i < std::min(begin + block, n); ++i) {
          const Real r[3] = {Real(x[0]) - Real(sources.x[i]), Real(x[1]) - Real(sources.y[i]),
                             Real(x[2]) - Real(sources.z[i])};
          Real q[Kernel::charges], add[Kernel::rows];
          for (std::size_t c = 0; c < Kernel::charges; ++c) q[c] = sources.q[c * n + i];
          kernel.pair(r, q, add);
          for (std::size_t k = 0; k < Kernel::rows; ++k) of_block[k] += add[k];
        }
        for (std::size_t k = 0; k < Kernel::rows; ++k) sum[k] += of_block[k];
      }
      std::size_t row = 0;
      for (std::size_t p = 0; p < result.outputs.size(); ++p)
        for (std::size_t k = 0; k < Kernel::parts[p]; ++k, ++row)
          result.outputs[p][(j * Kernel::parts[p] + k) * sides + side] =
              double(Real(factor * Kernel::scale[p]) * sum[row]);
    }
  }
  return result;
}

/// All outputs of a kernel for `sides` right-hand sides at `m` evenly strided targets; where powers of distances would
/// leave the range of double, in long double. `charges` (n, Kernel::charges, sides).
template <class Kernel>
Sums sums(const Kernel& kernel, std::span<const double> source_xyz, std::span<const double> charges,
          std::size_t sides, std::span<const double> target_xyz, std::size_t m) {
  return beyond_double(source_xyz, target_xyz)
             ? sums_in<long double>(kernel, source_xyz, charges, sides, target_xyz, m)
             : sums_in<double>(kernel, source_xyz, charges, sides, target_xyz, m);
}

/// Laplace's potential (and gradient) alone, several times as fast.
inline Sums laplace_sums(std::span<const double> source_xyz, std::span<const double> charges,
                         std::size_t sides, std::span<const double> target_xyz, std::size_t m,
                         bool with_gradient) {
  if (beyond_double(source_xyz, target_xyz)) {
    Sums all = sums(Laplace{}, source_xyz, charges, sides, target_xyz, m);
    all.outputs.resize(with_gradient ? 2 : 1);
    return all;
  }
  Sums result;
  for (std::size_t side = 0; side < sides; ++side) {
    const Sources sources(source_xyz, charges, 1, sides, side);
    Reference one = reference_of(sources, target_xyz, m, with_gradient);
    result.outputs.resize(with_gradient ? 2 : 1);
    for (std::size_t p = 0; p < result.outputs.size(); ++p) {
      const std::vector<double>& from = p == 0 ? one.potential : one.gradient;
      result.outputs[p].resize(from.size() * sides);
      for (std::size_t k = 0; k < from.size(); ++k) result.outputs[p][k * sides + side] = from[k];
    }
    result.targets = std::move(one.targets);
  }
  return result;
}

struct Error {
  double relative_l2 = 0;  ///< |a - b|_2 / |b|_2
  double maximum = 0;      ///< max_i |a_i - b_i| / RMS of |b_i|; a vector counts by its length
};

/// `computed` is the output at all targets, `components` numbers each for each of `sides`
/// right-hand sides, of which `side` is compared; `expected` the reference at `targets`. Only those
/// in [begin, end) count.
inline Error compare_side(std::span<const double> computed, std::span<const double> expected,
                          std::span<const std::size_t> targets, std::size_t components,
                          std::size_t sides, std::size_t side, std::size_t begin, std::size_t end) {
  // Squares of what a double holds leave its range.
  long double difference2 = 0, norm2 = 0, largest2 = 0;
  std::size_t count = 0;
  for (std::size_t j = 0; j < targets.size(); ++j) {
    if (targets[j] < begin || targets[j] >= end) continue;
    ++count;
    long double d2 = 0;
    for (std::size_t k = 0; k < components; ++k) {
      const long double b = expected[(components * j + k) * sides + side];
      const long double d = computed[(components * targets[j] + k) * sides + side] - b;
      d2 += d * d;
      norm2 += b * b;
    }
    difference2 += d2;
    if (!(d2 <= largest2)) largest2 = d2;  // a NaN stays
  }
  if (difference2 == 0) return {};  // also where everything is zero, as for points all equal
  return {double(std::sqrt(difference2 / norm2)),
          double(std::sqrt(largest2 / (norm2 / static_cast<long double>(count))))};
}

/// The same of a single right-hand side.
inline Error compare(std::span<const double> computed, std::span<const double> expected,
                     std::span<const std::size_t> targets, std::size_t components,
                     std::size_t begin = 0,
                     std::size_t end = std::numeric_limits<std::size_t>::max()) {
  return compare_side(computed, expected, targets, components, 1, 0, begin, end);
}

}  // namespace Octopole::DirectCheck

#endif
