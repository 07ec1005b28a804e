// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_RANKS_HPP
#define OCTOPOLE_DRIVER_RANKS_HPP

#include <Octopole_Config.hpp>
#include <core/ranks/Octopole_Communicator.hpp>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <perf/driver/readers/driver_readers.hpp>

namespace Octopole::Driver {

/// What a run ends with, on all ranks: a line for stderr and the status of the process.
struct Failure : std::runtime_error {
  Failure(int with_status, const std::string& what)
      : std::runtime_error(what), status(with_status) {}
  int status;
};

inline constexpr int failed = 1, bad_input = 2, short_of_promise = 3;

/// The processes that run the driver together: those that mpirun has started, else this one alone, as in a build
/// without MPI. Begins and ends MPI; one at a time.
class Ranks {
 public:
  Ranks();
  ~Ranks();
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  int rank() const { return m_guarded ? m_guarded->rank() : 0; }
  int size() const { return m_guarded ? m_guarded->size() : 1; }
  /// The one that speaks and writes.
  bool is_first() const { return rank() == 0; }
  bool is_alone() const { return m_guarded == nullptr; }
  /// This rank's part of all points.
  Slice slice() const { return {std::size_t(rank()), std::size_t(size())}; }
  /// To be called within together(), where there are others: none of its calls waits for a rank that has failed.
  const Communicator& others() const { return *m_guarded; }

  /// Does what may fail on any rank, and then throws, on all, the Failure of the first that did: std::invalid_argument,
  /// what a plan refuses, is bad input, and all else ends with the status given.
  template <class Work>
  void together(int otherwise, const Work& work) const {
    int status = 0;
    std::string sentence;
    try {
      work();
    } catch (const Failure&) {
      throw;  // together() within together()
    } catch (const std::invalid_argument& error) {
      expect_not_agreed(error.what());
      status = bad_input, sentence = error.what();
    } catch (const std::exception& error) {
      status = otherwise, sentence = error.what();
    }
    agree(status, sentence);
  }

  /// Waits until all have come here, and throws where one has failed instead: before a call of a plan, in which ranks
  /// wait for each other. To be called within together(), as what follows.
  void ready() const;
  /// Numbers of all ranks, added, on all of them.
  void sum(std::vector<double>& numbers) const;
  /// Of so many points of this rank: how many the ranks before it have, and how many all.
  std::pair<std::size_t, std::size_t> place_of(std::size_t here) const;
  /// Numbers of all ranks, one rank's after the other's, on the first; none on the others.
  std::vector<double> on_first(std::vector<double> mine) const;
  /// Numbers of all ranks on all of them, in the same order.
  std::vector<double> on_all(std::vector<double> mine) const;
  /// The same numbers dealt anew, so that each rank has those of its slice of all points. `per_point`: how many
  /// belong together.
  std::vector<double> levelled(std::vector<double> mine, std::size_t per_point) const;

 private:
  /// What each rank is sent, on it, one rank's after the other's.
  std::vector<double> sent_to(const std::vector<std::vector<double>>& to) const;
  void agree(int status, const std::string& sentence) const;
  /// Throws the Failure that this is the text of, if another rank has failed while this one called others().
  static void expect_not_agreed(const std::string& text);

  std::unique_ptr<const Communicator> m_ranks, m_guarded;  ///< null where this is alone
};

}  // namespace Octopole::Driver

#endif
