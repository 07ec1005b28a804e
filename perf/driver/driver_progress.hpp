// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_PROGRESS_HPP
#define OCTOPOLE_DRIVER_PROGRESS_HPP

#include <unistd.h>

#include <cstdio>
#include <string>

namespace Octopole::Driver {

/// One line on the terminal that says what is going on; nothing at all where stderr is not one.
class Progress {
 public:
  Progress() : m_on(isatty(STDERR_FILENO) != 0) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void now(const std::string& what) const {
    if (m_on) std::fprintf(stderr, "\r\033[K%s ...", what.c_str());
  }
  void clear() const {
    if (m_on) std::fprintf(stderr, "\r\033[K");
  }

 private:
  bool m_on;
};

}  // namespace Octopole::Driver

#endif
