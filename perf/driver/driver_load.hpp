// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_LOAD_HPP
#define OCTOPOLE_DRIVER_LOAD_HPP

#include <perf/driver/driver_options.hpp>
#include <perf/driver/driver_ranks.hpp>
#include <perf/driver/readers/driver_readers.hpp>

namespace Octopole::Driver {

/// The points and charges of a run: read, or drawn as Octopole_Workloads.hpp says. Of several
/// components and right-hand sides each is a set of its own by the same law; the first of the first
/// is the scalar charges' set. Of the points in the slice, which of a text file may be some more or less.
/// Throws BadInput.
PointSet load(const Options& options, const Slice& slice = {});

/// Deals what the ranks have read anew: the same number to each, whatever the file, in the order of the input. Targets
/// that are the sources are dropped, as where all points are here. Throws BadInput where there are none.
void level(const Options& options, const Ranks& ranks, PointSet& points);

}  // namespace Octopole::Driver

#endif
