#!/usr/bin/env bash
# The pictures that perf/scripts/plot_run.py draws of the driver's runs, for every kernel: the files, what is in them, the
# errors that are counted, and the page's script, run by node where there is one. Skipped (77) where python3 (or
# $OCTOPOLE_PYTHON) lacks h5py and matplotlib and PyPI does not give them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
skip() { echo "skipped: $*"; exit 77; }
source=$OCTOPOLE_SOURCE_DIR driver=${OCTOPOLE_FMM:-}
[ -x "$driver" ] || skip "no driver"
grep -q '^#define OCTOPOLE_HAVE_HDF5' "$OCTOPOLE_BINARY_DIR/include/Octopole_Config.hpp" || skip "a build without HDF5"
driver=$(realpath "$driver")
python=${OCTOPOLE_PYTHON:-python3}
command -v "$python" > /dev/null || skip "no $python"
export MPLCONFIGDIR=$work XDG_CACHE_HOME=$work PYTHONDONTWRITEBYTECODE=1 OMP_PROC_BIND=false
if ! "$python" -c 'import h5py, matplotlib' 2> /dev/null; then
  { "$python" -m venv "$work/venv" && "$work/venv/bin/pip" --disable-pip-version-check -q --cache-dir "$OCTOPOLE_BINARY_DIR/pip" \
    install --timeout 15 --retries 1 h5py matplotlib; } > "$work/log" 2>&1 || skip "no h5py and matplotlib: $(tail -n 1 "$work/log")"
  python=$work/venv/bin/python
fi
cd "$work"
run() { "$driver" --digits 4 --n 3000 --output "$@" > log 2>&1 || { cat log; exit 1; }; }
run laplace.h5 --outputs potential,gradient,hessian --method fmm
run dipole.h5 --dipole --outputs potential,gradient,hessian --rhs 2
run yukawa.h5 --kernel yukawa --screening 2 --gradient
run helmholtz.h5 --kernel helmholtz --wavenumber 3 --gradient
run stokeslet.h5 --kernel stokeslet --outputs velocity,pressure
run vortices.h5 --kernel biot-savart --core 0.02 --outputs velocity,velocity_gradient
"$python" "$source/tests/driver/check_pictures.py" "$source/perf/scripts" "$work"
