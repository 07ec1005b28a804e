// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_CHECK_CELLS_HPP
#define OCTOPOLE_DRIVER_CHECK_CELLS_HPP

#include <cstddef>
#include <vector>

#include <perf/driver/driver_options.hpp>
#include <perf/driver/readers/driver_readers.hpp>
#include <perf/judge/Octopole_DirectCheck.hpp>

namespace Octopole::Driver {

/// What the outputs of a cell that repeats along three axes are held against.
struct PeriodicSums {
  DirectCheck::Sums sums;  ///< zeros for outputs that judged_in_cells does not name
  /// (targets, right-hand sides) what errors of the first output are relative to where the background of charges, or of
  /// forces, cancels nearly all of it, see Options::periodic; empty where there is no background
  std::vector<double> least;
};

/// The outputs of a kernel in a cell that can be judged.
Output judged_in_cells(const Options& options);

/// Sums over these sources and all their images at all of some targets, (n, 3), by Octopole_EwaldSum.hpp; what a softening
/// or a core changes of them, near pairs alone, by Octopole_DirectCheck.hpp.
PeriodicSums periodic_sums(const Options& options, const PointSet& points,
                           const std::vector<double>& targets);

/// By what an error of one right-hand side's first output is to be multiplied: 1, or less where `least` is more than the
/// output.
double scale_of_error(const PeriodicSums& sums, std::size_t right_hand_sides, std::size_t side);

}  // namespace Octopole::Driver

#endif
