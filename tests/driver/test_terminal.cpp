// SPDX-License-Identifier: BSD-3-Clause
// What the driver writes on a terminal: texts in lines, and how far a run is.
#include <algorithm>
#include <string>
#include <tests/support/octopole_catch.hpp>

#include <perf/driver/driver_help.hpp>
#include <perf/driver/driver_progress.hpp>
#include <perf/driver/driver_stages.hpp>

using namespace Octopole::Driver;

TEST_CASE("texts are broken at blanks") {
  CHECK(wrapped("one two three", 0, 80) == "one two three\n");
  CHECK(wrapped("one two three", 0, 7) == "one two\nthree\n");
  CHECK(wrapped("one two three", 2, 7) == "one\n  two\n  three\n");
  CHECK(wrapped("one two three", 2, 9) == "one two\n  three\n");
  CHECK(wrapped("a verylongword b", 0, 4) == "a\nverylongword\nb\n");
  CHECK(wrapped("first\n  indented example\n\nlast", 0, 12) ==
        "first\n  indented\n  example\n\nlast\n");
  CHECK(wrapped("", 4, 10) == "\n");
}

TEST_CASE("a line of progress appears after a second") {
  Phase phase{"planning"};
  CHECK(progress_line(phase, 0.9, 80).empty());
  CHECK(progress_line(phase, 3.2, 80) == "planning, 3 s");
  CHECK(progress_line(phase, 200, 80) == "planning, 3 min 20 s");
  CHECK(progress_line(phase, 7500, 80) == "planning, 2 h 5 min");
  CHECK(progress_line(phase, 3.2, 9) == "planning");
}

TEST_CASE("stages of the first step give a percentage too") {
  CHECK(passed_at("Octopole::M2L::fft") == passed_at("Octopole::M2L"));
  CHECK(passed_at("Octopole::P2M") == 0);
  CHECK(passed_at("Kokkos::View") == 0);
  double last = 0;
  for (const char* region : {"Octopole::M2M", "Octopole::M2L", "Octopole::L2P", "Octopole::P2P"}) {
    CHECK(passed_at(region) > last);
    last = passed_at(region);
  }
  CHECK(last < 1);
  // Three steps; half of the first has taken two seconds.
  Phase phase{"executing", 3};
  phase.reached = 0.5, phase.at_reached = 2;
  CHECK(progress_line(phase, 3, 80).find("] 25 %, about 9 s left") != std::string::npos);
  CHECK(progress_line(phase, 100, 80).find(" 33 %, about ") != std::string::npos);
  phase.at_reached = 0;
  CHECK(progress_line(phase, 3, 80) == "executing, 3 s");
}

TEST_CASE("steps that have ended give a percentage and the time left") {
  // Four steps of two seconds each; the second is half done.
  Phase phase{"executing", 4, 1, 2.0};
  const std::string line = progress_line(phase, 3, 80);
  CAPTURE(line);
  CHECK(line.substr(0, 11) == "executing [");
  CHECK(line.find("] 37 %, 5 s left") != std::string::npos);
  const auto full = std::count(line.begin(), line.end(), '=');
  CHECK(full == 15);  // of 40 cells
  for (const std::size_t width : {20, 30, 40, 60, 79, 200}) {
    CAPTURE(width);
    CHECK(progress_line(phase, 3, width).size() < width);
  }
  // A step that takes longer than the one before is not done for that.
  CHECK(progress_line(phase, 100, 80).find(" 49 %, ") != std::string::npos);
  phase.done = 4, phase.at_last = 8;
  CHECK(progress_line(phase, 8, 80).find(" 100 %, 0 s left") != std::string::npos);
}
