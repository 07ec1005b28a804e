"""Sums over all pairs of many points, u(x_i) = sum_j K(x_i, y_j) q_j, by the fast multipole method.

    import numpy as np, octopole
    points = np.random.rand(100000, 3)
    charges = np.random.rand(100000) - 0.5
    plan = octopole.Plan(points, kernel="laplace", digits=6, gradient=True)
    u, g = plan(charges, gradient=True)

A plan is made once for its points and called again and again with charges; see Plan. What each kernel takes and
gives is in kernels(). Errors in what was given are ValueErrors that say what was found and what is allowed.

Sums use all threads of OpenMP (OMP_NUM_THREADS, or initialize(threads)). They are made by one thread of Python's at
a time, and other threads of Python's run meanwhile. A process that was forked after the first plan cannot make sums.
"""

try:
    from octopole import _core
except ImportError as error:
    if "GLIBC" not in str(error):
        raise
    raise ImportError(
        "octopole: the Kokkos that it was built with needs a newer C library than this Python was started with: "
        f"start it as octopole-python, which is installed beside it ({error})"
    ) from error

from octopole._kernels import Kernel, Parameter, kernels
from octopole._plan import Error, Plan
from octopole._threads import initialize, threads

__version__: str = _core.version
Facts = _core.Facts

__all__ = ["Error", "Facts", "Kernel", "Parameter", "Plan", "initialize", "kernels", "threads"]
