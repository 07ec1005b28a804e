// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_load.hpp>

#include <unistd.h>

#include <new>

#include <perf/driver/driver_error.hpp>
#include <perf/judge/Octopole_Workloads.hpp>

namespace Octopole::Driver {
namespace {

/// `first` widened: (n, numbers, sides). Set (number, side) does not depend on how many there are.
std::vector<double> charges_drawn(const Options& o, const std::vector<double>& first) {
  const ChargeShape shape = o.charge_shape();
  const std::size_t numbers = shape.components * shape.parts, sides = shape.right_hand_sides;
  constexpr std::uint64_t stream = 16;  // that of Workloads::make, which holds the first set
  const Workloads::Random random(o.seed);
  const double shift = o.charges == "zero-mean" ? 0.5 : 0.0;
  std::vector<double> charges(first.size() * numbers * sides);
  double* q = charges.data();
  for (std::size_t i = 0; i < first.size(); ++i)
    for (std::size_t c = 0; c < numbers; ++c)
      for (std::size_t side = 0; side < sides; ++side, ++q) {
        const std::size_t set = side * numbers + c;
        *q = set == 0 ? first[i] : random.uniform(stream + set, i) - shift;
      }
  return charges;
}

PointSet draw(const Options& o) {
  const auto no_memory = [&] {
    return BadInput("--n", in_quotes(std::to_string(o.n)), "as many points as fit the memory");
  };
  // Coordinates and charges alone; asked beforehand, for Linux grants more than it has.
  const double numbers = 3.0 + static_cast<double>(o.charge_shape().numbers());
  if (static_cast<double>(o.n) * numbers * sizeof(double) >
      double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGESIZE)))
    throw no_memory();
  try {
    auto points = Workloads::make(o.distribution, o.charges, o.n, o.seed);
    if (o.charge_shape().numbers() > 1) points.q = charges_drawn(o, points.q);
    PointSet set;
    set.sources = std::move(points.xyz);
    set.charges = std::move(points.q);
    return set;
  } catch (const std::bad_alloc&) {
    throw no_memory();
  }
}

}  // namespace

PointSet load(const Options& o) {
  PointSet points = o.input.empty() ? draw(o) : read_points(o.input, o.charge_shape(), o.choice);
  if (!o.targets.empty()) {
    points.targets = read_targets(o.targets);
    drop_equal_targets(points);
  }
  return points;
}

}  // namespace Octopole::Driver
