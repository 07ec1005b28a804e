// SPDX-License-Identifier: BSD-3-Clause
#include <perf/driver/driver_kernels.hpp>

namespace Octopole::Driver {
namespace {

constexpr std::string_view dipoles = " dipole";

}  // namespace

std::vector<std::string> kernel_options(Output offering) {
  std::vector<std::string> options;
  for (const KernelInfo& kernel : kernel_infos())
    if (contains(kernel.offered(), offering) && !kernel.name.ends_with(dipoles))
      options.push_back(kernel.name);
  return options;
}

const KernelInfo& kernel_of(std::string_view option, bool dipole) {
  return kernel_info(std::string(option).append(dipole ? dipoles : ""));
}

std::vector<std::size_t> ChargeShape::extents(std::size_t n) const {
  std::vector<std::size_t> extents{n};
  for (const std::size_t e : {components, parts, right_hand_sides})
    if (e > 1) extents.push_back(e);
  return extents;
}

std::string ChargeShape::in_words() const {
  const std::string per = right_hand_sides > 1 ? " per source and right-hand side" : " per source";
  if (components * parts == 1) return "one charge" + per;
  return (parts > 1 ? "a complex number" : std::to_string(components) + " numbers") + per +
         ", as " + kernel + " takes";
}

}  // namespace Octopole::Driver
