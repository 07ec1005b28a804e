#!/usr/bin/env bash
# check_compilers.sh [COMPILER...]: whether other compilers than the one that built this read the library, by a
# consumer's program and by the tests of what users write; default: those that are installed of g++ 11 to 14 and clang++
# 14 to 19. Each only reads, which takes seconds: what they compile is run by
#   tests/compilers.sh, and by the test consumer.other_compiler
set -euo pipefail
cd "$OCTOPOLE_SOURCE_DIR"
. tests/package/openmp_for.sh
built_by=$(realpath "$(command -v "${OCTOPOLE_BUILT_BY:-c++}")")
# As for the program of a consumer, from the commands of this build; the macro for SIMD goes with -march.
command=$(grep -o '"command": ".*test_host_arrays.cpp"' "$OCTOPOLE_BINARY_DIR/compile_commands.json" | head -n 1)
options=$(grep -oE '(-isystem|-I) ?[^ ]+|-D[A-Z0-9_]+|-march=[a-z0-9-]+' <<< "$command" | tr '\n' ' ')
# Debian's Kokkos is there for OpenMP alone.
compilers=("$@")
[ $# -gt 0 ] || compilers=(g++-{11,12,13,14} clang++ clang++-{14,15,16,17,18,19})
read_by= done_already=" "
for compiler in "${compilers[@]}"; do
  path=$(realpath "$(command -v "$compiler")" 2>/dev/null) || { [ $# -eq 0 ] && continue; echo "no $compiler"; exit 1; }
  [ $# -gt 0 ] || [ "$path" != "$built_by" ] || continue
  case $done_already in *" $path "*) continue ;; esac
  done_already+="$path "
  if ! openmp_for "$compiler" "$OCTOPOLE_SOURCE_DIR/build/compilers"; then
    echo "note: $compiler has no OpenMP: left out"
    continue
  fi
  for source in tests/package/consumers/main.cpp tests/plan/test_host_arrays.cpp; do
    # shellcheck disable=SC2086
    "$compiler" -std=c++20 -fopenmp -Wall -Wextra -Wno-unknown-pragmas -Werror -fsyntax-only ${CXXFLAGS:-} $options "$source"
  done
  read_by+=" $compiler"
done
[ -n "$read_by" ] || { echo "no other compiler is installed: clang++ 14 to 19 (with libomp-dev), g++ 11 to 14"; exit 77; }
echo "read by$read_by"
