#ifndef OCTOPOLE_HPP
#define OCTOPOLE_HPP

/// @file
/// Everything a user of Octopole includes.

/// @namespace Octopole
/// Sums over all pairs of many points by the kernel-independent fast multipole method. Programs need
/// Plan, direct_sum, Options, Outputs, the kernels and, for kernels and points of their own, the
/// concept KernelFamily and AccessTraits; where all of that is chosen at run time, AnyPlan, AnyArray
/// and AnyOutputs. The rest are the parts that these are made of.
#include <Octopole_Config.hpp>
#include <Octopole_Plan.hpp>
#include <core/Octopole_CoulombVirial.hpp>
#include <core/base/Octopole_Cache.hpp>
#include <core/base/Octopole_Variants.hpp>
#include <core/kernels/Octopole_BuiltInKernels.hpp>
#include <core/kernels/Octopole_CheckResult.hpp>
#include <core/kernels/Octopole_Kernel.hpp>
#include <core/plan/Octopole_AccessTraits.hpp>
#include <core/plan/Octopole_AnyPlan.hpp>
#include <core/plan/Octopole_Coordinates.hpp>
#include <core/plan/Octopole_Options.hpp>
#include <core/plan/Octopole_Outputs.hpp>
#include <core/plan/Octopole_PlanFacts.hpp>

#endif
