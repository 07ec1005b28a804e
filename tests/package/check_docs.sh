#!/usr/bin/env bash
# check_docs.sh [OUTPUT]: Doxygen over the public headers; any warning fails. The reference is then
# OUTPUT/html/index.html, by default below the build folder. The target `docs` runs the same.
set -euo pipefail
command -v doxygen > /dev/null || { echo "doxygen is not installed: the reference is not checked"; exit 77; }
output=${1:-$OCTOPOLE_BINARY_DIR/docs}
mkdir -p "$output"
cd "$OCTOPOLE_SOURCE_DIR"
{ cat cmake/Doxyfile; echo "OUTPUT_DIRECTORY = \"$output\""; } | doxygen -
[ -s "$output/html/classOctopole_1_1Plan.html" ] || { echo "the reference holds no Plan"; exit 1; }
echo "docs: no warning, $output/html/index.html"
