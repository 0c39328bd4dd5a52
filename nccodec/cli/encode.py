"""`nc encode`."""

import time
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ..errors import NclError
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


def command(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Picture to encode.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write [STEM.ncl beside IN].")] = None,
    quality: Annotated[float, typer.Option("-q", "--quality", min=0, max=100, help="0 (small) to 100 (good).")] = 75,
    packer: Annotated[Packer, typer.Option(help="Entropy coder, or fixed widths.")] = Packer.range,
    weights: Annotated[str, typer.Option(help="Weights, by name or path.")] = "photo",
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.auto,
    force: Annotated[bool, typer.Option("-f", "--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Encode a picture to .ncl."""
    target = output or source.with_suffix(".ncl")
    import numpy as np

    import nccodec

    from ..evaluation.metrics import psnr
    from ..imaging.pictures import read_rgb
    from ..neural.analysis import choose_device
    from ..neural.weights import named

    picture = read_rgb(source)
    check_output(source, target, force)
    named(weights).model(choose_device(device.value))  # loading is no part of the time that is told
    try:
        started = time.perf_counter()
        data = nccodec.encode(picture, quality, weights, packer.value, device.value)
        seconds = time.perf_counter() - started
        decoded = nccodec.decode(data, weights=weights, device=device.value)
    except NclError as error:
        raise naming(source, error) from None
    replace(target, lambda path: path.write_bytes(data))
    pixels = picture.width * picture.height
    quality_db = psnr(np.asarray(picture), np.asarray(decoded))
    typer.echo(
        f"{target}: {picture.width} x {picture.height}, {len(data)} bytes, {8 * len(data) / pixels:.3f} bpp, "
        f"{quality_db:.2f} dB, {seconds:.2f} s, {pixels / 1e6 / seconds:.2f} MP/s",
        err=True,
    )
