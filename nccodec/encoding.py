"""Encoding end to end: picture -> imaging -> neural -> bitstream -> bytes, at a quality or to a target."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from .bitstream.container import MAX_PIXELS, PACKERS
from .bitstream.file import write_code
from .errors import LimitError
from .evaluation.metrics import psnr
from .imaging.pictures import to_supported
from .neural.analysis import Analysis, choose_device
from .neural.rate_control import highest_within
from .neural.synthesis import synthesise
from .neural.weights import Weights, named

EFFORTS = range(10)
SIZE_TOLERANCE = 0.02  # share of a target size that a file may stay below it
PSNR_TOLERANCE = 0.1  # dB that a picture may be above a target


@dataclass(frozen=True)
class Target:
    """What decides the quality level: exactly one of these.

    quality: 0 .. 100. bpp: bits per pixel, size: bytes, neither of which the file exceeds. psnr: dB of
    the decoded picture (all three channels), which it reaches.
    """

    quality: float | None = None
    bpp: float | None = None
    size: int | None = None
    psnr: float | None = None

    def __post_init__(self) -> None:
        given = {name: value for name, value in vars(self).items() if value is not None}
        if len(given) != 1:
            raise LimitError("give exactly one of quality, bpp, size and psnr")
        for name, value in given.items():
            if name == "quality" and not 0 <= value <= 100:
                raise LimitError(f"quality {value:g} is outside 0 .. 100")
            if not (math.isfinite(value) and (value > 0 or name == "quality")):
                raise LimitError(f"{name} {value:g} is not a positive number")


def encode_picture(
    image: Image.Image,
    target: Target,
    effort: int,
    weights: str | Path,
    packer: str,
    device: str,
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
    picture = to_supported(image)
    pixels = np.asarray(picture.convert("RGB"))
    analysis = Analysis(pixels, picture.mode == "L", found, choose_device(device))
    attempts = _Attempts(analysis, pixels, found, packer, progress)
    if target.quality is not None:
        return attempts.data(round(target.quality / 100 * found.levels), effort)
    return _to_target(attempts, target, effort, pixels.shape[0] * pixels.shape[1])


class _Attempts:
    """The files of one picture at several levels and efforts, each made once."""

    def __init__(
        self, analysis: Analysis, pixels: np.ndarray, weights: Weights, packer: str, progress: Callable[[float], None]
    ) -> None:
        self.top = weights.levels
        self._analysis, self._pixels, self._weights = analysis, pixels, weights
        self._packer, self._progress = packer, progress
        self._made: dict[tuple[int, int], tuple[bytes, float]] = {}

    def _make(self, level: int, effort: int, decoded: bool) -> tuple[bytes, float]:
        made = self._made.get((level, effort))
        if made is None or (decoded and math.isnan(made[1])):
            code = self._analysis.code(level, effort, self._progress)
            data = write_code(code, self._packer, self._weights.prior_at(level))
            db = math.nan
            if decoded:
                picture = synthesise(code, self._weights, device=self._analysis.device)
                source = self._pixels[:, :, 0] if code.grey else self._pixels
                db = psnr(source, picture)
            self._made[level, effort] = made = (data, db)
        return made

    def data(self, level: int, effort: int) -> bytes:
        return self._make(level, effort, decoded=False)[0]

    def log_size(self, level: int, effort: int) -> float:
        return math.log(len(self.data(level, effort)))

    def psnr(self, level: int, effort: int) -> float:
        return self._make(level, effort, decoded=True)[1]


def _to_target(attempts: _Attempts, target: Target, effort: int, pixels: int) -> bytes:
    """The largest file that is not over a size, or about the smallest that reaches a PSNR. LimitError,
    with the nearest that there is, for a target outside what the levels 0 .. top give."""
    if target.psnr is not None:
        highest = target.psnr + PSNR_TOLERANCE
        level = highest_within(attempts.psnr, attempts.top, highest, 0.9 * PSNR_TOLERANCE, effort)
        if attempts.psnr(level, effort) < target.psnr and level < attempts.top:
            level += 1
        reached = attempts.psnr(level, effort)
        if reached < target.psnr or (level == 0 and reached > highest):
            raise LimitError(f"{target.psnr:g} dB cannot be met; the nearest is {reached:.2f} dB")
        return attempts.data(level, effort)
    size = target.size if target.size is not None else int(target.bpp * pixels / 8)
    tolerance = -math.log1p(-SIZE_TOLERANCE)
    level = highest_within(attempts.log_size, attempts.top, math.log(max(size, 1)), tolerance, effort)
    data = attempts.data(level, effort)
    if len(data) > size or (level == attempts.top and len(data) < (1 - SIZE_TOLERANCE) * size):
        if target.size is not None:
            raise LimitError(f"{size} bytes cannot be met; the nearest is {len(data)} bytes")
        raise LimitError(f"{target.bpp:g} bpp cannot be met; the nearest is {8 * len(data) / pixels:.4f} bpp")
    return data
