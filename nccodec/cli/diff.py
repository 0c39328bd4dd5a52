"""`nc diff`."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ..errors import ComparisonError, ImageError, NclError
from .files import check_folder, check_output, naming, read_bytes, write


def command(
    first: Annotated[Path, typer.Argument(metavar="A", help="Picture or .ncl.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Picture or .ncl of the same size.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Error map to write: black is 0, white 32 and more grey levels."),
    ] = None,
    weights: Annotated[str | None, typer.Option(help="Weights, where those of a .ncl are not installed.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    force: Annotated[bool, typer.Option("-f", "--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Tell how much two pictures differ, and where most."""
    import numpy as np

    from ..evaluation.difference import difference, error_map
    from ..evaluation.metrics import MS_SSIM_SIDE, ms_ssim
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
    missing, similarity = f"a side is under {MS_SSIM_SIDE} pixels", None
    try:
        similarity = ms_ssim(*map(np.asarray, (a, b)))
    except ComparisonError as error:
        missing = str(error)
    if output is not None:
        write(output, picture_bytes(error_map(a, b), form))
    if as_json:
        about = asdict(found) | {"ms-ssim": similarity, "psnr": found.psnr if math.isfinite(found.psnr) else None}
        typer.echo(json.dumps(about))
        return
    same = f"MS-SSIM n/a ({missing})" if similarity is None else f"MS-SSIM {similarity:.5f}"
    typer.echo(
        f"PSNR {found.psnr:.2f} dB, {same}, largest error {found.largest} at ({found.x}, {found.y}), {found.channel}"
        if found.largest
        else f"equal: {a.width} x {a.height} pixels without any difference"
    )


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
