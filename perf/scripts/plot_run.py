#!/usr/bin/env python3
"""Pictures of a run of octopole_fmm, from the HDF5 file that its --output writes.

    octopole_fmm --n 1e5 --gradient --output run.h5
    perf/scripts/plot_run.py run.h5 [--to FOLDER] [--points 20000] [--samples 500]

Into FOLDER, RUN_pictures beside the file if none is named:

    points.png    the targets, coloured by the first output (of several numbers, by their length)
    vectors.png   gradient or velocity as arrows at some of the targets, where there is one
    times.png     seconds of each stage
    tree.png      boxes of the octree on each level
    errors.png    how many of the sampled targets are how much in error, against a direct sum made here, in double
    index.html    the pictures, and the points to be turned by the mouse; one file, which needs no other

At most --points points are drawn, evenly strided. Needs numpy, h5py and matplotlib.
"""

import argparse
import base64
import html
import json
import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "judge"))
from direct_sums import direct  # noqa: E402
from plot import STAGES  # noqa: E402

PAGE = pathlib.Path(__file__).resolve().parent / "plot_run.html"
#: Numbers at a target by the output's name.
SHAPES = {"potential": (), "gradient": (3,), "hessian": (6,), "velocity": (3,), "pressure": (), "velocity_gradient": (3, 3)}
#: Outputs that are drawn as arrows.
VECTORS = ("gradient", "velocity")
#: What an error of nothing counts as.
SMALLEST = 1e-17


class Run:
    """What the file holds, of the first right-hand side; complex numbers are numpy's."""

    def __init__(self, path):
        import h5py

        with h5py.File(path, "r") as file:  # an OSError says what is wrong with the file
            if "run" not in file.attrs:
                raise ValueError(f"{path}: found no attribute 'run', expected a file that octopole_fmm --output has written")
            run = file.attrs["run"]
            self.facts = json.loads(run.decode() if isinstance(run, bytes) else run)
            self.complex = self.facts["kernel"] == "helmholtz"
            self.sources = file["sources"][...]
            self.targets = file["targets"][...] if "targets" in file else self.sources
            vectors = {"stokeslet": (3,), "biot-savart": (3,), "charge-dipole": (4,)}
            shape = (3,) if self.facts["dipole"] else vectors.get(self.facts["kernel"], ())
            self.charges = self._numbers(file["charges"][...], shape)
            self.outputs = {name: self._numbers(file[name][...], SHAPES[name]) for name in self.facts["outputs"]}
            self.units = {name: text_of(file[name].attrs.get("units", "")) for name in self.outputs}

    def _numbers(self, array, shape):
        if self.facts["rhs"] > 1:
            array = array[..., 0]
        if self.complex:
            array = array[..., 0] + 1j * array[..., 1]
        if array.shape[1:] != shape:
            raise ValueError(f"found an array of extents {array.shape}, expected (N, {', '.join(map(str, shape))})")
        return array

    def shown(self, name):
        """One number per target: of complex ones the real part, of several their length."""
        values = self.outputs[name]
        return values.real if values.ndim == 1 else np.linalg.norm(values.reshape(len(values), -1), axis=1)

    def label(self, name):
        what = "|" + name + "|" if self.outputs[name].ndim > 1 else "Re " + name if self.complex else name
        return f"{what} [{self.units[name]}]" if self.units[name] else what

    def errors(self, samples):
        """Of each output at evenly strided targets, over the root mean square of the direct sum there."""
        chosen = strided(len(self.targets), samples)
        names = ("screening", "wavenumber", "core", "softening")
        parameters = {name: self.facts[name] for name in names if self.facts[name] is not None}
        kernel = self.facts["kernel"] + (" dipole" if self.facts["dipole"] else "")
        sums = direct(kernel, self.targets[chosen], self.sources, self.charges, **parameters)
        errors = {}
        for name, values in self.outputs.items():
            expected = sums[name].reshape(len(chosen), -1)
            size = np.sqrt(np.mean(np.sum(np.abs(expected) ** 2, axis=1)))
            wrong = np.linalg.norm(values[chosen].reshape(len(chosen), -1) - expected, axis=1)
            errors[name] = wrong / size if size > 0 else wrong
        return errors


def text_of(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def strided(n, most):
    """At most so many indices below n, evenly apart."""
    return np.arange(0, n, -(-n // max(1, min(n, most))))


def limits(values):
    """Colours for all but the last percent on either side; on both sides of zero alike where there are both signs."""
    low, high = np.percentile(values, [1, 99])
    if low < 0 < high:
        high = max(-low, high)
        low = -high
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def colours_of(values):
    low, _ = limits(values)
    return "coolwarm" if low < 0 else "viridis"


def box(axes, points):
    """The same unit on all axes."""
    lower, upper = points.min(0), points.max(0)
    centre, half = (lower + upper) / 2, max((upper - lower).max() / 2, 1e-300)
    axes.set(xlabel="x", ylabel="y", zlabel="z")
    for d, set_limits in enumerate((axes.set_xlim, axes.set_ylim, axes.set_zlim)):
        set_limits(centre[d] - half, centre[d] + half)
    axes.set_box_aspect((1, 1, 1))


def draw_points(plt, run, chosen):
    name = run.facts["outputs"][0]
    values = run.shown(name)[chosen]
    low, high = limits(values)
    figure = plt.figure(figsize=(7, 6))
    axes = figure.add_subplot(projection="3d")
    points = run.targets[chosen]
    drawn = axes.scatter(*points.T, c=values, s=4, vmin=low, vmax=high, cmap=colours_of(values), linewidths=0)
    box(axes, points)
    axes.set_title(f"{len(points)} of {len(run.targets)} targets")
    figure.colorbar(drawn, label=run.label(name), shrink=0.7, pad=0.12)
    return figure


def draw_vectors(plt, run, name, most=300):
    chosen = strided(len(run.targets), most)
    points, vectors = run.targets[chosen], run.outputs[name][chosen].real
    lengths = np.linalg.norm(vectors, axis=1)
    longest = np.percentile(lengths, 95) or 1
    reach = 0.12 * max(np.ptp(points, axis=0).max(), 1e-300)
    scale = np.minimum(1, lengths / longest) * reach / np.maximum(lengths, 1e-300)
    figure = plt.figure(figsize=(7, 6))
    axes = figure.add_subplot(projection="3d")
    axes.quiver(*points.T, *(vectors * scale[:, None]).T, linewidths=0.8, color="#0072b2")
    box(axes, points)
    axes.set_title(f"{name} at {len(points)} of {len(run.targets)} targets; the longest 5 % alike")
    return figure


def draw_times(plt, run):
    seconds = dict(run.facts["seconds"])
    seconds["m2p + p2l"] = (seconds.get("m2p") or 0) + (seconds.get("p2l") or 0)
    stages = [(label, seconds[key], colour) for key, (label, colour) in STAGES.items() if seconds.get(key)]
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    labels, times, colours = zip(*stages) if stages else ((), (), ())
    bars = axes.barh(labels, times, color=colours)
    axes.bar_label(bars, fmt="%.3g", padding=3)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set(xlabel="seconds", title=f"{run.facts['method']}, {run.facts['threads']} threads: evaluate {seconds['evaluate']:.3g} s")
    return figure


def draw_tree(plt, run):
    boxes = run.facts["boxes_by_level"]
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    bars = axes.barh(range(len(boxes)), boxes, color="#0072b2")
    axes.bar_label(bars, padding=3)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set(xscale="log", xlabel="boxes", ylabel="level", yticks=range(len(boxes)))
    leaves = f"{run.facts['n_leaves']} leaves of at most {run.facts['leaf_capacity']} points"
    axes.set_title(f"{sum(boxes)} boxes, {leaves}, root cube {run.facts['root_size']:.4g} wide")
    return figure


def draw_errors(plt, run, errors):
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    logarithms = {name: np.log10(np.maximum(values, SMALLEST)) for name, values in errors.items()}
    low, high = min(map(np.min, logarithms.values())), max(map(np.max, logarithms.values()))
    edges = np.linspace(low - 0.1, high + 0.1, 40)
    for name, values in logarithms.items():
        rms = np.sqrt(np.mean(errors[name] ** 2))
        axes.hist(values, edges, histtype="stepfilled", alpha=0.5, label=f"{name}: all together {rms:.1e}")
    if run.facts["digits"]:
        axes.axvline(-run.facts["digits"], color="black", linestyle="--", label=f"promised of all together: {run.facts['digits']} digits")
    axes.set(xlabel="log10 of a target's error over the root mean square", ylabel="targets")
    axes.legend()
    return figure


def page(run, path, chosen, pictures):
    """One HTML file: the points as data of a script, the pictures within it."""
    points = run.targets[chosen].astype("<f4")
    values = {run.label(name): run.shown(name)[chosen].astype("<f4") for name in run.outputs}
    data = {
        "n": len(points),
        "points": encoded(points.tobytes()),
        "values": [
            {"label": label, "numbers": encoded(v.tobytes()), "low": float(limits(v)[0]), "high": float(limits(v)[1])}
            for label, v in values.items()
        ],
    }
    facts = run.facts
    title = f"{path.name}: {facts['kernel']}, {facts['n_sources']} sources, {facts['n_targets']} targets"
    images = "\n".join(f'<img alt="{name}" src="data:image/png;base64,{encoded(png.read_bytes())}">' for name, png in pictures)
    text = PAGE.read_text().replace("@title@", html.escape(title)).replace("@images@", images)
    return text.replace("@data@", json.dumps(data))


def encoded(data):
    return base64.b64encode(data).decode()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("--to", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--points", type=int, default=20000)
    parser.add_argument("--samples", type=int, default=500)
    arguments = parser.parse_args()
    for name in ("points", "samples"):
        if getattr(arguments, name) < 1:
            raise ValueError(f"--{name}: found {getattr(arguments, name)}, expected 1 or more")

    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    run = Run(arguments.run)
    folder = arguments.to or arguments.run.with_name(arguments.run.stem + "_pictures")
    folder.mkdir(parents=True, exist_ok=True)
    chosen = strided(len(run.targets), arguments.points)
    figures = {"points": draw_points(plt, run, chosen)}
    for name in VECTORS:
        if name in run.outputs:
            figures["vectors"] = draw_vectors(plt, run, name)
    figures["times"] = draw_times(plt, run)
    if run.facts["method"] == "fmm":
        figures["tree"] = draw_tree(plt, run)
    figures["errors"] = draw_errors(plt, run, run.errors(arguments.samples))
    pictures = []
    for name, figure in figures.items():
        pictures.append((name, folder / f"{name}.png"))
        figure.savefig(pictures[-1][1], dpi=110)
        plt.close(figure)
    (folder / "index.html").write_text(page(run, arguments.run, chosen, pictures))
    for _, png in pictures:
        print(png)
    print(folder / "index.html")


if __name__ == "__main__":
    try:
        main()
    except (KeyError, OSError, ValueError) as error:
        sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {error}")
