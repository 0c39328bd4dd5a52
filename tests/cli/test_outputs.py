"""Outputs that are no plain files: pipes, devices, links; and what a file keeps when it is replaced."""

import os
import subprocess
import sys
import threading

import pytest
from PIL import Image

import nccodec

SCRIPT = (sys.executable, "-c", "from nccodec.cli import main; main()")


@pytest.fixture
def encoded(picture, tiny) -> bytes:
    with Image.open(picture) as opened:
        return nccodec.encode(opened, weights=tiny)


def test_a_pipe_is_written_into_and_stays_one(nc, tmp_path, tiny, encoded):
    os.mkfifo(tmp_path / "p")
    for arguments in ((), ("-f",), ("--skip-existing",)):
        got = []
        reader = threading.Thread(target=lambda got=got: got.append((tmp_path / "p").read_bytes()))
        reader.start()
        code = nc("encode", "a.png", "-o", "p", "--weights", tiny, *arguments)[0]
        reader.join(10)
        assert code == 0 and got == [encoded] and (tmp_path / "p").is_fifo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "p"]


def test_a_device_is_written_into(nc, picture, tiny):
    assert nc("encode", "a.png", "-f", "-o", "/dev/null", "--weights", tiny)[0] == 0
    code, _, err = nc("encode", "a.png", "-o", "/dev/full", "--weights", tiny)
    assert (code, err) == (1, "nc: /dev/full: No space left on device\n")


@pytest.mark.parametrize("into", ["pipe", "file"])
def test_another_name_of_stdout_is_stdout(tmp_path, picture, tiny, encoded, into):
    command = (*SCRIPT, "encode", "a.png", "-o", "/dev/stdout", "--weights", str(tiny))
    with open(tmp_path / "out", "w+b") as file:
        done = subprocess.run(
            command, cwd=tmp_path, stdout=subprocess.PIPE if into == "pipe" else file, stderr=subprocess.PIPE
        )
        file.seek(0)
        assert done.returncode == 0, done.stderr
        assert (done.stdout if into == "pipe" else file.read()) == encoded
    assert done.stderr.startswith(b"stdout: 44 x 30, ")


def test_what_takes_no_bytes_is_refused_even_with_force(nc, tmp_path, picture, tiny):
    import socket

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s")
        code, _, err = nc("encode", "a.png", "-f", "-o", "s", "--weights", tiny)
        assert (code, err) == (1, "nc: s: is no file that could be written\n") and (tmp_path / "s").is_socket()


def test_a_link_is_followed_and_a_file_keeps_its_mode(nc, tmp_path, picture, tiny, encoded):
    (tmp_path / "real").mkdir()
    for name, mode in (("there.ncl", 0o640), ("new.ncl", None)):
        file, link = tmp_path / "real" / name, tmp_path / name
        link.symlink_to(file)
        if mode is not None:
            file.write_bytes(b"old")
            file.chmod(mode)
            assert nc("encode", "a.png", "-o", name, "--weights", tiny)[0] == 1 and file.read_bytes() == b"old"
        assert nc("encode", "a.png", "-f", "-o", name, "--weights", tiny)[0] == 0
        assert link.is_symlink() and file.read_bytes() == encoded
        assert mode is None or file.stat().st_mode & 0o7777 == mode
    assert sorted(path.name for path in (tmp_path / "real").iterdir()) == ["new.ncl", "there.ncl"]


def test_a_pipe_is_read_from(nc, tmp_path, picture, tiny, encoded):
    os.mkfifo(tmp_path / "p")
    for source, arguments in ((picture.read_bytes(), ("encode", "p", "-o", "b.ncl")), (encoded, ("test", "p"))):
        writer = threading.Thread(target=(tmp_path / "p").write_bytes, args=(source,))
        writer.start()
        code, _, err = nc(*arguments, "--weights", tiny)
        writer.join(10)
        assert code == 0, err
    assert (tmp_path / "b.ncl").read_bytes() == encoded


def test_a_folder_that_takes_no_files_is_told_by_the_name_that_was_asked_for(nc, tmp_path, picture, tiny, monkeypatch):
    """What is written first is a temporary file, of which nobody knows."""

    def refuse(*_, dir, **__):
        raise PermissionError(13, "Permission denied", f"{dir}/.nc-12345.ncl")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    code, _, err = nc("encode", "a.png", "-o", "b.ncl", "--weights", tiny)
    assert (code, err) == (1, "nc: b.ncl: Permission denied\n")
