"""`nc zoom`."""

import re
from pathlib import Path
from typing import Annotated

import typer

from ..errors import NclError
from . import progress
from .files import STREAM, check_folder, check_output, naming, naming_each, naming_warnings, read_bytes, write
from .options import Force, Quiet
from .streams import say
from .views import size_of


def command(
    source: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="A file .ncl, or - for stdin.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Film to write: .webp, .gif, .png (APNG), or .mp4 with PyAV [FILE@zoom.webp]."
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, max=600, help="How long the film is.")] = 6,
    fps: Annotated[float, typer.Option(min=1, max=120, help="Frames a second.")] = 30,
    size: Annotated[str, typer.Option("--size", metavar="WxH", help="Width and height in pixels.")] = "720x720",
    at: Annotated[
        str | None, typer.Option(metavar="X,Y", help="Where to, in pixels of the picture [its middle].")
    ] = None,
    number: Annotated[
        int | None,
        typer.Option("--range", metavar="N", min=0, help="The range to fall into, in raster order, instead of --at."),
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="The file's weights, by name or path, where they are not installed.")
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Film an endless fall into a picture of `nc fractalize`; or a zoom into any other to 16x and back."""
    wanted = size_of(size)
    if at is not None and number is not None:
        raise typer.BadParameter("give --at or --range, not both", param_hint="--range")
    place = _place(at)
    if output is None:
        if source == STREAM:
            raise typer.BadParameter("what comes from stdin has no name for the film; give -o", param_hint="--output")
        output = source.with_name(f"{source.stem}@zoom.webp")
    from ..imaging.film import film_bytes, film_format

    check_folder(output)
    check_output(source, output, force)
    form = film_format(output)
    from ..codec.zoom import frames_of

    count = max(1, round(seconds * fps))
    try:
        with naming_warnings(source):
            frames = frames_of(read_bytes(source), wanted, count, place, number, weights)
    except NclError as error:
        raise naming(source, error) from None
    with progress.bar(source, shown=not quiet) as report:
        try:
            data = film_bytes(progress.counted(naming_each(source, frames), count, report), form, fps)
        except NclError as error:
            raise naming(output, error) from None
    write(output, data)
    if not quiet:
        say(f"{output}: {wanted[0]} x {wanted[1]}, {count} frames, {count / fps:.2f} s, {len(data)} bytes")


def _place(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,8}(?:\.\d+)?),(\d{1,8}(?:\.\d+)?)", text)
    if not match:
        raise typer.BadParameter(f"{text!r} is not X,Y, such as 120,80", param_hint="--at")
    return float(match[1]), float(match[2])
