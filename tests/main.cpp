// SPDX-License-Identifier: BSD-3-Clause
// Initialises Kokkos for the tests, except while they are listed: ctest reads the list, and nothing
// but the list may be printed then.
#define CATCH_CONFIG_RUNNER
#include <tests/support/octopole_catch.hpp>

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <string_view>

int main(int argc, char* argv[]) {
  bool const listing = std::any_of(argv + 1, argv + argc, [](std::string_view argument) {
    return argument.starts_with("--list") || argument == "-l" || argument == "-t" ||
           argument == "-h" || argument == "-?" || argument == "--help";
  });
  if (listing) return Catch::Session().run(argc, argv);
  Kokkos::ScopeGuard const guard;
  return Catch::Session().run(argc, argv);
}
