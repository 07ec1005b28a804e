// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/readers/driver_readers.hpp>
#include <tests/fuzz/fuzz_input.hpp>

using namespace Octopole;

/// The first byte chooses: the only frame or the second, scalar charges, vectors, or targets alone.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  if (bytes == 0) return 0;
  const Fuzz::InputFile file(data + 1, bytes - 1, ".xyz");
  Driver::InputChoice choice;
  if (data[0] & 1) choice.frame = 1;
  Fuzz::refusing([&] {
    switch (data[0] / 2 % 3) {
      case 0:
        return void(Driver::read_points(file.path(), {}, choice));
      case 1:
        return void(Driver::read_points(file.path(), {kernel_info("stokeslet"), 1}, choice));
      default:
        return void(Driver::read_targets(file.path(), choice));
    }
  });
  return 0;
}
