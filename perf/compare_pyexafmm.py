#!/usr/bin/env python3
"""Octopole against PyExaFMM, operator by operator, as a Markdown table.

Runs octopole_fmm on PyExaFMM's own experiment (1e6 points on a sphere, charges uniform in [0, 1),
order 6, potential and gradient) and bench_stages for the share of time outside Kokkos kernels.
PyExaFMM's seconds were measured on another machine of 2 cores with AVX-512, 2 threads: the ratio
tells orders, not percents.

    perf/compare_pyexafmm.py [--driver build/openmp/perf/octopole_fmm] [--stages .../bench_stages]
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

from driver_runs import DRIVER, ENVIRONMENT, ROOT, existing, run_driver

# Seconds, median of 3, and rel. L2 errors: PyExaFMM at order 6, M2L rank 150.
PYEXAFMM = {
    "P2M": 0.34,
    "M2M": 0.05,
    "M2L": 11.4,
    "P2L": 0.80,
    "L2L": 0.05,
    "L2P": 1.13,
    "M2P": 5.24,
    "P2P": 5.49,
}
PYEXAFMM_WHOLE = 24.5
PYEXAFMM_ERRORS = (5.9e-7, 1.4e-6)
PYEXAFMM_LINES = "2848 + 1926 (tree library)"

EXPERIMENT = (
    "--distribution sphere --n 1e6 --charges positive --order 6 --m2l blas --leaf-capacity 150 "
    "--balance on --gradient --precision double --method fmm --check 1000"
).split()


def code_lines(folders):
    """Lines of .hpp and .cpp files that are neither blank nor comment alone."""
    total = 0
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in (".hpp", ".cpp"):
                continue
            text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
            for line in text.splitlines():
                line = line.strip()
                total += bool(line) and not line.startswith("//")
    return total


def outside_kernels(stages):
    """Share of each operator's time that passes outside Kokkos kernels; empty without bench_stages."""
    if not stages.exists():
        print(f"compare_pyexafmm.py: no {stages}: no share outside kernels", file=sys.stderr)
        return {}
    name = "outside_kernels/.*T:double/order:6/.*dist:sphere/.*N:1000000/"
    out = subprocess.run(
        [str(stages), f"--benchmark_filter={name}", "--benchmark_format=json"],
        check=True,
        stdout=subprocess.PIPE,
        env=ENVIRONMENT,
        text=True,
    ).stdout
    rows = json.loads(out[out.index("{"):])["benchmarks"]
    return {k: v for k, v in rows[0].items() if k in PYEXAFMM} if rows else {}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--driver", default=DRIVER)
    parser.add_argument("--stages", type=pathlib.Path, help="default: bench_stages beside the driver")
    parser.add_argument("--repeat", default=3, type=int)
    parser.add_argument("--json", help="keep the driver's JSON here")
    options = parser.parse_args()
    driver = existing(options.driver)
    run = run_driver(driver, *EXPERIMENT, "--repeat", options.repeat, keep=options.json)
    share = outside_kernels((options.stages or driver.parent / "bench_stages").resolve())
    seconds, error = run["seconds"], run["error"]

    print("| | PyExaFMM s | Octopole s | ratio | outside Kokkos kernels |")
    print("|---|---|---|---|---|")
    slower, idle = [], []
    for name, theirs in PYEXAFMM.items():
        ours = seconds[name.lower()]
        if run["pairs"].get(name.lower()) == 0:
            idle.append(name)
            print(f"| {name} | {theirs:g} | no pairs | - | - |")
            continue
        if ours >= theirs:
            slower.append(name)
        ratio = f"{theirs / ours:.1f}" if ours > 0 else "-"
        part = f"{100 * share[name]:.2f} %" if name in share else "-"
        print(f"| {name} | {theirs:g} | {ours:.4f} | {ratio} | {part} |")
    whole = seconds["evaluate"]
    print(f"| **evaluate** | {PYEXAFMM_WHOLE:g} | {whole:.3f} | {PYEXAFMM_WHOLE / whole:.1f} | |")
    print(
        f"| error, potential / gradient | {PYEXAFMM_ERRORS[0]:.1e} / {PYEXAFMM_ERRORS[1]:.1e} | "
        f"{error['potential_rel_l2']:.1e} / {error['gradient_rel_l2']:.1e} | | |"
    )
    print(
        f"| lines of code | {PYEXAFMM_LINES} | {code_lines(['core', 'operators'])} + "
        f"{code_lines(['tree'])} (tree) | | |"
    )
    print()
    print(
        f"{run['backend']}, {run['threads']} threads, git {run['git']}; leaves {run['n_leaves']}, "
        f"depth {run['depth']}, M2L rank {run['m2l_rank']}; seconds are medians of {options.repeat}."
    )
    print(
        "PyExaFMM's figures are its own on another machine of that size. Our lines skip blanks and "
        "comments; no tests on either side."
    )
    if idle:
        print(f"No pairs in {', '.join(idle)}: such leaves hold fewer points than a surface and go to P2P.")
    over = [name for name, part in share.items() if part > 0.05 and name not in idle]
    missed = []
    if slower:
        missed.append("slower than PyExaFMM: " + ", ".join(slower))
    if whole > PYEXAFMM_WHOLE / 5:
        missed.append("the whole takes more than a fifth of PyExaFMM's")
    if error["potential_rel_l2"] > PYEXAFMM_ERRORS[0] or error["gradient_rel_l2"] > PYEXAFMM_ERRORS[1]:
        missed.append("errors above PyExaFMM's")
    if over:
        missed.append("more than 5 % outside kernels: " + ", ".join(over))
    for line in missed:
        print("missed: " + line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
