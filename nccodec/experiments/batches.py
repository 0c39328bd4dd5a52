"""`batches`: what very many files would take: CPU seconds of one core for pictures, requests, names and parts."""

import io
import json
import socket
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image

import nccodec

from ..arrays.threads import set_threads
from ..errors import NclError
from ..evaluation.work import picture_files
from .common import say

_REQUESTS, _NAMES, _PARTS = 100, 3000, 1500
_OUTPUT = 65_000  # bytes
_PATIENCE = 60  # seconds until a server answers


def command(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures, of which the first twelve are taken.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
) -> None:
    """CPU seconds, so that what else runs counts for little: of reading and encoding, with one thread; of the client's
    reads, writes and listings of S3 (moto's server on loopback, which needs the extra `test`); of a Dask scheduler and
    its client for parts without any work, on two workers."""
    set_threads(1)
    files = picture_files([folder])[:12]
    rows = {f"-e {effort}": _encoding(files, effort) for effort in (0, 1)}
    rows["S3"] = _store(files[0].read_bytes())
    rows["Dask"] = _cluster()
    for name, row in rows.items():
        say(f"{name}: {json.dumps(row)}")
    out.write_text(json.dumps(rows, indent=1) + "\n")


def _encoding(files: list[Path], effort: int) -> dict[str, float]:
    nccodec.encode(Image.open(files[0]), effort=effort)  # loads the networks
    pixels = size = source = 0
    began = time.process_time()
    for path in files:
        content = path.read_bytes()
        picture = Image.open(io.BytesIO(content)).convert("RGB")
        pixels, source = pixels + picture.width * picture.height, source + len(content)
        size += len(nccodec.encode(picture, effort=effort))
    return {
        "MP a CPU second": pixels / 1e6 / (time.process_time() - began),
        "bpp": 8 * size / pixels,
        "bpp of the source": 8 * source / pixels,
    }


def _store(content: bytes) -> dict[str, float]:
    """Of the client, as commands ask: a GET of a part, a PUT, a listing of a prefix."""
    from s3fs import S3FileSystem

    port = _free_port()
    server = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with _running(server, port):
        store = S3FileSystem(key="a", secret="b", endpoint_url=f"http://127.0.0.1:{port}", skip_instance_cache=True)
        store.mkdir("bucket")
        store.pipe_file("bucket/a.png", content)
        store.pipe({f"bucket/many/{number:06d}.png": b"x" for number in range(_NAMES)})
        store.invalidate_cache()
        tracemalloc.start()
        names = store.find("bucket/many")
        memory = tracemalloc.get_traced_memory()[0] / len(names)
        tracemalloc.stop()
        store.invalidate_cache()
        return {
            "ms to read": _cpu(lambda: store.cat_file("bucket/a.png", start=0, end=1 << 31), _REQUESTS),
            "ms to write": _cpu(lambda: store.pipe_file("bucket/b.ncl", content[:_OUTPUT]), _REQUESTS),
            "us to list a name": 1000 * _cpu(lambda: store.find("bucket/many"), 1) / _NAMES,
            "bytes of a name": memory,
        }


def _cpu(work: Callable[[], object], count: int) -> float:
    """CPU milliseconds of this process, on average."""
    began = time.process_time()
    for _ in range(count):
        work()
    return 1000 * (time.process_time() - began) / count


def _cluster() -> dict[str, dict[str, float]]:
    """Parts a CPU second of the scheduler and of the client, by how many files a part has."""
    from distributed import Client, as_completed

    port = _free_port()
    address = f"tcp://127.0.0.1:{port}"
    dask = [sys.executable, "-m", "dask"]
    scheduler = [*dask, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    worker = [*dask, "worker", address, "--nthreads", "1", "--nworkers", "2", "--no-dashboard"]
    rows = {}
    with _running(scheduler, port), _running(worker), Client(address, set_as_default=False) as client:
        client.wait_for_workers(2)
        for size in (1, 16):
            files = [(f"s3://bucket/in/{n:09d}.png", f"s3://bucket/out/{n:09d}.ncl") for n in range(size)]
            mine, its = time.process_time(), client.run_on_scheduler(time.process_time)
            parts = [client.submit(_nothing, files, key=(f"of-{size}", n), pure=False) for n in range(_PARTS)]
            for _ in as_completed(parts, loop=client.loop):
                pass
            its = client.run_on_scheduler(time.process_time) - its
            mine = time.process_time() - mine
            rows[f"parts of {size}"] = {"of the scheduler": _PARTS / its, "of the client": _PARTS / mine}
    return rows


def _nothing(files: list[tuple[str, str]]) -> list[dict]:
    return [{"source": source, "target": target, "pixels": 1} for source, target in files]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def _running(command: list[str], port: int | None = None) -> Iterator[None]:
    """A program that goes on until the end. port: that it answers at before anything is asked of it."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + _PATIENCE
        while port is not None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise NclError(f"{' '.join(command[1:4])} does not answer")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()
