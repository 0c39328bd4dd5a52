"""Importing this lets Pillow read and write `.ncl`: `Image.open`, `save`, thumbnails.

Opening reads the container alone; pixels are decoded when they are first asked for, and for thumbnails
at the smallest of the scales 1/2, 1/4, ... that suffices.
"""

import io
from dataclasses import fields
from typing import IO, Any

from PIL import Image, ImageFile

import nccodec

from .bitstream import container
from .bitstream.extras import read_extras
from .codec.kinds import KINDS, read
from .errors import ImageError, NclError
from .imaging.metadata import info_of

FORMAT, MIME = "NCL", "image/x-ncl"
_OPTIONS = {"quality", "map", "packer", "device", "bpp", "size", "psnr", "strip", "verify"} | {
    field.name for kind in KINDS for field in fields(kind.options)
}
_INFO = ("icc_profile", "exif", "xmp")


class NclImageFile(ImageFile.ImageFile):
    """A `.ncl` as Pillow opens it. Damaged containers are not identified; damaged contents are an OSError when
    the pixels are loaded."""

    format = FORMAT
    format_description = "Neural Collage"

    def _open(self) -> None:
        self._data = self.fp.read()
        try:
            header, chunks = read(self._data)
            ancillary = [chunk for chunk in chunks if chunk.kind > container.ALPHA]
            self.info |= info_of(read_extras(header.common, ancillary).metadata)
        except NclError as error:
            raise SyntaxError(str(error)) from None
        common = header.common
        self._mode = ("L" if common.grey else "RGB") + ("A" if common.alpha else "")
        self._size = self._whole = (common.width, common.height)
        self._scale, self._smallest = 1.0, 1 / common.side
        self._decoded = False

    def draft(self, mode: str | None, size: tuple[int, int] | None) -> tuple[str, tuple[float, ...]] | None:
        """Decode at a reduced scale that is no smaller than `size`; mode is not changed. See `Image.draft`."""
        if self._decoded or size is None:
            return None
        scale = 1.0
        while scale > self._smallest and all(n * scale / 2 >= m for n, m in zip(self._whole, size, strict=True)):
            scale /= 2
        if scale == self._scale:
            return None
        self._scale = scale
        self._size = tuple(-int(-n * scale // 1) for n in self._whole)  # rounded up
        return self.mode, (0, 0, self._whole[0] * scale, self._whole[1] * scale)

    def load(self) -> Any:
        """Decode what was opened. OSError where it cannot be."""
        if not self._decoded:
            try:
                picture = nccodec.decode(self._data, self._scale)
            except NclError as error:
                raise OSError(str(error)) from error
            self.fp = io.BytesIO(picture.tobytes())
            self.tile = [ImageFile._Tile("raw", (0, 0, *self.size), 0, self.mode)]
            self._decoded = True
        return super().load()

    def load_seek(self, pos: int) -> None:
        """Nothing: the pixels begin where `fp` stands. That it exists keeps Pillow from mapping the file itself."""


def register() -> None:
    """Tell Pillow of the format; again changes nothing."""
    Image.register_open(FORMAT, NclImageFile, lambda prefix: prefix.startswith(container.MAGIC))
    Image.register_save(FORMAT, _save)
    Image.register_extension(FORMAT, ".ncl")
    Image.register_mime(FORMAT, MIME)


def _save(picture: Image.Image, file: IO[bytes], filename: str | bytes) -> None:
    given = picture.encoderinfo
    options = {name: given[name] for name in _OPTIONS if name in given}
    picture = picture.copy()
    for name in _INFO:
        if name in given:
            content = given[name]
            picture.info[name] = content.tobytes() if isinstance(content, Image.Exif) else content
    try:
        file.write(nccodec.encode(picture, **options))
    except ImageError as error:
        raise OSError(str(error)) from error
    except NclError as error:
        raise ValueError(str(error)) from error


register()
