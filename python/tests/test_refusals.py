"""What is not allowed is refused by one sentence, as a ValueError, and leaves everything as it was."""

import numpy as np
import pytest
from conftest import charges, points

import octopole

N = 400


def bad(value, n=N):
    x = points(n)
    x[7, 1] = value
    return x


PLANS = [
    (dict(points=bad(np.nan)), "nan|finite"),
    (dict(points=bad(np.inf)), "inf|finite"),
    (dict(points=points(N)[:, :2]), r"sources: found a View of extents \(400, 2\), expected \(N, 3\)"),
    (dict(points=np.arange(3.0)), r"sources: found a View of extents \(3\), expected \(N, 3\)"),
    (dict(points=np.zeros((2, 3, 1, 1, 1))), "found 5 extents, allowed 1 to 4"),
    (dict(points=3.0), "found 0 extents, allowed 1 to 4"),
    (dict(points=points(N) + 0j), "points: found numbers of type complex128, expected float32 or float64"),
    (dict(points=[["a", "b", "c"]]), "points: found numbers of type <U1, expected float32 or float64"),
    (dict(points=[[1, 2, 3], [4]]), "points: found no array of numbers"),
    (dict(points=points(N), targets=points(N)[:, :1]), r"targets: found a View of extents \(400, 1\)"),
    (dict(points=points(N), kernel="coulomb"), "found the kernel 'coulomb', allowed laplace, laplace dipole, yukawa"),
    (dict(points=points(N), digits=11), "digits"),
    (dict(points=points(N), digits=0), "digits"),
    (dict(points=points(N), digits=10**30), "digits: found 10{30}, which is out of every range"),
    (dict(points=points(N), precision="single"), "digits"),
    (dict(points=points(N), precision="half"), "found the precision 'half', allowed double, single"),
    (dict(points=points(N), screening=1.0), "found the parameter screening with the kernel laplace, allowed none"),
    (dict(points=points(N), kernel="yukawa", core=1.0), "found the parameter core with .* yukawa, allowed screening"),
    (dict(points=points(N), kernel="yukawa", screening=-1.0), "screening"),
    (dict(points=points(N), kernel="helmholtz", wavenumber=np.nan), "wavenumber"),
    (dict(points=points(N), outputs="force"), "found the output 'force', allowed potential, gradient"),
    (dict(points=points(N), outputs="velocity"), "velocity"),
    (dict(points=points(N), outputs=[]), "found no outputs, allowed potential, gradient, hessian"),
    (dict(points=points(N), outputs=["potential", "potential"]), "expected names, each once"),
    (dict(points=points(N), outputs="potential", gradient=True), "found outputs and gradient, allowed one of them"),
    (dict(points=points(N), method="fast"), "found the method 'fast', allowed auto, fmm, direct"),
    (dict(points=points(N), m2l="dense"), "found the M2L 'dense', allowed auto, blas, fft"),
    (dict(points=points(N), near_field="good"), "found the near field 'good', allowed auto, exact, fast, mixed, rough"),
    (dict(points=points(N), order=1), "order"),
    (dict(points=points(N), right_hand_sides=0), "right"),
    (dict(points=points(N), bounding_box=(0, 1)), r"bounding_box: found \(0, 1\), expected a pair of corners"),
    (dict(points=points(N), method="fmm", memory_limit=1000), "memory"),
    (dict(points=points(N), cell=-1), "a cell of -1, allowed 1e-90 to 1e90"),
    (dict(points=points(N), kernel="yukawa", screening=1, cell=1), "a screening of 1.000000 over the cell's side, allowed 2 or more"),
]


@pytest.mark.parametrize("given, sentence", PLANS, ids=[sentence[:50] for _, sentence in PLANS])
def test_plan(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        octopole.Plan(cache=False, **given)


def test_keywords_and_types():
    with pytest.raises(TypeError, match="found the keyword 'speed', allowed order, check_order"):
        octopole.Plan(points(N), speed=9)
    with pytest.raises(TypeError, match="digits: 'float' object cannot be interpreted as an integer"):
        octopole.Plan(points(N), digits=6.5)
    with pytest.raises(TypeError, match="inner: .* not 'NoneType'"):
        octopole.Plan(points(N), inner=None)
    with pytest.raises(ValueError, match="inner: could not convert string to float: 'far'"):
        octopole.Plan(points(N), inner="far")


def test_charges():
    plan = octopole.Plan(points(N), cache=False)
    q = charges(octopole.kernels()["laplace"], N)
    u = plan(q)
    for wrong, sentence in (
        (q[1:], r"charges: found a View of extents \(399\), expected \(400\)"),
        (np.stack([q, q], axis=1), r"charges: found a View of extents \(400, 2\), expected \(400\)"),
        (q + 0j, "charges: found numbers of type complex128, expected float64, the plan's type"),
        (np.array(["a"] * N), "charges: found numbers of type <U1"),
        (1.0, "found 0 extents"),
    ):
        with pytest.raises(ValueError, match=sentence):
            plan(wrong)
    assert np.array_equal(plan(q), u)
    single = octopole.Plan(points(N), digits=3, precision="single", cache=False)
    with pytest.raises(ValueError, match="charges: found numbers of type float64, expected float32, the plan's type$"):
        single(q)


def test_outputs_that_were_not_planned_for():
    plan = octopole.Plan(points(N), cache=False)
    q = charges(octopole.kernels()["laplace"], N)
    with pytest.raises(ValueError, match="found gradient in Outputs; this plan was made for potential"):
        plan(q, gradient=True)
    with pytest.raises(ValueError, match="found the output 'velocity', allowed potential, gradient, hessian"):
        plan(q, outputs="velocity")
    with pytest.raises(ValueError, match="check: found 0 samples, allowed 1 and more"):
        plan.check(q, samples=0)
    assert plan.outputs == ("potential",)


def test_an_update_that_is_refused_leaves_the_plan():
    plan = octopole.Plan(points(N), cache=False)
    q = charges(octopole.kernels()["laplace"], N)
    u = plan(q)
    for wrong in (bad(np.nan), points(N)[:, :2], points(N) + 0j):
        with pytest.raises(ValueError):
            plan.update_points(wrong)
    assert np.array_equal(plan(q), u)
