// SPDX-License-Identifier: BSD-3-Clause
// The driver: charges from a file or a distribution, a kernel's outputs and times out.
// `octopole_fmm --help`.
#include <Kokkos_Core.hpp>
#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <perf/driver/driver_binding.hpp>
#include <perf/driver/driver_combine.hpp>
#include <perf/driver/driver_error.hpp>
#include <perf/driver/driver_load.hpp>
#include <perf/driver/driver_options.hpp>
#include <perf/driver/driver_output.hpp>
#include <perf/driver/driver_progress.hpp>
#include <perf/driver/driver_ranks.hpp>
#include <perf/driver/driver_report.hpp>
#include <perf/driver/driver_rows.hpp>
#include <perf/driver/driver_run.hpp>
#include <perf/driver/readers/driver_readers.hpp>

namespace {

using namespace Octopole::Driver;

void say(const std::string& what) {
  // Names in files may hold anything.
  std::fprintf(stderr, "octopole_fmm: %s\n", printable(what).c_str());
}

void start_kokkos(const Options& options) {
  std::vector<std::string> words = options.kokkos_words;
  words.insert(words.begin(), "octopole_fmm");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int argc = static_cast<int>(words.size());
  Kokkos::initialize(argc, argv.data());
}

/// What a rank needs before Kokkos starts: whatever is wrong with the input is found here.
struct Input {
  PointSet points;
  std::optional<OutputFiles> files;  ///< of the first rank
};

Input read_input(const Options& options, const Ranks& ranks, Progress& progress) {
  Input input;
  ranks.together(bad_input, [&] {
    if (ranks.is_first()) input.files.emplace(options);
    progress.begin(options.input.empty() ? "making points" : "reading " + printable(options.input));
    input.points = load(options, ranks.slice());
    level(options, ranks, input.points);
    progress.end();
  });
  return input;
}

/// Throws Failure where the results are not what they should be: when they are written and printed.
void run_and_report(const Options& options, const Ranks& ranks, Progress& progress, Input& input) {
  Result result;
  ranks.together(failed, [&] {
    start_kokkos(options);
    result = run(options, input.points, ranks, progress);
  });
  ranks.together(failed, [&] {
    const AllRows rows(ranks, options, input.points, result);
    if (!ranks.is_first()) return rows.serve();
    if (!result.facts.notice.empty()) say(result.facts.notice);
    input.files->write(options, input.points, result, json_text(options, result), rows);
    rows.end();
    if (!options.quiet)
      std::fputs(table_text(options, input.points, result, input.files->names()).c_str(), stdout);
  });
  ranks.together(short_of_promise, [&] {
    const std::string what = shortfall(options, result);
    if (!what.empty()) throw std::runtime_error(what);
  });
}

/// Prints what --help and --version ask for, or runs.
void run_driver(const CommandLine& command_line, const Ranks& ranks) {
  if (!command_line.print.empty()) {
    ranks.together(failed, [&] {
      if (ranks.is_first() && std::fputs(command_line.print.c_str(), stdout) < 0)
        throw std::runtime_error("standard output: found an error while writing");
    });
    return;
  }
  Options options = command_line.options;
  Progress progress(ranks.is_first() && !options.quiet);
  Input input = read_input(options, ranks, progress);
  if (options.cell_of_input) options.cell = input.points.crystal->edges[0];
  if (ranks.is_first())
    for (const std::string& notice : options.notices) say(notice);
  run_and_report(options, ranks, progress, input);
}

}  // namespace

int main(int argc, char* argv[]) {
  quiet_hdf5();
  CommandLine command_line;
  std::exception_ptr wrong;
  try {
    command_line = parse_command_line(argc, argv);
    // Which may start the program anew: before MPI is there.
    if (command_line.print.empty()) bind_threads(command_line.options.threads);
  } catch (const std::exception&) {
    wrong = std::current_exception();
  }
  const Ranks ranks;
  int status = 0;
  try {
    ranks.together(bad_input, [&] {
      if (wrong) std::rethrow_exception(wrong);
    });
    run_driver(command_line, ranks);
  } catch (const Failure& failure) {
    if (ranks.is_first()) say(failure.what());
    status = failure.status;
  }
  if (Kokkos::is_initialized()) Kokkos::finalize();
  return status;
}
