#!/usr/bin/env bash
# Finds or fetches what is missing, builds everything and runs all tests; ends with ctest's summary.
#   tests/run.sh [ctest options]     for example: tests/run.sh -L unit
# One file with every kernel is compiled for CUDA and for HIP too, where there are compilers for them, and the
# quick part of tests/sanitize.sh is run. Without options, tests/ranks.sh too, where MPI is there or can be got.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$repository/cmake/toolchain/setup.sh"
octopole_setup yes
octopole_build openmp-all
status=0
octopole_no_warnings openmp-all || status=1
checks=()
for backend in cuda hip; do  # side by side: each is one long compilation
  "$repository/cmake/toolchain/device_check.sh" $backend "$repository/build/openmp" &
  checks+=($!)
done
for check in "${checks[@]}"; do wait "$check" || status=1; done
cd "$repository"
tests/sanitize.sh fast || status=$?
if [ $# = 0 ]; then
  if [ "$(id -u)" = 0 ] || { command -v mpicc && command -v mpirun; } >/dev/null; then
    tests/ranks.sh || status=$?
  else
    echo "octopole: plans on ranks are left out: there is no MPI"
  fi
fi
export GOMP_SPINCOUNT=${GOMP_SPINCOUNT:-1000}  # as tests/CMakeLists.txt says
ctest --preset openmp "$@" || status=$?
exit $status
