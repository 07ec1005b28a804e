# Kokkos' SIMD types are as wide as the macro KOKKOS_ARCH_* says, and that has to match -march in
# every translation unit. A Kokkos built for an architecture brings both itself; to any other one
# OCTOPOLE_NATIVE adds both, for the consumers of the library too. Octopole_Config.hpp checks it.
include(CheckCXXSourceCompiles)
include(OctopoleNotices)

set(octopole_simd_options)
set(octopole_simd_definitions)
set(OCTOPOLE_SIMD_BITS 0)
set(OCTOPOLE_SIMD_BY_KOKKOS 0)
if(octopole_kokkos_architectures)
  set(OCTOPOLE_SIMD_BY_KOKKOS 1)
elseif(OCTOPOLE_NATIVE)
  set(CMAKE_REQUIRED_FLAGS -march=native)
  check_cxx_source_compiles("int main() { return 0; }" OCTOPOLE_HAS_MARCH_NATIVE)
  if(OCTOPOLE_HAS_MARCH_NATIVE)
    set(octopole_simd_options -march=native)
    check_cxx_source_compiles(
      "#if !defined(__AVX512F__) || !defined(__AVX512DQ__) || !defined(__AVX512VL__) || !defined(__AVX512BW__)
      #error
      #endif
      int main() { return 0; }"
      OCTOPOLE_HAS_AVX512
    )
    check_cxx_source_compiles(
      "#if !defined(__AVX2__) || !defined(__FMA__)
      #error
      #endif
      int main() { return 0; }"
      OCTOPOLE_HAS_AVX2
    )
    if(OCTOPOLE_HAS_AVX512)
      set(octopole_simd_definitions KOKKOS_ARCH_AVX512XEON)
      set(OCTOPOLE_SIMD_BITS 512)
    elseif(OCTOPOLE_HAS_AVX2)
      set(octopole_simd_definitions KOKKOS_ARCH_AVX2)
      set(OCTOPOLE_SIMD_BITS 256)
    endif()
  endif()
  unset(CMAKE_REQUIRED_FLAGS)
endif()

set(octopole_simd ON)
if(NOT OCTOPOLE_SIMD_BY_KOKKOS AND OCTOPOLE_SIMD_BITS EQUAL 0)
  set(octopole_simd OFF)
endif()
octopole_notices(${octopole_simd})

function(octopole_apply_simd target)
  target_compile_options(${target} PUBLIC $<$<COMPILE_LANGUAGE:CXX>:${octopole_simd_options}>)
  target_compile_definitions(${target} PUBLIC ${octopole_simd_definitions})
endfunction()
