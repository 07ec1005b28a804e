#!/usr/bin/env bash
# Coverage-guided fuzzing of what reads files: the driver's readers and the operator cache. Needs clang++.
#   tests/fuzz.sh [SECONDS [TARGET...]]    each target (text, pqr, xyz, config, hdf5, cache) for that long (default: 60)
# Begins from tests/fuzz/corpus/TARGET, keeps what it finds on its way in build/fuzz/TARGET/corpus, and what
# crashes, hangs or is found by a sanitizer in build/fuzz/TARGET/found. Status 1 when there is any. Crashes
# within HDF5 itself, which is not hardened against damaged files, are counted and do not fail.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$repository/cmake/toolchain/setup.sh"
seconds=${1:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || octopole_die "found '$seconds', expected a number of seconds"
targets=(text pqr xyz config hdf5 cache)
[ $# -lt 2 ] || targets=("${@:2}")
export CC=${OCTOPOLE_CLANG:-clang} CXX=${OCTOPOLE_CLANG:-clang}++
command -v "$CXX" >/dev/null || octopole_die "no $CXX found, which brings libFuzzer (Debian: clang)"
octopole_setup no >&2
cd "$repository"
build=build/fuzz
mkdir -p build
{
  cmake -G Ninja -S . -B $build -D CMAKE_BUILD_TYPE=Debug -D OCTOPOLE_ENABLE_FUZZING=ON -D OCTOPOLE_NATIVE=OFF \
    -D OCTOPOLE_ENABLE_TESTS=OFF -D OCTOPOLE_ENABLE_PERF=OFF -D OCTOPOLE_ENABLE_EXAMPLES=OFF -D OCTOPOLE_INSTANCES=OFF
  cmake --build $build --target octopole_fuzz
} >$build.log 2>&1 || { tail -n 40 $build.log; exit 1; }

# HDF5 asks for whatever a damaged file says and copes with getting nothing; `new` in our code does not.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=2048
export UBSAN_OPTIONS=print_stacktrace=1 OMP_PROC_BIND=false
# Every input becomes a file.
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm

# Did it crash in HDF5, called by us or not? The innermost frame that is HDF5's or ours tells.
within_hdf5() {  # within_hdf5 LOG
  sed -n '/ERROR: AddressSanitizer/,$p' "$1" | grep -E '^ *#[0-9]+ ' | grep -m 1 -E 'libhdf5|Octopole' | grep -q libhdf5
}

status=0
for target in "${targets[@]}"; do
  program=$build/tests/fuzz/fuzz_$target
  [ -x "$program" ] || octopole_die "no target $target"
  work=$build/$target
  rm -rf "$work/found"
  mkdir -p "$work/found" "$work/corpus"
  limits="-timeout=10 -rss_limit_mb=4096 -malloc_limit_mb=1000000"
  # In processes of their own, one after the other: HDF5 keeps something of every damaged file.
  "$program" -fork=1 -ignore_crashes=1 -ignore_timeouts=1 -ignore_ooms=1 $limits -max_total_time="$seconds" \
    -artifact_prefix="$work/found/" "$work/corpus" "tests/fuzz/corpus/$target" >"$work/log" 2>&1 || true
  ours=0 theirs=0
  for input in "$work/found"/*; do
    [ -f "$input" ] || continue
    if "$program" $limits "$input" >"$work/one.log" 2>&1; then
      # Only in a row with others, or for want of memory after many files.
      case $input in *oom-*) continue ;; esac
    fi
    if within_hdf5 "$work/one.log"; then theirs=$((theirs + 1)) && rm "$input"; continue; fi
    ours=$((ours + 1)) status=1
    echo "$target: $input: $(grep -m 1 -E 'ERROR: |runtime error: ' "$work/one.log" || echo "not again on its own")"
  done
  echo "$target: $(grep -E '^#[0-9]+: cov' "$work/log" | tail -n 1); found: $ours; crashes within HDF5: $theirs"
done
exit $status
