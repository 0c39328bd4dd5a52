"""The pictures of a library: opened when they are first asked for, kept within bounds, made as an address says."""

import io
import math
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from ..codec.kinds import describe
from ..codec.opened import Opened
from ..errors import FormatError, LimitError, NclError
from .address import Limits, Wanted
from .kept import Kept
from .library import MAX_LISTED, Entry

_SAVED = {
    "jpg": ("JPEG", {"quality": 90, "optimize": False}),
    "png": ("PNG", {"compress_level": 1}),
    "webp": ("WEBP", {"quality": 90, "method": 2}),
}
_PAPER = 255  # under transparency in formats without it
_AROUND = 3  # pixels that cubic interpolation sees beside a region
_TURNS = {
    90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90,
}  # Pillow turns the other way round  # fmt: skip


@dataclass(frozen=True)
class _OfFile:
    """What is kept of one version of one file: see `code.Keep`."""

    kept: Kept
    file: Hashable

    def __call__(self, key: Hashable, make: Callable[[], Any], size: Callable[[Any], int]) -> Any:
        return self.kept.keep((self.file, key), make, size)

    def has(self, key: Hashable) -> bool:
        return self.kept.has((self.file, key))


class Images:
    """What is made of files. cache: bytes for all that is kept, half of it for answers and half for what they are made
    from. weights: as of `nccodec.decode`. pixels: of an answer at most."""

    def __init__(self, cache: int, pixels: int, weights: str | None = None) -> None:
        self._parsed, self._answers = Kept(cache // 2), Kept(cache - cache // 2)
        self._pixels, self._weights = pixels, weights
        self._broken: dict[Hashable, str] = {}

    def opened(self, entry: Entry) -> Opened:
        """The file of an entry. NclError for a broken one, at once where that is known already."""
        key = entry.path, entry.version
        if key in self._broken:
            raise FormatError(self._broken[key])
        try:
            keep = _OfFile(self._parsed, key)
            return keep("opened", lambda: Opened(entry.read(), keep, self._weights), lambda opened: opened.size)
        except (FormatError, LimitError) as error:
            self._remember(entry, error)
            raise

    def _remember(self, entry: Entry, error: NclError) -> None:
        if len(self._broken) > MAX_LISTED:
            self._broken.clear()
        self._broken[entry.path, entry.version] = str(error)

    def limits(self, entry: Entry) -> Limits:
        """Of a file's picture. NclError as of `opened`."""
        opened = self.opened(entry)
        return Limits(opened.common.width, opened.common.height, opened.largest, self._pixels)

    def facts(self, entry: Entry) -> dict:
        """What `nc info` tells, and how far it can be enlarged; or {"error": cause} of a broken file. NclError where
        that may change: it cannot be read now, or its weights are not there."""
        key = "facts", entry.path, entry.version

        def make() -> dict:
            try:
                return describe(entry.read()) | {"enlargement": self.opened(entry).largest}
            except (FormatError, LimitError) as error:
                return {"error": str(error)}

        return self._parsed.keep(key, make, lambda facts: 2000)

    def made(self, entry: Entry, wanted: Wanted, cubic: bool = False) -> bytes | None:
        """The bytes of an answer that is kept, or None."""
        return self._answers.get((entry.path, entry.version, wanted, cubic))

    def work(self, entry: Entry, wanted: Wanted) -> int:
        """Pixels that are made for an answer, or decoded. NclError for a broken file."""
        return max(math.prod(wanted.size), self.opened(entry).work(wanted.region, wanted.size))

    def make(self, entry: Entry, wanted: Wanted, cubic: bool = False) -> bytes:
        """The bytes of an answer. cubic: enlarged from the original's pixels by Pillow's bicubic interpolation, to look
        at beside it. NclError for a broken file."""
        key = entry.path, entry.version, wanted, cubic
        return self._answers.keep(key, lambda: self._make(entry, wanted, cubic), len)

    def _make(self, entry: Entry, wanted: Wanted, cubic: bool) -> bytes:
        opened = self.opened(entry)
        try:
            part = _interpolated if cubic else Opened.part
            picture = part(opened, wanted.region, wanted.size)
        except FormatError as error:
            self._remember(entry, error)
            raise
        return saved(picture, wanted)

    def prepare(self, entry: Entry, going_on: Callable[[], bool]) -> None:
        """Make what reduced views need, so that it is there before they are asked for. going_on: asked before each
        part."""
        with suppress(NclError):  # who asks for the picture is told of what is wrong
            for part in self.opened(entry).prepare():
                if not going_on():
                    return
                part()


def _interpolated(opened: Opened, region: tuple[int, int, int, int], size: tuple[int, int]) -> Image.Image:
    """See `Images.make`."""
    x, y, width, height = region
    left, top = max(0, x - _AROUND), max(0, y - _AROUND)
    right = min(opened.common.width, x + width + _AROUND)
    bottom = min(opened.common.height, y + height + _AROUND)
    around = (left, top, right - left, bottom - top)
    if size[0] <= width and size[1] <= height:  # nothing to interpolate
        return opened.part(region, size)
    picture = opened.part(around, around[2:])
    box = (x - left, y - top, x - left + width, y - top + height)
    resized = picture.resize(size, Image.Resampling.BICUBIC, box)
    resized.info |= picture.info
    return resized


def saved(picture: Image.Image, wanted: Wanted) -> bytes:
    """Turned, in its quality and format. The ICC profile is kept where it still fits."""
    profile = picture.info.get("icc_profile")
    if wanted.mirrored:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if wanted.turned:
        picture = picture.transpose(_TURNS[wanted.turned])
    grey = picture.mode in ("L", "LA")
    if picture.mode in ("LA", "RGBA") and (wanted.format == "jpg" or wanted.quality == "bitonal"):
        paper = Image.new(picture.mode[:-1], picture.size, (_PAPER,) * (len(picture.mode) - 1))
        paper.paste(picture, mask=picture.getchannel("A"))
        picture = paper
    if wanted.quality in ("gray", "bitonal") and not grey:
        picture, profile = picture.convert("LA" if picture.mode == "RGBA" else "L"), None
    if wanted.quality == "bitonal":
        picture = picture.point(np.where(np.arange(256) < 128, 0, 255).tolist())
        picture = picture.convert("1", dither=Image.Dither.NONE) if wanted.format == "png" else picture
    if wanted.quality == "color" and grey:
        picture, profile = picture.convert("RGBA" if picture.mode == "LA" else "RGB"), None
    file, (format, options) = io.BytesIO(), _SAVED[wanted.format]
    if wanted.format == "jpg" and wanted.quality == "bitonal":
        options = {"quality": 100}  # no tones but two
    picture.save(file, format, **options, **({"icc_profile": profile} if profile else {}))
    return file.getvalue()
