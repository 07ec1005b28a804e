"""Plans over time: updates, many of them, threads, and how all of it ends."""

import gc
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from conftest import charges, direct, distance, points

import octopole

LAPLACE = octopole.kernels()["laplace"]


def run(program, *, ok=True):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert (done.returncode == 0) == ok, done.stderr
    return done.stdout, done.stderr


def test_update_points(cache):
    n, more, m = 2500, 3000, 200
    plan = octopole.Plan(points(n), digits=5, method="fmm", cache=cache)
    moved = points(more, seed=5) + 0.3
    plan.update_points(moved)
    q = charges(LAPLACE, more)
    u = plan(q)
    assert u.shape == (more,) and plan.facts.n_sources == more
    assert distance(u[:m], direct(LAPLACE, moved[:m], moved, q)["potential"]) < 1e-5
    targets = points(m, seed=9)
    plan.update_points(moved, targets)
    assert distance(plan(q), direct(LAPLACE, targets, moved, q)["potential"]) < 1e-5


def test_points_and_charges_are_not_kept(cache):
    x, q = points(2000), charges(LAPLACE, 2000)
    references = sys.getrefcount(x), sys.getrefcount(q)
    plan = octopole.Plan(x, digits=3, method="fmm", cache=cache)
    u = plan(q)
    x[...] = np.nan
    assert np.array_equal(plan(q), u)
    assert (sys.getrefcount(x), sys.getrefcount(q)) == references


def test_many_plans(cache):
    x, q = points(2000), charges(LAPLACE, 2000)
    expected = octopole.Plan(x, digits=3, method="fmm", cache=cache)(q)
    plans = [octopole.Plan(x, digits=3, method="fmm", cache=cache) for _ in range(40)]
    assert all(np.array_equal(plan(q), expected) for plan in plans)
    del plans
    gc.collect()
    assert np.array_equal(octopole.Plan(x, digits=3, method="fmm", cache=cache)(q), expected)


def test_threads_share_a_plan_and_have_their_own(cache):
    x, q = points(3000), charges(LAPLACE, 3000)
    shared = octopole.Plan(x, digits=4, method="fmm", cache=cache)
    expected = [shared(k * q) for k in range(4)]
    wrong = []

    def work(k):
        try:
            own = octopole.Plan(x, digits=4, method="fmm", cache=cache)
            for _ in range(5):
                for plan in (shared, own):
                    if not np.array_equal(plan(k * q), expected[k]):
                        wrong.append(k)
        except Exception as error:  # which would end the thread and no more
            wrong.append(error)

    workers = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


def test_other_threads_run_while_sums_are_made():
    """While one thread sums, of which a single call is the longest part, another one counts."""
    n = 30000
    x, q = points(n), charges(LAPLACE, n)
    plan = octopole.Plan(x, method="direct", cache=False)
    counts, during, stop = [0], [], threading.Event()

    def count():
        while not stop.is_set():
            counts[0] += 1
            time.sleep(0)

    counter = threading.Thread(target=count)
    counter.start()
    try:
        # The interpreter changes threads between any two lines too: within a call that keeps its lock, it does not.
        for _ in range(3):
            before = counts[0]
            plan._plan.execute(q, [("potential", np.empty(n))])
            during.append(counts[0] - before)
    finally:
        stop.set()
        counter.join()
    assert max(during) > 10


def test_the_interpreter_ends_quietly():
    for last in ("", "del plan", "import octopole as o; o.kept = plan; del plan", "plan.myself = plan; del plan", "raise SystemExit(0)"):
        out, error = run(
            "import numpy as np, octopole\n"
            "x = np.random.default_rng(1).random((500, 3))\n"
            "plan = octopole.Plan(x, cache=False)\n"
            "print(plan(np.ones(500))[0] > 0, flush=True)\n" + last
        )
        assert (out, error) == ("True\n", ""), last


def test_a_plan_that_is_used_after_the_end():
    out, error = run(
        "import atexit, numpy as np, octopole\n"
        "plan = octopole.Plan(np.random.default_rng(1).random((500, 3)), cache=False)\n"
        "class Late:\n"
        "    def __del__(self):\n"
        "        try: plan(np.ones(500))\n"
        "        except ValueError as error: print(error)\n"
        "        try: octopole.Plan(np.ones((1, 3)))\n"
        "        except ValueError as error: print(error)\n"
        "import octopole as module\n"
        "from octopole import _core\n"
        "_core.end()\n"
        "Late()\n"
    )
    assert error == ""
    assert "found a plan that has ended with Kokkos" in out and "Kokkos has ended, and it starts only once" in out


def test_number_of_threads():
    out, _ = run("import octopole; octopole.initialize(1); print(octopole.threads()); octopole.initialize(1)")
    assert out == "1\n"
    _, error = run("import octopole; octopole.initialize(1); octopole.initialize(7)", ok=False)
    assert "ValueError: octopole: found 7 threads, but Kokkos runs with 1 already" in error
    _, error = run("import octopole; octopole.initialize(-1)", ok=False)
    assert "ValueError: octopole: found -1 threads, allowed 0 and more" in error


@pytest.mark.parametrize("cache_choice", ["False", "None", "True", "FILE"])
def test_cache(cache_choice, tmp_path):
    """Only what was said to be written is: with `None` the usual file is read."""
    program = (
        f"import os; os.environ['XDG_CACHE_HOME'] = {str(tmp_path)!r}\n"
        "import numpy as np, octopole\n"
        "x = np.random.default_rng(1).random((2000, 3))\n"
        f"FILE = {str(tmp_path / 'own' / 'file.h5')!r}\n"
        f"for k in range(2): print(octopole.Plan(x, digits=3, method='fmm', cache={cache_choice}).facts.operators_source)\n"
    )
    first, _ = run(program)
    later, _ = run(program)
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.h5"))
    expected = {"False": [], "None": [], "True": ["octopole/operators.h5"], "FILE": ["own/file.h5"]}[cache_choice]
    assert files == expected
    assert first.split() == ["computed", "shared"]
    assert later.split() == ["cache" if expected else "computed", "shared"]
