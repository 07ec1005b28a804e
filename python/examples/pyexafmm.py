#!/usr/bin/env python3
"""PyExaFMM's example by octopole: its configuration file, its data, its result, with the time of each operator.

    fmm = Fmm("config.json")        # in PyExaFMM: Fmm("config"), after generate-test-data and compute-operators
    fmm.run()
    fmm.target_potentials           # (M, 4): the potential and its gradient

As a script: pyexafmm.py CONFIG.json [--check SAMPLES]. Points are those of EXPERIMENT.hdf5 beside the file (read by h5py)
where that is there, else as many as npoints, drawn in a cube ("random") or on a sphere ("sphere"), with charges in [0, 1).
Where the configuration is that of PyExaFMM's paper, its published times stand beside.
"""

import argparse
import json
import pathlib
import sys
import time

import numpy as np

import octopole

#: PyExaFMM's keys that are keywords of octopole.Plan.
SAME_AS = {
    "order_equivalent": "order",
    "order_check": "check_order",
    "alpha_inner": "inner",
    "alpha_outer": "outer",
    "max_points": "leaf_capacity",
    "target_rank": "m2l_rank",
    "kernel": "kernel",
    "precision": "precision",
}
OF_DATA = ("experiment", "npoints", "data_type")
#: Numba is not used; the depth needs no limit; the inverses have a cut-off of their own.
WITHOUT_EFFECT = ("backend", "max_level", "cond")
SCRIPTS = pathlib.Path(__file__).resolve().parent.parent.parent / "perf" / "scripts"


def read_config(path):
    """The configuration and, apart, what of it octopole.Plan takes."""
    with open(path) as file:
        config = json.load(file)
    known = (*SAME_AS, *OF_DATA, *WITHOUT_EFFECT)
    for key in config:
        if key not in known:
            raise ValueError(f"{path}: found the key {key!r}, allowed {', '.join(known)}")
    return config, {SAME_AS[key]: value for key, value in config.items() if key in SAME_AS}


def read_data(path):
    """Sources, charges and targets, or None where those are the sources."""
    import h5py

    with h5py.File(path, "r") as file:
        group = file["particle_data"]
        sources, targets = group["sources"][...], group["targets"][...] if "targets" in group else None
        charges = group["source_densities"][...].reshape(len(sources))
    return sources, charges, None if targets is None or np.array_equal(sources, targets) else targets


def make_data(config):
    random = np.random.default_rng(0)
    n, kind = int(config["npoints"]), config["data_type"]
    if kind == "random":
        points = random.random((n, 3))
    elif kind == "sphere":
        points = random.normal(size=(n, 3))
        points /= np.linalg.norm(points, axis=1, keepdims=True)
    else:
        raise ValueError(f"data_type: found {kind!r}, allowed random, sphere")
    return points, random.random(n), None


class Fmm:
    """What PyExaFMM's class of this name does: Laplace's potential and gradient of the data that a file names."""

    def __init__(self, path):
        self.config, choices = read_config(path)
        data = pathlib.Path(path).parent / f"{self.config.get('experiment')}.hdf5"
        if not data.exists() and not {"npoints", "data_type"} <= self.config.keys():
            raise ValueError(f"{path}: found no file {data}, expected that, or the keys npoints and data_type")
        sources, self.charges, targets = read_data(data) if data.exists() else make_data(self.config)
        dtype = np.float32 if choices.get("precision") == "single" else np.float64
        self.charges = self.charges.astype(dtype)
        if dtype == np.float32:
            choices["digits"] = 4  # the order says how exact it is
        self.plan = octopole.Plan(sources, targets=targets, gradient=True, method="fmm", cache=True, **choices)
        self.plan.set_timing(True)
        self.target_potentials = None

    def run(self):
        u, g = self.plan(self.charges, gradient=True)
        self.target_potentials = np.column_stack([u, g])


def published(config):
    """PyExaFMM's seconds by operator, of its paper's experiment; empty for any other, or without the source tree."""
    paper = config.get("npoints") == 1000000 and config.get("data_type") == "sphere"
    paper = paper and config.get("order_equivalent") == 6 and config.get("target_rank") == 150
    if not paper or not SCRIPTS.exists():
        return {}
    sys.path.insert(0, str(SCRIPTS))
    from compare_pyexafmm import PYEXAFMM

    return {operator: seconds[0] for operator, seconds in PYEXAFMM.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("config")
    parser.add_argument("--check", type=int, default=0, metavar="SAMPLES", help="compare with a direct sum")
    arguments = parser.parse_args()

    begin = time.perf_counter()
    fmm = Fmm(arguments.config)
    planned = time.perf_counter()
    fmm.run()
    first = time.perf_counter()
    fmm.run()
    end = time.perf_counter()
    print(fmm.plan)
    print(f"points, tree and operators {planned - begin:.3f} s, first run {first - planned:.3f} s, run {end - first:.3f} s")
    theirs = published(fmm.config)
    seconds = fmm.plan.stage_seconds
    for operator in ("P2M", "M2M", "M2L", "P2L", "L2L", "L2P", "M2P", "P2P"):
        beside = f"   PyExaFMM (published) {theirs[operator]:7.2f} s" if theirs else ""
        print(f"  {operator} {seconds[operator.lower()]:9.4f} s{beside}")
    if arguments.check:
        results = {"potential": fmm.target_potentials[:, 0], "gradient": fmm.target_potentials[:, 1:]}
        for name, error in fmm.plan.check(fmm.charges, results, samples=arguments.check).items():
            print(f"{name}: relative L2 error {error.rel_l2:.1e}")


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError) as error:
        sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {error}")
