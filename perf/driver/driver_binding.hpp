// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_BINDING_HPP
#define OCTOPOLE_DRIVER_BINDING_HPP

namespace Octopole::Driver {

/// Keeps OpenMP's threads on cores of their own where a run takes all cores and nobody said otherwise (OMP_PROC_BIND,
/// GOMP_CPU_AFFINITY, KMP_AFFINITY). OpenMP reads this when a process begins, so that the process begins anew: nothing may
/// have been read or written before. A run with fewer threads is left to the system: two of them would be bound to the
/// same cores. Kokkos' advice to bind is left out then.
/// @param threads  as asked for; 0: as many as OMP_NUM_THREADS says, or as there are
void bind_threads(int threads);

}  // namespace Octopole::Driver

#endif
