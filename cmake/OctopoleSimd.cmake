# The processors that the library is compiled for, OCTOPOLE_ARCH. Kokkos' SIMD types are as wide as the macro
# KOKKOS_ARCH_* says, and that has to match -march in every translation unit. A Kokkos built for an architecture brings
# both itself; to any other one OCTOPOLE_ARCH adds both, for the consumers of the library too. Octopole_Config.hpp checks it.
include(CheckCXXSourceCompiles)
include(OctopoleNotices)

# octopole_simd_of(ARCH PREFIX): sets PREFIX_options, PREFIX_definitions and PREFIX_bits for what -march takes, as native,
# x86-64-v3, znver4; nothing and 0 bits for an empty ARCH and for portable.
function(octopole_simd_of arch prefix)
  set(options)
  set(definitions)
  set(bits 0)
  if(NOT arch MATCHES "^(portable)?$")
    string(MAKE_C_IDENTIFIER "OCTOPOLE_MARCH_${arch}" takes)
    set(CMAKE_REQUIRED_FLAGS -march=${arch})
    check_cxx_source_compiles("int main() { return 0; }" ${takes})
    if(${takes})
      set(options -march=${arch})
      check_cxx_source_compiles(
        "#if !defined(__AVX512F__) || !defined(__AVX512DQ__) || !defined(__AVX512VL__) || !defined(__AVX512BW__)
        #error
        #endif
        int main() { return 0; }"
        ${takes}_AVX512
      )
      check_cxx_source_compiles(
        "#if !defined(__AVX2__) || !defined(__FMA__)
        #error
        #endif
        int main() { return 0; }"
        ${takes}_AVX2
      )
      if(${takes}_AVX512)
        set(definitions KOKKOS_ARCH_AVX512XEON)
        set(bits 512)
      elseif(${takes}_AVX2)
        set(definitions KOKKOS_ARCH_AVX2)
        set(bits 256)
      endif()
    elseif(NOT arch STREQUAL "native") # compilers for other processors have no such word
      message(FATAL_ERROR "Octopole: OCTOPOLE_ARCH is ${arch}; allowed: portable, native, x86-64-v3, x86-64-v4, and what else "
                          "${CMAKE_CXX_COMPILER} takes as -march"
      )
    endif()
  endif()
  foreach(name options definitions bits)
    set(${prefix}_${name} "${${name}}" PARENT_SCOPE)
  endforeach()
endfunction()

set(OCTOPOLE_SIMD_BY_KOKKOS 0)
if(octopole_kokkos_architectures)
  set(OCTOPOLE_SIMD_BY_KOKKOS 1)
  if(OCTOPOLE_ARCH)
    message(FATAL_ERROR "Octopole: OCTOPOLE_ARCH is ${OCTOPOLE_ARCH}, but this Kokkos was built for an architecture of its own "
                        "(${octopole_kokkos_architectures}), which holds for all that uses it"
    )
  endif()
endif()
set(_arch "${OCTOPOLE_ARCH}")
if(NOT _arch AND OCTOPOLE_NATIVE AND NOT OCTOPOLE_SIMD_BY_KOKKOS)
  set(_arch native)
endif()
octopole_simd_of("${_arch}" octopole_simd)
set(OCTOPOLE_SIMD_BITS ${octopole_simd_bits})

set(octopole_simd ON)
if(NOT OCTOPOLE_SIMD_BY_KOKKOS AND OCTOPOLE_SIMD_BITS EQUAL 0)
  set(octopole_simd OFF)
endif()
# Chosen by name, or with faster ones beside it, it is no oversight.
if(NOT OCTOPOLE_ARCH AND NOT OCTOPOLE_ALSO_ARCHS)
  octopole_notices(${octopole_simd})
endif()

function(octopole_apply_simd target)
  target_compile_options(${target} PUBLIC $<$<COMPILE_LANGUAGE:CXX>:${octopole_simd_options}>)
  target_compile_definitions(${target} PUBLIC ${octopole_simd_definitions})
endfunction()
