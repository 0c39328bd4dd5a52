"""`nc diff`."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ..errors import ImageError, NclError
from .files import check_folder, check_output, naming, read_bytes, write
from .streams import tell


def command(
    first: Annotated[Path, typer.Argument(metavar="A", readable=False, help="Picture or .ncl.")],
    second: Annotated[Path, typer.Argument(metavar="B", readable=False, help="Picture or .ncl of the same size.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Error map to write: black is 0, then red, yellow, and white from 32 on."),
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="The weights of a .ncl, by name or path, where they are not installed.")
    ] = None,
    similarity: Annotated[bool, typer.Option("--ms-ssim", help="Measure MS-SSIM too; loads torch.")] = False,
    perceived: Annotated[
        bool,
        typer.Option(
            "--ssimulacra2", help="Measure SSIMULACRA2 of B too, A being the original; needs nccodec[evaluation]."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    force: Annotated[bool, typer.Option("-f", "--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Measure how much two pictures differ, and where most."""
    import numpy as np

    from ..evaluation.difference import difference, error_map
    from ..evaluation.metrics import MS_SSIM_SIDE, ms_ssim
    from ..evaluation.ssimulacra2 import SSIMULACRA2_SIDE, ssimulacra2
    from ..imaging.pictures import picture_bytes, picture_format

    if output is not None:
        check_folder(output)
        for source in (first, second):
            check_output(source, output, force)
        form = picture_format(output)
    a, b = (_read(path, weights) for path in (first, second))
    try:
        found = difference(a, b)
    except ImageError as error:
        raise type(error)(f"{first} and {second}: {error}") from None
    told = asdict(found) | {"psnr": found.psnr if math.isfinite(found.psnr) else None}
    if similarity:
        told["ms-ssim"] = ms_ssim(*map(np.asarray, (a, b)))
    if perceived:
        told["ssimulacra2"] = ssimulacra2(*map(np.asarray, (a, b)))
    if output is not None:
        try:
            content = picture_bytes(error_map(a, b), form)
        except ImageError as error:
            raise naming(output, error) from None
        write(output, content)
    if as_json:
        tell(json.dumps(told))
        return
    if not found.largest:
        tell(f"equal: {a.width} x {a.height} pixels without any difference")
        return
    parts = [f"PSNR {found.psnr:.2f} dB", f"largest error {found.largest} at ({found.x}, {found.y}), {found.channel}"]
    for key, title, form, side in (
        ("ssimulacra2", "SSIMULACRA2", ".2f", SSIMULACRA2_SIDE),
        ("ms-ssim", "MS-SSIM", ".5f", MS_SSIM_SIDE),
    ):
        if key in told:
            small = f"n/a (a side is under {side} pixels)"
            parts.insert(1, f"{title} {small if told[key] is None else format(told[key], form)}")
    tell(", ".join(parts))


def _read(path: Path, weights: str | None):
    """A picture, or the decode of a `.ncl`, as mode "RGB". ImageError for transparency."""
    import nccodec

    from ..imaging.pictures import parts_of, read_picture

    try:
        picture = (
            nccodec.decode(read_bytes(path), weights=weights) if path.suffix.lower() == ".ncl" else read_picture(path)
        )
    except NclError as error:
        raise naming(path, error) from None
    colours, extras = parts_of(picture)
    if extras.alpha is not None:
        raise ImageError(f"{path}: has transparency, which has no PSNR; flatten it first")
    return colours.convert("RGB")
