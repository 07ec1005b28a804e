// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_KERNELS_HPP
#define OCTOPOLE_DRIVER_KERNELS_HPP

#include <core/kernels/Octopole_KernelInfo.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace Octopole::Driver {

/// The words of --kernel: of all kernels, or of those that offer an output. The kernel "X dipole"
/// is the word X beside --dipole, which counts for nothing here.
std::vector<std::string> kernel_options(Output offering = Output::none);
/// Precondition: `option` is one of kernel_options(), with a dipole where that is asked for.
const KernelInfo& kernel_of(std::string_view option, bool dipole);

/// What the charges of an input have to be: (N[, C][, 2][, K]).
struct ChargeShape {
  std::string kernel = "laplace";
  std::size_t components = 1, parts = 1, right_hand_sides = 1;

  ChargeShape() = default;
  ChargeShape(const KernelInfo& of, std::size_t sides)
      : kernel(of.name),
        components(of.charge_components),
        parts(of.parts()),
        right_hand_sides(sides) {}

  /// Numbers per source.
  std::size_t numbers() const { return components * parts * right_hand_sides; }
  std::vector<std::size_t> extents(std::size_t n) const;
  /// "one charge per source", "3 numbers per source, as stokeslet takes"
  std::string in_words() const;
};

}  // namespace Octopole::Driver

#endif
