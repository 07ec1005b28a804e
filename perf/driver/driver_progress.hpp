// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_PROGRESS_HPP
#define OCTOPOLE_DRIVER_PROGRESS_HPP

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>

namespace Octopole::Driver {

/// Where a phase of equal steps is.
struct Phase {
  std::string what;
  int steps = 1;
  int done = 0;           ///< steps
  double at_last = 0;     ///< seconds from the phase's begin to the end of the last of these
  double reached = 0;     ///< of the first step, about this part of 1 had passed; 0: not known
  double at_reached = 0;  ///< seconds from the phase's begin to there
};

/// The line that shows a phase after `seconds` of it: "executing [======>       ] 43 %, 12 s left" once a step has
/// been seen, from which the others are estimated; "about 12 s left" in the first one, where a part of it is known to have
/// passed; before that "executing, 3 s". Empty in the first second.
/// @param width  columns of the terminal; the bar takes what the words leave, the line at most width - 1
std::string progress_line(const Phase& phase, double seconds, std::size_t width);

/// One line on the terminal that says what is going on, for what takes over a second; nothing at all
/// where stderr is no terminal or nothing is to be shown. A thread of its own writes it, a few times a second.
class Progress {
 public:
  /// `shown`: of several ranks one shows it.
  explicit Progress(bool shown);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Begins a phase; the one before has ended.
  /// @param steps  of about the same duration, each ended by `step`
  void begin(const std::string& what, int steps = 1);
  void step();
  /// About this part of the first step of the phase has passed, of 1; less than what was said before counts for nothing.
  void reached(double part);
  /// Takes the line away, until the next phase begins.
  void end();
  bool is_shown() const { return m_thread.joinable(); }

 private:
  using Clock = std::chrono::steady_clock;

  void show_until_stopped();
  void clear();
  double seconds() const { return std::chrono::duration<double>(Clock::now() - m_begin).count(); }

  std::mutex m_mutex;  ///< of all below
  std::condition_variable m_changed;
  Phase m_phase;  ///< none where `what` is empty
  Clock::time_point m_begin;
  bool m_on_screen = false, m_stop = false;
  std::thread m_thread;  ///< none where nothing is shown
};

}  // namespace Octopole::Driver

#endif
