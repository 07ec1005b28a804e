#include <core/kernels/Octopole_CheckKernel.hpp>

#include <cmath>
#include <cstdio>
#include <stdexcept>

namespace Octopole::Impl {

void check_parameter(const std::string& kernel, const char* name, double value, double least) {
  if (std::isfinite(value) && value >= least) return;
  char text[200];
  std::snprintf(text, sizeof text, ": found %s = %g, allowed finite numbers of at least %g", name,
                value, least);
  throw std::invalid_argument("Octopole: kernel " + kernel + text);
}

}  // namespace Octopole::Impl
