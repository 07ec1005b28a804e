// SPDX-License-Identifier: BSD-3-Clause
#include "driver_run_kernel.hpp"

namespace Octopole::Driver {

Result run_helmholtz(const Options& o, const PointSet& points, const Progress& progress) {
  return run_kernel<Helmholtz, Kernels::helmholtz>(o, points, progress, o.wavenumber);
}

}  // namespace Octopole::Driver
