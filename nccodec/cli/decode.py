"""`nc decode`."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

import nccodec

from ..code import MAX_PIXELS
from ..errors import ImageError, NclError
from . import batch
from .address import Place, place
from .files import STREAM, is_stdout, naming, read_bytes, write
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
    SkipExisting,
    Strip,
    check_dask,
    stripped,
)
from .tasks import Task, in_out, tasks


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
        data = _checked(task.source)  # so that a damaged file is told before torch is loaded
        options = self.options
        if self.fit is not None:
            options = options | {"size": _inside(self.fit, data)}
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


def _checked(source: Place) -> bytes:
    """The bytes of a file, whose framing is that of a `.ncl`, or an NclError that names it."""
    data = read_bytes(source)
    try:
        nccodec.info(data)
    except NclError as error:
        raise naming(source, error) from None
    return data


def _inside(fit: int, data: bytes) -> tuple[int, int] | None:
    """Width and height with `fit` pixels along the longer side; None where the picture has no more."""
    about = nccodec.info(data)
    size = about["width"], about["height"]
    if max(size) <= fit:
        return None
    return tuple(max(1, round(n * fit / max(size))) for n in size)


def _is_picture(path: Place) -> bool:
    """Whether a name is that of a picture which can be written."""
    from ..imaging.pictures import picture_format

    try:
        return bool(picture_format(path))
    except ImageError:
        return False


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,7})[xX](\d{1,7})", text)
    if not match or "0" in (match[1].lstrip("0") or "0", match[2].lstrip("0") or "0"):
        raise typer.BadParameter(f"{text!r} is not WxH, such as 640x480", param_hint="--size")
    return int(match[1]), int(match[2])


def _region(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,8}),(\d{1,8}),(\d{1,8}),(\d{1,8})", text)
    if not match:
        raise typer.BadParameter(f"{text!r} is not X,Y,W,H, such as 100,50,640,480", param_hint="--crop")
    return tuple(map(int, match.groups()))


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
    scale: Annotated[
        float | None, typer.Option("--scale", help="How many times as large as the original, 0.03 to 64 [1].")
    ] = None,
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
            "time and memory, but for files of `nc pifs`, where any part may depend on any other.",
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
        bool, typer.Option("--smooth", help="Smooth the borders between blocks, in files of `nc pifs`.")
    ] = False,
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
    wanted, region = _size(size), _region(crop)
    mark = f"@{size.lower()}" if size else f"@{fit}" if fit else f"@{scale:g}x" if scale not in (None, 1) else ""
    mark += f"+{crop}" if crop else ""
    extension = format.removeprefix(".").lower()
    if extension and not _is_picture(Path(f"_.{extension}")):
        raise typer.BadParameter(f"{format!r} is no picture format", param_hint="--format")
    sources, output = in_out(sources, output, output_dir, _is_picture)
    check_dask(dask, jobs, STREAM in sources or (output is not None and is_stdout(output)))
    reporting = batch.Reporting(quiet, as_json)
    todo = tasks(
        sources, (".ncl",), lambda path: path.with_name(f"{path.stem}{mark}.{extension or 'png'}"),
        output, output_dir, recursive, reporting.note,
    )  # fmt: skip
    options = {
        "scale": 1 if scale is None else scale, "size": wanted, "weights": weights, "device": device.value,
        "detail": not no_detail, "self_reference": not no_self_reference, "smooth": smooth, "max_pixels": max_pixels,
        "crop": region,
    }  # fmt: skip
    work = Decoding(options, fit, extension, stripped(strip))
    overwriting = batch.Overwriting(force, skip_existing, output_dir if recursive else None)

    def allowed(task: Task) -> bool:
        if task.source == task.target != STREAM:  # a picture, say: what it is not is the better thing to tell
            _checked(task.source)
        return overwriting(task)

    batch.run(todo, work, jobs, reporting, _line, allowed, dask)


def _line(told: dict) -> str:
    return f"{'stdout' if is_stdout(told['target']) else told['target']}: {told['width']} x {told['height']}"
