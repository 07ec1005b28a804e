// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_check.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include <perf/judge/Octopole_EwaldSum.hpp>
#include <perf/judge/Octopole_Workloads.hpp>

namespace Octopole::Driver {
namespace {

/// Velocity and pressure of forces and all their images, and what the velocity's error is relative to if that is more, as
/// below.
DirectCheck::Sums periodic_flow(const Options& o, const PointSet& points,
                                const std::vector<double>& targets) {
  const std::size_t n = targets.size() / 3, sides = std::size_t(o.right_hand_sides);
  DirectCheck::Sums result;
  result.targets = DirectCheck::strided_targets(n, n);
  result.outputs = {std::vector<double>(3 * n * sides), std::vector<double>(n * sides),
                    std::vector<double>(n * sides)};
  for (std::size_t side = 0; side < sides; ++side) {
    std::vector<double> forces;
    for (std::size_t i = side; i < points.charges.size(); i += sides)
      forces.push_back(points.charges[i]);
    const EwaldSum::Flow flow = EwaldSum::stokes(*o.cell, points.sources, forces, targets);
    for (std::size_t i = 0; i < 3 * n; ++i) result.outputs[0][i * sides + side] = flow.velocity[i];
    for (std::size_t i = 0; i < n; ++i) {
      result.outputs[1][i * sides + side] = flow.pressure[i];
      result.outputs[2][i * sides + side] = 0.01 * flow.nearest[i];
    }
  }
  return result;
}

/// Sums over all images of a cell: potential and gradient of charges, the potential of dipoles and of both, the velocity
/// of vortices. The last output, which no kernel has, is of charges what their potential's error is relative to if that
/// is more, see Options::periodic.
DirectCheck::Sums periodic_sums(const Options& o, const PointSet& points,
                                const std::vector<double>& targets) {
  const std::size_t n = targets.size() / 3, sides = std::size_t(o.right_hand_sides);
  const std::size_t components = points.charges.size() / (points.n_sources() * sides);
  const bool vortices = o.kernel == "biot-savart", both = o.kernel == "charge-dipole";
  DirectCheck::Sums result;
  result.targets = DirectCheck::strided_targets(n, n);
  result.outputs = {std::vector<double>((vortices ? 3 : 1) * n * sides),
                    std::vector<double>(3 * n * sides), std::vector<double>(n * sides)};
  if (o.kernel == "stokeslet") return periodic_flow(o, points, targets);
  for (std::size_t side = 0; side < sides; ++side)
    for (std::size_t c = 0; c < components; ++c) {
      std::vector<double> charges;
      for (std::size_t i = c * sides + side; i < points.charges.size(); i += components * sides)
        charges.push_back(points.charges[i]);
      const EwaldSum::Sums sums = EwaldSum::laplace(*o.cell, points.sources, charges, targets);
      for (std::size_t i = 0; i < n; ++i) {
        const double* const slope = &sums.gradient[3 * i];
        const auto first = [&](std::size_t row) -> double& {
          return result.outputs[0][((vortices ? 3 : 1) * i + row) * sides + side];
        };
        if (vortices) {  // the curl of three potentials
          first((c + 2) % 3) -= slope[(c + 1) % 3];
          first((c + 1) % 3) += slope[(c + 2) % 3];
        } else if (o.dipole || (both && c > 0)) {  // a charge's slope against its own place
          first(0) -= slope[both ? c - 1 : c];
          result.outputs[2][i * sides + side] += 0.01 * sums.nearest_slope[i];
        } else {
          first(0) = sums.potential[i];
          for (std::size_t d = 0; d < 3; ++d)
            result.outputs[1][(3 * i + d) * sides + side] = slope[d];
          result.outputs[2][i * sides + side] += 0.01 * sums.nearest[i];
        }
      }
    }
  return result;
}

/// Sums over these sources at all of some targets, (n, 3).
DirectCheck::Sums sums_of(const Options& o, const PointSet& points,
                          const std::vector<double>& targets) {
  if (o.cell) return periodic_sums(o, points, targets);
  const std::size_t n = targets.size() / 3;
  const auto sums = [&](const auto& kernel) {
    return DirectCheck::sums(kernel, points.sources, points.charges, o.right_hand_sides, targets,
                             n);
  };
  if (o.kernel == "yukawa") return sums(DirectCheck::Yukawa{o.screening});
  if (o.kernel == "helmholtz") return sums(DirectCheck::Helmholtz{o.wavenumber});
  if (o.kernel == "stokeslet") return sums(DirectCheck::Stokeslet{});
  if (o.kernel == "biot-savart") return sums(DirectCheck::BiotSavart{o.core});
  if (o.kernel == "charge-dipole") return sums(DirectCheck::ChargeDipole{});
  if (o.kernel == "softened-laplace") return sums(DirectCheck::SoftenedLaplace{o.softening});
  if (o.kernel != "laplace")
    throw std::logic_error("Octopole::Driver: no direct sum is written for the kernel " + o.kernel);
  if (o.dipole) return sums(DirectCheck::Dipole{});
  if (contains(o.outputs, Output::hessian)) return sums(DirectCheck::Laplace{});
  return DirectCheck::laplace_sums(points.sources, points.charges, o.right_hand_sides, targets, n,
                                   contains(o.outputs, Output::gradient));
}

/// By what an error of the potential of a cell, or of the velocity, is to be multiplied where its background cancels nearly
/// all.
double relative_to_nearest(const std::vector<double>& first, const std::vector<double>& nearest,
                           std::size_t sides, std::size_t side) {
  const auto norm2 = [&](const std::vector<double>& values) {
    double sum = 0;
    for (std::size_t i = side; i < values.size(); i += sides) sum += values[i] * values[i];
    return sum;
  };
  const double sum = norm2(first), least = norm2(nearest);
  return least > sum ? std::sqrt(sum / least) : 1;
}

DirectCheck::Error worse(const DirectCheck::Error& a, const DirectCheck::Error& b) {
  // Not max(a, b): a NaN has to win from either side.
  return {a.relative_l2 >= b.relative_l2 ? a.relative_l2
          : std::isnan(a.relative_l2)    ? a.relative_l2
                                         : b.relative_l2,
          a.maximum >= b.maximum  ? a.maximum
          : std::isnan(a.maximum) ? a.maximum
                                  : b.maximum};
}

/// The targets to compare, of all ranks, on all of them.
struct Samples {
  std::vector<std::size_t> targets;  ///< indices into the targets of all ranks
  std::vector<std::size_t> here;     ///< of those that are this rank's, indices into its own
  std::size_t n_targets = 0;         ///< of all ranks

  /// The numbers that belong to the samples. `values`: so many of each of this rank's targets. Collective.
  std::vector<double> of(const Ranks& ranks, const std::vector<double>& values,
                         std::size_t per_target) const {
    std::vector<double> mine;
    for (const std::size_t i : here)
      mine.insert(mine.end(), values.begin() + std::ptrdiff_t(i * per_target),
                  values.begin() + std::ptrdiff_t((i + 1) * per_target));
    return ranks.on_all(std::move(mine));
  }
};

Samples choose_samples(const Ranks& ranks, std::size_t n_targets, std::size_t at_most) {
  Samples samples;
  const auto [before, n] = ranks.place_of(n_targets);
  samples.n_targets = n;
  samples.targets = DirectCheck::strided_targets(samples.n_targets, at_most);
  for (const std::size_t i : samples.targets)
    if (i >= before && i < before + n_targets) samples.here.push_back(i - before);
  return samples;
}

}  // namespace

CheckedError check(const Options& o, const PointSet& points, const Result& result,
                   const Ranks& ranks) {
  const Samples samples = choose_samples(ranks, points.n_targets(), o.check);
  DirectCheck::Sums sums = sums_of(o, points, samples.of(ranks, points.target_coordinates(), 3));
  for (std::vector<double>& output : sums.outputs) ranks.sum(output);
  const std::size_t n = samples.targets.size(), sides = o.right_hand_sides;
  std::vector<std::pair<std::size_t, std::size_t>> ranges{{0, n}};  // of the samples
  if (has_halves(o, points)) {
    const std::size_t half =
        std::size_t(std::lower_bound(samples.targets.begin(), samples.targets.end(),
                                     Workloads::two_scale_first_half(samples.n_targets)) -
                    samples.targets.begin());
    ranges.insert(ranges.end(), {{0, half}, {half, n}});
  }
  CheckedError checked;
  checked.targets = n;
  const KernelInfo& kernel = o.kernel_info();
  for (std::size_t i = 0; i < kernel.outputs.size(); ++i) {
    const OutputInfo& one = kernel.outputs[i];
    if (!contains(o.outputs, one.output)) continue;
    const std::size_t components = one.components() * kernel.parts();
    const std::vector<double> values = samples.of(ranks, result[one.output], components * sides);
    DirectCheck::Error worst;
    for (std::size_t side = 0; side < sides; ++side) {
      const double scale =
          o.cell && i == 0 ? relative_to_nearest(sums.outputs[i], sums.outputs[2], sides, side) : 1;
      for (const auto& [begin, end] : ranges) {
        DirectCheck::Error error = DirectCheck::compare_side(values, sums.outputs[i], sums.targets,
                                                             components, sides, side, begin, end);
        error.relative_l2 *= scale;
        worst = worse(worst, error);
      }
    }
    checked[one.output] = worst;
  }
  return checked;
}

}  // namespace Octopole::Driver
