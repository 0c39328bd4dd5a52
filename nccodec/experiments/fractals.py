"""`fractals`: pictures made of themselves: bytes, PSNR and seconds by size of the ranges; sheets to look at; the seam
of an endless zoom."""

import json
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

import nccodec

from ..codec.file import read_file
from ..imaging.psnr import psnr
from ..whole.descent import Descent
from ..whole.options import Options
from .common import pictures_of, say

_RANGES = (8, 16, 32)
_EFFORTS = (0, 1, 3)
_SHEET_SCALES = (1, 4, 16)
_TILE = 480  # pixels along the longer side of one picture of a sheet
_FRAME = (720, 720)
_GENERATION = 180  # frames


def command(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    sheets: Annotated[Path | None, typer.Option("--sheets", help="Folder for pictures of each at 1x, 4x, 16x.")] = None,
    strength: Annotated[float, typer.Option(help="Of the copies.")] = Options.strength,
    upright: Annotated[bool, typer.Option("--upright", help="Copies are neither turned nor mirrored.")] = False,
    frames: Annotated[int, typer.Option(help="Frames of a generation of the zoom to measure.")] = 12,
) -> None:
    """Closed form (effort 0) and refinement (1, 3 rounds) beside each other, and with no floor of the copies' contrast
    (strength 0), for ranges of 8, 16 and 32 pixels; and what a zoom into one range of each isometry takes, and how far
    its end is from its beginning, in grey levels."""
    rows = {}
    for name, picture in pictures_of(folder):
        rows[name] = {"width": picture.width, "height": picture.height}
        for ranges in _RANGES:
            row = rows[name][f"ranges of {ranges}"] = {}
            for share in (0.0, strength):
                for effort in _EFFORTS:
                    options = {"range_size": ranges, "strength": share, "upright": upright, "effort": effort}
                    row[f"strength {share:g}, effort {effort}"] = _measured(picture, options)
            options = {"range_size": ranges, "strength": strength, "upright": upright}
            data = nccodec.encode(picture, map="whole", **options)
            row["zoom"] = _zoom(data, frames)
            if sheets is not None:
                sheets.mkdir(parents=True, exist_ok=True)
                _sheet(data, picture.size).save(sheets / f"{Path(name).stem}-{ranges}.jpg", quality=88)
            say(f"{name}, ranges of {ranges}: {json.dumps(row)}")
    out.write_text(json.dumps(rows, indent=1) + "\n")


def _measured(picture: Image.Image, options: dict) -> dict[str, float]:
    """Bytes, dB, and seconds to encode, and to decode at 1x and at 4x."""
    began = time.perf_counter()
    data = nccodec.encode(picture, map="whole", **options)
    encoded = time.perf_counter()
    decoded = nccodec.decode(data)
    once = time.perf_counter()
    nccodec.decode(data, 4)
    return {
        "bytes": len(data),
        "psnr": psnr(picture, decoded),
        "encoding": encoded - began,
        "decoding": once - encoded,
        "decoding at 4x": time.perf_counter() - once,
    }


def _zoom(data: bytes, count: int) -> dict:
    """For each isometry that a range of the domain has: how far the end of the film is from its beginning, on average
    and at most, in grey levels; and seconds for a generation of _GENERATION frames."""
    file = read_file(data)
    code, seams, seconds = file.code, {}, []
    top, left, side = code.domain
    inside = np.zeros_like(code.scales, bool)
    inside[top : top + side, left : left + side] = code.scales[top : top + side, left : left + side] != 0
    for turn in np.unique(code.isometries[inside]):
        began = time.perf_counter()
        number = int(np.flatnonzero((inside & (code.isometries == turn)).ravel())[0])
        camera = Descent(code, file.weights, _FRAME, number=number)
        prepared = time.perf_counter() - began
        first, last = (camera.frame(way).astype(int) for way in (0.0, float(camera.generations)))
        seams[int(turn)] = {"mean": float(np.abs(last - first).mean()), "largest": int(np.abs(last - first).max())}
        began = time.perf_counter()
        for i in range(count):
            camera.frame(camera.generations * i / count)
        seconds.append(prepared + (time.perf_counter() - began) / count * _GENERATION)
    return {"seam by isometry": seams, f"seconds for {_GENERATION} frames": seconds}


def _sheet(data: bytes, size: tuple[int, int]) -> Image.Image:
    """The picture, and the middle of it at the other scales, side by side."""
    width, height = (round(n * _TILE / max(size)) for n in size)
    sheet = Image.new("RGB", (width * len(_SHEET_SCALES), height))
    for place, scale in enumerate(_SHEET_SCALES):
        if scale == 1:
            part = nccodec.decode(data).resize((width, height), Image.Resampling.LANCZOS)
        else:
            corner = (size[0] * scale - width) // 2, (size[1] * scale - height) // 2
            part = nccodec.decode(data, scale, crop=(*corner, width, height))
        sheet.paste(part, (place * width, 0))
    return sheet
