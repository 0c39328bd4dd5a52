"""The map of a generative collage at the scale of its pictures: F(z) = affine part + copies of the whole picture.

Every range shows the whole picture, reduced to its size, in all eight isometries at once, each with a weight s of its
own (Neural Collages, arXiv 2204.07673, section 3, with one domain). The sum of |s| in a range is below 15/16, so that F
contracts by that factor in the largest difference. numpy's arrays and torch's tensors alike.
"""

from ..arrays import Array, namespace
from ..collage.operator import isometry
from ..collage.scales import reduce_area
from .header import LARGEST_SUM

ISOMETRIES = 8


def bounded(v: Array) -> Array:
    """s from what the network gives: real [..., 8], in each range LARGEST_SUM v / (1 + sum |v|)."""
    xp = namespace(v)
    return LARGEST_SUM * v / (1 + xp.sum(xp.abs(v), axis=-1, keepdims=True))


def step(affine: Array, scales: Array, z: Array) -> Array:
    """F(z). affine, z: [N, C, m b, m b]. scales: [N, m^2, 8], ranges in raster order."""
    ranges = round(scales.shape[1] ** 0.5)
    return affine + copies(scales, reduce_area(z, ranges), ranges)


def start(affine: Array, scales: Array) -> Array:
    """A picture with the fixed point's mean in every range, from where a few steps are enough to train on.

    A copy's mean is that of the whole times t, the sum of s in its range. So the mean of the whole is that of the
    affine part / (1 - the mean of t), and the mean of a range that of its affine part, plus t times the whole's. Shapes
    as of `step`.
    """
    xp = namespace(affine)
    n, c, side, _ = affine.shape
    ranges = round(scales.shape[1] ** 0.5)
    t = xp.sum(scales, axis=-1)  # [N, m^2]
    whole = xp.mean(affine, axis=(2, 3)) / (1 - xp.mean(t, axis=1, keepdims=True))  # [N, C]
    added = whole[:, :, None] * t[:, None]  # [N, C, m^2]
    cells = affine.reshape(n, c, ranges, side // ranges, ranges, side // ranges)
    return (cells + added.reshape(n, c, ranges, 1, ranges, 1)).reshape(n, c, side, side)


def copies(scales: Array, shown: Array, ranges: int) -> Array:
    """What ranges show of a picture that is reduced to one of them. scales: [N, m^2, 8]. shown: [N, C, b, b]. Returns
    [N, C, m b, m b]."""
    xp = namespace(shown)
    n, c, b, _ = shown.shape
    turned = xp.stack([isometry(shown, number) for number in range(ISOMETRIES)], axis=2)
    mixed = scales[:, None] @ turned.reshape(n, c, ISOMETRIES, b * b)  # [N, C, m^2, b^2]
    cells = mixed.reshape(n, c, ranges, ranges, b, b)
    # [N, C, m, b, m, b] -> [N, C, m b, m b]
    return xp.permute_dims(cells, (0, 1, 2, 4, 3, 5)).reshape(n, c, ranges * b, ranges * b)
