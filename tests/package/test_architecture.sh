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

ask() {  # ask BACKEND [environment|option ARCHITECTURE]
  local asked="OCTOPOLE_$1_ARCH=${3:-}"
  case ${2:-} in
    environment) env "$asked" cmake -D backend="$1" -P "$work/ask.cmake" 2>&1 ;;
    option) cmake -D backend="$1" -D "$asked" -P "$work/ask.cmake" 2>&1 ;;
    *) env -u OCTOPOLE_CUDA_ARCH -u OCTOPOLE_HIP_ARCH cmake -D backend="$1" -P "$work/ask.cmake" 2>&1 ;;
  esac
}

while read -r backend asked expected; do
  for way in environment option; do
    said=$(ask "$backend" $way "$asked") || true
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
  if said=$(ask "$backend" environment "$asked"); then
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
  said=$(ask $backend)
  ! grep -q 'set Kokkos_ARCH_' <<< "$said" || { echo "$backend: $said"; exit 1; }
done
echo "architectures: right"
