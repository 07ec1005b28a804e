#!/usr/bin/env bash
# Makes a private prefix with Kokkos and KokkosKernels from Debian packages.
#
#   cmake/toolchain/debian_prefix.sh [PREFIX]      default: $OCTOPOLE_PREFIX, else <repository>/build/prefix
#
# The packages are unpacked, never installed (debian_suites.sh). Where the system's C and C++ run-time
# libraries are older than Kokkos' library needs, newer ones go into the prefix too, and the package
# files written here make every program that links Kokkos use them (dynamic linker and rpath).
# Use the result with -DCMAKE_PREFIX_PATH=PREFIX. A finished prefix is left as it is.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
prefix=${1:-${OCTOPOLE_PREFIX:-$repository/build/prefix}}
kokkos_minimum=5.0
kernels_minimum=17.0   # of Trilinos: KokkosKernels 5.0

. "$repository/cmake/toolchain/debian_suites.sh"

[ -f "$prefix/octopole-prefix.txt" ] && exit 0
mkdir -p "$(dirname "$prefix")"
work=$(mktemp -d "$(dirname "$prefix")/.prefix.XXXXXX")
trap 'rm -rf "$work"' EXIT
suites_begin || die "no Kokkos >= $kokkos_minimum found, and $suites_lack: install Kokkos and KokkosKernels and set Kokkos_ROOT"
case "$ID ${ID_LIKE:-}" in
  *ubuntu*) kokkos_suites="devel"; kernels_suites="devel"; runtime_suites="devel" ;;
  *) kokkos_suites="sid"; kernels_suites="experimental sid"; runtime_suites="trixie forky sid" ;;
esac

echo "octopole: making the private prefix $prefix (Kokkos from Debian packages)"
suite=$(newest libkokkos-dev $kokkos_minimum $kokkos_suites)
[ -n "$suite" ] || die "no package libkokkos-dev >= $kokkos_minimum in suite $kokkos_suites" \
  "($(tail -n 1 "$work/log" 2>/dev/null)): install Kokkos and set Kokkos_ROOT"
library=$(private "$suite" apt-cache depends libkokkos-dev | awk '$1 == "Depends:" && $2 ~ /^libkokkos[0-9]/ {print $2; exit}')
download "$suite" libkokkos-dev "$library"
suite=$(newest libtrilinos-kokkos-kernels-dev $kernels_minimum $kernels_suites)
[ -n "$suite" ] || die "no package libtrilinos-kokkos-kernels-dev >= $kernels_minimum in suites" \
  "$kernels_suites: install KokkosKernels and set KokkosKernels_ROOT"
download "$suite" libtrilinos-kokkos-kernels-dev

# What Kokkos' library needs of the C and C++ run-time libraries, and whether the system has it.
needs=$(dpkg-deb -f "$work"/debs/"$library"_*.deb Depends | tr ',' '\n' |
  sed -n 's/^ *\([a-z0-9+.-]*\) *(>= *\([^)]*\)).*/\1 \2/p')
too_old() {  # too_old COMMAND...: does any version that the command prints for a package not suffice?
  local package version have
  while read -r package version; do
    have=$("$@" "$package" 2>/dev/null || true)
    [ -n "$have" ] && dpkg --compare-versions "$have" ge "$version" || return 0
  done <<< "$needs"
  return 1
}
runtime=no
if too_old dpkg-query -W -f '${Version}\n'; then
  for suite in $runtime_suites; do
    have_suite "$suite" || continue
    if ! too_old candidate "$suite"; then runtime=$suite; break; fi
  done
  [ "$runtime" != no ] || die "Kokkos' library needs $(echo $needs); no suite of $runtime_suites has that"
  # The licence of GCC's libraries lies in a package of its own.
  base=$(private "$runtime" apt-cache depends libgcc-s1 | awk '$2 ~ /^gcc-[0-9]+-base$/ {print $2; exit}')
  download "$runtime" libc6 libstdc++6 libgcc-s1 libgomp1 $base
fi

unpack
# <prefix>/include, <prefix>/lib/<architecture>: the layout find_package expects of a prefix.
for folder in lib lib64; do
  if [ -d "$work/root/$folder" ] && [ ! -L "$work/root/$folder" ]; then
    mkdir -p "$work/root/usr/$folder"
    cp -a "$work/root/$folder/." "$work/root/usr/$folder/"
  fi
done
mkdir "$work/new"
mv "$work/root/usr/include" "$work/root/usr/lib" "$work/new/"
# Whoever passes the prefix on, with an installed Octopole, passes the packages' licences on.
for copyright in "$work"/root/usr/share/doc/*/copyright; do
  [ -f "$copyright" ] || continue
  package=$(basename "$(dirname "$copyright")")
  install -D -m 644 "$copyright" "$work/new/share/doc/$package/copyright"
done
triplet=$(basename "$(dirname "$(find "$work/new/lib" -name libkokkoscore.so | head -n 1)")")
libraries=lib/$triplet
loader=
if [ "$runtime" != no ]; then
  loader=$(cd "$work/new" && find lib -name 'ld-linux*.so.*' | head -n 1)
  [ -n "$loader" ] || die "no dynamic linker in the package libc6 of suite $runtime"
fi
rm -rf "$work/new/$libraries/gconv"
# Kokkos' libraries have a folder without the run-time libraries: CMake warns of an rpath to both.
mkdir "$work/new/$libraries/kokkos"
for library in "$work/new/$libraries"/libkokkos*.so*; do ln -s "../${library##*/}" "$work/new/$libraries/kokkos/"; done

# KokkosKernels: headers only. Nothing instantiated, no third-party library.
kernels=$work/new/include/trilinos
sed -i -E 's@^[[:space:]]*#[[:space:]]*define[[:space:]]+(KOKKOSKERNELS_(INST_|ENABLE_TPL_|TEST_ETI)[A-Za-z0-9_]*).*@/* #undef \1 */@' \
  "$kernels/KokkosKernels_config.h"
for header in "$kernels"/generated_specializations_hpp/*; do : > "$header"; done
rm -f "$work/new/$libraries"/libtrilinos*

version_of() { awk -v n="$2" '$1 == "#define" && $2 == n {printf "%d.%d.%d\n", $3 / 10000, $3 / 100 % 100, $3 % 100; exit}' "$1"; }
kokkos_version=$(version_of "$work/new/include/kokkos/KokkosCore_config.h" KOKKOS_VERSION)
kernels_version=$(version_of "$kernels/KokkosKernels_config.h" KOKKOSKERNELS_VERSION)
[ "${kokkos_version%%.*}" = "${kernels_version%%.*}" ] ||
  die "Debian has Kokkos $kokkos_version but KokkosKernels $kernels_version: set Kokkos_ROOT and KokkosKernels_ROOT to a matching pair"

# Package files. Debian's name absolute folders and static libraries that the package lacks.
cmake=$work/new/$libraries/cmake
common=$work/common.cmake
cp "$cmake/Kokkos/KokkosConfigCommon.cmake" "$common"
rm -rf "$cmake"
mkdir -p "$cmake/Kokkos" "$cmake/KokkosKernels"
cp "$common" "$cmake/Kokkos/KokkosConfigCommon.cmake"
cat > "$cmake/Kokkos/KokkosConfig.cmake" <<END
include(CMakeFindDependencyMacro)
find_dependency(OpenMP COMPONENTS CXX)
get_filename_component(_kokkos_prefix "\${CMAKE_CURRENT_LIST_DIR}/../../../.." ABSOLUTE)
if(NOT TARGET Kokkos::kokkos)
  set(_kokkos_libraries "\${_kokkos_prefix}/$libraries")
  add_library(Kokkos::kokkoscore SHARED IMPORTED)
  set_target_properties(
    Kokkos::kokkoscore
    PROPERTIES INTERFACE_COMPILE_DEFINITIONS "\$<\$<COMPILE_LANGUAGE:CXX>:KOKKOS_DEPENDENCE>"
               INTERFACE_COMPILE_FEATURES cxx_std_20
               INTERFACE_INCLUDE_DIRECTORIES "\${_kokkos_prefix}/include/kokkos"
               INTERFACE_LINK_LIBRARIES "OpenMP::OpenMP_CXX;dl"
               IMPORTED_LOCATION "\${_kokkos_libraries}/kokkos/libkokkoscore.so"
  )
  set(_kokkos_loader "$loader")
  if(_kokkos_loader)
    # The prefix brings its own C library: every program has to be started by its dynamic linker.
    set_target_properties(
      Kokkos::kokkoscore
      PROPERTIES
        INTERFACE_LINK_OPTIONS
        "LINKER:--allow-shlib-undefined;LINKER:--disable-new-dtags;LINKER:-rpath,\${_kokkos_libraries};LINKER:--dynamic-linker=\${_kokkos_prefix}/\${_kokkos_loader}"
    )
  else()
    set_target_properties(
      Kokkos::kokkoscore PROPERTIES INTERFACE_LINK_OPTIONS
                                    "LINKER:--allow-shlib-undefined;LINKER:-rpath,\${_kokkos_libraries}"
    )
  endif()
  add_library(Kokkos::kokkoscontainers SHARED IMPORTED)
  set_target_properties(
    Kokkos::kokkoscontainers
    PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "\${_kokkos_prefix}/include/kokkos"
               INTERFACE_LINK_LIBRARIES Kokkos::kokkoscore
               IMPORTED_LOCATION "\${_kokkos_libraries}/kokkos/libkokkoscontainers.so"
  )
  foreach(_kokkos_part kokkosalgorithms kokkossimd)
    add_library(Kokkos::\${_kokkos_part} INTERFACE IMPORTED)
    set_target_properties(Kokkos::\${_kokkos_part} PROPERTIES INTERFACE_LINK_LIBRARIES Kokkos::kokkoscore)
  endforeach()
  add_library(Kokkos::kokkos INTERFACE IMPORTED)
  set_target_properties(
    Kokkos::kokkos
    PROPERTIES INTERFACE_LINK_LIBRARIES
               "Kokkos::kokkoscore;Kokkos::kokkoscontainers;Kokkos::kokkosalgorithms;Kokkos::kokkossimd"
  )
endif()
include("\${CMAKE_CURRENT_LIST_DIR}/KokkosConfigCommon.cmake")
END
cat > "$cmake/KokkosKernels/KokkosKernelsConfig.cmake" <<END
include(CMakeFindDependencyMacro)
find_dependency(Kokkos ${kokkos_version%%.*})
get_filename_component(_kokkoskernels_prefix "\${CMAKE_CURRENT_LIST_DIR}/../../../.." ABSOLUTE)
if(NOT TARGET Kokkos::kokkoskernels)
  add_library(Kokkos::kokkoskernels INTERFACE IMPORTED)
  set_target_properties(
    Kokkos::kokkoskernels PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "\${_kokkoskernels_prefix}/include/trilinos"
                                     INTERFACE_LINK_LIBRARIES Kokkos::kokkos
  )
endif()
END
for package in Kokkos:$kokkos_version KokkosKernels:$kernels_version; do
  cat > "$cmake/${package%%:*}/${package%%:*}ConfigVersion.cmake" <<END
set(PACKAGE_VERSION "${package#*:}")
if(PACKAGE_FIND_VERSION_MAJOR AND NOT PACKAGE_FIND_VERSION_MAJOR STREQUAL "${kokkos_version%%.*}")
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
elseif(PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
else()
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
  if(PACKAGE_VERSION VERSION_EQUAL PACKAGE_FIND_VERSION)
    set(PACKAGE_VERSION_EXACT TRUE)
  endif()
endif()
END
done

{
  echo "Kokkos $kokkos_version, KokkosKernels $kernels_version, run-time libraries: ${runtime/#no/the system}"
  unpacked
} > "$work/new/octopole-prefix.txt"
if ! mv -T "$work/new" "$prefix" 2>/dev/null; then
  [ -f "$prefix/octopole-prefix.txt" ] || { rm -rf "$prefix" && mv -T "$work/new" "$prefix"; }
fi
head -n 1 "$prefix/octopole-prefix.txt" | sed 's/^/octopole: /'
