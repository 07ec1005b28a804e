// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/readers/driver_readers.hpp>
#include <tests/fuzz/fuzz_input.hpp>

using namespace Octopole;

/// The first byte chooses the charges: scalars, vectors, complex ones of two sides, or targets alone.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  if (bytes == 0) return 0;
  const Fuzz::InputFile file(data + 1, bytes - 1, ".csv");
  Fuzz::refusing([&] {
    switch (data[0] % 4) {
      case 0:
        return void(Driver::read_points(file.path()));
      case 1:
        return void(Driver::read_points(file.path(), {kernel_info("stokeslet"), 1}));
      case 2:
        return void(Driver::read_points(file.path(), {kernel_info("helmholtz"), 2}));
      default:
        return void(Driver::read_targets(file.path()));
    }
  });
  return 0;
}
