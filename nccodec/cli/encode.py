"""`nc encode`."""

import io
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ..code import MAX_PIXELS
from ..errors import NclError
from . import batch, progress
from .files import STREAM, naming, read_bytes, write
from .options import AsJson, Device, Force, Jobs, MaxPixels, Metadata, OutputDir, Packer, Quiet, Recursive, SkipExisting


@dataclass(frozen=True)
class Encoding:
    """Encodes one file. options: of `nccodec.encode`; measured: whether anyone wants to know the PSNR; bar: whether
    to show the progress of a picture."""

    options: dict
    force: bool
    skip_existing: bool
    measured: bool
    bar: bool
    max_pixels: int

    def __call__(self, task: batch.Task) -> dict | None:
        if not batch.allowed(task, self.force, self.skip_existing):
            return None
        import nccodec

        from ..collage.device import choose_device
        from ..imaging.pictures import parts_of, read_picture
        from ..imaging.psnr import psnr
        from ..neural.weights import named

        weights, device = self.options["weights"], self.options["device"]
        named(weights).model(choose_device(device))  # loading is no part of the time that is told
        try:
            picture = read_picture(
                io.BytesIO(read_bytes(STREAM)) if task.source == STREAM else task.source, self.max_pixels
            )
            started = time.perf_counter()
            with progress.bar(task.source, shown=self.bar) as report:
                data = nccodec.encode(picture, progress=report, **self.options)
            seconds = time.perf_counter() - started
            told = {"width": picture.width, "height": picture.height, "bytes": len(data), "seconds": seconds}
            told["pixels"] = picture.width * picture.height
            told["bpp"] = 8 * len(data) / told["pixels"]
            if self.measured:
                decoded = nccodec.decode(data, weights=weights, device=device)
                colours, extras = parts_of(picture)
                told["psnr"] = psnr(colours, decoded.convert(colours.mode), extras.alpha)
        except NclError as error:
            raise naming(task.source, error) from None
        write(task.target, data)
        return told


def command(
    sources: Annotated[list[Path], typer.Argument(metavar="IN...", help="Pictures, folders, or - for stdin.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write, - for stdout [STEM.ncl beside IN].")
    ] = None,
    output_dir: OutputDir = None,
    recursive: Recursive = False,
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
    verify: Annotated[
        bool, typer.Option("--verify", help="Write only what decodes to just what the encoder meant.")
    ] = False,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.auto,
    max_pixels: MaxPixels = MAX_PIXELS,
    jobs: Jobs = 1,
    skip_existing: SkipExisting = False,
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Encode pictures to .ncl."""
    targets = {"quality": quality, "bpp": bpp, "size": None if size is None else _bytes(size), "psnr": psnr}
    if sum(value is not None for value in targets.values()) > 1:
        raise typer.BadParameter("give one of -q, --bpp, --size and --psnr", param_hint="--quality")
    from ..imaging.suffixes import SUFFIXES

    found = batch.tasks(sources, SUFFIXES, lambda path: path.with_suffix(".ncl"), output, output_dir, recursive)
    reporting = batch.Reporting(quiet, as_json)
    options = {
        "effort": effort, "weights": weights, "packer": packer.value, "device": device.value,
        "strip": tuple(kind.value for kind in strip or ()), "verify": verify,
    }  # fmt: skip
    bar = effort >= 2 and len(found) == 1 and not quiet
    work = Encoding(options | targets, force, skip_existing, as_json or not quiet, bar, max_pixels)
    batch.run(found, work, jobs, reporting, _line)


def _line(told: dict) -> str:
    name = "stdout" if told["target"] == STREAM else told["target"]
    return (
        f"{name}: {told['width']} x {told['height']}, {told['bytes']} bytes, {told['bpp']:.3f} bpp, "
        f"{told['psnr']:.2f} dB, {told['seconds']:.2f} s, {told['pixels'] / 1e6 / told['seconds']:.2f} MP/s"
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
