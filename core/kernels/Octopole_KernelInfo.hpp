#ifndef OCTOPOLE_KERNEL_INFO_HPP
#define OCTOPOLE_KERNEL_INFO_HPP

#include <core/kernels/Octopole_Output.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace Octopole {

/// A parameter of a built-in kernel.
struct ParameterInfo {
  std::string name;    ///< "screening", as the kernel's member is called
  double initial = 0;  ///< its value in a kernel that is given none
  double least = 0;    ///< the smallest value allowed; all values are finite
};

/// An output of a built-in kernel.
struct OutputInfo {
  Output output = Output::none;                 ///< a single one
  std::array<std::size_t, 2> extents = {1, 1};  ///< at one target; arrays leave ones out

  /// @return numbers per target, a complex one counting once
  std::size_t components() const { return extents[0] * extents[1]; }
};

/// What a built-in kernel takes and gives, as the kernel itself states it.
struct KernelInfo {
  std::string name;                       ///< identifies the kernel and stays what it is
  std::vector<ParameterInfo> parameters;  ///< in the order of AnyKernel::parameters
  std::size_t charge_components = 1;      ///< C, numbers per charge, a complex one counting once
  bool complex = false;                   ///< charges and outputs are complex numbers
  std::vector<OutputInfo> outputs;        ///< the first is the one that costs least

  /// @return the set of all outputs
  Output offered() const;
  /// @return real numbers that make up one of the kernel's numbers, 2 where it is complex
  std::size_t parts() const { return complex ? 2 : 1; }
  /// Extents of an array of charges: (N[, C][, 2][, R]), the 2 where the kernel is complex.
  /// @param n  N, number of sources
  /// @param right_hand_sides  R; left out where it is one
  /// @return the extents of an array of real numbers
  std::vector<std::size_t> charge_extents(std::size_t n, std::size_t right_hand_sides) const;
  /// Extents of an output's array: (M[, those of the output][, 2][, R]).
  /// @param output  one of `outputs`
  /// @param n  M, number of targets
  /// @param right_hand_sides  R; left out where it is one
  /// @return the extents of an array of real numbers
  std::vector<std::size_t> output_extents(const OutputInfo& output, std::size_t n,
                                          std::size_t right_hand_sides) const;
};

/// @return what there is to know of every built-in kernel, the same at each call
const std::vector<KernelInfo>& kernel_infos();
/// Throws std::invalid_argument, which lists the names, where there is no such kernel.
/// @param name  as in KernelInfo
/// @return one of kernel_infos()
const KernelInfo& kernel_info(std::string_view name);

}  // namespace Octopole

#endif
