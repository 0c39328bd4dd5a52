"""`nc points`."""

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import NclError
from ..points.presets import PRESETS
from . import progress
from .files import check_folder, check_output, naming, write
from .options import Force, Quiet
from .streams import say
from .views import size_of

if TYPE_CHECKING:
    from ..points.placing import Affine, Picture

app = typer.Typer(
    help="Sets of points as the attractor of a few affine maps.", no_args_is_help=True, rich_markup_mode=None
)
Name = Enum("Name", {name: name for name in PRESETS}, type=str)
Size = Annotated[str, typer.Option("--size", metavar="WxH", help="Width and height of the picture in pixels.")]
Grey = Annotated[bool, typer.Option("--grey", help="Grey levels alone, instead of a colour for each map.")]
Paper = Annotated[bool, typer.Option("--paper", help="Dark on white, instead of bright on black.")]
Density = Annotated[int, typer.Option(min=1, max=64, help="Points of the chaos game for each pixel.")]
Gamma = Annotated[float, typer.Option(help="Of the tone curve, 0.0625 to 8: more shows what few points reach.")]
_SIZE, _DENSITY, _GAMMA = "1024x1024", 16, 2.0


@app.command()
def preset(
    name: Annotated[Name, typer.Argument(metavar="NAME", help=f"One of {', '.join(PRESETS)}.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write [NAME.ncl].")] = None,
    size: Size = _SIZE,
    grey: Grey = False,
    paper: Paper = False,
    density: Density = _DENSITY,
    gamma: Gamma = _GAMMA,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Write a classical attractor."""
    target = output or Path(f"{name.value}.ncl")
    check_folder(target)
    check_output(Path(), target, force)
    picture = _picture(size, grey, paper, density, gamma)
    from ..points.placing import preset_maps

    _write(preset_maps(PRESETS[name.value]), picture, target, quiet)


@app.command()
def fit(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="CLOUD", readable=False, help="Points: a .csv of two or three columns, a .ply, or a drawing."
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write [the name of CLOUD with .ncl].")
    ] = None,
    maps: Annotated[int, typer.Option(min=2, max=64, help="How many affine maps.")] = 4,
    restarts: Annotated[int, typer.Option(min=1, max=1024, help="Starts in each round of the search.")] = 24,
    seed: Annotated[int, typer.Option(min=0, help="Of the starts.")] = 0,
    size: Size = _SIZE,
    grey: Grey = False,
    paper: Paper = False,
    density: Density = _DENSITY,
    gamma: Gamma = _GAMMA,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Find affine maps of the plane or of space whose attractor is nearest to a cloud of points."""
    target = output or source.with_suffix(".ncl")
    check_folder(target)
    check_output(source, target, force)
    picture = _picture(size, grey, paper, density, gamma)
    from ..points.clouds import read_cloud

    cloud = read_cloud(source)
    try:
        from ..points.fitting import fit as fitted
    except ImportError as error:
        raise NclError(f"fitting needs the package {error.name}: pip install 'nccodec[points]'") from None
    try:
        with progress.bar(source, shown=not quiet) as report:
            found = fitted(cloud, maps, restarts, seed, report)
        _write(found, picture, target, quiet)
    except NclError as error:
        raise naming(source, error) from None


def _picture(size: str, grey: bool, paper: bool, density: int, gamma: float) -> "Picture":
    """BadParameter for what is out of bounds."""
    wanted = size_of(size)
    from ..points.placing import Picture

    try:
        return Picture(wanted, grey, paper, density, gamma)
    except NclError as error:
        raise typer.BadParameter(str(error)) from None


def _write(maps: "Affine", picture: "Picture", target: Path, quiet: bool) -> None:
    from ..codec.file import write_file
    from ..points.placing import placed

    data = write_file(placed(maps, picture), "fixed")
    write(target, data)
    if not quiet:
        say(f"{target}: {len(maps.chances)} maps, {len(data)} bytes")
