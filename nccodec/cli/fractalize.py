"""`nc fractalize`."""

from pathlib import Path
from typing import Annotated

import typer

from ..code import MAX_PIXELS
from ..codec.kinds import by_map
from ..errors import LimitError
from ..whole.options import EFFORTS, RANGE_SIZES, Options
from .encoding import Batch, run
from .files import naming
from .options import (
    AsJson,
    Bpp,
    Dask,
    Force,
    Jobs,
    MaxPixels,
    Output,
    OutputDir,
    Pictures,
    Psnr,
    Quiet,
    Recursive,
    Size,
    SkipExisting,
    Strip,
    stripped,
    target,
)
from .views import region_of

_MAP = "whole"


def command(
    sources: Pictures,
    output: Output = None,
    output_dir: OutputDir = None,
    recursive: Recursive = False,
    ranges: Annotated[
        int,
        typer.Option(
            "--ranges",
            metavar="PIXELS",
            help=f"How large the copies are, about, along a side: {', '.join(map(str, RANGE_SIZES))}. They have the "
            "shape of the picture.",
        ),
    ] = Options.range_size,
    strength: Annotated[
        float,
        typer.Option(
            help="How much the copies show, 0 to 1: the least contrast of a copy, as a share of the most that it can "
            "have, 15/16 of the picture's own. 0 comes closest to the picture."
        ),
    ] = Options.strength,
    upright: Annotated[bool, typer.Option("--upright", help="Copies are neither turned nor mirrored.")] = False,
    negatives: Annotated[bool, typer.Option("--negatives", help="Copies may be negatives, dark for light.")] = False,
    style: Annotated[
        Path | None,
        typer.Option(metavar="PICTURE", help="Another picture, which parts may be copies of; the file holds it."),
    ] = None,
    domain: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y,W,H",
            help="The part that copies are made of, in pixels, instead of the whole picture; taken in its shape and in "
            "whole ranges.",
        ),
    ] = None,
    effort: Annotated[
        int,
        typer.Option(
            "-e",
            "--effort",
            min=EFFORTS[0],
            max=EFFORTS[-1],
            help="0: closed form, at once. 1 to 9: refined in so many rounds, in which the copies are those that "
            "decoding gives.",
        ),
    ] = Options.effort,
    quality: Annotated[
        float | None,
        typer.Option("-q", "--quality", min=0, max=100, help=f"0 (small) to 100 (good) [{by_map(_MAP).quality:g}]."),
    ] = None,
    bpp: Bpp = None,
    size: Size = None,
    psnr: Psnr = None,
    weights: Annotated[
        str | None, typer.Option(help=f"Weights that the style is kept with, by name or path [{Options.weights}].")
    ] = None,
    strip: Strip = None,
    max_pixels: MaxPixels = MAX_PIXELS,
    jobs: Jobs = 1,
    dask: Dask = None,
    skip_existing: SkipExisting = False,
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Encode pictures to .ncl as pictures made of themselves: every part a small copy of the whole."""
    goals = target(quality, bpp, size, psnr)
    options = {
        "range_size": ranges, "strength": strength, "upright": upright, "negatives": negatives, "effort": effort,
        "domain": region_of(domain, "--domain"),
    }  # fmt: skip
    if weights is not None:
        if style is None:
            raise typer.BadParameter("is for --style", param_hint="--weights")
        options["weights"] = weights
    if ranges not in RANGE_SIZES:
        raise typer.BadParameter(f"{ranges} is none of {', '.join(map(str, RANGE_SIZES))}", param_hint="--ranges")
    try:
        slow = by_map(_MAP).checked(options).slow
    except LimitError as error:
        raise typer.BadParameter(str(error)) from None
    if style is not None:
        options["style"] = _style(style, max_pixels)
    settings = {"packer": "range", "device": "cpu", "strip": stripped(strip), "verify": False} | goals
    pictures = Batch(sources, output, output_dir, recursive, jobs, dask, skip_existing, force, as_json, quiet)
    run(pictures, _MAP, options, settings, max_pixels, slow)


def _style(path: Path, max_pixels: int):
    """The picture of a style, in colours. NclError names the file and the fault."""
    from ..errors import NclError
    from ..imaging.pictures import parts_of, read_picture

    try:
        picture = parts_of(read_picture(path, max_pixels))[0]
        by_map(_MAP).checked({"style": picture})
    except NclError as error:
        raise naming(path, error) from None
    return picture
