"""Many files at once, streams, and `nc test`."""

import contextlib
import importlib
import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nccodec
from nccodec.cli import batch
from nccodec.cli.tasks import Task
from nccodec.errors import NclError


@pytest.fixture
def tree(tmp_path, smooth):
    """t/a.png, t/sub/b.jpg, a broken t/c.png and what is no picture by its name."""
    (tmp_path / "t" / "sub").mkdir(parents=True)
    smooth(20, 24).save(tmp_path / "t" / "a.png")
    smooth(24, 20).save(tmp_path / "t" / "sub" / "b.jpg")
    (tmp_path / "t" / "c.png").write_bytes(b"broken")
    (tmp_path / "t" / "notes.txt").write_text("no picture")
    return tmp_path


@pytest.fixture
def stream(monkeypatch):
    """Gives stdin some bytes, and collects those of stdout."""

    def make(content: bytes) -> io.BytesIO:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        out = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out))
        return out

    return make


def files(folder) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_folder_is_encoded_into_a_tree_like_it_but_for_what_is_broken(nc, tree, tiny, jobs):
    code, out, err = nc("encode", "-r", "t", "--output-dir", "out", "--weights", tiny, "-j", jobs, "--json")
    assert code == 1 and files(tree / "out") == {"a.ncl", "sub/b.ncl"}
    left_out, *errors = err.splitlines()
    assert left_out == "nc: t: 1 file left out by name (.txt)"
    assert errors == ["nc: t/c.png: not an image", "nc: 1 of 3 failed: t/c.png"]
    told = [json.loads(line) for line in out.splitlines()]
    assert [line["source"] for line in told] == ["t/a.png", "t/c.png", "t/sub/b.jpg"]
    assert told[1] == {"source": "t/c.png", "error": "t/c.png: not an image"}
    for line in (told[0], told[2]):
        data = (tree / line["target"]).read_bytes()
        assert line["bytes"] == len(data) and line["bpp"] == 8 * len(data) / (20 * 24)
        assert (line["width"], line["height"]) == nccodec.decode(data, weights=tiny).size


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_map_has_folders_jobs_json_and_sizes(nc, tree, jobs):
    code, out, _ = nc("encode", "--map", "pifs", "-r", "t", "--output-dir", "out", "-j", jobs, "--json", "--size", 400)
    assert code == 1 and files(tree / "out") == {"a.ncl", "sub/b.ncl"}
    told = [json.loads(line) for line in out.splitlines()]
    assert [line.get("error") for line in told] == [None, "t/c.png: not an image", None]
    for line in (told[0], told[2]):
        data = (tree / line["target"]).read_bytes()
        assert 0.9 * 400 <= line["bytes"] == len(data) <= 400
        assert nccodec.info(data)["kind"] == "partitioned map" and line["psnr"] > 20
    with Image.open(tree / "t" / "a.png") as picture:
        assert (tree / "out" / "a.ncl").read_bytes() == nccodec.encode(picture, size=400, map="pifs")


def test_every_map_reads_and_writes_streams(nc, tree, stream):
    out = stream((tree / "t" / "a.png").read_bytes())
    assert nc("encode", "-", "--map", "pifs", "-q", 30, "--quiet")[0] == 0
    with Image.open(tree / "t" / "a.png") as picture:
        assert out.getvalue() == nccodec.encode(picture, 30, map="pifs")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--map", "pifs", "-e", 2), "map 'pifs' has no option 'effort'"),
        (("--map", "pifs", "--weights", "photo"), "map 'pifs' has no option 'weights'"),
        (("--map", "zip"), "map 'zip' is unknown: auto, collage, pifs, screen, whole, implicit or generative"),
    ],
)
def test_options_that_a_map_does_not_have_are_wrong_usage(nc, tree, arguments, message):
    code, _, err = nc("encode", "t/a.png", *arguments)
    assert (
        code == 2
        and message in " ".join(err.split())
        and files(tree) == {"t/a.png", "t/c.png", "t/sub/b.jpg", "t/notes.txt"}
    )


def test_there_and_back(nc, tree, tiny):
    nc("encode", "-r", "t", "--output-dir", "out", "--weights", tiny, "--quiet")
    code, out, err = nc("test", "-r", "out", "--weights", tiny)
    assert (code, out) == (0, "") and err.startswith("out/a.ncl: ok\nout/sub/b.ncl: ok\nnc: 2 done, ")
    code, _, err = nc("decode", "-r", "out", "--output-dir", "back", "--format", "bmp", "--weights", tiny, "--quiet")
    assert code == 0 and err == "" and files(tree / "back") == {"a.bmp", "sub/b.bmp"}
    with Image.open(tree / "back" / "a.bmp") as back:
        data = (tree / "out" / "a.ncl").read_bytes()
        np.testing.assert_array_equal(np.asarray(back), np.asarray(nccodec.decode(data, weights=tiny)))


def test_what_exists_is_kept_skipped_or_overwritten(nc, tree, tiny):
    kept = tree / "t" / "a.ncl"
    kept.write_bytes(b"kept")
    arguments = ("encode", "t/a.png", "t/sub/b.jpg", "--weights", tiny)
    code, _, err = nc(*arguments)
    assert code == 1 and "t/a.ncl: exists already" in err and kept.read_bytes() == b"kept"
    code, _, err = nc(*arguments, "--skip-existing")
    assert code == 0 and err == "nc: 2 of 2 existed already\n" and kept.read_bytes() == b"kept"
    code, _, err = nc(*arguments, "-f", "--skip-existing")
    assert code == 2 and "not both" in err and kept.read_bytes() == b"kept"
    assert nc(*arguments, "-f")[0] == 0 and kept.read_bytes() != b"kept"
    assert not [name for name in files(tree) if ".nc-" in name]


def test_streams(nc, tree, tiny, stream):
    picture = (tree / "t" / "a.png").read_bytes()
    encoded = stream(picture)
    assert nc("encode", "-", "--weights", tiny)[0] == 0
    data = encoded.getvalue()
    decoded = stream(data)
    assert nc("decode", "-", "--format", "ppm", "--weights", tiny)[0] == 0
    with Image.open(io.BytesIO(decoded.getvalue())) as back:
        assert back.format == "PPM" and back.size == (24, 20)
    stream(data)
    assert nc("test", "-", "--weights", tiny)[0] == 0
    stream(b"nonsense")
    code, _, err = nc("encode", "-", "-o", "x.ncl", "--weights", tiny)
    assert code == 1 and err == "nc: stdin: not an image\n" and not (tree / "x.ncl").exists()


def test_no_binary_to_a_terminal(nc, tree, tiny, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    code, _, err = nc("encode", "t/a.png", "-o", "-", "--weights", tiny)
    assert code == 1 and "terminal" in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["encode", "t"], 1, "t: is a folder (-r takes all in it)"),
        (["encode", "t/a.png", "t/c.png", "-o", "x.ncl"], 2, "several inputs"),
        (["encode", "t/a.png", "-o", "x.ncl", "--output-dir", "out"], 2, "not both"),
        (["encode", "t/a.png", "-o", "none/x.ncl"], 1, "none: no such folder"),
        (["encode", "t/a.png", "-o", "new/"], 2, "new/ names a folder"),
        (["encode", "t/a.png", "-o", "-", "--json"], 2, "goes to stdout, as would the output"),
        (["decode", "-", "--json"], 2, "goes to stdout, as would the output"),
        (["decode", "t/a.png", "-o", "x"], 1, "x: no picture format is known by a name without extension"),
        (["encode", "-", "--output-dir", "out"], 1, "has no name for --output-dir"),
        (["decode", "-r", "t"], 1, "t: holds nothing to do"),
        (["decode", "t/notes.txt"], 1, "t/notes.txt: not a .ncl file"),
        (["decode", "t/a.png"], 1, "t/a.png: not a .ncl file"),
        (["decode", "absent.ncl"], 1, "absent.ncl: No such file"),
        (["test", "t/a.png"], 1, "t/a.png: not a .ncl file"),
    ],
)
def test_what_has_no_meaning_is_refused(nc, tree, arguments, code, message):
    before = files(tree)
    found, out, err = nc(*arguments)
    assert found == code and message in err and out == "" and files(tree) == before


def test_a_link_to_nowhere_makes_no_folder(nc, tree, tiny):
    (tree / "link.ncl").symlink_to("none/x.ncl")
    code, _, err = nc("encode", "t/a.png", "-o", "link.ncl", "--weights", tiny)
    assert code == 1 and err.endswith("none: no such folder\n") and not (tree / "none").exists()


def test_each_file_has_an_object_whatever_became_of_it(nc, tree, tiny):
    code, out, err = nc("encode", "t/notes.txt", "--json")
    assert code == 1 and json.loads(out) == {"source": "t/notes.txt", "error": err.removeprefix("nc: ").rstrip()}
    assert nc("encode", "t/a.png", "--weights", tiny, "--json")[0] == 0
    code, out, _ = nc("encode", "t/a.png", "--weights", tiny, "--json", "--skip-existing")
    assert code == 0 and json.loads(out) == {"source": "t/a.png", "target": "t/a.ncl", "skipped": True}


def test_warnings_name_the_file_and_are_no_failure(nc, tree, tiny):
    frames = [Image.new("L", (8, 8), value) for value in (1, 2)]
    frames[0].save(tree / "a.gif", save_all=True, append_images=frames[1:])
    code, _, err = nc("encode", "a.gif", "--weights", tiny, "--quiet")
    assert code == 0 and err == "nc: warning: a.gif: the first of 2 frames is taken\n"


def test_metadata_can_be_left_out(nc, tree, tiny):
    with Image.open(tree / "t" / "a.png") as picture:
        picture.save(tree / "p.png", icc_profile=b"profile" * 20)
    nc("encode", "p.png", "--weights", tiny)
    assert nccodec.info((tree / "p.ncl").read_bytes())["chunks"]["ICC profile"] > 7
    nc("encode", "p.png", "--weights", tiny, "-f", "--strip", "icc", "--verify")
    assert "ICC profile" not in nccodec.info((tree / "p.ncl").read_bytes())["chunks"]


def test_a_file_that_decodes_but_is_not_what_encoding_gives_fails_the_test(nc, tree):
    """Of the golden files each passes; a chunk that the decoder skips is no fault."""
    from pathlib import Path

    golden = Path(__file__).parent.parent / "golden"
    good = sorted((golden / "ok").glob("*.ncl"))
    code, _, err = nc("test", *good, "--weights", golden / "tiny.safetensors", "--quiet")
    assert (code, err) == (0, "")
    bad = sorted((golden / "bad").glob("*.ncl"))
    code, _, err = nc("test", *bad, "--weights", golden / "tiny.safetensors")
    assert code == 1 and f"{len(bad)} of {len(bad)} failed" in err


def test_more_pixels_than_allowed_are_refused(nc, tree, tiny):
    code, _, err = nc("encode", "t/a.png", "--max-pixels", 479, "--weights", tiny)
    assert code == 1 and err == "nc: t/a.png: 24 x 20 pixels are over the limit of 479\n"
    assert nc("encode", "t/a.png", "--max-pixels", 480, "--weights", tiny)[0] == 0
    code, _, err = nc("decode", "t/a.ncl", "--scale", 2, "--max-pixels", 1919, "--weights", tiny)
    assert code == 1 and "24 x 20 pixels decoded to 48 x 40 are over the limit of 1919" in err


def test_on_a_terminal_each_line_stands_alone_above_the_bar(tree, tiny):
    """What a terminal shows on a line is what follows the last erasure of it."""
    ours, theirs = pty.openpty()
    arguments = ["encode", "-r", "t", "--output-dir", "out", "--weights", str(tiny)]
    command = [sys.executable, "-c", "from nccodec.cli import main; main()", *arguments]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "160", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, cwd=tree, stderr=theirs, stdout=theirs, env=environment)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux tells that the other end is closed
        while part := os.read(ours, 4096):
            shown += part
    os.close(ours)
    assert process.wait() == 1
    assert b"3/3" in shown  # there was a bar
    lines = [re.split(r"\x1b\[2K", line)[-1].strip() for line in shown.decode().splitlines()]
    text = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in lines]
    assert [line.partition(":")[0] for line in text if ".ncl:" in line] == ["out/a.ncl", "out/sub/b.ncl"]
    assert "nc: t/c.png: not an image" in text and re.match(r"nc: 2 done, 0\.00 MP in [0-9.]+ s, ", text[-2])
    assert text[-1] == "nc: 1 of 3 failed: t/c.png"


def test_a_process_that_is_ended_from_outside_fails_its_files_alone(tmp_path, monkeypatch, capsys):
    """As for want of memory: those not done are named and counted, and nothing is a traceback."""
    (tmp_path / "killer.py").write_text("import os\ndef work(task):\n    os._exit(9)\n")
    monkeypatch.syspath_prepend(tmp_path)
    work = importlib.import_module("killer").work
    todo = [Task(Path(f"{name}.png"), Path(f"{name}.ncl")) for name in "abc"]
    with pytest.raises(NclError, match="3 of 3"):
        batch.run(todo, work, 2, batch.Reporting(False, False), str)
    err = capsys.readouterr().err
    for name in "abc":
        assert f"nc: {name}.png: not done: a process was ended from outside" in err
