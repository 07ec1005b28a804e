# octopole.pc, for those who build without CMake: what the target Octopole::octopole asks of its users,
# written down when the build files are generated and brought to the installed places by cmake -P (the first part).
# There is none for a GPU, whose flags are no C++ compiler's, nor with a Kokkos that is a part of this build.
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ ${FROM} text)
  string(REPLACE "LINKER:" "-Wl," text "${text}")
  if(PRIVATE_PREFIX)
    string(REPLACE "${PRIVATE_PREFIX}" "\${kokkos}" text "${text}")
  endif()
  string(REGEX REPLACE "  +" " " text "${text}")
  file(WRITE ${TO} "${text}")
  return()
endif()

# The words that link a target and what it needs, in order; `targets` are those already seen.
function(octopole_link_words target)
  get_target_property(alias ${target} ALIASED_TARGET)
  if(alias)
    set(target ${alias})
  endif()
  get_property(seen GLOBAL PROPERTY octopole_link_seen)
  if(target IN_LIST seen)
    return()
  endif()
  set_property(GLOBAL APPEND PROPERTY octopole_link_seen ${target})
  get_target_property(type ${target} TYPE)
  if(target STREQUAL "octopole")
    set_property(GLOBAL APPEND PROPERTY octopole_link_line "-L\${libdir}" -loctopole)
    if(type STREQUAL "SHARED_LIBRARY")
      set_property(GLOBAL APPEND PROPERTY octopole_link_line "-Wl,-rpath,\${libdir}")
    endif()
  elseif(NOT type STREQUAL "INTERFACE_LIBRARY")
    set_property(GLOBAL APPEND PROPERTY octopole_link_line $<TARGET_LINKER_FILE:${target}>)
    if(target MATCHES "^Kokkos" AND type STREQUAL "SHARED_LIBRARY")
      set_property(GLOBAL APPEND PROPERTY octopole_link_line -Wl,-rpath,$<TARGET_LINKER_FILE_DIR:${target}>)
    endif()
  endif()
  get_target_property(needs ${target} INTERFACE_LINK_LIBRARIES)
  foreach(need ${needs})
    string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" need "${need}")
    if(TARGET "${need}")
      octopole_link_words(${need})
    elseif(need MATCHES "^[-/$]")
      set_property(GLOBAL APPEND PROPERTY octopole_link_line "${need}")
    elseif(need AND NOT need MATCHES "::")
      set_property(GLOBAL APPEND PROPERTY octopole_link_line -l${need})
    endif()
  endforeach()
endfunction()

get_target_property(_imported Kokkos::kokkos IMPORTED)
if(OCTOPOLE_HAVE_DEVICE OR NOT _imported)
  message(STATUS "Octopole: octopole.pc is not written")
  return()
endif()
octopole_link_words(octopole)
get_property(_link GLOBAL PROPERTY octopole_link_line)
list(JOIN _link " " _link)
set(_folders)
foreach(_target Kokkos::kokkos Kokkos::kokkoskernels)
  list(APPEND _folders "$<TARGET_PROPERTY:${_target},INTERFACE_INCLUDE_DIRECTORIES>")
endforeach()
file(RELATIVE_PATH _to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" _to_prefix "${_to_prefix}")
set(_definitions $<TARGET_PROPERTY:octopole,INTERFACE_COMPILE_DEFINITIONS>)
set(_options $<JOIN:$<TARGET_PROPERTY:octopole,INTERFACE_COMPILE_OPTIONS>,\ >)
set(_raw ${CMAKE_CURRENT_BINARY_DIR}/pkgconfig)
file(GENERATE OUTPUT ${_raw}/$<COMPILE_LANGUAGE>.in CONTENT "prefix=\${pcfiledir}/${_to_prefix}
libdir=\${prefix}/${CMAKE_INSTALL_LIBDIR}
kokkos=\${prefix}/${octopole_kokkos_copy}

Name: Octopole
Description: ${PROJECT_DESCRIPTION}
Version: ${PROJECT_VERSION}
Cflags: -std=c++20 -I\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}/octopole -I\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}/octopole/core \
-isystem $<JOIN:$<REMOVE_DUPLICATES:${_folders}>, -isystem > $<$<BOOL:${_definitions}>:-D>$<JOIN:${_definitions}, -D> \
${_options}
Libs: ${_options} ${_link} $<JOIN:$<TARGET_PROPERTY:octopole,INTERFACE_LINK_OPTIONS>, >
")
set(_private)
if(octopole_private_kokkos)
  set(_private ${OCTOPOLE_PREFIX})
endif()
install(CODE "execute_process(COMMAND \"${CMAKE_COMMAND}\" \"-DFROM=${_raw}/CXX.in\" \"-DTO=${_raw}/octopole.pc\" \"-DPRIVATE_PREFIX=${_private}\" -P \"${CMAKE_CURRENT_LIST_FILE}\" COMMAND_ERROR_IS_FATAL ANY)")
install(FILES ${_raw}/octopole.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
