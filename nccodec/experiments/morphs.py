"""`morphs`: the map in the middle between two, beside the mean of their pictures."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image

import nccodec

from ..codec.animate import blends_of, map_of
from ..collage.output import View
from ..evaluation.work import read
from ..imaging.colour import to_ycc
from ..imaging.psnr import psnr

KINDS = {
    "nc encode": {"map": "collage"},
    "nc pifs": {"map": "pifs"},
    "nc pifs --no-quadtree": {"map": "pifs", "quadtree": False},
}


@dataclass(frozen=True)
class Middle:
    """Gradient energies: of both ends, of the fixed point in the middle, and of the ends' mean. db: PSNR of these two
    beside each other."""

    kind: str
    ends: tuple[float, float]
    between: float
    fade: float
    db: float


def gradient_energy(picture: np.ndarray) -> float:
    """Mean over the pixels of the squared differences of luma, in grey levels, to the next across and down. picture:
    [H, W, 3]."""
    luma = to_ycc(*np.moveaxis(picture.astype(float), 2, 0))[0]
    return float((np.diff(luma, axis=0) ** 2).mean() + (np.diff(luma, axis=1) ** 2).mean())


def measure_middle(first: Image.Image, second: Image.Image, kind: str, weights: str = "photo") -> Middle:
    """The middle between two pictures of one size. kind: of KINDS. weights: of a collage."""
    options = KINDS[kind] | ({"weights": weights} if KINDS[kind]["map"] == "collage" else {})
    maps = [map_of(nccodec.encode(picture, **options), View(), weights) for picture in (first, second)]
    start, between, end = blends_of(*maps, 3)
    fade = np.uint8((start.astype(int) + end + 1) // 2)
    ends = gradient_energy(start), gradient_energy(end)
    return Middle(kind, ends, gradient_energy(between), gradient_energy(fade), psnr(between, fade))


def command(
    first: Annotated[Path, typer.Argument(help="Picture.")],
    second: Annotated[Path, typer.Argument(help="Picture. What both have in size, from the top left, is used.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    weights: Annotated[str, typer.Option(help="Weights of the collages, by name or path.")] = "photo",
) -> None:
    """How much the middle of `nc morph` differs from a cross-fade, and how sharp both are."""
    pictures = [read(path) for path in (first, second)]
    box = (0, 0, *(min(sides) for sides in zip(*(picture.size for picture in pictures), strict=True)))
    pictures = [picture.crop(box) for picture in pictures]
    rows = [measure_middle(*pictures, kind, weights) for kind in KINDS]
    for row in rows:
        ends = " and ".join(f"{energy:.1f}" for energy in row.ends)
        typer.echo(
            f"{row.kind}: gradient energy {ends}, between them {row.between:.1f}, of the cross-fade {row.fade:.1f}; "
            f"{row.db:.1f} dB apart"
        )
    told = {"pictures": [first.name, second.name], "size": box[2:], "rows": [asdict(row) for row in rows]}
    out.write_text(json.dumps(told, indent=1) + "\n")
