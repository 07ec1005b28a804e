#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Files that the driver wrote, as other programs read them; for test_output.sh.

check_results.py NAME: NAME.csv and NAME.npz of one run by Python's own library; NAME.h5 and NAME.xdmf by h5py,
meshio and pyvista, each where it is installed. The potentials of all must be the same numbers. Prints what was read.
"""
import ast
import csv
import importlib.util
import re
import struct
import sys
import zipfile

name = sys.argv[1]
read = []


def flat(values):
    """Numbers, in order, of any array or nested lists."""
    return [float(v) for v in (values.ravel() if hasattr(values, "ravel") else values)]


def expect(found, expected, what):
    if found != expected:
        sys.exit(f"{what}: found {str(found)[:200]}, expected {str(expected)[:200]}")


def load_npz(path):
    """As numpy.lib.format describes it: {name: (descr, shape, numbers)}."""
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        expect(archive.testzip(), None, "damaged in " + path)
        for entry in archive.namelist():
            data = archive.read(entry)
            expect(data[:8], b"\x93NUMPY\x01\x00", entry)
            (length,) = struct.unpack_from("<H", data, 8)
            expect((10 + length) % 64, 0, entry + ": alignment")
            header = ast.literal_eval(data[10 : 10 + length].decode())
            expect(header["fortran_order"], False, entry)
            body = data[10 + length :]
            numbers = body if header["descr"][:2] == "|S" else struct.unpack(f"<{len(body) // 8}d", body)
            arrays[entry[:-4]] = (header["descr"], header["shape"], numbers)
    return arrays


arrays = load_npz(name + ".npz")
with open(name + ".csv", newline="") as file:
    rows = list(csv.DictReader(file))
read += ["csv", "npz"]
outputs = [a for a in arrays if a not in ("sources", "charges", "targets", "run")]
n = len(rows)


def columns_of(output):
    """Columns of the table that belong to an output: {(component, part, right-hand side): name}."""
    found = {}
    for column in rows[0]:
        match = re.fullmatch(output + r"(_[xyz]{1,2})?(_re|_im)?(_[0-9]+)?", column)
        if match:
            found[match[1] or "", match[2] or "", match[3] or ""] = column
    return found


for output in outputs:
    descr, shape, numbers = arrays[output]
    columns = columns_of(output)
    expect(shape[0], n, output)
    expect(descr, "<c16" if any(part for _, part, _ in columns) else "<f8", output)
    components = list(dict.fromkeys(c for c, _, _ in columns))
    # numpy's order: the part of a complex number last.
    order = sorted(columns, key=lambda c: (components.index(c[0]), c[2], c[1] == "_im"))
    expect(flat(numbers), [float(row[columns[c]]) for row in rows for c in order], output + " in .npz and .csv")
expect([float(row[d]) for row in rows for d in "xyz"], flat(arrays["targets"][2]), "targets")


def have(module):
    return importlib.util.find_spec(module) is not None


if have("h5py"):
    import h5py

    with h5py.File(name + ".h5") as file:
        for dataset in ("sources", "charges", "targets", *outputs):
            if not file[dataset].attrs["units"]:
                sys.exit(dataset + ": no unit")
        expect(flat(file["sources"][...]), flat(arrays["sources"][2]), "sources in .h5")
        expect(flat(file["targets"][...]), flat(arrays["targets"][2]), "targets in .h5")
        expect(int(file.attrs["n_targets"]), n, "the fact n_targets")
        if arrays[outputs[0]][0] == "<f8":
            for dataset in ("charges", *outputs):
                expect(flat(file[dataset][...]), flat(arrays[dataset][2]), dataset + " in .h5")
    read.append("h5py")


def expected_of(label):
    """Of a name in the XDMF, "gradient_re_1": the columns of the table of that part and right-hand side."""
    output, part, side = re.fullmatch(r"(.*?)(_re|_im)?(_[0-9]+)?", label).groups(default="")
    columns = [column for (_, p, s), column in columns_of(output).items() if (p, s) == (part, side)]
    return [[float(row[c]) for c in columns] for row in rows]


def compare(label, values, reader):
    expected = expected_of(label)
    values = [list(map(float, v.ravel())) for v in values.reshape(n, -1)]
    if len(expected[0]) == 6 and len(values[0]) == 9:  # VTK writes symmetric tensors out
        values = [[v[i] for i in (0, 1, 2, 4, 5, 8)] for v in values]
    expect(values, expected, f"{label} by {reader}")


if have("meshio") and have("h5py"):
    import meshio

    with meshio.xdmf.TimeSeriesReader(name + ".xdmf") as reader:
        points, cells = reader.read_points_cells()
        time, data, _ = reader.read_data(0)
    expect((points.shape, [(c.type, len(c.data)) for c in cells], time), ((n, 3), [("vertex", n)], 0.0), "the mesh by meshio")
    if not data:
        sys.exit("meshio found no data")
    for label, values in data.items():
        compare(label, values, "meshio")
    read.append("meshio")

if have("pyvista"):
    import pyvista

    mesh = pyvista.read(name + ".xdmf")
    expect((mesh.n_points, mesh.n_cells), (n, n), "the mesh by pyvista")
    if not mesh.array_names:
        sys.exit("pyvista found no data")
    for label in mesh.array_names:
        compare(label, mesh[label], "pyvista")
    read.append("pyvista")

print(" ".join(read))
