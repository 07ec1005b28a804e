"""What the kernels are."""

from __future__ import annotations

from typing import NamedTuple

from octopole import _core


class Parameter(NamedTuple):
    """A parameter of a kernel, given to Plan by its name, in the points' unit of length (or one over it)."""

    name: str  #: "screening", for one
    initial: float  #: its value where none is given
    least: float  #: the smallest value allowed; all values are finite


class Kernel(NamedTuple):
    """What a kernel takes and gives."""

    name: str  #: as Plan takes it
    parameters: tuple[Parameter, ...]
    charge_shape: tuple[int, ...]  #: of a point's charge: () for a number, (3,) for a vector, (4,) for a charge and a vector
    complex: bool  #: charges and outputs are complex numbers
    outputs: dict[str, tuple[int, ...]]  #: shape at a target by name; the first is what a plan gives by itself


def _read() -> dict[str, Kernel]:
    kernels = {}
    for name, parameters, components, is_complex, outputs in _core.kernels():
        shape = (components,) if components > 1 else ()
        kernels[name] = Kernel(name, tuple(Parameter(*p) for p in parameters), shape, is_complex, dict(outputs))
    return kernels


_KERNELS = _read()


def kernels() -> dict[str, Kernel]:
    """All kernels by their names."""
    return dict(_KERNELS)
