#!/usr/bin/env python3
"""Whether two builds compute the same: a Markdown table of what differs between their results.

    perf/scripts/compare_results.py OLD NEW [--quick] [--rows TEXT ...] [--json FILE]
    perf/scripts/compare_results.py --files A.h5 B.h5

OLD and NEW are two octopole_fmm. Both run the same rows: every kernel with its derivative and two
right-hand sides, in both precisions, on two distributions, then single rows for targets of their own, M2L
blas, balanced trees, the near fields, one-signed charges and more. Each keeps its operators in a cache of
its own, which starts empty. --files compares two files that octopole_fmm --output has written.

A row has a line for the choices (orders, tree, lists, pair counts: all have to be equal) and one for each
output: how many numbers differ by any bit, and the root mean square of the difference over that of OLD's
result, which is held against 1e-14 in double and 1e-6 in single precision, 1e-7 where the near field is
`mixed` or `rough`. Ends with status 1 when a row is out.

Needs h5py (Debian: python3-h5py; or pip install h5py) to read the results.
"""

import argparse
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

from driver_runs import existing, run_driver_with_table
from kernels_table import ASKED, KERNELS, options_of

# The outputs that the promise of equal results names; KERNELS has all outputs of each.
DERIVATIVES = {
    "laplace": ("--outputs", "potential,gradient"),
    "laplace dipole": ("--dipole", "--outputs", "potential,gradient"),
    **{name: KERNELS[name] for name in ("yukawa", "helmholtz", "stokeslet", "biot-savart")},
}
DISTRIBUTIONS = ("cube", "plummer")  # plummer: all lists have entries
QUICK = [("double", 3), ("single", 3)]

# What a run says of the machine and of the build, rather than of the method.
NOT_COMPARED = (
    "seconds", "rates", "memory", "launches", "error", "backend", "threads", "operators_source", "version", "git",
)  # fmt: skip
# Facts of the tree that the printed table alone has.
OF_TABLE = {"largest leaf": r"largest (\d+)\)", "2:1 balance": r"2:1 balance (\w+)"}


def write_targets(path, distribution):
    """Targets that reach beyond the sources, so that there are leaves without any."""
    generator = random.Random(1)
    coordinate = (lambda: generator.gauss(0, 3)) if distribution == "plummer" else (lambda: generator.uniform(-0.25, 1.25))
    rows = (f"{coordinate()!r},{coordinate()!r},{coordinate()!r}\n" for _ in range(7000))
    path.write_text("".join(rows))


def rows_of(quick, folder):
    """The options of all rows but the number of points."""
    two = ("--rhs", 2)
    for flags in DERIVATIVES.values():
        for distribution in DISTRIBUTIONS:
            for precision, digits in QUICK if quick else ASKED:
                yield *options_of(flags, distribution, precision, digits), *two
    # Singles: first all outputs, and one output and one side.
    for name in ("laplace", "laplace dipole", "biot-savart, core"):
        yield options_of(KERNELS[name], "plummer", "double", 4)
    for precision in ("double", "single"):
        yield options_of((), "cube", precision, 3)
    for distribution in ("sphere", "filament", "two-scale"):
        yield *options_of(("--gradient",), distribution, "double", 6), *two
    # Targets of their own.
    for distribution in DISTRIBUTIONS:
        targets = folder / f"targets_{distribution}.csv"
        write_targets(targets, distribution)
        for name in ("laplace", "helmholtz", "stokeslet"):
            yield *options_of(DERIVATIVES[name], distribution, "double", 4), *two, "--targets", targets
        yield *options_of(DERIVATIVES["laplace"], distribution, "single", 3), *two, "--targets", targets
    # M2L by matrix products.
    for name in ("laplace", "yukawa", "helmholtz", "stokeslet", "biot-savart"):
        yield *options_of(DERIVATIVES[name], "cube", "double", 3), *two, "--m2l", "blas"
    yield *options_of(("--gradient",), "plummer", "double", 6), *two, "--m2l", "blas"
    yield *options_of(("--gradient",), "plummer", "single", 3), *two, "--m2l", "blas"
    yield *options_of(("--gradient",), "cube", "double", 3), "--m2l-rank", "full"
    for precision in ("double", "single"):
        yield *options_of(("--gradient",), "cube", "double", 6), "--m2l-precision", precision
    # Trees: balanced or not, small leaves (P2L and M2P have most to do), one root cube.
    for distribution in ("plummer", "filament", "two-scale"):
        for balance in ("on", "off"):
            yield *options_of(("--gradient",), distribution, "double", 6), "--balance", balance, "--leaf-capacity", 40
    yield *options_of(DERIVATIVES["stokeslet"], "plummer", "double", 4), *two, "--balance", "on"
    yield *options_of(("--gradient",), "cube", "double", 6), "--root-scale", 1.2
    # The near field's arithmetic.
    for name in ("laplace", "laplace dipole", "yukawa", "stokeslet", "biot-savart"):
        for near_field in ("exact", "fast", "mixed", "rough"):
            yield *options_of(DERIVATIVES[name], "cube", "double", 3), "--near-field", near_field
        for near_field in ("exact", "fast"):
            yield *options_of(DERIVATIVES[name], "cube", "single", 3), "--near-field", near_field
    # Charges of one sign, more right-hand sides than a block holds, a stated order, the plain sum.
    for distribution in DISTRIBUTIONS:
        for precision, digits in (("double", 6), ("single", 3)):
            yield *options_of(("--gradient",), distribution, precision, digits), *two, "--charges", "positive"
    yield *options_of(("--gradient",), "cube", "double", 3), "--rhs", 7
    yield "--distribution", "plummer", "--order", 5, "--gradient", *two
    yield *options_of(DERIVATIVES["laplace"], "cube", "double", 6), *two, "--method", "direct"


def read_result(path):
    """The facts of a run, its outputs and its targets, from a file of octopole_fmm --output."""
    import h5py

    with h5py.File(path, "r") as file:
        run = file.attrs["run"]
        facts = json.loads(run if isinstance(run, str) else run.decode())
        return facts, {name: data[...] for name, data in file.items()}


def without_machine(facts):
    """Names as paths: pairs.p2p."""
    flat = {}
    for name, value in facts.items():
        if name in NOT_COMPARED:
            continue
        inner = {f"{name}.{key}": v for key, v in value.items()} if isinstance(value, dict) else {name: value}
        flat.update(inner)
    return flat


def limit_of(facts):
    if facts["precision"] == "single":
        return 1e-6
    return 1e-7 if facts["near_field"] in ("mixed", "rough") else 1e-14


def compare_choices(old, new):
    """What is not equal, in words. What NEW alone states is no difference."""
    a, b = without_machine(old), without_machine(new)
    return [f"{key} {a[key]} -> {b.get(key, 'missing')}" for key in a if key not in b or a[key] != b[key]]


def compare_values(old, new):
    """Numbers that differ by any bit, and the RMS of the difference over that of the old values."""
    import numpy

    bits = [numpy.ascontiguousarray(values, dtype=numpy.float64).view(numpy.uint64) for values in (old, new)]
    differ = int(numpy.count_nonzero(bits[0] != bits[1]))
    difference, scale = (float(numpy.sqrt(numpy.mean(numpy.square(x)))) for x in (new - old, old))
    if difference == 0:
        return differ, 0.0
    return differ, difference / scale if scale != 0 else float("inf")


def compare_results(old, new):
    """Of two runs as read_result gives them: choices that differ, and a dictionary for each output."""
    (old_facts, old_values), (new_facts, new_values) = old, new
    choices, outputs = compare_choices(old_facts, new_facts), []
    if old_values.keys() != new_values.keys():
        choices.append(f"datasets {', '.join(old_values)} -> {', '.join(new_values)}")
    for name in old_values.keys() & new_values.keys():
        if old_values[name].shape != new_values[name].shape:
            choices.append(f"extents of {name} {old_values[name].shape} -> {new_values[name].shape}")
            continue
        differ, rms = compare_values(old_values[name], new_values[name])
        if name == "targets":  # input, the same to the last bit
            limit, within = 0.0, differ == 0
        else:
            limit = limit_of(old_facts)
            within = rms <= limit  # false for what is not a number
        outputs.append(
            {"output": name, "of": old_values[name].size, "differ": differ, "rms": rms, "limit": limit, "within": within}
        )
    return choices, sorted(outputs, key=lambda output: output["output"])


def in_short(facts):
    pairs = ", ".join(f"{name} {count}" for name, count in facts["pairs"].items())
    return (
        f"{facts['method']}, order {facts['order']}, m2l {facts['m2l']}, near field {facts['near_field']}, "
        f"{facts['n_leaves']} leaves, depth {facts['depth']}; pairs {pairs}"
    )


def print_head():
    print("| row | | numbers that differ | RMS of the difference / of the result | at most |")
    print("|---|---|---|---|---|")


def print_row(name, facts, choices, outputs):
    """Says of the row whether all of it is within its limits."""
    print(f"| `{name}` | choices | {len(choices)} | {'; '.join(choices) or in_short(facts)} | |")
    for o in outputs:
        if o["output"] == "targets" and o["within"]:
            continue
        out = "" if o["within"] else "**"
        print(f"| `{name}` | {o['output']} | {o['differ']} of {o['of']} | {out}{o['rms']:.2g}{out} | {o['limit']:g} |")
    sys.stdout.flush()
    return not choices and all(o["within"] for o in outputs)


def run_side(driver, folder, options):
    """One driver's run, with what its table alone says put beside its facts."""
    path = folder / "result.h5"
    _, table = run_driver_with_table(driver, *options, "--cache", folder / "operators.h5", "--output", path)
    facts, values = read_result(path)
    for name, pattern in OF_TABLE.items():
        found = re.search(pattern, table)
        facts[name] = found.group(1) if found else None
    return facts, values


def compare_drivers(options, folder):
    """All rows, one after the other. Returns what the JSON holds of each."""
    drivers = {side: existing(getattr(options, side)) for side in ("old", "new")}
    for side in drivers:
        (folder / side).mkdir()
    rows = []
    for row in rows_of(options.quick, folder):
        name = " ".join(map(str, row)).replace(f"{folder}/", "")
        if options.rows and not any(text in name for text in options.rows):
            continue
        # What the row itself says of the method wins over this.
        method = () if "--method" in row else ("--method", "fmm")
        n = options.n or (5000 if options.quick else 20000)
        case, results, failed = ("--n", n, *method, "--repeat", 1, *row), [], []
        for side, driver in drivers.items():
            try:
                results.append(run_side(driver, folder / side, case))
            except subprocess.CalledProcessError as error:
                failed.append(f"{side} ended with status {error.returncode}")
        if failed:
            print(f"| `{name}` | failed | | {', '.join(failed)} | |", flush=True)
            rows.append({"row": name, "within": False, "failed": failed})
            continue
        choices, outputs = compare_results(*results)
        within = print_row(name, results[0][0], choices, outputs)
        rows.append({"row": name, "within": within, "choices": choices, "outputs": outputs})
    return rows


def compare_files(paths):
    results = [read_result(path) for path in paths]
    choices, outputs = compare_results(*results)
    name = " ".join(map(str, paths))
    within = print_row(name, results[0][0], choices, outputs)
    return [{"row": name, "within": within, "choices": choices, "outputs": outputs}]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", nargs="?", metavar="OLD", help="the driver whose results count as right")
    parser.add_argument("new", nargs="?", metavar="NEW")
    parser.add_argument("--files", nargs=2, metavar=("A.h5", "B.h5"), help="two files of results instead of two drivers")
    parser.add_argument("--quick", action="store_true", help="3 digits and 5000 points")
    parser.add_argument("--n", type=int, help="number of points (default: 20000)")
    parser.add_argument("--rows", nargs="+", metavar="TEXT", help="only rows whose options contain one of these")
    parser.add_argument("--json", metavar="FILE", help="write what was found")
    options = parser.parse_args()
    if bool(options.files) == bool(options.old and options.new):
        parser.error("either two drivers or --files with two files")
    try:
        import h5py  # noqa: F401
    except ImportError:
        sys.exit("compare_results.py: no h5py (Debian: python3-h5py, or pip install h5py)")

    for path in options.files or ():
        if not pathlib.Path(path).is_file():
            sys.exit(f"compare_results.py: no file {path}")

    print_head()
    if options.files:
        rows = compare_files(options.files)
    else:
        with tempfile.TemporaryDirectory() as folder:
            rows = compare_drivers(options, pathlib.Path(folder))
    if not rows:
        sys.exit("compare_results.py: no row contains any of: " + ", ".join(options.rows))
    outputs = [o for row in rows for o in row.get("outputs", ()) if o["output"] != "targets"]
    out = [row["row"] for row in rows if not row["within"]]
    same = sum(o["differ"] == 0 for o in outputs)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1) + "\n")
    print()
    for name in out:
        print("out: " + name)
    print(f"{len(rows)} rows, {len(out)} of them out; {same} of {len(outputs)} outputs are the same to the last bit.")
    return 1 if out else 0


if __name__ == "__main__":
    sys.exit(main())
