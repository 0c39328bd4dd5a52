"""Which of Pillow's formats a file is."""

from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageFile

_COMMON = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "PPM")


def load_common() -> None:
    """Import Pillow's modules of the common formats alone; all of them take 20 ms."""
    Image.preinit()
    from PIL import WebPImagePlugin  # noqa: F401


def open_picture(source: Path | BinaryIO) -> ImageFile.ImageFile:
    """Like `Image.open`, and raises what that raises. What is found depends on the file's contents and name alone:
    Pillow itself asks its formats in the order in which they were first needed, and some take files of others."""
    load_common()
    try:
        return Image.open(source, formats=_COMMON)
    except Image.UnidentifiedImageError:
        Image.init()
    named = Image.EXTENSION.get(source.suffix.lower()) if isinstance(source, Path) else None

    def rank(name: str) -> tuple[bool, bool, str]:
        _, recognises = Image.OPEN[name]
        return name != named, recognises is None, name  # those without a signature last

    # NCL is there once `pillow_plugin` was imported.
    return Image.open(source, formats=sorted({*Image.OPEN} - {*_COMMON, "NCL"}, key=rank))
