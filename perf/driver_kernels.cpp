// SPDX-License-Identifier: BSD-3-Clause
#include "driver_kernels.hpp"

#include <algorithm>
#include <stdexcept>

namespace Octopole::Driver {

std::vector<std::size_t> KernelShape::extents_of(const OutputShape& output, std::size_t n,
                                                 std::size_t right_hand_sides) const {
  std::vector<std::size_t> extents{n};
  for (const std::size_t e : {output.extents[0], output.extents[1], parts(), right_hand_sides})
    if (e > 1) extents.push_back(e);
  return extents;
}

const KernelShape& kernel_shape(std::string_view option, bool dipole) {
  if (dipole) return Kernels::laplace_dipole;
  for (const KernelShape* kernel : Kernels::all)
    if (kernel->option == option) return *kernel;
  throw std::invalid_argument("Octopole::Driver: no kernel " + std::string(option));
}

std::vector<std::string> kernel_options(Output offering) {
  std::vector<std::string> options;
  for (const KernelShape* kernel : Kernels::all)
    if (contains(kernel->offered(), offering) &&
        std::find(options.begin(), options.end(), kernel->option) == options.end())
      options.emplace_back(kernel->option);
  return options;
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
         ", as " + std::string(kernel) + " takes";
}

}  // namespace Octopole::Driver
