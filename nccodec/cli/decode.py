"""`nc decode`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

import nccodec

from ..code import MAX_PIXELS
from ..errors import ImageError, NclError
from . import batch, iterates, sampling
from .address import Place, place
from .files import STREAM, is_stdout, naming, write
from .options import (
    AsJson,
    Dask,
    Device,
    Force,
    Jobs,
    MaxPixels,
    OutputDir,
    Quiet,
    Recursive,
    Scale,
    SkipExisting,
    Strip,
    check_dask,
    stripped,
)
from .streams import plain
from .tasks import Task, in_out, tasks
from .views import checked, inside, region_of, size_of


@dataclass(frozen=True)
class Decoding:
    """Decodes one file. options: of `nccodec.decode`; fit: pixels of the longer side at most, instead
    of a size or scale; format: an extension without its dot, or empty for that of the
    output's name; strip: as of `imaging.metadata.metadata_of`."""

    options: dict
    fit: int | None
    format: str
    strip: tuple[str, ...]

    def __call__(self, task: Task) -> dict:
        from ..imaging.metadata import info_of, metadata_of
        from ..imaging.pictures import picture_bytes, picture_format

        named = Path(f"_.{self.format or 'png'}") if self.format or is_stdout(task.target) else task.target
        format = picture_format(named)
        data = checked(task.source)  # so that a damaged file is told before torch is loaded
        options = self.options
        if self.fit is not None:
            options = options | {"size": inside(self.fit, data)}
        try:
            picture = nccodec.decode(data, **options)
        except NclError as error:
            raise naming(task.source, error) from None
        picture.info = info_of(metadata_of(picture, self.strip))
        try:
            content = picture_bytes(picture, format)
        except NclError as error:
            raise naming(task.target, error) from None
        write(task.target, content)
        pixels = picture.width * picture.height
        return {"width": picture.width, "height": picture.height, "pixels": pixels, "bytes": len(content)}


def _is_picture(path: Place) -> bool:
    """Whether a name is that of a picture which can be written."""
    from ..imaging.pictures import picture_format

    try:
        return bool(picture_format(path))
    except ImageError:
        return False


def _is_other(path: Place, extension: str) -> bool:
    """Whether a name is that of another format than an extension's."""
    from PIL import Image

    from ..imaging.pictures import load_common

    load_common()
    suffixes = path.suffix.lower(), f".{extension}"
    one, other = (Image.EXTENSION.get(suffix, suffix) for suffix in suffixes)  # jpg and jpeg are one
    return one != other


def _is_film(path: Path) -> bool:
    """Whether a name is that of a film which can be written."""
    from ..imaging.film import SUFFIXES

    return path.suffix.lower() in SUFFIXES


def command(
    sources: Annotated[
        list[Place],
        typer.Argument(metavar="FILE...", parser=place, help="Files .ncl, folders, or - for stdin; or FILE OUT.png."),
    ],
    output: Annotated[
        Place | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PATH",
            parser=place,
            help="Picture to write, - for stdout [the name of FILE with .png, or @4x.png, beside it].",
        ),
    ] = None,
    output_dir: OutputDir = None,
    recursive: Recursive = False,
    format: Annotated[
        str, typer.Option("--format", metavar="EXT", help="Picture format: png, jpg, webp, ... [that of -o, or png].")
    ] = "",
    scale: Scale = None,
    size: Annotated[
        str | None, typer.Option("--size", metavar="WxH", help="Width and height in pixels, instead of --scale.")
    ] = None,
    fit: Annotated[
        int | None,
        typer.Option("--fit", metavar="PIXELS", min=1, help="Reduce to so many pixels along the longer side."),
    ] = None,
    crop: Annotated[
        str | None,
        typer.Option(
            "--crop",
            metavar="X,Y,W,H",
            help="Decode only a part: left edge, top edge, width and height, in pixels of the decoded picture. Saves "
            "time and memory, and reaches scales at which all of it would be too large, but for films and files of "
            "`nc pifs` and `nc points`, where any part may depend on any other.",
        ),
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="The file's weights, by name or path, where they are not installed.")
    ] = None,
    device: Annotated[Device, typer.Option(help="Where to compute. auto: on the CPU.")] = Device.auto,
    no_self_reference: Annotated[
        bool, typer.Option("--no-self-reference", help="Leave out what the picture takes from other parts of itself.")
    ] = False,
    no_detail: Annotated[
        bool, typer.Option("--no-detail", help="Enlarge by plain interpolation, without adding predicted detail.")
    ] = False,
    smooth: Annotated[
        bool, typer.Option("--smooth", help="Smooth the borders between blocks, in files of `nc pifs` and `nc sample`.")
    ] = False,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="PICTURE",
            help="Write a film, of --format webp, gif, png or mp4 [webp]: the way from this picture, noise or grey to "
            "the map's fixed point, step by step.",
        ),
    ] = None,
    steps: Annotated[
        str | None, typer.Option(metavar="N", help="Steps from --start [all: until the fixed point].")
    ] = None,
    fps: Annotated[float | None, typer.Option(help=f"Frames a second of the film [{iterates.FPS:g}].")] = None,
    once: Annotated[bool, typer.Option("--once", help="Show the film once, not again and again.")] = False,
    points: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=sampling.MOST_POINTS,
            help="Write so many points, in files of `nc points`, instead of a picture: --format ply or csv [ply].",
        ),
    ] = None,
    strip: Strip = None,
    max_pixels: MaxPixels = MAX_PIXELS,
    jobs: Jobs = 1,
    dask: Dask = None,
    skip_existing: SkipExisting = False,
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Decode .ncl files at any scale."""
    if scale is not None and size is not None:
        raise typer.BadParameter("give --scale or --size, not both", param_hint="--size")
    if fit is not None and (scale is not None or size is not None or crop is not None):
        raise typer.BadParameter("give --fit or --scale, --size or --crop, not both", param_hint="--fit")
    wanted, region = size_of(size), region_of(crop, "--crop")
    mark = f"@{size.lower()}" if size else f"@{fit}" if fit else f"@{scale:g}x" if scale not in (None, 1) else ""
    mark += f"+{crop}" if crop else ""
    if start is None and (steps is not None or fps is not None or once):
        raise typer.BadParameter("--steps, --fps and --once are for --start", param_hint="--start")
    known, usual, what = _is_picture, "png", "picture"
    if start is not None:
        known, usual, what = _is_film, iterates.FORMAT, "film"
    if points is not None:
        views = (start, scale, size, fit, crop, strip)
        if any(each is not None for each in views) or no_self_reference or no_detail or smooth:
            raise typer.BadParameter("points are no picture; give -o and --format alone", param_hint="--points")
        known, usual, what = sampling.is_cloud, sampling.FORMAT, "point"
    extension = format.removeprefix(".").lower()
    if extension and not known(Path(f"_.{extension}")):
        raise typer.BadParameter(f"{format!r} is no {what} format", param_hint="--format")
    sources, output = in_out(sources, output, output_dir, known)
    if extension and output is not None and known(output) and _is_other(output, extension):
        raise typer.BadParameter(f"{extension} is not what {plain(output)} is named", param_hint="--format")
    check_dask(dask, jobs, STREAM in sources or (output is not None and is_stdout(output)))
    reporting = batch.Reporting(quiet, as_json)
    todo = tasks(
        sources, (".ncl",), lambda path: path.with_name(f"{path.stem}{mark}.{extension or usual}"),
        output, output_dir, recursive, reporting.note,
    )  # fmt: skip
    reporting.check(todo)
    view = {
        "scale": 1 if scale is None else scale, "size": wanted, "detail": not no_detail,
        "self_reference": not no_self_reference, "smooth": smooth, "max_pixels": max_pixels, "crop": region,
    }  # fmt: skip
    overwriting = batch.Overwriting(force, skip_existing, output_dir if recursive else None)

    def allowed(task: Task) -> bool:
        if task.source == task.target != STREAM:  # a picture, say: what it is not is the better thing to tell
            checked(task.source)
        return overwriting(task)

    if points is not None:
        batch.run(todo, sampling.Sampling(points, extension), jobs, reporting, sampling.line, allowed, dask)
        return
    if start is None:
        work = Decoding(view | {"weights": weights, "device": device.value}, fit, extension, stripped(strip))
        batch.run(todo, work, jobs, reporting, _line, allowed, dask)
        return
    if strip:
        raise typer.BadParameter("films have no metadata", param_hint="--strip")
    count, speed = iterates.steps_of(steps), iterates.FPS if fps is None else fps
    work = iterates.Iterating(view, weights, device.value, fit, extension, start, count, speed, once)
    batch.run(todo, work, jobs, reporting, iterates.lines, allowed, dask)


def _line(told: dict) -> str:
    return f"{'stdout' if is_stdout(told['target']) else told['target']}: {told['width']} x {told['height']}"
