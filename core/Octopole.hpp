#ifndef OCTOPOLE_HPP
#define OCTOPOLE_HPP

/// @file
/// Everything a user of Octopole includes.

/// @namespace Octopole
/// Sums over all pairs of many points by the kernel-independent fast multipole method. Programs need
/// Plan, direct_sum, Options, Outputs, the kernels and, for kernels and points of their own, the
/// concept KernelFamily and AccessTraits; where all of that is chosen at run time, AnyPlan, AnyArray
/// and AnyOutputs. The rest are the parts that these are made of.
#include <Octopole_AccessTraits.hpp>
#include <Octopole_AnyPlan.hpp>
#include <Octopole_BuiltInKernels.hpp>
#include <Octopole_Cache.hpp>
#include <Octopole_CheckResult.hpp>
#include <Octopole_Config.hpp>
#include <Octopole_Coordinates.hpp>
#include <Octopole_Kernel.hpp>
#include <Octopole_Options.hpp>
#include <Octopole_Outputs.hpp>
#include <Octopole_Plan.hpp>
#include <Octopole_PlanFacts.hpp>
#include <Octopole_Variants.hpp>

#endif
