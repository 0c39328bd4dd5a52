"""What a file is to meet, and the search over levels that meets it, all from one analysis of the picture."""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..errors import LimitError, NclWarning

SIZE_TOLERANCE = 0.02  # share of a target size that a file may stay below it
PSNR_TOLERANCE = 0.1  # dB that a picture may be above a target
CHEAP = 1  # effort of the first search where more is asked for; refinement follows near its result
_TRIES = 5  # codes of full effort that the first search may take


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

    def bytes(self, pixels: int) -> int | None:
        """The most that the file of a picture of so many pixels may have; None where that is not what is asked for."""
        if self.bpp is not None:
            return int(self.bpp * pixels / 8)
        return self.size


class Levels(Protocol):
    """The files of one picture by level, 0 .. top, and effort; they remember what they were asked for."""

    top: int

    def data(self, level: int, effort: int) -> bytes: ...

    def log_size(self, level: int, effort: int) -> float: ...

    def psnr(self, level: int, effort: int) -> float: ...


def to_target(attempts: Levels, target: Target, effort: int, pixels: int) -> bytes:
    """The largest file that is not over a size, or about the smallest that reaches a PSNR. An NclWarning where even
    the largest that there is stays well below the size, or the smallest is above the PSNR; LimitError, with the
    nearest that there is, where no file meets the target."""
    if target.psnr is not None:
        return _reaching(attempts, target.psnr, effort)
    size = target.bytes(pixels)
    tolerance = -math.log1p(-SIZE_TOLERANCE)
    level = highest_within(attempts.log_size, attempts.top, math.log(max(size, 1)), tolerance, effort)
    data = attempts.data(level, effort)
    asked = f"{size} bytes" if target.size is not None else f"{target.bpp:g} bpp"
    found = f"{len(data)} bytes" if target.size is not None else f"{8 * len(data) / pixels:.4f} bpp"
    if len(data) > size:
        raise LimitError(f"{asked} cannot be met; the smallest file has {found}")
    if level == attempts.top and len(data) < (1 - SIZE_TOLERANCE) * size:
        warnings.warn(f"{asked} are more than the best lossy file needs: {found}", NclWarning, stacklevel=2)
    return data


def _reaching(attempts: Levels, wanted: float, effort: int) -> bytes:
    """See to_target: of a PSNR."""
    highest = wanted + PSNR_TOLERANCE
    level = highest_within(attempts.psnr, attempts.top, highest, 0.9 * PSNR_TOLERANCE, effort)
    step = 1
    while attempts.psnr(level, effort) < wanted and level < attempts.top:
        level, step = min(level + step, attempts.top), 2 * step  # wider, as the PSNR may fall for some levels
    reached = attempts.psnr(level, effort)
    if reached < wanted:
        raise LimitError(f"{wanted:g} dB cannot be met; the best lossy file has {reached:.2f} dB")
    if level == 0 and reached > highest:
        found = f"{reached:.2f} dB" if math.isfinite(reached) else "no error at all"
        warnings.warn(f"{wanted:g} dB are less than the smallest file has: {found}", NclWarning, stacklevel=2)
    return attempts.data(level, effort)


def highest_within(measure: Callable[[int, int], float], top: int, limit: float, tolerance: float, effort: int) -> int:
    """The highest level of 0 .. top found whose measure is not above the limit; 0 if none is.

    measure: value of a level at an effort, which rises with the level, for example the logarithm of a
    size; it should remember what it is asked for again. tolerance: values less than this below the
    limit end the search. With an effort above CHEAP the search is made at CHEAP first, then again with the
    limit shifted by what the effort was seen to change; where that does not lead there, at the effort itself.
    """
    if effort <= CHEAP:
        return _search(lambda level: measure(level, effort), top, limit, tolerance)
    best, shift = 0, 0.0
    for _ in range(_TRIES):
        level = _search(lambda level: measure(level, CHEAP), top, limit + shift, tolerance / 4)
        value = measure(level, effort)
        best = max(best, level) if value <= limit else best
        if limit - tolerance <= value <= limit:
            return best
        aim = shift
        # Aim at the middle of the tolerance: what the effort changes varies a little with the level.
        shift = measure(level, CHEAP) - value - tolerance / 2
        if shift == aim:
            break
    return max(best, _search(lambda level: measure(level, effort), top, limit, tolerance))


def _search(measure: Callable[[int], float], top: int, limit: float, tolerance: float) -> int:
    """See highest_within: interpolation between the two levels that enclose the limit, and bisection
    where it does not halve their distance."""
    low, high = 0, top
    below, above = measure(low), measure(high)
    if above <= limit or below > limit:
        return high if above <= limit else low
    interpolate = True
    while high - low > 1 and below < limit - tolerance:
        share = (limit - tolerance / 2 - below) / (above - below) if interpolate else 0.5
        level = min(max(low + round(share * (high - low)), low + 1), high - 1)
        width, value = high - low, measure(level)
        if value <= limit:
            low, below = level, value
        else:
            high, above = level, value
        interpolate = not interpolate or 2 * (high - low) <= width
    return low
