// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_COMBINE_HPP
#define OCTOPOLE_DRIVER_COMBINE_HPP

#include <perf/driver/driver_run.hpp>

namespace Octopole::Driver {

/// Facts and seconds of all ranks in place of this one's: numbers of points, boxes and pairs added, memory that of the
/// rank that takes most, each stage's seconds those of the slowest. To be called within Ranks::together.
void combine(const Ranks& ranks, Result& result);

}  // namespace Octopole::Driver

#endif
