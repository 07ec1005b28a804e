// SPDX-License-Identifier: BSD-3-Clause
#include "driver_run_kernel.hpp"

namespace Octopole::Driver {

Result run_biot_savart(const Options& o, const PointSet& points, const Progress& progress) {
  return run_kernel<BiotSavart, Kernels::biot_savart>(o, points, progress, o.core);
}

}  // namespace Octopole::Driver
