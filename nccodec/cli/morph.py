"""`nc morph`."""

from pathlib import Path
from typing import Annotated

import typer

from ..code import MAX_PIXELS
from ..errors import NclError
from . import progress
from .files import check_folder, check_output, naming, naming_warnings, write
from .options import Device, Force, MaxPixels, Quiet
from .streams import say
from .views import checked, size_of


def command(
    first: Annotated[Path, typer.Argument(metavar="A.ncl", readable=False, help="Where the film begins.")],
    second: Annotated[Path, typer.Argument(metavar="B.ncl", readable=False, help="Where it ends.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Film to write: .webp, .gif, .png (APNG), or .mp4 with PyAV.")
    ],
    frames: Annotated[int, typer.Option(min=2, max=10_000, help="How many, with both ends.")] = 50,
    fps: Annotated[float, typer.Option(help="Frames a second.")] = 25,
    scale: Annotated[
        float | None, typer.Option("--scale", help="How many times as large as the original, 0.03 to 64 [1].")
    ] = None,
    size: Annotated[
        str | None, typer.Option("--size", metavar="WxH", help="Width and height in pixels, instead of --scale.")
    ] = None,
    align: Annotated[
        bool,
        typer.Option("--align", help="Turn copies in B as in A, in files of `nc fractalize`, so that they stay whole."),
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="Show the film once, not again and again.")] = False,
    weights: Annotated[
        str | None, typer.Option(help="The files' weights, by name or path, where they are not installed.")
    ] = None,
    device: Annotated[Device, typer.Option(help="Where to compute. auto: on the CPU.")] = Device.auto,
    max_pixels: MaxPixels = MAX_PIXELS,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Make a film of the maps between two: of one kind, size and colours.

    Each frame is the fixed point of (1 - t) F + t G, a map of the same form, for t from 0 to 1.
    """
    if scale is not None and size is not None:
        raise typer.BadParameter("give --scale or --size, not both", param_hint="--size")
    wanted = size_of(size)
    from ..codec.animate import Map, blends_of, map_of
    from ..collage.output import View
    from ..imaging.film import coloured, film_bytes, film_format

    form = film_format(output)
    check_folder(output)
    for source in (first, second):
        check_output(source, output, force)
    view = View(scale=1 if scale is None else scale, size=wanted, max_pixels=max_pixels)

    def opened(path: Path, like: Map | None = None) -> Map:
        data = checked(path)
        try:
            with naming_warnings(path):
                return map_of(data, view, weights, device.value, like)
        except NclError as error:
            raise naming(path, error) from None

    begin = opened(first)
    maps = begin, opened(second, begin if align else None)
    try:
        pictures = blends_of(*maps, frames)
    except NclError as error:
        raise type(error)(f"{first} and {second}: {error}") from None
    with progress.bar(output, not quiet) as report:
        try:
            content = film_bytes(map(coloured, progress.counted(pictures, frames, report)), form, fps, not once)
        except NclError as error:
            raise naming(output, error) from None
    write(output, content)
    if not quiet:
        say(f"{output}: {frames} frames, {len(content)} bytes")
