// SPDX-License-Identifier: BSD-3-Clause
#include "driver_run_kernel.hpp"

namespace Octopole::Driver {

Result run_stokeslet(const Options& o, const PointSet& points, const Progress& progress) {
  return run_kernel<Stokeslet, Kernels::stokeslet>(o, points, progress);
}

}  // namespace Octopole::Driver
