"""`nc serve` and `nc view` as commands."""

import json
import re
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest


def started(*arguments):
    command = [sys.executable, "-m", "nccodec.cli", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def connection(process) -> tuple[HTTPConnection, str]:
    address = re.search(r"http://\S+", process.stderr.readline())[0]
    place = urlsplit(address)
    return HTTPConnection(place.hostname, place.port, timeout=60), address


def test_a_folder_is_served_until_ctrl_c(folder, tiny):
    with started("serve", folder, "--port", "0", "--weights", tiny) as process:
        client, address = connection(process)
        assert address.startswith("http://127.0.0.1:")
        for path, status in (
            ("/", 200), ("/iiif/3/a.ncl/full/max/0/default.jpg", 200),
            ("/iiif/3/a.ncl/full/%5Emax/0/default.webp", 200),
            ("/iiif/3/../../outside.ncl/info.json", 404), ("/iiif/3/..%2Foutside.ncl/info.json", 404),
            ("/iiif/3/a.ncl/full/max/0/default.gif", 400),
        ):  # fmt: skip
            client.request("GET", path)
            answer = client.getresponse()
            answer.read()
            assert (path, answer.status) == (path, status)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130 and told == ""


def test_one_file_is_viewed(folder, tiny):
    with started("view", folder / "a.ncl", "--no-browser", "--weights", tiny) as process:
        client, address = connection(process)
        assert address.endswith("/#a.ncl")
        client.request("GET", "/files.json")
        assert [file["id"] for file in json.loads(client.getresponse().read())["files"]] == ["a.ncl"]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["none.ncl"], 1, "none.ncl: no such file or folder"),
        (["secret.txt"], 1, "secret.txt: not a folder, nor the name of a .ncl"),
        (["a.ncl", "--cache", "5"], 2, "not a size"),
        (["a.ncl", "--host", "256.1.1.1", "--port", "0"], 1, "256.1.1.1:0: "),
    ],
)
def test_wrong_use_is_told_in_a_line(folder, arguments, code, message):
    command = [sys.executable, "-m", "nccodec.cli", "serve", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == code and message in done.stderr and "Traceback" not in done.stderr
    if code == 1:
        assert done.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_told(folder):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        command = [sys.executable, "-m", "nccodec.cli", "serve", "a.ncl", "--port", str(port)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (1, f"nc: 127.0.0.1:{port}: Address already in use\n")
