#ifndef OCTOPOLE_HPP
#define OCTOPOLE_HPP

/// Everything a user of Octopole includes.
#include <Octopole_Config.hpp>
#include <Octopole_Kernel.hpp>
#include <Octopole_Laplace.hpp>
#include <Octopole_Options.hpp>
#include <Octopole_Outputs.hpp>
#include <Octopole_Plan.hpp>
#include <Octopole_PlanFacts.hpp>

#endif
