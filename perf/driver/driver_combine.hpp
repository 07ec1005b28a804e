// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_COMBINE_HPP
#define OCTOPOLE_DRIVER_COMBINE_HPP

#include <perf/driver/driver_run.hpp>

namespace Octopole::Driver {

/// Facts and seconds of all ranks in place of this one's: numbers of points, boxes and pairs added, memory that of the
/// rank that takes most, each stage's seconds those of the slowest. To be called within Ranks::together, as the next.
void combine(const Ranks& ranks, Result& result);

/// All points and results on the first rank, in the order of the input, in place of its own; none on the others. What
/// is written to one file has to fit into the first rank's memory.
void collect_on_first(const Ranks& ranks, PointSet& points, Result& result);

}  // namespace Octopole::Driver

#endif
