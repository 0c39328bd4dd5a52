"""Closed streams, strict encodings, names that a terminal would obey, and Ctrl-C at the start of the program and of
processes."""

import json
import os
import pty
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image

import nccodec
from nccodec.cli.streams import plain

SCRIPT = "from nccodec.cli import main; main()"


def run(folder, *arguments, close=(), **more) -> subprocess.CompletedProcess:
    """`nc` in a process of its own, of whose streams those of some numbers are closed."""
    closing = " ".join(f"{number}>&-" for number in close)
    command = ["sh", "-c", f'exec "$@" {closing}', "sh", sys.executable, "-c", SCRIPT, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, **({"capture_output": True, "text": True} | more))


@pytest.fixture
def golden(tmp_path, tiny):
    """The bytes of a file, g.ncl."""
    data = (tiny.parent / "ok" / "range-19x14.ncl").read_bytes()
    (tmp_path / "g.ncl").write_bytes(data)
    return data


@pytest.mark.parametrize(
    "arguments", [("info", "g.ncl"), ("info", "g.ncl", "--json"), ("--version",), ("weights", "list")]
)
def test_what_a_closed_or_full_stdout_does_not_take_is_an_error(tmp_path, golden, arguments):
    done = run(tmp_path, *arguments, close=(1,))
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "nc: stdout: Bad file descriptor")
    with open("/dev/full", "w") as full:
        done = run(tmp_path, *arguments, stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "nc: stdout: No space left on device")


def test_closed_streams_of_what_reads_and_writes_them(tmp_path, golden, tiny):
    done = run(tmp_path, "decode", "-", "--weights", tiny, close=(0,))
    assert (done.returncode, done.stderr) == (1, "nc: stdin: Bad file descriptor\n")
    done = run(tmp_path, "decode", "g.ncl", "-o", "-", "--weights", tiny, close=(1,))
    assert (done.returncode, done.stderr) == (1, "nc: stdout: Bad file descriptor\n")
    assert run(tmp_path, "decode", "g.ncl", "--weights", tiny, close=(0, 1, 2)).returncode == 0
    with Image.open(tmp_path / "g.png") as decoded:
        assert decoded.tobytes() == nccodec.decode(golden, weights=tiny).tobytes()
    assert run(tmp_path, "decode", "absent.ncl", close=(2,)).returncode == 1


def test_a_reader_that_goes_away_is_one_line(tmp_path, golden, tiny):
    ours, theirs = os.pipe()
    os.close(ours)
    done = run(
        tmp_path, "decode", "g.ncl", "-o", "-", "--weights", tiny,
        capture_output=False, stdout=theirs, stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(theirs)
    assert (done.returncode, done.stderr) == (1, "nc: stdout: Broken pipe\n")


@pytest.mark.parametrize("encoding", ["utf-8:strict", "ascii:strict", "ascii"])
def test_names_that_the_encoding_does_not_hold_are_escaped(tmp_path, golden, encoding):
    for name in ("bad\udcff.ncl", "grün.ncl"):
        (tmp_path / name).write_bytes(golden)
        done = run(tmp_path, "info", name, env=os.environ | {"PYTHONIOENCODING": encoding})
        shown = name if name.isascii() or (encoding[0] == "u" and "\udcff" not in name) else "\\"
        assert done.returncode == 0 and done.stderr == "" and shown in done.stdout.splitlines()[0]
        assert json.loads(run(tmp_path, "info", name, "--json").stdout)["file"] == name


def test_what_a_terminal_obeys_is_escaped():
    assert plain("a\x1b[31mb\x07\n\x9b\u202e.png") == "a\\x1b[31mb\\x07\\n\\x9b\\u202e.png"
    assert plain("Grün 漢字\u202f😀.png") == "Grün 漢字\u202f😀.png"


def test_names_reach_no_terminal_as_they_are(nc, tmp_path, smooth, tiny, golden):
    name = "a\x1b[2J\n[red]"
    smooth(8, 8).save(tmp_path / f"{name}.png")
    (tmp_path / f"{name}.ncl").write_bytes(golden)
    shown = "a\\x1b[2J\\n[red]"
    for code, arguments in (
        (0, ("encode", f"{name}.png", "-o", f"{name}.out", "--weights", tiny)),
        (1, ("encode", f"{name}.png", "--weights", tiny)),
        (1, ("encode", f"{name}.png", f"{name}.png2", "--weights", tiny)),
        (0, ("pifs", f"{name}.png")),
        (0, ("info", f"{name}.ncl")),
        (0, ("test", f"{name}.ncl", "--weights", tiny)),
        (1, ("diff", f"{name}.png", f"{name}.absent")),
        (2, ("decode", f"{name}.ncl", f"{name}.png")),
    ):
        found, out, err = nc(*arguments)
        assert found == code and shown in " ".join((out + err).split()) and "\x1b" not in out + err, arguments


def test_a_bar_shows_a_name_as_it_is(tmp_path, smooth):
    """Brackets are markup to what draws the bar."""
    smooth(24, 24).save(tmp_path / "[red]\x07.png")
    ours, theirs = pty.openpty()
    done = run(
        tmp_path, "pifs", "[red]\x07.png", capture_output=False, stdout=subprocess.DEVNULL, stderr=theirs,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "160"},
    )  # fmt: skip
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.returncode == 0 and "[red]\\x07.png" in shown and "\x07" not in shown


STARTING = """
import os, time
from pathlib import Path
if __name__ == "__mp_main__":  # in a process that is started, what it imports first
    Path(f"importing {os.getpid()}").touch()
    while not Path("go").exists():
        time.sleep(0.01)
from nccodec.cli import main
if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize(
    "arguments", [("encode", "-r", ".", "-j", "2"), ("compare", ".", "--codecs", "jpeg", "-j", "2")]
)
def test_ctrl_c_while_processes_start_is_quiet(tmp_path, smooth, tiny, arguments):
    for name in ("a.png", "b.png"):
        smooth(8, 8).save(tmp_path / name)
    (tmp_path / "start.py").write_text(STARTING)
    weights = ("--weights", str(tiny))
    if arguments[0] == "compare":
        arguments += ("--metrics", "psnr")
    process = subprocess.Popen(
        [sys.executable, "start.py", *arguments, *weights], cwd=tmp_path, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while len(list(tmp_path.glob("importing *"))) < 2:
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    (tmp_path / "go").touch()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130 and "Traceback" not in err and out == ""
    assert not list(tmp_path.glob("*.ncl")) and not list(tmp_path.glob(".nc-*"))


@pytest.mark.parametrize("ignored", [False, True])
def test_ctrl_c_while_the_program_is_read_ends_it_without_a_word(ignored):
    """Pressed by what looks for the module of the commands."""
    script = (
        "import os, signal, sys\n"
        f"signal.signal(signal.SIGINT, signal.{'SIG_IGN' if ignored else 'default_int_handler'})\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'nccodec.cli.app': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from nccodec.cli import main; sys.argv = ['nc', '--version']; main()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.returncode == (0 if ignored else -signal.SIGINT) and done.stdout.startswith("nc " * ignored)
