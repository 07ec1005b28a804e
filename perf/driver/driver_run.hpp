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
#include <perf/driver/driver_ranks.hpp>
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

/// A stage by its name.
struct Stage {
  const char* name;   ///< in the JSON
  const char* title;  ///< in the table, with blanks before the parts of another stage
  double StageSeconds::* seconds;
};
inline constexpr Stage stages[] = {{"plan", "plan", &StageSeconds::plan},
                                   {"tree", "  tree", &StageSeconds::tree},
                                   {"lists", "  lists", &StageSeconds::lists},
                                   {"operators", "  operators", &StageSeconds::operators},
                                   {"evaluate", "evaluate", &StageSeconds::evaluate},
                                   {"permute", "  permute", &StageSeconds::permute},
                                   {"p2m", "  P2M", &StageSeconds::p2m},
                                   {"m2m", "  M2M", &StageSeconds::m2m},
                                   {"m2l", "  M2L", &StageSeconds::m2l},
                                   {"p2l", "  P2L", &StageSeconds::p2l},
                                   {"l2l", "  L2L", &StageSeconds::l2l},
                                   {"l2p", "  L2P", &StageSeconds::l2p},
                                   {"m2p", "  M2P", &StageSeconds::m2p},
                                   {"p2p", "  P2P", &StageSeconds::p2p}};

/// What ranks wait for, within the stages.
inline constexpr Stage waits[] = {
    {"charges", "  for charges", &StageSeconds::wait_charges},
    {"children", "  for children", &StageSeconds::wait_children},
    {"multipoles", "  for multipoles", &StageSeconds::wait_multipoles},
    {"results", "  for results", &StageSeconds::wait_results}};

/// How several ranks have fared.
struct OverRanks {
  int ranks = 1;
  StageSeconds least, mean, most;  ///< of the ranks' seconds, each stage for itself
  std::size_t bytes_sent = 0,      ///< by all, in one execute
      messages_sent = 0;           ///< likewise
  double imbalance = 1;            ///< near pairs of the rank that has most over the mean
};

/// What one run gave, outputs in the order of the input.
struct Result {
  PlanFacts facts;       ///< on ranks, once combined, of all of them
  StageSeconds seconds;  ///< `evaluate` without stage timing, the stages from a run of their own
  std::optional<OverRanks> over_ranks;   ///< none where there is one
  std::optional<double> update_seconds;  ///< of one update_points; none where none was asked for
  std::string backend;
  int threads = 0;
  std::size_t peak_rss_bytes = 0;  ///< of plan and execute, not of the check
  /// Row-major, (M, extents[, 2][, K]) as KernelInfo::output_extents says; empty where not wanted.
  std::array<std::vector<double>, output_count> values{};
  std::array<std::size_t, output_count> not_finite{};  ///< of the numbers of each output
  double charge_times_potential =
      0;  ///< sum_i q_i phi_i of scalar charges at the sources, if asked for
  std::optional<CheckedError> error;

  std::vector<double>& operator[](Output one) { return values[index_of(one)]; }
  const std::vector<double>& operator[](Output one) const { return values[index_of(one)]; }
};

/// Plans, executes, measures and checks, on the default execution space. Kokkos has to be
/// initialised. On ranks of each rank's points, collectively, to be called within Ranks::together; the facts and
/// seconds are then those of all, the values this rank's. `progress` is told of each step and ended.
Result run(const Options& options, const PointSet& points, const Ranks& ranks, Progress& progress);

}  // namespace Octopole::Driver

#endif
