#!/usr/bin/env bash
# The rooms: what may lie at the top level, and which room may include which (core/README.md is the map).
#   check_layout.sh REPOSITORY
# Each file includes from its own room and from those before it in `rooms`. Includes name the room, from
# the repository's root; the two doors, <Octopole.hpp> and <Octopole_Plan.hpp>, go by their names.
set -euo pipefail
cd "$1"
status=0
fail() { echo "$*"; status=1; }

allowed=" core operators tree tests perf examples python docs cmake CMakeLists.txt CMakePresets.json README.md LICENSE
 CHANGELOG.md CITATION.cff CONTRIBUTING.md .clang-format .clang-tidy .gitignore .ci "
if top=$(git ls-files --cached --others --exclude-standard 2>/dev/null) && [ -n "$top" ]; then
  top=$(cut -d / -f 1 <<< "$top" | sort -u)
else
  top=$(ls -A | grep -vxE 'build|\.git')
fi
for name in $top; do
  case $(echo $allowed) in
    "$name "* | *" $name "* | *" $name") ;;
    *) fail "$name: not in the list of the top level" ;;
  esac
done

# From the bottom up. `shared`: the data that the operators share, named below; `operators`: the rest of
# that folder's top, the eight operators and what calls them; `doors`: core/Octopole.hpp, Octopole_Plan.hpp
# and what is made of plans alone.
rooms=(core/base core/simd core/kernels core/precompute tree shared operators/pairs operators/dense operators/periodic operators/m2l
  operators/edges operators core/ranks core/plan doors)
shared="Expansions FarRoot MomentOrigin PointValues SourceStream SurfaceTable WorkTypes"
declare -A height
for i in "${!rooms[@]}"; do height[${rooms[i]}]=$i; done

room=
find_room() {  # find_room FILE: sets room, to nothing where there is none
  local name=${1##*/}
  room=${1%/*}
  room=${room%/impl}
  case $1 in
    core/Octopole.hpp | core/Octopole_Plan.hpp | core/Octopole_CoulombVirial.hpp) room=doors ;;
    core/Octopole_Config.hpp.in) room=core/base ;;
    operators/*/*) ;;
    operators/*) name=${name#Octopole_} && name=" ${name%.hpp} " && [[ " $shared " != *"$name"* ]] || room=shared ;;
  esac
  [ -n "${height[$room]:-}" ] || room=
}

declare -A home
while read -r file; do
  name=${file##*/}
  [ -z "${home[$name]:-}" ] || fail "$file: ${home[$name]} has the same name"
  home[$name]=$file
  case $file in
    core/* | tree/* | operators/*)
      # Other packages may have a folder core or tree, too: no path may be the same.
      [[ $name = Octopole* ]] || fail "$file: the names of headers begin with Octopole" ;;
  esac
done < <(find core tree operators perf tests -name '*.hpp' | sort)

declare -A includes  # FILE: the names that it includes
while read -r file; do
  find_room "$file"
  own=$room
  case $file in
    core/* | tree/* | operators/*) [ -n "$own" ] || fail "$file: lies in no room" ;;
  esac
  while read -r line name; do
    includes[$file]+=" $name"
    target=${home[${name##*/}]:-}
    [ -n "$target" ] || continue
    case $target in
      core/Octopole.hpp | core/Octopole_Plan.hpp) spelled=${target##*/} ;;
      *) spelled=$target ;;
    esac
    [ "<$spelled>" = "<$name>" ] || fail "$file:$line: includes $name, to be written <$spelled>"
    case $file in
      # The reference against which results are held shares no code with what it judges.
      perf/judge/*) [[ $target != operators/* ]] || fail "$file:$line: includes $target, which it judges" ;;
    esac
    find_room "$target"
    [ -n "$own" ] && [ -n "$room" ] || continue
    [ "${height[$room]}" -le "${height[$own]}" ] ||
      fail "$file:$line: includes $target: $room lies above $own"
  done < <(grep -nE '^[[:space:]]*#[[:space:]]*include' "$file" | sed -nE 's/^([0-9]+):[^<"]*[<"]([^>"]*)[>"].*/\1 \2/p')
done < <(find core tree operators perf tests examples \( -name '*.hpp' -o -name '*.cpp' -o -name '*.cpp.in' \) | sort)

# What names Kokkos includes it, by itself or through what it includes: the test of the headers reads Kokkos before
# each of them.
declare -A reaches  # FILE: yes, no, or nothing while it is not known
reaches_kokkos() {
  local name
  if [ -z "${reaches[$1]:-}" ]; then
    reaches[$1]=no
    for name in ${includes[$1]:-}; do
      local target=${home[${name##*/}]:-}
      if [ "$name" = Kokkos_Core.hpp ] || { [ -n "$target" ] && reaches_kokkos "$target"; }; then
        reaches[$1]=yes
        break
      fi
    done
  fi
  [ "${reaches[$1]}" = yes ]
}
while read -r file; do
  reaches_kokkos "$file" || { ! grep -q '^[^/]*Kokkos::' "$file" && grep -q 'include <Kokkos_Macros.hpp>' "$file"; } ||
    fail "$file: names Kokkos, and neither it nor what it includes includes <Kokkos_Core.hpp>"
done < <(grep -rlE '^[^/]*(Kokkos::|KOKKOS_)' core tree operators --include='*.hpp')

# Nothing that grows with the points passes between host and device: one file knows how to.
while read -r found; do
  fail "$found: copies between memory spaces go through core/base/Octopole_Transfer.hpp"
done < <(grep -nE 'create_mirror|deep_copy\(' -r core tree operators --include='*.hpp' --include='*.cpp' |
  grep -vE '^core/(base/Octopole_Transfer\.hpp|precompute/[^:/]*\.cpp)|^[^:]*:[0-9]+:[[:space:]]*//' | cut -d : -f 1,2)

[ $status = 0 ] && echo "layout: right"
exit $status
