// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_REPORT_HPP
#define OCTOPOLE_DRIVER_REPORT_HPP

#include <string>
#include <vector>

#include <perf/driver/driver_run.hpp>

namespace Octopole::Driver {

/// Whether a molecule's Coulomb potential at its own atoms was asked for, and so its energy is reported, in a
/// cell that of one.
bool has_coulomb_energy(const Options& options, const PointSet& points);

/// The run in numbers, as --json writes it and the output file's attribute `run` holds it.
std::string json_text(const Options& options, const Result& result);

/// The same for people: configuration, tree, seconds, rates, errors; of a molecule its energy too; and the
/// files that were written.
std::string table_text(const Options& options, const PointSet& points, const Result& result,
                       const std::vector<std::string>& written);

/// What a run gave that it should not have: results that are not finite, or an error that was checked and is
/// above what the digits promise. One sentence for a line of its own; empty where there is nothing of it.
std::string shortfall(const Options& options, const Result& result);

}  // namespace Octopole::Driver

#endif
