#!/usr/bin/env bash
# Finds or fetches what is missing, builds the driver and runs it.
#   perf/run.sh                    the main job: 1e6 points in the cube, then a molecule
#   perf/run.sh [driver options]   octopole_fmm with these options (perf/run.sh --help)
# OCTOPOLE_PREFIX: the private prefix (default build/prefix).
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$repository/cmake/toolchain/setup.sh"
octopole_setup no >&2
octopole_build openmp >&2
driver=$repository/build/openmp/perf/octopole_fmm

if [ $# -gt 0 ]; then exec "$driver" "$@"; fi

"$driver" --n 1e6 --digits 6 --check 1000

pqr=
for folder in /usr/share/apbs /usr/share/doc/apbs-data; do
  [ -d $folder ] && pqr=$(find $folder -name 'achbp.pqr*' | head -n 1)
  [ -z "$pqr" ] || break
done
[ -n "$pqr" ] || octopole_die "no molecule: the package apbs-data, with achbp.pqr, is not installed"
case $pqr in
  *.gz) gzip -dc "$pqr" > "$repository/build/achbp.pqr"; pqr=$repository/build/achbp.pqr ;;
esac
echo
"$driver" --input "$pqr" --digits 6 --method fmm --check 100000
