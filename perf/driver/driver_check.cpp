// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_check.hpp>

#include <cmath>
#include <stdexcept>
#include <utility>

#include <perf/judge/Octopole_Workloads.hpp>

namespace Octopole::Driver {
namespace {

DirectCheck::Sums sums_of(const Options& o, const PointSet& points) {
  const auto sums = [&](const auto& kernel) {
    return DirectCheck::sums(kernel, points.sources, points.charges, o.right_hand_sides,
                             points.target_coordinates(), o.check);
  };
  if (o.kernel == "yukawa") return sums(DirectCheck::Yukawa{o.screening});
  if (o.kernel == "helmholtz") return sums(DirectCheck::Helmholtz{o.wavenumber});
  if (o.kernel == "stokeslet") return sums(DirectCheck::Stokeslet{});
  if (o.kernel == "biot-savart") return sums(DirectCheck::BiotSavart{o.core});
  if (o.kernel != "laplace")
    throw std::logic_error("Octopole::Driver: no direct sum is written for the kernel " + o.kernel);
  if (o.dipole) return sums(DirectCheck::Dipole{});
  if (contains(o.outputs, Output::hessian)) return sums(DirectCheck::Laplace{});
  return DirectCheck::laplace_sums(points.sources, points.charges, o.right_hand_sides,
                                   points.target_coordinates(), o.check,
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

}  // namespace

CheckedError check(const Options& o, const PointSet& points, const Result& result) {
  const DirectCheck::Sums sums = sums_of(o, points);
  const std::size_t n = points.n_targets(), sides = o.right_hand_sides;
  std::vector<std::pair<std::size_t, std::size_t>> ranges{{0, n}};
  if (has_halves(o, points)) {
    const std::size_t half = Workloads::two_scale_first_half(n);
    ranges.insert(ranges.end(), {{0, half}, {half, n}});
  }
  CheckedError checked;
  checked.targets = sums.targets.size();
  const KernelInfo& kernel = o.kernel_info();
  for (std::size_t i = 0; i < kernel.outputs.size(); ++i) {
    const OutputInfo& one = kernel.outputs[i];
    if (!contains(o.outputs, one.output)) continue;
    DirectCheck::Error worst;
    for (std::size_t side = 0; side < sides; ++side)
      for (const auto& [begin, end] : ranges)
        worst = worse(worst, DirectCheck::compare_side(
                                 result[one.output], sums.outputs[i], sums.targets,
                                 one.components() * kernel.parts(), sides, side, begin, end));
    checked[one.output] = worst;
  }
  return checked;
}

}  // namespace Octopole::Driver
