"""`pifs`: rate-distortion of `nc pifs`."""

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

import nccodec

from ..codec.encode import attempts_of
from ..codec.target import Target
from ..errors import LimitError
from ..evaluation.codecs import PEERS, PIFS_QUALITIES
from ..evaluation.curve import Pictures, measure
from ..evaluation.metrics import bd_rate
from ..imaging.psnr import psnr
from ..pifs.options import Options
from .common import pictures_of, say


def command(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the curves to.")],
    quality: Annotated[list[float] | None, typer.Option(help="Quality; may be given several times.")] = None,
    lean: Annotated[float, typer.Option(help="Share of the domains that is searched.")] = 1.0,
    device: Annotated[str, typer.Option(help="Where to compute.")] = "cpu",
) -> None:
    """Rate-distortion of `nc pifs` with quadtrees, the same without domains, and with fixed ranges, in real bytes, and
    how far quadtrees lead."""

    pictures = pictures_of(folder)
    codecs = {
        "pifs, quadtree": {"lean": lean},
        "pifs, without domains": {"domains": False},
        "pifs, ranges of 8": {"quadtree": False, "range_size": 8, "lean": lean},
        "pifs, ranges of 4": {"quadtree": False, "range_size": 4, "lean": lean},
    }
    settings = quality or PIFS_QUALITIES
    curves = [measure_pifs(pictures, settings, options, name, device, say) for name, options in codecs.items()]
    tree, plain, *fixed = curves
    jpeg = measure(pictures, PEERS["jpeg"], say)
    curves.append(jpeg)
    out.write_text(json.dumps({"pictures": len(pictures), "curves": curves}, indent=1) + "\n")
    for curve in curves:
        value, first, last = at_rate(curve, 0.5), curve["results"]["bpp"][0], curve["results"]["bpp"][-1]
        shown = "not reached" if value is None else f"{value:.2f} dB"
        typer.echo(f"{curve['name']}: {first:.3f} to {last:.3f} bpp; at 0.5 bpp {shown}")
    for name, other in (("the same without domains", plain), ("JPEG", jpeg)):
        points = [curve["results"][key] for curve in (tree, other) for key in ("bpp", "psnr-rgb")]
        try:
            percent, (low, high) = bd_rate(*points)
            typer.echo(f"{tree['name']} against {name}: BD-rate {percent:+.1f} % over {high - low:.2f} dB")
        except LimitError as error:
            typer.echo(f"{tree['name']} against {name}: {error}")
    for other in fixed:
        ahead = leads(tree, other)
        if not ahead:
            continue
        how = "ahead at every rate" if min(db for _, db in ahead) > 0 else "NOT ahead at every rate"
        text = ", ".join(f"{db:+.2f} at {bpp:.2f} bpp" for bpp, db in ahead)
        typer.echo(f"{tree['name']} is {how} of {other['name']}: {text}")


def measure_pifs(
    pictures: Pictures, settings: Iterable[float], options: dict, name: str, device: str = "cpu",
    progress: Callable[[str], None] = lambda _: None,
) -> dict:  # fmt: skip
    """The curve over qualities, in the schema of `curve.measure`, and "psnr-rgb smoothed", of decodes with smoothing. A
    picture is searched once for all its qualities; each one's encoding time has the search in it."""
    settings = list(settings)
    rows = np.zeros((len(settings), 5))
    for title, picture in pictures:
        source = np.asarray(picture)
        started = time.perf_counter()
        attempts = attempts_of(picture, "pifs", options, device=device)
        searched = time.perf_counter() - started
        for row, quality in zip(rows, settings, strict=True):
            started = time.perf_counter()
            data = attempts.to(Target(quality))
            encoded = time.perf_counter()
            decoded = nccodec.decode(data, device=device)
            done = time.perf_counter()
            bpp = 8 * len(data) / (picture.width * picture.height)
            smooth = psnr(source, np.asarray(nccodec.decode(data, device=device, smooth=True)))
            row += bpp, psnr(source, np.asarray(decoded)), searched + encoded - started, done - encoded, smooth
        progress(f"{name} {title}: search {searched:.2f} s")
    rows /= len(pictures)
    for quality, (bpp, db, *_, smooth) in zip(settings, rows.tolist(), strict=True):
        progress(f"{name} {quality:g}: {bpp:.4f} bpp, {db:.3f} dB, smoothed {smooth:.3f} dB")
    keys = ("bpp", "psnr-rgb", "encoding_time", "decoding_time", "psnr-rgb smoothed")
    about = f"nccodec {nccodec.__version__}, nc pifs, {Options(**options)}, -q"
    return {
        "name": name,
        "description": about,
        "settings": settings,
        "results": dict(zip(keys, rows.T.tolist(), strict=True)),
    }


def at_rate(curve: dict, bpp: float) -> float | None:
    """PSNR of a curve at a rate, linear over the logarithm of the rate; None beyond its ends."""
    rates, values = (curve["results"][key] for key in ("bpp", "psnr-rgb"))
    if not rates[0] <= bpp <= rates[-1]:
        return None
    return float(np.interp(np.log(bpp), np.log(rates), values))


def leads(ahead: dict, behind: dict) -> list[tuple[float, float]]:
    """Rate and dB that one curve is ahead by, at each rate that the other was measured at and both have."""
    pairs = zip(*(behind["results"][key] for key in ("bpp", "psnr-rgb")), strict=True)
    return [(bpp, value - db) for bpp, db in pairs if (value := at_rate(ahead, bpp)) is not None]
