# shellcheck shell=bash
# Sourced: packages of any suite of a Debian-family system, downloaded and unpacked, never
# installed: no root is needed and nothing of the system changes. Suites are read through apt lists
# of our own, derived from the system's source entries by replacing the suite's name.
# The sourcing script sets $work, a scratch folder of its own, and calls `suites_begin` first.

die() { echo "octopole: $*" >&2; exit 1; }

suites_begin() {  # finds the archive; the reason why it cannot be used is in $suites_lack
  local tool k
  suites_lack=
  for tool in apt-get apt-cache dpkg dpkg-deb; do
    command -v $tool >/dev/null || { suites_lack="no $tool, so no Debian packages"; return 1; }
  done
  . /etc/os-release
  case "$ID ${ID_LIKE:-}" in
    *debian*) ;;
    *) suites_lack="$ID is not a Debian-family system"; return 1 ;;
  esac
  # The archive's addresses, one a line, from the system's own source entries for its own suite.
  archives=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk -v suite="${VERSION_CODENAME:-}" '($1 == suite || $1 == "stable" || $1 == "sid") && $2 == "main" {print $3}' | sort -u)
  [ -n "$archives" ] ||
    { suites_lack="no source entry for ${VERSION_CODENAME:-this system}, component main, in apt's configuration"; return 1; }
  keyring=
  for k in /usr/share/keyrings/{debian,ubuntu}-archive-keyring.{gpg,pgp}; do
    [ -z "$keyring" ] && [ -f "$k" ] && case $k in */"$ID"-*) keyring="[signed-by=$k]" ;; esac
  done
  mkdir -p "$work/debs" "$work/root"
}
private() {  # private SUITE TOOL ARGUMENTS...: apt with the lists of that suite only
  local suite=$1 tool=$2
  shift 2
  "$tool" -o Dir::Etc::sourcelist="$work/$suite/sources.list" -o Dir::Etc::sourceparts=- \
    -o Dir::State::lists="$work/$suite/lists" -o Dir::State::status=/dev/null \
    -o Dir::Cache="$work/$suite/cache" -o Acquire::Languages=none -o APT::Sandbox::User= \
    -o Acquire::Retries=3 -o APT::Update::Error-Mode=any -o Debug::NoLocking=1 \
    -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
    -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false "$@"
}
have_suite() {  # reads the lists of a suite, once
  local suite=$1 archive
  [ -f "$work/$suite/ok" ] && return 0
  for archive in $archives; do
    rm -rf "${work:?}/$suite"
    mkdir -p "$work/$suite/lists/partial" "$work/$suite/cache/archives/partial"
    echo "deb $keyring $archive $suite main" > "$work/$suite/sources.list"
    [ "$ID" = debian ] || sed -i 's/ main$/ main universe/' "$work/$suite/sources.list"
    if private "$suite" apt-get -qq update >"$work/log" 2>&1; then
      touch "$work/$suite/ok"
      return 0
    fi
  done
  return 1
}
candidate() { private "$1" apt-cache policy "$2" 2>/dev/null | awk '$1 == "Candidate:" && $2 != "(none)" {print $2}'; }
download() {  # download SUITE PACKAGE...
  local suite=$1
  shift
  (cd "$work/debs" && private "$suite" apt-get -qq download "$@" >"$work/log" 2>&1) ||
    die "cannot download $* (suite $suite): $(tail -n 1 "$work/log")"
}
newest() {  # newest PACKAGE MINIMUM SUITE...: prints the suite that has the newest version >= MINIMUM
  local package=$1 minimum=$2 best= best_suite= suite version
  shift 2
  for suite in "$@"; do
    have_suite "$suite" || continue
    version=$(candidate "$suite" "$package")
    [ -n "$version" ] && dpkg --compare-versions "$version" ge "$minimum" || continue
    if [ -z "$best" ] || dpkg --compare-versions "$version" gt "$best"; then best=$version best_suite=$suite; fi
  done
  echo "$best_suite"
}
unpack() {  # into $work/root
  for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/root"; done
}
unpacked() {  # the packages with their versions
  for deb in "$work"/debs/*.deb; do [ ! -f "$deb" ] || dpkg-deb -W --showformat='${Package} ${Version}\n' "$deb"; done
}
