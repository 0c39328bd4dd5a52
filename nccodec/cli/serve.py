"""`nc serve` and `nc view`."""

import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from ..errors import NclError
from .streams import say

Host = Annotated[str, typer.Option(help="Address to listen at. Others than of this machine let others in.")]
Cache = Annotated[
    str, typer.Option(metavar="BYTES", help="Memory for what is decoded and sent, for example 512M or 2G.")
]
Weights = Annotated[
    str | None, typer.Option(help="The files' weights, by name or path, where they are not installed.")
]  # fmt: skip
_LOOPBACK = "127.0.0.1"


def command(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", readable=False, help="Files .ncl, and folders.")],
    host: Host = _LOOPBACK,
    port: Annotated[int, typer.Option("-p", "--port", min=0, max=65535, help="Port; 0 for any that is free.")] = 8182,
    cache: Cache = "512M",
    max_pixels: Annotated[
        int, typer.Option(min=1 << 16, max=1 << 26, help="Refuse answers with more pixels than this.")
    ] = 1 << 24,
    queue: Annotated[
        int, typer.Option(min=1, max=10_000, help="How many requests may wait; beyond, 503 is answered.")
    ] = 128,
    iiif_2: Annotated[bool, typer.Option("--iiif-2", help="Serve version 2 of the API too, at /iiif/2/.")] = False,
    weights: Weights = None,
) -> None:
    """Serve .ncl files as zoomable pictures: IIIF Image API 3.0, and a viewer."""
    _run(paths, host, port, cache, max_pixels, queue, weights, iiif_2, lambda address: say(f"nc: {address}"))


def view(
    source: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="A .ncl, or a folder of them.")],
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address, and open nothing.")] = False,
    cache: Cache = "512M",
    weights: Weights = None,
) -> None:
    """Look at a .ncl in the browser, at any zoom, until Ctrl-C."""

    def ready(address: str) -> None:
        import webbrowser
        from urllib.parse import quote

        whole = address if source.is_dir() else f"{address}#{quote(source.name, safe='')}"
        say(f"nc: {whole}  (Ctrl-C ends)")
        if not no_browser:
            webbrowser.open(whole)

    _run([source], _LOOPBACK, 0, cache, 1 << 24, 128, weights, False, ready)


def _run(paths, host, port, cache, pixels, queue, weights, second, ready) -> None:
    size = _bytes(cache)
    for module in ("starlette", "uvicorn"):
        if find_spec(module) is None:
            raise NclError(f"{module} is not installed: pip install 'nccodec[serve]'")
    from ..serve.server import serve

    try:
        serve(paths, host, port, size, pixels, queue, weights, second, ready)
    except KeyboardInterrupt:
        sys.exit(130)


def _bytes(text: str) -> int:
    match = re.fullmatch(r"(\d{1,6})([KMG]?)", text, re.IGNORECASE | re.ASCII)
    size = int(match[1]) << {"": 0, "K": 10, "M": 20, "G": 30}[match[2].upper()] if match else 0
    if size < 1 << 20:
        raise typer.BadParameter(f"{text!r} is not a size from 1M on, such as 512M or 2G", param_hint="--cache")
    return size
