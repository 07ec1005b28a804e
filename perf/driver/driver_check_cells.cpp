// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_check_cells.hpp>

#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>

#include <perf/judge/Octopole_EwaldSum.hpp>

namespace Octopole::Driver {
namespace {

/// What a kernel's outputs are made of, one right-hand side after the other.
struct Inputs {
  const Options& options;
  const PointSet& points;
  const std::vector<double>& targets;
  std::size_t n = targets.size() / 3, sides = std::size_t(options.right_hand_sides);
  std::size_t components = options.charge_shape().components;

  /// A component of all sources, or all components of them.
  std::vector<double> charges(std::size_t side, std::size_t component) const {
    std::vector<double> some;
    for (std::size_t i = component * sides + side; i < points.charges.size();
         i += components * sides)
      some.push_back(points.charges[i]);
    return some;
  }
  std::vector<double> charges(std::size_t side) const {
    std::vector<double> all;
    for (std::size_t i = side; i < points.charges.size(); i += sides)
      all.push_back(points.charges[i]);
    return all;
  }
};

PeriodicSums zeros(const Inputs& in, std::span<const std::size_t> rows) {
  PeriodicSums result;
  result.sums.targets = DirectCheck::strided_targets(in.n, in.n);
  for (const std::size_t count : rows) result.sums.outputs.emplace_back(count * in.n * in.sides);
  return result;
}

/// Adds `values`, (n, rows of an output), times a factor to a side of the output's rows.
void add(const Inputs& in, std::size_t side, double factor, const std::vector<double>& values,
         std::vector<double>& output) {
  for (std::size_t i = 0; i < values.size(); ++i) output[i * in.sides + side] += factor * values[i];
}

/// How far a softening or a core changes sums: less than to the next image, or the library refuses it. Of a Gaussian nothing
/// is left 6.1 of its widths away.
double near_reach(const Options& o) {
  return o.kernel == "softened-laplace" ? o.softening
         : o.kernel == "biot-savart"    ? 6.1 * o.core
                                        : 0;
}

PeriodicSums flow(const Inputs& in) {
  PeriodicSums result = zeros(in, DirectCheck::Stokeslet::parts);
  result.least.resize(in.n * in.sides);
  for (std::size_t side = 0; side < in.sides; ++side) {
    const EwaldSum::Flow one =
        EwaldSum::stokes(*in.options.cell, in.points.sources, in.charges(side), in.targets);
    add(in, side, 1, one.velocity, result.sums.outputs[0]);
    add(in, side, 1, one.pressure, result.sums.outputs[1]);
    add(in, side, 0.01, one.nearest, result.least);
  }
  return result;
}

/// Row of the Hessian that has the derivatives along two axes.
std::size_t hessian_row(std::size_t b, std::size_t c) {
  constexpr std::size_t rows[3][3] = {{0, 1, 2}, {1, 3, 4}, {2, 4, 5}};
  return rows[b][c];
}

/// Of a component's slopes and Hessian what a vortex along that axis makes of them: the curl of a vector of potentials.
void add_curl(const Inputs& in, std::size_t side, std::size_t c, const EwaldSum::Sums& sums,
              std::vector<std::vector<double>>& outputs) {
  const std::size_t e = (c + 1) % 3, f = (c + 2) % 3;
  for (std::size_t i = 0; i < in.n; ++i) {
    const auto velocity = [&](std::size_t a) -> double& {
      return outputs[0][(3 * i + a) * in.sides + side];
    };
    velocity(f) -= sums.gradient[3 * i + e];
    velocity(e) += sums.gradient[3 * i + f];
    for (std::size_t b = 0; b < 3; ++b) {
      const auto gradient = [&](std::size_t a) -> double& {
        return outputs[1][(9 * i + 3 * a + b) * in.sides + side];
      };
      gradient(f) -= sums.hessian[6 * i + hessian_row(e, b)];
      gradient(e) += sums.hessian[6 * i + hessian_row(f, b)];
    }
  }
}

/// Of a component's slopes and Hessian what a dipole along that axis makes of them: a charge's slope against its own place.
void add_dipole(const Inputs& in, std::size_t side, std::size_t c, const EwaldSum::Sums& sums,
                std::vector<std::vector<double>>& outputs) {
  for (std::size_t i = 0; i < in.n; ++i) {
    outputs[0][i * in.sides + side] -= sums.gradient[3 * i + c];
    for (std::size_t b = 0; b < 3; ++b)
      outputs[1][(3 * i + b) * in.sides + side] -= sums.hessian[6 * i + hessian_row(c, b)];
  }
}

PeriodicSums of_potentials(const Inputs& in) {
  const Options& o = in.options;
  const bool vortices = o.kernel == "biot-savart", screened = o.kernel == "yukawa";
  const bool both = o.kernel == "charge-dipole";
  PeriodicSums result = vortices   ? zeros(in, DirectCheck::BiotSavart::parts)
                        : screened ? zeros(in, DirectCheck::Yukawa::parts)
                                   : zeros(in, DirectCheck::Laplace::parts);
  auto& outputs = result.sums.outputs;
  if (!vortices && !screened) result.least.resize(in.n * in.sides);
  for (std::size_t side = 0; side < in.sides; ++side)
    for (std::size_t c = 0; c < in.components; ++c) {
      const EwaldSum::Sums sums = EwaldSum::yukawa(
          *o.cell, screened ? o.screening : 0, in.points.sources, in.charges(side, c), in.targets);
      if (vortices) {
        add_curl(in, side, c, sums, outputs);
      } else if (o.dipole || (both && c > 0)) {
        add_dipole(in, side, both ? c - 1 : c, sums, outputs);
        add(in, side, 0.01, sums.nearest_slope, result.least);
      } else {
        add(in, side, 1, sums.potential, outputs[0]);
        add(in, side, 1, sums.gradient, outputs[1]);
        if (!screened) {
          add(in, side, 1, sums.hessian, outputs[2]);
          add(in, side, 0.01, sums.nearest, result.least);
        }
      }
    }
  return result;
}

/// Adds what `smooth` differs by from `sharp` at the images nearer than `reach`, at most a cell's side; at distance zero
/// `sharp` is nothing.
template <class Kernel>
void add_difference(const Inputs& in, const Kernel& smooth, const Kernel& sharp, double reach,
                    std::vector<std::vector<double>>& outputs) {
  constexpr double four_pi = 4 * std::numbers::pi;
  const std::size_t sources = in.points.n_sources();
  for (std::size_t side = 0; side < in.sides; ++side) {
    const std::vector<double> charges = in.charges(side);
#pragma omp parallel for schedule(dynamic, 4)
    for (std::ptrdiff_t t = 0; t < std::ptrdiff_t(in.n); ++t) {
      const std::size_t i = std::size_t(t);
      double sum[Kernel::rows] = {};
      for (std::size_t j = 0; j < sources; ++j) {
        double q[Kernel::charges];
        for (std::size_t c = 0; c < Kernel::charges; ++c) q[c] = charges[Kernel::charges * j + c];
        EwaldSum::for_images(
            EwaldSum::to_nearest(&in.targets[3 * i], &in.points.sources[3 * j], *in.options.cell),
            *in.options.cell, reach, [&](const double(&r)[3], double) {
              double with[Kernel::rows], without[Kernel::rows];
              smooth.pair(r, q, with);
              sharp.pair(r, q, without);
              for (std::size_t k = 0; k < Kernel::rows; ++k) sum[k] += with[k] - without[k];
            });
      }
      std::size_t row = 0;
      for (std::size_t output = 0; output < std::size(Kernel::parts); ++output)
        for (std::size_t k = 0; k < Kernel::parts[output]; ++k)
          outputs[output][(Kernel::parts[output] * i + k) * in.sides + side] +=
              Kernel::scale[output] * sum[row++] / four_pi;
    }
  }
}

}  // namespace

Output judged_in_cells(const Options& o) {
  if (o.kernel == "biot-savart") return Output::velocity | Output::velocity_gradient;
  if (o.kernel == "stokeslet") return Output::velocity | Output::pressure;
  const Output first = Output::potential | Output::gradient;
  return o.dipole || o.kernel == "charge-dipole" || o.kernel == "yukawa" ? first
                                                                         : first | Output::hessian;
}

PeriodicSums periodic_sums(const Options& o, const PointSet& points,
                           const std::vector<double>& targets) {
  const Inputs in{o, points, targets};
  if (o.kernel == "stokeslet") return flow(in);
  PeriodicSums result = of_potentials(in);
  if (o.kernel == "softened-laplace")
    add_difference(in, DirectCheck::SoftenedLaplace{o.softening}, DirectCheck::SoftenedLaplace{0},
                   near_reach(o), result.sums.outputs);
  if (o.kernel == "biot-savart" && o.core > 0)
    add_difference(in, DirectCheck::BiotSavart{o.core}, DirectCheck::BiotSavart{0}, near_reach(o),
                   result.sums.outputs);
  return result;
}

double scale_of_error(const PeriodicSums& all, std::size_t sides, std::size_t side) {
  const auto norm2 = [&](const std::vector<double>& values) {
    long double sum = 0;  // squares of what a double holds leave its range
    for (std::size_t i = side; i < values.size(); i += sides)
      sum += static_cast<long double>(values[i]) * values[i];
    return sum;
  };
  const long double sum = norm2(all.sums.outputs[0]), least = norm2(all.least);
  return least > sum ? double(std::sqrt(sum / least)) : 1;
}

}  // namespace Octopole::Driver
