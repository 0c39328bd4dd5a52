"""Seconds to encode and decode beside Pillow's codecs: in one process with pixels in memory, and as whole commands."""

import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

import nccodec

from ..arrays import set_threads
from ..evaluation.codecs import PEERS, Codec, Ncl
from ..evaluation.curve import Pictures
from .common import pictures_of, run_measured

QUALITY = 75
_SOURCE, _TARGET = "<source>", "<target>"  # in commands
_PILLOW = "import sys; from PIL import Image; Image.open(sys.argv[1]).convert('RGB').save(sys.argv[2], **{options})"


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


def measure_commands(pictures: Pictures, weights: str, efforts: list[int], repeats: int = 3) -> list[dict]:
    """The same of whole processes, from one PNG file to another: {"name", "encode", "decode", "encode MB", "decode
    MB"}, seconds and the largest resident memory in 10^6 bytes. Pillow's codecs are run by Python, as `nc` is."""
    nc = [sys.executable, "-m", "nccodec.cli"]
    chosen = ["--weights", weights]
    commands = {
        f"nc -e {effort}": (
            ".ncl",
            [*nc, "encode", "-f", *chosen, "-e", str(effort), "-q", str(QUALITY), _SOURCE, "-o", _TARGET],
            [*nc, "decode", "-f", *chosen, _SOURCE, "-o", _TARGET],
        )
        for effort in efforts
    }
    for name, options in (("AVIF", {"speed": 6}), ("WebP", {"method": 6}), ("JPEG", {})):
        encode, decode = (_PILLOW.format(options=o) for o in ({"quality": QUALITY, **options}, {}))
        python = [sys.executable, "-c"]
        commands[f"Pillow, {name}"] = (
            f".{name.lower()}", [*python, encode, _SOURCE, _TARGET], [*python, decode, _SOURCE, _TARGET],
        )  # fmt: skip
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (suffix, encode, decode) in commands.items():
            row = {"name": name, "encode": 0.0, "decode": 0.0, "encode MB": 0.0, "decode MB": 0.0}
            for number, (_, picture) in enumerate(pictures):
                source, file, again = (Path(folder) / f"{number}{end}" for end in (".png", suffix, "-.png"))
                picture.save(source)
                for key, command, read, write in (("encode", encode, source, file), ("decode", decode, file, again)):
                    names = {_SOURCE: str(read), _TARGET: str(write)}
                    runs = [run_measured([names.get(part, part) for part in command]) for _ in range(repeats)]
                    row[key] += statistics.median(seconds for seconds, _ in runs) / len(pictures)
                    row[f"{key} MB"] = max(row[f"{key} MB"], *(memory for _, memory in runs))
            rows.append(row)
    return rows


def command(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    weights: Annotated[str, typer.Option(help="Weights, by name or path.")] = "photo",
    effort: Annotated[list[int], typer.Option(help="Effort; may be given several times.")] = [0, 1],  # noqa: B006
    threads: Annotated[int | None, typer.Option(help="Threads in one process [as many as cores].")] = None,
) -> None:
    """Seconds to encode and decode, beside Pillow's AVIF, WebP and JPEG at quality 75."""
    set_threads(threads)
    pictures = pictures_of(folder)
    rows, whole = measure_speed(pictures, weights, effort), measure_commands(pictures, weights, effort)
    about = {"machine": platform.machine(), "pillow": Image.__version__, "numpy": np.__version__}
    out.write_text(json.dumps(about | {"codecs": rows, "commands": whole}, indent=1) + "\n")
    for row in rows:
        four = f"  decode at 4x {row['decode 4x']:.3f} s" if "decode 4x" in row else ""
        typer.echo(
            f"{row['name']:<12} {row['bpp']:.3f} bpp  encode {row['encode']:.3f} s  decode {row['decode']:.3f} s{four}"
        )
    for row in whole:
        parts = (f"{key} {row[key]:.3f} s, {row[f'{key} MB']:.0f} MB" for key in ("encode", "decode"))
        typer.echo(f"{row['name']:<12} {'  '.join(parts)}")
