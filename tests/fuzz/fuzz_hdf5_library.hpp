// SPDX-License-Identifier: BSD-3-Clause
#ifndef OCTOPOLE_FUZZ_HDF5_LIBRARY_HPP
#define OCTOPOLE_FUZZ_HDF5_LIBRARY_HPP

#include <hdf5.h>
#include <sys/resource.h>

namespace Octopole::Fuzz {

/// HDF5 keeps a file open, handle and all, once an object of it could not be opened: as many as there may be.
inline void prepare_hdf5() {
  H5dont_atexit();
  rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace Octopole::Fuzz

#endif
