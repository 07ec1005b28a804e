"""Points, charges and sums by numpy that results are held against."""

import os
import pathlib
import sys

import numpy as np
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "perf" / "judge"))
import direct_sums

# Before the first plan: operators go into a folder of the test's, which all plans read and write.
CACHE = os.environ.get("OCTOPOLE_TEST_CACHE")


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """A file for operators, which are then computed once."""
    return CACHE or str(tmp_path_factory.mktemp("cache") / "operators.h5")


def points(n, seed=1):
    return np.random.default_rng(seed).random((n, 3))


def charges(kernel, n, sides=1, seed=2):
    """Of mixed sign, and of the shape that the kernel takes."""
    random = np.random.default_rng(seed)
    shape = (n, *kernel.charge_shape) + ((sides,) if sides > 1 else ())
    q = random.random(shape) - 0.5
    return q + 1j * (random.random(shape) - 0.5) if kernel.complex else q


def direct(kernel, x, y, q, **parameters):
    """All outputs of the kernel at x by sums in double over all y, of charges of one right-hand side."""
    sums = direct_sums.direct(kernel.name, x, y, q, **parameters)
    return {output: total.reshape(len(x), *kernel.outputs[output]) for output, total in sums.items()}


def distance(a, b):
    """Relative, in L2."""
    return np.linalg.norm(np.asarray(a) - b) / np.linalg.norm(b)
