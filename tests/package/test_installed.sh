#!/usr/bin/env bash
# What somebody finds who has installed Octopole, moved it and forgotten the build: the driver, its manual page, the
# licence, pkg-config's file, and one line each where something is wrong. (Programs that use the package: check_consumer.sh.)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
prefix=$OCTOPOLE_PREFIX source=$OCTOPOLE_SOURCE_DIR build=$OCTOPOLE_BINARY_DIR
unset OCTOPOLE_PREFIX
installed=$work/moved
cmake --install "$build" --prefix "$work/first" > "$work/log"
mv "$work/first" "$installed"
cd "$work"

# The driver, called as people call it, loads nothing that lies in the build.
if [ -n "${OCTOPOLE_FMM:-}" ]; then
  mkdir bin
  ln -s "$installed/bin/octopole_fmm" bin/
  LD_DEBUG=libs LD_DEBUG_OUTPUT=$work/loaded XDG_CACHE_HOME=$work bin/octopole_fmm --n 2000 --method fmm --digits 4 --check 100 > out
  grep -q '^  potential .* relative L2' out || fail "the installed driver checked nothing: $(cat out)"
  cat loaded.* | sed -n 's/.*calling init: //p' | sort -u > libraries
  grep -q libkokkoscore libraries || grep -q libc.so libraries || fail "no libraries seen: $(cat libraries)"
  ! grep -F -e "$prefix/" -e "$build/" libraries || fail "the driver loads these from the build"
  status=0
  bin/octopole_fmm --digits 99 > out 2>&1 || status=$?
  [ $status = 2 ] && grep -q '^octopole_fmm: --digits: found' out || fail "a wrong option: status $status, $(cat out)"

  "$source/perf/driver/man_page.sh" "$OCTOPOLE_FMM" | cmp -s - "$installed/share/man/man1/octopole_fmm.1" ||
    fail "the manual page is not what --help says: perf/driver/man_page.sh DRIVER > perf/driver/octopole_fmm.1"
fi
cmp "$source/LICENSE" "$installed/share/doc/octopole/LICENSE"

# A project that uses the package, as far as its configuration.
mkdir project
cat > project/CMakeLists.txt << 'END'
cmake_minimum_required(VERSION 3.25)
project(Project LANGUAGES CXX)
if(OTHER_KOKKOS)
  add_library(Kokkos::kokkos INTERFACE IMPORTED)
  add_library(Kokkos::kokkoskernels INTERFACE IMPORTED)
  set(Kokkos_VERSION 4.7.1)
  set(Kokkos_DIR /opt/kokkos/lib/cmake/Kokkos)
endif()
find_package(Octopole REQUIRED)
END
configure() { rm -rf b; cmake -G Ninja -S project -B b -D CMAKE_PREFIX_PATH="$installed" "$@" > said 2>&1; }
says() { tr -s ' \n' '  ' < said | grep -qF "$1" || { cat said; fail "no '$1'"; }; }
warnings() { grep -ci warning said || true; }
simd=$(grep -q '^octopole_notices(ON)' "$installed/lib/cmake/Octopole/OctopoleConfig.cmake" && echo 0 || echo 1)
configure -D CMAKE_BUILD_TYPE=Release || { cat said; fail "the package is not found"; }
[ "$(warnings)" = "$simd" ] || { cat said; fail "a warning about nothing"; }
configure || fail "without a build type: $(cat said)"
[ "$(warnings)" = $((simd + 1)) ] || { cat said; fail "not one line about the build type"; }
says "Octopole: warning: CMAKE_BUILD_TYPE is not set"
# Components.
cat >> project/CMakeLists.txt << 'END'
if(WANTED)
  find_package(Octopole REQUIRED COMPONENTS ${WANTED})
endif()
find_package(Octopole REQUIRED OPTIONAL_COMPONENTS none)
if(TARGET Octopole::octopole_fmm)
  get_target_property(place Octopole::octopole_fmm IMPORTED_LOCATION)
  message(STATUS "the driver is ${place}")
endif()
END
kernels=$(grep -q '^OCTOPOLE_INSTANCES:BOOL=ON' "$build/CMakeCache.txt" && echo kernels || true)
configure -D CMAKE_BUILD_TYPE=Release -D WANTED="$kernels${OCTOPOLE_FMM:+;driver}" || { cat said; fail "components that there are"; }
[ -z "${OCTOPOLE_FMM:-}" ] || says "the driver is $installed/bin/octopole_fmm"
! configure -D WANTED=periodic || fail "a component that there is not"
says "this Octopole has no component periodic; it has "
! configure -D OTHER_KOKKOS=ON || fail "another Kokkos is taken"
says "Octopole was compiled with Kokkos "
says ", and this project has Kokkos 4.7.1 from /opt/kokkos/lib/cmake/Kokkos: "
case ",$OCTOPOLE_KOKKOS_DEVICES," in *,OPENMP,*)
  ! configure -D CMAKE_DISABLE_FIND_PACKAGE_OpenMP=ON || fail "found without OpenMP"
  says "Octopole's Kokkos needs OpenMP, which is not found for the compiler "

  # Octopole's own configuration says the same, and what a build without SIMD is.
  octopole() {
    cmake -G Ninja -S "$source" -B own -D OCTOPOLE_ENABLE_TESTS=OFF -D OCTOPOLE_ENABLE_PERF=OFF -D OCTOPOLE_ENABLE_EXAMPLES=OFF \
      -D OCTOPOLE_PREFIX="$prefix" -D OCTOPOLE_FETCH=OFF ${OCTOPOLE_Kokkos_DIR:+-D Kokkos_DIR="$OCTOPOLE_Kokkos_DIR"} "$@" > said 2>&1
  }
  octopole -D OCTOPOLE_NATIVE=OFF || { cat said; fail "Octopole is not configured"; }
  if ! grep -q 'SIMD_BY_KOKKOS 1' own/include/Octopole_Config.hpp; then
    says "Octopole: warning: no SIMD, "
    [ "$(warnings)" = 1 ] || { cat said; fail "not one line about SIMD"; }
  fi
  # The processor is the user's to choose.
  bits() { sed -n 's/^#define OCTOPOLE_SIMD_BITS //p' own/include/Octopole_Config.hpp; }
  if ! grep -q 'SIMD_BY_KOKKOS 1' own/include/Octopole_Config.hpp && [ "$(uname -m)" = x86_64 ]; then
    while read -r arch expected; do
      octopole -D OCTOPOLE_ARCH=$arch || { cat said; fail "OCTOPOLE_ARCH=$arch"; }
      [ "$(bits)" = "$expected" ] || fail "OCTOPOLE_ARCH=$arch: found SIMD of $(bits) bits, expected $expected"
      [ "$(warnings)" = 0 ] || { cat said; fail "a warning about what was chosen"; }
    done <<< $'x86-64-v3 256\nx86-64-v4 512\nportable 0\nskylake-avx512 512'
    ! octopole -D OCTOPOLE_ARCH=z80 || fail "OCTOPOLE_ARCH=z80 is taken"
    says "OCTOPOLE_ARCH is z80; allowed: portable, native, x86-64-v3, x86-64-v4, "
    ! octopole -D OCTOPOLE_ARCH= -D OCTOPOLE_ALSO_ARCHS=x86-64-v3 || fail "copies of a static library"
    says "set BUILD_SHARED_LIBS=ON"
    ! octopole -D BUILD_SHARED_LIBS=ON -D OCTOPOLE_ALSO_ARCHS=haswell || fail "a copy that no loader knows"
    says "OCTOPOLE_ALSO_ARCHS has haswell; allowed: "
  fi
  rm -rf own
  ! octopole -D CMAKE_DISABLE_FIND_PACKAGE_OpenMP=ON || fail "configured without OpenMP"
  says "needs OpenMP, which is not found for the compiler " ;;
esac

# Without CMake: a compiler and pkg-config.
if [ -f "$installed/lib/pkgconfig/octopole.pc" ] && command -v pkg-config > /dev/null; then
  cat > main.cpp << 'END'
#include <Octopole.hpp>
#include <cmath>
#include <cstdio>
int main(int argc, char* argv[]) {
  const Kokkos::ScopeGuard guard(argc, argv);
  using Host = Kokkos::DefaultHostExecutionSpace;
  const Kokkos::View<double* [3], Host> x("x", 2);
  const Kokkos::View<double*, Host> q("q", 2), u("u", 2);
  x(1, 0) = 2;
  q(0) = 1;
  Octopole::AnyPlan plan(Host(), {"laplace"}, Octopole::Precision::float64, x, {.cache = Octopole::Cache::off()});
  plan.execute(Host(), q, {{Octopole::Output::potential, u}});
  Host().fence();
  std::printf("%.15g\n", u(1) * 8 * std::acos(-1.0));
}
END
  export PKG_CONFIG_PATH=$installed/lib/pkgconfig
  # shellcheck disable=SC2046
  "${CXX:-c++}" -O0 $(pkg-config --cflags octopole) main.cpp -o main $(pkg-config --libs octopole)
  [ "$(OMP_PROC_BIND=false ./main)" = 1 ] || fail "a program by pkg-config: $(./main)"
  pkg-config --exact-version="$(sed -n 's/^#define OCTOPOLE_VERSION "\(.*\)"/\1/p' "$build/include/Octopole_Config.hpp")" octopole
else
  echo "note: pkg-config left out"
fi
echo "installed: right"
