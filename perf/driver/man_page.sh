#!/usr/bin/env bash
# man_page.sh DRIVER: the manual page octopole_fmm.1, made of what the driver's --help says, on stdout.
#   perf/driver/man_page.sh build/openmp/perf/octopole_fmm > perf/driver/octopole_fmm.1
# The page is kept with the sources, for a driver that is built for a GPU need not run where it is built; the
# test man_page finds it outdated when the help has changed.
set -euo pipefail
driver=$1
version=$("$driver" --version | awk '{print $2}')
"$driver" --help | awk -v version="$version" '
  function roff(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    sub(/^[.\x27]/, "\\\\\\&&", text)
    return text
  }
  function flush() {
    if (verbatim) print ".fi"
    verbatim = 0
    if (option != "") printf ".TP\n.B %s\n%s\n", roff(option), roff(text)
    else if (text != "") printf ".PP\n%s\n", roff(text)
    option = text = ""
  }
  BEGIN {
    printf ".TH OCTOPOLE_FMM 1 \"\" \"Octopole %s\" \"User commands\"\n", version
    print ".SH NAME\noctopole_fmm \\- sums charges by a kernel\\-independent fast multipole method"
    print ".SH SYNOPSIS\n.B octopole_fmm\n[\\fIoptions\\fR] [\\fIFILE\\fR]\n.SH DESCRIPTION"
  }
  /^Usage:/ || /^Options:/ || /^OPTIONS:/ { flush(); next }
  /^Examples:/ { flush(); print ".SH EXAMPLES\n.nf"; verbatim = 1; next }
  verbatim && /^ / { print roff($0); next }
  /^[[:alpha:]]+:[[:blank:]]*$/ { flush(); sub(/:.*/, ""); printf ".SH %s\n", toupper($0); next }
  /^[[:blank:]]*$/ { flush(); after_options = 1; next }
  /^Built with OCTOPOLE_ENABLE_MPI/ { flush(); print ".SH RANKS" }
  /^Bad input/ { flush(); print ".SH EXIT STATUS" }
  /^  (-|FILE )/ {  # an option, its words, two blanks or more, what it does
    flush()
    sub(/^ +/, "")
    end = match($0, /  +/)
    option = end ? substr($0, 1, end - 1) : $0
    text = end ? substr($0, end + RLENGTH) : ""
    next
  }
  { sub(/^ +/, ""); text = text == "" ? $0 : text " " $0 }
  END {
    flush()
    print ".SH SEE ALSO\nREADME.md in the documentation of Octopole"
  }'
