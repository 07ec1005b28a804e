// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_options.hpp>
#include <tests/fuzz/fuzz_input.hpp>

using namespace Octopole;

/// PyExaFMM's configuration, as the command line takes it: its values become options.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  const Fuzz::InputFile file(data, bytes, ".json");
  const std::string path = file.path();
  const char* words[] = {"octopole_fmm", "--config", path.c_str()};
  Fuzz::refusing([&] { Driver::parse_command_line(3, words); });
  return 0;
}
