#!/usr/bin/env bash
# device_check.sh cuda|hip BUILD: compiles tests/package/device/instantiate.cpp for that backend, with the
# packages that the configured BUILD found, and checks that what comes out holds a kernel of each of the
# eight operators. Prints one line, "CUDA: ..." or "HIP: ...". Without a compiler that line says so,
# with status 0. OCTOPOLE_CUDA_ARCH, OCTOPOLE_HIP_ARCH: the architectures (default sm_90; gfx942).
# HIP's compiler is what hip_prefix.sh finds or makes.
set -euo pipefail
backend=$1 build=$2
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source=tests/package/device/instantiate.cpp
operators="P2M M2M M2L L2L L2P P2P M2P P2L"
say() { echo "${backend^^}: $*"; }

case $backend in
  cuda)
    compiler=$(command -v nvcc || ls /usr/local/cuda/bin/nvcc 2>/dev/null || true)
    if [ -z "$compiler" ]; then say "not compiled (no nvcc)"; exit 0; fi
    version=nvcc\ $("$compiler" --version | sed -n 's/.*release \([0-9.]*\),.*/\1/p')
    architectures=${OCTOPOLE_CUDA_ARCH:-sm_90}
    ;;
  hip)
    prefix=${OCTOPOLE_HIP_PREFIX:-$repository/build/hip-prefix}
    if ! reason=$("$repository/cmake/toolchain/hip_prefix.sh" "$prefix" 2>&1); then
      say "not compiled ($(tail -n 1 <<< "$reason" | sed 's/^octopole: //'))"
      exit 0
    fi
    compiler=$prefix/hipcxx
    version=clang\ $("$compiler" --version | sed -n 's/.*clang version \([0-9.]*\).*/\1/p')
    architectures=${OCTOPOLE_HIP_ARCH:-gfx942}
    ;;
esac

out=$build/$backend
mkdir -p "$out"
folders=()
while read -r folder; do [ -d "$folder" ] && folders+=("$folder"); done < "$build/kokkos_include_folders.txt"
"$repository/cmake/toolchain/device_headers.sh" "$backend" "$out/include" "${folders[@]}"
options=(-std=c++20 -O1 -w "$repository/$source")
for folder in "$out/include" "$build/include" "$repository"{,/core}; do options+=(-I "$folder"); done

compile() {  # compile ARCHITECTURE OBJECT: for CUDA the host's code, as text, with the device's in it
  case $backend in
    cuda)
      # The device's code as far as its assembler. The host's is only read: all that nvcc makes of it is handed to
      # the compiler that it would call.
      # A host's function called on the device, constexpr or not, is an error: Kokkos may be built without nvcc's
      # relaxed rules.
      "$compiler" -x cu -arch="$1" --expt-extended-lambda -diag-error 20011,20013,20014,20015 -Xcompiler -fopenmp \
        -Xcompiler -w -Xptxas -v "${options[@]}" -cuda -o "$2" || return 1
      "${NVCC_CCBIN:-g++}" -std=c++20 -w -fopenmp -fsyntax-only -x c++ "$2"
      ;;
    hip)
      # The device's code as far as its linker, which misses what is defined nowhere. The host's, the same for
      # all architectures, is only read: the tool that packs both into one object is no part of the prefix.
      if [ "$1" = "${architectures%% *}" ]; then
        "$compiler" -fopenmp --cuda-host-only -fsyntax-only "${options[@]}" || return 1
      fi
      "$compiler" -fopenmp --offload-arch="$1" --cuda-device-only --no-gpu-bundle-output -c "${options[@]}" -o "$2"
      ;;
  esac
}
kernels_of() {  # kernels_of OBJECT LOG
  case $backend in
    # The device's assembler names every kernel that it assembles.
    cuda) sed -n "s/.*Compiling entry function '\([^']*\)'.*/\1/p" "$2" ;;
    # A kernel is what has a descriptor, a symbol of its name and .kd.
    hip) readelf -sW "$1" | sed -n 's/.* \([^ ]*\)\.kd$/\1/p' ;;
  esac | sort -u | c++filt
}

for architecture in $architectures; do
  object=$out/instantiate.$architecture.o
  log=$out/instantiate.$architecture.log
  if [ ! -f "$object" ] || [ -n "$(find "$repository"/{core,tree,operators,tests/package/device,tests/support/octopole_test_kernels.hpp} "$build/include" \
    "${BASH_SOURCE[0]}" -newer "$object" \( -name '*.hpp' -o -name '*.cpp' -o -name '*.sh' \) -print -quit)" ]; then
    rm -f "$object"
    if ! compile "$architecture" "$object.new" >"$log" 2>&1; then
      grep -E "error|fatal|>>> referenced" "$log" | head -n 20 | c++filt | cut -c 1-300 >&2 || true
      say "$source does not compile with $version for $architecture (all it said: $log)"
      exit 1
    fi
    mv "$object.new" "$object"
  fi
  kernels=$(kernels_of "$object" "$log")
  missing=
  for operator in $operators; do
    # Directly, or as the operation of a loop that several operators share (Impl::TargetLoop).
    grep -qE "Parallel(For|Reduce|Scan)<Octopole::Impl::.*Octopole::Impl::$operator|Parallel(For|Reduce|Scan)<Octopole::Impl::$operator" <<< "$kernels" || missing="$missing $operator"
  done
  if [ -n "$missing" ]; then
    say "compiled with $version, but the object for $architecture has no kernel of$missing"
    exit 1
  fi
done
say "compiled with $version for $architectures: $(wc -l <<< "$kernels") kernels, one or more of each of $operators"
