#!/usr/bin/env python3
"""Figures from the JSON of octopole_fmm and of the benchmarks, and the runs that make it.

    perf/scripts/plot.py --measure FOLDER     runs what is missing in FOLDER and stores its JSON there
    perf/scripts/plot.py FOLDER [FILE ...]    draws the figures that the JSON allows into FOLDER

    time_by_stage         seconds of each stage, per case
    time_against_n        seconds against the number of points, 1e3 to 1e7
    error_against_order   relative L2 error against the order, double and single
    fraction_of_limit     each operator's part of what the machine reached in the same run

Both print the largest step of the time against N between 1e4 and 1e7: of each size the time over
the straight line, in logarithms, through those of the two sizes beside it.
"""

import argparse
import json
import math
import pathlib
import re
import sys

from driver_runs import DRIVER, existing, run_benchmark, run_driver

LARGEST_STEP = 1.4
# Octave by octave a uniform cube repeats itself; sizes of no common ratio meet every part of it.
SMALL_SIZES = (1013, 1571, 2447, 3803, 6029)
SIZES = (
    10007, 14549, 20011, 30223, 42577, 60343, 91009, 124777, 181213, 266467,
    372877, 541483, 793337, 1091017, 1620139, 2310067, 3303121, 4870987, 6790363, 9999991,
)  # fmt: skip

# Okabe and Ito's colours, which the colour-blind tell apart; greys for what a plan does once.
STAGES = {
    "tree": ("tree", "#777777"),
    "lists": ("lists", "#bbbbbb"),
    "p2m": ("P2M", "#56b4e9"),
    "m2m": ("M2M", "#009e73"),
    "m2l": ("M2L", "#d55e00"),
    "l2l": ("L2L", "#f0e442"),
    "l2p": ("L2P", "#cc79a7"),
    "p2p": ("P2P", "#0072b2"),
    "m2p + p2l": ("M2P, P2L", "#e69f00"),
    "permute": ("permute", "#000000"),
}
BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"


# ---- measuring


def driver_runs():
    """Name and options of every run of octopole_fmm."""
    fmm = ("--method", "fmm", "--charges", "zero-mean")
    for n in SMALL_SIZES + SIZES:
        yield f"size_{n}", ("--n", n, "--digits", 6, *fmm)
    for precision, orders in (("double", range(2, 13)), ("single", range(2, 7))):
        for order in orders:
            yield (
                f"order_{precision}_{order}",
                ("--n", 100000, "--order", order, "--precision", precision, "--check", 1000, *fmm),
            )
    for distribution in ("cube", "sphere"):
        for precision, digits in (("single", 3), ("double", 3), ("double", 6), ("double", 9)):
            yield (
                f"stages_{distribution}_{precision}_{digits}",
                (
                    "--n",
                    1000000,
                    "--distribution",
                    distribution,
                    "--digits",
                    digits,
                    "--precision",
                    precision,
                    "--check",
                    1000,
                    *fmm,
                ),
            )


def measure(folder, driver, only):
    folder.mkdir(parents=True, exist_ok=True)
    for name, options in driver_runs():
        path = folder / f"{name}.json"
        if path.exists() or not re.search(only, name):
            continue
        part = path.with_suffix(".part")  # what was interrupted is measured again
        result = run_driver(driver, *options, keep=part)
        part.replace(path)
        print(f"{name}: evaluate {result['seconds']['evaluate']:.4g} s", flush=True)
    path, stages = folder / "bench_stages.json", driver.parent / "bench_stages"
    if path.exists() or not re.search(only, "bench_stages"):
        return
    if stages.exists():
        run_benchmark(stages, keep=path)
        print("bench_stages: done")
    else:
        print(f"plot.py: no {stages}: no fractions of the limit", file=sys.stderr)


# ---- reading


def read(paths):
    """The runs of the driver by file name, and the rows of all benchmarks."""
    runs, rows = {}, []
    for path in paths:
        try:
            content = json.loads(path.read_text())
        except ValueError as error:
            sys.exit(f"plot.py: {path}: not JSON: {error}")
        if "benchmarks" in content:
            rows += content["benchmarks"]
        elif "seconds" in content:
            runs[path.stem] = content
        else:
            sys.exit(f"plot.py: {path}: neither octopole_fmm --json nor a benchmark's JSON")
    return runs, rows


def words_of(row):
    """The words "key:value" of a row's name."""
    return dict(word.split(":", 1) for word in row["name"].split("/") if ":" in word)


def sizes_of(runs):
    """The runs whose number of points alone differs, by it."""
    return sorted(
        (run for name, run in runs.items() if name.startswith("size_")),
        key=lambda run: run["n_sources"],
    )


def steps(runs):
    """(N, time over the straight line through its neighbours), N between 1e4 and 1e7."""
    points = [
        (math.log(run["n_sources"]), math.log(run["seconds"]["evaluate"]), run["n_sources"])
        for run in sizes_of(runs)
        if 1e4 <= run["n_sources"] <= 1e7
    ]
    found = []
    for (x0, y0, _), (x, y, n), (x1, y1, _) in zip(points, points[1:], points[2:]):
        found.append((n, math.exp(y - (y0 + (y1 - y0) * (x - x0) / (x1 - x0)))))
    return found


def print_steps(runs):
    """Prints the table of times against N; false where a step is too large."""
    found = dict(steps(runs))
    if not found:
        return True
    print("| N | evaluate s | us per point | tree + lists s | leaf capacity | depth | step |")
    print("|---|---|---|---|---|---|---|")
    for run in sizes_of(runs):
        n, seconds = run["n_sources"], run["seconds"]
        step = f"{found[n]:.2f}" if n in found else ""
        print(
            f"| {n} | {seconds['evaluate']:.4f} | {1e6 * seconds['evaluate'] / n:.3f} | "
            f"{seconds['tree'] + seconds['lists']:.4f} | {run['leaf_capacity']} | "
            f"{run['depth']} | {step} |"
        )
    n, largest = max(found.items(), key=lambda item: item[1])
    print(f"\nLargest step: {largest:.2f} at N = {n} (at most {LARGEST_STEP}).")
    return largest <= LARGEST_STEP


# ---- drawing


def of_cube(run):
    return f"{run['precision']}, {run['digits']} digits"


def draw_stages(plt, runs):
    cases = [run for name, run in sorted(runs.items()) if name.startswith("stages_")]
    if not cases:
        return None
    cases.sort(key=lambda run: (run["distribution"], run["precision"] == "double", run["digits"]))
    figure, axes = plt.subplots(figsize=(9, 0.55 * len(cases) + 2))
    left = [0.0] * len(cases)
    for key, (name, colour) in STAGES.items():
        width = [sum(run["seconds"][k] for k in key.split(" + ")) for run in cases]
        if max(width) < 0.002 * max(map(whole, cases)):
            continue
        axes.barh(
            range(len(cases)),
            width,
            left=left,
            color=colour,
            label=name,
            edgecolor="white",
            linewidth=0.8,
        )
        left = [a + b for a, b in zip(left, width)]
    for i, run in enumerate(cases):
        error = run["error"]["potential_rel_l2"]
        text = f"  {left[i]:.2f} s" + (f", error {error:.0e}" if error is not None else "")
        axes.text(left[i], i, text, va="center", fontsize=9)
    axes.set_yticks(range(len(cases)), [f"{run['distribution']}, {of_cube(run)}" for run in cases])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.25 * max(left))
    axes.set_xlabel("seconds (stage times, each fenced)")
    n = {run["n_sources"] for run in cases}
    size = f", N = {min(n):,}" if len(n) == 1 else ""
    axes.set_title(f"Time by stage{size}, potential, {threads(cases)}")
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="outside lower center",
        ncols=10,
        frameon=False,
        fontsize=9,
        columnspacing=1.2,
        handlelength=1.2,
    )
    return figure


def whole(run):
    return run["seconds"]["tree"] + run["seconds"]["lists"] + run["seconds"]["evaluate"]


def threads(runs):
    counts = sorted({run["threads"] for run in runs})
    return " or ".join(map(str, counts)) + " threads"


def draw_sizes(plt, runs):
    sizes = sizes_of(runs)
    if len(sizes) < 2:
        return None
    n = [run["n_sources"] for run in sizes]
    evaluate = [run["seconds"]["evaluate"] for run in sizes]
    setup = [run["seconds"]["tree"] + run["seconds"]["lists"] for run in sizes]
    figure, (axes, per_point) = plt.subplots(
        2, 1, figsize=(7.5, 7), sharex=True, height_ratios=(3, 2)
    )
    axes.loglog(n, evaluate, "o-", color=BLUE, label="evaluate", markersize=5)
    axes.loglog(n, setup, "s--", color=ORANGE, label="tree + lists", markersize=5)
    middle = len(n) // 2
    axes.loglog(
        n,
        [evaluate[middle] * x / n[middle] for x in n],
        color="#999999",
        linewidth=1,
        label="proportional to N",
    )
    axes.set_ylabel("seconds")
    axes.legend(frameon=False)
    run = sizes[0]
    axes.set_title(
        f"Time against N: {run['distribution']}, {of_cube(run)}, potential, {threads(sizes)}"
    )
    per_point.semilogx(
        n, [1e6 * t / x for t, x in zip(evaluate, n)], "o-", color=BLUE, markersize=5
    )
    per_point.semilogx(
        n, [1e6 * t / x for t, x in zip(setup, n)], "s--", color=ORANGE, markersize=5
    )
    per_point.set_ylim(bottom=0)
    per_point.set_ylabel("microseconds per point")
    per_point.set_xlabel("number of points N")
    found = steps(runs)
    if found:
        at, largest = max(found, key=lambda item: item[1])
        per_point.set_title(
            f"largest step over the line through the neighbours: {largest:.2f}, at N = {at:,}",
            fontsize=10,
        )
    for a in (axes, per_point):
        a.grid(True, which="major", color="#dddddd", linewidth=0.7)
        a.set_axisbelow(True)
    return figure


def draw_orders(plt, runs):
    figure, axes = plt.subplots(figsize=(7, 4.8))
    drawn = False
    for precision, marker, colour in (("double", "o-", BLUE), ("single", "s--", ORANGE)):
        points = sorted(
            (run["order"], run["error"]["potential_rel_l2"])
            for name, run in runs.items()
            if name.startswith("order_") and run["precision"] == precision
        )
        if points:
            drawn = True
            axes.semilogy(*zip(*points), marker, color=colour, label=precision, markersize=6)
    if not drawn:
        plt.close(figure)
        return None
    run = next(run for name, run in runs.items() if name.startswith("order_"))
    axes.set_xlabel("order (points per edge of the equivalent surface)")
    axes.set_ylabel("relative L2 error of the potential")
    axes.set_title(
        f"Error against order: {run['distribution']}, N = {run['n_sources']:,}, "
        f"{run['charges']} charges"
    )
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(True, color="#dddddd", linewidth=0.7)
    axes.legend(frameon=False)
    return figure


# Rows of what a plan does once: their least traffic says little of their time.
SETUP = ("bounds", "sort", "tree", "balance", "pack", "lists", "transfer_pairs", "precompute")
LIMITS = {  # by the counter that a row has beside its fraction
    "Gpairs/s": ("pair loop in registers", BLUE),
    "GF/s": ("fused multiply-adds", ORANGE),
    "GB/s": ("triad bandwidth", GREEN),
}


def draw_fractions(plt, rows):
    """A panel per tree, in two columns: the bars of its operators."""
    trees, titles = {}, {}
    for row in rows:
        words = words_of(row)
        if words.get("stage") in (None, *SETUP) or "of_limit" not in row:
            continue
        tree = (words["dist"], words["N"], words["order"], words["capacity"], words["T"])
        leaves = f"leaves of at most {words['capacity']} points"
        titles.setdefault(
            tree,
            f"{words['dist']}, N = {int(words['N']):,}, order {words['order']}, {leaves}, "
            f"{words['T']}",
        )
        if "points_per_leaf" in row:
            mean = f"{row['points_per_leaf']:.0f} points per leaf"
            titles[tree] = titles[tree].replace(leaves, mean)
        stage = re.sub(r"\.product$", " products", words["stage"])
        stage = stage.replace("check_to_local", "check to density")
        stage = ", ".join([stage, *(words[key] for key in ("near", "out") if key in words)])
        kind = next(counter for counter in LIMITS if counter in row)
        trees.setdefault(tree, []).append((stage, row["of_limit"], kind))
    if not trees:
        return None
    columns = [[], []]  # the next panel goes where less stands
    size = lambda tree: len(trees[tree]) + 3  # noqa: E731
    for tree in trees:
        min(columns, key=lambda column: sum(map(size, column))).append(tree)
    columns = [column for column in columns if column]
    figure = plt.figure(
        figsize=(6 * len(columns), 0.21 * max(sum(map(size, c)) for c in columns) + 1)
    )
    for part_of_figure, column in zip(
        figure.subfigures(1, len(columns), squeeze=False)[0], columns
    ):
        panels = part_of_figure.subplots(
            len(column), 1, squeeze=False, height_ratios=[len(trees[tree]) for tree in column]
        )
        for axes, tree in zip(panels[:, 0], column):
            stages = trees[tree]
            for i, (_, part, kind) in enumerate(stages):
                axes.barh(i, part, color=LIMITS[kind][1], height=0.72)
                axes.text(part + 0.01, i, f"{part:.2f}", va="center", fontsize=8)
            axes.set_yticks(range(len(stages)), [stage for stage, *_ in stages], fontsize=8)
            axes.invert_yaxis()
            axes.margins(y=0.01)
            axes.set_title(titles[tree], fontsize=9, loc="left")
            axes.grid(True, axis="x", color="#dddddd", linewidth=0.7)
            axes.set_axisbelow(True)
            axes.set_xlim(0, max(1.1, 1.1 * max(part for _, part, _ in stages)))
        panels[-1, 0].set_xlabel("part of the limit measured in the same run")
    used = {kind for stages in trees.values() for *_, kind in stages}
    handles = [plt.Rectangle((0, 0), 1, 1, color=LIMITS[k][1]) for k in LIMITS if k in used]
    figure.legend(
        handles,
        [LIMITS[k][0] for k in LIMITS if k in used],
        loc="outside upper center",
        ncols=3,
        frameon=False,
    )
    return figure


def draw(folder, runs, rows, form):
    try:
        import matplotlib
    except ImportError:
        sys.exit("plot.py: no matplotlib (Debian: python3-matplotlib; or pip install matplotlib)")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update(
        {
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.constrained_layout.use": True,
        }
    )
    figures = {
        "time_by_stage": draw_stages(plt, runs),
        "time_against_n": draw_sizes(plt, runs),
        "error_against_order": draw_orders(plt, runs),
        "fraction_of_limit": draw_fractions(plt, rows),
    }
    for name, figure in figures.items():
        if figure is None:
            print(f"plot.py: nothing for {name}", file=sys.stderr)
            continue
        path = folder / f"{name}.{form}"
        figure.savefig(path, dpi=150)
        plt.close(figure)
        print(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path, help="of the figures and the *.json")
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="more JSON")
    parser.add_argument("--measure", action="store_true", help="run what is missing; draw nothing")
    parser.add_argument(
        "--only", default="", metavar="REGEX", help="of --measure: runs of such names"
    )
    parser.add_argument("--driver", default=DRIVER)
    parser.add_argument("--format", choices=("png", "svg"), default="png")
    options = parser.parse_args()

    if options.measure:
        measure(options.folder, existing(options.driver), options.only)
    elif not options.folder.is_dir():
        sys.exit(f"plot.py: no folder {options.folder}")
    runs, rows = read([*sorted(options.folder.glob("*.json")), *options.files])
    even = print_steps(runs)
    if not options.measure:
        draw(options.folder, runs, rows, options.format)
    return 0 if even else 1


if __name__ == "__main__":
    sys.exit(main())
