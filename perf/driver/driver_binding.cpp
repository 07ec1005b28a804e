// SPDX-License-Identifier: BSD-3-Clause
#include <Kokkos_Core.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <perf/driver/driver_binding.hpp>

#if defined(KOKKOS_ENABLE_OPENMP) && defined(__linux__)
#include <sched.h>
#include <unistd.h>

namespace Octopole::Driver {
namespace {

int number_in(const char* variable) {
  const char* const text = std::getenv(variable);
  return text ? std::atoi(text) : 0;
}

/// How many cores this process may use; 0 where the system does not say.
int cores() {
  cpu_set_t allowed;
  return sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 0;
}

/// The words that started this process. Where that was by a dynamic linker, as the installed driver is started, /proc/self/exe
/// is that linker and the words begin with it.
std::vector<std::string> own_words() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < text.size();) {
    words.emplace_back(text.c_str() + begin);
    begin += words.back().size() + 1;
  }
  return words;
}

void begin_anew() {
  std::vector<std::string> words = own_words();
  if (words.empty()) return;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv("/proc/self/exe", argv.data());
}

}  // namespace

void bind_threads(int threads) {
  if (std::getenv("OMP_PROC_BIND")) return;
  if (threads == 0) threads = number_in("KOKKOS_NUM_THREADS");
  if (threads == 0) threads = number_in("OMP_NUM_THREADS");
  const bool bound_otherwise = std::getenv("GOMP_CPU_AFFINITY") || std::getenv("KMP_AFFINITY");
  if (bound_otherwise || (threads > 0 && threads < cores()) || cores() == 1) {
    setenv("OMP_PROC_BIND", "false", 0);  // OpenMP has read it already; Kokkos has not
    return;
  }
  const bool places = std::getenv("OMP_PLACES") != nullptr;
  setenv("OMP_PROC_BIND", "spread", 0);
  setenv("OMP_PLACES", "threads", 0);
  begin_anew();
  // Not possible here: as it was, and Kokkos says so.
  unsetenv("OMP_PROC_BIND");
  if (!places) unsetenv("OMP_PLACES");
}

}  // namespace Octopole::Driver
#else
void Octopole::Driver::bind_threads(int) {}
#endif
