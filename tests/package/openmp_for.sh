# openmp_for COMPILER FOLDER: sets CXXFLAGS and LDFLAGS to what this compiler needs for OpenMP, or fails. To be sourced.
# Debian's libomp-N-dev exclude each other: where clang's is not installed, it is unpacked below FOLDER.
openmp_for() {
  local version folder include
  unset CXXFLAGS LDFLAGS
  echo '#include <omp.h>' | "$1" -x c++ -fopenmp -fsyntax-only - 2> /dev/null && return
  version=$("$1" -dumpversion) version=${version%%.*}
  folder=$2/libomp-$version
  if [ ! -d "$folder/usr" ]; then
    command -v apt-get > /dev/null || return 1
    mkdir -p "$folder"
    (cd "$folder" && apt-get download "libomp-$version-dev" "libomp5-$version" && for deb in *.deb; do dpkg -x "$deb" .; done) > "$folder/log" 2>&1 || return 1
  fi
  folder=$folder/usr/lib/llvm-$version/lib
  include=$(find "$folder/clang" -name omp.h 2> /dev/null | head -n 1)
  [ -n "$include" ] || return 1
  export CXXFLAGS="-isystem $(dirname "$include")" LDFLAGS="-L$folder -Wl,-rpath,$folder"
}
