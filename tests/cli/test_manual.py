"""The manual page: as committed, as `man` shows it, and true of the commands."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import typer

from nccodec.cli.app import app
from nccodec.cli.manual import EXAMPLES, page
from nccodec.cli.tree import tree

ROOT = Path(__file__).parents[2]
PAGE = "share/man/man1/nccodec.1"
MAKE = f"python -m nccodec.cli.manual {PAGE}"


def test_the_committed_page_is_that_of_the_commands():
    same = (ROOT / PAGE).read_text(encoding="utf-8") == page(tree(app))
    assert same, f"the commands have changed since the page was made; make it again: {MAKE}"


@pytest.fixture(scope="module")
def shown() -> str:
    """The page as plain text, in lines so long that no word is broken, its words one space apart."""
    if not shutil.which("groff"):
        pytest.skip("needs groff")
    command = ["groff", "-man", "-Tascii", "-P-c", "-P-b", "-P-u", "-ww", "-rLL=999n", ROOT / PAGE]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return " ".join(done.stdout.split())


def test_every_command_option_and_help_is_shown_letter_for_letter(shown):
    group = typer.main.get_command(app)
    commands = [("nc " + name, c) for name, c in group.commands.items() if not hasattr(c, "commands")]
    for group_name in ("weights", "points", "dream"):
        inner = group.commands[group_name].commands
        commands += [(f"nc {group_name} {name}", c) for name, c in inner.items()]
    assert len(commands) == len(group.commands) - 3 + 3 + 2 + 4
    for name, command in commands:
        assert f" {name} " in shown
        for paragraph in command.help.split("\n\n"):
            assert " ".join(paragraph.split()).replace("`", "") in shown
        for param in command.params:
            assert " ".join(param.help.split()).replace("`", "") in shown
            assert param.param_type_name == "argument" or ", ".join((*param.opts, *param.secondary_opts)) in shown


@pytest.mark.parametrize(
    "text",
    [
        "nccodec, nc - image codec: stores pictures as contractive maps (.ncl) and decodes them at any size",
        "nc encode [OPTIONS] IN... nc pifs [OPTIONS] IN...",
        "-q, --quality NUMBER 0 (small) to 100 (good) [75 of collage; 50 of pifs; 75 of screen",
        "(slowest, best picture for its bytes) [1]. From 0 to 9. --tune eye|psnr What efforts from 1 on look at.",
        "--packer range|fixed range: entropy coding, smaller files. fixed: the same number of bits for each value."
        " Default: range.",
        "--quadtree, --no-quadtree Blocks of several sizes, chosen by their cost; or all of one size."
        " Default: --quadtree.",
        "-j, --jobs N How many files to work on at the same time. From 1 to 256. Default: 1.",
        "--fit PIXELS Reduce to so many pixels along the longer side. At least 1. --crop",
        "--out FILE Weights to write (.safetensors). Required.",
        "--seed N Seed of the random numbers. At least 0. Default: 0.",
        'In ~/.bashrc: eval "$(nc completion bash)"',
    ],
)
def test_what_is_shown(shown, text):
    assert text in shown


def test_roff_is_kept_out_of_texts():
    """A page of a program whose help looks like roff."""
    app = typer.Typer(help=".so /etc/passwd", add_completion=False)

    @app.callback()
    def _() -> None: ...

    @app.command()
    def odd() -> None:
        r"""'In \fBC:\new\fP. .br ~^"-x" `nc odd`."""

    made = page(tree(app))
    assert "\n\\&'In \\(rsfBC:\\(rsnew\\(rsfP. .br \\(ti\\(ha\\(dq\\-x\\(dq \\fBnc odd\\fR.\n" in made
    assert "\nnccodec, nc \\- .so /etc/passwd\n" in made
    assert all(re.match(r"\.(TH|SH|SS|TP|PP|B|BR|br)\b", line) for line in made.splitlines() if line[:1] in ".'")


@pytest.mark.parametrize("example", [line for line, _ in EXAMPLES])
def test_examples_have_options_that_there_are(example):
    program, name, *arguments = shlex.split(example)
    assert program == "nc"
    typer.main.get_command(app).commands[name].make_context(name, arguments)


def test_the_wheel_brings_the_page():
    assert f'"share/man/man1" = ["{PAGE}"]' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
