#ifndef OCTOPOLE_BUILT_IN_KERNELS_HPP
#define OCTOPOLE_BUILT_IN_KERNELS_HPP

#include <Octopole_Config.hpp>

/// @file
/// The one list of the kernels that the library holds compiled. A header between the two marks
/// whose name is Octopole_X defines `template <class T> Octopole::X`. CMake reads these lines; the
/// compiled engines, AnyPlan, the driver and the check for devices follow from them. Their order is
/// that of kernel_infos() and of messages.
///
/// Octopole_Config.hpp has the same list as a macro: OCTOPOLE_FOR_BUILT_IN_KERNELS(DO) is DO(X) for
/// every kernel, one after the other.

// clang-format off: the order says something.
// Built-in kernels: begin
#include <core/kernels/Octopole_Laplace.hpp>
#include <core/kernels/Octopole_LaplaceDipole.hpp>
#include <core/kernels/Octopole_Yukawa.hpp>
#include <core/kernels/Octopole_Helmholtz.hpp>
#include <core/kernels/Octopole_Stokeslet.hpp>
#include <core/kernels/Octopole_BiotSavart.hpp>
#include <core/kernels/Octopole_ChargeDipole.hpp>
#include <core/kernels/Octopole_SoftenedLaplace.hpp>
// Built-in kernels: end
// clang-format on

#endif
