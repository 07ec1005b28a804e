"""The library's options as keywords."""

from __future__ import annotations

import operator
import os
from typing import Any, Callable, Sequence, TypedDict, Union

from octopole import _core


class Choices(TypedDict, total=False):
    """Choices inside the method, which the library makes by itself where they are left out."""

    order: int  #: points per edge of the equivalent surface, 2 to 14, instead of what `digits` need
    check_order: int  #: of the upward check surface, at least `order`
    inner: float  #: radius of the inner surface in half-widths of the box; 1.05
    outer: float  #: of the outer one; 2.95
    cutoff: float  #: of the check-to-equivalent inverses, in units of epsilon
    m2l: str  #: "auto", "blas" or "fft": how multipoles become locals
    m2l_tolerance: float  #: what the compression of M2L "blas" may drop
    m2l_rank: int  #: rank of its bases; -1: full
    m2l_single: bool | None  #: M2L "fft" in single precision
    m2l_memory: int  #: bytes that it may take; 64 MB
    near_field: str  #: "auto", "exact", "fast", "mixed" or "rough": the arithmetic of near pairs
    leaf_capacity: int  #: most points in a leaf
    root_scale: float  #: side of the root cube in longest edges of the points' bounding box, 1 to 4
    balance: bool | None  #: whether adjacent leaves differ by one level at most


#: What `cache` may be, see Plan.
CacheChoice = Union[None, bool, str, "os.PathLike[str]"]


def _tri_state(value: Any) -> int:
    return -1 if value is None else int(bool(value))


def _number_or_none(value: Any) -> float | None:
    return None if value is None else float(value)


def _corners(value: Any) -> tuple[list[float], list[float]] | None:
    if value is None:
        return None
    try:
        lower, upper = ([float(x) for x in corner] for corner in value)
    except (TypeError, ValueError):
        lower, upper = [], []
    if len(lower) != 3 or len(upper) != 3:
        raise ValueError(f"found {value!r}, expected a pair of corners of three numbers each")
    return lower, upper


#: How the value of each keyword becomes what _core.Options takes, and what it is called there.
_CONVERT: dict[str, Callable[[Any], Any]] = {
    "digits": operator.index,
    "right_hand_sides": operator.index,
    "memory_limit": operator.index,
    "tune": bool,
    "method": str,
    "bounding_box": _corners,
    "cell": _number_or_none,
    "order": operator.index,
    "check_order": operator.index,
    "inner": float,
    "outer": float,
    "cutoff": float,
    "m2l": str,
    "m2l_tolerance": float,
    "m2l_rank": operator.index,
    "m2l_single": _tri_state,
    "m2l_memory": operator.index,
    "near_field": str,
    "leaf_capacity": operator.index,
    "root_scale": float,
    "balance": _tri_state,
}


def _set(options: _core.Options, name: str, value: Any) -> None:
    try:
        converted = _CONVERT[name](value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"octopole: {name}: {error}") from None
    try:
        setattr(options, name, converted)
    except TypeError:  # a number that the library's type does not hold
        raise ValueError(f"octopole: {name}: found {value!r}, which is out of every range") from None


def _set_cache(options: _core.Options, cache: CacheChoice) -> None:
    if cache is None:
        options.cache_read()
    elif cache is False:
        options.cache_off()
    elif cache is True:
        options.cache_write("")
    else:
        options.cache_write(os.fspath(cache))


def make_options(outputs: Sequence[str], cache: CacheChoice, values: dict[str, Any]) -> _core.Options:
    """From keywords, all of which are in `_CONVERT`."""
    options = _core.Options()
    options.outputs = list(outputs)
    _set_cache(options, cache)
    for name, value in values.items():
        if name not in _CONVERT:
            raise TypeError(f"octopole: found the keyword {name!r}, allowed {', '.join(Choices.__annotations__)}")
        _set(options, name, value)
    return options


def read_options(options: _core.Options) -> dict[str, Any]:
    """Keywords that make the same choices, but for the cache."""
    values: dict[str, Any] = {name: getattr(options, name) for name in _CONVERT}
    for name in ("m2l_single", "balance"):
        values[name] = None if values[name] < 0 else bool(values[name])
    values["outputs"] = tuple(options.outputs)
    return values
