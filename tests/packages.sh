#!/usr/bin/env bash
# What others would be handed: builds the shared library for any x86-64 processor, with copies for newer ones that the loader
# picks (preset packages), packs it, and tries the archives, .tar.gz and .deb, in a fresh Debian of their own, where the
# build is out of sight (debootstrap). Not part of tests/run.sh: it compiles every kernel three times.
#   tests/packages.sh [ARCHS]        ARCHS: of the copies, default "x86-64-v3;x86-64-v4"
# Ends with status 77, and a sentence, where there is no root or no debootstrap for the last part.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$repository"
. cmake/toolchain/setup.sh
octopole_setup no
archs=${1:-x86-64-v3;x86-64-v4}
build=$repository/build/packages
fail() { echo "FAILED: $*"; exit 1; }

echo "octopole: preset packages, with copies for $archs"
{ cmake --preset packages -D OCTOPOLE_ALSO_ARCHS="$archs" && cmake --build --preset packages && (cd "$build" && cpack); } \
  > "$build.log" 2>&1 || { tail -n 30 "$build.log"; fail "the build; all it said: $build.log"; }

work=$(mktemp -d "$repository/build/packages.XXXXXX")
root=$work/debian
end() {
  for place in sys dev proc; do mountpoint -q "$root/$place" && umount "$root/$place"; done
  rm -rf --one-file-system "$work"
}
trap end EXIT

# The library shows what its interface is, and its name says for how long.
library=$(echo "$build"/liboctopole.so.*.*.*)
name=$(readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
[[ $name =~ ^liboctopole\.so\.(0\.[0-9]+|[1-9][0-9]*)$ ]] || fail "SONAME $name"
shown=$(nm -DC --defined-only "$library" | sed 's/^[0-9a-f]* . //')
grep -q '^octopole_plan_create@' <<< "$shown" || grep -q '^octopole_plan_create' <<< "$shown" || fail "octopole_plan_create is not shown"
others=$(grep -vE 'Octopole::|^octopole_|^OCTOPOLE_' <<< "$shown" || true)
[ -z "$others" ] || fail "the library shows what is not its own: $(head -n 5 <<< "$others")"
for arch in ${archs//;/ }; do
  copy=$build/glibc-hwcaps/$arch/$(basename "$library")
  [ "$(nm -D --defined-only "$copy" | awk '{print $3}' | sort)" = "$(nm -D --defined-only "$library" | awk '{print $3}' | sort)" ] ||
    fail "the library for $arch shows another interface"
done

# A program with a kernel of its own, compiled for any processor, and one in C: on whichever copy the loader takes.
mkdir "$work/here"
tar -xzf "$build"/octopole-*.tar.gz -C "$work/here" --strip-components=1
(unset OCTOPOLE_PREFIX
  cmake -G Ninja -S examples -B "$work/examples" -D CMAKE_BUILD_TYPE=Release -D CMAKE_CXX_FLAGS_RELEASE=-O1 -D CMAKE_PREFIX_PATH="$work/here" &&
    cmake --build "$work/examples" --target example_user_kernel example_laplace example_c_interface) > "$work/log" 2>&1 ||
  { tail -n 20 "$work/log"; fail "the examples are not built against the archive"; }
for example in user_kernel laplace c_interface; do
  OMP_PROC_BIND=false XDG_CACHE_HOME=$work "$work/examples/example_$example" > "$work/log" 2>&1 || { cat "$work/log"; fail "the example $example"; }
done

# Unpacked and moved, it is what installed things have to be; each copy in turn, where this processor takes it.
export XDG_CACHE_HOME=$work
levels=$("$work"/here/lib/octopole/kokkos/lib/*/ld-linux-x86-64.so.2 --help 2> /dev/null || /lib64/ld-linux-x86-64.so.2 --help)
for arch in portable ${archs//;/ }; do
  if [ $arch != portable ] && ! grep -q "$arch (supported" <<< "$levels"; then
    echo "note: this processor has not all of $arch"
    continue
  fi
  others=$work/aside; rm -rf "$others"; mkdir "$others"
  for other in "$work"/here/lib/glibc-hwcaps/*; do [ "${other##*/}" = $arch ] || mv "$other" "$others/"; done
  OMP_PROC_BIND=false LD_DEBUG=libs LD_DEBUG_OUTPUT=$others/loaded "$work/here/bin/octopole_fmm" --n 200000 --digits 6 --gradient --check 200 --json "$others/run.json" > /dev/null
  loaded=$(cat "$others"/loaded.* | sed -n 's/.*calling init: \(.*liboctopole.*\)/\1/p' | sort -u)
  case $arch:$loaded in
    portable:*hwcaps* | portable:) fail "portable: loaded $loaded" ;;
    portable:*) ;;
    *:*/glibc-hwcaps/$arch/*) ;;
    *) fail "$arch: loaded $loaded" ;;
  esac
  echo "$arch: evaluate $(sed -n 's/.*"evaluate": \([0-9.e-]*\),.*/\1/p' "$others/run.json") s, 200,000 points, 6 digits, gradient"
  mv "$others"/x86-64-* "$work/here/lib/glibc-hwcaps/" 2> /dev/null || true
done

# A fresh Debian.
[ "$(id -u)" = 0 ] || { echo "skipped: the archives are not tried in a fresh Debian: that needs root"; exit 77; }
command -v debootstrap > /dev/null || apt-get install -qq -y --no-install-recommends debootstrap > "$work/log" 2>&1 || true
command -v debootstrap > /dev/null || { echo "skipped: the archives are not tried in a fresh Debian: there is no debootstrap"; exit 77; }
. /etc/os-release
mirror=${OCTOPOLE_DEBIAN_MIRROR:-http://deb.debian.org/debian}
# With the packages that the .deb names; the archives themselves need no network there.
needs=$(dpkg-deb -f "$build"/octopole_*.deb Depends | tr -d ' ')
debootstrap --variant=minbase --include="$needs" "$VERSION_CODENAME" "$root" "$mirror" > "$work/log" 2>&1 ||
  { tail -n 3 "$work/log"; echo "skipped: debootstrap gets no $VERSION_CODENAME from $mirror (OCTOPOLE_DEBIAN_MIRROR)"; exit 77; }
mount --bind /proc "$root/proc"
mount --bind /dev "$root/dev"
mount --bind /sys "$root/sys"
cp "$build"/octopole_*.deb "$build"/octopole-*.tar.gz "$root/tmp/"
inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root chroot "$root" "$@"; }
inside sh -c 'dpkg -i /tmp/octopole_*.deb' > "$work/log" 2>&1 || { tail -n 5 "$work/log"; fail "the .deb is not installed"; }
inside octopole_fmm --n 20000 --digits 6 --check 200 > "$work/said" || fail "octopole_fmm of the .deb"
grep -q '^  potential .* relative L2' "$work/said" || fail "octopole_fmm of the .deb checked nothing"
inside test -s /usr/share/man/man1/octopole_fmm.1 || inside test -s /usr/share/man/man1/octopole_fmm.1.gz || fail "no manual page"
inside dpkg -r octopole > "$work/log" 2>&1 || fail "the .deb is not removed"
! inside test -e /usr/bin/octopole_fmm || fail "something of the .deb stays"
inside sh -c 'mkdir /opt/any && tar -xzf /tmp/octopole-*.tar.gz -C /opt/any --strip-components=1 && mv /opt/any /opt/moved'
inside /opt/moved/bin/octopole_fmm --n 20000 --digits 6 --check 200 --output /tmp/out.h5 > "$work/said" || fail "octopole_fmm of the .tar.gz"
grep -q '^  potential .* relative L2' "$work/said" || fail "octopole_fmm of the .tar.gz checked nothing"
echo "packages: right, in $PRETTY_NAME"
