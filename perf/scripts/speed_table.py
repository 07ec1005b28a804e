#!/usr/bin/env python3
"""What the method costs: a Markdown table of times, memory and errors, against marks.

Runs octopole_fmm with zero-mean charges and --method fmm, all choices left to the library. The marks are
those of a machine with a peak of 179 GF/s in double (2 cores, AVX-512); --peak scales them to this one's
(bench_stages measures it). Ends with status 1 on a mark that is missed.

    perf/scripts/speed_table.py [--peak 179] [--repeat 3]
"""

import argparse
import sys

from driver_runs import DRIVER, errors_in_digits, existing, run_driver

# options, marks: evaluate s, tree + lists s, peak GB (None: none)
CASES = (
    ("--n 1e6 --digits 6", 0.80, 0.15, 0.5),
    ("--n 1e6 --digits 6 --gradient", 1.4, 0.15, 0.8),
    ("--n 1e6 --precision single --digits 3", 0.15, 0.12, 0.35),
    ("--n 1e6 --digits 9", 1.6, 0.15, 1.2),
    ("--n 1e6 --distribution sphere --digits 6", 0.60, 0.20, 0.5),
    ("--n 1e6 --distribution sphere --precision single --digits 3", 0.15, 0.20, 0.4),
    ("--n 1e6 --distribution sphere --digits 9", 1.3, 0.20, 1.2),
    ("--n 1e6 --distribution filament --digits 6", None, 0.25, 0.8),
    ("--n 1e6 --distribution two-scale --digits 6", None, 0.25, 0.8),
    ("--n 1e6 --distribution plummer --digits 6", None, 0.25, 0.8),
    ("--n 1e5 --digits 6", 0.08, 0.02, None),
    ("--n 1e7 --digits 6", None, 2, 4.5),
)
# The marks of the others are multiples of the first case's time.
MULTIPLES = {"filament": 1.5, "two-scale": 1.5, "plummer": 1.5, "--n 1e7": 11}
MARKS_PEAK = 179
PLAN_EXTRA = 0.1  # seconds that a plan may take beyond tree and lists, operators from the cache


def options_of(case):
    return ("--method", "fmm", *case.split())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--driver", default=DRIVER)
    parser.add_argument("--peak", default=MARKS_PEAK, type=float, metavar="GF/s")
    parser.add_argument("--repeat", default=3, type=int)
    options = parser.parse_args()
    driver, slower = existing(options.driver), MARKS_PEAK / options.peak
    missed, first = [], None
    print("| | evaluate s (mark) | tree + lists s (mark) | plan s, operators cached | peak GB (mark) | error / 10^-digits |")
    print("|---|---|---|---|---|---|")
    for case, evaluate, lists, memory in CASES:
        words = options_of(case)
        run_driver(driver, *words, "--repeat", 1)  # the operators
        r = run_driver(driver, *words, "--repeat", options.repeat, "--check", 1000)
        s, ratio = r["seconds"], errors_in_digits(r)
        first = first or s["evaluate"]
        mark = evaluate * slower if evaluate else next(m for w, m in MULTIPLES.items() if w in case) * first
        trees, peak = s["tree"] + s["lists"], r["memory"]["peak_rss_bytes"] * 1e-9
        print(
            f"| `{case}` | {s['evaluate']:.3g} ({mark:.2g}) | {trees:.3f} ({lists * slower:.2g}) | {s['plan']:.3f} | "
            f"{peak:.2f} ({memory or '-'}) | {' / '.join(f'{x:.2g}' for x in ratio)} |",
            flush=True,
        )
        for what, found, allowed in (
            ("evaluate", s["evaluate"], mark),
            ("tree + lists", trees, lists * slower),
            ("plan", s["plan"], trees + PLAN_EXTRA * slower),
            ("peak memory", peak, memory or peak),
            ("error", max(ratio), 1),
        ):
            if not found <= allowed:
                missed.append(f"{case}: {what} {found:.3g}, allowed {allowed:.3g}")
    print(f"\nMarks of a machine of {MARKS_PEAK} GF/s, times {slower:.2f} for this one's {options.peak:g}.")
    for line in missed:
        print("missed: " + line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
