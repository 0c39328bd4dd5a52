"""`nc pifs`."""

import math
import time
from dataclasses import astuple
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import LimitError, NclError
from ..neural.options import Options as Neural
from ..pifs.options import Options
from . import progress
from .files import bytes_beside, check_folder, check_output, naming, naming_warnings, write
from .options import Bpp, Device, Packer, Psnr, Size, target
from .streams import say
from .tasks import Task, in_out, tasks

if TYPE_CHECKING:
    from PIL.Image import Image


class RangeSize(str, Enum):
    """Sides of ranges."""

    four = "4"
    eight = "8"
    sixteen = "16"


class Isometries(str, Enum):
    """How many ways a domain is laid onto a range."""

    one = "1"
    eight = "8"


def command(
    sources: Annotated[
        list[Path], typer.Argument(metavar="IN...", readable=False, help="Pictures to encode; or IN OUT.ncl.")
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write, or a folder for several [none: only report].")
    ] = None,
    range_size: Annotated[
        RangeSize | None,
        typer.Option(help="Side of the smallest blocks in pixels [4], or of all with --no-quadtree [8]."),
    ] = None,
    domain_step: Annotated[
        int, typer.Option(help="Look for similar parts every so many pixels: 4 to 64. At least the side of the block.")
    ] = Options.domain_step,
    quadtree: Annotated[
        bool,
        typer.Option(
            "--quadtree/--no-quadtree", help="Blocks of several sizes, chosen by their cost; or all of one size."
        ),
    ] = True,
    isometries: Annotated[Isometries, typer.Option(help="8 also tries turned and mirrored parts.")] = Isometries(
        str(Options.isometries)
    ),
    lean: Annotated[
        float, typer.Option(help="Share of the parts to search, 0 to 1, those of most contrast first.")
    ] = Options.lean,
    domains: Annotated[
        bool,
        typer.Option(
            "--domains/--no-domains", help="Copy from other parts of the picture where that saves bytes; or never."
        ),
    ] = True,
    quality: Annotated[
        float | None, typer.Option("-q", "--quality", min=0, max=100, help="0 (small) to 100 (good) [50].")
    ] = None,
    bpp: Bpp = None,
    size: Size = None,
    psnr: Psnr = None,
    packer: Annotated[
        Packer,
        typer.Option(help="range: entropy coding, smaller files. fixed: the same number of bits for each value."),
    ] = Packer.range,
    compare: Annotated[
        bool, typer.Option("--compare", help="Report too what `nc encode` makes of the same number of bytes.")
    ] = False,
    weights: Annotated[
        str | None, typer.Option(help=f"Weights of `nc encode` for --compare, by name or path [{Neural.weights}].")
    ] = None,
    device: Annotated[Device, typer.Option(help="Where to compute. auto: on the CPU.")] = Device.auto,
    force: Annotated[bool, typer.Option("-f", "--force", help="Overwrite existing files.")] = False,
) -> None:
    """Encode pictures to .ncl by classical fractal compression."""
    goals = target(quality, bpp, size, psnr)
    if weights is not None and not compare:
        raise typer.BadParameter("is for --compare", param_hint="--weights")
    sources, output = in_out(sources, output, None, lambda path: path.suffix.lower() == ".ncl")
    folder = output if output is not None and output.is_dir() else None
    if output is not None and folder is None and len(sources) > 1:
        raise typer.BadParameter(f"{output} is not a folder, but there are several pictures", param_hint="--output")
    options = {
        "quadtree": quadtree, "range_size": range_size and int(range_size.value), "domain_step": domain_step,
        "isometries": int(isometries.value), "lean": lean, "domains": domains, "packer": packer.value,
        "device": device.value,
    }  # fmt: skip
    if folder:
        todo = tasks(sources, (), lambda path: path.with_suffix(".ncl"), None, folder, False)
    else:
        todo = [Task(source, output) for source in sources]
    failed = 0
    for source, file, refused in map(astuple, todo):
        try:
            if refused:
                raise LimitError(refused)
            _encode(source, file, options | goals, (weights or Neural.weights) if compare else None, force)
        except NclError as error:
            if len(todo) == 1:
                raise naming(source, error) from None
            say(f"nc: {naming(source, error)}")
            failed += 1
    if failed:
        raise NclError(f"{failed} of {len(todo)} pictures failed")


def _encode(source: Path, target: Path | None, options: dict, weights: str | None, force: bool) -> None:
    """weights: of the comparison, if any."""
    import numpy as np

    import nccodec

    from ..codec.file import read_file
    from ..imaging.pictures import parts_of, read_picture
    from ..imaging.psnr import psnr
    from ..pifs.header import SCALE_UNIT

    picture = read_picture(source)
    colours, extras = parts_of(picture)
    if target is not None:
        check_folder(target)
        check_output(source, target, force)
    started = time.perf_counter()
    with naming_warnings(source), progress.bar(source) as report:
        data = nccodec.encode(picture, map="pifs", progress=report, **options)
    seconds = time.perf_counter() - started
    decoded = nccodec.decode(data, device=options["device"])
    code = read_file(data).code
    if target is not None:
        write(target, data)
    layout, pixels = code.layout, picture.width * picture.height

    def figures(size: int, other: "Image", seconds: float) -> str:
        db = psnr(np.asarray(colours), np.asarray(other.convert(colours.mode)), extras.alpha)
        told = f"{db:.2f} dB" if math.isfinite(db) else "exact"
        return f"{bytes_beside(size, source.stat().st_size)}, {8 * size / pixels:.3f} bpp, {told}, {seconds:.2f} s"

    domains = sum(
        math.prod(plane.domain_grid(side)) for plane in layout.planes for side in layout.sides if side <= layout.largest
    )
    say(
        f"{target or source}: {picture.width} x {picture.height}, {figures(len(data), decoded, seconds)}, "
        f"{code.ranges} ranges, {code.references} with one of {domains} domains, "
        f"exact after {code.iterations} steps, |s| up to {code.largest_scale / SCALE_UNIT:g}"
    )
    if weights:
        started = time.perf_counter()
        try:
            other = nccodec.encode(picture, size=len(data), weights=weights, device=options["device"])
        except LimitError as error:
            say(f"  nc encode: {error}")
            return
        seconds = time.perf_counter() - started
        again = nccodec.decode(other, weights=weights, device=options["device"])
        say(f"  nc encode: {figures(len(other), again, seconds)}")
