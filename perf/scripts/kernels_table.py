#!/usr/bin/env python3
"""Whether the digits hold for every kernel and output: a Markdown table of errors.

Runs octopole_fmm with --method fmm and all outputs of each kernel on cube, sphere and plummer. A cell
holds the worst output as a multiple of 10^-digits; above 1 is a miss. Ends with status 1 on a miss.

    perf/scripts/kernels_table.py [--n 50000] [--double 3,6,9] [--single 3,4] [--kernel NAME] [--charges zero-mean]
"""

import argparse
import subprocess
import sys

from driver_runs import DRIVER, existing, run_driver

# Name, options; Helmholtz: k times the cube's side 10, less for the Plummer model, which is 40 wide.
KERNELS = {
    "laplace": ("--outputs", "potential,gradient,hessian"),
    "laplace dipole": ("--dipole", "--outputs", "potential,gradient,hessian"),
    "yukawa": ("--kernel", "yukawa", "--screening", 5, "--outputs", "potential,gradient"),
    "helmholtz": ("--kernel", "helmholtz", "--outputs", "potential,gradient"),
    "stokeslet": ("--kernel", "stokeslet", "--outputs", "velocity,pressure"),
    "biot-savart": ("--kernel", "biot-savart", "--outputs", "velocity,velocity_gradient"),
    "biot-savart, core": ("--kernel", "biot-savart", "--core", 0.02, "--outputs", "velocity,velocity_gradient"),
}
DISTRIBUTIONS = {"cube": 10, "sphere": 5, "plummer": 0.25}  # and the wavenumber
DIGITS = {"double": [3, 6, 9], "single": [3, 4]}
ASKED = [(precision, digits) for precision in DIGITS for digits in DIGITS[precision]]


def numbers(text):
    return [int(part) for part in text.split(",") if part]


def options_of(flags, distribution, precision, digits):
    """Of a kernel's run: the digits that waves can have, and their number, which goes by the size of the cloud."""
    wave = "helmholtz" in flags
    return (
        "--distribution", distribution, "--digits", min(digits, 8) if wave else digits, "--precision", precision,
        *flags, *(("--wavenumber", DISTRIBUTIONS[distribution]) if wave else ()),
    )  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--driver", default=DRIVER)
    parser.add_argument("--n", default=50000, type=int)
    parser.add_argument("--double", default=DIGITS["double"], type=numbers)
    parser.add_argument("--single", default=DIGITS["single"], type=numbers)
    parser.add_argument("--kernel", default="")
    parser.add_argument("--charges", default="zero-mean")
    options = parser.parse_args()
    driver = existing(options.driver)

    asked = [("double", d) for d in options.double] + [("single", d) for d in options.single]
    missed = []
    print("| kernel | points | " + " | ".join(f"{d} {p}" for p, d in asked) + " |")
    print("|---" * (len(asked) + 2) + "|")
    for kernel, flags in KERNELS.items():
        if options.kernel and options.kernel != kernel:
            continue
        for distribution in DISTRIBUTIONS:
            cells = []
            for precision, digits in asked:
                case = (
                    "--n", options.n, "--method", "fmm", "--check", 300, "--repeat", 1, "--charges", options.charges,
                    *options_of(flags, distribution, precision, digits),
                )  # fmt: skip
                name = " ".join(map(str, case))
                try:
                    result = run_driver(driver, *case)
                except subprocess.CalledProcessError:
                    missed.append(f"failed: {name}")
                    cells.append("failed")
                    continue
                worst = max(
                    (error * 10 ** result["digits"], output)
                    for output, error in result["error"].items()
                    if output.endswith("_rel_l2") and error is not None
                )
                cells.append(f"{worst[0]:.2g} (order {result['order']})")
                if not worst[0] <= 1:
                    missed.append(f"{name}: {worst[1]} {worst[0]:.2f}")
            print(f"| {kernel} | {distribution} | " + " | ".join(cells) + " |", flush=True)
    for line in missed:
        print("missed: " + line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
