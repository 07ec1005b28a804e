# Installed: the library, the headers in the rooms of include/octopole (core, tree, operators), the package
# Octopole with the target Octopole::octopole, the licence; and by octopole_install_driver the driver. All of it may be
# moved to another folder.
#
# A Kokkos of the private prefix goes along, into lib/octopole/kokkos: the prefix is a part of the build
# folder, which people delete. With it come the C and C++ run-time libraries where the system's are too old for it.
# A Kokkos from elsewhere stays there, and the package remembers the place.
include(CMakePackageConfigHelpers)

set(_config ${CMAKE_INSTALL_LIBDIR}/cmake/Octopole)
set(_documents ${CMAKE_INSTALL_DATAROOTDIR}/doc/octopole)
set(octopole_kokkos_copy ${CMAKE_INSTALL_LIBDIR}/octopole/kokkos)

set(octopole_private_kokkos OFF)
if(Kokkos_DIR)
  cmake_path(IS_PREFIX OCTOPOLE_PREFIX "${Kokkos_DIR}" NORMALIZE octopole_private_kokkos)
endif()
if(octopole_private_kokkos)
  install(DIRECTORY ${OCTOPOLE_PREFIX}/ DESTINATION ${octopole_kokkos_copy} USE_SOURCE_PERMISSIONS)
  set(octopole_package_places "\${_octopole_prefix}/${octopole_kokkos_copy}")
else()
  # A Kokkos that was fetched is installed beside Octopole.
  set(octopole_package_places "\${_octopole_prefix}")
  foreach(_folder ${Kokkos_DIR} ${KokkosKernels_DIR})
    string(APPEND octopole_package_places ";${_folder}")
  endforeach()
endif()

# Where libraries lie that `target`, installed into the folder `to` of the prefix, loads: Kokkos, and a shared liboctopole.
function(octopole_install_rpath target to)
  file(RELATIVE_PATH to_own /${to} /${CMAKE_INSTALL_LIBDIR})
  if(NOT octopole_private_kokkos)
    set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN/${to_own}" INSTALL_RPATH_USE_LINK_PATH ON)
    return()
  endif()
  file(GLOB library RELATIVE ${OCTOPOLE_PREFIX} ${OCTOPOLE_PREFIX}/lib/*/libkokkoscore.so)
  cmake_path(GET library PARENT_PATH libraries)
  file(RELATIVE_PATH to_kokkos /${to} /${octopole_kokkos_copy}/${libraries})
  set(rpath "$ORIGIN/${to_kokkos}:$ORIGIN/${to_own}")
  set_target_properties(${target} PROPERTIES INSTALL_RPATH "${rpath}")
  # Kokkos' package file names the private prefix in a linker option, which CMake does not take for an rpath.
  string(REPLACE "$" "\\$" rpath "${rpath}")
  install(CODE "file(RPATH_SET FILE \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${to}/$<TARGET_FILE_NAME:${target}>\" NEW_RPATH \"${rpath}\")")
endfunction()

install(TARGETS octopole EXPORT OctopoleTargets)
get_target_property(_type octopole TYPE)
if(_type STREQUAL "SHARED_LIBRARY")
  octopole_install_rpath(octopole ${CMAKE_INSTALL_LIBDIR})
endif()
install(EXPORT OctopoleTargets NAMESPACE Octopole:: DESTINATION ${_config})
install(DIRECTORY core tree operators DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/octopole
        FILES_MATCHING
        PATTERN "*.hpp"
        PATTERN "octopole.h"
)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/include/Octopole_Config.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/octopole)
install(FILES LICENSE README.md CHANGELOG.md CITATION.cff DESTINATION ${_documents})
configure_package_config_file(
  cmake/OctopoleConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/cmake/OctopoleConfig.cmake INSTALL_DESTINATION ${_config}
)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/cmake/OctopoleConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/cmake/OctopoleConfig.cmake ${CMAKE_CURRENT_LIST_DIR}/OctopoleNotices.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/cmake/OctopoleConfigVersion.cmake DESTINATION ${_config}
)
include(OctopolePkgConfig)

# Installs the program `target` and its manual page, target.1 in the folder of the caller.
function(octopole_install_driver target)
  set(folder ${CMAKE_INSTALL_BINDIR})
  if(octopole_private_kokkos)
    file(GLOB loader RELATIVE ${OCTOPOLE_PREFIX} ${OCTOPOLE_PREFIX}/lib/*/ld-linux*.so.*)
    if(loader)
      # A program names its dynamic linker by an absolute path, which would be that of the build folder: what users
      # call is a script that finds both beside itself.
      set(folder ${CMAKE_INSTALL_LIBEXECDIR}/octopole)
      file(RELATIVE_PATH to_program ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBEXECDIR}/octopole/${target})
      file(RELATIVE_PATH to_loader ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_PREFIX}/${octopole_kokkos_copy}/${loader})
      configure_file(${PROJECT_SOURCE_DIR}/cmake/run_with_loader.sh.in ${CMAKE_CURRENT_BINARY_DIR}/installed/${target} @ONLY)
      install(PROGRAMS ${CMAKE_CURRENT_BINARY_DIR}/installed/${target} DESTINATION ${CMAKE_INSTALL_BINDIR})
    endif()
  endif()
  install(TARGETS ${target} RUNTIME DESTINATION ${folder})
  octopole_install_rpath(${target} ${folder})
  install(FILES ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../perf/driver/${target}.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endfunction()
