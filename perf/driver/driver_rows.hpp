// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_ROWS_HPP
#define OCTOPOLE_DRIVER_ROWS_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include <perf/driver/driver_run.hpp>

namespace Octopole::Driver {

/// Points, charges and results of all ranks, of which the first reads some rows at a time, in the order of the input: what
/// goes into one file need not fit into one rank's memory.
class AllRows {
 public:
  /// Rows of an array at a time.
  static constexpr std::size_t at_a_time = 65536;

  /// The arrays: these, and then the outputs.
  enum ArrayName : int { sources, charges, targets, first_output };
  static int of(Output output) { return first_output + int(index_of(output)); }

  /// `points`, `result`: this rank's, to be there as long as this. To be called within Ranks::together, as all else.
  AllRows(const Ranks& ranks, const Options& options, const PointSet& points, const Result& result);

  std::size_t n_sources() const { return m_places[0].n; }
  std::size_t n_targets() const { return m_places[1].n; }
  /// Rows [first, first + n) of all ranks. On the first rank, where the others serve.
  std::vector<double> read(int array, std::size_t first, std::size_t n) const;
  /// Calls f(rows) for all rows of an array, some at a time.
  template <class F>
  void for_slabs(int array, const F& f) const {
    const std::size_t n = place_of(array).n;
    for (std::size_t first = 0; first < n; first += at_a_time)
      f(read(array, first, std::min(at_a_time, n - first)));
  }

  /// On the other ranks: gives the first what it reads, until it has no more to read.
  void serve() const;
  /// On the first: it has no more to read.
  void end() const;

 private:
  struct Array {
    const std::vector<double>* numbers = nullptr;  ///< this rank's
    std::size_t per_row = 0;
  };
  /// Of sources, or of targets: this rank's among all.
  struct Place {
    std::size_t before = 0, here = 0, n = 0;
  };
  const Place& place_of(int array) const {
    return m_places[array == sources || array == charges ? 0 : 1];
  }
  std::vector<double> rows_for_first(int array, std::size_t first, std::size_t n) const;

  const Ranks& m_ranks;
  std::array<Array, first_output + output_count> m_arrays{};
  std::array<Place, 2> m_places{};
};

}  // namespace Octopole::Driver

#endif
