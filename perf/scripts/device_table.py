#!/usr/bin/env python3
"""What a sum costs on a GPU: a Markdown table of times, rate, memory and launches, against marks.

Runs octopole_fmm of a build for GPUs, zero-mean charges and --method fmm, all choices left to the library.
The marks were set for one H200. Ends with status 1 on a mark that is missed; what fails is named in its row
and the others are run.

    perf/scripts/device_table.py [--device NAME] [--repeat 5] [--cases 4]
"""

import argparse
import subprocess
import sys

from driver_runs import ROOT, errors_in_digits, existing, run_driver

# options, marks: evaluate ms, tree + lists ms (None: none), launches (None: 10 and 6 per level)
CASES = (
    ("--n 1e6 --digits 6", 8, 6, 40),
    ("--n 1e6 --digits 6 --gradient", 16, 6, 40),
    ("--n 1e6 --precision single --digits 3", 3, 5, 40),
    ("--n 1e6 --distribution sphere --digits 6", 8, 8, None),
    ("--n 1e7 --digits 6", 80, 60, None),
    ("--n 1e8 --precision single --digits 3", None, None, None),
)
MOST_BYTES = 120e9


def measured(driver, case, repeat):
    """The row's JSON: of a second plan, after a first run that leaves the operators in the cache."""
    words = ("--method", "fmm", *case.split())
    run_driver(driver, *words, "--repeat", 1)
    return run_driver(driver, *words, "--plans", 2, "--repeat", repeat, "--check", 1000)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--driver", default=ROOT / "build/cuda/perf/octopole_fmm")
    parser.add_argument("--device", default="GPU", help="what the first column says")
    parser.add_argument("--repeat", default=5, type=int)
    parser.add_argument("--cases", default=len(CASES), type=int, help="how many of them, from the first")
    options = parser.parse_args()
    driver, missed = existing(options.driver), []
    print("| device | case, zero-mean | error / 10^-digits | evaluate ms (mark) | tree + lists ms (mark) | points per second | plan GB | launches (mark) |")
    print("|---|---|---|---|---|---|---|---|")
    for case, evaluate, lists, launches in CASES[: options.cases]:
        try:
            r = measured(driver, case, options.repeat)
        except subprocess.CalledProcessError as error:
            print(f"| {options.device} | `{case}` | failed: status {error.returncode} |" + " |" * 5, flush=True)
            missed.append(f"{case}: failed")
            continue
        errors, s, bytes_ = errors_in_digits(r), r["seconds"], r["memory"]["plan_bytes"]
        launches = launches or 10 + 6 * (r["depth"] + 1)
        found = {
            "error": (max(errors), 1),
            "evaluate ms": (1e3 * s["evaluate"], evaluate),
            "tree + lists ms": (1e3 * (s["tree"] + s["lists"]), lists),
            "bytes": (bytes_, MOST_BYTES),
            "launches": (r["launches"], launches),
        }
        missed += [f"{case}: {what} {x:.3g}, allowed {most:g}" for what, (x, most) in found.items() if most and not x <= most]
        times = (f"{found[what][0]:.3g} ({found[what][1] or '-'})" for what in ("evaluate ms", "tree + lists ms"))
        print(
            f"| {options.device} | `{case}` | {' / '.join(f'{x:.2g}' for x in errors)} | {' | '.join(times)} | "
            f"{r['rates']['points_per_second']:.3g} | {bytes_ * 1e-9:.2f} | {r['launches']} ({launches}) |",
            flush=True,
        )
    print()
    for line in missed:
        print("missed: " + line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
