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
#include <perf/driver/driver_error.hpp>
#include <perf/driver/driver_load.hpp>
#include <perf/driver/driver_options.hpp>
#include <perf/driver/driver_output.hpp>
#include <perf/driver/driver_progress.hpp>
#include <perf/driver/driver_report.hpp>
#include <perf/driver/driver_run.hpp>
#include <perf/driver/readers/driver_readers.hpp>

namespace {

using namespace Octopole::Driver;

constexpr int failed = 1, bad_input = 2, short_of_promise = 3;

int complain(const std::string& what, int status) {
  // Names in files may hold anything.
  std::fprintf(stderr, "octopole_fmm: %s\n", printable(what).c_str());
  return status;
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

/// Returns the status of the process: results are written and printed whatever they are.
int run_and_report(const Options& options, const PointSet& points, Progress& progress,
                   OutputFiles& files) {
  const Result result = run(options, points, progress);
  if (!result.facts.notice.empty()) complain(result.facts.notice, 0);
  files.write(options, points, result, json_text(options, result));
  if (!options.quiet)
    std::fputs(table_text(options, points, result, files.names()).c_str(), stdout);
  const std::string what = shortfall(options, result);
  return what.empty() ? 0 : complain(what, short_of_promise);
}

}  // namespace

int main(int argc, char* argv[]) {
  CommandLine command_line;
  PointSet points;
  std::optional<OutputFiles> files;
  std::optional<Progress> progress;  // begun when this process is the one that stays
  quiet_hdf5();
  try {  // whatever is wrong with the input is found here, before Kokkos starts
    command_line = parse_command_line(argc, argv);
    if (!command_line.print.empty())
      return std::fputs(command_line.print.c_str(), stdout) < 0 ? failed : 0;
    bind_threads(command_line.options.threads);
    files.emplace(command_line.options);
    const Options& options = command_line.options;
    progress.emplace(!options.quiet);
    progress->begin(options.input.empty() ? "making points"
                                          : "reading " + printable(options.input));
    points = load(options);
    progress->end();
  } catch (const std::exception& e) {
    progress.reset();
    return complain(e.what(), bad_input);
  }
  for (const std::string& notice : command_line.options.notices) complain(notice, 0);

  int status = 0;
  try {
    start_kokkos(command_line.options);
    status = run_and_report(command_line.options, points, *progress, *files);
  } catch (const std::invalid_argument& e) {  // a plan refused the points, the kernel or an option
    progress.reset();
    status = complain(e.what(), bad_input);
  } catch (const std::exception& e) {
    progress.reset();
    status = complain(e.what(), failed);
  }
  files.reset();
  if (Kokkos::is_initialized()) Kokkos::finalize();
  return status;
}
