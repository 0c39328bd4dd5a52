"""Seconds to encode and decode in one process, pixels in memory, beside Pillow's codecs."""

import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import torch
import typer
from PIL import Image

import nccodec

from ..evaluation.codecs import PEERS, Codec, Ncl
from ..evaluation.curve import Pictures
from .common import pictures_of

QUALITY = 75


def _median(run: Callable[[], object], repeats: int) -> float:
    run()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def measure_speed(pictures: Pictures, weights: str, efforts: list[int], repeats: int = 3) -> list[dict]:
    """Means over the pictures of the median of `repeats` runs after a first one, in seconds, all at QUALITY.

    One entry a codec: {"name", "bpp", "encode", "decode", "decode 4x"}, the last of nccodec alone.
    """
    codecs: list[Codec] = [Ncl(f"ncl-e{effort}", effort, weights) for effort in efforts]
    rows = []
    for codec in [*codecs, PEERS["avif"], PEERS["webp"], PEERS["jpeg"]]:
        row = {"name": codec.title, "bpp": 0.0, "encode": 0.0, "decode": 0.0}
        for _, picture in pictures:
            data = codec.prepare(picture)(QUALITY)
            runs = {
                "encode": lambda p=picture, c=codec: c.prepare(p)(QUALITY),
                "decode": lambda d=data, c=codec: c.decode(d),
            }
            if isinstance(codec, Ncl):
                runs["decode 4x"] = lambda d=data: nccodec.decode(d, 4, weights=weights, device="cpu")
            row["bpp"] += 8 * len(data) / (picture.width * picture.height) / len(pictures)
            for key, run in runs.items():
                row[key] = row.get(key, 0.0) + _median(run, repeats) / len(pictures)
        rows.append(row)
    return rows


def command(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    weights: Annotated[str, typer.Option(help="Weights, by name or path.")] = "photo",
    effort: Annotated[list[int], typer.Option(help="Effort; may be given several times.")] = [0, 1],  # noqa: B006
    threads: Annotated[int, typer.Option(help="Threads of torch.")] = 2,
) -> None:
    """Seconds to encode and decode, beside Pillow's AVIF, WebP and JPEG at quality 75."""
    torch.set_num_threads(threads)
    rows = measure_speed(pictures_of(folder), weights, effort)
    about = {"threads": threads, "machine": platform.machine(), "pillow": Image.__version__, "torch": torch.__version__}
    out.write_text(json.dumps(about | {"codecs": rows}, indent=1) + "\n")
    for row in rows:
        four = f"  decode at 4x {row['decode 4x']:.3f} s" if "decode 4x" in row else ""
        typer.echo(
            f"{row['name']:<12} {row['bpp']:.3f} bpp  encode {row['encode']:.3f} s  decode {row['decode']:.3f} s{four}"
        )
