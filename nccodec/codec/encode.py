"""Encoding end to end: picture -> imaging -> a kind's encoder -> bytes, at a quality or to a target."""

import math
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from PIL import Image, ImageChops

from ..bitstream.container import PACKERS
from ..bitstream.extras import extra_chunks
from ..code import MAX_PIXELS, Extras, level_of
from ..collage.device import choose_device
from ..collage.output import Request, View
from ..errors import LimitError, VerificationError
from ..imaging.metadata import info_of
from ..imaging.pictures import parts_of
from ..imaging.psnr import psnr
from .decode import decode_picture
from .file import write_file
from .kinds import Code, Encoder, fitting, of_code
from .target import Target, to_target


def attempts_of(
    image: Image.Image,
    map: str,
    options: dict[str, Any],
    packer: str = "range",
    device: str = "auto",
    strip: Collection[str] = (),
    progress: Callable[[float], None] = lambda _: None,
    target: Target | None = None,
) -> "Attempts":
    """One picture analysed, for files at any number of qualities. See `nccodec.encode` for what is taken and raised.
    target: what all of them are for, where that is known."""
    if packer not in PACKERS:
        raise LimitError(f"packer {packer!r} is unknown: range or fixed")
    if image.width * image.height > MAX_PIXELS:
        raise LimitError(f"{image.width} x {image.height} pixels are over the limit of {MAX_PIXELS}")
    picture, extras = parts_of(image, strip)
    kind, checked = fitting(map, options, packer, picture)
    size = target and target.bytes(image.width * image.height)
    if size:
        beside = sum(len(chunk.payload) for chunk in extra_chunks(extras))
        checked = kind.toward(checked, max(1, size - beside))
    device = choose_device(device, checked.gradients)
    encoder = kind.room().Encoder(picture, checked, device, progress)
    return Attempts(encoder, picture, extras, packer, device)


class Attempts:
    """The files of one picture at several levels, 0 .. top, and efforts, each made once."""

    def __init__(self, encoder: Encoder, picture: Image.Image, extras: Extras, packer: str, device: str) -> None:
        self.top = encoder.top
        self._encoder, self._device = encoder, device
        self._picture, self._extras, self._packer = picture, extras, packer
        self._made: dict[tuple[int, int], tuple[Code, bytes]] = {}
        self._measured: dict[tuple[int, int], float] = {}

    def to(self, target: Target, verify: bool = False) -> bytes:
        """The file that meets a target; see `target.to_target` for what is warned of and raised. verify: decode it,
        VerificationError where that is not what was encoded."""
        effort = self._encoder.effort
        if target.quality is not None:
            data = self.data(level_of(target.quality, self.top), effort)
        else:
            data = to_target(self, target, effort, self._picture.width * self._picture.height)
        if verify:
            self._verify(data)
        return data

    def data(self, level: int, effort: int) -> bytes:
        return self._make(level, effort)[1]

    def log_size(self, level: int, effort: int) -> float:
        return math.log(len(self.data(level, effort)))

    def psnr(self, level: int, effort: int) -> float:
        if (level, effort) not in self._measured:
            decoded = self._decoded(self._make(level, effort)[0])
            self._measured[level, effort] = psnr(self._picture, decoded, self._extras.alpha)
        return self._measured[level, effort]

    def _make(self, level: int, effort: int) -> tuple[Code, bytes]:
        if (level, effort) not in self._made:
            code = self._encoder.code(level, effort)
            data = write_file(code, self._packer, self._encoder.model(code), self._extras)
            self._made[level, effort] = code, data
        return self._made[level, effort]

    def _decoded(self, code: Code) -> np.ndarray:
        common = code.common(self._packer, False)
        request = Request.of(View(), (common.height, common.width), common.side)
        return of_code(code).room().synthesise(code, self._encoder.weights, request, self._device)

    def _verify(self, data: bytes) -> None:
        """VerificationError unless these bytes, one of the files made here, decode to its picture and the rest."""
        code = next(code for code, made in self._made.values() if made is data)
        expected = Image.fromarray(self._decoded(code))
        decoded = decode_picture(data, View(), self._encoder.weights, self._device)
        same = ImageChops.difference(decoded.convert(expected.mode), expected).getbbox() is None
        same_alpha = self._extras.alpha is None or np.array_equal(decoded.getchannel("A"), self._extras.alpha)
        kept = all(decoded.info.get(key) == value for key, value in info_of(self._extras.metadata).items())
        if not (same and same_alpha and kept):
            raise VerificationError("the file does not decode to what was encoded; please report this")
