#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs the driver as a user would: every kind of bad input (status 2, one line on stderr in the one
# form, nothing written), then every kind of good one.
#   test_driver.sh [DRIVER]     default: $OCTOPOLE_FMM
# The HDF5 samples come from test_readers in $OCTOPOLE_BINARY_DIR; without it those cases are left out.
set -uo pipefail
driver=${1:-${OCTOPOLE_FMM:-}}
[ -x "$driver" ] || { echo "no driver '$driver': give its path"; exit 77; }
driver=$(realpath "$driver")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export XDG_CACHE_HOME=$work/cache OMP_PROC_BIND=false
failures=0 cases=0 last=''

fail() {
  failures=$((failures + 1))
  echo "FAILED: $1"
  [ $# -lt 2 ] || printf '  %s\n' "${@:2}"
}

# refused EXPECTED_LINE ARGUMENTS...: the line may be a pattern.
refused() {
  local expected=$1 before status
  shift
  cases=$((cases + 1))
  before=$(ls -AR "$work")
  "$driver" "$@" > "$work/.out" 2> "$work/.err"
  status=$?
  local line
  line=$(cat "$work/.err")
  [ $status -eq 2 ] || fail "$*" "status $status, expected 2" "$line"
  [ "$(wc -l < "$work/.err")" -eq 1 ] || fail "$*" "not one line on stderr:" "$line"
  [ ! -s "$work/.out" ] || fail "$*" "something on stdout"
  case $line in
    "octopole_fmm: "*": found "*", expected "*) ;;
    *) fail "$*" "not in the form PLACE: found X, expected Y:" "$line" ;;
  esac
  # shellcheck disable=SC2254
  case $line in
    "octopole_fmm: "$expected) ;;
    *) fail "$*" "found    $line" "expected octopole_fmm: $expected" ;;
  esac
  [ "$before" = "$(ls -AR "$work")" ] || fail "$*" "files were made or removed"
}

: > .out; : > .err  # so that the listing before the first case has them
# ---------------------------------------------------------------- bad options
refused "--digits: found '99', expected an integer from 1 to 10" --digits 99
refused "--digits: found '0', expected an integer from 1 to 10" --digits 0
refused "--digits: found 'six', expected an integer from 1 to 10" --digits six
refused "--digits: found nothing, expected a value" --digits
refused "--digits: found '6', expected an integer from 1 to 4 (all that single precision holds)" --precision single --digits 6
refused "--digits: found '5', expected an integer from 1 to 4 *" --digits=5 --precision=single
refused "--order: found '1', expected an integer from 2 to 14" --order 1
refused "--order: found '1000', expected an integer from 2 to 14" --order 1000
refused "--order: found it beside --digits, expected only one of the two" --order 6 --digits 6
refused "--n: found '0', *" --n 0
refused "--n: found '-5', *" --n -5
refused "--n: found '2.5', *" --n 2.5
refused "--n: found '1e30', *" --n 1e30
refused "--n: found it 2 times, expected it at most once" --n 10 --n 20
refused "--seed: found 'x', *" --seed x
refused "--distribution: found 'torus', *" --distribution torus
refused "--charges: found 'negative', *" --charges negative
refused "--kernel: found 'coulomb', expected one of laplace, yukawa, helmholtz, stokeslet, biot-savart, charge-dipole, softened-laplace" --kernel coulomb
refused "--screening: found it with the kernel laplace, expected --kernel yukawa" --screening 1
refused "--wavenumber: found it with the kernel yukawa, expected --kernel helmholtz" --kernel yukawa --wavenumber 1
refused "--core: found it with the kernel helmholtz, expected --kernel biot-savart" --kernel helmholtz --core 1
refused "--core: found '-1', expected a number of at least 0" --kernel biot-savart --core -1
refused "--softening: found it with the kernel laplace, expected --kernel softened-laplace" --softening 1
refused "--dipole: found it with the kernel stokeslet, expected --kernel laplace" --kernel stokeslet --dipole
refused "--gradient: found it with the kernel stokeslet, expected --kernel laplace, yukawa, helmholtz, charge-dipole or softened-laplace" --kernel stokeslet --gradient
refused "--outputs: found 'hessian', expected one or more of potential, gradient, which yukawa offers" --kernel yukawa --outputs hessian
refused "--outputs: found 'potential', expected one or more of velocity, pressure, which stokeslet offers" --kernel stokeslet --outputs velocity,potential
refused "--outputs: found it beside --gradient, expected only one of the two" --gradient --outputs potential
refused "--outputs: found 'pressure' more than once, *" --kernel stokeslet --outputs pressure,pressure
refused "--rhs: found '0', expected an integer from 1 to 1024" --rhs 0
refused "--precision: found 'half', *" --precision half
refused "--m2l: found 'svd', *" --m2l svd
refused "--m2l-tolerance: found '0', *" --m2l-tolerance 0
refused "--m2l-rank: found '-3', *" --m2l-rank -3
refused "--m2l-precision: found 'half', expected one of auto, double, single" --m2l-precision half
refused "--m2l-memory: found '0', *" --m2l-memory 0
refused "--near-field: found 'far', expected one of auto, exact, fast, mixed, rough" --near-field far
refused "--near-field: found 'mixed', expected auto, exact or fast with --precision single" --near-field mixed --precision single
refused "--m2l-precision: found 'single', expected auto or double but *" --m2l-precision single --m2l blas
refused "--m2l-precision: found 'single', expected auto or double but *" --m2l-precision single --precision single
refused "--root-scale: found '5', expected a number from 1 to 4" --root-scale 5
refused "--tune: found it beside a leaf capacity or --method direct, *" --tune --leaf-capacity 50
refused "--method: found 'fast', *" --method fast
refused "--leaf-capacity: found '0', *" --leaf-capacity 0
refused "--balance: found 'perhaps', *" --balance perhaps
refused "--cell: found '-1', expected a number above 0" --cell -1
refused "--cell: found it with the kernel helmholtz, expected --kernel laplace, stokeslet, biot-savart, yukawa, charge-dipole or softened-laplace" --cell 1 --kernel helmholtz
refused "--periodic: found it without --cell, *" --periodic x
refused "--periodic: found 'zx', expected one of x, y, z, xy, xz, yz, xyz" --periodic zx --cell 1
refused "--check: found it beside --periodic xy, *" --periodic xy --cell 1 --check 5
refused "charges: found a sum of *, expected zero, *" --periodic xy --cell 1 --n 1000
refused "charges: found a sum of *, expected zero, *" --periodic xy --cell 1 --n 1000 --kernel charge-dipole
refused "--check: found it of hessian beside --cell, *" --cell 1 --dipole --outputs hessian --check 5
refused "--check: found '0', *" --check 0
refused "--plans: found '0', *" --plans 0
refused "--updates: found '0', *" --updates 0
refused "--repeat: found '0', *" --repeat 0
refused "command line: found '--frobnicate', *" --frobnicate
refused "frobnicate: found no extension, *" frobnicate
refused "command line: found '7', *" good.csv --digits 6 7
refused "command line: found 'good.csv' beside --input, *" good.csv --input good.csv
refused "--threads: found '0', *" --threads 0
refused "--threads: found it beside --kokkos-num-threads, *" --threads 1 --kokkos-num-threads=1

# ---------------------------------------------------------------- bad files
printf '0,0,0,1\n1,0,0,-1\n0,1,0,1\n' > good.csv
mkdir folder folder.csv
refused "missing.csv: found no such file, expected a readable file" --input missing.csv
refused "--input: found nothing, *" --input ""
refused "good.abc: found the extension '.abc', *" --input good.abc
refused "missing.xyz: found no such file, *" --input missing.xyz
refused "good: found no extension, *" --input good
refused "folder.csv: found a directory, *" --input folder.csv
refused "--n: found it beside --input, *" --input good.csv --n 5
refused "--distribution: found it beside --input, *" --input good.csv --distribution cube
{ echo "x,y,z,q"; for i in $(seq 15); do echo "$i,0,0,1"; done; echo "1,2,abc,4"; } > points.csv
refused "points.csv:17: column 3: found 'abc', expected a finite number" --input points.csv
for value in nan inf -inf NaN 1e999; do
  printf '0 0 0 1\n1 %s 0 1\n' $value > bad.txt
  refused "bad.txt:2: column 2: found '$value', expected a finite number" --input bad.txt
  printf '0;0;0;1\n1;0;0;%s\n' $value > bad.txt
  refused "bad.txt:2: column 4: found '$value', expected a finite number" --input bad.txt
done
printf '1,2,3\n' > bad.csv
refused "bad.csv:1: found 3 columns, expected 4 columns: x y z q" --input bad.csv
: > bad.csv
refused "bad.csv: found no points, *" --input bad.csv
head -c 3000 /dev/urandom > bad.csv
refused "bad.csv:*" --input bad.csv
refused "good.csv:1: found 4 columns, expected 6 columns: x y z q1 q2 q3 (3 numbers per source, as stokeslet takes)" --input good.csv --kernel stokeslet
refused "good.csv:1: found 4 columns, expected 5 columns: x y z re im (a complex number per source, as helmholtz takes)" --input good.csv --kernel helmholtz
refused "good.csv:1: found 4 columns, expected 5 columns: x y z q1 q2 (one charge per source and right-hand side)" --input good.csv --rhs 2
refused "good.csv:1: found 4 columns, expected 3 columns: x y z" --n 10 --targets good.csv
refused "missing.csv: found no such file, *" --n 10 --targets missing.csv
printf 'ATOM 1 C X 1 0 0 0 1 1\n' > atom.pqr
refused "atom.pqr: found one charge per atom, all that .pqr holds, expected 3 numbers per source, *" --input atom.pqr --dipole
refused "atom.pqr: found the extension '.pqr', expected one of .h5, .hdf5, .xyz, .extxyz, .csv, .txt for targets" --n 10 --targets atom.pqr
printf 'ATOM 1 N NTE 1 67.2 25.8 x 0.18 1.8\n' > bad.pqr
refused "bad.pqr:1: column 8: found 'x', expected a finite number" --input bad.pqr
printf 'ATOM 1 N NTE 1 67.2 25.8 1.0 0.18\n' > bad.pqr
refused "bad.pqr:1: column 4: found 'NTE', expected a residue number, *" --input bad.pqr
printf 'ATOM 1 N NTE 1 67.2 25.8 1.0 0.18 1.8\nATOMS 2 N NTE 1 7.2 25.8 1.0 0.18 1.8\n' > bad.pqr
refused "bad.pqr:2: found the record 'ATOMS', expected ATOM or HETATM, *" --input bad.pqr
printf '1\n\nC 1 2 3\n' > bad.xyz
refused "bad.xyz:3: found 4 columns, expected 5: *" --input bad.xyz
printf 'id,x,y,z\n1,2,3,4\n' > bad.csv
refused "bad.csv:1: found the columns 'id x y z', expected each of x y z once, and once q, *" --input bad.csv
printf '1,2,3,\033[31mred\007\n' > bad.csv
refused "bad.csv:1: column 4: found '?\[31mred?', *" --input bad.csv
refused "--format: found 'vtk', expected one of auto, text, pqr, xyz, hdf5" --input good.csv --format vtk
refused "--frame: found it without --input, *" --n 10 --frame 1
refused "--particles: found it with good.csv, *" --input good.csv --particles PartType1
refused "--targets: found the standard input, which --input reads, *" --input - --targets -
refused "standard input: found no points, *" --input - < /dev/null
refused "standard input: found HDF5, expected *" --input - --format hdf5 < /dev/null
printf 'END\n' > bad.pqr
refused "bad.pqr: found no atoms, *" --input bad.pqr
echo text > bad.h5
refused "bad.h5: found *, expected *HDF5*" --input bad.h5
printf '{"npoints": 10, "frobnicate": 1}' > bad.json
refused "bad.json: found the key 'frobnicate', *" --config bad.json
printf '{"npoints": 10,' > bad.json
refused "bad.json:1: column *, expected JSON" --config bad.json
refused "missing.json: found no file that can be read, *" --config missing.json

# ---------------------------------------------------------------- bad places to write
for option in --json --output; do
  extension=json
  [ $option = --json ] || extension=h5
  [ $option = --json ] || "$driver" --help | grep -- --output > /dev/null || continue
  refused "$option: found 'no/such/folder.$extension' *" --n 10 $option no/such/folder.$extension
  refused "$option: found nothing, *" --n 10 $option ""
done
refused "--json: found 'folder' (a directory), *" --n 10 --json folder
refused "--output: found 'result.vtk', expected a file name that ends in .h5, .csv or .npz" --n 10 --output result.vtk
refused "--json: found 'good.csv', the input, *" --input good.csv --json good.csv
refused "--json: found 'good.csv', the targets, *" --n 10 --targets good.csv --json good.csv
# A bad input after a good output leaves nothing behind.
refused "bad.csv:*" --input bad.csv --json made.json --output made.h5

# ---------------------------------------------------------------- good runs
keys='n_sources n_targets distribution charges kernel dipole screening wavenumber core softening outputs rhs precision digits order check_order method m2l m2l_rank m2l_single near_field near_over_far leaf_capacity root_size cell periodic depth n_leaves boxes_by_level backend threads operators_source seconds plan tree lists operators update evaluate permute p2m m2m m2l p2l l2l l2p m2p p2p ranks error targets potential_rel_l2 potential_max gradient_rel_l2 gradient_max hessian_rel_l2 hessian_max velocity_rel_l2 velocity_max pressure_rel_l2 pressure_max velocity_gradient_rel_l2 velocity_gradient_max pairs p2p m2l m2p p2l launches rates points_per_second p2p_pairs_per_second m2l_gflops memory peak_rss_bytes plan_bytes version git'

value() { sed -n "s/^ *\"$1\": \(.*[^,]\),\{0,1\}\$/\1/p" run.json | head -n 1; }

# good ARGUMENTS...: status 0, a table, the JSON's keys in order.
good() {
  cases=$((cases + 1))
  last=$*
  rm -f run.json
  "$driver" "$@" --json run.json > out 2> err || fail "$*" "status $?" "$(cat err)"
  grep -q '^configuration' out || fail "$*" "no table on stdout"
  [ -f run.json ] || { fail "$*" "no JSON"; : > run.json; }
  local found
  found=$(grep -o '"[a-z0-9_]*":' run.json | tr -d '":' | tr '\n' ' ')
  [ "$found" = "$keys " ] || fail "$*" "keys found    $found" "keys expected $keys"
  ls | grep partial > /dev/null && fail "$*" "a temporary file is left"
}

# is KEY VALUE
is() { [ "$(value "$1")" = "$2" ] || fail "$1 of $last" "found $(value "$1"), expected $2"; }
# at_most KEY LIMIT, and a number
at_most() {
  awk -v x="$(value "$1")" -v limit="$2" 'BEGIN { exit !(x ~ /^[0-9.e+-]+$/ && x + 0 <= limit) }' ||
    fail "$1 of $last" "found $(value "$1"), expected at most $2"
}

# ends STATUS EXPECTED_LINE ARGUMENTS...: of a run that began, with that line on stderr (a pattern).
ends() {
  local wanted=$1 expected=$2 status
  shift 2
  cases=$((cases + 1))
  rm -f run.json
  "$driver" "$@" --json run.json > out 2> err
  status=$?
  [ $status -eq "$wanted" ] || fail "$*" "status $status, expected $wanted" "$(cat err)"
  # shellcheck disable=SC2254
  case $(cat err) in
    "octopole_fmm: "$expected) ;;
    *) fail "$*" "found    $(cat err)" "expected octopole_fmm: $expected" ;;
  esac
}
# short EXPECTED_LINE ARGUMENTS...: of the promise; everything is written.
short() {
  ends 3 "$@"
  grep -q '^configuration' out || fail "$*" "no table on stdout"
  [ -s run.json ] || fail "$*" "no JSON"
}
# Ten columns of a basis are no way to nine digits.
short 'potential: found a relative error of * at 100 targets, above the 1e-9 that the digits promise' \
  --n 4000 --digits 9 --method fmm --leaf-capacity 30 --m2l blas --m2l-rank 10 --check 100
# What the library refuses is bad input.
ends 2 '*waves of this length are too short*' --kernel helmholtz --wavenumber 200 --n 20000 --method fmm --leaf-capacity 40
[ ! -s out ] && [ ! -s run.json ] || fail "short waves" "something was written"
printf '0,0,0,1e308\n1e-3,0,0,1e308\n0,1e-3,0,1e308\n' > huge.csv
short 'potential: 3 of 3 numbers are not finite' --input huge.csv --method direct

good --n 5000 --check 100 --digits 6
is n_sources 5000; is n_targets 5000; is distribution '"cube"'; is charges '"zero-mean"'; is digits 6
is targets 100; is gradient_rel_l2 null; is precision '"double"'
at_most potential_rel_l2 1e-6
good --n 6000 --check all --method fmm --digits 6 --tune --near-field fast --m2l-precision double --m2l-memory 1 --cache tuned.h5
is near_field '"fast"'; is m2l_single false
at_most potential_rel_l2 1e-6
good --n 6000 --check all --method fmm --digits 6 --root-scale 1.2 --m2l-precision single --near-field mixed
is near_field '"mixed"'; is m2l_single true; is near_over_far 1.0
at_most potential_rel_l2 1e-6
good --n 2e3
is targets null; is potential_rel_l2 null; is potential_max null
for distribution in cube sphere plummer filament two-scale; do
  for charges in zero-mean positive; do
    good --n 4000 --distribution $distribution --charges $charges --digits 4 --method fmm --gradient --check all --repeat 1
    is method '"fmm"'; is targets 4000
    at_most potential_rel_l2 1e-4
    at_most gradient_rel_l2 1e-4
  done
done
good --n 4000 --cell 0.7 --digits 6 --gradient --check 100 --rhs 2
is method '"fmm"'; is cell 0.7; is root_size 0.7
at_most potential_rel_l2 1e-6
at_most gradient_rel_l2 1e-6
good --n 4000 --cell 1 --digits 4 --charges positive --gradient --check 100
at_most potential_rel_l2 1e-4
at_most gradient_rel_l2 1e-4
good --n 2000 --cell 1 --digits 4 --outputs potential,gradient,hessian --check 100
at_most gradient_rel_l2 1e-4; at_most hessian_rel_l2 1e-4
for screening in 2.5 60; do
  good --n 2000 --cell 1 --digits 4 --kernel yukawa --screening $screening --charges positive --gradient --check 100 --rhs 2
  at_most potential_rel_l2 1e-4; at_most gradient_rel_l2 1e-4
done
good --n 2000 --cell 1 --digits 4 --kernel softened-laplace --softening 0.2 --outputs potential,gradient,hessian --check 100
at_most potential_rel_l2 1e-4; at_most gradient_rel_l2 1e-4; at_most hessian_rel_l2 1e-4
good --n 2000 --cell 1 --digits 4 --kernel yukawa --screening 5 --periodic x
good --n 2000 --cell 1 --digits 4 --dipole --periodic yz
is periodic '"yz"'
good --n 2000 --cell 1 --digits 4 --dipole --gradient --check 100
at_most potential_rel_l2 1e-4; at_most gradient_rel_l2 1e-4
good --n 2000 --cell 1 --digits 4 --kernel charge-dipole --gradient --check 100 --rhs 2
at_most potential_rel_l2 1e-4; at_most gradient_rel_l2 1e-4
good --n 2000 --cell 1 --digits 4 --kernel stokeslet --outputs velocity,pressure --check 100 --rhs 2
at_most velocity_rel_l2 1e-4; at_most pressure_rel_l2 1e-4
for core in 0 0.02; do
  good --n 2000 --cell 1 --digits 4 --kernel biot-savart --core $core --outputs velocity,velocity_gradient --check 100 --rhs 2
  at_most velocity_rel_l2 1e-4; at_most velocity_gradient_rel_l2 1e-4
done
good --n 4000 --check 5
is cell null; is periodic null
for unit in e-145 e145; do  # whose squares, or those of the results, no double holds
  awk -v unit=$unit 'BEGIN { srand(3); for (i = 0; i < 5000; ++i)
    printf "%.6f%s %.6f%s %.6f%s %.6f\n", rand(), unit, rand(), unit, rand(), unit, rand() - 0.5 }' > far.txt
  good --input far.txt --digits 6 --method fmm --gradient --check 100
  at_most potential_rel_l2 1e-6; at_most gradient_rel_l2 1e-6
  [ "$(value gradient_rel_l2)" != 0.0 ] || fail "$last" "no error at all"
done
good --n 4000 --precision single --digits 3 --gradient --check 200 --method fmm
at_most potential_rel_l2 1e-3
at_most gradient_rel_l2 1e-3
good --n 3000 --order 5 --check 50 --cache off --method fmm
is order 5; is digits null; is operators_source '"computed"'
is update null
good --n 3000 --order 5 --check 50 --method fmm --updates 3
at_most update 60
good --n 2000 --method direct --check 50
is method '"direct"'
at_most potential_rel_l2 1e-12

# Every kernel with all outputs: the plain sum to the last digits, the fast one to those asked for.
all_outputs() {
  case $1 in
    laplace* | charge-dipole* | softened-laplace*) echo potential hessian gradient ;;
    yukawa* | helmholtz*) echo potential gradient ;;
    stokeslet*) echo velocity pressure ;;
    biot-savart*) echo velocity velocity_gradient ;;
  esac
}
for kernel in "laplace" "laplace --dipole" "yukawa --screening 3" "helmholtz --wavenumber 5" \
  "stokeslet" "biot-savart" "biot-savart --core 0.05" "charge-dipole" "softened-laplace --softening 0.1"; do
  outputs=$(all_outputs "$kernel")
  for sides in 1 3; do
    # shellcheck disable=SC2086
    good --kernel $kernel --outputs "${outputs// /,}" --rhs $sides --n 1500 --method direct --check 100 --repeat 1
    is method '"direct"'; is rhs $sides; is kernel "\"${kernel%% *}\""; is targets 100
    for output in $outputs; do at_most "${output}_rel_l2" 1e-11; at_most "${output}_max" 1e-10; done
    # shellcheck disable=SC2086
    good --kernel $kernel --outputs "${outputs// /,}" --rhs $sides --n 4000 --method fmm --digits 4 --check 100 --repeat 1
    is method '"fmm"'
    for output in $outputs; do at_most "${output}_rel_l2" 1e-4; done
  done
  # One output alone, the last one; single precision; halves of two scales.
  # shellcheck disable=SC2086
  good --kernel $kernel --outputs "${outputs##* }" --n 1000 --distribution two-scale --precision single --method direct --check all --repeat 1
  at_most "${outputs##* }_rel_l2" 1e-3
  # Its default: the first output.
  # shellcheck disable=SC2086
  good --kernel $kernel --n 1000 --check 10 --plans 2 --repeat 1
  at_most "${outputs%% *}_rel_l2" 1e-4
done
good --kernel yukawa --screening 3 --n 500
is screening 3.0; is wavenumber null; is core null; is dipole false
grep -q 'kernel  *yukawa (screening 3), double, potential$' out || fail "$last" "$(grep kernel out)"
good --dipole --outputs gradient,hessian --n 500 --rhs 2
is dipole true; is potential_rel_l2 null
grep -q 'kernel  *laplace dipole, double, gradient, hessian$' out || fail "$last" "$(grep kernel out)"
grep -q 'charges  *zero-mean, 2 right-hand sides$' out || fail "$last" "$(grep charges out)"
tr '\n' ' ' < run.json | grep '"outputs": \[ *"gradient", *"hessian" *\]' > /dev/null || fail "$last" "outputs not listed"

# Charges of several numbers from a text; points of their own.
printf '0 0 0 1 0 0\n1 0 0 0 2 0\n0 1 0 0 0 3\n' > forces.txt
printf '0.5 0.5 0.5\n2 2 2\n' > places.csv
good --input forces.txt --kernel stokeslet --outputs velocity,pressure --targets places.csv --check all
is n_sources 3; is n_targets 2; is targets 2
at_most velocity_rel_l2 1e-12
at_most pressure_rel_l2 1e-12
good --input forces.txt --kernel stokeslet --targets places.csv --updates 1
at_most update 60
good --input forces.txt --rhs 3 --check all
is rhs 3; is n_targets 3
at_most potential_rel_l2 1e-12
good --n 3000 --distribution two-scale --targets places.csv --check all --method direct
at_most potential_rel_l2 1e-12
printf '{"npoints": 500, "data_type": "random", "kernel": "laplace"}' > kernel.json
refused "--screening: found it with the kernel laplace, expected --kernel yukawa" --config kernel.json --screening 2
good --config kernel.json --kernel yukawa --screening 2
is kernel '"yukawa"'; is screening 2.0

# The same points by every way in. An order high enough for each to agree.
for i in $(seq 300); do echo "$i"; done | awk '{ printf "%.6f %.6f %.6f %.4f\n", sin($1), cos(1.7 * $1), sin(2.3 * $1), cos($1) }' > blanks.txt
{ echo "x,y,z,q"; tr ' ' ',' < blanks.txt; } > comma.csv
{ echo "# a comment"; tr ' ' ';' < blanks.txt; } > semicolon.csv
tr ' ' '\t' < blanks.txt > tab.txt
awk '{ print "ATOM", NR, "C", "ALA", NR, $1, $2, $3, $4, 1.5 }' blanks.txt > plain.pqr
awk '{ print "HETATM", NR, "C", "ALA", "A", NR, $1, $2, $3, $4, 1.5 }' blanks.txt > chain.pqr
{ echo "id,charge,z,y,x"; awk -v OFS=, '{ print NR, $4, $3, $2, $1 }' blanks.txt; } > named.csv
{ echo 300; echo "Properties=species:S:1:pos:R:3:charge:R:1"; awk '{ print "C", $0 }' blanks.txt; } > extended.xyz
"$driver" --input - --check 1000 --json piped.json < blanks.txt > out 2> err || fail "--input -" "$(cat err)"
grep '"distribution": "standard input"' piped.json > /dev/null || fail "--input -" "the JSON names something else"
potential=
for file in blanks.txt comma.csv semicolon.csv tab.txt named.csv extended.xyz plain.pqr chain.pqr; do
  good --input $file --check 1000
  is n_sources 300; is targets 300; is distribution "\"$file\""; is charges '"file"'
  at_most potential_rel_l2 1e-6
  # The same points and charges have the same error, to the last digit.
  [ "${potential:-$(value potential_rel_l2)}" = "$(value potential_rel_l2)" ] || fail "$file" "another error than of blanks.txt"
  potential=$(value potential_rel_l2)
  case $file in
    *.pqr) grep -q 'Coulomb energy .* kJ/mol' out && grep -q 1389.35457644 out || fail "$file" "no Coulomb energy with its constant" ;;
    *) ! grep -q Coulomb out || fail "$file" "an energy of what is no molecule" ;;
  esac
done
# Two charges of 1 e at 1 Angstrom: the constant itself.
printf 'ATOM 1 C X 1 0 0 0 1 1\nATOM 2 C X 2 1 0 0 1 1\n' > two.pqr
refused "two.pqr: found no cell, expected a record CRYST1 *" --input two.pqr --periodic xyz
printf 'CRYST1 4 4 5 90 90 90\n' | cat - two.pqr > cell.pqr
refused "cell.pqr: found a cell of edges 4, 4 and 5 and angles 90, 90 and 90, expected a cube along x, y and z" --input cell.pqr --periodic xyz
printf 'CRYST1 4 4 4 90 90\n' | cat - two.pqr > cell.pqr
refused "cell.pqr:1: found a record CRYST1 without six numbers above 0, *" --input cell.pqr
printf 'CRYST1  104.250  104.250  104.250  90.00  90.00  90.00 P 1\n' | cat - two.pqr > cell.pqr
good --input cell.pqr --periodic xyz --check all
is cell 104.25; is root_size 104.25
at_most potential_rel_l2 1e-6
printf '2\nLattice="8 0 0 0 8 0 0 0 8" Properties=species:S:1:pos:R:3:charge:R:1\nNa 1 1 1 1\nCl 5 5 5 -1\n' > cell.xyz
good --input cell.xyz --periodic xyz --check all
is cell 8.0
at_most potential_rel_l2 1e-6
printf '1\nLattice="0 8 0 8 0 0 0 0 8"\nNa 1 1 1 1\n' > cell.xyz
refused "cell.xyz: found a cell of edges 8, 8 and 8 and angles 90, 90 and 90, not along the axes, expected a cube *" \
  --input cell.xyz --periodic xyz
# A crystal of rock salt, 2.82 Angstrom from ion to ion: 32 pairs of 1.747564594633 (Madelung) * 1389.35457644 / 2.82.
awk 'BEGIN {
  print "CRYST1 11.28 11.28 11.28 90 90 90"
  for (i = 0; i < 64; ++i) {
    x = i % 4; y = int(i / 4) % 4; z = int(i / 16); odd = (x + y + z) % 2
    printf "ATOM %d %s SALT 1 %.2f %.2f %.2f %d 1\n", i + 1, odd ? "CL" : "NA", 2.82 * x, 2.82 * y, 2.82 * z, odd ? -1 : 1
  }
}' > salt.pqr
good --input salt.pqr --periodic xyz --digits 9 --check all
at_most potential_rel_l2 1e-9
grep -q 'Coulomb energy  *-27551.624 kJ/mol' out || fail salt.pqr "$(grep Coulomb out)"
good --input two.pqr
grep -q 'Coulomb energy  *1389.3546 kJ/mol' out || fail two.pqr "$(grep Coulomb out)"
printf '1 2 3 4\n' > one.txt
good --input one.txt --check 1
at_most potential_rel_l2 0

printf '{"experiment": "e", "npoints": 3000, "data_type": "sphere", "order_equivalent": 5, "kernel": "laplace", "backend": "numba", "alpha_inner": 1.05, "alpha_outer": 2.95, "max_level": 10, "max_points": 100, "precision": "double"}' > config.json
good --config config.json --method fmm --check 100
is distribution '"sphere"'; is charges '"positive"'; is n_sources 3000; is order 5; is leaf_capacity 100
grep -q 'config.json: read without effect: .*max_level' err || fail "--config" "keys without effect are not named"

# HDF5
samples=${OCTOPOLE_BINARY_DIR:-}/tests/test_readers
good --n 1000
if grep -q '"error"' run.json && "$driver" --n 10 --output probe.h5 > /dev/null 2>&1; then
  good --n 2000 --gradient --check 100 --output result.h5
  [ -f result.h5 ] && [ -f result.xdmf ] || fail "--output" "no result.h5 and result.xdmf"
  for item in /targets /potential /gradient; do grep -q "result.h5:$item<" result.xdmf || fail "result.xdmf" "lacks $item"; done
  if command -v h5dump > /dev/null; then
    h5dump -H result.h5 > header
    for shape in 'DATASET "targets"' 'DATASET "potential"' 'DATASET "gradient"' 'ATTRIBUTE "run"' '( 2000, 3 )' '( 2000 )'; do
      grep -qF "$shape" header || fail "result.h5" "lacks $shape"
    done
    h5dump -a n_sources result.h5 | grep ': 2000' > /dev/null || fail "result.h5" "no attribute of its own for n_sources"
    h5dump -a /gradient/units result.h5 | grep '"charge/length^2"' > /dev/null || fail "result.h5" "no unit"
    h5dump -a run result.h5 | grep n_sources > /dev/null || fail "result.h5" "the attribute run is not the JSON"
  fi
  # Shapes of every output, a trailing 2 for complex numbers, right-hand sides last; XDMF has a piece of
  # each for every part and side. The file's points serve as targets.
  shapes() {  # DATASET:EXTENTS... of shapes.h5
    [ -x "$samples" ] || return 0
    local found
    found=$(OCTOPOLE_SHAPES=$work/shapes.h5 "$samples" "shapes for the driver's test" | sed -n 's/^shape //p' | tr '\n' ' ')
    [ "$found" = "$* " ] || fail "$last" "shapes found    $found" "shapes expected $*"
  }
  attributes() {  # NAMES... of shapes.xdmf
    local found
    found=$(grep -o 'Attribute Name="[^"]*"' shapes.xdmf | cut -d '"' -f 2 | tr '\n' ' ')
    [ "$found" = "$* " ] || fail "$last" "attributes found    $found" "attributes expected $*"
  }
  good --n 200 --outputs hessian --output shapes.h5
  shapes targets:200,3 hessian:200,6; attributes hessian
  grep 'AttributeType="Tensor6"' shapes.xdmf > /dev/null || fail "$last" "no Tensor6"
  good --n 200 --kernel helmholtz --gradient --output shapes.h5
  shapes targets:200,3 potential:200,2 gradient:200,3,2; attributes potential_re potential_im gradient_re gradient_im
  grep -F 'Dimensions="200 3">shapes.h5:/xdmf/gradient_im<' shapes.xdmf > /dev/null ||
    fail "$last" "no dataset of the gradient's imaginary part"
  good --n 200 --kernel helmholtz --gradient --rhs 2 --output shapes.h5
  shapes targets:200,3 potential:200,2,2 gradient:200,3,2,2
  attributes potential_re_0 potential_re_1 potential_im_0 potential_im_1 gradient_re_0 gradient_re_1 gradient_im_0 gradient_im_1
  good --n 200 --kernel stokeslet --outputs velocity,pressure --rhs 3 --output shapes.h5
  shapes targets:200,3 velocity:200,3,3 pressure:200,3; attributes velocity_0 velocity_1 velocity_2 pressure_0 pressure_1 pressure_2
  good --n 200 --kernel biot-savart --outputs velocity,velocity_gradient --targets result.h5 --check all --output shapes.h5
  shapes targets:2000,3 velocity:2000,3 velocity_gradient:2000,3,3; attributes velocity velocity_gradient
  is n_targets 2000
  at_most velocity_gradient_rel_l2 1e-5
  refused "--output: found 'result.h5', the targets, *" --n 10 --targets result.h5 --output result.h5
  good --input result.h5 --check 10
  is n_sources 2000; is n_targets 2000
  refused "result.h5: found no cell, expected *" --input result.h5 --periodic xyz
  good --n 300 --cell 1.5 --output cell.h5
  good --input cell.h5 --periodic xyz --check 50
  is cell 1.5; is n_sources 300
  at_most potential_rel_l2 1e-6
  refused "--output: found 'result.h5', the input, *" --input result.h5 --output result.h5
  if [ -x "$samples" ]; then
    OCTOPOLE_SAMPLES=$work "$samples" "samples for the driver's test" > /dev/null || fail "no HDF5 samples"
    good --input plain.h5 --check 10
    is n_sources 4; is n_targets 2; is targets 2
    good --input pyexafmm.hdf5 --check 10
    is n_sources 4; is n_targets 4
    sed 's/"e"/"pyexafmm"/' config.json > experiment.json
    good --config experiment.json
    is distribution '"pyexafmm.hdf5"'; is n_sources 4
    good --input vectors.h5 --kernel biot-savart --core 0.5 --outputs velocity,velocity_gradient --check 10
    is n_sources 4; is n_targets 4
    at_most velocity_rel_l2 1e-12
    at_most velocity_gradient_rel_l2 1e-12
    good --input vectors.h5 --rhs 3 --check 10
    at_most potential_rel_l2 1e-12
    good --input sides.h5 --dipole --rhs 2 --gradient --check 10
    at_most gradient_rel_l2 1e-12
    refused "vectors.h5: /charges: found shape (4, 3), expected shape (4, 2) or (4, 2, 1), a complex number per source, as helmholtz takes" --input vectors.h5 --kernel helmholtz
    refused "plain.h5: /charges: found shape (4), expected shape (4, 3) or (4, 3, 1), 3 numbers per source, as laplace dipole takes" --input plain.h5 --dipole
    refused "sides.h5: /charges: found shape (4, 3, 2), expected * (or --rhs 2)" --input sides.h5 --kernel stokeslet
    refused "wrong.h5: /sources: found shape (3, 4), expected shape (N, 3) *" --input wrong.h5
    refused "nan.h5: /charges\[2\]: found 'nan', expected a finite number" --input nan.h5
    refused "claims.h5: /sources: found shape (100000000000, 3), 2400000000000 bytes, expected at most the * bytes that a file of this size can hold" --input claims.h5
    refused "damaged.h5: /charges: found a dataset that cannot be opened, expected *" --input damaged.h5  # no second line by HDF5 at the end
  else
    echo "note: HDF5 samples left out (no test_readers)"
  fi
else
  echo "note: a build without HDF5"
fi

# Threads stay on cores where a run takes all of them and nobody said otherwise, and Kokkos has no advice to give. GNU's
# OpenMP tells what it read each time that a process begins: twice where the driver begins anew.
bindings() {  # bindings [VARIABLE=VALUE...] [-- OPTIONS]
  local variables=()
  while [ $# -gt 0 ] && [ "$1" != -- ]; do variables+=("$1"); shift; done
  shift
  env -u OMP_PROC_BIND -u OMP_PLACES -u OMP_NUM_THREADS OMP_DISPLAY_ENV=true "${variables[@]}" \
    "$driver" "$@" --n 500 --repeat 1 2> err > out || fail "$*" "status $?" "$(cat err)"
  ! grep -i 'kokkos' err || fail "${variables[*]} $*" "Kokkos has something to say"
  sed -n "s/.*OMP_PROC_BIND = '\(.*\)'/\1/p" err | tr '\n' ' '
}
if [ "$(bindings OMP_PROC_BIND=false --)" = "FALSE " ] && grep 'runs on  *OpenMP' out > /dev/null; then
  if [ "$(env -u OMP_NUM_THREADS nproc)" -gt 1 ]; then
    [ "$(bindings --)" = "FALSE SPREAD " ] || fail "threads" "not bound: $(bindings --)"
    printf '0,0,0,1\n1,0,0,-1\n0,1,0,1\n' | env -u OMP_PROC_BIND "$driver" - > out 2> err
    grep 'standard input, 3 sources' out > /dev/null || fail "a driver that begins anew" "has lost its input" "$(cat err)"
    [ "$(bindings -- --threads 1)" = "FALSE " ] || fail "--threads 1" "bound, though it leaves cores to others"
    [ "$(bindings OMP_NUM_THREADS=1 --)" = "FALSE " ] || fail "OMP_NUM_THREADS=1" "bound, though it leaves cores to others"
  fi
  [ "$(bindings OMP_PROC_BIND=close --)" = "CLOSE " ] || fail "OMP_PROC_BIND=close" "not as it was said"
  bindings -- --threads 1 > /dev/null
  grep 'runs on  *OpenMP, 1 threads' out > /dev/null || fail "--threads 1" "$(grep 'runs on' out)"
else
  echo "note: threads are not bound by this backend, or its OpenMP does not tell"
fi

# A sum taken directly says why.
says() { grep -q "$1" out || fail "$last" "no line '$1' in" "$(grep -E 'accuracy|method' out)"; }
good --n 500 --digits 6
says '^  accuracy  *digits 6: a direct sum, exact but for rounding$'
says '^  method  *direct, which is faster for these 2.5e+05 pairs (up to 2.5e+07)$'
good --n 500 --method direct
says '^  method  *direct, as asked for$'

# The examples in the help, as they stand there.
head -n 40 blanks.txt > charges.csv; head -n 20 blanks.txt | cut -d ' ' -f 1-3 > grid.csv
cp plain.pqr molecule.pqr; awk '{ print $1, $2, $3, $4, -$4, 1 }' charges.csv > vortices.csv
"$driver" --help | sed -n 's/^  octopole_fmm //p' > examples
[ "$(wc -l < examples)" -eq 5 ] || fail "--help" "not five examples: $(cat examples)"
while read -r words; do
  cases=$((cases + 1)) input=/dev/null
  case $words in *"< charges.csv") input=charges.csv words=${words% < charges.csv} ;; esac
  # shellcheck disable=SC2086
  "$driver" ${words/1e6/1e4} --repeat 1 < $input > out 2> err || fail "the example $words" "status $?" "$(cat err)"
done < examples
for file in molecule.h5 field.csv run.json; do
  [ -s $file ] || [ "${file#*.}" = h5 ] || fail "the examples" "no $file"
done

# The terminal. Not one: neither progress nor anything else is on stderr. One: a line for what takes over a second, here an
# input that comes once the line is seen; nothing of it with --quiet, and no table.
"$driver" --n 500 --quiet > out 2> err || fail "--quiet" "status $?"
[ ! -s out ] && [ ! -s err ] || fail "--quiet" "something was said: $(cat out err)"
"$driver" --help | awk 'length > 80 { exit 1 }' || fail "--help" "lines of over 80 letters where there is no terminal"
if command -v script > /dev/null; then
  on_terminal() {  # on_terminal WAIT WORDS: in `out` what a terminal of 60 columns shows, the input coming when WAIT has ended
    local wait=$1
    shift
    rm -f slow out; mkfifo slow; : > out
    { $wait; cat blanks.txt; } > slow &
    script -qefc "stty cols 60; '$driver' $* < slow" out < /dev/null > /dev/null
    wait $!
    sed -i '1d; s/\r/\n/g' out
  }
  until_seen() { for _ in $(seq 600); do if grep -q 'reading -' out; then break; fi; sleep 0.1; done; }
  on_terminal until_seen --input -
  grep -q '^.\[Kreading -, [0-9]* s$' out || fail "progress" "$(cat -v out)"
  grep -q '\[Kconfiguration' out || fail "progress" "no table, or not where the line of progress was"
  on_terminal "sleep 2" --input - --quiet
  sed -i '/^Script done/d; /^$/d' out
  [ ! -s out ] || fail "--quiet on a terminal" "$(cat -v out)"
  script -qec "stty cols 100; '$driver' --help" /dev/null < /dev/null | tr -d '\r' > out
  awk 'length > 100 { exit 1 } length > 80 { wide = 1 } END { exit !wide }' out || fail "--help" "not as wide as its terminal"
else
  echo "note: the terminal is left out (no script)"
fi

# An existing file is replaced as a whole; a device takes the text as it is.
echo old > run2.json
"$driver" --n 100 --json run2.json > /dev/null 2>&1 && head -c 1 run2.json | grep '{' > /dev/null || fail "--json" "an old file is not replaced"
# grep without -q reads to the end: the driver, cut off, would fail and pipefail with it.
"$driver" --n 100 --json /dev/stdout 2> /dev/null | grep '"n_sources": 100' > /dev/null || fail "--json /dev/stdout"
[ -c /dev/null ] || fail "/dev/null is gone"
"$driver" --help | grep -- --distribution > /dev/null || fail "--help"
"$driver" --version | grep '^octopole_fmm [0-9]' > /dev/null || fail "--version"

echo "$cases cases, $failures failures"
[ $failures -eq 0 ]
