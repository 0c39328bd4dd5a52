"""Smoothing across the borders of ranges, after decoding and no part of the format.

Where two ranges meet, the step between them that their slopes do not explain is taken for an error, up to half a
quantizer step, and is spread linearly over two pixels on either side. The steps are those at scale 1 and the
spreading has the same means at every scale, so that enlarged decodes still reduce to the one at scale 1.
"""

import numpy as np
import torch
from torch import Tensor

from ..collage.scales import reduce_area
from .code import SMALLEST_RANGE, UNIT, PartitionCode, nodes_of

_SHARE = 0.5  # of the quantizer step of the orthonormal details, that a step is corrected by at most


def smooth_borders(z: Tensor, code: PartitionCode, number: int, up: int) -> Tensor:
    """A plane, [1, 1, H, W] in grey levels / 255 at scale `up`, with the borders of its ranges smoothed; ranges
    of less than 4 pixels stay as they are."""
    sides = _sides(code, number)
    most = _SHARE * code.layout.planes[number].quantizer(1) / (255 * UNIT)
    for grid in (sides, sides.T):  # first across, then down
        z = _across(z, _borders(grid).to(z.device), most, up).transpose(-1, -2)
    return z


def _sides(code: PartitionCode, number: int) -> np.ndarray:
    """The side of the range that each square of 4 pixels of the canvas belongs to, 0 if it has several."""
    sides = np.zeros(code.layout.planes[number].grid(SMALLEST_RANGE), np.int64)
    for side, _, leaves, _ in nodes_of(code, number):
        if side >= SMALLEST_RANGE:
            repeats = side // SMALLEST_RANGE
            sides += side * leaves.repeat(repeats, 0).repeat(repeats, 1)
    return sides


def _borders(sides: np.ndarray) -> Tensor:
    """Whether two ranges meet between a square and the next: bool [rows, columns - 1]."""
    left, right = sides[:, :-1], sides[:, 1:]
    place = SMALLEST_RANGE * np.arange(1, sides.shape[1])
    return torch.from_numpy((left > 0) & (right > 0) & (place % np.maximum(left, 1) == 0))


def _across(z: Tensor, borders: Tensor, most: float, up: int) -> Tensor:
    """z: [1, 1, H, W]. borders: see `_borders`. most: largest step that is corrected."""
    squares = reduce_area(z, up).unflatten(-1, (-1, SMALLEST_RANGE))  # [1, 1, h, columns, 4]
    left, right = squares[..., :-1, :], squares[..., 1:, :]
    slopes = (left[..., -1] - left[..., -2] + right[..., 1] - right[..., 0]) / 2
    step = (right[..., 0] - left[..., -1] - slopes).clamp(-most, most)  # [1, 1, h, columns - 1]
    step = step * borders.repeat_interleave(SMALLEST_RANGE, 0)
    step = step.repeat_interleave(up, 2)[..., None]
    reach = 2 * up
    share = 0.5 - (torch.arange(reach, dtype=z.dtype, device=z.device) + 0.5) / (2 * reach)
    z = z.clone()
    fine = z.unflatten(-1, (-1, SMALLEST_RANGE * up))  # a view
    fine[..., 1:, :reach] -= step * share
    fine[..., :-1, -reach:] += step * share.flip(0)
    return z
