// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_CHECK_HPP
#define OCTOPOLE_DRIVER_CHECK_HPP

#include <perf/driver/driver_run.hpp>

namespace Octopole::Driver {

/// Whether errors are taken of the two halves too: the ball's values are a thousand times those of
/// the cube and would hide its errors.
inline bool has_halves(const Options& options, const PointSet& points) {
  return options.input.empty() && options.distribution == "two-scale" && !points.has_targets();
}

/// Holds the outputs against direct double sums (Octopole_DirectCheck.hpp), of a cell that repeats against Ewald's
/// (Octopole_EwaldSum.hpp), at `options.check`
/// targets. The inputs as given, in double, are the reference for single precision too. On ranks the targets are
/// those of all, and each adds over its own sources; to be called within Ranks::together.
CheckedError check(const Options& options, const PointSet& points, const Result& result,
                   const Ranks& ranks);

}  // namespace Octopole::Driver

#endif
