#!/usr/bin/env bash
# The unit tests under the address and undefined-behaviour sanitizers, then with checked View indices.
#   tests/sanitize.sh                      all of them, both ways
#   tests/sanitize.sh asan refusals plan   one way (asan or debug), these test files
# Script tests and compilations are left out: they build nothing with sanitizers.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$repository/cmake/toolchain/setup.sh"
ways="asan debug"
case ${1:-} in asan | debug) ways=$1; shift ;; esac
octopole_setup yes
cd "$repository"
if [ $# -gt 0 ]; then names=("$@"); else
  mapfile -t names < <(find tests -name 'test_*.cpp' ! -name 'test_accuracy*' -printf '%f\n' | sed 's/^test_//; s/\.cpp$//' | sort)
fi
export OMP_PROC_BIND=false GOMP_SPINCOUNT=${GOMP_SPINCOUNT:-1000}
# Kokkos and OpenMP keep memory until the process ends.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
status=0
for way in $ways; do
  cmake --preset "openmp-$way" >"build/openmp-$way.log" 2>&1 || { tail -n 20 "build/openmp-$way.log"; exit 1; }
  cmake --build "build/openmp-$way" --target "${names[@]/#/test_}" >>"build/openmp-$way.log" 2>&1 ||
    { tail -n 40 "build/openmp-$way.log"; exit 1; }
  for name in "${names[@]}"; do
    if "build/openmp-$way/tests/test_$name" >"build/openmp-$way/$name.log" 2>&1; then
      echo "$way: $name: $(tail -n 2 "build/openmp-$way/$name.log" | tr -s '\n' ' ')"
    else
      status=1
      echo "$way: $name: FAILED"
      tail -n 40 "build/openmp-$way/$name.log"
    fi
  done
done
exit $status
