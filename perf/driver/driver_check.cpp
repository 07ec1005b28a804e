// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_check.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include <perf/driver/driver_check_cells.hpp>
#include <perf/judge/Octopole_Workloads.hpp>

namespace Octopole::Driver {
namespace {

/// Sums over these sources at all of some targets, (n, 3).
DirectCheck::Sums sums_of(const Options& o, const PointSet& points,
                          const std::vector<double>& targets) {
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
  const std::vector<double> targets = samples.of(ranks, points.target_coordinates(), 3);
  const PeriodicSums in_cell = o.cell ? periodic_sums(o, points, targets) : PeriodicSums{};
  DirectCheck::Sums sums = o.cell ? in_cell.sums : sums_of(o, points, targets);
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
      const double scale = o.cell && i == 0 ? scale_of_error(in_cell, sides, side) : 1;
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
