#!/usr/bin/env bash
# Plans on ranks: finds or fetches what is missing, MPI too, builds library and driver with it, and runs their tests under
# mpirun on 1, 2 and 3 ranks.
#   tests/ranks.sh [ctest options]
# On more ranks, and with more points than CI has:
#   OCTOPOLE_RANKS_POINTS=100000 mpirun -n 7 --oversubscribe --bind-to none build/openmp-mpi/tests/test_ranks
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$repository/cmake/toolchain/setup.sh"
octopole_setup yes yes
octopole_build openmp-mpi-ranks
octopole_no_warnings openmp-mpi-ranks
cd "$repository"
export GOMP_SPINCOUNT=${GOMP_SPINCOUNT:-1000}  # as tests/CMakeLists.txt says
ctest --preset openmp-mpi -R '^ranks|_on_ranks$' "$@"
