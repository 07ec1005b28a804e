"""Plan: points, their tree and all that belongs to it."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Literal, Mapping, NamedTuple, Sequence, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from octopole import _core
from octopole._arrays import numbers_of, points_of, result_at
from octopole._kernels import _KERNELS, Kernel
from octopole._options import CacheChoice, Choices, make_options, read_options

if TYPE_CHECKING:
    from typing_extensions import Unpack

#: The type of numbers by precision and whether they are complex.
_DTYPES: dict[tuple[str, bool], np.dtype[Any]] = {
    ("double", False): np.dtype(np.float64),
    ("single", False): np.dtype(np.float32),
    ("double", True): np.dtype(np.complex128),
    ("single", True): np.dtype(np.complex64),
}


class Error(NamedTuple):
    """Of one output, against a direct sum in double."""

    rel_l2: float  #: relative L2 error
    max: float  #: largest error of a target over the RMS of the reference


def _parameters(kernel: Kernel, given: Mapping[str, float | None]) -> list[float]:
    """The kernel's parameters in its order."""
    takes = [p.name for p in kernel.parameters]
    for name, value in given.items():
        if value is not None and name not in takes:
            raise ValueError(
                f"octopole: found the parameter {name} with the kernel {kernel.name}, allowed {', '.join(takes) or 'none'}"
            )
    values = []
    for parameter in kernel.parameters:
        value = given[parameter.name]
        values.append(parameter.initial if value is None else float(value))
    return values


def _names(kernel: Kernel, outputs: str | Sequence[str] | None, gradient: bool) -> list[str]:
    """The outputs that are named, else the kernel's first, with the gradient where that is asked for."""
    if outputs is None:
        first = next(iter(kernel.outputs))
        return [first, "gradient"] if gradient else [first]
    names = [outputs] if isinstance(outputs, str) else list(outputs)
    if gradient:
        raise ValueError("octopole: found outputs and gradient, allowed one of them: name the gradient among the outputs")
    if not names:
        raise ValueError(f"octopole: found no outputs, allowed {', '.join(kernel.outputs)}")
    for name in names:
        if not isinstance(name, str) or names.count(name) > 1:
            raise ValueError(f"octopole: outputs: found {outputs!r}, expected names, each once")
    return names


class Plan:
    """Points, their tree and all that belongs to it, made once, to sum for charges again and again.

    points: (N, 3), where the charges are, of float32 or float64; read where they lie, and not kept.
    kernel: with r = x - y, from the source y to the target x,
        "laplace"         1 / (4 pi r)                           charges (N)           potential, gradient, hessian
        "laplace dipole"  d.r / (4 pi r^3)                       charges (N, 3)        potential, gradient, hessian
        "yukawa"          exp(-screening r) / (4 pi r)           charges (N)           potential, gradient
        "helmholtz"       exp(i wavenumber r) / (4 pi r)         charges (N) complex   potential, gradient, complex
        "stokeslet"       (f / r + r (f.r) / r^3) / (8 pi)       charges (N, 3)        velocity, pressure
        "biot-savart"     w x r / (4 pi r^3), Gaussian core      charges (N, 3)        velocity, velocity_gradient
        "charge-dipole"   q / (4 pi r) + d.r / (4 pi r^3)        charges (N, 4), q d   potential, gradient, hessian
        "softened-laplace" 1 / (4 pi r) beyond softening         charges (N)           potential, gradient, hessian
    digits: the relative L2 error of every output is at most 10^-digits; 1 to 10, in single precision 1 to 4.
    targets: (M, 3), where results are; None: at the points, and a pair at distance zero adds nothing.
    outputs: names of what calls may ask for; None: the kernel's first. gradient=True: that and the gradient.
    precision: "double" or "single": of charges, results and sums.
    screening, wavenumber: in one over the points' unit of length. core: radius of the Gaussian core, in that unit, 0
        for none; it smooths the near field. softening: radius of the balls over which charges are spread, likewise.
    right_hand_sides: R, charges summed for at once.
    bounding_box: (lower corner, upper corner) of where points will move, so that update_points keeps the root cube.
    cell: side of a cube that repeats along all three axes, in which sums are over all images of the charges ("laplace",
        "laplace dipole", "charge-dipole", "softened-laplace", "biot-savart", "stokeslet", "yukawa"); points outside are
        folded into it. A net charge of "laplace" has a uniform background, and the potential no mean over the cell, as
        Ewald's sum has it.
    cache: where operators are kept between processes. None: the usual file is read ($XDG_CACHE_HOME or ~/.cache,
        octopole/operators.h5) and never written; True: it is written too; a path: another file; False: none.
    method: "auto", "fmm" or "direct", the plain sum; auto: whichever is expected to be faster.
    memory_limit: bytes that the plan may hold; 0: any number.
    tune: measures near against far field on these points, once, and keeps what it finds in the cache.
    choices: inside the method, see octopole._options.Choices: order, m2l, near_field, leaf_capacity, balance, ...

    Raises ValueError, before any work, where something given is not allowed: points that are not finite or not (N, 3),
    a kernel or an output that there is not, digits out of range.
    """

    def __init__(
        self,
        points: ArrayLike,
        kernel: str = "laplace",
        digits: int = 6,
        targets: ArrayLike | None = None,
        *,
        outputs: str | Sequence[str] | None = None,
        gradient: bool = False,
        precision: Literal["double", "single"] = "double",
        screening: float | None = None,
        wavenumber: float | None = None,
        core: float | None = None,
        softening: float | None = None,
        right_hand_sides: int = 1,
        bounding_box: tuple[ArrayLike, ArrayLike] | None = None,
        cell: float | None = None,
        cache: CacheChoice = None,
        method: str = "auto",
        memory_limit: int = 0,
        tune: bool = False,
        **choices: Unpack[Choices],
    ) -> None:
        if kernel not in _KERNELS:
            raise ValueError(f"octopole: found the kernel {kernel!r}, allowed {', '.join(_KERNELS)}")
        if precision not in ("double", "single"):
            raise ValueError(f"octopole: found the precision {precision!r}, allowed double, single")
        self._kernel = _KERNELS[kernel]
        self._precision = precision
        given = {"screening": screening, "wavenumber": wavenumber, "core": core, "softening": softening}
        values = _parameters(self._kernel, given)
        self._parameters = dict(zip((p.name for p in self._kernel.parameters), values))
        options = make_options(
            _names(self._kernel, outputs, gradient),
            cache,
            dict(
                choices,
                digits=digits,
                right_hand_sides=right_hand_sides,
                bounding_box=bounding_box,
                cell=cell,
                method=method,
                memory_limit=memory_limit,
                tune=tune,
            ),
        )
        self._plan = _core.Plan(kernel, values, precision == "single", *self._points(points, targets), options)

    @staticmethod
    def _points(points: ArrayLike, targets: ArrayLike | None) -> tuple[np.ndarray, np.ndarray | None]:
        """Both of one type, which the library asks for."""
        sources = points_of(points, "points")
        if targets is None:
            return sources, None
        other = points_of(targets, "targets")
        if other.dtype != sources.dtype:
            double = np.dtype(np.float64)
            sources, other = points_of(sources, "points", double), points_of(other, "targets", double)
        return sources, other

    # A name alone is a sequence of strings, too: the first that fits counts.
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, charges: ArrayLike, *, outputs: str | None = None, out: Any = None
    ) -> NDArray[Any]: ...
    @overload
    def __call__(
        self, charges: ArrayLike, *, gradient: Literal[True], out: Any = None
    ) -> tuple[NDArray[Any], NDArray[Any]]: ...
    @overload
    def __call__(
        self, charges: ArrayLike, *, outputs: Sequence[str], out: Any = None
    ) -> tuple[NDArray[Any], ...]: ...
    def __call__(
        self,
        charges: ArrayLike,
        *,
        outputs: str | Sequence[str] | None = None,
        gradient: bool = False,
        out: Any = None,
    ) -> Any:
        """Sums for these charges.

        charges: (N[, C][, R]) in the order of the points: C = 3 where the kernel's charges are vectors, R where there
            are several right-hand sides. Of the plan's type (float64, with precision="single" float32; complex of
            these for helmholtz), then read where they lie, or of one that converts to it without loss.
        outputs: a name, for one array, or a sequence of names, for a tuple; None: the kernel's first output.
        gradient: True for (first output, gradient).
        out: arrays of the caller's to write into, one or a sequence like what is returned, which they then are; of the
            plan's type, any strides that are not negative, not overlapping with the charges.

        Returns arrays of the plan's type, in the order of the targets and the unit of charge / length:
            potential (M[, R])     gradient (M, 3[, R]), grad_x, not a force    hessian (M, 6[, R]): xx xy xz yy yz zz
            velocity (M, 3[, R])   pressure (M[, R])                 velocity_gradient (M, 3, 3[, R]): d u_a / d x_b

        Raises ValueError where the charges do not fit, or an output was not planned for.
        """
        names = _names(self._kernel, outputs, gradient)
        single = len(names) == 1 and (outputs is None or isinstance(outputs, str))
        results = self._results(names, [out] if single and out is not None else out)
        self._plan.execute(numbers_of(charges, "charges", self.dtype), list(zip(names, results)))
        return results[0] if single else tuple(results)

    def _results(self, names: list[str], out: Any) -> list[np.ndarray]:
        if out is None:
            return [np.empty(self._plan.shape(name), self.dtype) for name in names]
        arrays = list(out)
        if len(arrays) != len(names):
            raise ValueError(f"octopole: out: found {len(arrays)} arrays, expected {len(names)}: {', '.join(names)}")
        return [result_at(array, name, self.dtype) for name, array in zip(names, arrays)]

    def check(
        self, charges: ArrayLike, results: Mapping[str, np.ndarray] | None = None, *, samples: int = 1000
    ) -> dict[str, Error]:
        """Compares results with a direct sum in double at evenly strided targets.

        charges: as for a call.
        results: what a call has returned for these charges, by the name of the output; None: all outputs that were
            planned for, summed anew.
        samples: how many targets at most. Costs samples times N pairs.

        Returns the errors by the name of the output.
        """
        if operator.index(samples) < 1:
            raise ValueError(f"octopole: check: found {samples} samples, allowed 1 and more")
        q = numbers_of(charges, "charges", self.dtype)
        if results is None:
            names = list(self.outputs)
            pairs = list(zip(names, self._results(names, None)))
            self._plan.execute(q, pairs)
        else:
            pairs = [(name, numbers_of(array, name, self.dtype)) for name, array in results.items()]
        errors = self._plan.check(q, pairs, min(operator.index(samples), 2**31 - 1))
        return {name: Error(*error) for name, error in errors.items()}

    def update_points(self, points: ArrayLike, targets: ArrayLike | None = None) -> None:
        """New positions, for time steps: a new tree, with the operators, the options and where it can the root cube kept.

        points: (N, 3), where N may be another one. targets: as for the plan, None: at the points.
        Raises ValueError where they are refused; the plan then is as it was.
        """
        self._plan.update_points(*self._points(points, targets))

    @property
    def kernel(self) -> str:
        """Its name."""
        return self._kernel.name

    @property
    def parameters(self) -> dict[str, float]:
        """The kernel's, by their names."""
        return dict(self._parameters)

    @property
    def precision(self) -> str:
        """Of charges, results and sums: "double" or "single"."""
        return self._precision

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of charges and results."""
        return _DTYPES[self._precision, self._kernel.complex]

    @property
    def outputs(self) -> tuple[str, ...]:
        """What calls may ask for."""
        return tuple(self._plan.options().outputs)

    @property
    def options(self) -> dict[str, Any]:
        """Every choice made, as keywords: Plan(points, plan.kernel, **plan.options, **plan.parameters) makes the same
        ones; precision, targets and cache are not among them."""
        return read_options(self._plan.options())

    @property
    def facts(self) -> _core.Facts:
        """What was decided and found while planning: order, depth, n_leaves, pairs_p2p, plan_bytes, ..."""
        return self._plan.facts()

    def set_timing(self, on: bool) -> None:
        """Whether calls measure their stages from now on, which costs a little."""
        self._plan.set_timing(bool(on))

    @property
    def stage_seconds(self) -> dict[str, float]:
        """Wall seconds by stage: plan (all of planning), tree, lists and operators, and of the last call that was
        measured evaluate (all of it), permute, p2m, m2m, m2l, p2l, l2l, l2p, m2p and p2p."""
        return dict(self._plan.stage_seconds())

    def __str__(self) -> str:
        return self._plan.description().rstrip("\n")

    def __repr__(self) -> str:
        facts = self.facts
        return (
            f"<octopole.Plan: {self.kernel}, {facts.n_sources} sources, {facts.n_targets} targets, "
            f"{facts.digits} digits, {facts.method}>"
        )
