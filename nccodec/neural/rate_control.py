"""The quality level that meets a size or a PSNR: a search over levels, all from one analysis pass."""

from collections.abc import Callable

CHEAP = 1  # effort of the first search where more is asked for; refinement follows near its result
_TRIES = 5  # codes of full effort that the first search may take


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
