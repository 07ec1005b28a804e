# Target octopole_git: the header Octopole_Git.hpp with OCTOPOLE_GIT, looked up at each build and
# rewritten only when it changed. Run as a script (cmake -P) it is the look-up itself.
if(CMAKE_SCRIPT_MODE_FILE)
  cmake_policy(VERSION 3.25)
  set(git unknown)
  find_program(GIT_EXECUTABLE git)
  if(GIT_EXECUTABLE)
    execute_process(
      COMMAND ${GIT_EXECUTABLE} -C ${SOURCE} describe --always --dirty
      OUTPUT_VARIABLE described
      OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
      RESULT_VARIABLE status
    )
    if(status EQUAL 0)
      set(git ${described})
    endif()
  endif()
  file(CONFIGURE OUTPUT ${HEADER} CONTENT "#define OCTOPOLE_GIT \"@git@\"\n" @ONLY)
  return()
endif()

set(_header ${CMAKE_CURRENT_BINARY_DIR}/git/Octopole_Git.hpp)
add_custom_target(
  octopole_git_look_up
  COMMAND ${CMAKE_COMMAND} -D SOURCE=${PROJECT_SOURCE_DIR} -D HEADER=${_header} -P ${CMAKE_CURRENT_LIST_FILE}
  BYPRODUCTS ${_header}
  COMMENT "" VERBATIM
)
add_library(octopole_git INTERFACE)
target_include_directories(octopole_git INTERFACE ${CMAKE_CURRENT_BINARY_DIR}/git)
add_dependencies(octopole_git octopole_git_look_up)
