#!/usr/bin/env bash
# clang-tidy, with the list of .clang-tidy, over the library's sources and compiled kernels, and by them over its headers.
#   tests/tidy.sh [WORD...]     all, or those whose file's name holds one of the words: tests/tidy.sh Cache Laplace_
# CLANG_TIDY: which one (default: clang-tidy). OCTOPOLE_JOBS: how many files at a time (default: the number of cores).
# A kernel or an engine takes minutes. Status 1 where it finds something in our files.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$repository/cmake/toolchain/setup.sh"
tidy=${CLANG_TIDY:-clang-tidy}
command -v "$tidy" >/dev/null || octopole_die "there is no $tidy (Debian: clang-tidy, and libomp-dev)"
octopole_setup yes >&2
cd "$repository"
build=build/openmp log=build/tidy.log
cmake --preset openmp >$log 2>&1 || { tail -n 20 $log >&2; octopole_die "no configuration to read the commands from"; }
mapfile -t files < <(grep -oE '"file": "[^"]*/(core|tree|operators|instances)/[^"]*"' $build/compile_commands.json |
  cut -d '"' -f 4 | grep -v /tests/ | grep -F "$(printf '%s\n' "${@:-Octopole}")")
[ ${#files[@]} -gt 0 ] || octopole_die "no source has '$*' in its name"
status=0
# What it reads of other libraries is not ours, nor is a leak that it sees within Kokkos.
printf '%s\n' "${files[@]}" | xargs -P "${OCTOPOLE_JOBS:-$(nproc)}" -I {} "$tidy" --quiet -p $build {} >$log 2>$log.err || status=$?
[ $status = 0 ] || { grep -m 5 'error:' $log $log.err >&2; octopole_die "$tidy cannot read a file: $log"; }
if grep -E "^$repository/(build/openmp/instances|core|tree|operators)/[^ ]*: warning:" $log | sort -u; then exit 1; fi
echo "clang-tidy: nothing in ${#files[@]} files"
