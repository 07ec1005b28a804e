#!/usr/bin/env bash
# device_headers.sh cuda|hip TARGET FOLDER...: a copy of Kokkos' and KokkosKernels' installed headers
# in TARGET with that backend switched on, so that device code can be compiled (not linked) without
# a Kokkos that was built for it. FOLDER...: the include folders of the installed ones.
set -euo pipefail
backend=${1^^}
target=$2
shift 2
[ -f "$target/KokkosCore_config.h" ] && exit 0
new=$target.new
rm -rf "$new"
mkdir -p "$new"
for folder in "$@"; do
  # Only Kokkos' own folders: a system folder such as /usr/include would come as a whole.
  if [ -f "$folder/Kokkos_Core.hpp" ] || [ -f "$folder/KokkosCore_config.h" ] || [ -f "$folder/KokkosKernels_config.h" ]; then
    cp -rL "$folder/." "$new/"
  fi
done
[ -f "$new/KokkosCore_config.h" ] && [ -f "$new/KokkosKernels_config.h" ] ||
  { echo "octopole: no Kokkos and KokkosKernels headers in $*" >&2; exit 1; }

switch_on() {  # switch_on FILE MACRO...
  local file=$1 macro
  shift
  for macro in "$@"; do
    sed -i -E "s@^/\* #undef $macro \*/@#define $macro@" "$file"
    grep -q "^#define $macro" "$file" || { echo "octopole: no switch $macro in Kokkos' ${file##*/}" >&2; exit 1; }
  done
}
case $backend in
  CUDA) macros="KOKKOS_ARCH_HOPPER KOKKOS_ARCH_HOPPER90" setup=Cuda ;;
  # To Kokkos' headers gfx90a and gfx942 are the same. Its builds for HIP have rocThrust unless told otherwise.
  HIP) macros="KOKKOS_ARCH_AMD_GPU KOKKOS_ARCH_AMD_GFX942 KOKKOS_ENABLE_ROCTHRUST" setup=HIP ;;
esac
switch_on "$new/KokkosCore_config.h" "KOKKOS_ENABLE_$backend" $macros
switch_on "$new/desul/atomics/Config.hpp" "DESUL_ATOMICS_ENABLE_$backend"
# The host's backend stays first.
add() { grep -q "$2" "$new/$1" || sed -i -E "0,/^#endif/s@^#endif@#include <$2>\n\n#endif@" "$new/$1"; }
add KokkosCore_Config_FwdBackend.hpp "fwd/Kokkos_Fwd_$backend.hpp"
add KokkosCore_Config_DeclareBackend.hpp "decl/Kokkos_Declare_$backend.hpp"
add KokkosCore_Config_SetupBackend.hpp "setup/Kokkos_Setup_$setup.hpp"
mv -T "$new" "$target"
