"""What a file is to meet, and the search over levels that meets it."""

import math
from dataclasses import dataclass
from typing import Protocol

from .errors import LimitError
from .neural.rate_control import highest_within

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


class Attempts(Protocol):
    """The files of one picture by level, 0 .. top, and effort; they remember what they were asked for."""

    top: int

    def data(self, level: int, effort: int) -> bytes: ...

    def log_size(self, level: int, effort: int) -> float: ...

    def psnr(self, level: int, effort: int) -> float: ...


def to_target(attempts: Attempts, target: Target, effort: int, pixels: int) -> bytes:
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
