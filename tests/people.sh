#!/usr/bin/env bash
# Plays those who get Octopole, each from an empty folder: clones this repository, builds and installs it as the README says, deletes
# clone and build, and then is a scientist with a file, a developer with a program in C++ (g++, clang++), C and Fortran, and a user of
# Python with a fresh virtual environment. (Who packs it for others: tests/packages.sh.) Not part of tests/run.sh, which
# tries the same step by step on its own build.
#   tests/people.sh
# What this machine has not (clang++, gfortran, PyPI) is left out with a note.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$repository/cmake/toolchain/setup.sh"
octopole_setup yes
fail() { echo "FAILED: $*"; exit 1; }
note() { echo "note: left out: $*"; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache

# Somebody builds and installs.
git clone -q "$repository" "$work/clone"
cd "$work/clone"
export CCACHE_BASEDIR=$work/clone
cmake --workflow --preset openmp > "$work/log" 2>&1 || { tail -n 20 "$work/log"; fail "the build"; }
cmake --install build/openmp --prefix "$work/first" > "$work/log"
cp -r examples python "$work/"
cd "$work"
rm -rf clone
mv first octopole
# A private prefix that lay in the build is gone; one that lies elsewhere must not be needed.
unset OCTOPOLE_PREFIX OCTOPOLE_DEBIAN_PREFIX CCACHE_BASEDIR

echo "octopole: a scientist with a file"
mkdir scientist && cd scientist
awk 'BEGIN { srand(1); print "id,x,y,z,charge"; for (i = 0; i < 20000; ++i) print i "," rand() "," rand() "," rand() "," rand() - 0.5 }' > charges.csv
LD_DEBUG=libs LD_DEBUG_OUTPUT=loaded ../octopole/bin/octopole_fmm charges.csv --method fmm --digits 6 --gradient --check 500 --output field.csv > said 2> errors ||
  { cat errors; fail "octopole_fmm"; }
[ ! -s errors ] || { cat errors; fail "octopole_fmm says something"; }
grep -q '^  gradient .* relative L2' said || { cat said; fail "no error of the gradient"; }
[ "$(wc -l < field.csv)" -ge 20000 ] || fail "field.csv has $(wc -l < field.csv) lines"
! cat loaded.* | grep 'calling init' | grep -F -e "$repository" -e "/build/" || fail "something is loaded from a build"
cd ..

developer() {  # developer COMPILER: examples, as a project of their own
  local name=${1##*/}
  CXX=$1 cmake -G Ninja -S examples -B "developer-$name" -D CMAKE_BUILD_TYPE=Release -D CMAKE_CXX_FLAGS_RELEASE=-O1 \
    -D CMAKE_PREFIX_PATH="$work/octopole" > log 2>&1 || { tail -n 20 log; fail "the examples are not configured with $1"; }
  cmake --build "developer-$name" > log 2>&1 || { grep -m 5 error log; fail "the examples are not built with $1"; }
  ctest --test-dir "developer-$name" --no-tests=error > log 2>&1 || { tail -n 20 log; fail "the examples of $1"; }
  grep -E 'tests passed' log
  ls "developer-$name"/example_fortran_interface > /dev/null 2>&1 || note "Fortran (no compiler for it)"
}
echo "octopole: a developer, C++, C and Fortran"
developer "${CXX:-g++}"
if command -v clang++ > /dev/null && echo '#include <omp.h>' | clang++ -x c++ -fopenmp -fsyntax-only - 2> /dev/null; then
  developer clang++
else
  note "clang++ with OpenMP"
fi

echo "octopole: a user of Python"
if python3 -m venv venv > log 2>&1 && venv/bin/pip install -q --disable-pip-version-check --timeout 15 --retries 1 numpy scikit-build-core nanobind > log 2>&1; then
  CMAKE_PREFIX_PATH=$work/octopole venv/bin/pip install -q --disable-pip-version-check --no-build-isolation --no-deps ./python > log 2>&1 ||
    { tail -n 20 log; fail "pip install ./python"; }
  python=venv/bin/python
  [ ! -x venv/bin/octopole-python ] || python=venv/bin/octopole-python
  "$python" - << 'END' || fail "the program in Python"
import numpy as np, octopole
points, charges = np.random.rand(20000, 3), np.random.rand(20000) - 0.5
plan = octopole.Plan(points, digits=6, gradient=True, method="fmm")
u, g = plan(charges, gradient=True)
errors = plan.check(charges, {"potential": u, "gradient": g})
assert u.shape == (20000,) and g.shape == (20000, 3) and all(e.rel_l2 < 1e-6 for e in errors.values()), errors
print("  errors", {name: f"{e.rel_l2:.1e}" for name, e in errors.items()})
END
else
  note "Python ($(tail -n 1 log))"
fi
echo "people: right"
