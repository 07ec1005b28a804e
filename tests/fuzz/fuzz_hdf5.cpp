// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/readers/driver_readers.hpp>
#include <tests/fuzz/fuzz_hdf5_library.hpp>
#include <tests/fuzz/fuzz_input.hpp>

using namespace Octopole;

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  Fuzz::prepare_hdf5();
  return 0;
}

/// Points with scalar charges and with complex ones of two sides, a group and a frame of particles, then
/// targets alone.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  const Fuzz::InputFile file(data, bytes, ".h5");
  Fuzz::refusing([&] { Driver::read_points(file.path()); });
  Fuzz::refusing([&] { Driver::read_points(file.path(), {kernel_info("helmholtz"), 2}); });
  Driver::InputChoice gas, second;
  gas.particles = "PartType0";
  second.frame = 1;
  Fuzz::refusing([&] { Driver::read_points(file.path(), {}, gas); });
  Fuzz::refusing([&] { Driver::read_points(file.path(), {}, second); });
  Fuzz::refusing([&] { Driver::read_targets(file.path()); });
  return 0;
}
