# The target `docs`: the reference of the public headers, below the build folder.
if(PROJECT_IS_TOP_LEVEL)
  add_custom_target(
    docs COMMAND ${CMAKE_COMMAND} -E env OCTOPOLE_SOURCE_DIR=${PROJECT_SOURCE_DIR} OCTOPOLE_BINARY_DIR=${PROJECT_BINARY_DIR}
                 bash ${PROJECT_SOURCE_DIR}/tests/package/check_docs.sh
    VERBATIM
  )
endif()
