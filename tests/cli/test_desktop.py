"""What file managers of freedesktop systems are given: the type of a file, and its thumbnail."""

import os
import shlex
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest
from PIL import Image

from nccodec.pillow_plugin import MIME

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "ok"


@pytest.mark.skipif(not (shutil.which("update-mime-database") and shutil.which("gio")), reason="needs both programs")
def test_files_are_known_by_name_and_by_content(tmp_path):
    packages = tmp_path / "share" / "mime" / "packages"
    packages.mkdir(parents=True)
    shutil.copy(ROOT / "share" / "mime" / "packages" / "nccodec.xml", packages)
    share = str(tmp_path / "share")
    around = os.environ | {"XDG_DATA_HOME": share, "XDG_DATA_DIRS": share}
    done = subprocess.run(["update-mime-database", packages.parent], env=around, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    data = (GOLDEN / "range-19x14.ncl").read_bytes()
    for name, content, attribute in (
        ("a.ncl", data, "standard::content-type"), ("nameless", data, "standard::content-type"),
        ("cut.ncl", b"\0", "standard::fast-content-type"),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(content)
        command = ["gio", "info", "-a", attribute, tmp_path / name]
        told = subprocess.run(command, env=around, capture_output=True, text=True).stdout
        assert f"{attribute}: {MIME}\n" in told


@pytest.mark.skipif(not shutil.which("file"), reason="needs the program file")
def test_file_knows_them_too():
    command = ["file", "-b", "-m", ROOT / "share" / "misc" / "nccodec.magic", GOLDEN / "range-19x14.ncl"]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "NCL picture, 19 x 14\n"
    command.insert(1, "--mime-type")
    assert subprocess.run(command, capture_output=True, text=True).stdout == f"{MIME}\n"


def test_the_thumbnailer_makes_a_small_picture(tmp_path):
    parser = RawConfigParser()
    parser.read(ROOT / "share" / "thumbnailers" / "nccodec.thumbnailer")
    entry = parser["Thumbnailer Entry"]
    assert entry["MimeType"] == f"{MIME};"
    source, target = tmp_path / "a b.ncl", tmp_path / "made.tmp"
    shutil.copy(GOLDEN / "partition-37x22.ncl", source)
    target.touch()  # by who calls it
    values = {"%i": str(source), "%o": str(target), "%s": "16"}
    program, *arguments = (values.get(word, word) for word in shlex.split(entry["Exec"]))
    assert program == entry["TryExec"] == "nccodec"
    done = subprocess.run([sys.executable, "-m", "nccodec.cli", *arguments], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with Image.open(target) as picture:
        assert (picture.format, picture.size) == ("PNG", (16, 10))  # 22 * 16 / 37 = 9.5


@pytest.mark.parametrize(("fit", "size"), [(36, (36, 21)), (37, (37, 22)), (1000, (37, 22)), (1, (1, 1))])
def test_fit_reduces_and_never_enlarges(tmp_path, fit, size):
    shutil.copy(GOLDEN / "partition-37x22.ncl", tmp_path / "a.ncl")
    command = [sys.executable, "-m", "nccodec.cli", "decode", "a.ncl", "--fit", str(fit)]
    assert subprocess.run(command, cwd=tmp_path).returncode == 0
    with Image.open(tmp_path / f"a@{fit}.png") as picture:
        assert picture.size == size


def test_fit_stands_alone(tmp_path):
    command = [sys.executable, "-m", "nccodec.cli", "decode", "a.ncl", "--fit", "9", "--scale", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2 and "not both" in done.stderr
