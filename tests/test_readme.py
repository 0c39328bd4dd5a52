"""README's snippets run as they stand, each alone in a folder; those of the rooms' READMEs are right as far as their
options."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from PIL import Image

from nccodec.cli.app import app

ROOT = Path(__file__).parents[1]
ROOMS = sorted([*ROOT.glob("nccodec/*/[A-Z]*.md"), ROOT / "weights" / "README.md"])
SNIPPETS = re.findall(r"^```(sh|python)\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
# What stands for other programs: `ssh` runs its command in the folder `host`; `convert` knows PNG; of servers, which
# would not end, clusters, which are not there, training and fits, which take minutes, the options are parsed.
PROGRAMS = {
    "nc": 'case "$*" in serve*|view*|train-*|implicit*--minutes*|morph*--method*|*--dask*) set -- "$@" --help; esac; '
    'exec {python} -m nccodec.cli "$@"',
    "nccodec": 'exec {python} -m nccodec.cli "$@"',
    "python3": "true",
    "pip": 'test "$1" = install && test -n "$2"',
    "dask": "true",
    "ruff": "true",
    "pytest": "true",
    "ssh": 'mkdir -p "$1"; cd "$1" && exec sh -c "$2"',
    "convert": """exec {python} -c "import sys; from PIL import Image
Image.open('$1').save(sys.stdout.buffer, 'PNG')" """,
}
# What each snippet leaves, in order.
WRITTEN = (
    ["out/garfield.ncl", "out/garfield.png", "out/garfield@4x.png"],
    [],
    ["photo.ncl", "photo@4x.png", "screenshot.ncl", "small.ncl"],
    [],
    ["garfield.ncl"],
    ["back/photo.webp", "back/sub/b.webp", "host/photo.ppm", "photo.ncl", "sizes.jsonl", "small/photo.ncl",
     "small/sub/b.ncl"],
    [],
    [],
    ["f.ncl", "f@zoom.webp", "near.png"],
    ["cloud.csv", "fern.ncl", "fern.png"],
    ["made.ncl", "skin.glb", "skin.ncl", "tile.ncl", "tile@4x.png"],
    ["art.ncl", "art@4x.png"],
    ["a.ncl", "a.webp", "b.ncl", "morph.webp", "way.mp4"],
    ["digits.png", "made/0.ncl", "made/0@40x.png", "made/1.ncl", "made/2.ncl"],
)  # fmt: skip


def test_every_snippet_is_here():
    assert [kind for kind, _ in SNIPPETS] == ["sh"] * 3 + ["python"] * 2 + ["sh"] * 9


@pytest.fixture
def folder(tmp_path) -> Path:
    """The clone as far as snippets see it, and pictures of the names that they use."""
    work, programs = tmp_path / "work", tmp_path / "programs"
    for path in (work / "tests", work / "photos" / "sub", work / ".venv" / "bin", programs):
        path.mkdir(parents=True)
    (work / ".venv" / "bin" / "activate").write_text("")
    (work / "tests" / "pictures").symlink_to(ROOT / "tests" / "pictures")
    with Image.open(ROOT / "tests" / "pictures" / "garfield.png") as picture:
        part = picture.convert("RGB").crop((100, 100, 260, 220))
    for name in ("photo.jpg", "photo.tif", "screenshot.png", "photos/photo.png", "photos/sub/b.png"):
        part.save(work / name)
    for name, script in PROGRAMS.items():
        (programs / name).write_text("#!/bin/sh\n" + script.format(python=sys.executable) + "\n")
        (programs / name).chmod(0o755)
    return work


@pytest.mark.parametrize("number", range(len(WRITTEN)))
def test_a_snippet_runs_alone(folder, number):
    kind, text = SNIPPETS[number]
    before = {path for path in folder.rglob("*") if path.is_file()}
    command = [sys.executable, "-c", text] if kind == "python" else ["bash", "-e", "-o", "pipefail", "-c", text]
    paths = {"PATH": f"{folder.parent / 'programs'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=os.environ | paths, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    left = {path for path in folder.rglob("*") if path.is_file()} - before
    assert sorted(str(path.relative_to(folder)) for path in left) == WRITTEN[number]


@pytest.mark.parametrize("readme", ROOMS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_commands_of_the_rooms_have_the_options_that_they_are_given(readme):
    blocks = re.findall(r"^```sh\n(.*?)^```", readme.read_text(encoding="utf-8"), re.M | re.S)
    group = typer.main.get_command(app)
    for line in "".join(blocks).splitlines():
        program, *arguments = shlex.split(line, comments=True) or [""]
        if program == "nc":
            command = group.commands[arguments[0]]
            command.make_context(arguments[0], arguments[1:])
