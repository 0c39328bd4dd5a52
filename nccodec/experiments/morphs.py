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
from ..codec.file import read_file
from ..collage.output import View
from ..evaluation.work import read
from ..imaging.colour import to_ycc
from ..imaging.psnr import psnr

KINDS = {
    "nc encode": {"map": "collage"},
    "nc pifs": {"map": "pifs"},
    "nc pifs --no-quadtree": {"map": "pifs", "quadtree": False},
}

NETWORKS = {"cppn": {"depth": 8, "width": 24}, "siren": {"depth": 5, "width": 30}}


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


def measure_networks(first: Image.Image, second: Image.Image, network: str, steps: int) -> dict[str, list[float]]:
    """Gradient energies of five networks from the one of a picture to that of another, by what the second's fit starts
    from. network: of NETWORKS."""
    options = {"map": "implicit", "network": network, "steps": steps, "finetune": 0, "device": "cpu"}
    shape = NETWORKS[network]
    data = nccodec.encode(first, **options, **shape)
    starts = {
        "the first": {"init": read_file(data).code},
        "the same random numbers": shape,
        "others": shape | {"seed": 1},
    }
    rows = {}
    for name, start in starts.items():
        maps = [map_of(each, View()) for each in (data, nccodec.encode(second, **options, **start))]
        rows[name] = [gradient_energy(picture) for picture in blends_of(*maps, 5)]
        typer.echo(f"{network}, from {name}: " + ", ".join(f"{energy:.0f}" for energy in rows[name]))
    return rows


def command(
    first: Annotated[Path, typer.Argument(help="Picture.")],
    second: Annotated[Path, typer.Argument(help="Picture. What both have in size, from the top left, is used.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    weights: Annotated[str, typer.Option(help="Weights of the collages, by name or path.")] = "photo",
    networks: Annotated[
        int | None,
        typer.Option("--networks", metavar="STEPS", help="Of implicit networks instead, which are fitted so long."),
    ] = None,
    scale: Annotated[float, typer.Option(help="That pictures are reduced to before.")] = 1.0,
) -> None:
    """How much the middle of `nc morph` differs from a cross-fade, and how sharp both are; or how sharp networks
    between two are, by what the second's fit starts from."""
    pictures = [read(path) for path in (first, second)]
    box = (0, 0, *(min(sides) for sides in zip(*(picture.size for picture in pictures), strict=True)))
    size = tuple(max(1, round(side * scale)) for side in box[2:])
    pictures = [picture.crop(box).resize(size, Image.Resampling.BICUBIC) for picture in pictures]
    told = {"pictures": [first.name, second.name], "size": size}
    if networks is not None:
        told["rows"] = {network: measure_networks(*pictures, network, networks) for network in NETWORKS}
        out.write_text(json.dumps(told, indent=1) + "\n")
        return
    rows = [measure_middle(*pictures, kind, weights) for kind in KINDS]
    for row in rows:
        ends = " and ".join(f"{energy:.1f}" for energy in row.ends)
        typer.echo(
            f"{row.kind}: gradient energy {ends}, between them {row.between:.1f}, of the cross-fade {row.fade:.1f}; "
            f"{row.db:.1f} dB apart"
        )
    told["rows"] = [asdict(row) for row in rows]
    out.write_text(json.dumps(told, indent=1) + "\n")
