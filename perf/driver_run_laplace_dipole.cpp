// SPDX-License-Identifier: BSD-3-Clause
#include "driver_run_kernel.hpp"

namespace Octopole::Driver {

Result run_laplace_dipole(const Options& o, const PointSet& points, const Progress& progress) {
  return run_kernel<LaplaceDipole, Kernels::laplace_dipole>(o, points, progress);
}

}  // namespace Octopole::Driver
