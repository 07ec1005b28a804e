// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_load.hpp>

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <new>

#include <perf/driver/driver_error.hpp>
#include <perf/judge/Octopole_Workloads.hpp>

namespace Octopole::Driver {
namespace {

/// `first` widened: (n, numbers, sides). Set (number, side) does not depend on how many there are.
/// `before`: points that other ranks have before these.
std::vector<double> charges_drawn(const Options& o, const std::vector<double>& first,
                                  std::size_t before) {
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
        *q = set == 0 ? first[i] : random.uniform(stream + set, before + i) - shift;
      }
  return charges;
}

PointSet draw(const Options& o, const Slice& slice) {
  const std::size_t first = slice.begin(o.n), last = slice.end(o.n);
  const auto no_memory = [&] {
    return BadInput("--n", in_quotes(std::to_string(o.n)), "as many points as fit the memory");
  };
  // Coordinates and charges alone; asked beforehand, for Linux grants more than it has.
  const double numbers = 3.0 + static_cast<double>(o.charge_shape().numbers());
  if (static_cast<double>(last - first) * numbers * sizeof(double) >
      double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGESIZE)))
    throw no_memory();
  try {
    auto points = Workloads::make_some(o.distribution, o.charges, o.n, o.seed, first, last);
    if (o.charge_shape().numbers() > 1) points.q = charges_drawn(o, points.q, first);
    PointSet set;
    set.sources = std::move(points.xyz);
    set.charges = std::move(points.q);
    return set;
  } catch (const std::bad_alloc&) {
    throw no_memory();
  }
}

/// The cell that --periodic takes from the file has to be there, and a cube.
void check_crystal(const Options& o, const PointSet& points) {
  if (!points.crystal)
    throw BadInput(
        o.input, "no cell",
        "a record CRYST1 of a .pqr file, Lattice of an .xyz, an attribute cell of a .h5, Gadget's "
        "BoxSize, H5MD's box, or --cell");
  const Crystal& cell = *points.crystal;
  if (cell.is_cube()) return;
  char found[180];
  std::snprintf(found, sizeof found, "a cell of edges %g, %g and %g and angles %g, %g and %g%s",
                cell.edges[0], cell.edges[1], cell.edges[2], cell.angles[0], cell.angles[1],
                cell.angles[2], cell.along_axes ? "" : ", not along the axes");
  throw BadInput(o.input, found, "a cube along x, y and z");
}

/// Charges in a cell that repeats along one or two axes have to sum to zero, see Options::periodic.
void check_neutral(const Options& o, const PointSet& points) {
  if (!o.repeats() || o.axes == "xyz" || o.dipole || o.kernel == "yukawa") return;
  // Of what has dipoles beside them the first number.
  const std::size_t sides = std::size_t(o.right_hand_sides),
                    numbers = o.charge_shape().components * sides;
  for (std::size_t side = 0; side < sides; ++side) {
    double sum = 0, all = 0;
    for (std::size_t i = side; i < points.charges.size(); i += numbers)
      sum += points.charges[i], all += std::abs(points.charges[i]);
    if (std::abs(sum) <= 1e-6 * all) continue;
    char found[60];
    std::snprintf(found, sizeof found, "a sum of %.3g", sum);
    throw BadInput("charges", found,
                   "zero, to a millionth of the sum of |q|, with --periodic " + o.axes);
  }
}

}  // namespace

PointSet load(const Options& o, const Slice& slice) {
  InputChoice choice = o.choice;
  choice.slice = slice;
  PointSet points =
      o.input.empty() ? draw(o, slice) : read_points(o.input, o.charge_shape(), choice);
  if (!o.targets.empty()) {
    InputChoice of_targets;
    of_targets.slice = slice;
    points.targets = read_targets(o.targets, of_targets);
    points.targets_elsewhere = !slice.is_all();
    if (slice.is_all()) drop_equal_targets(points);
  }
  if (o.cell_of_input) check_crystal(o, points);
  if (slice.is_all()) check_neutral(o, points);
  return points;
}

void level(const Options& o, const Ranks& ranks, PointSet& points) {
  if (ranks.is_alone()) return;
  std::vector<double> found{double(points.has_targets()), double(points.n_sources())};
  ranks.sum(found);
  if (found[1] == 0) throw BadInput(o.input, "no points", "at least one");
  points.sources = ranks.levelled(std::move(points.sources), 3);
  points.charges = ranks.levelled(std::move(points.charges), o.charge_shape().numbers());
  if (found[0] == 0) return;
  points.targets = ranks.levelled(std::move(points.targets), 3);
  std::vector<double> different{double(points.targets != points.sources)};
  ranks.sum(different);
  points.targets_elsewhere = different[0] > 0;
  if (different[0] == 0) points.targets = {};
}

}  // namespace Octopole::Driver
