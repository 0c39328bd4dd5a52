"""`enlarge`: decodes at 4x beside enlargements of the decode at 1x."""

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from PIL import Image

import nccodec

from ..collage.output import grey_levels
from ..collage.scales import enlarge
from ..imaging.psnr import psnr
from .common import pictures_of

_PARTS = {
    "4x": {},
    "4x without detail": {"detail": False},
    "4x without self-reference": {"self_reference": False},
    "4x, neither": {"detail": False, "self_reference": False},
}


def command(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    weights: Annotated[str, typer.Option(help="Weights, by name or path.")] = "photo",
    quality: Annotated[list[float], typer.Option(help="Quality; may be given several times.")] = [50, 75, 90],  # noqa: B006
    picture: Annotated[
        Path | None, typer.Option(help="Also write the largest difference at 4x, without and with.")
    ] = None,
    fractal: Annotated[bool, typer.Option("--pifs", help="Files of `nc pifs`, which need no weights.")] = False,
) -> None:
    """PSNR of the decode at 4x, whole, without predicted detail and without the self-reference, beside
    Pillow's BICUBIC; of files of `nc pifs` whole, beside the enlargement by the area-interpolating spline and BICUBIC.

    Each picture is reduced 4x by area and encoded; its decodes at 4x, and the 4x enlargements of its decode
    at 1x, are compared with the picture.
    """

    pictures, rows, largest = pictures_of(folder), [], (-1.0, None)
    for number in quality:
        db: dict[str, list[float]] = {}
        share = []
        for _, source in pictures:
            whole = source.crop((0, 0, source.width // 4 * 4, source.height // 4 * 4))
            small = whole.reduce(4)
            if fractal:
                data = nccodec.encode(small, number, map="pifs")
                plain = nccodec.decode(data)
                decodes = {"4x": nccodec.decode(data, 4), "1x and spline": spline_4x(plain)}
            else:
                data = nccodec.encode(small, number, weights=weights, map="collage")
                plain = nccodec.decode(data, weights=weights)
                share.append(nccodec.info(data)["share_of_nonzero_scales"])
                decodes = {name: nccodec.decode(data, 4, weights=weights, **parts) for name, parts in _PARTS.items()}
            decodes["1x and BICUBIC"] = plain.resize(whole.size, Image.Resampling.BICUBIC)
            for key, decoded in decodes.items():
                db.setdefault(key, []).append(psnr(np.asarray(whole), np.asarray(decoded)))
            if picture:
                difference = _largest_difference(decodes["1x and spline" if fractal else "4x, neither"], decodes["4x"])
                largest = max(largest, difference, key=lambda pair: pair[0])
        row = {"quality": number}
        if share:
            row["share of non-zero s"] = float(np.mean(share))
        row |= {key: float(np.mean(values)) for key, values in db.items()}
        rows.append(row)
        typer.echo(f"-q {number:g}: " + "  ".join(f"{key} {row[key]:.3f} dB" for key in db))
    out.write_text(json.dumps({"folder": folder.name, "rows": rows}, indent=1) + "\n")
    if picture:
        largest[1].save(picture)


def spline_4x(picture: Image.Image) -> Image.Image:
    """RGB enlarged 4x by the area-interpolating spline, `collage.scales.enlarge`, alone."""
    z = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255  # [1, 3, H, W]
    return Image.fromarray(grey_levels(enlarge(z, 4), 0))


def _largest_difference(off: Image.Image, on: Image.Image, side: int = 256) -> tuple[float, Image.Image]:
    """The squares of two pictures where they differ most, side by side, and the mean difference there."""
    difference = np.abs(np.asarray(off, float) - np.asarray(on, float)).mean(-1)
    side = min(side, *difference.shape)
    tops, lefts = range(0, difference.shape[0] - side + 1, 64), range(0, difference.shape[1] - side + 1, 64)
    means = {(x, y): difference[y : y + side, x : x + side].mean() for y in tops for x in lefts}
    (x, y), mean = max(means.items(), key=lambda item: item[1])
    both = Image.new("RGB", (2 * side + 8, side), "white")
    for i, decoded in enumerate((off, on)):
        both.paste(decoded.crop((x, y, x + side, y + side)), (i * (side + 8), 0))
    return float(mean), both
