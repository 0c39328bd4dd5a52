"""`nc encode`."""

import time
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ..errors import NclError
from . import progress
from .files import check_output, naming, replace


class Packer(str, Enum):
    """How parameters become bits."""

    range = "range"
    fixed = "fixed"


class Device(str, Enum):
    """Where to compute."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Metadata(str, Enum):
    """Kinds of metadata."""

    all = "all"
    icc = "icc"
    exif = "exif"
    xmp = "xmp"


def command(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Picture to encode.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write [STEM.ncl beside IN].")] = None,
    quality: Annotated[
        float | None, typer.Option("-q", "--quality", min=0, max=100, help="0 (small) to 100 (good) [75].")
    ] = None,
    bpp: Annotated[float | None, typer.Option(help="Bits per pixel, at most.")] = None,
    size: Annotated[str | None, typer.Option(metavar="BYTES", help="File size, at most: 40000, 40k or 1.5M.")] = None,
    psnr: Annotated[float | None, typer.Option(metavar="DB", help="PSNR of the decoded picture, at least.")] = None,
    effort: Annotated[
        int, typer.Option("-e", "--effort", min=0, max=9, help="0 (one pass) to 9 (slowest, smallest).")
    ] = 1,
    packer: Annotated[Packer, typer.Option(help="Entropy coder, or fixed widths.")] = Packer.range,
    weights: Annotated[str, typer.Option(help="Weights, by name or path.")] = "photo",
    strip: Annotated[
        list[Metadata] | None, typer.Option(help="Metadata to leave out; may be given several times.")
    ] = None,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.auto,
    force: Annotated[bool, typer.Option("-f", "--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Encode a picture to .ncl."""
    target = output or source.with_suffix(".ncl")
    targets = {"quality": quality, "bpp": bpp, "size": None if size is None else _bytes(size), "psnr": psnr}
    if sum(value is not None for value in targets.values()) > 1:
        raise typer.BadParameter("give one of -q, --bpp, --size and --psnr", param_hint="--quality")
    import numpy as np

    import nccodec

    from ..evaluation.metrics import psnr as psnr_of
    from ..imaging.pictures import parts_of, read_picture
    from ..neural.analysis import choose_device
    from ..neural.weights import named

    picture = read_picture(source)
    check_output(source, target, force)
    named(weights).model(choose_device(device.value))  # loading is no part of the time that is told
    try:
        started = time.perf_counter()
        with progress.bar(source, shown=effort >= 2) as report:
            data = nccodec.encode(
                picture, effort=effort, weights=weights, packer=packer.value, device=device.value,
                strip=[kind.value for kind in strip or ()], progress=report, **targets,
            )  # fmt: skip
        seconds = time.perf_counter() - started
        decoded = nccodec.decode(data, weights=weights, device=device.value)
    except NclError as error:
        raise naming(source, error) from None
    replace(target, lambda path: path.write_bytes(data))
    pixels = picture.width * picture.height
    colours, extras = parts_of(picture)
    quality_db = psnr_of(np.asarray(colours), np.asarray(decoded.convert(colours.mode)), extras.alpha)
    typer.echo(
        f"{target}: {picture.width} x {picture.height}, {len(data)} bytes, {8 * len(data) / pixels:.3f} bpp, "
        f"{quality_db:.2f} dB, {seconds:.2f} s, {pixels / 1e6 / seconds:.2f} MP/s",
        err=True,
    )


def _bytes(text: str) -> int:
    """Bytes of a size such as 40000, 40k or 1.5M (k = 1000, M = 1000000)."""
    units = {"k": 1e3, "m": 1e6}
    unit = units.get(text[-1:].lower(), 1)
    try:
        number = float(text if unit == 1 else text[:-1])
        if not 1 <= number * unit < 2**40:
            raise ValueError
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a size", param_hint="--size") from None
    return int(number * unit)
