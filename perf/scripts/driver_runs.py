"""Runs of octopole_fmm for the scripts beside this file."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DRIVER = ROOT / "build/openmp/perf/octopole_fmm"
# As perf/run.sh has it: one thread per core, unless the caller says otherwise.
ENVIRONMENT = {"OMP_PROC_BIND": "spread", "OMP_PLACES": "threads", **os.environ}


def existing(program):
    """The path of a program of the build, made absolute; ends the script when it is not there."""
    path = pathlib.Path(program).resolve()
    if not path.exists():
        sys.exit(f"{pathlib.Path(sys.argv[0]).name}: no {path}; the presets build it, openmp's perf/run.sh too")
    return path


def run_driver_with_table(driver, *options, keep=None):
    """The JSON of one run, kept in the file `keep` when one is named, and the table that the run prints."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(keep) if keep else pathlib.Path(folder) / "run.json"
        command = [str(driver), *map(str, options), "--json", str(path)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
        # An error above the promise, which status 3 tells, is for the tables to show.
        if done.returncode not in (0, 3):
            done.check_returncode()
        return json.loads(path.read_text()), done.stdout


def run_driver(driver, *options, keep=None):
    """The JSON of one run; kept in the file `keep` when one is named."""
    return run_driver_with_table(driver, *options, keep=keep)[0]


def errors_in_digits(run):
    """Relative errors of the outputs asked for, in units of what the digits promise."""
    errors = (e for k, e in run["error"].items() if k.endswith("rel_l2"))
    return [e * 10 ** run["digits"] for e in errors if e is not None]


def run_benchmark(program, *options, keep):
    """The JSON of one run of a benchmark, kept in the file `keep` once it is whole."""
    part = pathlib.Path(f"{keep}.part")
    out = (f"--benchmark_out={part}", "--benchmark_out_format=json")
    command = [str(program), *map(str, options), *out]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    part.replace(keep)
    return json.loads(pathlib.Path(keep).read_text())
