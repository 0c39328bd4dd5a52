"""Smoothing across the borders of ranges, after decoding and no part of the format.

Where two ranges meet, the step between them that their slopes do not explain is taken for an error, up to half a
quantizer step, and is spread linearly over two pixels on either side. The steps are those at scale 1 and the
spreading has the same means at every scale, so that enlarged decodes still reduce to the one at scale 1.
"""

import numpy as np

from ..arrays import Array, form, namespace
from ..collage.scales import reduce_area
from .code import SMALLEST_RANGE, UNIT, PartitionCode, nodes_of

_SHARE = 0.5  # of the quantizer step of the orthonormal details, that a step is corrected by at most


def smooth_borders(z: Array, code: PartitionCode, number: int, up: int) -> Array:
    """A plane, [1, 1, H, W] in grey levels / 255 at scale `up`, with the borders of its ranges smoothed; ranges
    of less than 4 pixels stay as they are."""
    sides = _sides(code, number)
    most = _SHARE * code.layout.planes[number].quantizer(1) / (255 * UNIT)
    for grid in (sides, sides.T):  # first across, then down
        z = namespace(z).matrix_transpose(_across(z, _borders(grid), most, up))
    return z


def _sides(code: PartitionCode, number: int) -> np.ndarray:
    """The side of the range that each square of 4 pixels of the canvas belongs to, 0 if it has several."""
    sides = np.zeros(code.layout.planes[number].grid(SMALLEST_RANGE), np.int64)
    for side, _, leaves, _ in nodes_of(code, number):
        if side >= SMALLEST_RANGE:
            repeats = side // SMALLEST_RANGE
            sides += side * leaves.repeat(repeats, 0).repeat(repeats, 1)
    return sides


def _borders(sides: np.ndarray) -> np.ndarray:
    """Whether two ranges meet between a square and the next: bool [rows, columns - 1]."""
    left, right = sides[:, :-1], sides[:, 1:]
    place = SMALLEST_RANGE * np.arange(1, sides.shape[1])
    return (left > 0) & (right > 0) & (place % np.maximum(left, 1) == 0)


def _across(z: Array, borders: np.ndarray, most: float, up: int) -> Array:
    """z: [1, 1, H, W]. borders: see `_borders`. most: largest step that is corrected."""
    xp = namespace(z)

    def constant(values: np.ndarray) -> Array:
        return xp.asarray(values, dtype=z.dtype, device=z.device)

    squares = reduce_area(z, up)
    squares = squares.reshape(*squares.shape[:-1], -1, SMALLEST_RANGE)  # [1, 1, h, columns, 4]
    left, right = squares[..., :-1, :], squares[..., 1:, :]
    slopes = (left[..., -1] - left[..., -2] + right[..., 1] - right[..., 0]) / 2
    step = xp.clip(right[..., 0] - left[..., -1] - slopes, -most, most)  # [1, 1, h, columns - 1]
    step = step * constant(borders.repeat(SMALLEST_RANGE, 0))
    step = xp.repeat(step, up, axis=2)[..., None]
    reach = 2 * up
    share = 0.5 - (np.arange(reach) + 0.5) / (2 * reach)
    z = form(z).copy(z)
    fine = z.reshape(*z.shape[:-1], -1, SMALLEST_RANGE * up)  # a view
    fine[..., 1:, :reach] -= step * constant(share)
    fine[..., :-1, -reach:] += step * constant(share[::-1].copy())
    return z
