#!/usr/bin/env bash
# check_format.sh REPOSITORY [--fix]: whether clang-format, of the version that .clang-format names, would
# change a source. --fix changes them. Another version formats otherwise, so that none of the system's will do:
# unless OCTOPOLE_CLANG_FORMAT or the PATH has that version, it comes from PyPI into a folder of the build.
# Skipped (77) where it cannot be had.
set -euo pipefail
cd "$1"
version=$(sed -n 's/^# clang-format \([0-9.]*\).*/\1/p' .clang-format)
[ -n "$version" ] || { echo ".clang-format: the first line names no version"; exit 1; }
venv=${OCTOPOLE_BINARY_DIR:-build}/clang-format-$version
is_it() { "$1" --version 2>/dev/null | grep -qF "version $version"; }
for format in "${OCTOPOLE_CLANG_FORMAT:-}" clang-format "$venv/bin/clang-format"; do
  [ -n "$format" ] && is_it "$format" && break
  format=
done
if [ -z "$format" ]; then
  mkdir -p "$(dirname "$venv")"
  if ! { python3 -m venv "$venv" && "$venv/bin/pip" install -q --disable-pip-version-check "clang-format==$version"; } \
    >"$venv.log" 2>&1; then
    echo "skipped: no clang-format $version, and PyPI does not give it ($venv.log)"
    exit 77
  fi
  format=$venv/bin/clang-format
fi
mapfile -t files < <(find core tree operators perf python tests examples -path python/build -prune -o \( -name '*.hpp' -o -name '*.cpp' \) -print | sort)
if [ "${2:-}" = --fix ]; then
  "$format" -i "${files[@]}"
  exit
fi
wrong=$("$format" --dry-run "${files[@]}" 2>&1 | sed -n 's/^\([^:]*\):.*clang-format-violations.*/\1/p' | sort -u)
if [ -n "$wrong" ]; then
  echo "clang-format $version would change these; tests/package/check_format.sh . --fix does:"
  echo "$wrong"
  exit 1
fi
echo "format: right"
