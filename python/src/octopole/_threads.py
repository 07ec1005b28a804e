"""How many threads sums use."""

from __future__ import annotations

import operator

from octopole import _core


def initialize(threads: int = 0) -> None:
    """Starts Kokkos, which the first plan does otherwise.

    threads: how many sums use; 0 for as many as OMP_NUM_THREADS says, or as there are. Raises ValueError where Kokkos
    runs with another number already: it starts once in a process, and ends with it.
    """
    _core.start(operator.index(threads))


def threads() -> int:
    """How many threads sums use. Starts Kokkos unless it runs."""
    return _core.threads()
