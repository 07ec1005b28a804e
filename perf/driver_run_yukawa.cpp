// SPDX-License-Identifier: BSD-3-Clause
#include "driver_run_kernel.hpp"

namespace Octopole::Driver {

Result run_yukawa(const Options& o, const PointSet& points, const Progress& progress) {
  return run_kernel<Yukawa, Kernels::yukawa>(o, points, progress, o.screening);
}

}  // namespace Octopole::Driver
