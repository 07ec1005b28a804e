#!/usr/bin/env bash
# Finds or fetches what is missing, builds everything and runs all tests; ends with ctest's summary.
#   tests/run.sh [ctest options]     for example: tests/run.sh -L unit
# Where nvcc exists, one file with every kernel is compiled for CUDA too.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$repository/cmake/setup.sh"
octopole_setup yes
octopole_build openmp-all
status=0
"$repository/cmake/cuda_check.sh" "$repository/build/openmp" || status=1
cd "$repository"
ctest --preset openmp "$@" || status=$?
exit $status
