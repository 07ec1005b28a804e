#!/usr/bin/env bash
# Library, tests and a consumer's program, compiled and run by other compilers than the system's own.
#   tests/compilers.sh [COMPILER...]     for example: tests/compilers.sh clang++-19 g++-13
# Without names it takes one of those that are installed, another one each day, for a full build takes minutes.
# OCTOPOLE_JOBS: how many files at a time. Not part of tests/run.sh, which has all of them *read* the library (test `compilers`), and one
# build a consumer (test `consumer.other_compiler`).
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$repository"
. cmake/toolchain/setup.sh
octopole_setup yes
fail() { echo "FAILED: $*"; exit 1; }
. tests/package/openmp_for.sh
libomp=$repository/build/compilers

compilers=("$@")
if [ $# = 0 ]; then
  found=()
  for compiler in g++-{11,12,13,14} clang++-{14,15,16,17,18,19}; do
    if command -v "$compiler" > /dev/null && (openmp_for "$compiler" "$libomp"); then found+=("$compiler"); fi
  done
  [ ${#found[@]} -gt 0 ] || { echo "skipped: none of g++ 11 to 14 and clang++ 14 to 19 is installed with OpenMP"; exit 77; }
  day=$(date +%j)
  compilers=("${found[$((10#$day % ${#found[@]}))]}")
fi
# Written as users write, with templates of all kinds; the rest of the tests look at what the code computes.
tests="test_host_arrays test_any_plan test_c_interface test_right_hand_sides test_lists"
for compiler in "${compilers[@]}"; do
  command -v "$compiler" > /dev/null || fail "no $compiler"
  openmp_for "$compiler" "$libomp" || fail "$compiler has no OpenMP (Debian: libomp-dev of its version)"
  name=${compiler##*/} && build=$repository/build/compilers/$name
  mkdir -p "$build"
  echo "octopole: $("$compiler" --version | head -n 1)"
  { cmake -G Ninja -S . -B "$build" -D CMAKE_CXX_COMPILER="$compiler" -D CMAKE_BUILD_TYPE=Release -D CMAKE_CXX_FLAGS_RELEASE=-O1 \
      -D OCTOPOLE_BACKEND=OPENMP -D OCTOPOLE_ENABLE_PERF=OFF -D OCTOPOLE_ENABLE_EXAMPLES=OFF &&
    cmake --build "$build" ${OCTOPOLE_JOBS:+-j "$OCTOPOLE_JOBS"} --target octopole $tests; } > "$build/log" 2>&1 ||
    { grep -E 'error|Error' "$build/log" | head -n 10; fail "$compiler: all it said: $build/log"; }
  # Of our files; a standard library that is older than the compiler has warnings of its own.
  ! grep 'warning:' "$build/log" | grep -v '^/usr/' | head -n 5 | grep . || fail "$compiler warns"
  for test in $tests; do
    OMP_PROC_BIND=false "$build/tests/$test" > "$build/$test.log" 2>&1 || { tail -n 20 "$build/$test.log"; fail "$compiler: $test"; }
  done
  CXX=$compiler OCTOPOLE_SOURCE_DIR=$repository OCTOPOLE_BINARY_DIR=$build bash tests/package/check_consumer.sh installed > "$build/consumer.log" 2>&1 ||
    { tail -n 20 "$build/consumer.log"; fail "$compiler: the consumer"; }
  echo "$name: library, $(wc -w <<< "$tests") tests and a consumer are right"
done
