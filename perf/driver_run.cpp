// SPDX-License-Identifier: BSD-3-Clause
#include "driver_run.hpp"

#include <sys/resource.h>

#include <algorithm>

#include "driver_check.hpp"
#include "driver_run_kernel.hpp"

namespace Octopole::Driver {

Octopole::Options plan_options(const Options& o) {
  Octopole::Options p;
  if (o.digits) p.digits = *o.digits;
  p.order = o.order.value_or(p.order);
  p.check_order = o.check_order.value_or(p.check_order);
  p.inner = o.inner.value_or(p.inner);
  p.outer = o.outer.value_or(p.outer);
  p.m2l = o.m2l == "blas" ? M2L::blas : o.m2l == "fft" ? M2L::fft : M2L::automatic;
  p.m2l_memory = o.m2l_memory_mb << 20;
  p.tune = o.tune;
  p.m2l_single = o.m2l_single;
  for (const NearField n : {NearField::exact, NearField::fast, NearField::mixed, NearField::rough})
    if (o.near_field == name_of(n)) p.near_field = n;
  p.m2l_tolerance = o.m2l_tolerance.value_or(p.m2l_tolerance);
  p.m2l_rank = o.m2l_rank.value_or(p.m2l_rank);
  p.method = o.method == "fmm"      ? Method::fmm
             : o.method == "direct" ? Method::direct
                                    : Method::automatic;
  p.leaf_capacity = o.leaf_capacity;
  p.root_scale = o.root_scale == 0 ? 0 : std::clamp(o.root_scale, 1.0, 4.0);
  p.balance = o.balance;
  p.cache = o.cache == "off" ? Cache::off() : Cache::read_write(o.cache);
  p.outputs = o.outputs;
  p.right_hand_sides = o.right_hand_sides;
  return p;
}

double median(std::vector<double> times) {
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  if (times.size() % 2) return *middle;
  return (*middle + *std::max_element(times.begin(), middle)) / 2;
}

std::size_t peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

StageSeconds median(std::vector<StageSeconds> runs) {
  const auto middle = runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2);
  std::nth_element(runs.begin(), middle, runs.end(),
                   [](const auto& a, const auto& b) { return a.evaluate < b.evaluate; });
  return *middle;
}

Result run(const Options& o, const PointSet& points) {
  const Progress progress;
  const auto run_one = o.dipole                    ? run_laplace_dipole
                       : o.kernel == "yukawa"      ? run_yukawa
                       : o.kernel == "helmholtz"   ? run_helmholtz
                       : o.kernel == "stokeslet"   ? run_stokeslet
                       : o.kernel == "biot-savart" ? run_biot_savart
                                                   : run_laplace;
  Result result = run_one(o, points, progress);
  if (o.check > 0) {
    progress.now("checking against a direct sum");
    result.error = check(o, points, result);
  }
  return result;
}

}  // namespace Octopole::Driver
