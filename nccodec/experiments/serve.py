"""Load on `nc serve`, on loopback: tiles of large and small files, fresh and cached, for one client and for several."""

import json
import platform
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit

import typer

from ..arrays import thread_count

_TILE = 512
_SCALES = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16)
_CLIENTS = (1, 8, 32)


@contextmanager
def _server(folders: list[Path], cache: str) -> Iterator[tuple[str, int, int]]:
    """Host, port and process of a server of folders."""
    command = [sys.executable, "-m", "nccodec.cli", "serve", *map(str, folders), "--port", "0", "--cache", cache]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        address = urlsplit(re.search(r"http://\S+", process.stderr.readline())[0])
        try:
            yield address.hostname, address.port, process.pid
        finally:
            process.terminate()


class _Client:
    """One connection that is kept."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = HTTPConnection(host, port, timeout=120)

    def get(self, path: str) -> tuple[int, bytes, float]:
        """Status, content and seconds of an answer."""
        began = time.perf_counter()
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        content = answer.read()
        return answer.status, content, time.perf_counter() - began


def _memory(process: int) -> dict[str, float]:
    """Resident memory now and at most, in 10^6 bytes; nothing where the system does not tell."""
    try:
        text = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return {}
    return {key: int(re.search(rf"{name}:\s+(\d+)", text)[1]) * 1024 / 1e6 for key, name in
            (("resident MB", "VmRSS"), ("most resident MB", "VmHWM"))}  # fmt: skip


def _tiles(name: str, width: int, height: int, scale: float) -> list[str]:
    """The paths of all tiles of a picture at a scale."""
    side = int(_TILE / scale)
    found = []
    for y in range(0, height, side):
        for x in range(0, width, side):
            w, h = min(side, width - x), min(side, height - y)
            size = f"{max(1, round(w * scale))},{max(1, round(h * scale))}"
            found.append(f"{name}/{x},{y},{w},{h}/{'%5E' if scale > 1 else ''}{size}/0/default.jpg")
    return found


def _told(seconds: list[float]) -> dict[str, float]:
    """Median and 99th percentile, in milliseconds."""
    if len(seconds) < 2:
        return {"median ms": 1000 * sum(seconds), "99% ms": 1000 * sum(seconds), "requests": len(seconds)}
    ranks = statistics.quantiles(seconds, n=100, method="inclusive")
    return {"median ms": 1000 * ranks[49], "99% ms": 1000 * ranks[98], "requests": len(seconds)}


def _fresh(client: _Client, pictures: dict[str, tuple[int, int]], count: int, seed: int) -> dict[str, dict]:
    """By scale, the time of tiles that were not asked for before with this seed, one after the other; of whole tiles
    alone, where there are any."""
    told, chance = {}, random.Random(seed)
    for scale in _SCALES:
        tiles = []
        for name, (width, height) in pictures.items():
            if max(width, height) * scale >= _TILE / 2:
                tiles += _tiles(name, width, height, scale)
        whole = [tile for tile in tiles if re.search(rf"/(%5E)?{_TILE},{_TILE}/", tile)] or tiles
        if not whole:
            continue
        chance.shuffle(whole)
        answers = [client.get(path) for path in whole[:count]]
        told[f"{scale:g}"] = _told([seconds for status, _, seconds in answers if status == 200])
    return told


def _load(
    host: str, port: int, paths: list[str], clients: int, requests: int, seconds: float, seed: int
) -> tuple[list[float], Counter, float]:
    """Seconds of each answer, statuses, and seconds in all, of clients that ask for tiles drawn from `paths`."""
    times: list[float] = []
    statuses: Counter = Counter()
    left, until, lock = iter(range(requests)), time.monotonic() + seconds, threading.Lock()

    def work(number: int) -> None:
        client, chance = _Client(host, port), random.Random(seed + number)
        while time.monotonic() < until:
            with lock:
                if next(left, None) is None:
                    return
            # Most look at the same: the first tenth of the tiles is asked for half of the time.
            few = paths[: max(1, len(paths) // 10)]
            status, _, taken = client.get(chance.choice(few if chance.random() < 0.5 else paths))
            with lock:
                statuses[status] += 1
                times.append(taken)

    began = time.monotonic()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, statuses, time.monotonic() - began


def command(
    folders: Annotated[list[Path], typer.Argument(help="Folders of .ncl files.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    requests: Annotated[int, typer.Option(min=100, help="Requests of the load, in all.")] = 10_000,
    seconds: Annotated[float, typer.Option(min=1, help="Longest time for each number of clients.")] = 120,
    fresh: Annotated[int, typer.Option(min=2, help="Fresh tiles of each scale.")] = 12,
    cache: Annotated[str, typer.Option(help="Memory of the server's caches.")] = "512M",
    idle: Annotated[float, typer.Option(help="Seconds that the server has to prepare the largest picture.")] = 60,
    seed: Annotated[int, typer.Option(help="Of the random choice of tiles.")] = 1,
) -> None:
    """Tiles a second, latency and memory of `nc serve`, on loopback."""
    with _server(folders, cache) as (host, port, process):
        client = _Client(host, port)
        listed = json.loads(client.get("/files.json")[1])["files"]
        pictures = {}
        for file in listed:
            name = f"/iiif/3/{quote(file['id'], safe='')}"
            status, content, _ = client.get(f"/facts/{quote(file['id'], safe='')}")
            about = json.loads(content)
            if status == 200 and "error" not in about:
                pictures[name] = about["width"], about["height"]
        told = {"machine": platform.machine(), "cores": thread_count(), "pictures": len(pictures), "cache": cache}
        largest = max(pictures, key=lambda name: pictures[name][0] * pictures[name][1])
        told["largest"] = pictures[largest]
        status, _, first = client.get(f"{largest}/full/!{_TILE},{_TILE}/0/default.jpg")
        told["first look at the largest, s"] = first
        others = {name: size for name, size in pictures.items() if name != largest}
        told["fresh, largest"] = _fresh(client, {largest: pictures[largest]}, fresh, seed)
        for name in others:  # opened, as by a first look
            client.get(f"{name}/full/!256,256/0/default.jpg")
        told["fresh, others"] = _fresh(client, others, fresh, seed)
        client.get(f"{largest}/info.json")
        time.sleep(idle)
        client = _Client(host, port)  # the server closes connections that nobody uses
        told["fresh, largest, after a pause"] = _fresh(client, {largest: pictures[largest]}, fresh, seed + 1)
        cached = [client.get(f"{largest}/full/!{_TILE},{_TILE}/0/default.jpg")[2] for _ in range(200)]
        told["cached"] = _told(cached)
        paths = [tile for name, size in pictures.items() for scale in _SCALES for tile in _tiles(name, *size, scale)]
        random.Random(seed).shuffle(paths)
        paths, told["load"], statuses = paths[:4000], [], Counter()
        for clients in _CLIENTS:
            times, seen, taken = _load(host, port, paths, clients, requests // len(_CLIENTS) + 1, seconds, seed)
            statuses += seen
            row = {"clients": clients, "tiles a second": len(times) / taken} | _told(times) | _memory(process)
            told["load"].append(row | {"statuses": {str(key): count for key, count in sorted(seen.items())}})
        told["requests"], told["statuses"] = sum(statuses.values()), {str(k): n for k, n in sorted(statuses.items())}
        told |= _memory(process)
    out.write_text(json.dumps(told, indent=1) + "\n")
    for name in ("fresh, largest", "fresh, others", "fresh, largest, after a pause"):
        row = ", ".join(f"{scale}: {about['median ms']:.0f}" for scale, about in told[name].items())
        typer.echo(f"{name}, median ms by scale: {row}")
    typer.echo(f"cached: {told['cached']['median ms']:.1f} ms, 99 % within {told['cached']['99% ms']:.1f} ms")
    for row in told["load"]:
        typer.echo(
            f"{row['clients']:>2} clients: {row['tiles a second']:.1f} tiles/s, median {row['median ms']:.0f} ms, "
            f"99 % within {row['99% ms']:.0f} ms, {row.get('resident MB', 0):.0f} MB, {row['statuses']}"
        )
