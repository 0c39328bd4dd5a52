"""Time and memory of a large picture, through `nc` as a user runs it."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

from ..evaluation.work import read
from .common import run_measured


def measure_large(source: Image.Image, width: int, height: int, effort: int) -> dict:
    """Encode and decode a picture of that size, made of `source` and its mirror images, each in a process of its
    own. Returns seconds and peak resident megabytes (10^6 bytes) of both, and bytes of the file."""
    tile = np.asarray(source.convert("RGB"))
    across = np.concatenate([tile, tile[:, ::-1]], 1)
    whole = np.concatenate([across, across[::-1]])
    repeats = -(-height // whole.shape[0]), -(-width // whole.shape[1]), 1
    with tempfile.TemporaryDirectory() as folder:
        picture, code, back = (Path(folder) / name for name in ("a.ppm", "a.ncl", "b.ppm"))
        Image.fromarray(np.tile(whole, repeats)[:height, :width]).save(picture)
        found: dict = {"width": width, "height": height, "effort": effort}
        found["encode"] = _run("encode", picture, "-o", code, "-e", effort, "--quiet")
        found["bytes"] = code.stat().st_size
        found["decode"] = _run("decode", code, "-o", back, "--quiet")
        return found


def _run(*arguments: object) -> dict:
    """nc with arguments: seconds, and the peak of the process."""
    seconds, memory = run_measured([sys.executable, "-m", "nccodec.cli", *map(str, arguments)])
    return {"seconds": seconds, "peak_mb": memory}


def command(
    source: Annotated[Path, typer.Argument(help="Picture that the large one is made of.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    width: Annotated[int, typer.Option(help="Pixels.")] = 10000,
    height: Annotated[int, typer.Option(help="Pixels.")] = 10000,
    effort: Annotated[int, typer.Option(help="Effort.")] = 1,
) -> None:
    """Time and peak memory of encoding and decoding a large picture, each in a process of its own."""

    figures = measure_large(read(source), width, height, effort)
    out.write_text(json.dumps(figures, indent=1) + "\n")
    for name in ("encode", "decode"):
        typer.echo(f"{name}: {figures[name]['seconds']:.1f} s, at most {figures[name]['peak_mb']:.0f} MB")
    typer.echo(f"{figures['bytes']} bytes, {8 * figures['bytes'] / (width * height):.3f} bpp")
