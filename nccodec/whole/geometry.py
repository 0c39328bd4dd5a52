"""How a picture is cut into ranges of its own shape, and which of them are the domain."""

import math

from ..errors import LimitError
from .code import range_size
from .header import FEWEST, MAX_CANVAS, MOST, SMALLEST_DOMAIN

_FREEDOM = 1.3  # how many more or fewer ranges than asked for
_DEVIATION = 0.1  # what a ratio of e of these counts, beside the share of the canvas that is beyond the picture


def ranges_of(height: int, width: int, side: int) -> int:
    """How many ranges to a side give ranges of about side x side pixels, of which little lies beyond the picture: no
    more than it has pixels, which would leave most of them there. LimitError for a picture that is too large."""
    wanted = math.sqrt(height * width) / side
    first, last = (min(MOST, max(FEWEST, math.floor(wanted * factor))) for factor in (1 / _FREEDOM, _FREEDOM))
    last = min(last, max(FEWEST, min(height, width)))

    def cost(ranges: int) -> float:
        down, across = range_size(height, width, ranges)
        beyond = math.log(down * across * ranges**2 / (height * width))
        return beyond + _DEVIATION * abs(math.log(ranges / max(wanted, 1)))

    ranges = min(range(min(first, last), last + 1), key=cost)
    if math.prod(range_size(height, width, ranges)) * ranges**2 > MAX_CANVAS:
        raise LimitError(f"{width} x {height} pixels in {ranges} x {ranges} whole ranges are over {MAX_CANVAS}")
    return ranges


def domain_of(region: tuple[int, int, int, int] | None, height: int, width: int, ranges: int) -> tuple[int, int, int]:
    """Row, column and side in ranges of the domain that is nearest to a region x, y, width, height in pixels: about its
    middle, of its area. None: of the whole picture. LimitError for a region that is not inside."""
    if region is None:
        return 0, 0, ranges
    x, y, across, down = region
    if min(x, y) < 0 or min(across, down) < 1 or x + across > width or y + down > height:
        raise LimitError(f"the domain {x},{y},{across},{down} is not inside {width} x {height} pixels")
    rows, columns = range_size(height, width, ranges)
    side = round(math.sqrt(across / columns * down / rows))
    side = min(ranges, max(SMALLEST_DOMAIN, side))
    middles = (y + down / 2) / rows, (x + across / 2) / columns
    top, left = (min(ranges - side, max(0, round(middle - side / 2))) for middle in middles)
    return top, left, side
