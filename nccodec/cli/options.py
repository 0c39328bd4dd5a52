"""Options that several commands have."""

from enum import Enum
from typing import Annotated

import typer

from ..code import MAX_PIXELS
from ..neural.options import TUNES
from .address import Place, output_place, place


class Packer(str, Enum):
    """How parameters become bits."""

    range = "range"
    fixed = "fixed"


class Device(str, Enum):
    """Where to compute."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


Tune = Enum("Tune", [(name, name) for name in TUNES], type=str)


class Metadata(str, Enum):
    """Kinds of metadata."""

    all = "all"
    icc = "icc"
    exif = "exif"
    xmp = "xmp"


Pictures = Annotated[
    list[Place],
    typer.Argument(metavar="IN...", parser=place, help="Pictures, folders, or - for stdin; or IN OUT.ncl."),
]
Output = Annotated[
    Place | None,
    typer.Option(
        "-o",
        "--output",
        metavar="PATH",
        parser=output_place,
        help="File to write, - for stdout [the name of IN with .ncl, beside it].",
    ),
]
Recursive = Annotated[bool, typer.Option("-r", "--recursive", help="Go through folders, and the folders in them.")]
OutputDir = Annotated[
    Place | None,
    typer.Option(metavar="DIR", parser=place, help="Folder to write to; keeps the tree of the input folders."),
]
SkipExisting = Annotated[bool, typer.Option("--skip-existing", help="Skip files whose output exists already.")]
Jobs = Annotated[int, typer.Option("-j", "--jobs", min=1, max=256, help="How many files to work on at the same time.")]
Dask = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="Work on the files on a Dask cluster, by its scheduler's address: tcp://host:8786."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for each file, on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print only errors and warnings.")]
MaxPixels = Annotated[int, typer.Option(min=1, max=MAX_PIXELS, help="Refuse pictures with more pixels than this.")]
Scale = Annotated[
    float | None, typer.Option("--scale", min=0.03, max=64, help="How many times as large as the original [1].")
]
Force = Annotated[bool, typer.Option("-f", "--force", help="Overwrite existing files.")]

Bpp = Annotated[float | None, typer.Option(help="Largest file, in bits per pixel of the picture.")]
Size = Annotated[str | None, typer.Option(metavar="BYTES", help="Largest file, in bytes: 40000, 40k or 1.5M.")]
Psnr = Annotated[float | None, typer.Option(metavar="DB", help="Lowest PSNR of the decoded picture, in dB.")]
Strip = Annotated[list[Metadata] | None, typer.Option(help="Metadata to leave out; may be given several times.")]


def stripped(kinds: list[Metadata] | None) -> tuple[str, ...]:
    """What is given for `Strip`, by the names of `nccodec.encode`."""
    return tuple(kind.value for kind in kinds or ())


def target(quality: float | None, bpp: float | None, size: str | None, psnr: float | None) -> dict[str, float | None]:
    """What a file is to meet, by the names of `nccodec.encode`. BadParameter for more than one."""
    goals = {"quality": quality, "bpp": bpp, "size": None if size is None else _bytes(size), "psnr": psnr}
    if sum(value is not None for value in goals.values()) > 1:
        raise typer.BadParameter("give one of -q, --bpp, --size and --psnr", param_hint="--quality")
    return goals


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


def check_dask(dask: str | None, jobs: int, streams: bool) -> None:
    """BadParameter where a batch is to be done in two ways at once, or elsewhere though streams of this process are to
    be read or written."""
    if dask is not None and jobs > 1:
        raise typer.BadParameter("give -j or --dask, not both", param_hint="--dask")
    if dask is not None and streams:
        raise typer.BadParameter("stdin and stdout are not within reach of a cluster", param_hint="--dask")
