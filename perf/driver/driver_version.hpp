// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_VERSION_HPP
#define OCTOPOLE_DRIVER_VERSION_HPP

#include <string>

namespace Octopole::Driver {

std::string version();
/// Of the checkout that was built; "unknown" outside a repository.
std::string git_revision();
/// What --version prints.
std::string version_line();

}  // namespace Octopole::Driver

#endif
