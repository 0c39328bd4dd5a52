"""Servers in the test's own process, asked by raw addresses as a hostile client would send them."""

import asyncio
from pathlib import Path
from typing import NamedTuple

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from nccodec.serve.app import application
from nccodec.serve.images import Images
from nccodec.serve.library import Library

GOLDEN = Path(__file__).parents[1] / "golden" / "ok"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """A server of paths, and questions to it."""

    def __init__(self, paths, weights, cache=8 << 20, pixels=1 << 20, queue=16, second=False) -> None:
        self.images = Images(cache, pixels, str(weights))
        self.app = application(Library(paths), self.images, 2, queue, second)
        self.loop = asyncio.new_event_loop()
        self._lifespan = self.app.router.lifespan_context(self.app)
        self.loop.run_until_complete(self._lifespan.__aenter__())

    def close(self) -> None:
        self.loop.run_until_complete(self._lifespan.__aexit__(None, None, None))
        self.loop.close()

    async def send(self, path: str, method: str = "GET", headers: dict[str, str] | None = None) -> Answer:
        got: list[dict] = []
        told = {"host": "pictures.test"} | (headers or {})
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "server": ("test", 80),
            "client": ("test", 1), "headers": [(k.encode(), v.encode()) for k, v in told.items()],
        }  # fmt: skip

        async def receive():
            await asyncio.sleep(3600)

        async def collect(message):
            got.append(message)

        await self.app(scope, receive, collect)
        headers = {name.decode(): value.decode() for name, value in got[0]["headers"]}
        return Answer(got[0]["status"], headers, b"".join(part.get("body", b"") for part in got[1:]))

    def __call__(self, path: str, method: str = "GET", headers: dict[str, str] | None = None) -> Answer:
        return self.loop.run_until_complete(self.send(path, method, headers))


@pytest.fixture
def serving(tiny):
    """A function: a client of a server of paths."""
    clients = []

    def start(*paths: Path, **options) -> Client:
        clients.append(Client(list(paths), tiny, **options))
        return clients[-1]

    yield start
    for client in clients:
        client.close()


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder of one file, one with transparency, one in a folder, one broken, one cut off, and what is no `.ncl`."""
    root = tmp_path / "root"
    (root / "inner").mkdir(parents=True)
    data = (GOLDEN / "range-19x14.ncl").read_bytes()
    (root / "a.ncl").write_bytes(data)
    (root / "clear.ncl").write_bytes((GOLDEN / "alpha-19x14.ncl").read_bytes())
    (root / "inner" / "b c.ncl").write_bytes((GOLDEN / "partition-37x22.ncl").read_bytes())
    (root / "foreign.ncl").write_bytes(b"GIF89a")
    (root / "short.ncl").write_bytes(data[:-9])
    (root / "secret.txt").write_text("secret")
    (tmp_path / "outside.ncl").write_bytes(data)
    return root
