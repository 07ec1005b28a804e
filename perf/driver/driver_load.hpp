// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_LOAD_HPP
#define OCTOPOLE_DRIVER_LOAD_HPP

#include <perf/driver/driver_options.hpp>
#include <perf/driver/readers/driver_readers.hpp>

namespace Octopole::Driver {

/// The points and charges of a run: read, or drawn as Octopole_Workloads.hpp says. Of several
/// components and right-hand sides each is a set of its own by the same law; the first of the first
/// is the scalar charges' set. Throws BadInput.
PointSet load(const Options& options);

}  // namespace Octopole::Driver

#endif
