"""`nc encode`."""

import io
import math
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from ..code import MAX_PIXELS
from ..codec.kinds import AUTO, KINDS, options_of
from ..errors import LimitError, NclError, NclWarning
from ..neural.options import EFFORTS, REFINED, Options
from . import batch, progress
from .files import STREAM, bytes_beside, is_stdout, is_streamed, naming, read_bytes, write
from .options import (
    AsJson,
    Bpp,
    Dask,
    Device,
    Force,
    Jobs,
    MaxPixels,
    Output,
    OutputDir,
    Packer,
    Pictures,
    Psnr,
    Quiet,
    Recursive,
    Size,
    SkipExisting,
    Strip,
    check_dask,
    stripped,
    target,
)
from .tasks import Task, in_out, tasks

_HIGH, _LOW = 90, 25  # quality from which a PSNR below so many dB is worth a word
_QUALITIES = "; ".join(f"{kind.quality:g} of {kind.map}" for kind in KINDS if kind.of_pictures)


@dataclass(frozen=True)
class Encoding:
    """Encodes one file. options: of the map; settings: all others of `nccodec.encode`; measured: whether anyone
    wants to know the PSNR; bar: whether to show the progress of a picture."""

    map: str
    options: dict
    settings: dict
    measured: bool
    bar: bool
    max_pixels: int

    @contextmanager
    def reported(self, task: Task) -> Iterator[dict]:
        """What `nccodec.encode` is given to tell how far it is."""
        with progress.bar(task.source, shown=self.bar) as report:
            yield {"progress": report}

    def __call__(self, task: Task) -> dict:
        import nccodec

        from ..codec.kinds import fitting
        from ..collage.device import choose_device
        from ..imaging.pictures import parts_of, read_picture
        from ..imaging.psnr import psnr

        device = self.settings["device"]
        try:
            content = io.BytesIO(read_bytes(task.source)) if is_streamed(task.source) else None
            picture = read_picture(content or task.source, self.max_pixels)
            kind, options = fitting(self.map, self.options, self.settings["packer"], parts_of(picture)[0])
            # Loading is no part of the time that is told.
            kind.room().prepare(options, choose_device(device, options.gradients))
            started = time.perf_counter()
            with self.reported(task) as report:
                data = nccodec.encode(picture, map=self.map, **report, **self.options, **self.settings)
            seconds = time.perf_counter() - started
            told = {"width": picture.width, "height": picture.height, "bytes": len(data), "seconds": seconds}
            told["source_bytes"] = content.getbuffer().nbytes if content else task.source.stat().st_size
            told["pixels"] = picture.width * picture.height
            told["bpp"] = 8 * len(data) / told["pixels"]
        except NclError as error:
            raise naming(task.source, error) from None
        write(task.target, data)
        if self.measured:
            decoded = nccodec.decode(data, weights=self.options.get("weights"), device=device)
            colours, extras = parts_of(picture)
            db = psnr(colours, decoded.convert(colours.mode), extras.alpha)
            told["psnr"] = db if math.isfinite(db) else None
        # A picture made of copies of itself is not meant to come close, and small networks cannot.
        _warn_of_poor(told, None if self.map in ("whole", "implicit") else self.settings.get("quality"))
        return told


def _warn_of_poor(told: dict, quality: float | None) -> None:
    """NclWarning where another format would do better, as for pixel art and dithered pictures, of which atoms that are
    smooth make neither good pictures nor small files. told: see `Encoding`. quality: as asked for."""
    db = told.get("psnr")
    if quality is not None and quality >= _HIGH and db is not None and db < _LOW:
        warnings.warn(f"only {db:.1f} dB at -q {quality:g}; --map screen keeps such pictures", NclWarning, stacklevel=2)
    if told["bytes"] > told["source_bytes"]:
        than = f"{told['bytes']} bytes, {told['source_bytes']} in the source"
        warnings.warn(f"larger than before, {than}; keep that, or try a lower -q", NclWarning, stacklevel=2)


def command(
    sources: Pictures,
    output: Output = None,
    output_dir: OutputDir = None,
    recursive: Recursive = False,
    keep_suffix: Annotated[
        bool,
        typer.Option("--keep-suffix", help="Keep the suffix in names of outputs: photo.jpg becomes photo.jpg.ncl."),
    ] = False,
    map: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Which kind of map holds the picture: collage (trained networks, for photographs), screen (pixel by "
            "pixel, for text and screens), auto (the better of these), pifs (classical fractals).",
        ),
    ] = AUTO,
    quality: Annotated[
        float | None,
        typer.Option(
            "-q",
            "--quality",
            min=0,
            max=100,
            help=f"0 (small) to 100 (good) [{_QUALITIES}]. It sets how much an error counts against a bit, so another "
            "effort at the same -q gives another size and another PSNR: compare efforts with --size or --psnr.",
        ),
    ] = None,
    lossless: Annotated[
        bool, typer.Option("--lossless", help="Keep every pixel. Takes little time; photographs stay large.")
    ] = False,
    bpp: Bpp = None,
    size: Size = None,
    psnr: Psnr = None,
    effort: Annotated[
        int | None,
        typer.Option(
            "-e",
            "--effort",
            min=EFFORTS[0],
            max=EFFORTS[-1],
            help=f"How long to search, for the collage: 0 (fastest) to 9 (slowest, best picture for its bytes) "
            f"[{Options.effort}].",
        ),
    ] = None,
    packer: Annotated[
        Packer,
        typer.Option(help="range: entropy coding, smaller files. fixed: the same number of bits for each value."),
    ] = Packer.range,
    weights: Annotated[
        str | None, typer.Option(help=f"Weights for the collage, by name or path [{Options.weights}].")
    ] = None,
    strip: Strip = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Decode each file before it is written, and check that it gives what was encoded."
        ),
    ] = False,
    device: Annotated[
        Device,
        typer.Option(
            help=f"Where to compute. auto: on a GPU, if there is one, for efforts from {REFINED}; else on the CPU."
        ),
    ] = Device.auto,
    max_pixels: MaxPixels = MAX_PIXELS,
    jobs: Jobs = 1,
    dask: Dask = None,
    skip_existing: SkipExisting = False,
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Encode pictures to .ncl."""
    goals = target(quality, bpp, size, psnr)
    options = {name: value for name, value in (("effort", effort), ("weights", weights)) if value is not None}
    if lossless:
        if any(goal is not None for goal in goals.values()):
            raise typer.BadParameter("leaves no -q, --bpp, --size or --psnr to meet", param_hint="--lossless")
        options["lossless"] = True
    try:
        slow = options_of(map, options).slow
    except LimitError as error:
        raise typer.BadParameter(str(error), param_hint="--map") from None
    sources, output = in_out(sources, output, output_dir, lambda path: path.suffix.lower() == ".ncl")
    check_dask(dask, jobs, STREAM in sources or (output is not None and is_stdout(output)))
    reporting = batch.Reporting(quiet, as_json)
    todo = tasks(
        sources, suffixes_of_pictures() if recursive else (),
        lambda path: path.with_name(path.name + ".ncl") if keep_suffix else path.with_suffix(".ncl"),
        output, output_dir, recursive, reporting.note, "" if keep_suffix else " (--keep-suffix keeps them apart)",
    )  # fmt: skip
    settings = {"packer": packer.value, "device": device.value, "verify": verify}
    settings |= {"strip": stripped(strip)}
    bar = slow and len(todo) == 1 and not quiet and dask is None
    work = Encoding(map, options, settings | goals, as_json or not quiet, bar, max_pixels)
    overwriting = batch.Overwriting(force, skip_existing, output_dir if recursive else None)
    batch.run(todo, work, jobs, reporting, line, overwriting, dask)


def suffixes_of_pictures() -> frozenset[str]:
    """Those of the files of folders that are taken for pictures."""
    from ..imaging.suffixes import suffixes

    return suffixes()


def line(told: dict) -> str:
    """What is told of a file. told: of `Encoding`, with source and target."""
    name = "stdout" if is_stdout(told["target"]) else told["target"]
    db = "exact" if told["psnr"] is None else f"{told['psnr']:.2f} dB"
    return (
        f"{name}: {told['width']} x {told['height']}, "
        f"{bytes_beside(told['bytes'], told['source_bytes'])}, {told['bpp']:.3f} bpp, "
        f"{db}, {told['seconds']:.2f} s, {told['pixels'] / 1e6 / told['seconds']:.2f} MP/s"
    )
