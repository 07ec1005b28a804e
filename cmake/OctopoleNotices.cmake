# octopole_notices(SIMD): a line for each thing that makes a consumer's program several times slower
# without anybody having said so. Used by the build as a part of another project and, installed, by the
# package. SIMD: whether the library was compiled with any.
function(octopole_notices simd)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    message(
      NOTICE
      "Octopole: warning: CMAKE_BUILD_TYPE is not set, so that what Octopole compiles in this project is not optimised: set it to Release"
    )
  endif()
  if(NOT simd)
    message(
      NOTICE
      "Octopole: warning: no SIMD, near fields are several times slower: configure Octopole with OCTOPOLE_NATIVE=ON, or build Kokkos for an architecture (Kokkos_ARCH_NATIVE=ON)"
    )
  endif()
endfunction()
