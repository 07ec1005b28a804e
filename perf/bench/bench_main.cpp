// SPDX-License-Identifier: BSD-3-Clause
// main of every benchmark: starts Kokkos, states where the figures come from, runs the rows.
#include <KokkosKernels_config.h>
#include <Octopole_Config.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <perf/bench/Octopole_Bench.hpp>

#if __has_include(<Octopole_Git.hpp>)
#include <Octopole_Git.hpp>
#endif
#ifndef OCTOPOLE_GIT
#define OCTOPOLE_GIT "unknown"
#endif

namespace {

/// Lines "key: value" of Kokkos' own account of itself.
void add_kokkos_context() {
  std::ostringstream text;
  Kokkos::print_configuration(text, false);
  std::istringstream lines(text.str());
  for (std::string line; std::getline(lines, line);) {
    const std::size_t key = line.find_first_not_of(" \t"), colon = line.find(": ");
    const std::size_t value = line.find_first_not_of(" \t", colon == line.npos ? colon : colon + 1);
    if (value == line.npos) continue;
    benchmark::AddCustomContext("kokkos_" + line.substr(key, colon - key), line.substr(value));
  }
}

void add_context() {
  const Octopole::Bench::Exec exec;
  benchmark::AddCustomContext("octopole_git", OCTOPOLE_GIT);
  benchmark::AddCustomContext("backend", Octopole::Bench::Exec::name());
  benchmark::AddCustomContext("threads", std::to_string(exec.concurrency()));
  for (const char* name : {"OMP_NUM_THREADS", "OMP_PROC_BIND", "OMP_PLACES", "OMP_WAIT_POLICY"}) {
    const char* value = std::getenv(name);
    benchmark::AddCustomContext(name, value ? value : "unset");
  }
#if defined(KOKKOSKERNELS_ENABLE_TPL_CUBLAS) || defined(KOKKOSKERNELS_ENABLE_TPL_ROCBLAS)
  benchmark::AddCustomContext("kokkosblas_gemm", "the GPU's library");
#elif defined(KOKKOSKERNELS_ENABLE_TPL_BLAS)
  benchmark::AddCustomContext("kokkosblas_gemm", "BLAS library");
#else
  benchmark::AddCustomContext("kokkosblas_gemm", "loops of its own");
#endif
  add_kokkos_context();
}

}  // namespace

int main(int argc, char* argv[]) {
  // A filter or a list may name any row; a plain run takes the few that are over in minutes.
  bool all = std::getenv("BENCHMARK_FILTER") != nullptr;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    all =
        all || word.starts_with("--benchmark_filter") || word.starts_with("--benchmark_list_tests");
  }
  std::vector<char*> words(argv, argv + argc);
  std::string tabular = "--benchmark_counters_tabular=true";
  words.insert(words.begin() + std::min(argc, 1), tabular.data());
  int count = static_cast<int>(words.size());
  words.push_back(nullptr);

  Kokkos::initialize(count, words.data());
  benchmark::Initialize(&count, words.data());
  int status = 0;
  if (benchmark::ReportUnrecognizedArguments(count, words.data())) {
    status = 2;
  } else {
    add_context();
    Octopole::Bench::register_benchmarks(all);
    if (!all)
      std::fputs("More rows with --benchmark_filter=REGEX; --benchmark_list_tests names them.\n",
                 stderr);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
  }
  Kokkos::finalize();
  return status;
}
