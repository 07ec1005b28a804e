// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_RUN_HPP
#define OCTOPOLE_DRIVER_RUN_HPP

#include <Octopole_PlanFacts.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "Octopole_DirectCheck.hpp"
#include "driver_options.hpp"
#include "driver_readers.hpp"

namespace Octopole::Driver {

/// The error against a direct double sum. For two-scale the worse one of the whole and its halves.
struct CheckedError {
  std::size_t targets = 0;
  DirectCheck::Error potential;
  std::optional<DirectCheck::Error> gradient;
};

/// What one run gave, outputs in the order of the input.
struct Result {
  PlanFacts facts;
  StageSeconds seconds;  ///< `evaluate` without stage timing, the stages from a run of their own
  std::string backend;
  int threads = 0;
  std::size_t peak_rss_bytes = 0;  ///< of plan and execute, not of the check
  std::vector<double> potential;   ///< (M)
  std::vector<double> gradient;    ///< (M,3), row-major, or empty
  std::optional<CheckedError> error;
};

/// Plans, executes, measures and checks, on the default execution space. Kokkos has to be
/// initialised.
Result run(const Options& options, const PointSet& points);

}  // namespace Octopole::Driver

#endif
