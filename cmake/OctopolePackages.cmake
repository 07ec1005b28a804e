# Archives by CPack, for the preset `packages` (tests/packages.sh builds and tries them): octopole-VERSION-SYSTEM.tar.gz, which
# may be unpacked anywhere, and octopole_VERSION_ARCHITECTURE.deb.
set(CPACK_PACKAGE_NAME octopole)
set(CPACK_PACKAGE_VENDOR "The Octopole authors")
# Debian demands an address that answers. Whoever hands packages on is the one who does; this one answers to nobody.
set(OCTOPOLE_PACKAGE_CONTACT "The Octopole authors <octopole@localhost>" CACHE STRING
    "Who answers for the packages: 'Name <address>', the maintainer's field of the .deb")
set(CPACK_PACKAGE_CONTACT "${OCTOPOLE_PACKAGE_CONTACT}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION
    "Sums charges, forces or vortices of millions of points over all pairs, to the digits asked for: the program octopole_fmm, the library with its C++ headers and its C interface, and the Kokkos that it was built with."
)
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
# With MPI it is another package, in the place of the one without: the driver's name is the same, and the C interface of MPI is that
# of one implementation only, so that no package can be for all of them.
if(OCTOPOLE_HAVE_MPI)
  set(CPACK_PACKAGE_NAME octopole-mpi)
  set(CPACK_DEBIAN_PACKAGE_PROVIDES octopole)
  set(CPACK_DEBIAN_PACKAGE_CONFLICTS octopole)
  set(CPACK_DEBIAN_PACKAGE_REPLACES octopole)
endif()
set(CPACK_PACKAGE_FILE_NAME ${CPACK_PACKAGE_NAME}-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR TGZ)

# The packages whose libraries were linked, as this system names them; those of the C and C++ run-time libraries and of
# Kokkos go along where they came from the private prefix.
find_program(OCTOPOLE_DPKG_QUERY dpkg-query)
if(OCTOPOLE_DPKG_QUERY)
  list(APPEND CPACK_GENERATOR DEB)
  set(depends)
  set(libraries ${HDF5_C_LIBRARIES})
  list(FILTER libraries INCLUDE REGEX hdf5) # not what that needs itself
  list(APPEND libraries ${LAPACK_LIBRARIES} ${MPI_C_LIBRARIES})
  foreach(library ${libraries})
    if(NOT EXISTS "${library}")
      continue() # an option, or a target
    endif()
    file(REAL_PATH "${library}" library)
    execute_process(COMMAND ${OCTOPOLE_DPKG_QUERY} -S ${library} OUTPUT_VARIABLE owner ERROR_QUIET RESULT_VARIABLE status)
    string(REGEX MATCH "^[^:, ]+" owner "${owner}")
    if(status EQUAL 0 AND NOT owner MATCHES "-dev$")
      list(APPEND depends ${owner})
    endif()
  endforeach()
  if(NOT octopole_private_kokkos)
    list(APPEND depends libstdc++6 libgomp1)
  endif()
  list(REMOVE_DUPLICATES depends)
  list(JOIN depends ", " CPACK_DEBIAN_PACKAGE_DEPENDS)
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SECTION science)
  set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake, g++, libopenblas-dev, libhdf5-dev")
  set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS OFF)
endif()
include(CPack)
