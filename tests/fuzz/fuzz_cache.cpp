// SPDX-License-Identifier: BSD-3-Clause
#include <Kokkos_Core.hpp>
#include <core/precompute/Octopole_OperatorCache.hpp>
#include <tests/fuzz/fuzz_hdf5_library.hpp>
#include <tests/fuzz/fuzz_input.hpp>

using namespace Octopole;

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  Fuzz::prepare_hdf5();
  Kokkos::initialize(Kokkos::InitializationSettings().set_num_threads(1));
  return 0;
}

/// The cache throws nothing, whatever is in its file: what it cannot use is in the notice.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  const Fuzz::InputFile file(data, bytes, ".h5");
  const Cache cache = Cache::read_write(file.path());
  std::string notice;
  OperatorSet<double> set;
  OperatorCache::load(cache, "a set", set, notice);
  OperatorCache::load_tuning(cache, "a ratio", notice);
  OperatorCache::store_tuning(cache, "another ratio", 2, notice);
  return 0;
}
