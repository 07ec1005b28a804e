// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_RUN_HPP
#define OCTOPOLE_DRIVER_RUN_HPP

#include <array>
#include <core/plan/Octopole_PlanFacts.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <perf/driver/driver_options.hpp>
#include <perf/driver/driver_progress.hpp>
#include <perf/driver/readers/driver_readers.hpp>
#include <perf/judge/Octopole_DirectCheck.hpp>

namespace Octopole::Driver {

/// The errors against a direct double sum: the worst right-hand side, and for two-scale the worst
/// of the whole and its halves. Without a value: not an output of this run.
struct CheckedError {
  std::size_t targets = 0;
  std::array<std::optional<DirectCheck::Error>, output_count> of{};

  std::optional<DirectCheck::Error>& operator[](Output one) { return of[index_of(one)]; }
  const std::optional<DirectCheck::Error>& operator[](Output one) const {
    return of[index_of(one)];
  }
};

/// What one run gave, outputs in the order of the input.
struct Result {
  PlanFacts facts;
  StageSeconds seconds;  ///< `evaluate` without stage timing, the stages from a run of their own
  std::optional<double> update_seconds;  ///< of one update_points; none where none was asked for
  std::string backend;
  int threads = 0;
  std::size_t peak_rss_bytes = 0;  ///< of plan and execute, not of the check
  /// Row-major, (M, extents[, 2][, K]) as KernelInfo::output_extents says; empty where not wanted.
  std::array<std::vector<double>, output_count> values{};
  std::optional<CheckedError> error;

  std::vector<double>& operator[](Output one) { return values[index_of(one)]; }
  const std::vector<double>& operator[](Output one) const { return values[index_of(one)]; }
};

/// Plans, executes, measures and checks, on the default execution space. Kokkos has to be
/// initialised. `progress` is told of each step and ended.
Result run(const Options& options, const PointSet& points, Progress& progress);

}  // namespace Octopole::Driver

#endif
