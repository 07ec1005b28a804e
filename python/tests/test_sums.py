"""What is summed, held against numpy's sums: every kernel and output, targets, types, right-hand sides."""

import numpy as np
import pytest
from conftest import charges, direct, distance, points

import octopole

KERNELS = octopole.kernels()
#: Not the initial values. The core is about as wide as points are apart, the softening twice that.
PARAMETERS = {
    "yukawa": {"screening": 2.5},
    "helmholtz": {"wavenumber": 3.0},
    "biot-savart": {"core": 0.02},
    "softened-laplace": {"softening": 0.1},
}
N, M = 2500, 300


def test_every_kernel_is_tested():
    assert list(KERNELS) == [
        "laplace",
        "laplace dipole",
        "yukawa",
        "helmholtz",
        "stokeslet",
        "biot-savart",
        "charge-dipole",
        "softened-laplace",
    ]
    for name, kernel in KERNELS.items():
        assert {p.name for p in kernel.parameters} == set(PARAMETERS.get(name, {}))


@pytest.mark.parametrize("name", KERNELS)
def test_fmm(name, cache):
    kernel, parameters = KERNELS[name], PARAMETERS.get(name, {})
    y, x, q = points(N), points(M, seed=7), charges(KERNELS[name], N)
    plan = octopole.Plan(
        y, name, 5, x, outputs=list(kernel.outputs), method="fmm", leaf_capacity=90, cache=cache, **parameters
    )
    assert plan.facts.method == "fmm" and plan.facts.depth >= 1 and plan.facts.pairs_m2l > 0
    assert plan.outputs == tuple(kernel.outputs) and plan.parameters == parameters
    results = plan(q, outputs=list(kernel.outputs))
    expected = direct(kernel, x, y, q, **parameters)
    for (output, shape), result in zip(kernel.outputs.items(), results):
        assert result.shape == (M, *shape) and result.dtype == (np.complex128 if kernel.complex else np.float64)
        assert 1e-12 < distance(result, expected[output]) < 1e-5, output
    errors = plan.check(q, dict(zip(kernel.outputs, results)), samples=100)
    assert list(errors) == sorted(kernel.outputs)
    assert all(0 < error.rel_l2 < 1e-5 and error.max > 0 for error in errors.values())


@pytest.mark.parametrize("name", KERNELS)
def test_direct_at_the_points_themselves(name, cache):
    kernel, parameters = KERNELS[name], PARAMETERS.get(name, {})
    x, q = points(200), charges(KERNELS[name], 200)
    plan = octopole.Plan(x, name, 9, outputs=list(kernel.outputs), method="direct", cache=cache, **parameters)
    expected = direct(kernel, x, x, q, **parameters)
    for output, result in zip(kernel.outputs, plan(q, outputs=list(kernel.outputs))):
        assert distance(result, expected[output]) < 1e-9, output


@pytest.mark.parametrize("name", ["laplace", "helmholtz", "stokeslet"])
def test_single(name, cache):
    kernel, parameters = KERNELS[name], PARAMETERS.get(name, {})
    x = points(N).astype(np.float32)
    dtype = np.complex64 if kernel.complex else np.float32
    q = charges(kernel, N).astype(dtype)
    plan = octopole.Plan(x, name, 3, precision="single", method="fmm", cache=cache, **parameters)
    u = plan(q)
    assert u.dtype == dtype == plan.dtype
    expected = direct(kernel, x[:100], x, q.astype(np.complex128 if kernel.complex else np.float64), **parameters)
    assert distance(u[:100], expected[next(iter(kernel.outputs))]) < 1e-3


def test_float32_points_of_a_plan_in_double_are_read_as_they_are(cache):
    x = points(N).astype(np.float32)
    q = charges(KERNELS["laplace"], N)
    u = octopole.Plan(x, digits=5, method="fmm", cache=cache)(q)
    assert u.dtype == np.float64
    assert np.array_equal(u, octopole.Plan(x.astype(np.float64), digits=5, method="fmm", cache=cache)(q))


def test_right_hand_sides(cache):
    for name in ("laplace", "stokeslet", "helmholtz"):
        kernel = KERNELS[name]
        y, x, q = points(N), points(M, seed=7), charges(kernel, N, sides=3)
        plan = octopole.Plan(
            y, name, 4, x, outputs=list(kernel.outputs), right_hand_sides=3, method="fmm", cache=cache
        )
        results = plan(q, outputs=list(kernel.outputs))
        parameters = {p.name: p.initial for p in kernel.parameters}
        for side in range(3):
            expected = direct(kernel, x, y, q[..., side], **parameters)
            for (output, shape), result in zip(kernel.outputs.items(), results):
                assert result.shape == (M, *shape, 3)
                assert distance(result[..., side], expected[output]) < 1e-4, (name, output)


def test_what_calls_return(cache):
    x, q = points(N), charges(KERNELS["laplace"], N)
    plan = octopole.Plan(x, gradient=True, method="fmm", cache=cache)
    u, g = plan(q, gradient=True)
    assert u.shape == (N,) and g.shape == (N, 3)
    assert plan(q).shape == (N,) and distance(plan(q), u) < 1e-6
    assert np.array_equal(plan(q, outputs="gradient"), g)
    reversed_pair = plan(q, outputs=["gradient", "potential"])
    assert isinstance(reversed_pair, tuple) and np.array_equal(reversed_pair[0], g) and np.array_equal(reversed_pair[1], u)
    (alone,) = plan(q, outputs=("potential",))
    assert np.array_equal(alone, plan(q))


def test_the_choices_made_make_the_same_plan(cache):
    x, q = points(N), charges(KERNELS["yukawa"], N)
    plan = octopole.Plan(x, "yukawa", 4, screening=1.5, gradient=True, method="fmm", cache=cache)
    again = octopole.Plan(x, plan.kernel, cache=cache, **plan.options, **plan.parameters)
    assert again.options == plan.options and again.facts.n_boxes == plan.facts.n_boxes
    assert np.array_equal(again(q, gradient=True)[1], plan(q, gradient=True)[1])


def test_rock_salt_in_a_cell_has_madelungs_constant(cache):
    i, j, k = (axis.ravel() for axis in np.indices((4, 4, 4)))
    ions, q = np.stack([i, j, k], axis=1) + 0.123, 1.0 - 2.0 * ((i + j + k) % 2)
    plan = octopole.Plan(ions, digits=9, cell=4, cache=cache)
    assert np.allclose(4 * np.pi * q * plan(q), -1.747564594633, rtol=0, atol=1e-9)
    assert plan.options["cell"] == 4 and octopole.Plan(ions, digits=3, cache=cache).options["cell"] is None


def test_facts_and_times(cache):
    box = ((-1, -1, -1), (2, 2, 2))
    plan = octopole.Plan(points(N), digits=4, method="fmm", bounding_box=box, balance=True, order=6, cache=cache)
    facts = plan.facts
    assert (facts.n_sources, facts.n_targets, facts.digits, facts.order) == (N, N, 4, 6)
    assert facts.balanced and facts.root_size >= 3 and facts.plan_bytes > 0 and facts.n_boxes > facts.n_leaves
    assert len(facts.boxes_by_level) == facts.depth + 1 and facts.boxes_by_level[0] == 1
    assert sum(facts.boxes_by_level) == facts.n_boxes
    assert plan.options["bounding_box"] == ([-1.0] * 3, [2.0] * 3) and plan.options["balance"] is True
    plan.set_timing(True)
    plan(charges(KERNELS["laplace"], N))
    seconds = plan.stage_seconds
    assert seconds["plan"] > 0 and seconds["evaluate"] >= seconds["p2p"] > 0
    assert str(plan).startswith("Octopole plan: laplace") and "4 digits, fmm" in repr(plan)
