// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_STAGES_HPP
#define OCTOPOLE_DRIVER_STAGES_HPP

#include <perf/driver/driver_progress.hpp>

#include <string_view>

namespace Octopole::Driver {

/// About how much of an execute has passed when the stage in this region begins, in parts of 1: what the stages take of a
/// million points in a cube, 6 digits. 0 for other regions.
double passed_at(std::string_view region);

/// While it lives, tells `progress` of the stages of an execute as they begin (`Progress::reached`), by Kokkos' regions; a
/// profiler that is loaded goes on seeing them. Of a fast multipole method: a direct sum is one stage. Nothing where no progress is shown: regions that are looked at cost fences.
class StagesSeen {
 public:
  explicit StagesSeen(Progress& progress);
  ~StagesSeen();
  StagesSeen(const StagesSeen&) = delete;
  StagesSeen& operator=(const StagesSeen&) = delete;

 private:
  bool m_looking;
};

}  // namespace Octopole::Driver

#endif
