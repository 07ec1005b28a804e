#!/usr/bin/env python3
"""fmm3dpy (PyPI) and octopole on the same points: Laplace's potential and gradient, by one thread.

    compare_fmm3d.py [--n 200000] [--digits 3 6 9] [--rounds 5]

For each number of digits octopole plans and sums; fmm3dpy is asked for two precisions, neighbours in steps of a factor
sqrt(10): the first at which neither its potential nor its gradient is more in error than octopole's, and the one before.
Equal error lies between them. Then all run in turn, and the shortest times count: processor seconds, which for one
thread are those of a clock on a machine where nothing else runs. Errors are relative, in L2, against a direct sum in
double at 500 of the points. OMP_NUM_THREADS=1 is set here.
"""

import argparse
import os
import time

os.environ["OMP_NUM_THREADS"] = "1"

import fmm3dpy
import numpy as np

import octopole

SAMPLES = 500


def direct(points, charges):
    """Potential and gradient at the first points."""
    u, g = np.empty(SAMPLES), np.empty((SAMPLES, 3))
    for i in range(SAMPLES):
        r = points[i] - points
        square = np.einsum("ij,ij->i", r, r)
        square[i] = np.inf
        s = 1 / np.sqrt(square)
        u[i] = charges @ s
        g[i] = -(charges * s**3) @ r
    return u / (4 * np.pi), g / (4 * np.pi)


def errors(u, g, expected):
    return [np.linalg.norm(a[:SAMPLES] - b) / np.linalg.norm(b) for a, b in zip((u, g), expected)]


def timed(work):
    begin = time.process_time()
    result = work()
    return time.process_time() - begin, result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n", type=int, default=200000)
    parser.add_argument("--digits", type=int, nargs="+", default=[3, 6, 9])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    random = np.random.default_rng(1)
    points = random.random((arguments.n, 3))
    charges = random.random(arguments.n) - 0.5
    columns = np.asfortranarray(points.T)  # as fmm3dpy takes them
    expected = direct(points, charges)

    def theirs(eps):
        out = fmm3dpy.lfmm3d(eps=eps, sources=columns, charges=charges, pg=2)
        return out.pot, out.grad.T

    print(f"{arguments.n} points in the cube, charges in [-0.5, 0.5), {octopole.threads()} thread")
    for digits in arguments.digits:

        def plan():
            return octopole.Plan(points, digits=digits, gradient=True, method="fmm", cache=True)

        plan()  # keeps the operators
        ours = errors(*plan()(charges, gradient=True), expected)
        tried = []  # precision and its errors, until they are no larger than ours
        for half in range(2 * digits - 5, 26):
            eps = 10 ** (-half / 2)
            tried.append((eps, errors(*theirs(eps), expected)))
            if all(a <= b for a, b in zip(tried[-1][1], ours)):
                break
        around = tried[-2:]
        times, others = [], []
        for _ in range(arguments.rounds):
            planning, made = timed(plan)
            first, _ = timed(lambda: made(charges, gradient=True))
            again, _ = timed(lambda: made(charges, gradient=True))
            times.append((planning, first, again, planning + first))
            others.append([timed(lambda: theirs(eps))[0] for eps, _ in around])
        planning, first, again, total = np.min(times, axis=0)
        print(f"digits {digits}: octopole errors {ours[0]:.1e} {ours[1]:.1e}")
        print(f"  octopole plan {planning:.3f} s, first call {first:.3f} s, further calls {again:.3f} s; plan and call {total:.3f} s")
        for (eps, found), other in zip(around, np.min(others, axis=0)):
            print(f"  fmm3dpy with eps {eps:.1e}: errors {found[0]:.1e} {found[1]:.1e}, call {other:.3f} s: "
                  f"{other / total:.1f} times the total, {other / again:.1f} times a further call", flush=True)


if __name__ == "__main__":
    main()
