# The architecture of a Kokkos that is built here for a GPU: OCTOPOLE_CUDA_ARCH (sm_90) or
# OCTOPOLE_HIP_ARCH (gfx942), a cache entry or from the environment; where neither is set, Kokkos asks
# the GPU of this machine. A Kokkos that is installed has its own.
set(octopole_cuda_names
    70:VOLTA70 72:VOLTA72 75:TURING75 80:AMPERE80 86:AMPERE86 87:AMPERE87 89:ADA89 90:HOPPER90
    100:BLACKWELL100 103:BLACKWELL103 120:BLACKWELL120
)

# Sets the option Kokkos_ARCH_... that belongs to the architecture asked for, if one is. backend: CUDA or HIP.
function(octopole_set_device_architecture backend)
  set(OCTOPOLE_${backend}_ARCH "$ENV{OCTOPOLE_${backend}_ARCH}" CACHE STRING "Architecture of the GPU: sm_90, gfx942; empty: this machine's")
  set(found "${OCTOPOLE_${backend}_ARCH}")
  if(found STREQUAL "")
    message(STATUS "Octopole: OCTOPOLE_${backend}_ARCH is not set: Kokkos looks for the GPU of this machine")
    return()
  endif()
  if(backend STREQUAL "HIP" AND found MATCHES "^gfx[0-9a-f]+$")
    string(TOUPPER AMD_${found} name)
  elseif(backend STREQUAL "CUDA" AND found MATCHES "^(sm_)?([0-9]+)$")
    set(number ${CMAKE_MATCH_2})
    foreach(pair ${octopole_cuda_names})
      if(pair MATCHES "^${number}:(.*)$")
        set(name ${CMAKE_MATCH_1})
      endif()
    endforeach()
  endif()
  if(NOT name)
    string(REGEX REPLACE "([0-9]+):[A-Z0-9]+" "sm_\\1" allowed "${octopole_cuda_names}")
    list(JOIN allowed ", " allowed)
    if(backend STREQUAL "HIP")
      set(allowed "gfx90a, gfx942 and the like")
    endif()
    message(FATAL_ERROR "Octopole: OCTOPOLE_${backend}_ARCH is ${found}; allowed: ${allowed}")
  endif()
  message(STATUS "Octopole: Kokkos for ${found} (Kokkos_ARCH_${name})")
  set(Kokkos_ARCH_${name} ON CACHE BOOL "" FORCE)
endfunction()
