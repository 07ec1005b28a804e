#ifndef OCTOPOLE_OPERATORS_HPP
#define OCTOPOLE_OPERATORS_HPP

#include <Octopole_CheckToEquivalent.hpp>
#include <Octopole_L2L.hpp>
#include <Octopole_L2P.hpp>
#include <Octopole_M2LBlas.hpp>
#include <Octopole_M2LFft.hpp>
#include <Octopole_M2M.hpp>
#include <Octopole_M2P.hpp>
#include <Octopole_P2L.hpp>
#include <Octopole_P2M.hpp>
#include <Octopole_P2P.hpp>

#endif
