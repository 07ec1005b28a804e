#!/usr/bin/env bash
# The rooms: what may lie at the top level, and which folder may include which.
#   check_layout.sh REPOSITORY
# core <- tree <- operators <- core/plan, core/Octopole_Plan.hpp, core/Octopole.hpp.
set -euo pipefail
cd "$1"
status=0
fail() { echo "$*"; status=1; }

allowed=" core operators tree tests perf examples cmake CMakeLists.txt CMakePresets.json README.md LICENSE
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

level() {  # the height of a file in the direction of the includes
  case $1 in
    core/Octopole_Plan.hpp | core/Octopole.hpp | core/plan/*) echo 4 ;;
    core/*) echo 1 ;;
    tree/*) echo 2 ;;
    operators/*) echo 3 ;;
  esac
}
declare -A home
while read -r file; do
  name=${file#*/}
  [ -z "${home[$name]:-}" ] || fail "$file: ${home[$name]} has the same name"
  home[$name]=$file
done < <(find core tree operators -name '*.hpp' ! -path '*/src/*' | sort)

while read -r file; do
  own=$(level "$file")
  while read -r line name; do
    target=${home[$name]:-}
    [ -n "$target" ] || continue
    [ "$(level "$target")" -le "$own" ] || fail "$file:$line: includes $target, which lies above it"
  done < <(grep -nE '^[[:space:]]*#[[:space:]]*include' "$file" | sed -E 's/^([0-9]+):[^<"]*[<"]([^>"]*).*/\1 \2/')
done < <(find core tree operators -name '*.hpp' -o -name '*.cpp' -o -name '*.cpp.in' | sort)
# Nothing that grows with the points passes between host and device: one file knows how to.
while read -r found; do
  fail "$found: copies between memory spaces go through core/impl/Octopole_Transfer.hpp"
done < <(grep -nE 'create_mirror|deep_copy\(' -r core tree operators --include='*.hpp' --include='*.cpp' |
  grep -vE '^core/(impl/Octopole_Transfer\.hpp|src/)|^[^:]*:[0-9]+:[[:space:]]*//' | cut -d : -f 1,2)
# A built-in kernel stands in its own header and in the one list; other kernels may be made of its parts.
kernels=$(sed -nE '/^\/\/ Built-in kernels: begin/,/^\/\/ Built-in kernels: end/s/^#include <.*Octopole_([A-Za-z0-9]+)\.hpp>.*/\1/p' \
  core/Octopole_BuiltInKernels.hpp)
[ -n "$kernels" ] || fail "core/Octopole_BuiltInKernels.hpp: lists no kernel"
named="(^|[^A-Za-z0-9])($(tr '\n' '|' <<< "$kernels" | sed 's/|$//'))([^A-Za-z0-9]|\$)"
for file in $(find core tree operators cmake CMakeLists.txt -type f | sort); do
  case " Octopole_BuiltInKernels.hpp$(printf ' Octopole_%s.hpp' $kernels) " in *" ${file##*/} "*) continue ;; esac
  while read -r line; do
    fail "$file:$line: names a built-in kernel: core/Octopole_BuiltInKernels.hpp is the one list of them"
  done < <(sed -E 's@(//|#[^i]).*@@' "$file" | grep -nE "$named" | cut -d : -f 1)
done

[ $status = 0 ] && echo "layout: right"
exit $status
