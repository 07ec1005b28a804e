#!/usr/bin/env bash
# The architecture of a GPU, as users name it and as Kokkos does (cmake/OctopoleDevice.cmake).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/ask.cmake" << END
include($OCTOPOLE_SOURCE_DIR/cmake/OctopoleDevice.cmake)
octopole_set_device_architecture(\${backend})
get_cmake_property(all CACHE_VARIABLES)
foreach(name \${all})
  if(name MATCHES "^Kokkos_ARCH_")
    message(STATUS "set \${name}")
  endif()
endforeach()
END

while read -r backend asked expected; do
  for way in environment option; do
    if [ $way = environment ]; then
      said=$(env "OCTOPOLE_${backend}_ARCH=$asked" cmake -D backend="$backend" -P "$work/ask.cmake" 2>&1) || true
    else
      said=$(cmake -D backend="$backend" -D "OCTOPOLE_${backend}_ARCH=$asked" -P "$work/ask.cmake" 2>&1) || true
    fi
    found=$(grep -o 'set Kokkos_ARCH_.*' <<< "$said" || true)
    [ "$found" = "set Kokkos_ARCH_$expected" ] || { echo "$backend $asked ($way): $said"; exit 1; }
  done
done << END
CUDA sm_90 HOPPER90
CUDA 90 HOPPER90
CUDA sm_80 AMPERE80
CUDA sm_120 BLACKWELL120
HIP gfx90a AMD_GFX90A
HIP gfx942 AMD_GFX942
END

while read -r backend asked; do
  if said=$(env "OCTOPOLE_${backend}_ARCH=$asked" cmake -D backend="$backend" -P "$work/ask.cmake" 2>&1); then
    echo "$backend $asked: $said"
    exit 1
  fi
  grep -q "OCTOPOLE_${backend}_ARCH is $asked; allowed: " <<< "$(tr -s ' \n' '  ' <<< "$said")" || { echo "$backend $asked: $said"; exit 1; }
done << END
CUDA sm_91
CUDA hopper
HIP sm_90
END

# Nobody asked: Kokkos looks for itself. No GPU: nothing to set.
for backend in CUDA HIP OPENMP; do
  said=$(env -u OCTOPOLE_CUDA_ARCH -u OCTOPOLE_HIP_ARCH cmake -D backend=$backend -P "$work/ask.cmake" 2>&1)
  ! grep -q 'set Kokkos_ARCH_' <<< "$said" || { echo "$backend: $said"; exit 1; }
done
echo "architectures: right"
