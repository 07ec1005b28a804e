#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs the driver under mpirun on 1, 2 and 3 ranks: the same results, byte by byte, and one line and one status whatever
# is wrong on whichever rank.
#   test_ranks_driver.sh     the driver: $OCTOPOLE_FMM; how to start ranks, up to their number: $OCTOPOLE_MPIEXEC
set -uo pipefail
[ -x "${OCTOPOLE_FMM:-}" ] && [ -n "${OCTOPOLE_MPIEXEC:-}" ] || { echo "no driver, or no mpirun"; exit 77; }
driver=$(realpath "$OCTOPOLE_FMM")
read -ra mpiexec <<< "$OCTOPOLE_MPIEXEC"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export XDG_CACHE_HOME=$work/cache OMP_PROC_BIND=false OMP_NUM_THREADS=1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
failures=0 cases=0

fail() {
  failures=$((failures + 1))
  echo "FAILED: $1"
  [ $# -lt 2 ] || printf '  %s\n' "${@:2}"
}

# on RANKS ARGUMENTS...: leaves .out, .err and $status. Of stderr the driver's own lines: mpirun adds some.
on() {
  timeout 20 "${mpiexec[@]}" "$1" "$driver" "${@:2}" > .out 2> .all
  status=$?
  grep '^octopole_fmm: ' .all > .err
}

# same NAME ARGUMENTS...: the table of results has the same bytes on 1, 2 and 3 ranks.
same() {
  local name=$1 ranks
  shift
  cases=$((cases + 1))
  for ranks in 1 2 3; do
    on $ranks "$@" --method fmm --repeat 1 --output "$name.$ranks.csv"
    [ $status -eq 0 ] || fail "$* on $ranks ranks" "status $status" "$(cat .all)"
    cmp -s "$name.1.csv" "$name.$ranks.csv" || fail "$* on $ranks ranks" "results differ from those of one"
  done
  [ "$(wc -l < "$name.1.csv")" -gt 2 ] || fail "$*" "no results"
}

# refused RANKS EXPECTED_LINE ARGUMENTS...: one line, which may be a pattern, and status 2.
refused() {
  local ranks=$1 expected=$2
  cases=$((cases + 1))
  on "$ranks" "${@:3}"
  one_line 2 "$expected" "${*:3} on $ranks ranks"
}
one_line() {
  [ "$status" -eq "$1" ] || fail "$3" "status $status, expected $1" "$(cat .all)"
  [ "$(wc -l < .err)" -eq 1 ] || fail "$3" "not one line:" "$(cat .all)"
  # shellcheck disable=SC2254
  case $(cat .err) in
    "octopole_fmm: "$2) ;;
    *) fail "$3" "found    $(cat .err)" "expected octopole_fmm: $2" ;;
  esac
}

# ---------------------------------------------------------------- the same points and results on any number of ranks
same drawn --n 3000 --distribution two-scale --gradient
# More rows than are written at a time.
same many --n 70000 --digits 2
same vectors --n 1000 --kernel stokeslet --rhs 2 --charges positive --digits 3
awk 'BEGIN { srand(1); print "# a table"; print "q,x,y,z,name"; for (i = 0; i < 2000; ++i)
  printf "%.17g,%.17g,%.17g,%.17g,\"a%d\"\n", rand() - 0.5, rand(), 7 * rand(), rand(), i * i }' > table.csv
same text --input table.csv --digits 4
# The line ends of Windows, none at the end, and fewer points than ranks.
printf '0 0 0 1\r\n0.5 0.5 0.5 2' > two.txt
same few --input two.txt --digits 3
awk 'BEGIN { srand(2); for (i = 0; i < 400; ++i) print rand(), rand(), 2 * rand() }' > targets.txt
same targets --input table.csv --targets targets.txt --gradient --digits 3
awk -F, 'NR > 2 { print $2, $3, $4 }' table.csv > own.txt
same own --input table.csv --targets own.txt --digits 4
cmp -s text.1.csv <(cut -d, -f1-5 text.3.csv) || fail "the text's results" "no potential beside x, y, z, q"
cmp -s text.2.csv own.2.csv || fail "targets that are the sources, read from another file" "other results"
same molecule --input "$OCTOPOLE_SOURCE_DIR/examples/data/synthetic.pqr" --digits 3

on 1 --n 900 --kernel helmholtz --digits 3 --repeat 1 --method fmm --output waves.h5
if [ $status -eq 0 ]; then  # where there is HDF5
  same hdf5 --input waves.h5 --kernel helmholtz --digits 3
  on 3 --input table.csv --digits 4 --repeat 1 --output text.h5
  [ $status -eq 0 ] || fail "an HDF5 file written by three ranks" "status $status" "$(cat .all)"
  same again --input text.h5 --digits 4
  cmp -s again.2.csv text.2.csv || fail "an HDF5 file written by three ranks" "not the points that were read"
fi

# ---------------------------------------------------------------- one table, one report, one check
cases=$((cases + 1))
on 3 --n 4000 --digits 4 --check 200 --updates 1 --repeat 1 --json run.json --output run.npz
[ $status -eq 0 ] || fail "a checked run on 3 ranks" "status $status" "$(cat .all)"
[ "$(grep -c '^configuration' .out)" -eq 1 ] || fail "three ranks" "not one table:" "$(cat .out)"
for words in 'cube, 4000 sources, 4000 targets' '3 ranks, each ' 'minimum     mean  maximum' '  M2L  *[0-9.]*  *[0-9.]*  *[0-9.]*$' \
  'MB sent by an evaluate' 'error against a direct double sum, 200 targets'; do
  grep -q "$words" .out || fail "three ranks" "no '$words' in the table:" "$(cat .out)"
done
for words in 'seconds waited, in these' 'in [0-9]* messages'; do
  grep -q "$words" .out || fail "three ranks" "no '$words' in the table:" "$(cat .out)"
done
if command -v python3 > /dev/null; then
  python3 -c "import zipfile; assert zipfile.ZipFile('run.npz').testzip() is None" || fail "run.npz of 3 ranks" "damaged"
fi
grep -q '"n": 3' run.json || fail "three ranks" "no ranks in the JSON" "$(cat run.json)"
error() { grep '"potential_rel_l2"' "$1" | tr -dc '0-9.e-' | cut -c1-6; }
on 1 --n 4000 --digits 4 --check 200 --repeat 1 --method fmm --json one.json
[ "$(error run.json)" = "$(error one.json)" ] || fail "the error on 3 ranks" "$(error run.json)" "on one: $(error one.json)"
# Boxes and pairs of all ranks, which are those of one.
for key in n_sources n_targets n_leaves depth leaf_capacity; do
  [ "$(grep "\"$key\"" run.json)" = "$(grep "\"$key\"" one.json)" ] ||
    fail "$key on 3 ranks" "$(grep "\"$key\"" run.json)" "on one: $(grep "\"$key\"" one.json)"
done
of_all() { grep -A 4 "\"$2\"" "$1"; }
for key in boxes_by_level pairs; do
  [ "$(of_all run.json $key)" = "$(of_all one.json $key)" ] ||
    fail "$key on 3 ranks" "$(of_all run.json $key)" "on one: $(of_all one.json $key)"
done

# ---------------------------------------------------------------- one line and one status
refused 2 "--digits: found '99', expected an integer from 1 to 10" --digits 99
refused 3 "Octopole::Plan on ranks: found Method::direct, *" --n 100 --method direct
refused 2 "Octopole::Plan on ranks: found Options::tune, *" --n 100 --tune
refused 2 "standard input: found it on 2 ranks, expected a file*" --input -
refused 3 "nowhere.csv: found no such file, *" --input nowhere.csv
refused 2 "--output: *expected a file that can be written" --n 100 --output nowhere/out.csv
sed '1500s/^[^,]*/1.5e/' table.csv > broken.csv
refused 3 "broken.csv:1500: column 1: found '1.5e', expected a finite number" --input broken.csv
{ cat table.csv; echo '# nothing behind'; } | sed '1990s/,"a.*//' > short.csv
refused 2 "short.csv:1990: found 4 columns, expected 5 columns, as the header names" --input short.csv
printf '# nothing\n' > empty.csv
refused 2 "empty.csv: found no points, *" --input empty.csv
# A file that one rank alone does not have, first or last.
cases=$((cases + 2))
for order in "2 table.csv : 1 nowhere.csv" "1 nowhere.csv : 2 table.csv"; do
  read -r n first _ m second <<< "$order"
  timeout 20 "${mpiexec[@]}" "$n" "$driver" --input "$first" : "${mpiexec[@]: -1}" "$m" "$driver" --input "$second" > .out 2> .all
  status=$?
  grep '^octopole_fmm: ' .all > .err
  one_line 2 "nowhere.csv: found no such file, *" "a file that some ranks do not have ($order)"
done
# Results that are not finite: written, and status 3.
cases=$((cases + 1))
printf '0 0 0 1e308\n1e-3 0 0 1e308\n0 1e-3 0 1e308\n' > huge.txt
on 2 --input huge.txt --digits 3 --repeat 1 --output huge.csv
one_line 3 "potential: 3 of 3 numbers are not finite" "results that are not finite"
[ -s huge.csv ] || fail "results that are not finite" "not written"
# Once, for all.
cases=$((cases + 1))
on 3 --version
[ $status -eq 0 ] && [ "$(wc -l < .out)" -eq 1 ] || fail "--version on 3 ranks" "status $status" "$(cat .out)"

ls -A | grep -q partial && fail "runs that failed" "left $(ls -A | grep partial)"
echo "$cases cases, $failures failed"
[ $failures -eq 0 ]
