#!/usr/bin/env python3
"""Whether the digits hold: a Markdown table of errors, and what they cost.

Runs octopole_fmm with --method fmm on every distribution, charge law, number of digits and precision,
with and without gradient. A cell holds the worse of both charge laws, potential / gradient, as a
multiple of 10^-digits; above 1 is a miss. Ends with status 1 on a miss of any of the marks.

    perf/scripts/digits_table.py [--n 100000] [--double 3,6,9] [--single 3,4]
"""

import argparse
import itertools
import statistics
import sys

from driver_runs import DRIVER, existing, run_driver

DISTRIBUTIONS = ("cube", "sphere", "plummer", "filament", "two-scale")
LAWS = ("zero-mean", "positive")
ADAPTIVE = ("plummer", "filament", "two-scale")
P2P_SHARE = 0.08  # of all pairs
MEDIAN = 0.02  # of error / 10^-digits


def numbers(text):
    return [int(part) for part in text.split(",") if part]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--driver", default=DRIVER)
    parser.add_argument("--n", default=100000, type=int)
    parser.add_argument("--double", default=[3, 6, 9], type=numbers)
    parser.add_argument("--single", default=[3, 4], type=numbers)
    options = parser.parse_args()
    driver = existing(options.driver)

    asked = [("double", d) for d in options.double] + [("single", d) for d in options.single]
    common = ("--n", options.n, "--method", "fmm", "--check", 1000, "--repeat", 1)
    ratios, missed, share = [], [], (0, "")
    print("| | " + " | ".join(f"{d} {p}{g}" for (p, d), g in itertools.product(asked, ("", ", gradient"))) + " |")
    print("|---" * (2 * len(asked) + 1) + "|")
    for distribution in DISTRIBUTIONS:
        cells = []
        for (precision, digits), gradient in itertools.product(asked, (False, True)):
            worst = {}
            for law in LAWS:
                case = (
                    "--distribution", distribution, "--charges", law, "--digits", digits, "--precision", precision,
                    *(("--gradient",) if gradient else ()),
                )  # fmt: skip
                result = run_driver(driver, *common, *case)
                name = " ".join(map(str, case))
                part = result["pairs"]["p2p"] / (result["n_sources"] * result["n_targets"])
                share = max(share, (part, name))
                for output in ("potential", "gradient"):
                    error = result["error"][f"{output}_rel_l2"]
                    if error is None:
                        continue
                    ratio = error * 10**digits
                    ratios.append(ratio)
                    worst[output] = max(worst.get(output, 0), ratio)
                    if not ratio <= 1:
                        missed.append(f"{name}: {output} {error:.2e}")
            cells.append(" / ".join(f"{ratio:.2g}" for ratio in worst.values()))
        print(f"| {distribution} | " + " | ".join(cells) + " |", flush=True)
    print()
    median = statistics.median(ratios)
    print(f"Median of all {len(ratios)} multiples: {median:.3f} (at least {MEDIAN}).")
    print(f"Largest part of all pairs in P2P: {100 * share[0]:.1f} % (at most {100 * P2P_SHARE:.0f} %), {share[1]}.")
    if median < MEDIAN:
        missed.append(f"the median is {median:.3f}")
    if share[0] > P2P_SHARE:
        missed.append(f"P2P takes {100 * share[0]:.1f} % of the pairs: {share[1]}")
    print("Leaves of at most 40 points, 6 digits, pairs of M2P / P2L and error / 1e-6: ", end="")
    rows = []
    for distribution in ADAPTIVE:
        case = ("--distribution", distribution, "--leaf-capacity", 40)
        result = run_driver(driver, *common, *case)
        pairs, error = result["pairs"], result["error"]["potential_rel_l2"]
        rows.append(f"{distribution} {pairs['m2p']} / {pairs['p2l']}, {error * 1e6:.2g}")
        if pairs["m2p"] == 0 or pairs["p2l"] == 0:
            missed.append(f"no M2P or no P2L pairs on {distribution}")
        if not error <= 1e-6:
            missed.append(f"{distribution}, leaves of 40: {error:.2e}")
    print("; ".join(rows) + ".")
    for line in missed:
        print("missed: " + line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
