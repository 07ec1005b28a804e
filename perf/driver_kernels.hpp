// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_KERNELS_HPP
#define OCTOPOLE_DRIVER_KERNELS_HPP

#include <Octopole_Output.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace Octopole::Driver {

struct OutputShape {
  Output output = Output::none;
  std::size_t extents[2] = {1, 1};  ///< at a target; ones are left out

  constexpr std::size_t components() const { return extents[0] * extents[1]; }
};

/// What options, readers and writers have to know of a kernel, without Kokkos. The driver's run
/// holds it against the library's own statement when it is compiled.
struct KernelShape {
  std::string_view option;  ///< as --kernel has it
  std::string_view name;
  std::size_t components = 1;  ///< per charge
  bool complex = false;        ///< charges and outputs are pairs of numbers
  std::string_view parameter;  ///< the option that sets it, or empty
  int n_outputs = 0;
  OutputShape outputs[3]{};

  constexpr const OutputShape* begin() const { return outputs; }
  constexpr const OutputShape* end() const { return outputs + n_outputs; }
  constexpr Output offered() const {
    Output all = Output::none;
    for (const OutputShape& shape : *this) all |= shape.output;
    return all;
  }
  constexpr std::size_t parts() const { return complex ? 2 : 1; }
  /// Extents of an output's array at `n` targets; those of right-hand sides are left out where K
  /// = 1.
  std::vector<std::size_t> extents_of(const OutputShape& output, std::size_t n,
                                      std::size_t right_hand_sides) const;
};

namespace Kernels {

inline constexpr OutputShape potential{Output::potential, {1, 1}},
    gradient{Output::gradient, {3, 1}}, hessian{Output::hessian, {6, 1}},
    velocity{Output::velocity, {3, 1}}, pressure{Output::pressure, {1, 1}},
    velocity_gradient{Output::velocity_gradient, {3, 3}};

inline constexpr KernelShape laplace{
    "laplace", "laplace", 1, false, "", 3, {potential, gradient, hessian}};
inline constexpr KernelShape laplace_dipole{
    "laplace", "laplace dipole", 3, false, "", 3, {potential, gradient, hessian}};
inline constexpr KernelShape yukawa{
    "yukawa", "yukawa", 1, false, "screening", 2, {potential, gradient}};
inline constexpr KernelShape helmholtz{"helmholtz", "helmholtz",          1, true, "wavenumber",
                                       2,           {potential, gradient}};
inline constexpr KernelShape stokeslet{"stokeslet", "stokeslet",         3, false, "",
                                       2,           {velocity, pressure}};
inline constexpr KernelShape biot_savart{
    "biot-savart", "biot-savart", 3, false, "core", 2, {velocity, velocity_gradient}};

/// In the order of messages.
inline constexpr const KernelShape* all[] = {&laplace,   &laplace_dipole, &yukawa,
                                             &helmholtz, &stokeslet,      &biot_savart};

}  // namespace Kernels

/// Precondition: `option` is one of kernel_options().
const KernelShape& kernel_shape(std::string_view option, bool dipole);
/// The words of --kernel: of all kernels, or of those that offer an output.
std::vector<std::string> kernel_options(Output offering = Output::none);

/// What the charges of an input have to be: (N[, C][, 2][, K]).
struct ChargeShape {
  std::string_view kernel = "laplace";
  std::size_t components = 1, parts = 1, right_hand_sides = 1;

  ChargeShape() = default;
  ChargeShape(const KernelShape& of, std::size_t sides)
      : kernel(of.name), components(of.components), parts(of.parts()), right_hand_sides(sides) {}

  /// Numbers per source.
  std::size_t numbers() const { return components * parts * right_hand_sides; }
  std::vector<std::size_t> extents(std::size_t n) const;
  /// "one charge per source", "3 numbers per source, as stokeslet takes"
  std::string in_words() const;
};

}  // namespace Octopole::Driver

#endif
