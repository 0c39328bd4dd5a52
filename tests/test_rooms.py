"""Imports run downwards: no circle between rooms, and no arrow back."""

import ast
from pathlib import Path

import pytest

import nccodec
from nccodec.evaluation import codecs

PACKAGE = Path(nccodec.__file__).parent
# From the roof to the ground. A room may import those on lines below its own, never one beside or above it.
# "nccodec" are the modules that stand at the top of the package and are no room of their own: the public API.
FLOORS = (
    ("cli",),
    ("experiments",),
    ("evaluation", "parameterization", "serve"),
    ("nccodec",),
    ("codec",),
    ("training",),
    ("generative", "screen", "whole"),
    ("neural", "pifs", "implicit"),
    ("points",),
    ("collage",),
    ("bitstream", "imaging"),
    ("arrays", "code"),
    ("errors",),
)
HEIGHT = {room: -number for number, rooms in enumerate(FLOORS) for room in rooms}
MODULES = {".".join(("nccodec", *path.relative_to(PACKAGE).with_suffix("").parts)): path
           for path in sorted(PACKAGE.rglob("*.py"))}  # fmt: skip
MODULES = {name.removesuffix(".__init__"): path for name, path in MODULES.items()}


def room_of(module: str) -> str:
    first = (*module.split("."), "")[1]
    return first if first in HEIGHT else "nccodec"


def imports_of(name: str, source: str, is_package: bool) -> set[str]:
    """Every module of the package that a module imports: at its top, in a function, or for its annotations alone."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = name.split(".")[: len(name.split(".")) - node.level + is_package]
                base = ".".join([*above, base] if base else above)
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                found.add(whole if whole in MODULES else base)
    return {module for module in found if module.split(".")[0] == "nccodec"}


IMPORTS = {
    name: imports_of(name, path.read_text(encoding="utf-8"), path.name == "__init__.py")
    for name, path in MODULES.items()
}


def test_every_folder_is_a_room():
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders <= set(HEIGHT) - {"nccodec", "code", "errors"}
    assert {room for rooms in FLOORS for room in rooms} == {room_of(name) for name in MODULES}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_run_downwards(name):
    room = room_of(name)
    for module in IMPORTS[name]:
        assert module in MODULES, f"{name} imports {module}, which is not there"
        other = room_of(module)
        assert other == room or HEIGHT[other] < HEIGHT[room], f"{name} imports {module}: {other} is not below {room}"


def test_what_is_walked_is_what_is_written():
    """Lazy imports, and those of annotations, are found too; so are those by a relative name."""
    source = "import os\nfrom . import kinds\ndef f():\n    from ..neural import weights\n    import nccodec\n"
    assert imports_of("nccodec.codec.decode", source, False) == {
        "nccodec.codec.kinds", "nccodec.neural.weights", "nccodec",
    }  # fmt: skip
    assert imports_of("nccodec.codec", "from .kinds import Kind\nfrom .. import errors", True) == {
        "nccodec.codec.kinds", "nccodec.errors",
    }  # fmt: skip
    assert "nccodec.neural.kind" in IMPORTS["nccodec.codec.kinds"]  # in a function
    assert "nccodec.neural.model" in IMPORTS["nccodec.neural.weights"]  # under TYPE_CHECKING


def test_the_cache_of_measurements_looks_at_every_room_that_decides_what_a_file_is():
    rooms, left = set(), ["nccodec"]
    while left:
        room = left.pop()
        rooms.add(room)
        left += {room_of(m) for name in MODULES if room_of(name) == room for m in IMPORTS[name]} - rooms
    assert set(codecs._ROOMS) == rooms - {"nccodec", "code", "errors"} | {"."}
