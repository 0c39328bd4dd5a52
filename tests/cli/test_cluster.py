"""Batches on a Dask cluster of real processes on loopback."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from distributed import Client

import nccodec
from nccodec.cli import cluster

DASK = (sys.executable, "-m", "dask")


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """Its address. A file may end one worker, not two."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    command = (*DASK, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    process = subprocess.Popen(
        command, env=environment, cwd=tmp_path_factory.mktemp("scheduler"), stderr=subprocess.DEVNULL
    )
    yield f"tcp://127.0.0.1:{port}"
    process.kill()
    process.wait()


@pytest.fixture
def workers(scheduler, tmp_path_factory):
    """A client of the scheduler, which has two workers that do one file each, in folders of their own."""
    root = Path(nccodec.__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    command = (*DASK, "worker", scheduler, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard")
    processes = [
        subprocess.Popen(command, env=environment, cwd=tmp_path_factory.mktemp("worker"), stderr=subprocess.DEVNULL)
        for _ in range(2)
    ]
    with Client(scheduler, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        yield client
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def pictures(tmp_path, smooth):
    """in/0.png to in/5.png, and in/3.jpg, which is broken; the pictures by their stems."""
    (tmp_path / "in").mkdir()
    held = {str(number): smooth(12 + number, 16) for number in range(6)}
    for stem, picture in held.items():
        picture.save(tmp_path / "in" / f"{stem}.png")
    (tmp_path / "in" / "broken.png").write_bytes(b"broken")
    return held


def test_a_batch_is_told_as_one_of_this_machine_and_weights_are_loaded_once(
    nc, tmp_path, pictures, tiny, workers, monkeypatch
):
    def loads() -> int:
        from nccodec.neural import weights

        return weights._load.cache_info().misses

    address, told = workers.scheduler.address, {}
    for folder, arguments in (("here", ()), ("there", ("--dask", address))):
        command = ("encode", "-r", "in", "--output-dir", folder, "--weights", tiny, "--json", *arguments)
        code, out, err = nc(*command)
        lines = [json.loads(line) for line in out.replace(f'"{folder}/', '"').splitlines()]
        told[folder] = code, [line | {"seconds": 0} for line in lines], err
    assert told["there"] == told["here"]
    assert told["there"][0] == 1 and told["there"][2].endswith("nc: 1 of 7 failed: in/broken.png\n")
    for stem, picture in pictures.items():
        data = (tmp_path / "there" / f"{stem}.ncl").read_bytes()
        assert data == (tmp_path / "here" / f"{stem}.ncl").read_bytes() == nccodec.encode(picture, weights=tiny)
    assert set(workers.run(loads).values()) == {1}

    code, _, err = nc("test", "-r", "there", "--weights", tiny, "--dask", address)
    assert code == 0 and [line for line in err.splitlines() if line.endswith(": ok")] == [
        f"there/{stem}.ncl: ok" for stem in pictures
    ]
    code, _, err = nc("encode", "-r", "in", "--output-dir", "there", "--skip-existing", "--dask", address)
    assert code == 1 and "nc: 6 of 7 existed already\n" in err
    code, _, err = nc("decode", "-r", "there", "--output-dir", "back", "--weights", tiny, "--dask", address, "--quiet")
    assert (code, err) == (0, "") and len(list((tmp_path / "back").iterdir())) == 6
    assert set(workers.run(loads).values()) == {1}
    assert {Path(path).name for path in workers.run(os.getcwd).values()} == {"worker0", "worker1"}

    monkeypatch.setattr(os, "getcwd", lambda: "/no such folder")  # on the workers, as far as they know
    code, _, err = nc("encode", "in/0.png", "--weights", tiny, "--dask", address)
    assert code == 1 and err.startswith("nc: in/0.png: not done: the worker at tcp://")
    assert err.endswith(" has no folder /no such folder\n") and err.count("\n") == 1


@pytest.mark.parametrize("most", [1, 4])
def test_a_worker_that_is_killed_while_it_reads_loses_nothing(nc, tmp_path, pictures, tiny, workers, monkeypatch, most):
    """The first file is a pipe, so that it is known who reads it. That of a part that is done again whole, if it may
    have several files, may be written already."""
    monkeypatch.setattr(cluster, "_SHARES", 1)
    monkeypatch.setattr(cluster, "_MOST", most)
    os.mkfifo(tmp_path / "pipe.png")
    output = tmp_path / "out" / "pipe.ncl"
    killed = []

    def kill() -> None:
        pids = workers.run(os.getpid)
        with (tmp_path / "pipe.png").open("wb"):  # waits for who opens it to read
            killed.extend(
                pids[worker] for worker, keys in workers.processing().items() if any(key[1] == 0 for key in keys)
            )
            os.kill(killed[0], signal.SIGKILL)
            os.waitpid(killed[0], 0)
        output.parent.mkdir(exist_ok=True)
        output.write_bytes(b"as if the killed one had come to write it")
        (tmp_path / "pipe.png").write_bytes((tmp_path / "in" / "0.png").read_bytes())

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    names = ["pipe.png", *(f"in/{stem}.png" for stem in pictures)]
    command = ("encode", *names, "--output-dir", "out", "--weights", tiny, "--json")
    code, out, err = nc(*command, "--dask", workers.scheduler.address)
    thread.join(10)
    assert (code, err, len(killed)) == (0, "", 1)
    assert [json.loads(line)["source"] for line in out.splitlines()] == names
    expected = {f"{stem}.ncl": nccodec.encode(picture, weights=tiny) for stem, picture in pictures.items()}
    expected["pipe.ncl"] = expected["0.ncl"]
    assert {path.name: path.read_bytes() for path in output.parent.iterdir()} == expected


def test_a_scheduler_that_does_not_answer_is_one_line(nc, pictures, monkeypatch):
    monkeypatch.setattr(cluster, "_PATIENCE", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        addresses = {
            f"127.0.0.1:{closed.getsockname()[1]}": "Timed out trying to connect",
            f"tcp://127.0.0.1:{silent.getsockname()[1]}": "not a word in 1 s",
            "nowhere": "missing port number",
            "http://127.0.0.1:80": "unknown address scheme 'http'",
        }
        for address, cause in addresses.items():
            code, _, err = nc("encode", "-r", "in", "--dask", address)
            assert code == 1 and err.startswith(f"nc: {address}: no Dask scheduler answers there ({cause}")
            assert err.count("\n") == 1


def test_without_the_extra_a_line_says_how_to_get_it(nc, pictures, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, _, err = nc("encode", "-r", "in", "--dask", "127.0.0.1:8786")
    assert (code, err) == (1, "nc: --dask: pip install 'nccodec[cluster]'\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("encode", "in/0.png", "-j", 2), "give -j or --dask, not both"),
        (("encode", "in/0.png", "-o", "-"), "stdin and stdout are not within reach of a cluster"),
        (("decode", "-"), "stdin and stdout are not within reach of a cluster"),
        (("test", "-"), "stdin and stdout are not within reach of a cluster"),
    ],
)
def test_what_has_no_meaning_on_a_cluster_is_wrong_usage(nc, pictures, arguments, message):
    code, _, err = nc(*arguments, "--dask", "127.0.0.1:8786")
    assert code == 2 and message in " ".join(err.split())
