#!/usr/bin/env python3
"""Makes reference.txt: sums over pairs of points, for every kernel and output, rounded only once.

    pip install mpmath sympy gmpy2
    tests/reference/make_reference.py [FILE]      default: reference.txt beside this script; 4 min

u(x_i) = sum_j K(x_i - y_j) q_j in 50 digits, then rounded to the nearest double. Only undifferentiated
kernels are written here: sympy differentiates them. Every derivative is then held against central
differences of the undifferentiated sums, and every kernel against the equation or the potential that
defines it, to 1e-15. A pair at distance zero counts as nothing; with Biot-Savart's core it counts as
the kernel's value there.

The file: lines that begin with # are comments; then sections, each a line "name rows columns" and its
rows. A double is written with 17 digits, which give it back exactly. Complex numbers are two columns,
re im.
"""

import pathlib
import random
import sys
import time

import mpmath
import sympy
from mpmath import mp, mpc, mpf

mp.dps = 50
STEP = mpf("1e-12")
LIMIT = mpf("1e-15")

N = 500
STRIDE = 5
TWIN, OF = 250, 40  # one point twice; both are targets
PARAMETERS = {"yukawa.screening": 1.7, "helmholtz.wavenumber": 5.0, "biot_savart_core.radius": 0.05}

# ---- the kernels -----------------------------------------------------------------------------

r = sympy.symbols("x y z", real=True)
q = sympy.Symbol("q")
v = sympy.symbols("v_x v_y v_z", real=True)
R = sympy.sqrt(r[0] ** 2 + r[1] ** 2 + r[2] ** 2)
PI = sympy.pi
# As fractions: exactly the doubles of the file.
L, K, E = (sympy.Rational(value) for value in PARAMETERS.values())


def dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a, b):
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def gradient(u):
    """(a, b): d u_a / d x_b."""
    return [sympy.diff(a, x) for a in u for x in r]


def hessian(u):
    """xx xy xz yy yz zz."""
    return [sympy.diff(u[0], r[a], r[b]) for a in range(3) for b in range(a, 3)]


LAPLACE = [q / (4 * PI * R)]
DIPOLE = [dot(v, r) / (4 * PI * R**3)]
YUKAWA = [q * sympy.exp(-L * R) / (4 * PI * R)]
HELMHOLTZ = [q * sympy.exp(sympy.I * K * R) / (4 * PI * R)]
STOKESLET = [(v[a] / R + r[a] * dot(r, v) / R**3) / (8 * PI) for a in range(3)]
PRESSURE = [dot(v, r) / (4 * PI * R**3)]
BIOT_SAVART = [u / (4 * PI * R**3) for u in cross(v, r)]


def core(rho):
    return sympy.erf(rho) - 2 / sympy.sqrt(PI) * rho * sympy.exp(-(rho**2))


CORE = [u * core(R / E) for u in BIOT_SAVART]
# The same where r is small: core(rho)/rho^3 is even and has this limit.
t = sympy.Symbol("t", positive=True)
CORE_AT_ZERO = [u * sympy.limit(core(t) / t**3, t, 0) / (4 * PI * E**3) for u in cross(v, r)]

# (kernel, charges, outputs, undifferentiated, at zero distance or None). The first output is the
# undifferentiated one; the stokeslet's second is no derivative.
KERNELS = [
    ("laplace", "scalar", {"potential": None, "gradient": gradient, "hessian": hessian}, LAPLACE, None),
    ("laplace_dipole", "vector", {"potential": None, "gradient": gradient, "hessian": hessian}, DIPOLE, None),
    ("yukawa", "scalar", {"potential": None, "gradient": gradient}, YUKAWA, None),
    ("helmholtz", "complex", {"potential": None, "gradient": gradient}, HELMHOLTZ, None),
    ("stokeslet", "vector", {"velocity": None, "pressure": lambda u: PRESSURE}, STOKESLET, None),
    ("biot_savart", "vector", {"velocity": None, "velocity_gradient": gradient}, BIOT_SAVART, None),
    ("biot_savart_core", "vector", {"velocity": None, "velocity_gradient": gradient}, CORE, CORE_AT_ZERO),
]

# ---- points and sums -------------------------------------------------------------------------

generator = random.Random(1)
POINTS = [[generator.random() for _ in range(3)] for _ in range(N)]
POINTS[TWIN] = list(POINTS[OF])
CHARGES = {
    name: [[generator.random() - 0.5 for _ in range(columns)] for _ in range(N)]
    for name, columns in (("scalar", 1), ("complex", 2), ("vector", 3))
}
TARGETS = list(range(0, N, STRIDE))
assert OF in TARGETS and TWIN in TARGETS

EXACT_POINTS = [[mpf(x) for x in p] for p in POINTS]
EXACT_CHARGES = {name: [[mpf(c) for c in row] for row in rows] for name, rows in CHARGES.items()}
EXACT_CHARGES["complex"] = [[mpc(*row)] for row in CHARGES["complex"]]


def compiled(expressions, charges):
    arguments = [*r, *(v if charges == "vector" else [q])]
    return sympy.lambdify(arguments, expressions, "mpmath", cse=True)


def sums(function, charges, shift=(0, 0, 0), at_zero=None):
    """For each target, moved by `shift`. Which pairs are at distance zero is asked before the move.
    `at_zero`: what such a pair adds; None: nothing."""
    results = []
    for i in TARGETS:
        target = EXACT_POINTS[i]
        total = None
        for j in range(N):
            d = [a - b for a, b in zip(target, EXACT_POINTS[j])]
            zero = not any(d)
            if zero and at_zero is None:
                continue
            d = [a + s for a, s in zip(d, shift)]
            terms = (at_zero if zero else function)(*d, *EXACT_CHARGES[charges][j])
            total = terms if total is None else [a + b for a, b in zip(total, terms)]
        results.append(total)
    return results


def combine(*parts):
    """Sums of (factor, results)."""
    return [
        [sum(factor * rows[i][k] for factor, rows in parts) for k in range(len(parts[0][1][i]))]
        for i in range(len(TARGETS))
    ]


class Differences:
    """Central differences of sums; each shift is computed once."""

    def __init__(self, expressions, charges, through_zero=False):
        self.function = compiled(expressions, charges)
        self.charges = charges
        # Moved off, a pair that was at distance zero has the value of the formula itself.
        self.at_zero = self.function if through_zero else None
        self.known = {}

    def at(self, *shift):
        if shift not in self.known:
            moved = [s * STEP for s in shift]
            self.known[shift] = sums(self.function, self.charges, moved, self.at_zero)
        return self.known[shift]

    def first(self, b):
        e = [int(b == c) for c in range(3)]
        up, down = self.at(*e), self.at(*(-c for c in e))
        return combine((1 / (2 * STEP), up), (-1 / (2 * STEP), down))

    def second(self, a, b):
        if a == b:
            e = [int(b == c) for c in range(3)]
            f = 1 / STEP**2
            return combine((f, self.at(*e)), (f, self.at(*(-c for c in e))), (-2 * f, self.at(0, 0, 0)))

        def corner(s, t):
            return self.at(*(s * int(a == c) + t * int(b == c) for c in range(3)))

        f = 1 / (4 * STEP**2)
        return combine((f, corner(1, 1)), (f, corner(-1, -1)), (-f, corner(1, -1)), (-f, corner(-1, 1)))

    def gradient(self):
        parts = [self.first(b) for b in range(3)]
        n = len(parts[0][0])
        return [[parts[b][i][a] for a in range(n) for b in range(3)] for i in range(len(TARGETS))]

    def hessian(self):
        parts = [self.second(a, b) for a in range(3) for b in range(a, 3)]
        return [[part[i][0] for part in parts] for i in range(len(TARGETS))]

    def laplacian(self):
        return combine(*((1, self.second(a, a)) for a in range(3)))

    def curl(self):
        rows = self.gradient()
        return [[g[7] - g[5], g[2] - g[6], g[3] - g[1]] for g in rows]


def real(row):
    return [part for x in row for part in ((x.real, x.imag) if isinstance(x, mpc) else (x,))]


def agree(what, found, expected, relative_to=None):
    """Every number by itself, relative to its size (or to that of `relative_to`, where it is zero)."""
    worst = mpf(0)
    for a, b, c in zip(found, expected, relative_to or expected):
        for x, y, z in zip(real(a), real(b), real(c)):
            worst = max(worst, abs(x - y) / abs(z))
    print(f"  {what}: {mpmath.nstr(worst, 2)}", flush=True)
    assert worst <= LIMIT, what


# ---- the checks ------------------------------------------------------------------------------


def check_derivatives(name, charges, outputs, expressions, at_zero, results):
    differences = Differences(expressions, charges, at_zero is not None)
    for output, derive in outputs.items():
        if derive in (gradient, hessian):
            found = differences.gradient() if derive is gradient else differences.hessian()
            agree(f"{output} and central differences", found, results[f"{name}.{output}"])
    return differences


def check_equations(differences, results):
    """Each kernel is what it is called: it solves its equation, or comes from its potential."""
    u = differences["yukawa"]
    agree("yukawa: Delta u = l^2 u", u.laplacian(), combine((mpf(1.7) ** 2, results["yukawa.potential"])))
    u = differences["helmholtz"]
    agree("helmholtz: Delta u = -k^2 u", u.laplacian(), combine((-25, results["helmholtz.potential"])))

    u, p = differences["stokeslet"], Differences(PRESSURE, "vector")
    agree("stokeslet: Delta u = grad p", u.laplacian(), p.gradient())
    g = u.gradient()
    agree("stokeslet: div u = 0", [[x[0] + x[4] + x[8]] for x in g], [[0]] * len(g), [[x[0]] for x in g])

    # A dipole is two charges of opposite sign: the source moved along v, so r moves the other way.
    pair = [
        sum(s * (1 / (4 * PI * R)).subs([(x, x - s * h * d) for x, d in zip(r, v)], simultaneous=True)
            for s in (1, -1)) / (2 * h)
        for h in [sympy.Rational(1, 10**12)]
    ]
    agree("laplace_dipole: of two charges", sums(compiled(pair, "vector"), "vector"),
          results["laplace_dipole.potential"])

    a = Differences([w / (4 * PI * R) for w in v], "vector")
    agree("biot_savart: u = curl A", a.curl(), results["biot_savart.velocity"])
    a = Differences([w * sympy.erf(R / E) / (4 * PI * R) for w in v], "vector", True)
    agree("biot_savart_core: u = curl A", a.curl(), results["biot_savart_core.velocity"])


# ---- the file --------------------------------------------------------------------------------


def rounded(x):
    y = float(x)
    assert abs(mpf(y) - x) <= abs(x) * mpf(2) ** -53
    return y


def write(path, results):
    sections = {name: [[value]] for name, value in PARAMETERS.items()}
    sections["points"] = POINTS
    sections["targets"] = [[i] for i in TARGETS]
    sections |= {f"charges.{name}": rows for name, rows in CHARGES.items()}
    sections |= {name: [[rounded(x) for x in real(row)] for row in rows] for name, rows in results.items()}
    with open(path, "w", encoding="ascii", newline="\n") as file:
        file.write("# Made by make_reference.py, which says what this is and how it is written.\n")
        for name, rows in sections.items():
            file.write(f"{name} {len(rows)} {len(rows[0])}\n")
            for row in rows:
                file.write(" ".join(f"{x:.17g}" for x in row) + "\n")


def main():
    start = time.time()
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).with_name("reference.txt")
    results, differences = {}, {}
    for name, charges, outputs, expressions, at_zero in KERNELS:
        print(f"{name} ({time.time() - start:.0f} s)", flush=True)
        for output, derive in outputs.items():
            form = derive or (lambda u: u)
            zero = at_zero and compiled(form(at_zero), charges)
            results[f"{name}.{output}"] = sums(compiled(form(expressions), charges), charges, at_zero=zero)
        differences[name] = check_derivatives(name, charges, outputs, expressions, at_zero, results)
    print(f"equations ({time.time() - start:.0f} s)", flush=True)
    check_equations(differences, results)
    write(path, results)
    print(f"all within {mpmath.nstr(LIMIT, 2)}; {path} written ({time.time() - start:.0f} s)")


if __name__ == "__main__":
    main()
