#!/usr/bin/env bash
# The unit tests under the address and undefined-behaviour sanitizers, then with checked View indices.
#   tests/sanitize.sh                      all of them, both ways
#   tests/sanitize.sh asan refusals plan   one way (asan or debug), these test files
#   tests/sanitize.sh fast                 what tests/run.sh runs too: tree, files, products under the sanitizers
# Script tests and compilations are left out: they build nothing with sanitizers.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$repository/cmake/toolchain/setup.sh"
fast=(domain lists morton octree sort hdf5_file surface column_product)
ways="asan debug" options=() suffix=
case ${1:-} in
  asan | debug) ways=$1; shift ;;
  # Without the built-in kernels, which these tests do not call, and without optimisation, which under the
  # sanitizers takes longer than these tests do. Numerics (leaf_size, linear_algebra) are slow then: left out.
  fast) ways=asan suffix=-fast; shift; set -- "${fast[@]}"
    options=(-D OCTOPOLE_INSTANCES=OFF -D OCTOPOLE_ENABLE_PERF=OFF -D OCTOPOLE_ENABLE_EXAMPLES=OFF
      -D CMAKE_CXX_FLAGS_DEBUG=-O0) ;;
esac
octopole_setup yes >&2
cd "$repository"
if [ $# -gt 0 ]; then names=("$@"); else
  # Not what runs under mpirun: those builds have no MPI.
  mapfile -t names < <(find tests -name 'test_*.cpp' ! -name 'test_accuracy*' ! -name 'test_ranks*.cpp' -printf '%f\n' | sed 's/^test_//; s/\.cpp$//' | sort)
fi
export OMP_PROC_BIND=false GOMP_SPINCOUNT=${GOMP_SPINCOUNT:-1000}
# Kokkos and OpenMP keep memory until the process ends.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
status=0
for way in $ways; do
  build=build/openmp-$way$suffix
  cmake --preset "openmp-$way" -B "$build" "${options[@]}" >"$build.log" 2>&1 || { tail -n 20 "$build.log"; exit 1; }
  cmake --build "$build" --target "${names[@]/#/test_}" >>"$build.log" 2>&1 || { tail -n 40 "$build.log"; exit 1; }
  for name in "${names[@]}"; do
    if "$build/tests/test_$name" >"$build/$name.log" 2>&1; then
      echo "$way: $name: $(tail -n 2 "$build/$name.log" | tr -s '\n' ' ')"
    else
      status=1
      echo "$way: $name: FAILED"
      tail -n 40 "$build/$name.log"
    fi
  done
done
exit $status
