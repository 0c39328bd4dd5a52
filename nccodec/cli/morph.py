"""`nc morph`."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..code import MAX_PIXELS
from ..errors import NclError
from . import progress
from .files import check_folder, check_output, naming, naming_warnings, write
from .implicit import Network
from .options import Device, Force, MaxPixels, Quiet, Scale
from .streams import say
from .views import checked, size_of

if TYPE_CHECKING:
    from ..implicit.code import ImplicitCode

_MINUTES = 2.0


class Method(str, Enum):
    """How two pictures become maps."""

    implicit = "implicit"


@dataclass
class Fitted:
    """Files of networks, each fitted from the one before it. network: of `nc implicit`. minutes: for each. bar: whether
    to show how far it is."""

    network: str
    minutes: float
    device: str
    max_pixels: int
    bar: bool
    last: "ImplicitCode | None" = None

    def data(self, path: Path) -> bytes:
        """The file of a picture. NclError names it."""
        import nccodec

        from ..codec.file import read_file
        from ..imaging.pictures import parts_of, read_picture

        start = {} if self.last is None else {"init": self.last}
        try:
            picture = parts_of(read_picture(path, self.max_pixels))[0]
            with naming_warnings(path), progress.fitted(path, self.bar) as report:
                data = nccodec.encode(
                    picture, map="implicit", device=self.device, report=report, network=self.network,
                    minutes=self.minutes, **start,
                )  # fmt: skip
        except NclError as error:
            raise naming(path, error) from None
        self.last = read_file(data).code
        return data


def _check_alike(first: Path, second: Path, max_pixels: int) -> None:
    """NclError unless there will be maps between two pictures: of one size, in colour or grey."""
    from ..errors import LimitError
    from ..imaging.pictures import parts_of, read_picture

    told = []
    for path in (first, second):
        try:
            picture = parts_of(read_picture(path, max_pixels))[0]
        except NclError as error:
            raise naming(path, error) from None
        told.append(f"{picture.width} x {picture.height} {'grey' if picture.mode == 'L' else 'colour'} pixels")
    if told[0] != told[1]:
        raise LimitError(f"{first} and {second}: there are no maps between {told[0]} and {told[1]}")


def command(
    first: Annotated[
        Path, typer.Argument(metavar="A.ncl", readable=False, help="Where the film begins; with --method, a picture.")
    ],
    second: Annotated[Path, typer.Argument(metavar="B.ncl", readable=False, help="Where it ends, likewise.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Film to write: .webp, .gif, .png (APNG), or .mp4 with PyAV.")
    ],
    frames: Annotated[int, typer.Option(min=2, max=10_000, help="How many, with both ends.")] = 50,
    fps: Annotated[float, typer.Option(help="Frames a second.")] = 25,
    scale: Scale = None,
    size: Annotated[
        str | None, typer.Option("--size", metavar="WxH", help="Width and height in pixels, instead of --scale.")
    ] = None,
    align: Annotated[
        bool,
        typer.Option("--align", help="Turn copies in B as in A, in files of `nc fractalize`, so that they stay whole."),
    ] = False,
    method: Annotated[
        Method | None,
        typer.Option(help="Of two pictures: fit the networks of `nc implicit` to them, the second from the first."),
    ] = None,
    network: Annotated[
        Network | None, typer.Option(help=f"Of --method implicit: what they are made of [{Network.cppn.value}].")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(help=f"Of --method implicit: how long to fit each [{_MINUTES:g}].")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Show the film once, not again and again.")] = False,
    weights: Annotated[
        str | None, typer.Option(help="The files' weights, by name or path, where they are not installed.")
    ] = None,
    device: Annotated[
        Device, typer.Option(help="Where to compute. auto: on the CPU, fits on a GPU if there is one.")
    ] = Device.auto,
    max_pixels: MaxPixels = MAX_PIXELS,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Make a film of the maps between two: of one kind, size and colours.

    Each frame is the fixed point of (1 - t) F + t G, a map of the same form, for t from 0 to 1; of two networks, of
    one shape, that whose weights are between theirs.
    """
    if method is None and (network or minutes is not None):
        raise typer.BadParameter("is for --method implicit", param_hint="--network" if network else "--minutes")
    if method is not None and align:
        raise typer.BadParameter("is for files of `nc fractalize`", param_hint="--align")
    if scale is not None and size is not None:
        raise typer.BadParameter("give --scale or --size, not both", param_hint="--size")
    wanted = size_of(size)
    from ..codec.animate import Map, blends_of, map_of
    from ..collage.output import View
    from ..imaging.film import check_speed, coloured, film_bytes, film_format

    form = film_format(output)
    check_folder(output)
    for source in (first, second):
        check_output(source, output, force)
    try:
        check_speed(fps, form)
    except NclError as error:
        raise naming(output, error) from None
    if method is not None:
        _check_alike(first, second, max_pixels)
    view = View(scale=1 if scale is None else scale, size=wanted, max_pixels=max_pixels)

    def opened(path: Path, like: Map | None = None) -> Map:
        data = checked(path) if method is None else fitted.data(path)
        try:
            with naming_warnings(path):
                return map_of(data, view, weights, device.value, like)
        except NclError as error:
            raise naming(path, error) from None

    fitted = Fitted(
        (network or Network.cppn).value, _MINUTES if minutes is None else minutes, device.value, max_pixels, not quiet
    )
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
