"""`nc decode`."""

import re
from pathlib import Path
from typing import Annotated

import typer

from ..errors import NclError
from .encode import Device
from .files import check_output, naming, read_bytes, replace


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,7})[xX](\d{1,7})", text)
    if not match or "0" in (match[1].lstrip("0") or "0", match[2].lstrip("0") or "0"):
        raise typer.BadParameter(f"{text!r} is not WxH, such as 640x480", param_hint="--size")
    return int(match[1]), int(match[2])


def command(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="The .ncl to decode.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Picture to write [STEM.png, or STEM@4x.png, beside FILE].")
    ] = None,
    scale: Annotated[float | None, typer.Option("--scale", help="Enlargement, 0.03 to 64 [1].")] = None,
    size: Annotated[
        str | None, typer.Option("--size", metavar="WxH", help="Size in pixels, instead of --scale.")
    ] = None,
    weights: Annotated[str | None, typer.Option(help="Weights, where the file's own are not installed.")] = None,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.auto,
    no_self_reference: Annotated[
        bool, typer.Option("--no-self-reference", help="Only the affine part: shows what the self-reference adds.")
    ] = False,
    no_detail: Annotated[
        bool, typer.Option("--no-detail", help="Enlarge by interpolation alone, without predicted detail.")
    ] = False,
    smooth: Annotated[
        bool, typer.Option("--smooth", help="Smooth the borders of ranges, in files of `nc pifs`.")
    ] = False,
    force: Annotated[bool, typer.Option("-f", "--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Decode a .ncl at any scale."""
    if scale is not None and size is not None:
        raise typer.BadParameter("give --scale or --size, not both", param_hint="--size")
    wanted = _size(size)
    mark = f"@{size.lower()}" if size else f"@{scale:g}x" if scale not in (None, 1) else ""
    target = output or source.with_name(f"{source.stem}{mark}.png")
    data = read_bytes(source)
    check_output(source, target, force)
    import nccodec

    from ..imaging.pictures import writable, write_picture

    writable(target)
    try:
        nccodec.info(data)  # so that a damaged file is told before torch is loaded
        shown = {"self_reference": not no_self_reference, "detail": not no_detail, "smooth": smooth}
        picture = nccodec.decode(data, scale or 1, wanted, weights, device.value, **shown)
    except NclError as error:
        raise naming(source, error) from None
    try:
        replace(target, lambda path: write_picture(picture, path))
    except NclError as error:
        raise naming(target, error) from None
    typer.echo(f"{target}: {picture.width} x {picture.height}", err=True)
