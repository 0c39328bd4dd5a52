"""Colours of more than 8 bits a sample, of which Pillow gives 8."""

import re
import sys
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile

from .opening import open_picture

_ROWS = 256  # at a time
# By what Pillow calls the order of the bytes of a sample, the order in which their low bytes are where it looks.
_OTHER = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
_DEEP = re.compile(r"(?P<bands>RGB|RGBX|RGBA|CMYK|LA);16(?P<order>[BLN])")
_HEAD = 1 << 20  # bytes of a file in which its depth is told, after a profile maybe
# By format, what comes before the byte that tells the depth, how far, and what the byte says: the first size of a
# component in a codestream (ISO/IEC 15444-1, A.5.1), and the bits for 10 and 12 in AV1's configuration (AV1-ISOBMFF
# 2.3.3).
_TOLD = {
    "JPEG2000": (b"\xff\x4f\xff\x51", 42, lambda size: (size & 127) + 1),
    "AVIF": (b"av1C", 6, lambda flags: 8 + 2 * (flags >> 6 & 1) + 2 * (flags >> 5 & 1)),
}
_PLANAR = 284  # a TIFF's tag, above 1 where each colour has a plane of its own


def lost_depth(opened: ImageFile.ImageFile, source: Path | BinaryIO) -> int | None:
    """Bits of a sample of an opened picture if they are more than the 8 of which Pillow would give it; before `load`.
    Raises what reading raises."""
    if opened.mode.startswith("I"):
        return None
    if opened.format in _TOLD:
        mark, at, bits_of = _TOLD[opened.format]
        head = _head(source)
        found = head.find(mark)
        bits = bits_of(head[found + at]) if 0 <= found < len(head) - at else 8
        return bits if bits > 8 else None
    lost = any(
        (isinstance(argument, str) and ";16" in argument)
        or (opened.format == "PPM" and isinstance(argument, int) and argument > 255)
        for tile in opened.tile
        for argument in _arguments(tile)
    )
    return 16 if lost else None


def low_bytes(opened: ImageFile.ImageFile, source: Path | BinaryIO) -> Image.Image | None:
    """What `rounded` needs beside an opened picture of 16 bits a sample; before that is loaded. Of grey with
    transparency all bytes. None where there is nothing to round, or no way to. Raises what Pillow raises."""
    planar = opened.format == "TIFF" and opened.tag_v2.get(_PLANAR, 1) > 1
    if planar or opened.format not in ("PNG", "TIFF") or not any(map(_swapped, opened.tile)):
        return None
    with open_picture(source) as other:
        other.tile = [tile._replace(args=_swapped(tile)) for tile in other.tile]
        other.load()
        return other


def rounded(picture: Image.Image, low: Image.Image, grey: bool) -> None:
    """Put into the high bytes of a picture's samples those samples rounded to 8 bits, and make transparent what
    its `info` says is. grey: of 16 bits, with transparency, which Pillow gives as "RGBA"."""
    key = picture.info.pop("transparency", None)
    alpha = None if key is None else Image.new("L", picture.size)
    for top in range(0, picture.height, _ROWS):
        box = (0, top, picture.width, min(top + _ROWS, picture.height))
        high, rest = (np.asarray(part.crop(box), np.int16) for part in (picture, low))
        if grey:
            high, rest = rest[..., [0, 0, 0, 2]], rest[..., [1, 1, 1, 3]]
        # (256 high + rest + 128) // 257
        samples = np.uint8(high + (rest > high + 128) - (high > rest + 128))
        picture.paste(Image.frombytes(picture.mode, (box[2], box[3] - top), samples.tobytes()), box)
        if alpha:
            alpha.paste(Image.fromarray(np.uint8(255 * (256 * np.int32(high) + rest != key).any(-1))), box)
    if alpha:
        picture.putalpha(alpha)


def is_deep_grey(opened: ImageFile.ImageFile) -> bool:
    """Whether it has grey of 16 bits with transparency; before `load`."""
    return any("LA;16B" in _arguments(tile) for tile in opened.tile)


def _head(source: Path | BinaryIO) -> bytes:
    if isinstance(source, Path):
        with source.open("rb") as file:
            return file.read(_HEAD)
    at = source.tell()
    source.seek(0)
    head = source.read(_HEAD)
    source.seek(at)
    return head


def _arguments(tile: ImageFile._Tile) -> tuple:
    return tile.args if isinstance(tile.args, tuple) else (tile.args,)


def _swapped(tile: ImageFile._Tile) -> tuple | None:
    """The arguments of a tile that make Pillow read the low bytes; None if there are none."""
    rawmode, *others = _arguments(tile)
    found = _DEEP.fullmatch(rawmode) if isinstance(rawmode, str) else None
    if not found:
        return None
    # Of "LA" there is one order alone; its four bytes are read as samples.
    other = "RGBA" if found["bands"] == "LA" else f"{found['bands']};16{_OTHER[found['order']]}"
    return other, *others
