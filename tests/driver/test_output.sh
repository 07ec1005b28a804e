#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Results as the driver writes them, in the hands of those who read them: CSV and NPZ by Python alone, HDF5 by h5py,
# XDMF by meshio and pyvista where $OCTOPOLE_PYTHON (default: python3) has them. And as its own input again.
set -euo pipefail
driver=$(realpath "${1:-${OCTOPOLE_FMM:-none}}" 2>/dev/null || true)
[ -x "$driver" ] || { echo "no driver: give its path"; exit 77; }
python=${OCTOPOLE_PYTHON:-python3}
command -v "$python" > /dev/null || { echo "no $python: the files that the driver writes are not read"; exit 77; }
check=$(dirname "$(realpath "${BASH_SOURCE[0]}")")/check_results.py
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_CACHE_HOME=$work/cache OMP_PROC_BIND=false
fail() { echo "FAILED: $*"; exit 1; }

hdf5=yes
"$driver" --n 10 --output probe.h5 > out 2>&1 || hdf5=no
names=csv\ npz
[ $hdf5 = no ] || names="h5 $names"
while read -r arguments; do
  rm -f r.*
  for extension in $names; do
    # shellcheck disable=SC2086
    "$driver" $arguments --repeat 1 --output r.$extension > out 2> err || fail "$arguments: $(cat err)"
    sed -n '/^written$/,$p' out | grep -q "r\.$extension\$" || fail "$arguments: the report does not name r.$extension"
  done
  read_by=$("$python" "$check" r) || fail "$arguments"
done << 'END'
--n 150 --outputs potential,gradient,hessian
--n 150 --kernel helmholtz --gradient
--n 150 --kernel helmholtz --gradient --rhs 2
--n 150 --kernel stokeslet --outputs velocity,pressure --rhs 3
--n 150 --kernel biot-savart --outputs velocity,velocity_gradient
END
echo "read by: $read_by"

# What was written is an input again: the same charges give the same potentials.
"$driver" --n 150 --method direct --output a.csv > out
"$driver" --input a.csv --method direct --output b.csv > out
cmp a.csv b.csv
if [ $hdf5 = yes ]; then
  "$driver" --n 150 --method direct --output a.h5 > out
  "$driver" --input a.h5 --method direct --output c.csv > out
  cmp a.csv c.csv
  # A molecule has units of its own.
  printf 'ATOM 1 C X 1 0.0 0.0 0.0 1 1\nATOM 2 C X 2 1.0 0.0 0.0 1 1\n' > two.pqr
  "$driver" --input two.pqr --output two.h5 > out
  if command -v h5dump > /dev/null; then h5dump -a /potential/units two.h5 | grep -q '"e/Angstrom"' || fail "no unit"; fi
fi
# Targets of their own: no charges beside them.
printf '5,5,5\n' > place.csv
"$driver" --n 150 --targets place.csv --output d.csv > out
[ "$(head -n 1 d.csv)" = x,y,z,potential ] && [ "$(wc -l < d.csv)" = 2 ] || fail "targets: $(cat d.csv)"
echo "output: right"
