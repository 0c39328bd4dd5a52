"""Pictures of maps that give any window of their samples at once: made, reduced and rounded a part at a time."""

from collections.abc import Callable

import numpy as np

from ..arrays import Array, form
from ..code import Span
from .output import Request, grey_levels
from .scales import reduce_area

_TILE = 2048  # samples to a side of what is made at a time

Window = Callable[[Span, Span], Array]


def picture_of(
    window: Window, request: Request, size: tuple[int, int], grey: bool, bias: float,
    colours: Callable[[Array], Array] = lambda z: z,
) -> np.ndarray:  # fmt: skip
    """What is asked for: uint8 [H, W, 3], or [H, W] if grey.

    window: gives rows and columns of the samples at the request's scale `up`: float32 [1, C, rows, columns]. size:
    height, width of all of them. colours: of those, reduced, makes red, green and blue, or grey, 0 black less bias to 1
    white less bias.
    """
    rows, columns = request.rows, request.columns
    shape = (rows[1] - rows[0], columns[1] - columns[0])
    result = np.empty(shape if grey else (*shape, 3), np.uint8)
    sizes = zip(request.extent, (request.height, request.width), strict=True)
    per_pixel = max(1.0, *(n * request.down / length for n, length in sizes))  # samples at scale `up`, along a side
    step, down = max(1, int(_TILE / per_pixel)), request.down
    for y in range(*rows, step):
        for x in range(*columns, step):
            part = (y, min(y + step, rows[1])), (x, min(x + step, columns[1]))
            place = tuple(slice(a - b[0], c - b[0]) for (a, c), b in zip(part, (rows, columns), strict=True))
            wanted = zip(request.samples(*part), size, strict=True)
            spans = tuple((a * down, min(b * down, length)) for (a, b), length in wanted)
            z = colours(_reduced(window, spans, down))
            result[place] = grey_levels(request.fit(z, *part), bias)
    return result


def reduced(z: Array, down: int) -> Array:
    """[1, C, H, W] -> means over squares, continued by the nearest samples to whole ones: [1, C, ceil(H / down),
    ceil(W / down)]."""
    if down == 1:
        return z
    return reduce_area(form(z).pad(z, 0, -z.shape[2] % down, 0, -z.shape[3] % down, edge=True), down)


def _reduced(window: Window, spans: tuple[Span, Span], down: int) -> Array:
    """A window, its rows and columns from multiples of `down` on, `reduced`. One pixel of a small picture may be made
    of all samples that there are: so many at a time as a tile has."""
    step = max(1, _TILE // down) * down
    (top, bottom), (left, right) = spans
    if bottom - top <= step and right - left <= step:
        return reduced(window(*spans), down)
    result = None
    for y in range(top, bottom, step):
        for x in range(left, right, step):
            z = reduced(window((y, min(y + step, bottom)), (x, min(x + step, right))), down)
            if result is None:
                shape = (-(-(stop - start) // down) for start, stop in spans)
                result = np.empty((1, z.shape[1], *shape), np.float32)
            row, column = (y - top) // down, (x - left) // down
            result[:, :, row : row + z.shape[2], column : column + z.shape[3]] = z
    return result
