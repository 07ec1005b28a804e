#!/usr/bin/env bash
# cuda_check.sh BUILD: compiles tests/cuda/instantiate_cuda.cu for CUDA, with the packages that the
# configured BUILD found, and checks that the object holds a kernel of each of the eight operators.
# Prints one line, "CUDA: ...". OCTOPOLE_CUDA_ARCH: the architecture (default sm_90).
set -euo pipefail
build=$1
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source=$repository/tests/cuda/instantiate_cuda.cu
operators="P2M M2M M2L L2L L2P P2P M2P P2L"

nvcc=$(command -v nvcc || ls /usr/local/cuda/bin/nvcc 2>/dev/null || true)
if [ -z "$nvcc" ]; then echo "CUDA: not compiled (no nvcc)"; exit 0; fi
version=$("$nvcc" --version | sed -n 's/.*release \([0-9.]*\),.*/\1/p')

folders=()
while read -r folder; do [ -d "$folder" ] && folders+=("$folder"); done < "$build/kokkos_include_folders.txt"
out=$build/cuda
mkdir -p "$out"
"$repository/cmake/cuda_headers.sh" "$out/include" "${folders[@]}"

object=$out/instantiate_cuda.o
log=$out/instantiate_cuda.log
if [ ! -f "$object" ] || [ -n "$(find "$repository"/{core,tree,operators,tests/cuda} "$build/include" -newer "$object" \( -name '*.hpp' -o -name '*.cu' \) -print -quit)" ]; then
  rm -f "$object"
  if ! "$nvcc" -std=c++20 -O1 -arch="${OCTOPOLE_CUDA_ARCH:-sm_90}" --expt-extended-lambda --expt-relaxed-constexpr \
    -Xcompiler -fopenmp -Xcompiler -w -w -Xptxas -v -I "$out/include" -I "$build/include" -I "$repository/core" \
    -I "$repository/tree" -I "$repository/operators" -I "$repository/tests" -c "$source" -o "$object.new" >"$log" 2>&1; then
    grep -E "error|fatal" "$log" | head -n 20 >&2 || true
    echo "CUDA: tests/cuda/instantiate_cuda.cu does not compile with nvcc $version (all it said: $log)"
    exit 1
  fi
  mv "$object.new" "$object"
fi
# The device assembler names every kernel that it put into the object.
kernels=$(sed -n "s/.*Compiling entry function '\([^']*\)'.*/\1/p" "$log" | sort -u | c++filt)
missing=
for operator in $operators; do
  # Directly, or as the operation of a loop that several operators share (Impl::TargetLoop).
  grep -qE "Parallel(For|Reduce|Scan)<Octopole::Impl::.*Octopole::Impl::$operator|Parallel(For|Reduce|Scan)<Octopole::Impl::$operator" <<< "$kernels" || missing="$missing $operator"
done
if [ -n "$missing" ]; then
  echo "CUDA: compiled with nvcc $version, but the object has no kernel of$missing"
  exit 1
fi
echo "CUDA: compiled with nvcc $version for ${OCTOPOLE_CUDA_ARCH:-sm_90}: $(wc -l <<< "$kernels") kernels, one or more of each of $operators"
