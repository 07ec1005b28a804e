"""Points, charges and sums by numpy that results are held against."""

import math
import os

import numpy as np
import pytest

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


_erf = np.vectorize(math.erf)
_EYE = np.eye(3)


def _six(full):
    return np.stack([full[..., a, b] for a, b in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))], axis=-1)


def _scalar_terms(name, r, radius, parameters):
    """Of a charge of one: potential phi(|r|), gradient phi'/|r| r, and the Hessian of 1/|r|."""
    terms = {}
    if name == "laplace":
        potential, slope = 1 / radius, -1 / radius**3
        full = 3 * r[..., :, None] * r[..., None, :] - radius[..., None, None] ** 2 * _EYE
        terms["hessian"] = _six(full / radius[..., None, None] ** 5)
    elif name == "yukawa":
        at = parameters["screening"] * radius
        potential, slope = np.exp(-at) / radius, -(at + 1) * np.exp(-at) / radius**3
    else:
        at = 1j * parameters["wavenumber"] * radius
        potential, slope = np.exp(at) / radius, (at - 1) * np.exp(at) / radius**3
    return dict(terms, potential=potential[..., None], gradient=slope[..., None] * r)


def _dipole_terms(r, radius, d):
    along = np.sum(d * r, -1)
    s = 1 / radius
    mixed = d[..., :, None] * r[..., None, :] + r[..., :, None] * d[..., None, :] + along[..., None, None] * _EYE
    hessian = -3 * s[..., None, None] ** 5 * mixed
    hessian = hessian + 15 * (along * s**7)[..., None, None] * r[..., :, None] * r[..., None, :]
    gradient = d * s[..., None] ** 3 - 3 * (along * s**5)[..., None] * r
    return {"potential": (along * s**3)[..., None], "gradient": gradient, "hessian": _six(hessian)}


def _stokeslet_terms(r, radius, f):
    along = np.sum(f * r, -1)[..., None]
    s = 1 / radius[..., None]
    return {"velocity": (f * s + r * along * s**3) / 2, "pressure": along * s**3}


def _vortex_terms(r, radius, w, core):
    s = 1 / radius
    q, slope = np.ones_like(s), np.zeros_like(s)
    if core > 0:
        at = radius / core
        bell = np.exp(-(at**2)) / math.sqrt(math.pi)
        q, slope = _erf(at) - 2 * at * bell, 4 * at**2 * bell / core
    f = q * s**3
    h = (slope * s**3 - 3 * q * s**4) * s  # f' / r
    turned = np.cross(w, r)
    velocity = f[..., None] * turned
    by_axis = np.stack([np.cross(w, np.broadcast_to(axis, w.shape)) for axis in _EYE], axis=-1)
    gradient = f[..., None, None] * by_axis + h[..., None, None] * turned[..., :, None] * r[..., None, :]
    return {"velocity": velocity, "velocity_gradient": gradient.reshape(*gradient.shape[:-2], 9)}


def direct(kernel, x, y, q, **parameters):
    """All outputs of the kernel at x by sums in double over all y, of charges of one right-hand side."""
    r = np.asarray(x, np.float64)[:, None] - np.asarray(y, np.float64)[None]
    radius = np.sqrt(np.sum(r * r, -1))
    apart = radius > 0
    radius = np.where(apart, radius, 1)
    unit = 4 * np.pi
    if kernel.charge_shape:
        charge = np.broadcast_to(q[None], r.shape)
        if kernel.name == "laplace dipole":
            terms = _dipole_terms(r, radius, charge)
        elif kernel.name == "stokeslet":
            terms = _stokeslet_terms(r, radius, charge)
        else:
            terms = _vortex_terms(r, radius, charge, parameters["core"])
    else:
        terms = _scalar_terms(kernel.name, r, radius, parameters)
        terms = {output: term * q[None, :, None] for output, term in terms.items()}
    sums = {output: np.sum(term * apart[..., None], 1) / unit for output, term in terms.items()}
    return {output: total.reshape(len(r), *kernel.outputs[output]) for output, total in sums.items()}


def distance(a, b):
    """Relative, in L2."""
    return np.linalg.norm(np.asarray(a) - b) / np.linalg.norm(b)
