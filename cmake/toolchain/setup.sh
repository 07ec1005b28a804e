# Sourced by perf/run.sh and tests/run.sh: what a build needs and this machine lacks.
#   octopole_setup TESTS [MPI]      TESTS: yes, or no for the driver alone; MPI: yes where ranks are asked for
# Debian-family systems: missing packages are installed if we are root, else named in one line.
# Elsewhere it only looks for the tools. Nothing is done where nothing is missing.

octopole_die() { echo "octopole: $*" >&2; exit 1; }

octopole_setup() {
  local tests=$1 mpi=${2:-no} missing= tool
  export OCTOPOLE_PREFIX=${OCTOPOLE_PREFIX:-$repository/build/prefix}
  export OCTOPOLE_DEBIAN_PREFIX=ON
  export CCACHE_DIR=${CCACHE_DIR:-$repository/build/ccache}
  # Paths from the repository on: what two presets compile alike, one of them compiles (tests/ranks.sh).
  export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$repository}
  # A cache of its own needs no user to clean it.
  export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-1G}
  # Kokkos' advice; without it the OpenMP backend warns and threads may share a core.
  if [ -z "${OMP_PROC_BIND:-}" ]; then
    export OMP_PROC_BIND=spread OMP_PLACES=${OMP_PLACES:-threads}
  fi

  if command -v dpkg-query >/dev/null; then
    local packages="g++ cmake ninja-build git ccache libopenblas-openmp-dev libhdf5-dev libcli11-dev
      nlohmann-json3-dev libbenchmark-dev catch2 doxygen gfortran apbs-data python3-venv python3-dev" package state
    [ "$mpi" != yes ] || packages="$packages libopenmpi-dev openmpi-bin"
    for package in $packages; do
      state=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) || state=
      case "$package:$state" in
        *:ii*) continue ;;
        g++:*) command -v "${CXX:-g++}" >/dev/null && continue ;;
        cmake:*) command -v cmake >/dev/null && continue ;;
        ninja-build:*) command -v ninja >/dev/null && continue ;;
        git:*) command -v git >/dev/null && continue ;;
        ccache:* | libbenchmark-dev:* | doxygen:* | apbs-data:*) [ "$(id -u)" = 0 ] || continue ;; # can do without
        gfortran:*) [ "$tests" = yes ] && [ "$(id -u)" = 0 ] || continue ;; # only an example is in Fortran
        python3-venv:* | python3-dev:*) # only the Python package is tested with them
          [ "$tests" = yes ] && [ "$(id -u)" = 0 ] || continue
          python3 -c 'import ensurepip, os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' \
            2>/dev/null && continue ;;
        catch2:*) [ "$tests" = yes ] || [ "$(id -u)" = 0 ] || continue ;;
        libopenmpi-dev:* | openmpi-bin:*) command -v mpicc >/dev/null && command -v mpirun >/dev/null && continue ;;
        libopenblas-openmp-dev:*)
          ls /usr/lib/*/libopenblas.so >/dev/null 2>&1 && continue ;;
      esac
      missing="$missing $package"
    done
    if [ -n "$missing" ]; then
      [ "$(id -u)" = 0 ] || octopole_die "these system packages are missing; as root: apt-get install$missing"
      echo "octopole: installing$missing"
      local log
      log=$(mktemp)
      DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >"$log" 2>&1 ||
        { apt-get update -qq >"$log" 2>&1 &&
          DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >"$log" 2>&1; } ||
        { tail -n 3 "$log" >&2; rm -f "$log"; octopole_die "apt-get cannot install$missing"; }
      rm -f "$log"
    fi
  fi
  for tool in cmake ninja "${CXX:-c++}"; do
    command -v "$tool" >/dev/null || octopole_die "$tool is missing"
  done
  local version
  version=$(cmake --version | awk 'NR == 1 {print $3}')
  [ "$(printf '%s\n3.25\n' "$version" | sort -V | head -n 1)" = 3.25 ] ||
    octopole_die "cmake is $version; the presets need 3.25 or newer"
  echo "octopole: private prefix: $OCTOPOLE_PREFIX"
}

# One step of a build: quiet when it succeeds (unless it has something to say to a terminal).
octopole_build() {  # octopole_build PRESET-OF-A-WORKFLOW
  local log=$repository/build/$1.log
  mkdir -p "$repository/build"
  echo "octopole: cmake --workflow --preset $1"
  (cd "$repository" && cmake --workflow --preset "$1") >"$log" 2>&1 && return 0
  tail -n 40 "$log" >&2
  octopole_die "the build failed; everything it said: $log"
}

# Whether the last octopole_build of it said nothing against our own files; a standard library's are not ours.
octopole_no_warnings() {  # octopole_no_warnings PRESET-OF-A-WORKFLOW
  ! grep -E '^[^ ]*[0-9]: warning: ' "$repository/build/$1.log" | grep -v '^/usr/' >&2 ||
    { echo "octopole: the compiler warns: $repository/build/$1.log" >&2; return 1; }
}
