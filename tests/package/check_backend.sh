#!/usr/bin/env bash
# check_backend.sh cuda|hip: the preset stops at configure on a Kokkos without that backend, and
# says which one, what was found and what to set.
set -euo pipefail
backend=${1^^}
case ",$OCTOPOLE_KOKKOS_DEVICES," in *",$backend,"*) echo "this Kokkos has $backend"; exit 77 ;; esac
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
cd "$OCTOPOLE_SOURCE_DIR"
if cmake --preset "$1" -B "$build" ${OCTOPOLE_Kokkos_DIR:+-D Kokkos_DIR="$OCTOPOLE_Kokkos_DIR"} \
  ${OCTOPOLE_KokkosKernels_DIR:+-D KokkosKernels_DIR="$OCTOPOLE_KokkosKernels_DIR"} > "$build/log" 2>&1; then
  echo "preset $1 was configured on a Kokkos with $OCTOPOLE_KOKKOS_DEVICES"
  exit 1
fi
said=$(tr -s ' \n' ' ' < "$build/log")
for words in "OCTOPOLE_BACKEND is $backend" "has ${OCTOPOLE_KOKKOS_DEVICES//,/, }" "Set Kokkos_ROOT to a Kokkos built with Kokkos_ENABLE_$backend=ON"; do
  case $said in
    *"$words"*) ;;
    *) cat "$build/log"; echo "expected the words: $words"; exit 1 ;;
  esac
done
echo "preset $1: refused"
