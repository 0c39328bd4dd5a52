"""`nc encode`."""

from typing import Annotated

import typer

from ..code import MAX_PIXELS
from ..codec.kinds import AUTO, KINDS, options_of
from ..errors import LimitError
from ..neural.options import EFFORTS, REFINED, Options
from .encoding import Batch, run
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
    Tune,
    stripped,
    target,
)

_QUALITIES = "; ".join(f"{kind.quality:g} of {kind.map}" for kind in KINDS if kind.of_pictures)


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
    tune: Annotated[
        Tune | None,
        typer.Option(
            help="What efforts from 1 on look at. eye: it sees errors less where the picture is busy. psnr: all errors "
            f"count alike [{Options.tune}]."
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
    given = {"effort": effort, "weights": weights, "tune": tune and tune.value}
    options = {name: value for name, value in given.items() if value is not None}
    if lossless:
        if any(goal is not None for goal in goals.values()):
            raise typer.BadParameter("leaves no -q, --bpp, --size or --psnr to meet", param_hint="--lossless")
        options["lossless"] = True
    try:
        slow = options_of(map, options).slow
    except LimitError as error:
        raise typer.BadParameter(str(error), param_hint="--map") from None
    settings = {"packer": packer.value, "device": device.value, "verify": verify, "strip": stripped(strip)} | goals
    pictures = Batch(sources, output, output_dir, recursive, jobs, dask, skip_existing, force, as_json, quiet)
    run(pictures, map, options, settings, max_pixels, slow, keep_suffix=keep_suffix)
