# Installed: the library, the headers in the rooms of include/octopole (core, tree, operators), and the package
# Octopole with the target Octopole::octopole.
include(CMakePackageConfigHelpers)

set(_config ${CMAKE_INSTALL_LIBDIR}/cmake/Octopole)
install(TARGETS octopole EXPORT OctopoleTargets)
install(EXPORT OctopoleTargets NAMESPACE Octopole:: DESTINATION ${_config})
install(DIRECTORY core tree operators DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/octopole
        FILES_MATCHING
        PATTERN "*.hpp"
)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/include/Octopole_Config.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/octopole)
configure_package_config_file(
  cmake/OctopoleConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/cmake/OctopoleConfig.cmake INSTALL_DESTINATION ${_config}
)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/cmake/OctopoleConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/cmake/OctopoleConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/cmake/OctopoleConfigVersion.cmake DESTINATION ${_config}
)
