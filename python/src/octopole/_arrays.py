"""From what callers have to arrays that the library reads where they lie."""

from __future__ import annotations

from typing import Any

import numpy as np


def lying_well(array: np.ndarray) -> bool:
    """Whether the library can use the array where it lies: strides that are whole numbers of elements and do not run
    backwards, and elements as the processor has them."""
    size = array.dtype.itemsize
    strides = all(stride >= 0 and stride % size == 0 for stride in array.strides)
    return strides and array.flags.aligned and array.dtype.isnative


def _as_array(given: Any, what: str) -> np.ndarray:
    try:
        return np.asarray(given)
    except ValueError as error:
        raise ValueError(f"octopole: {what}: found no array of numbers ({error})") from error


def _converted(array: np.ndarray, dtype: np.dtype, what: str, expected: str) -> np.ndarray:
    """The array itself where it has this type and lies well, else a copy; only types that lose nothing are converted."""
    if not np.can_cast(array.dtype, dtype, "safe"):
        raise ValueError(f"octopole: {what}: found numbers of type {array.dtype}, expected {expected}")
    if array.dtype == dtype and lying_well(array):
        return array
    return np.array(array, dtype=dtype, order="C")


def points_of(given: Any, what: str, like: np.dtype | None = None) -> np.ndarray:
    """Points (N, 3), float32 or float64 as they are given; integers become float64. `like`: of this type."""
    array = _as_array(given, what)
    dtype = like
    if dtype is None:
        dtype = np.dtype(np.float32 if array.dtype == np.float32 else np.float64)
    return _converted(array, dtype, what, "float32 or float64")


def numbers_of(given: Any, what: str, dtype: np.dtype) -> np.ndarray:
    """Charges, of the plan's type."""
    expected = f"{dtype}, the plan's type" + (", or what converts to it without loss" if dtype.itemsize > 4 else "")
    return _converted(_as_array(given, what), dtype, what, expected)


def result_at(given: Any, what: str, dtype: np.dtype) -> np.ndarray:
    """An array of the caller's that a result may be written into, as it is."""
    if not isinstance(given, np.ndarray):
        raise ValueError(f"octopole: {what}: found a {type(given).__name__}, expected a numpy array to write into")
    if given.dtype != dtype:
        raise ValueError(f"octopole: {what}: found numbers of type {given.dtype}, expected {dtype}, the plan's type")
    if not given.flags.writeable:
        raise ValueError(f"octopole: {what}: found an array that is read-only, expected one that can be written")
    if not lying_well(given):
        raise ValueError(
            f"octopole: {what}: found strides of {given.strides} bytes, expected an aligned array with strides that "
            f"are not negative and multiples of {given.dtype.itemsize}"
        )
    return given
