// SPDX-License-Identifier: BSD-3-Clause
// Catch2 2 and 3 under one name. Tests include this and nothing else of Catch2.
#ifndef OCTOPOLE_CATCH_HPP
#define OCTOPOLE_CATCH_HPP

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif

#endif
