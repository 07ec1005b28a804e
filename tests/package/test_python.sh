#!/usr/bin/env bash
# The Python package, as somebody installs it: the library installed, a fresh virtual environment, `pip install` of the
# folder python, its own tests, the example. Skipped (77) where Python, its headers or what it is built with cannot be
# had. OCTOPOLE_PYTHON: another interpreter than python3.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
skip() { echo "skipped: $*"; exit 77; }
source=$OCTOPOLE_SOURCE_DIR build=$OCTOPOLE_BINARY_DIR
base=${OCTOPOLE_PYTHON:-python3}

case ",$OCTOPOLE_KOKKOS_DEVICES," in
  *,CUDA,* | *,HIP,* | *,SYCL,*) skip "the package is for processors" ;;
esac
! grep -q '^CMAKE_CXX_FLAGS:.*-fsanitize' "$build/CMakeCache.txt" || skip "an interpreter does not load sanitizers' libraries"
command -v "$base" > /dev/null || skip "no $base"
"$base" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || skip "$("$base" --version) is older than 3.10"
"$base" -c 'import os, sysconfig; assert os.path.exists(sysconfig.get_path("include") + "/Python.h")' 2> /dev/null ||
  skip "no headers of $base (Debian: python3-dev)"
"$base" -m venv "$work/venv" > "$work/log" 2>&1 || skip "$base makes no virtual environment (Debian: python3-venv): $(tail -n 1 "$work/log")"
pip() { "$work/venv/bin/pip" --disable-pip-version-check --quiet --cache-dir "$build/pip" "$@"; }
pip install --timeout 15 --retries 1 numpy pytest scikit-build-core nanobind > "$work/log" 2>&1 ||
  skip "PyPI does not give what the package is built with: $(tail -n 1 "$work/log")"

unset OCTOPOLE_PREFIX # what follows knows the installed library alone
export XDG_CACHE_HOME=$work/cache PYTHONDONTWRITEBYTECODE=1 CMAKE_PREFIX_PATH=$work/octopole
cmake --install "$build" --prefix "$work/octopole" > "$work/log"
if command -v ccache > /dev/null; then # nanobind's sources are the same every time
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_BASEDIR=$work CCACHE_NOHASHDIR=1 CCACHE_DIR=${CCACHE_DIR:-$build/ccache}
fi
pip install --no-build-isolation --no-deps --config-settings=build-dir="$work/build" \
  --config-settings=cmake.define.OCTOPOLE_PYTHON_LIBRARY=installed \
  "$source/python" > "$work/log" 2>&1 || { tail -n 40 "$work/log"; fail "pip install"; }

cd "$work"
python=$work/venv/bin/python
if [ -x "$work/venv/bin/octopole-python" ]; then
  # Without it one sentence says what to do.
  ! "$python" -c 'import octopole' 2> said || fail "octopole-python is there without need"
  grep -q '^ImportError: octopole: .* needs a newer C library .* start it as octopole-python' said || { cat said; fail "no sentence"; }
  python=$work/venv/bin/octopole-python
  echo "run under the C library of Kokkos' packages, by octopole-python"
else
  echo "run under the system's C library"
fi
"$python" -m pytest -q -p no:cacheprovider "$source/python/tests"

for page in README.md python/README.md docs/moving.md; do # what they show works
  awk '/^```python$/ {inside = 1; next} /^```$/ {inside = 0} inside' "$source/$page" > page.py
  [ -s page.py ] || fail "$page shows no Python"
  "$python" page.py > said 2>&1 || { cat said; fail "the program in $page"; }
done

cat > small.json << 'END'
{"experiment": "small", "npoints": 4000, "data_type": "random", "order_equivalent": 6, "order_check": 6, "kernel": "laplace",
 "backend": "numba", "alpha_inner": 1.05, "alpha_outer": 2.95, "max_level": 10, "max_points": 150, "target_rank": 150,
 "precision": "double", "cond": 1e-16}
END
"$python" "$source/python/examples/pyexafmm.py" small.json --check 200 > said || { cat said; fail "the example"; }
grep -q '^potential: relative L2 error [0-9.]*e-0[5-9]' said || { cat said; fail "the example's error"; }
sed -i 's/"numba"/"numba", "cores": 4/' small.json
! "$python" "$source/python/examples/pyexafmm.py" small.json > said 2>&1 || fail "an unknown key is taken"
grep -q "^pyexafmm.py: small.json: found the key 'cores', allowed " said || { cat said; fail "no sentence about a key"; }
echo "python: right"
