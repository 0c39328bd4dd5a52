"""`crisp`: text and screens decoded at 4x, beside what they are when they are drawn at 4x."""

import json
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image

import nccodec

from ..imaging.psnr import psnr
from .common import pictures_of, say

_SUFFIX = "@4x"


def command(
    folder: Annotated[Path, typer.Argument(help="Folder of pairs NAME.png and NAME@4x.png, as `pages` makes them.")],
    out: Annotated[Path, typer.Option("--json", help="File to write the figures to.")],
) -> None:
    """PSNR of files without loss decoded at 4x, with and without crisp edges, and of Pillow's BICUBIC and LANCZOS, to
    the same page drawn at 4x."""
    pictures, rows = dict(pictures_of(folder)), {}
    for name, small in pictures.items():
        path = Path(name)
        large = pictures.get(f"{path.stem}{_SUFFIX}{path.suffix}")
        if large is None:
            continue
        data = nccodec.encode(small, lossless=True)
        enlarged = {
            "4x": nccodec.decode(data, 4),
            "4x without detail": nccodec.decode(data, 4, detail=False),
            "BICUBIC": small.resize(large.size, Image.Resampling.BICUBIC),
            "LANCZOS": small.resize(large.size, Image.Resampling.LANCZOS),
        }
        rows[name] = {kind: psnr(large, picture.convert(large.mode)) for kind, picture in enlarged.items()}
        say(f"{name}: " + ", ".join(f"{kind} {db:.2f} dB" for kind, db in rows[name].items()))
    out.write_text(json.dumps(rows, indent=1) + "\n")
