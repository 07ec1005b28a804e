#!/usr/bin/env bash
# Makes a private prefix with what compiles HIP: PREFIX/hipcxx, a command that takes clang's options.
#
#   cmake/toolchain/hip_prefix.sh [PREFIX]      default: $OCTOPOLE_HIP_PREFIX, else <repository>/build/hip-prefix
#
# Where ROCm is installed ($ROCM_PATH, else /opt/rocm), the command is its compiler. Elsewhere clang
# (unless the system has a new one), HIP's headers and the device library come from Debian packages,
# which are unpacked, never installed (debian_suites.sh). Nothing made with it can be linked or run.
# Status 1, with the reason on the last line, where neither can be had. A finished prefix is left as
# it is.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
prefix=${1:-${OCTOPOLE_HIP_PREFIX:-$repository/build/hip-prefix}}
hip_minimum=6.2   # Kokkos 5 refuses older ones
clangs="19 20 21"
device_libraries="21 20 19 18 17"   # a clang reads those of its own version and of older ones

. "$repository/cmake/toolchain/debian_suites.sh"

[ -f "$prefix/octopole-prefix.txt" ] && exit 0
mkdir -p "$(dirname "$prefix")"
work=$(mktemp -d "$(dirname "$prefix")/.hip-prefix.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root"

command_with() {  # command_with LIBRARIES COMPILER OPTION...: writes hipcxx; $here in them: the prefix
  local libraries=$1
  shift
  {
    echo '#!/bin/sh'
    echo 'here=$(cd "$(dirname "$0")" && pwd)'
    [ -z "$libraries" ] || echo "export LD_LIBRARY_PATH=\"$libraries\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}\""
    echo "exec \"$1\" -x hip -D__HIP_PLATFORM_AMD__$(shift; printf ' "%s"' "$@") \"\$@\""
  } > "$work/root/hipcxx"
  chmod +x "$work/root/hipcxx"
}
# It has to compile what Kokkos includes. Without a C++ library or omp.h, say, this is no tool chain.
works() {
  printf '%s\n' '#include <hip/hip_runtime.h>' '#include <omp.h>' '#include <thrust/sort.h>' \
    '__global__ void probe(double* x) { x[threadIdx.x] = sin(x[blockIdx.x]); }' > "$work/probe.cpp"
  local part
  for part in "--cuda-host-only -fsyntax-only" "--cuda-device-only --no-gpu-bundle-output -o $work/probe.o"; do
    "$work/root/hipcxx" -std=c++20 -fopenmp -w --offload-arch=gfx942 -c "$work/probe.cpp" $part >"$work/log" 2>&1 || return 1
  done
}
finish() {  # finish WHAT-IT-IS
  { echo "$1"; unpacked; } > "$work/root/octopole-prefix.txt"
  if ! mv -T "$work/root" "$prefix" 2>/dev/null; then
    [ -f "$prefix/octopole-prefix.txt" ] || { rm -rf "$prefix" && mv -T "$work/root" "$prefix"; }
  fi
  exit 0
}

rocm=${ROCM_PATH:-/opt/rocm}
lacks() {  # with what apt said last: a suite's lists may have been out of reach
  local said
  said=$(tail -n 1 "$work/log" 2>/dev/null || true)
  die "no ROCm in $rocm, and $*${said:+ ($said)}"
}
for compiler in "$rocm/bin/amdclang++" "$rocm/llvm/bin/clang++" "$rocm/bin/hipcc"; do
  [ -x "$compiler" ] || continue
  command_with "" "$compiler" "--rocm-path=$rocm"
  if works; then finish "ROCm in $rocm"; fi
done

suites_begin || lacks "$suites_lack"
case "$ID ${ID_LIKE:-}" in
  *ubuntu*) suites="${VERSION_CODENAME:-devel} devel" ;;
  *) suites="trixie sid" ;;
esac
echo "octopole: making the private prefix $prefix (HIP from Debian packages)"
clang=
for version in $clangs; do
  folder=/usr/lib/llvm-$version
  if [ -x "$folder/bin/clang++" ] && [ -x "$folder/bin/ld.lld" ] && ls "$folder"/lib/clang/*/include/omp.h >/dev/null 2>&1; then
    clang=$folder/bin/clang++
    break
  fi
done
if [ -z "$clang" ]; then
  # Of the system's own suite: the libraries that the system has fit it.
  for version in $clangs; do
    suite=$(newest "clang-$version" "1:$version" "${VERSION_CODENAME:-sid}")
    if [ -n "$suite" ]; then break; fi
  done
  [ -n "$suite" ] || lacks "no package clang-${clangs// /, } in suite ${VERSION_CODENAME:-sid}"
  # The package clang needs much that only linking does. Its libraries' own needs: what the system lacks of them.
  packages="libllvm$version libclang-cpp$version lld-$version"
  for package in $(private "$suite" apt-cache depends --recurse --important $packages | grep '^[a-z]' | sort -u); do
    case $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true):" $packages " in
      ii* | *" $package "*) ;;
      *) packages="$packages $package" ;;
    esac
  done
  download "$suite" "clang-$version" "libclang-common-$version-dev" "libomp-$version-dev" $packages
  clang="\$here/usr/lib/llvm-$version/bin/clang++"
fi

suite=$(newest libamdhip64-dev $hip_minimum $suites)
[ -n "$suite" ] || lacks "no package libamdhip64-dev >= $hip_minimum in suites $suites"
download "$suite" libamdhip64-dev librocthrust-dev librocprim-dev
for device in $device_libraries; do
  [ "$device" -le "$version" ] || continue
  suite=$(newest "rocm-device-libs-$device" 0 $suites)
  if [ -n "$suite" ]; then break; fi
done
[ -n "$suite" ] || lacks "no package rocm-device-libs-* for clang $version in suites $suites"
download "$suite" "rocm-device-libs-$device"
unpack
folder_of() { (cd "$work/root" && find usr lib -name "$1" -printf '$here/%h\n' 2>/dev/null | sort -u | paste -s -d :); }
command_with "$(folder_of 'lib*.so.*')" "$clang" '--rocm-path=$here/usr' "--rocm-device-lib-path=$(folder_of ockl.bc)"
works || die "the packages' clang-$version does not compile an empty kernel: $(grep -m 1 error "$work/log")"
finish "HIP from Debian packages, $clang"
