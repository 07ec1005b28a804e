// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_DRIVER_PARTICLES_HPP
#define OCTOPOLE_DRIVER_PARTICLES_HPP

#include <core/precompute/Octopole_Hdf5File.hpp>

#include <perf/driver/readers/driver_readers.hpp>

/// HDF5 files that hold groups of particles, of which --particles chooses one: Gadget's snapshots (also
/// those of AREPO, GIZMO and SWIFT) and H5MD's trajectories. Compiled only where HDF5 is.
namespace Octopole::Driver {

/// Whether it is one of the two.
bool holds_particles(const Impl::Hdf5File& file);
/// Coordinates, and masses (Gadget) or charges (H5MD) of the shape; without a shape coordinates alone. Throws
/// BadInput.
PointSet read_particles(const Impl::Hdf5File& file, const ChargeShape* shape,
                        const InputChoice& choice);
/// Refuses --particles and --frame for a file of neither kind.
void expect_no_choice(const Impl::Hdf5File& file, const InputChoice& choice);

}  // namespace Octopole::Driver

#endif
