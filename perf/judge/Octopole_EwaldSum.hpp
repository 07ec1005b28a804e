// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_EWALDSUM_HPP
#define OCTOPOLE_EWALDSUM_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <span>
#include <stdexcept>
#include <vector>

/// The judge of sums over all images of a cube, by Ewald's two series (P. P. Ewald, Ann. Phys. 369 (1921) 253; M. Deserno
/// and C. Holm, J. Chem. Phys. 109 (1998) 7678, section II). On purpose it shares no line with the library, not even
/// Kokkos.
namespace Octopole::EwaldSum {

/// Rows of all targets, one target's after the other's.
struct Sums {
  std::vector<double> potential;  ///< (M)
  std::vector<double> gradient;   ///< (M, 3)
  std::vector<double> hessian;    ///< (M, 6): xx xy xz yy yz zz
  /// (M) the sum of |q|/(4 pi r) over each source's nearest image: what the potential's errors are relative to where
  /// the charges' background cancels nearly all of it
  std::vector<double> nearest;
  /// (M) the same of |q|/(4 pi r^2), for the gradient, and for dipoles
  std::vector<double> nearest_slope;
};

/// The vector from a source to a target that has the source's nearest image.
inline std::array<double, 3> to_nearest(const double* x, const double* y, double cell) {
  return {std::remainder(x[0] - y[0], cell), std::remainder(x[1] - y[1], cell),
          std::remainder(x[2] - y[2], cell)};
}

/// Calls f(r, |r|^2) for the image that `nearest` is to and those around it, up to a distance.
template <class F>
void for_images(const std::array<double, 3>& nearest, double cell, double reach, const F& f) {
  for (int image = 0; image < 27; ++image) {
    const double r[3] = {nearest[0] + cell * (image % 3 - 1),
                         nearest[1] + cell * (image / 3 % 3 - 1),
                         nearest[2] + cell * (image / 9 - 1)};
    const double square = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
    if (square <= reach * reach) f(r, square);
  }
}

namespace Impl {

/// exp(2 pi i m x / cell) for m = -most to most, of each axis, by products.
class Waves {
 public:
  Waves(const double* x, double cell, int most) : m_most(most), m_wave(3 * (2 * most + 1)) {
    for (int d = 0; d < 3; ++d) {
      const std::complex<double> first = std::polar(1.0, 2 * std::numbers::pi * x[d] / cell);
      at(d, 0) = 1;
      for (int m = 1; m <= most; ++m) {
        at(d, m) = at(d, m - 1) * first;
        at(d, -m) = std::conj(at(d, m));
      }
    }
  }
  std::complex<double> operator()(int i, int j, int k) const {
    return m_wave[index(0, i)] * m_wave[index(1, j)] * m_wave[index(2, k)];
  }

 private:
  std::size_t index(int d, int m) const { return std::size_t(d * (2 * m_most + 1) + m + m_most); }
  std::complex<double>& at(int d, int m) { return m_wave[index(d, m)]; }
  int m_most;
  std::vector<std::complex<double>> m_wave;
};

/// A wave of the second series, one of each pair k, -k.
struct Frequency {
  int i, j, k;    ///< in 2 pi / cell
  double weight;  ///< 2 exp(-(k^2 + l^2) / (4 a^2)) / ((k^2 + l^2) V)
};

inline std::vector<Frequency> frequencies(double cell, double splitting, int most,
                                          double screening = 0) {
  std::vector<Frequency> all;
  const double unit = 2 * std::numbers::pi / cell;
  for (int i = 0; i <= most; ++i)
    for (int j = -most; j <= most; ++j)
      for (int k = -most; k <= most; ++k) {
        const bool first = i > 0 || j > 0 || (j == 0 && k > 0);
        const int square = i * i + j * j + k * k;
        if (!first || square > most * most) continue;
        const double k2 = unit * unit * square + screening * screening;
        all.push_back({i, j, k,
                       2 * std::exp(-k2 * cell * cell / (4 * splitting * splitting)) /
                           (k2 * cell * cell * cell)});
      }
  return all;
}

/// What of exp(-l r)/(4 pi r) the first series sums, f(r) = (e^(l r) erfc(a r + c) + e^(-l r) erfc(a r - c))/(8 pi r) with
/// c = l/(2 a): without screening erfc(a r)/(4 pi r). The other series sums what is left, which is smooth.
class NearPart {
 public:
  /// Gradient: slope r; Hessian: second r r + slope.
  struct Derivatives {
    double value, slope, second;
  };

  NearPart(double a, double screening) : m_a(a), m_l(screening), m_c(screening / (2 * a)) {}

  Derivatives at(double square) const {
    constexpr double pi = std::numbers::pi;
    const double r = std::sqrt(square), t = m_a * r + m_c;
    // e^(l r) is at most e^(t^2 / 2), and erfc(26) all but zero.
    const double rising = t > 26 ? 0 : std::exp(m_l * r) * std::erfc(t);
    const double falling = m_l > 0 ? std::exp(-m_l * r) * std::erfc(m_a * r - m_c) : rising;
    const double g = bell(square), both = rising + falling;
    Derivatives d;
    d.value = both / (8 * pi * r);
    d.slope = ((m_l * (rising - falling) - 2 * g) / (8 * pi) - d.value) / square;
    d.second = ((m_l * m_l * both + 4 * m_a * m_a * r * g) / (8 * pi * r) - 3 * d.slope) / square;
    return d;
  }
  /// Of f(r) - exp(-l r)/(4 pi r) where r is 0: what the series have too much of a charge itself.
  Derivatives of_itself() const {
    constexpr double pi = std::numbers::pi;
    const double first = m_l * std::erfc(m_c) - bell(0);
    return {first / (4 * pi), (m_l * m_l * first + 2 * m_a * m_a * bell(0)) / (12 * pi), 0};
  }
  /// The mean over a cell of what the second series has no wave for.
  double mean(double volume) const {
    return m_l > 0 ? std::exp(-m_c * m_c) / (m_l * m_l * volume) : -1 / (4 * m_a * m_a * volume);
  }

 private:
  double bell(double square) const {
    return 2 * m_a / std::sqrt(std::numbers::pi) * std::exp(-m_a * m_a * square - m_c * m_c);
  }
  double m_a, m_l, m_c;
};

}  // namespace Impl

/// Potential of screened charges, its gradient and Hessian, sum_j q_j G(x - y_j), where G is exp(-l r)/(4 pi r) and all its
/// images along three axes (G. Salin and J.-M. Caillol, J. Chem. Phys. 113 (2000) 10459, section II). Without screening G
/// is less a uniform background of as much charge, and has no mean: the cell of a conductor's boundary ("tin foil"). A
/// source at a target's own place counts by its images alone. Errors of about 1e-15 of the absolute values' sum.
/// @param cell  side of the cube, above 0
/// @param screening  l, in 1 over the unit of length, at least 0
/// @param source_xyz,target_xyz  (N, 3) and (M, 3), inside of the cell or not
/// @param charges  (N)
/// @param splitting  Ewald's parameter times `cell`, 4 to 12; what is returned does not depend on it
/// @return rows of the targets
inline Sums yukawa(double cell, double screening, std::span<const double> source_xyz,
                   std::span<const double> charges, std::span<const double> target_xyz,
                   double splitting = 6) {
  if (!(cell > 0) || !(screening >= 0) || !(splitting >= 4 && splitting <= 12))
    throw std::invalid_argument("EwaldSum: found a cell, a screening or a splitting out of range");
  constexpr double pi = std::numbers::pi;
  const std::size_t n = charges.size(), m = target_xyz.size() / 3;
  const double a = splitting / cell, unit = 2 * pi / cell;
  const Impl::NearPart near(a, screening);
  const auto itself = near.of_itself();
  // erfc(6.1) and exp(-6.1^2) are below 1e-16.
  const double reach = 6.1 / a;
  const int most = int(std::ceil(6.1 * splitting / pi));
  const auto frequencies = Impl::frequencies(cell, splitting, most, screening);
  std::vector<std::complex<double>> structure(frequencies.size());
  double total = 0;
  for (std::size_t j = 0; j < n; ++j) {
    const Impl::Waves wave(&source_xyz[3 * j], cell, most);
    for (std::size_t f = 0; f < frequencies.size(); ++f)
      structure[f] +=
          charges[j] * std::conj(wave(frequencies[f].i, frequencies[f].j, frequencies[f].k));
    total += charges[j];
  }
  Sums sums{std::vector<double>(m), std::vector<double>(3 * m), std::vector<double>(6 * m),
            std::vector<double>(m), std::vector<double>(m)};
#pragma omp parallel for schedule(dynamic, 4)
  for (std::ptrdiff_t t = 0; t < std::ptrdiff_t(m); ++t) {
    const std::size_t i = std::size_t(t);
    const double* const x = &target_xyz[3 * i];
    double u = total * near.mean(cell * cell * cell), g[3] = {}, h[6] = {};
    // Rows of the Hessian from a vector's products and a number.
    const auto add = [&h](double product, const double(&r)[3], double diagonal) {
      int row = 0;
      for (int b = 0; b < 3; ++b)
        for (int c = b; c < 3; ++c) h[row++] += product * r[b] * r[c] + (b == c ? diagonal : 0);
    };
    for (std::size_t j = 0; j < n; ++j) {
      const auto nearest = to_nearest(x, &source_xyz[3 * j], cell);
      const double q = charges[j];
      if (const double r = std::hypot(nearest[0], nearest[1], nearest[2]); r > 0) {
        sums.nearest[i] += std::abs(q) / (4 * pi * r);
        sums.nearest_slope[i] += std::abs(q) / (4 * pi * r * r);
      }
      for_images(nearest, cell, reach, [&](const double(&r)[3], double square) {
        const auto d = square > 0 ? near.at(square) : itself;
        u += q * d.value;
        for (int b = 0; b < 3; ++b) g[b] += q * d.slope * r[b];
        add(q * d.second, r, q * d.slope);
      });
    }
    const Impl::Waves wave(x, cell, most);
    for (std::size_t f = 0; f < frequencies.size(); ++f) {
      const auto& one = frequencies[f];
      const std::complex<double> term = one.weight * structure[f] * wave(one.i, one.j, one.k);
      const double k[3] = {unit * one.i, unit * one.j, unit * one.k};
      u += term.real();
      for (int b = 0; b < 3; ++b) g[b] -= k[b] * term.imag();
      add(-term.real(), k, 0);
    }
    sums.potential[i] = u;
    std::copy_n(g, 3, &sums.gradient[3 * i]);
    std::copy_n(h, 6, &sums.hessian[6 * i]);
  }
  return sums;
}

/// Laplace's: yukawa without screening.
inline Sums laplace(double cell, std::span<const double> source_xyz,
                    std::span<const double> charges, std::span<const double> target_xyz,
                    double splitting = 6) {
  return yukawa(cell, 0, source_xyz, charges, target_xyz, splitting);
}

/// A viscous fluid's flow.
struct Flow {
  std::vector<double> velocity;  ///< (M, 3)
  std::vector<double> pressure;  ///< (M)
  /// (M) the sum of |f|/(4 pi r) over each force's nearest image: what the velocity's errors are relative to where forces
  /// of one direction cancel nearly all of it
  std::vector<double> nearest;
};

/// Velocity and pressure of point forces in a fluid of viscosity 1 and all their images along three axes, held by a
/// uniform pressure gradient, without a mean flow (H. Hasimoto, J. Fluid Mech. 5 (1959) 317), by the two series of D.
/// Lindbo and A.-K. Tornberg, J. Comput. Phys. 229 (2010) 8994, section 2. A force at a target's own place counts by its
/// images alone. Errors of about 1e-15 of the absolute values' sum.
/// @param cell,source_xyz,target_xyz,splitting  as for laplace
/// @param forces  (N, 3)
/// @return rows of the targets
inline Flow stokes(double cell, std::span<const double> source_xyz, std::span<const double> forces,
                   std::span<const double> target_xyz, double splitting = 6) {
  constexpr double pi = std::numbers::pi;
  const std::size_t n = forces.size() / 3, m = target_xyz.size() / 3;
  Flow flow{std::vector<double>(3 * m), std::vector<double>(m), std::vector<double>(m)};
  // The pressure, f.r/(4 pi r^3), is what charges f give by their slopes.
  for (std::size_t c = 0; c < 3; ++c) {
    std::vector<double> charges;
    for (std::size_t j = 0; j < n; ++j) charges.push_back(forces[3 * j + c]);
    const Sums sums = laplace(cell, source_xyz, charges, target_xyz, splitting);
    for (std::size_t i = 0; i < m; ++i) flow.pressure[i] -= sums.gradient[3 * i + c];
  }
  const double a = splitting / cell, unit = 2 * pi / cell, reach = 6.1 / a;
  const int most = int(std::ceil(6.1 * splitting / pi));
  const auto frequencies = Impl::frequencies(cell, splitting, most);
  std::vector<std::complex<double>> structure(3 * frequencies.size());
  for (std::size_t j = 0; j < n; ++j) {
    const Impl::Waves wave(&source_xyz[3 * j], cell, most);
    for (std::size_t f = 0; f < frequencies.size(); ++f)
      for (std::size_t c = 0; c < 3; ++c)
        structure[3 * f + c] +=
            forces[3 * j + c] *
            std::conj(wave(frequencies[f].i, frequencies[f].j, frequencies[f].k));
  }
#pragma omp parallel for schedule(dynamic, 4)
  for (std::ptrdiff_t t = 0; t < std::ptrdiff_t(m); ++t) {
    const double* const x = &target_xyz[3 * std::size_t(t)];
    double u[3] = {};  // 8 pi times the velocity
    for (std::size_t j = 0; j < n; ++j) {
      const double* const q = &forces[3 * j];
      const auto nearest = to_nearest(x, &source_xyz[3 * j], cell);
      if (const double r = std::hypot(nearest[0], nearest[1], nearest[2]); r > 0)
        flow.nearest[std::size_t(t)] += std::hypot(q[0], q[1], q[2]) / (4 * pi * r);
      for_images(nearest, cell, reach, [&](const double(&r)[3], double square) {
        const double bell = 2 * a / std::sqrt(pi) * std::exp(-a * a * square);
        if (square == 0) {  // what the series have too much of the force itself
          for (int d = 0; d < 3; ++d) u[d] -= 2 * bell * q[d];
          return;
        }
        const double distance = std::sqrt(square), along = r[0] * q[0] + r[1] * q[1] + r[2] * q[2];
        const double both = bell / square + std::erfc(a * distance) / (square * distance);
        for (int d = 0; d < 3; ++d) u[d] += both * (square * q[d] + r[d] * along) - 2 * bell * q[d];
      });
    }
    const Impl::Waves wave(x, cell, most);
    for (std::size_t f = 0; f < frequencies.size(); ++f) {
      const Impl::Frequency& one = frequencies[f];
      const double k[3] = {unit * one.i, unit * one.j, unit * one.k};
      const double k2 = k[0] * k[0] + k[1] * k[1] + k[2] * k[2];
      const std::complex<double> phase = wave(one.i, one.j, one.k);
      double part[3];
      for (std::size_t c = 0; c < 3; ++c) part[c] = (structure[3 * f + c] * phase).real();
      const double along = (k[0] * part[0] + k[1] * part[1] + k[2] * part[2]) / k2;
      for (int d = 0; d < 3; ++d)
        u[d] += 8 * pi * one.weight * (1 + k2 / (4 * a * a)) * (part[d] - k[d] * along);
    }
    for (std::size_t d = 0; d < 3; ++d) flow.velocity[3 * std::size_t(t) + d] = u[d] / (8 * pi);
  }
  return flow;
}

}  // namespace Octopole::EwaldSum

#endif
