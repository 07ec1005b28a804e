# The shared library (BUILD_SHARED_LIBS=ON): what it shows, the name that says what it promises, and copies of it for further
# processors, of which the loader of the GNU C library picks one when a program starts (OCTOPOLE_ALSO_ARCHS).
#
# Before version 1 a minor version may change what programs see, afterwards a major one: that stands in the SONAME.
set(octopole_soversion ${PROJECT_VERSION_MAJOR})
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(octopole_soversion ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
endif()

# Makes the shared library `target` show what cmake/octopole.map.in names.
function(octopole_show_interface target)
  set_target_properties(${target} PROPERTIES SOVERSION ${octopole_soversion})
  get_target_property(type ${target} TYPE)
  if(NOT type STREQUAL "SHARED_LIBRARY" OR NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
    return()
  endif()
  set(map ${CMAKE_CURRENT_BINARY_DIR}/octopole.map)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/octopole.map.in ${map} @ONLY)
  target_link_options(${target} PRIVATE LINKER:--version-script=${map})
  set_target_properties(${target} PROPERTIES LINK_DEPENDS ${map})
endfunction()

# The library `octopole` once more for each of OCTOPOLE_ALSO_ARCHS, with the same name and interface, into
# lib/glibc-hwcaps/ARCH, where the loader looks first on a processor that has all of ARCH. Programs are compiled
# and linked against the one beside that folder, with its flags, and so are the templates that are theirs.
function(octopole_add_archs sources)
  get_target_property(type octopole TYPE)
  if(NOT type STREQUAL "SHARED_LIBRARY" OR NOT OCTOPOLE_INSTANCES OR NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
    message(FATAL_ERROR "Octopole: OCTOPOLE_ALSO_ARCHS is ${OCTOPOLE_ALSO_ARCHS}, which a shared library with its kernels compiled can have, on "
                        "Linux: set BUILD_SHARED_LIBS=ON and OCTOPOLE_INSTANCES=ON"
    )
  endif()
  foreach(arch ${OCTOPOLE_ALSO_ARCHS})
    if(NOT arch MATCHES "^x86-64-v[234]$")
      message(FATAL_ERROR "Octopole: OCTOPOLE_ALSO_ARCHS has ${arch}; allowed: x86-64-v2, x86-64-v3, x86-64-v4, the names that the loader knows")
    endif()
    octopole_simd_of(${arch} simd)
    set(OCTOPOLE_SIMD_BITS ${simd_bits})
    set(folder ${CMAKE_CURRENT_BINARY_DIR}/glibc-hwcaps/${arch})
    configure_file(core/Octopole_Config.hpp.in ${folder}/include/Octopole_Config.hpp @ONLY)
    set(target octopole-${arch})
    add_library(${target} SHARED ${sources})
    set_target_properties(
      ${target} PROPERTIES OUTPUT_NAME octopole VERSION ${PROJECT_VERSION} CXX_EXTENSIONS OFF LIBRARY_OUTPUT_DIRECTORY ${folder}
    )
    target_include_directories(${target} PRIVATE ${folder}/include ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/core)
    octopole_link_needs(${target} PRIVATE)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${simd_options}>)
    target_compile_definitions(${target} PRIVATE ${simd_definitions})
    octopole_show_interface(${target})
    install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/glibc-hwcaps/${arch} NAMELINK_SKIP)
    octopole_install_rpath(${target} ${CMAKE_INSTALL_LIBDIR}/glibc-hwcaps/${arch})
  endforeach()
endfunction()
