"""Completion: what is answered for a command line, and the three shells that ask."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
import typer

from nccodec import cli
from nccodec.cli.answers import answers
from nccodec.cli.app import app
from nccodec.cli.tree import tree

ROOT = Path(__file__).parents[2]
COMMANDS = ["encode", "decode", "info"]  # some of them


def asked(*words: str) -> tuple[str, list[str]]:
    """What else may stand there, and the words without what they mean."""
    kind, *found = answers(tree(app), list(words))
    assert all(line.count("\t") == 1 and "\n" not in line for line in found)
    return kind, [line.partition("\t")[0] for line in found]


def test_commands_of_the_program_and_of_a_group():
    kind, found = asked("")
    assert kind == "nothing" and set(COMMANDS) < set(found) and not [word for word in found if word[0] == "-"]
    assert asked("enc") == ("nothing", ["encode"])
    assert asked("weights", "") == ("nothing", ["list", "add", "show"])
    assert asked("--ver") == ("nothing", ["--version"])
    assert asked("weights", "show", "--h") == ("nothing", ["--help"])


@pytest.mark.parametrize(
    "words",
    ["encode ", "encode a.png b", "decode -f ", "diff a.png ", "encode a -o ", "encode --output ", "encode -fo ",
     "encode --output=x", "encode -- --ou", "encode --map auto ", "encode --map=auto ", "encode -q40 ", "encode - "],
)  # fmt: skip
def test_files_where_files_may_stand(words):
    assert asked(*words.split(" ")) == ("files", [])


def test_folders_and_nothing():
    assert asked("encode", "--output-dir", "") == ("folders", [])
    lines = ("encode -q ", "encode -fq 4", "encode --size=4", "info a.ncl ", "diff a b ", "weights list ", "bogus ")
    for words in lines:
        assert asked(*words.split(" ")) == ("nothing", []), words


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("encode --map co", "collage"),
        ("encode --map s", "screen"),
        ("encode --packer=", "--packer=range --packer=fixed"),
        ("encode --map = c", "collage"),  # as bash cuts it
        ("encode --packer =", "range fixed"),
        ("encode --packer ", "range fixed"),
        ("decode --device c", "cpu cuda"),
        ("decode --strip icc --strip e", "exif"),
        ("pifs --range-size ", "4 8 16"),
        ("completion ", "bash zsh fish"),
        ("encode --max", "--max-pixels"),
        ("encode --packer range --pack", ""),  # once is enough
        ("encode --packer=range --pack", ""),
        ("decode --strip icc --stri", "--strip"),  # but for what may be given several times
        ("pifs --no", "--no-quadtree --no-domains"),
        ("pifs --no-domains --domains", ""),
        ("encode -q", "-q"),
    ],
)
def test_options_and_their_values(words, found):
    assert asked(*words.split(" ")) == ("nothing", found.split())


def test_types_of_our_own_are_names_of_files():
    class Place:
        """Made by a parser, as addresses are."""

    app = typer.Typer(add_completion=False)

    @app.command()
    def odd(
        source: Annotated[Place, typer.Argument(parser=lambda text: Place())],
        folder: Annotated[list[Place] | None, typer.Option(metavar="DIR", parser=lambda text: Place())] = None,
        size: Annotated[int | None, typer.Option()] = None,
    ) -> None: ...

    program = tree(app)
    assert answers(program, [""]) == ["files"]
    assert answers(program, ["--folder", ""]) == ["folders"]
    assert answers(program, ["--size", ""]) == ["nothing"]


def test_all_maps():
    kind, found = asked("encode", "--map", "")
    assert kind == "nothing" and {"auto", "collage", "pifs", "screen"} <= set(found)


@pytest.mark.parametrize("words", ["encode --weights", "test --weights", "train --init", "weights show"])
def test_weights_that_are_installed_or_a_file(words, tmp_path, monkeypatch):
    for name in ("mine.safetensors", "other.safetensors", "mine.json"):
        (tmp_path / name).touch()
    monkeypatch.setenv("NCCODEC_WEIGHTS", str(tmp_path))
    kind, found = asked(*words.split(), "")
    assert kind == "files" and {"photo", "mine", "other"} <= set(found) and len(found) == len(set(found))
    assert asked(*words.split(), "mi") == ("files", ["mine"])


def test_every_option_is_found_in_every_command():
    """Whatever is added is completed, and means something in one line."""
    for command in tree(app).walk():
        names = [name for option in command.options for name in option.names + option.off]
        assert sorted(asked(*command.path, "-")[1]) == sorted([*names, "--help"])
        assert all(line.partition("\t")[2] for line in answers(tree(app), [*command.path, "-"])[1:])


def test_the_program_answers_from_its_environment_without_torch_or_numpy(tmp_path):
    script = (
        "import json, sys; from nccodec.cli import main; main(); "
        "print(json.dumps([name for name in ('torch', 'numpy', 'PIL', 'rich') if name in sys.modules]))"
    )
    command = [sys.executable, "-c", script, "encode", "--weights", "ph"]
    around = os.environ | {"NCCODEC_COMPLETE": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=around, capture_output=True, text=True, cwd=tmp_path)
    *told, loaded = done.stdout.splitlines()
    assert (done.returncode, done.stderr, told) == (0, "", ["files", "photo\t"])
    assert json.loads(loaded) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_ask_nccodec_and_who_calls_that_keeps_the_nc_of_netcat(nc, monkeypatch, capsys, shell):
    code, script, errors = nc("completion", shell)
    assert (code, errors) == (0, "") and "NCCODEC_COMPLETE=1 nccodec " in script
    monkeypatch.setattr(sys, "argv", ["bin/nccodec", "completion", shell])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    other = capsys.readouterr().out
    assert not caught.value.code and other != script and other == script.replace("nc nccodec", "nccodec")


def test_other_shells_are_wrong_usage(nc):
    assert nc("completion", "tcsh")[0] == 2


@pytest.fixture
def shell(tmp_path):
    """Runs a script in a shell, in a folder with files, where `nc` and `nccodec` are programs: what it prints."""
    programs, folder = tmp_path / "programs", tmp_path / "folder"
    programs.mkdir()
    (folder / "sub").mkdir(parents=True)
    (folder / "my photo.png").touch()
    for name in ("nc", "nccodec"):
        start = f"import sys; sys.argv[0] = {name!r}; from nccodec.cli import main; main()"
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} -c "{start}" "$@"\n')
        (programs / name).chmod(0o755)

    def run(*command: str) -> list[str]:
        if not shutil.which(command[0]):
            pytest.skip(f"needs {command[0]}")
        around = {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
        done = subprocess.run(command, cwd=folder, env=os.environ | around, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    return run


# For files bash itself looks, which needs a terminal: `compopt` is seen instead.
BASH = """
eval "$(nc completion bash)"
compopt() {{ echo "compopt $*"; }}
COMP_WORDS=({words}) COMP_CWORD=$(({count} - 1))
_nccodec nc
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("enc",), ["compopt +o default", "encode"]),
        (("encode", "my\\ photo.png", "--pack"), ["compopt +o default", "--packer"]),
        (("encode", "--map", "=", "s"), ["compopt +o default", "screen"]),
        (("encode", "--output-dir", ""), ["compopt +o default -o dirnames", ""]),
        (("encode", ""), [""]),
        (("encode", "--weights", "ph"), ["photo"]),
    ],
)
def test_bash(shell, words, found):
    quoted = " ".join(f"'{word}'" for word in ("nc", *words))
    assert shell("bash", "-c", BASH.format(words=quoted, count=len(words) + 1)) == found


def test_bash_knows_both_names_or_the_one_that_was_called(shell):
    script = 'eval "$({} completion bash)"; complete -p'
    line = "complete -o default -F _nccodec"
    assert shell("bash", "-c", script.format("nccodec")) == [f"{line} nccodec"]
    assert sorted(shell("bash", "-c", script.format("nc"))) == [f"{line} nc", f"{line} nccodec"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("nc enc", ["encode"]),
        ("nccodec enc", ["encode"]),
        ("nc encode --packer ", ["range", "fixed"]),
        ("nc encode --map=s", ["--map=screen"]),
        ("nc encode my", ["my photo.png"]),
        ("nc encode --output=my", ["--output=my photo.png"]),
        ("nc encode --output-dir s", ["sub/"]),
        ("nc encode -q ", []),
    ],
)
def test_fish(shell, line, found):
    """fish tells what it would complete, and what that means."""
    told = shell("fish", "--no-config", "-c", f"nc completion fish | source; complete -C '{line}'")
    assert sorted(entry.partition("\t")[0] for entry in told) == sorted(found)


# Without a terminal zsh has no completion: those functions of it that the script calls are seen instead.
ZSH = """
compdef() {{ print -r "compdef $*" }}
_describe() {{ print -rl -- $found }}
_files() {{ print -r "files $*" }}
compset() {{ print -r "compset $*" }}
eval "$(nc completion zsh)"
words=({words}) CURRENT=$#words PREFIX=$words[-1]
_nccodec
"""


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("enc",), ["encode:Encode pictures to .ncl"]),
        (("encode", "'my photo.png'", "--map=s"), ["--map=screen", "compset -P *="]),
        (("encode", "my"), ["files "]),
        (("encode", "--output-dir", ""), ["files -/"]),
        (("weights", "sho"), ["show:Show all that is known of some weights, as JSON"]),
    ],
)
def test_zsh(shell, words, found):
    quoted = " ".join(map(shlex.quote, ("nc", *words)))
    told = shell("zsh", "-f", "-c", ZSH.format(words=quoted))
    assert told == ["compdef _nccodec nc nccodec", *found]
