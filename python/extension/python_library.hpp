// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_PYTHON_LIBRARY_HPP
#define OCTOPOLE_PYTHON_LIBRARY_HPP

#include <nanobind/nanobind.h>

#include <mutex>

namespace Octopole::Python {

/// The library's turn: all work on Kokkos is done by one thread of Python's at a time, on all of Kokkos' threads,
/// while other threads of Python's run. Who makes one holds the interpreter's lock, and has it again afterwards.
class Turn {
 public:
  Turn();

 private:
  // In this order: who waits for a turn must not hold the interpreter's lock, which its owner needs in the end.
  nanobind::gil_scoped_release m_release;
  std::lock_guard<std::mutex> m_lock;
};

/// Something that has to give its memory back before Kokkos ends.
class Resident {
 public:
  Resident(const Resident&) = delete;
  Resident& operator=(const Resident&) = delete;
  /// Gives it back. The caller has its turn.
  virtual void leave() = 0;

 protected:
  /// Both in a turn.
  Resident();
  virtual ~Resident();
};

/// Starts Kokkos unless it runs. In a turn. Throws std::invalid_argument where it has ended, or runs with another number
/// of threads.
/// @param threads  0 for as many as OMP_NUM_THREADS says, or as there are
void start(int threads);
/// Lets all Residents leave, and ends Kokkos if `start` has started it. In a turn.
void end();

}  // namespace Octopole::Python

#endif
