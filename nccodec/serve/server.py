"""A server of its own: the application under uvicorn."""

import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from ..arrays import set_threads, thread_count
from ..errors import NclError
from .app import application
from .images import Images
from .library import Library

_PATIENCE = 5  # seconds that open connections have when the server ends
_CONNECTIONS = 512  # at a time, unless more may wait; 503 beyond


def serve(
    paths: list[Path], host: str, port: int, cache: int, pixels: int, queue: int, weights: str | None, second: bool,
    ready: Callable[[str], None],
) -> None:  # fmt: skip
    """Serve files and folders until Ctrl-C. port: 0 for any that is free. cache: bytes. pixels: of an answer at most.
    queue: requests that may wait. second: with IIIF 2. ready: called with the address once connections are taken.
    NclError for paths that are not there and for an address that cannot be had."""
    app = application(Library(paths), Images(cache, pixels, weights), max(2, thread_count()), queue, second)
    listening = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    set_threads(thread_count())
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=_PATIENCE,
        h11_max_incomplete_event_size=16384, limit_concurrency=max(_CONNECTIONS, 2 * queue),
    )  # fmt: skip
    server = uvicorn.Server(config)
    with listening:
        ready(f"http://{shown}:{listening.getsockname()[1]}/")
        server.run([listening])


def _listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections from now on, so that an address that is told works."""
    try:
        family, kind, number, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, number)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(128)
    except OSError as error:
        raise NclError(f"{host}:{port}: {error.strerror or error}") from None
    return made
