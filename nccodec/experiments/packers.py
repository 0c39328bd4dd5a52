"""`packers`: what entropy coding saves."""

import json
from pathlib import Path
from typing import Annotated

import typer

import nccodec

from ..evaluation.codecs import QUALITIES
from .common import pictures_of


def command(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
    weights: Annotated[str, typer.Option(help="Weights, by name or path.")] = "photo",
) -> None:
    """What the range packer saves of the fixed packer's bytes, for the same integers."""
    pictures, rows = pictures_of(folder), []
    for quality in QUALITIES:
        sizes = {
            packer: sum(len(nccodec.encode(p, quality, 0, weights, packer)) for _, p in pictures)
            for packer in ("fixed", "range")
        }
        rows.append({"quality": quality, **sizes, "saved": 1 - sizes["range"] / sizes["fixed"]})
        typer.echo(f"-q {quality}: {sizes['fixed']} and {sizes['range']} bytes, {100 * rows[-1]['saved']:.1f} % saved")
    out.write_text(json.dumps({"folder": folder.name, "rows": rows}, indent=1) + "\n")
