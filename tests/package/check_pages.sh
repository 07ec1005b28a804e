#!/usr/bin/env bash
# The documentation's pages do what they show: from what is installed, every program in C++ in docs/*.md is built and run, all in
# one executable by the CMakeLists.txt of the tutorial, and every line for the shell, in order. (Python: test_python.sh.)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
source=$OCTOPOLE_SOURCE_DIR
cmake --install "$OCTOPOLE_BINARY_DIR" --prefix "$work/octopole" > "$work/log"
unset OCTOPOLE_PREFIX
mkdir "$work/app"
cd "$work"

blocks() {  # blocks LANGUAGE PAGE...: what stands in its fences, a line "== PAGE:LINE" before each
  local language=$1
  shift
  awk -v language="$language" '
    /^```/ { if (fenced) fenced = inside = 0
             else { fenced = 1; inside = $0 == "```" language; if (inside) printf "== %s:%d\n", FILENAME, FNR }
             next }
    inside { print }' "$@"
}
(cd "$source" && blocks cmake docs/tutorial.md) | sed 1d > app/CMakeLists.txt
grep -q find_package app/CMakeLists.txt || fail "the tutorial shows no CMakeLists.txt"

# Each main is a function of its own; names of other functions and types are different on all pages.
(cd "$source" && blocks cpp docs/*.md) > programs
grep -c '^== ' programs > count
awk '/^== / { n++; place[n] = $2; printf "#line %d \"%s\"\n", substr($2, index($2, ":") + 1) + 1, substr($2, 1, index($2, ":") - 1); next }
     /^int main\(/ { mains++; sub(/main\(\)/, "main(int, char**)"); sub(/main/, "program_" n) }
     { print }
     END { if (mains != n) print "#error \"a block has no main\""
           print "#include <cstdlib>\nint main(int argc, char* argv[]) {\n  switch (std::atoi(argv[argc - 1])) {"
           for (i = 1; i <= n; ++i) printf "    case %d: return program_%d(argc - 1, argv);\n", i, i
           print "  }\n  return 99;\n}" }' programs > app/main.cpp
cmake -G Ninja -S app -B b -D CMAKE_BUILD_TYPE=Release -D CMAKE_CXX_FLAGS_RELEASE="-O1 -Werror=return-type" -D CMAKE_PREFIX_PATH="$work/octopole" > log 2>&1 ||
  { cat log; fail "the tutorial's CMakeLists.txt"; }
cmake --build b > log 2>&1 || { grep -E 'error|warning' log | head -n 20; fail "the pages' programs are not compiled"; }
export XDG_CACHE_HOME=$work OMP_PROC_BIND=false
for i in $(seq "$(cat count)"); do
  place=$(grep '^== ' programs | sed -n "${i}s/^== //p")
  b/app "$i" > said 2>&1 || { cat said; fail "the program at $place, status $?"; }
  echo "$place: $(tail -n 1 said)"
done

if [ -x octopole/bin/octopole_fmm ]; then
  PATH=$work/octopole/bin:$PATH
  (cd "$source" && blocks sh docs/*.md) > shell
  grep -q '^octopole_fmm' shell || fail "no line for the shell"
  sed -i 's/^== \(.*\)/echo "\1"/' shell
  bash -euo pipefail shell > said 2>&1 || { cat said; fail "the lines for the shell"; }
  grep -q '^error against a direct double sum' said || { cat said; fail "the driver checked nothing"; }
fi
echo "pages: right"
