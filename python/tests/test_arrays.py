"""Where arrays lie: without a copy where the layout allows, and the same results from any layout."""

import numpy as np
import pytest
from conftest import charges, points

import octopole
from octopole import _arrays

LAPLACE = octopole.kernels()["laplace"]
N = 1500


@pytest.fixture(scope="module")
def plain(cache):
    plan = octopole.Plan(points(N), gradient=True, digits=4, method="fmm", cache=cache)
    q = charges(LAPLACE, N)
    return plan, q, plan(q, gradient=True)


def in_fortran_order(a):
    return np.asfortranarray(a)


def with_gaps(a):
    wide = np.zeros(tuple(3 * n for n in a.shape))
    view = wide[tuple(slice(1, None, 3) for _ in a.shape)]
    view[...] = a
    return view


def backwards(a):
    return np.ascontiguousarray(a[::-1])[::-1]


def of_the_other_byte_order(a):
    return a.astype(a.dtype.newbyteorder())


def of_a_record(a):
    record = np.zeros(len(a), dtype=[("tag", "i1"), ("value", "f8", a.shape[1:])])
    record["value"] = a
    return record["value"]


def read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


LAYOUTS = [in_fortran_order, with_gaps, backwards, of_the_other_byte_order, of_a_record, read_only, np.ndarray.tolist]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_points_and_charges_of_any_layout(layout, plain, cache):
    _, q, (u, g) = plain
    plan = octopole.Plan(layout(points(N)), gradient=True, digits=4, method="fmm", cache=cache)
    v, h = plan(layout(q), gradient=True)
    assert np.array_equal(u, v) and np.array_equal(g, h)


def test_no_copy_where_the_layout_allows():
    q = charges(LAPLACE, N)
    for layout in (in_fortran_order, with_gaps, read_only):
        for given in (layout(q), layout(points(N))):
            assert np.shares_memory(_arrays.points_of(given, "points"), given)
            assert np.shares_memory(_arrays.numbers_of(given, "charges", np.dtype(np.float64)), given)
    for layout in (backwards, of_the_other_byte_order, of_a_record):
        assert not np.shares_memory(_arrays.points_of(layout(points(N)), "points"), layout(q))


def test_numbers_that_convert_without_loss(plain):
    plan, _, _ = plain
    ones = np.ones(N)
    for other in (np.float32, np.int32, np.int64, bool):
        assert np.array_equal(plan(ones.astype(other)), plan(ones))


def test_results_into_arrays_of_the_callers(plain):
    plan, q, (u, g) = plain
    into = np.full(2 * N, np.nan)
    assert plan(q, out=into[::2]).base is into
    assert np.array_equal(into[::2], plan(q)) and np.isnan(into[1::2]).all()
    potential, gradient = np.empty(N), np.empty((N, 3), order="F")
    back = plan(q, gradient=True, out=(potential, gradient))
    assert back[0] is potential and back[1] is gradient
    assert np.array_equal(potential, u) and np.array_equal(gradient, g)


def test_results_that_cannot_be_written(plain):
    plan, q, _ = plain
    for wrong, sentence in (
        (np.empty(N, np.float32), "found numbers of type float32, expected float64"),
        (np.empty(N)[::-1], "found strides of "),
        (read_only(np.empty(N)), "found an array that is read-only"),
        ([0.0] * N, "found a list, expected a numpy array"),
        (np.empty(N - 1), rf"potential: found a View of extents \({N - 1}\), expected \({N}\)"),
    ):
        with pytest.raises(ValueError, match=sentence):
            plan(q, out=wrong)
    with pytest.raises(ValueError, match="found 1 arrays, expected 2: potential, gradient"):
        plan(q, gradient=True, out=[np.empty(N)])


def test_real_charges_of_waves(cache):
    plan = octopole.Plan(points(N), "helmholtz", 3, wavenumber=2.0, method="fmm", cache=cache)
    q = charges(LAPLACE, N)
    assert np.array_equal(plan(q), plan(q + 0j))
