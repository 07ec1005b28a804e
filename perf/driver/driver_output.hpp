// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_OUTPUT_HPP
#define OCTOPOLE_DRIVER_OUTPUT_HPP

#include <optional>
#include <string>
#include <vector>

#include <perf/driver/driver_rows.hpp>
#include <perf/driver/driver_run.hpp>

namespace Octopole::Driver {

/// A file to be written: proved writable when constructed, complete or not there in the end. What
/// is written goes to a temporary name beside it, which commit() renames.
class Destination {
 public:
  /// Throws BadInput when nothing can be written there. `option` is named in messages.
  Destination(const std::string& option, const std::string& path);
  Destination(Destination&& other) noexcept;
  Destination& operator=(Destination&&) = delete;
  ~Destination();

  /// Where to write.
  const std::string& temporary() const { return m_temporary; }
  /// Symbolic links followed.
  const std::string& path() const { return m_path; }
  void commit();

 private:
  std::string m_option, m_path, m_temporary;
};

/// Every file that a run writes.
class OutputFiles {
 public:
  /// Throws BadInput: before the run.
  explicit OutputFiles(const Options& options);
  /// All or none; throws std::runtime_error.
  void write(const Options& options, const PointSet& points, const Result& result,
             const std::string& json, const AllRows& rows);
  /// Of the files, in the order in which they are written.
  std::vector<std::string> names() const;

 private:
  std::optional<Destination> m_json, m_results, m_xdmf;
};

}  // namespace Octopole::Driver

#endif
