"""What of a `.ncl` is to be made, as it is given on the command line."""

import re

import typer

import nccodec

from ..errors import NclError
from .address import Place
from .files import naming, read_bytes


def checked(source: Place) -> bytes:
    """The bytes of a file, whose framing is that of a `.ncl`, or an NclError that names it."""
    data = read_bytes(source)
    try:
        nccodec.info(data)
    except NclError as error:
        raise naming(source, error) from None
    return data


def inside(fit: int, data: bytes) -> tuple[int, int] | None:
    """Width and height with `fit` pixels along the longer side; None where the picture has no more."""
    about = nccodec.info(data)
    size = about["width"], about["height"]
    if max(size) <= fit:
        return None
    return tuple(max(1, round(n * fit / max(size))) for n in size)


def size_of(text: str | None, option: str = "--size") -> tuple[int, int] | None:
    """Width and height of an option. BadParameter for what is none."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,7})[xX](\d{1,7})", text)
    if not match or "0" in (match[1].lstrip("0") or "0", match[2].lstrip("0") or "0"):
        raise typer.BadParameter(f"{text!r} is not WxH, such as 640x480", param_hint=option)
    return int(match[1]), int(match[2])


def region_of(text: str | None, option: str) -> tuple[int, ...] | None:
    """Left, top, width and height of X,Y,W,H. BadParameter for anything else; option: its name."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,8}),(\d{1,8}),(\d{1,8}),(\d{1,8})", text)
    if not match:
        raise typer.BadParameter(f"{text!r} is not X,Y,W,H, such as 100,50,640,480", param_hint=option)
    return tuple(map(int, match.groups()))
