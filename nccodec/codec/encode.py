"""Encoding end to end: picture -> imaging -> neural -> bitstream -> bytes, at a quality or to a target."""

import math
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops

from ..bitstream.container import PACKERS
from ..code import MAX_PIXELS, Extras
from ..collage.device import choose_device
from ..errors import LimitError, VerificationError
from ..imaging.metadata import info_of
from ..imaging.pictures import parts_of
from ..imaging.psnr import psnr
from ..neural.analysis import Analysis
from ..neural.code import CollageCode
from ..neural.packing import write_code
from ..neural.synthesis import synthesise
from ..neural.weights import Weights, named
from .decode import decode_picture
from .target import Target, to_target

EFFORTS = range(10)


def encode_picture(
    image: Image.Image,
    target: Target,
    effort: int,
    weights: str | Path,
    packer: str,
    device: str,
    strip: Collection[str],
    verify: bool,
    progress: Callable[[float], None],
) -> bytes:
    """See `nccodec.encode`."""
    if packer not in PACKERS:
        raise LimitError(f"packer {packer!r} is unknown: range or fixed")
    if effort not in EFFORTS:
        raise LimitError(f"effort {effort} is outside 0 .. 9")
    if image.width * image.height > MAX_PIXELS:
        raise LimitError(f"{image.width} x {image.height} pixels are over the limit of {MAX_PIXELS}")
    found = named(weights)
    picture, extras = parts_of(image, strip)
    analysis = Analysis(picture, found, choose_device(device))
    attempts = _Attempts(analysis, picture, found, packer, extras, progress)
    if target.quality is not None:
        data = attempts.data(round(target.quality / 100 * found.levels), effort)
    else:
        data = to_target(attempts, target, effort, picture.width * picture.height)
    if verify:
        attempts.verify(data)
    return data


class _Attempts:
    """The files of one picture at several levels and efforts, each made once."""

    def __init__(
        self, analysis: Analysis, picture: Image.Image, weights: Weights, packer: str, extras: Extras,
        progress: Callable[[float], None],
    ) -> None:  # fmt: skip
        self.top = weights.levels
        self._analysis, self._picture, self._weights = analysis, picture, weights
        self._packer, self._extras, self._progress = packer, extras, progress
        self._made: dict[tuple[int, int], tuple[bytes, float]] = {}
        self._codes: dict[bytes, CollageCode] = {}

    def _make(self, level: int, effort: int, decoded: bool) -> tuple[bytes, float]:
        made = self._made.get((level, effort))
        if made is None or (decoded and math.isnan(made[1])):
            code = self._analysis.code(level, effort, self._progress)
            data = write_code(code, self._packer, self._weights.prior_at(level), self._extras)
            self._codes[data] = code
            db = math.nan
            if decoded:
                picture = synthesise(code, self._weights, device=self._analysis.device)
                db = psnr(self._picture, picture, self._extras.alpha)
            self._made[level, effort] = made = (data, db)
        return made

    def verify(self, data: bytes) -> None:
        """VerificationError unless these bytes, one of the files made here, decode to its picture and the rest."""
        code, weights, device = self._codes[data], self._weights, self._analysis.device
        expected = Image.fromarray(synthesise(code, weights, device=device))
        decoded = decode_picture(data, 1, None, weights, device, True, True, False, MAX_PIXELS, None)
        same_alpha = self._extras.alpha is None or np.array_equal(decoded.getchannel("A"), self._extras.alpha)
        kept = all(decoded.info.get(key) == value for key, value in info_of(self._extras.metadata).items())
        if not (
            ImageChops.difference(decoded.convert(expected.mode), expected).getbbox() is None and same_alpha and kept
        ):
            raise VerificationError("the file does not decode to what was encoded; please report this")

    def data(self, level: int, effort: int) -> bytes:
        return self._make(level, effort, decoded=False)[0]

    def log_size(self, level: int, effort: int) -> float:
        return math.log(len(self.data(level, effort)))

    def psnr(self, level: int, effort: int) -> float:
        return self._make(level, effort, decoded=True)[1]
