// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/readers/driver_readers.hpp>
#include <tests/fuzz/fuzz_input.hpp>

using namespace Octopole;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  const Fuzz::InputFile file(data, bytes, ".pqr");
  Fuzz::refusing([&] { Driver::read_points(file.path()); });
  return 0;
}
