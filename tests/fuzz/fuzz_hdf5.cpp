// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/readers/driver_readers.hpp>
#include <tests/fuzz/fuzz_hdf5_library.hpp>
#include <tests/fuzz/fuzz_input.hpp>

using namespace Octopole;

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  Fuzz::prepare_hdf5();
  return 0;
}

/// Points with scalar charges, then targets alone.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  const Fuzz::InputFile file(data, bytes, ".h5");
  Fuzz::refusing([&] { Driver::read_points(file.path()); });
  Fuzz::refusing([&] { Driver::read_targets(file.path()); });
  return 0;
}
