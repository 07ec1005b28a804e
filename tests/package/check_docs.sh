#!/usr/bin/env bash
# check_docs.sh [OUTPUT]: Doxygen over the pages of docs/ and the public headers; any warning fails, and any link that leads
# nowhere. The site is then OUTPUT/html/index.html, by default below the build folder. The target `docs` runs the same.
set -euo pipefail
command -v doxygen > /dev/null || { echo "doxygen is not installed: the reference is not checked"; exit 77; }
output=${1:-$OCTOPOLE_BINARY_DIR/docs}
rm -rf "$output/html"
mkdir -p "$output"
cd "$OCTOPOLE_SOURCE_DIR"
{ cat cmake/Doxyfile; echo "OUTPUT_DIRECTORY = \"$output\""; } | doxygen -
[ -s "$output/html/classOctopole_1_1Plan.html" ] || { echo "the reference holds no Plan"; exit 1; }
if command -v python3 > /dev/null; then
  python3 tests/package/check_links.py "$output/html"
else
  echo "note: links are not looked at (no python3)"
fi
for page in tutorial method accuracy performance troubleshooting moving; do
  grep -q "md_docs_$page.html" "$output/html/index.html" || { echo "the front page does not lead to docs/$page.md"; exit 1; }
done
echo "docs: no warning, $output/html/index.html"
