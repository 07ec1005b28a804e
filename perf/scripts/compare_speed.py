#!/usr/bin/env python3
"""How much slower one build is than another: a Markdown table of ratios, new to old.

    perf/scripts/compare_speed.py OLD NEW [--runs 5] [--rows TEXT ...] [--json FILE]

OLD and NEW are two octopole_fmm, which run every row in turn (old, new, old, new ...), each with an
operator cache of its own; the median of the runs counts. The rows, by the word that they begin with:

    speed     those of speed_table.py
    costs     what the kernels cost, N = 100,000 and 6 digits, as section 10 of RESULTS.md has them
    kernels   those of kernels_table.py: all kernels and outputs, cube, sphere and plummer, all digits
    plans     a new plan, not its process' first, and update_points at N = 1000, 10,000 and a million,
              in three times as many runs

Whether the C library gives memory back between two plans, so that the next one meets new pages, hangs on
where the last small block lies: up to a factor of 2 for a new plan of a million points, on either side.
GLIBC_TUNABLES=glibc.malloc.trim_threshold=4000000000:glibc.malloc.mmap_threshold=4000000000 in the
environment tells it to keep what it has.

A ratio above 1.03 is marked, and the row named at the end with the least and the most that was seen, so
that noise can be told. An error is a multiple of 10^-digits. `update` needs the driver's --updates; where
one of the two does not have it the column stays empty. Ends with status 1 when a row is slower, or when
its error is above the promise and was not before. perf/history/README.md says what --json is for.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

import kernels_table
import speed_table
from driver_runs import errors_in_digits, existing, run_driver

ALLOWED = 1.03
COSTS = (
    "", "--kernel yukawa --screening 5", "--kernel stokeslet", "--kernel stokeslet --outputs velocity,pressure",
    "--kernel biot-savart --core 0.0215 --outputs velocity,velocity_gradient", "--rhs 4", "--rhs 8",
    "--kernel helmholtz --wavenumber 10",
)  # fmt: skip
PLAN_SIZES = (1000, 10000, 1000000)
PLANS = 5  # made in one process, the last one's times count
UPDATES = 11
PLAN_RUNS = 3  # times as many runs as of the other rows, for each has one plan that counts
SIDES = ("old", "new")


def evaluate(run):
    return run["seconds"]["evaluate"]


def tree_and_lists(run):
    return run["seconds"]["tree"] + run["seconds"]["lists"]


def plan(run):
    return run["seconds"]["plan"]


def update(run):
    return run["seconds"].get("update")


TABLE_TIMES = {"evaluate": evaluate, "tree + lists": tree_and_lists, "plan": plan}
PLAN_TIMES = {"tree + lists": tree_and_lists, "plan": plan, "update": update}
COLUMNS = ("evaluate", "tree + lists", "plan", "update")


def rows_of(repeat, kernels_n, updates):
    """Of each row its name, the driver's options, the number of targets checked, and the times that count."""
    for case, *_ in speed_table.CASES:
        options = (*speed_table.options_of(case), "--repeat", repeat)
        yield f"speed {case}", options, 1000, TABLE_TIMES
    for flags in COSTS:
        case = " ".join(("--n 1e5 --digits 6", *flags.split()))
        yield f"costs {case}", (*speed_table.options_of(case), "--repeat", repeat), 300, TABLE_TIMES
    for flags in kernels_table.KERNELS.values():
        for distribution in kernels_table.DISTRIBUTIONS:
            for precision, digits in kernels_table.ASKED:
                case = ("--n", kernels_n, *kernels_table.options_of(flags, distribution, precision, digits))
                options = ("--method", "fmm", *case, "--repeat", repeat)
                yield f"kernels {' '.join(map(str, case))}", options, 300, TABLE_TIMES
    for n in PLAN_SIZES:
        case = ("--n", n, "--digits", 6)
        options = ("--method", "fmm", *case, "--repeat", 1, "--plans", PLANS, *(("--updates", UPDATES) if updates else ()))
        yield f"plans {' '.join(map(str, case))}", options, 1000, PLAN_TIMES


def has_updates(driver):
    text = subprocess.run([str(driver), "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return "--updates" in text


def measure(drivers, caches, options, check, times, runs):
    """Of each side the times of all runs, the errors and what the build says of itself."""
    found = {side: {name: [] for name in times} for side in SIDES}
    facts = {}
    for side in SIDES:  # the operators, and the error, which is that of every run
        run = run_driver(drivers[side], *options, "--check", check, "--cache", caches[side])
        facts[side] = {key: run[key] for key in ("order", "leaf_capacity", "threads", "git")}
        facts[side]["errors"] = errors_in_digits(run)
    for _ in range(runs):
        for side in SIDES:
            run = run_driver(drivers[side], *options, "--cache", caches[side])
            for name, time in times.items():
                found[side][name].append(time(run))
    return {side: {**facts[side], "seconds": found[side]} for side in SIDES}


def ratios_of(row):
    """New to old, of the medians; nothing of what was not measured on both sides."""
    old, new = (row[side]["seconds"] for side in SIDES)
    return {
        name: statistics.median(new[name]) / statistics.median(old[name]) for name in old if None not in old[name] + new[name]
    }


def print_row(name, row, ratios):
    cells = []
    for column in COLUMNS:
        if column not in ratios:
            cells += ["-", "-"]
            continue
        old, new = (statistics.median(row[side]["seconds"][column]) for side in SIDES)
        mark = "**" if ratios[column] > ALLOWED else ""
        cells += [f"{old:.3g} / {new:.3g}", f"{mark}{ratios[column]:.3f}{mark}"]
    errors = " to ".join(f"{max(row[side]['errors']):.2g}" for side in SIDES)
    print(f"| `{name}` | " + " | ".join(cells) + f" | {errors} |", flush=True)


def slower(name, row, ratios):
    """A sentence for everything that is worse than before."""
    for column, ratio in ratios.items():
        if ratio > ALLOWED:
            ranges = (f"{side} {min(t):.3g} to {max(t):.3g}" for side in SIDES for t in [row[side]["seconds"][column]])
            yield f"{name}: {column} {100 * (ratio - 1):.1f} % slower ({', '.join(ranges)} s)"
    old, new = (max(row[side]["errors"]) for side in SIDES)
    if not new <= 1 and old <= 1:
        yield f"{name}: error {new:.2g}, before {old:.2g}"


def processor_name():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", metavar="OLD", help="the driver that was there before")
    parser.add_argument("new", metavar="NEW")
    parser.add_argument("--runs", default=5, type=int, help="of each driver (default: 5; of plans three times as many)")
    parser.add_argument("--repeat", default=3, type=int, help="executions timed in one run (default: 3)")
    parser.add_argument("--rows", nargs="+", metavar="TEXT", help="only rows whose name contains one of these")
    parser.add_argument(
        "--kernels-n", default=50000, type=int, metavar="N", help="points of the kernels' rows (default: 50000)"
    )
    parser.add_argument("--json", metavar="FILE", help="write all times, the processor and the builds")
    options = parser.parse_args()
    drivers = {side: existing(getattr(options, side)) for side in SIDES}
    updates = all(has_updates(driver) for driver in drivers.values())
    chosen = [
        row
        for row in rows_of(options.repeat, options.kernels_n, updates)
        if not options.rows or any(text in row[0] for text in options.rows)
    ]
    if not chosen:
        sys.exit("compare_speed.py: no row contains any of: " + ", ".join(options.rows))

    head = "".join(f" {column} s, old / new | ratio |" for column in COLUMNS)
    print(f"| |{head} error / 10^-digits |")
    print("|---" * (2 * len(COLUMNS) + 2) + "|")
    rows, worse = [], []
    with tempfile.TemporaryDirectory() as folder:
        caches = {side: pathlib.Path(folder) / f"{side}.h5" for side in SIDES}
        for name, words, check, times in chosen:
            runs = options.runs * (PLAN_RUNS if times is PLAN_TIMES else 1)
            try:
                row = measure(drivers, caches, words, check, times, runs)
            except subprocess.CalledProcessError as error:
                print(f"| `{name}` | failed: {error} |" + " |" * 2 * len(COLUMNS), flush=True)
                worse.append(f"{name}: failed")
                continue
            ratios = ratios_of(row)
            print_row(name, row, ratios)
            worse += slower(name, row, ratios)
            rows.append({"row": name, "ratios": ratios, **row})
    if options.json and rows:
        about = {
            "processor": processor_name(),
            "threads": rows[0]["new"]["threads"],
            "cores": os.cpu_count(),
            "commits": {side: rows[0][side]["git"] for side in SIDES},
            "runs": options.runs,
            "rows": rows,
        }
        pathlib.Path(options.json).write_text(json.dumps(about, indent=1) + "\n")
    print()
    if not updates:
        print("No times of update_points: one of the drivers has no --updates.")
    for line in worse:
        print("worse: " + line)
    print(f"{len(chosen)} rows, medians of {options.runs} runs; {len(worse)} times or errors are worse.")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
