// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_progress.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace Octopole::Driver {
namespace {

constexpr double shown_after = 1;  // second
constexpr std::chrono::milliseconds between_lines(200);

/// "12 s", "3 min 20 s", "2 h 5 min"
std::string duration(double seconds) {
  const long whole = std::lround(std::max(0.0, seconds));
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

std::string progress_line(const Phase& phase, double seconds, std::size_t width) {
  if (seconds < shown_after) return {};
  const auto fits = [&](std::string line) {
    return line.substr(0, std::max<std::size_t>(width, 1) - 1);
  };
  const bool first = phase.done == 0;
  if (first ? phase.reached <= 0 || phase.at_reached <= 0 : phase.at_last <= 0)
    return fits(phase.what + ", " + duration(seconds));
  const double step = first ? phase.at_reached / phase.reached : phase.at_last / phase.done,
               all = step * phase.steps;
  // A step that takes longer than those before, or than its first part lets expect, has not ended for that.
  const double running = std::min((seconds - phase.at_last) / step, 0.99);
  const double fraction = std::min((phase.done + std::max(0.0, running)) / phase.steps, 1.0);
  std::string words = " ";
  words += std::to_string(static_cast<int>(100 * fraction)) + " %, " + (first ? "about " : "") +
           duration(std::max(0.0, all * (1 - fraction))) + " left";
  const std::size_t taken = phase.what.size() + words.size() + 4;  // blank, brackets, last column
  if (width < taken + 5) return fits(phase.what + words);
  const std::size_t cells = std::min<std::size_t>(width - taken, 40);
  const auto full = static_cast<std::size_t>(fraction * static_cast<double>(cells));
  std::string bar(full, '=');
  if (full < cells) bar += '>';
  bar.resize(cells, ' ');
  return phase.what + " [" + bar + "]" + words;
}

Progress::Progress(bool shown) {
  if (shown && isatty(STDERR_FILENO) != 0) m_thread = std::thread([this] { show_until_stopped(); });
}

Progress::~Progress() {
  if (!m_thread.joinable()) return;
  {
    const std::lock_guard lock(m_mutex);
    m_stop = true;
  }
  m_changed.notify_one();
  m_thread.join();
  clear();
}

void Progress::begin(const std::string& what, int steps) {
  const std::lock_guard lock(m_mutex);
  clear();
  m_phase = {what, steps};
  m_begin = Clock::now();
}

void Progress::step() {
  const std::lock_guard lock(m_mutex);
  ++m_phase.done;
  m_phase.at_last = seconds();
}

void Progress::reached(double part) {
  const std::lock_guard lock(m_mutex);
  if (m_phase.done > 0 || part <= m_phase.reached) return;
  m_phase.reached = part;
  m_phase.at_reached = seconds();
}

void Progress::end() {
  const std::lock_guard lock(m_mutex);
  clear();
  m_phase = {};
}

void Progress::clear() {
  if (m_on_screen) std::fputs("\r\033[K", stderr);
  m_on_screen = false;
}

void Progress::show_until_stopped() {
  std::unique_lock lock(m_mutex);
  while (!m_changed.wait_for(lock, between_lines, [this] { return m_stop; })) {
    if (m_phase.what.empty()) continue;
    const std::string line = progress_line(m_phase, seconds(), terminal_columns());
    if (line.empty()) continue;
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
    m_on_screen = true;
  }
}

}  // namespace Octopole::Driver
