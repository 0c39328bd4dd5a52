"""`peers`: bytes of nccodec and other codecs for each of some pages, without loss and along curves."""

import io
import json
import math
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image, features

import nccodec

from ..errors import ComparisonError
from ..evaluation.codecs import codec_named
from ..evaluation.curve import measured
from ..evaluation.work import avif_in_one_thread
from .common import pictures_of, say

_CURVES = "ncl,webp,avif444,avif444-s1"
EXACT = 120.0  # dB that a picture without any error counts as
_STEPS = 400  # PSNRs at which two curves are compared


def command(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    curves: Annotated[str, typer.Option(metavar="NAME,...", help="Codecs, as of `nc compare`; or none.")] = _CURVES,
    lossless: Annotated[bool, typer.Option(help="Also without loss.")] = True,
) -> None:
    """For each picture its bytes without loss (nccodec, WebP, PNG, JPEG XL where it is installed), and the curves of
    codecs; then how nccodec compares, if it is among them.

    A file that exists is continued: what it has is not measured again. `nc compare` has means over pictures, and no
    codec without loss.
    """
    avif_in_one_thread()
    found = json.loads(out.read_text()) if out.exists() else {"lossless": {}, "curves": {}, "pictures": {}}
    chosen = [codec_named(name) for name in curves.split(",") if name]
    found["lossless"] |= {name: about for name, (about, _) in _lossless().items()} if lossless else {}
    found["curves"] |= {codec.name: codec.identity() for codec in chosen}
    for name, picture in pictures_of(folder):
        row = found["pictures"].setdefault(name, {"width": picture.width, "height": picture.height})
        for kind, (_, size) in _lossless().items() if lossless else ():
            if kind not in row.setdefault("lossless", {}):
                row["lossless"][kind] = size(picture)
        for codec in chosen:
            if codec.name not in row.setdefault("curves", {}):
                points = measured(codec, picture, codec.ladder)
                row["curves"][codec.name] = {"settings": codec.ladder} | {
                    key: [point[key] for point in points] for key in ("bpp", "psnr-rgb", "encoding_time")
                }
            out.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n")
        out.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n")
        say(f"{name}: " + ", ".join(f"{kind} {size}" for kind, size in row.get("lossless", {}).items()))

    for line in _summary(list(found["pictures"].values())):
        say(line)


def _summary(pictures: list[dict]) -> list[str]:
    """What nccodec takes beside each peer: of all pictures together, each counting alike."""
    lines = []
    for peer in ("webp", "png", "optipng", "jxl"):
        both = [row["lossless"] for row in pictures if {"ncl", peer} <= row.get("lossless", {}).keys()]
        if both:
            ratio = math.exp(statistics.fmean(math.log(sizes["ncl"] / sizes[peer]) for sizes in both))
            lines.append(f"without loss, {len(both)} pictures: {ratio:.3f} x {peer}")
    for peer in dict.fromkeys(name for row in pictures for name in row.get("curves", {}) if name != "ncl"):
        rates = [change for row in pictures if (change := rate_change(row["curves"], peer)) is not None]
        if rates:
            mean = 100 * (math.exp(statistics.fmean(rates)) - 1)
            lines.append(f"along curves, {len(rates)} pictures: {mean:+.1f} % against {peer}")
    return lines


def rate_change(curves: dict, peer: str) -> float | None:
    """Mean log of the rate of nccodec over a peer's, over the PSNRs from the peer's lowest to the highest that both
    reach; None if there are none. At each PSNR counts the smallest rate at which at least that is reached, so that the
    smallest file counts where a codec makes none that is worse; between files it is interpolated, as is usual for
    Bjontegaard's measure, in the log."""
    if "ncl" not in curves or peer not in curves:
        return None
    (ours, our_db), (theirs, their_db) = (_least(curves[name]) for name in ("ncl", peer))
    low, high = their_db[0], min(our_db[-1], their_db[-1])
    if high < low:
        return None
    wanted = np.linspace(low, high, _STEPS)
    return float(np.mean(np.interp(wanted, our_db, ours) - np.interp(wanted, their_db, theirs)))


def _least(curve: dict) -> tuple[np.ndarray, np.ndarray]:
    """log(bpp) and PSNR in dB of the files that no smaller one surpasses, rising. Files without any error count as
    EXACT dB."""
    pairs = zip(curve["bpp"], curve["psnr-rgb"], strict=True)
    points = sorted((EXACT if db is None else db, math.log(bpp)) for bpp, db in pairs)
    kept: list[tuple[float, float]] = []
    for db, rate in reversed(points):
        if not kept or rate < kept[-1][1]:
            kept.append((db, rate))
    db, rate = np.array(kept[::-1]).T
    return rate, db


def _lossless() -> dict[str, tuple[str, Callable[[Image.Image], int]]]:
    """What codes without loss here: how it is described, and what gives the bytes of a picture."""
    kinds: dict[str, tuple[str, Callable[[Image.Image], int]]] = {
        "ncl": (
            f"nccodec {nccodec.__version__}, lossless",
            lambda picture: len(nccodec.encode(picture, lossless=True)),
        ),
        "webp": (
            f"Pillow {Image.__version__}, libwebp {features.version('webp')}, lossless, exact, method 6",
            lambda picture: len(_saved(picture, "WEBP", lossless=True, exact=True, method=6, quality=100)),
        ),
        "png": (f"Pillow {Image.__version__}, optimize", lambda picture: len(_saved(picture, "PNG", optimize=True))),
    }
    if shutil.which("optipng"):
        optipng = ("optipng", "-o7", "-quiet", "IN", "-out")
        kinds["optipng"] = ("optipng -o7", lambda picture: _by_command(picture, *optipng))
    if shutil.which("cjxl"):
        kinds["jxl"] = ("cjxl -d 0 -e 7", lambda picture: _by_command(picture, "cjxl", "-d", "0", "-e", "7", "IN"))
    return kinds


def _saved(picture: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def _by_command(picture: Image.Image, *words: str) -> int:
    """Bytes of what a command writes. words: "IN" among them stands for the picture, as PNG; the output is the last."""
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name, "in.png"), Path(name, "out.jxl" if words[0] == "cjxl" else "out.png")
        source.write_bytes(_saved(picture, "PNG"))
        done = subprocess.run([str(source) if word == "IN" else word for word in words] + [target], capture_output=True)
        if done.returncode:
            raise ComparisonError(f"{words[0]}: {done.stderr.decode(errors='replace').strip().splitlines()[-1:]}")
        return target.stat().st_size
