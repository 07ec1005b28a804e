"""What belongs to a package: types, their stubs, the version, what help() says."""

import ast
import importlib.metadata
import importlib.resources
import inspect

import octopole
from octopole import _core, _options

FILES = importlib.resources.files("octopole")


def test_the_stub_names_what_the_extension_has():
    tree = ast.parse((FILES / "_core.pyi").read_text())
    stub = {"": set()}
    for node in tree.body:
        names = [node.target.id] if isinstance(node, ast.AnnAssign) else [getattr(node, "name", None)]
        stub[""].update(name for name in names if name)
        if isinstance(node, ast.ClassDef):
            stub[node.name] = {
                member.target.id if isinstance(member, ast.AnnAssign) else member.name
                for member in node.body
                if isinstance(member, (ast.AnnAssign, ast.FunctionDef))
            }
    real = {name for name in vars(_core) if not name.startswith("__")}
    assert stub[""] == real
    for name in real:
        if inspect.isclass(getattr(_core, name)):
            members = {member for member in vars(getattr(_core, name)) if not member.startswith("_")}
            assert stub[name] - {"__init__"} == members, name


def test_typed_and_documented():
    assert (FILES / "py.typed").is_file()
    for name in octopole.__all__:
        assert inspect.getdoc(getattr(octopole, name)), name
    for name, member in vars(octopole.Plan).items():
        if not name.startswith("_"):
            assert inspect.getdoc(member), name


def test_every_option_of_the_library_is_a_keyword():
    named = set(inspect.signature(octopole.Plan.__init__).parameters) | set(_options.Choices.__annotations__)
    options = {name for name in vars(_core.Options) if not name.startswith(("_", "cache_"))}
    assert options <= named
    assert {p.name for k in octopole.kernels().values() for p in k.parameters} <= named


def test_version():
    assert octopole.__version__ == importlib.metadata.version("octopole")
