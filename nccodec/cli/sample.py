"""`nc sample`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import LimitError, NclError
from . import progress
from .background import Background, level_of
from .files import check_folder, check_output, naming, write
from .options import Force, Quiet
from .streams import say

if TYPE_CHECKING:
    import numpy as np

    from ..generative.weights import Weights

_SAMPLES, _WAY = 64, 10  # pictures, if nothing else is asked for


def command(
    weights: Annotated[str, typer.Argument(metavar="WEIGHTS", help="Weights of `nc train-generative`, name or path.")],
    pictures: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PICTURE...", help="For --between and --reconstruct: of the weights' size."),
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="PATH", help="Picture to write, or with --ncl a folder.")
    ] = Path("sheet.png"),
    count: Annotated[
        int | None,
        typer.Option(
            "-n", "--count", min=1, max=10_000, help=f"How many samples [{_SAMPLES}], or pictures of a way [{_WAY}]."
        ),
    ] = None,
    between: Annotated[
        bool, typer.Option("--between", help="Show the way between two pictures, straight in the latents.")
    ] = False,
    reconstruct: Annotated[
        bool,
        typer.Option("--reconstruct", help="Show pictures, enlarged bicubically, above what they become."),
    ] = False,
    temperature: Annotated[
        float, typer.Option(min=0, max=4, help="How far samples are from the plainest picture; less than 1 is plainer.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random numbers: the same gives the same samples.")] = 0,
    scale: Annotated[
        float, typer.Option("--scale", min=0.03, max=64, help="How many times as large as the pictures of training.")
    ] = 1.0,
    columns: Annotated[
        int | None, typer.Option(min=1, help="Pictures in a row of the sheet [about as many as rows].")
    ] = None,
    smooth: Annotated[bool, typer.Option("--smooth", help="Smooth the seams where ranges meet.")] = False,
    ncl: Annotated[bool, typer.Option("--ncl", help="Write each as a .ncl, for `nc decode` at any scale.")] = False,
    background: Annotated[
        Background, typer.Option(help="What shows through where pictures are transparent.")
    ] = Background.white,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Show pictures that a network makes up, each the fixed point of a collage, at any size.

    Weights come from `nc train-generative`; those named digits come with the program.
    """
    given = pictures or []
    _check(len(given), count, between, reconstruct, ncl and (scale != 1 or smooth or columns is not None))
    from ..generative.weights import named

    found = named(weights)
    read = [_read(path, found, level_of(background)) for path in given]
    latents = _latents(found, read, between, count, temperature, seed)
    if ncl:
        _write_files(found, latents, output, [path.stem for path in given] if reconstruct else None, force)
        told = f"{len(latents)} files"
    else:
        for path in (*given, found.path):
            check_output(path, output, force)
        check_folder(output)
        shown = read if reconstruct else []
        with progress.bar(output, not quiet) as report:
            told = _write_sheet(found, latents, shown, scale, columns, smooth, output, report)
    if not quiet:
        say(f"{output}: {told}")


def _check(given: int, count: int | None, between: bool, reconstruct: bool, of_sheets: bool) -> None:
    """BadParameter for options that do not go together."""
    if between and reconstruct:
        raise typer.BadParameter("give --between or --reconstruct, not both", param_hint="--between")
    if between and given != 2:
        raise typer.BadParameter("takes two pictures", param_hint="--between")
    if reconstruct and (given == 0 or count is not None):
        raise typer.BadParameter("takes pictures, and no --count", param_hint="--reconstruct")
    if given and not (between or reconstruct):
        raise typer.BadParameter("pictures are for --between and --reconstruct", param_hint="PICTURE...")
    if of_sheets:
        raise typer.BadParameter("--scale, --smooth and --columns are for a picture", param_hint="--ncl")


def _read(path: Path, weights: "Weights", background: int) -> "np.ndarray":
    """A picture as the encoder takes it. NclError names the file and the fault."""
    from ..generative.folder import fitted
    from ..imaging.pictures import read_picture

    a = weights.architecture
    try:
        return fitted(read_picture(path), a.size, a.channels, background)
    except NclError as error:
        raise naming(path, error) from None


def _latents(
    weights: "Weights", pictures: "list[np.ndarray]", between: bool, count: int | None, temperature: float, seed: int
) -> "np.ndarray":
    """What is to be shown: [n, latents]."""
    import numpy as np

    from ..generative import sampling

    if not pictures:
        return sampling.drawn(weights, count or _SAMPLES, temperature, seed)
    points = [sampling.latents_of(weights, picture) for picture in pictures]
    return sampling.between(*points, count or _WAY) if between else np.stack(points)


def _write_files(weights: "Weights", latents: "np.ndarray", folder: Path, names: list[str] | None, force: bool) -> None:
    """Each as a .ncl in a folder. names: by default numbers. LimitError, before anything is written, where a name is
    there twice or a file already."""
    from ..codec.file import write_file
    from ..generative.encoding import code_of
    from ..generative.sampling import STEP

    if folder.exists() and not folder.is_dir():
        raise LimitError(f"{folder}: is no folder")
    digits = len(str(len(latents) - 1))
    names = names or [f"{number:0{digits}}" for number in range(len(latents))]
    if len(set(names)) < len(names):
        raise LimitError(f"{folder}: two pictures would have one name")
    targets = [folder / f"{name}.ncl" for name in names]
    for target in targets:
        check_output(weights.path, target, force)
    for target, each in zip(targets, latents, strict=True):
        write(target, write_file(code_of(weights, each, STEP), "fixed"))


def _write_sheet(
    weights: "Weights", latents: "np.ndarray", originals: "list[np.ndarray]", scale: float, columns: int | None,
    smooth: bool, output: Path, report: Callable[[float], None],
) -> str:  # fmt: skip
    """A picture with all of them, below their originals if there are any; what is told of it."""
    from ..generative.sheet import sheet
    from ..imaging.pictures import picture_bytes, picture_format

    form = picture_format(output)
    picture = sheet(weights, latents, originals, scale, columns, smooth, report)
    try:
        content = picture_bytes(picture, form)
    except NclError as error:
        raise naming(output, error) from None
    write(output, content)
    return f"{picture.width} x {picture.height}, {len(latents)} pictures"
