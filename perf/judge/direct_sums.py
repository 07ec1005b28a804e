"""Direct sums in double by numpy, of every built-in kernel and output: what the Python package's tests and plot_run.py hold
results against. The formulas are the README's, and share nothing with the library."""

import math

import numpy as np

#: Pairs that are worked on at once.
BLOCK = 1 << 21

_erf = np.vectorize(math.erf, otypes=[float])
_EYE = np.eye(3)


def _six(full):
    return np.stack([full[..., a, b] for a, b in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))], axis=-1)


def _softened_terms(r, h):
    """Of a charge spread over a ball by the cubic spline: Springel, Yoshida and White (2001), appendix A."""
    at = np.sqrt(np.sum(r * r, -1)) / h
    inner, outer = np.minimum(at, 0.5), np.maximum(at, 0.5)
    potential = np.where(
        at < 0.5,
        14 / 5 - 16 / 3 * inner**2 + 48 / 5 * inner**4 - 32 / 5 * inner**5,
        16 / 5 - 1 / (15 * outer) - 32 / 3 * outer**2 + 16 * outer**3 - 48 / 5 * outer**4 + 32 / 15 * outer**5,
    )
    force = np.where(
        at < 0.5,
        32 / 3 - 192 / 5 * inner**2 + 32 * inner**3,
        64 / 3 - 48 * outer + 192 / 5 * outer**2 - 32 / 3 * outer**3 - 1 / (15 * outer**3),
    )
    bend = np.where(at < 0.5, 384 / 5 - 96 * inner, 48 / outer - 384 / 5 + 32 * outer - 1 / (5 * outer**5))
    beyond = at >= 1
    potential = np.where(beyond, 1 / outer, potential) / h
    force = np.where(beyond, 1 / outer**3, force) / h**3
    bend = np.where(beyond, 3 / outer**5, bend) / h**5
    full = bend[..., None, None] * r[..., :, None] * r[..., None, :] - force[..., None, None] * _EYE
    return {"potential": potential[..., None], "gradient": -force[..., None] * r, "hessian": _six(full)}


def _scalar_terms(name, r, radius, parameters):
    """Of a charge of one: potential phi(|r|), gradient phi'/|r| r, and the Hessian of 1/|r|."""
    terms = {}
    if name == "softened-laplace" and parameters["softening"] > 0:
        return _softened_terms(r, parameters["softening"])
    if name in ("laplace", "softened-laplace"):
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
    """With a core the gradient of a vortex is finite where it is, and counts."""
    s = 1 / radius
    q, slope = np.ones_like(s), np.zeros_like(s)
    if core > 0:
        at = radius / core
        near = at < 6  # beyond, q is one to the last bit
        bell = np.where(near, np.exp(-np.minimum(at, 6) ** 2) / math.sqrt(math.pi), 0)
        q[near] = _erf(at[near])
        q, slope = q - 2 * at * bell, 4 * at**2 * bell / core
    f = q * s**3
    if core > 0:
        f = np.where(np.any(r, -1), f, 4 / (3 * math.sqrt(math.pi) * core**3))
    h = (slope * s**3 - 3 * q * s**4) * s  # f' / r
    turned = np.cross(w, r)
    velocity = f[..., None] * turned
    by_axis = np.stack([np.cross(w, np.broadcast_to(axis, w.shape)) for axis in _EYE], axis=-1)
    gradient = f[..., None, None] * by_axis + h[..., None, None] * turned[..., :, None] * r[..., None, :]
    return {"velocity": velocity, "velocity_gradient": gradient.reshape(*gradient.shape[:-2], 9)}


def _terms(kernel, r, radius, q, parameters):
    """Of every pair, by output: (targets, sources, numbers)."""
    if q.ndim == 1:
        return {output: term * q[None, :, None] for output, term in _scalar_terms(kernel, r, radius, parameters).items()}
    if kernel == "charge-dipole":
        of_charge = _terms("laplace", r, radius, q[:, 0], parameters)
        of_dipole = _terms("laplace dipole", r, radius, q[:, 1:], parameters)
        return {output: term + of_dipole[output] for output, term in of_charge.items()}
    charge = np.broadcast_to(q[None], r.shape)
    if kernel == "laplace dipole":
        return _dipole_terms(r, radius, charge)
    if kernel == "stokeslet":
        return _stokeslet_terms(r, radius, charge)
    return _vortex_terms(r, radius, charge, parameters["core"])


def _block(kernel, x, y, q, parameters):
    r = x[:, None] - y[None]
    radius = np.sqrt(np.sum(r * r, -1))
    apart = radius > 0
    counted = apart | bool(parameters.get("core") or parameters.get("softening"))
    terms = _terms(kernel, r, np.where(apart, radius, 1), q, parameters)
    return {output: np.sum(term * counted[..., None], 1) / (4 * np.pi) for output, term in terms.items()}


def direct(kernel, x, y, q, **parameters):
    """All outputs of a kernel at x (M, 3), summed over all y (N, 3); a pair at distance zero adds nothing (with a core, to the velocity; with a
    softening, to the gradient).

    kernel: its name in the library, "laplace dipole" for one. q: (N), or (N, 3) where charges are vectors, (N, 4) with both.
    parameters: screening, wavenumber, core or softening.
    Returns (M, numbers at a target) by the name of the output.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    sums = []
    for row in range(len(x)):  # columns in blocks, added up: one target may have more sources than a block
        parts = [
            _block(kernel, x[row : row + 1], y[begin : begin + BLOCK], q[begin : begin + BLOCK], parameters)
            for begin in range(0, len(y), BLOCK)
        ]
        sums.append({output: sum(part[output] for part in parts) for output in parts[0]})
    return {output: np.concatenate([one[output] for one in sums]) for output in sums[0]}
