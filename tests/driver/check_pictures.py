"""What plot_run.py draws of the runs in a folder: check_pictures.py SCRIPTS FOLDER."""

import pathlib
import shutil
import subprocess
import sys

import h5py
import numpy as np

SCRIPTS, FOLDER = map(pathlib.Path, sys.argv[1:])
sys.path.insert(0, str(SCRIPTS))
import plot_run  # noqa: E402

#: A browser's objects, as far as the page's script asks for them; says what was drawn.
BROWSER = """
const drawn = new Map(), listeners = {};
const context = {clearRect() { drawn.clear(); }, fillRect(x, y, w, h) {
  if (![x, y, w, h].every(Number.isFinite)) throw new Error("a point is nowhere");
  drawn.set(x + " " + y, this.fillStyle); }};
const element = () => ({clientWidth: 800, clientHeight: 500, selectedIndex: 0, children: [], getContext: () => context,
  appendChild(c) { this.children.push(c); }, addEventListener(n, f) { listeners[n] = f; }});
const elements = {points: element(), output: element(), low: element(), high: element()};
const document = {getElementById: id => elements[id], createElement: element};
const window = {addEventListener() {}};
const said = () => [drawn.size, new Set(drawn.values()).size, elements.output.children.length, [...drawn.keys()][0]].join();
"""
TURNED = """
console.log(said());
listeners.pointermove({buttons: 1, movementX: 40, movementY: 10});
console.log(said());
elements.output.selectedIndex = elements.output.children.length - 1;
listeners.change();
console.log(said());
"""


def drawn_by(arguments):
    done = subprocess.run([sys.executable, str(SCRIPTS / "plot_run.py"), *map(str, arguments)], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def check_picture(path):
    from matplotlib import image

    pixels = (255 * image.imread(path)[..., :3]).astype(int)
    assert min(pixels.shape[:2]) > 300, path
    colours = len(np.unique(pixels.reshape(-1, 3), axis=0))
    assert colours > 50, f"{path}: {colours} colours"


def check_page(path, n, outputs):
    text = path.read_text()
    assert text.count("data:image/png;base64,") >= 3 and "http" not in text, path
    node = shutil.which("node")
    if not node:
        print("note: the page's script is not run, there is no node")
        return
    script = text[text.index("<script>") + 8 : text.index("</script>")]
    lines = subprocess.run([node, "-e", BROWSER + script + TURNED], capture_output=True, text=True, check=True).stdout.splitlines()
    before, after, other = (line.split(",") for line in lines)
    assert int(before[0]) > 0.9 * n and int(before[1]) > 20 and int(before[2]) == outputs, lines
    assert before[3] != after[3] and after[3] == other[3], f"{path}: not turned: {lines}"


def check_errors(path):
    """The errors counted are those of the run, and those of results that are spoilt are as large as that."""
    for name, errors in plot_run.Run(path).errors(100).items():
        assert 0 < np.sqrt(np.mean(errors**2)) < 1e-4, (path, name)
        spoilt = path.with_name("spoilt.h5")
        shutil.copy(path, spoilt)
        with h5py.File(spoilt, "r+") as file:
            file[name][...] *= 1.01
        found = np.sqrt(np.mean(plot_run.Run(spoilt).errors(100)[name] ** 2))
        assert abs(found - 0.01) < 1e-3, (path, name, found)


def main():
    paths = sorted(FOLDER.glob("*.h5"))
    assert len(paths) == 6, paths
    for path in paths:
        check_errors(path)
    for path in paths:
        if path.stem not in ("laplace", "helmholtz"):
            continue
        folder = FOLDER / path.stem
        status, out, error = drawn_by([path, "--to", folder, "--points", 1000, "--samples", 50])
        assert status == 0, error
        pictures = [pathlib.Path(line) for line in out.split()]
        tree = ["tree.png"] if path.stem == "laplace" else []  # the others are direct sums
        names = ["points.png", "vectors.png", "times.png", *tree, "errors.png", "index.html"]
        assert [picture.name for picture in pictures] == names, pictures
        for picture in pictures[:-1]:
            check_picture(picture)
        check_page(pictures[-1], 1000, len(plot_run.Run(path).outputs))
    empty = FOLDER / "empty.h5"
    h5py.File(empty, "w").close()
    for arguments, sentence in (
        ([empty], "found no attribute 'run', expected a file that octopole_fmm --output has written"),
        ([FOLDER / "none.h5"], "none.h5"),
        ([paths[0], "--samples", "0"], "--samples: found 0, expected 1 or more"),
    ):
        status, out, error = drawn_by(arguments)
        assert status == 1 and out == "" and sentence in error and error.count("\n") == 1, error
    print("pictures: right")


main()
