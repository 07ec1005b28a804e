#!/usr/bin/env bash
# Finds or fetches what is missing, builds everything and runs all tests; ends with ctest's summary.
#   tests/run.sh [ctest options]     for example: tests/run.sh -L unit
# One file with every kernel is compiled for CUDA and for HIP too, where there are compilers for them, and the
# quick part of tests/sanitize.sh is run.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$repository/cmake/toolchain/setup.sh"
octopole_setup yes
octopole_build openmp-all
status=0
checks=()
for backend in cuda hip; do  # side by side: each is one long compilation
  "$repository/cmake/toolchain/device_check.sh" $backend "$repository/build/openmp" &
  checks+=($!)
done
for check in "${checks[@]}"; do wait "$check" || status=1; done
cd "$repository"
tests/sanitize.sh fast || status=$?
export GOMP_SPINCOUNT=${GOMP_SPINCOUNT:-1000}  # as tests/CMakeLists.txt says
ctest --preset openmp "$@" || status=$?
exit $status
