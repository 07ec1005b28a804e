#!/usr/bin/env bash
# check_consumer.sh installed|subdirectory|readme|examples|other_compiler: builds and runs a program of somebody else's.
#   installed: against this build's install, in a fresh prefix that was moved since, where no path of the build is left
#   readme: the README's program, extracted, against the same
#   examples: the examples, as a project of their own, against the same: three of them, as this build compiles all
#   other_compiler: as `installed`, by another compiler than the one that built this, another one each day
#   subdirectory: through add_subdirectory, with a Kokkos::kokkos target of the consumer's own
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
packages=(${OCTOPOLE_Kokkos_DIR:+-D Kokkos_DIR="$OCTOPOLE_Kokkos_DIR"}
  ${OCTOPOLE_KokkosKernels_DIR:+-D KokkosKernels_DIR="$OCTOPOLE_KokkosKernels_DIR"})
way=$1
if [ "$way" = other_compiler ]; then
  . "$OCTOPOLE_SOURCE_DIR/tests/package/openmp_for.sh"
  libomp=$OCTOPOLE_SOURCE_DIR/build/compilers
  built_by=$(realpath "$(command -v "${OCTOPOLE_BUILT_BY:-c++}")")
  found=() paths=" $built_by "
  for compiler in g++-{11,12,13,14} clang++ clang++-{14,15,16,17,18,19}; do
    path=$(realpath "$(command -v "$compiler")" 2> /dev/null) || continue
    case $paths in *" $path "*) continue ;; esac
    paths+="$path "
    (openmp_for "$compiler" "$libomp") && found+=("$compiler")
  done
  [ ${#found[@]} -gt 0 ] || { echo "no other compiler with OpenMP is installed: clang++ 14 to 19, g++ 11 to 14"; exit 77; }
  day=$(date +%j)
  export CXX=${found[$((10#$day % ${#found[@]}))]}
  openmp_for "$CXX" "$libomp"
  echo "consumer of what $built_by built, by $CXX, of ${found[*]}"
  way=installed
fi
source=$OCTOPOLE_SOURCE_DIR/tests/package/consumers/$way
targets=()
case $way in
  installed | readme | examples)
    cmake --install "$OCTOPOLE_BINARY_DIR" --prefix "$work/first" > "$work/log"
    mv "$work/first" "$work/install"
    if grep -rIlF "$OCTOPOLE_BINARY_DIR" "$work/install" || grep -rIlF "$OCTOPOLE_SOURCE_DIR/core" "$work/install"; then
      echo "these installed files name the build or source tree"
      exit 1
    fi
    unset OCTOPOLE_PREFIX
    packages=(-D CMAKE_PREFIX_PATH="$work/install")  # and nothing else: Kokkos is found by Octopole
    if [ "$way" = readme ]; then
      # The first C++ block with a main.
      awk '/^```(cpp|c\+\+)/ {block = ""; inside = 1; next}
           /^```/ {if (inside && block ~ /int main/) {printf "%s", block; exit} inside = 0}
           inside {block = block $0 "\n"}' "$OCTOPOLE_SOURCE_DIR/README.md" > "$work/main.cpp"
      [ -s "$work/main.cpp" ] || { echo "README.md has no program"; exit 1; }
      source=$OCTOPOLE_SOURCE_DIR/tests/package/consumers/installed
      packages+=(-D CONSUMER_SOURCE="$work/main.cpp")
    fi
    [ "$way" != examples ] || { source=$OCTOPOLE_SOURCE_DIR/examples; packages+=(-D CMAKE_CXX_FLAGS_RELEASE=-O1)
      targets=(--target example_laplace example_molecule example_c_interface); } ;;
  subdirectory) packages+=(-D OCTOPOLE_SOURCE_DIR="$OCTOPOLE_SOURCE_DIR" -D CMAKE_CXX_FLAGS_RELEASE=-O1) ;;
esac
cmake -G Ninja -S "$source" -B "$work/build" -D CMAKE_BUILD_TYPE=Release "${packages[@]}"
cmake --build "$work/build" "${targets[@]}"
if [ "$way" = examples ]; then
  ctest --test-dir "$work/build" -R "laplace|molecule|c_interface" --no-tests=error --output-on-failure
else
  "$work/build/consumer"
fi
