"""Enlargement of text and screens: crisp edges, and the means over the enlarged pixels are the pixels.

The spline enlargement U_S finds where an edge passes through a pixel but leaves it as wide as a pixel. Here the
contrast of its samples within each pixel is raised and clipped to the colours nearby, and the pixel's samples are
shifted together before clipping so that their mean is the pixel again: an anti-aliased edge between two colours
becomes a narrow edge that covers the same part of each pixel. Nothing overshoots the colours nearby, so nothing rings.

Noise and texture have no such edges. Their pixels rarely equal their neighbours, and those of text, drawings and
windows often do: how often, around a pixel, decides how far it goes from U_S, clipped to [0, 1], to the crisp form.
"""

import functools
from collections.abc import Callable

import numpy as np

from ..collage.scales import spline_maps, spline_weights

COLOURS = 1  # pixels to each side from which the extreme colours are taken: with 2, thin lines ring
EQUALITY = 3  # pixels to each side in which equal neighbours are counted
_NATURAL, _DRAWN = 0.08, 0.2  # share of equal neighbours: up to here U_S, from here on crisp
_FAINT, _CLEAR = 8 / 255, 24 / 255  # range of the colours nearby: likewise
_REACH = 13  # pixels to each side that U_S depends on
_BAND = 1 << 17  # pixels that are worked on at a time
_CHUNK = 1 << 20  # samples whose shifts are sought at a time
_STEPS = 48  # at most, of the search for a shift; usually some 5
_CLOSE = 1e-7  # difference of mean and pixel at which a search ends


def enlarge_crisply(z: np.ndarray, factor: int) -> np.ndarray:
    """A right inverse of the area mean R_S, like `nccodec.collage.scales.enlarge`, that keeps edges of text crisp.

    Beside the result it takes some 64 MB, in pictures of up to some ten thousand columns.

    z: float32 [1, C, H, W], C 1 or 3, in [0, 1]; equal neighbours are to be exactly equal, as multiples of 1 / 255 are.
    factor: integer, at least 1. Returns float32 [1, C, factor H, factor W] in [0, 1]; its means over factor x factor
    squares are z to within 1e-6. Raises ValueError for another shape or factor.
    """
    if z.ndim != 4 or z.shape[0] != 1 or z.shape[1] not in (1, 3) or 0 in z.shape:
        raise ValueError(f"cannot enlarge an array of shape {z.shape}")
    if factor < 1:
        raise ValueError(f"cannot enlarge by {factor}")
    z = np.asarray(z, np.float32)
    _, channels, height, width = z.shape
    result = np.empty((channels, height, factor, width, factor), np.float32)
    rows = max(1, _BAND // width)
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        start = max(0, top - _REACH)
        _band(z[:, :, start : bottom + _REACH], slice(top - start, bottom - start), result[:, top:bottom])
    return result.reshape(1, channels, factor * height, factor * width)  # [C, H, S, W, S] -> [1, C, S H, S W]


def _band(z: np.ndarray, rows: slice, result: np.ndarray) -> None:
    """Enlarges these rows of z, [1, C, rows and their neighbourhood, W], into result, [C, rows, S, W, S]."""
    factor, width = result.shape[2], z.shape[3]
    pixels = z[0, :, rows]
    result[:] = pixels[:, :, None, :, None]
    if factor == 1:
        return
    gain, low, high = (each[:, rows] for each in _bounds(z[0], factor))
    # Where a pixel has one of the extreme colours, all of its samples have; so too in flat areas, most of a screen.
    channel, row, column = np.nonzero((low < pixels) & (pixels < high))
    if not channel.size:
        return
    maps = spline_maps(z)  # [C, 9, H W]
    weights = spline_weights(factor).astype(np.float32)  # [S^2, 9]
    step = max(1, _CHUNK // factor**2)
    for first in range(0, channel.size, step):
        c, y, x = (index[first : first + step] for index in (channel, row, column))
        plain = weights @ maps[c, :, (y + rows.start) * width + x].T  # [S^2, n]
        at = c, y, x
        crisp = _steepened(plain, pixels[at], gain[0, y, x], low[at], high[at])
        result[c, y, :, x, :] = crisp.T.reshape(-1, factor, factor)  # [n, S^2] -> [n, S, S]


def _bounds(z: np.ndarray, factor: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By what the contrast within each pixel is raised, [1, H, W], and to what it is clipped, twice [C, H, W].

    z: [C, H, W].
    """
    low, high = _around(z, COLOURS, np.minimum), _around(z, COLOURS, np.maximum)
    contrast = (high - low).max(axis=0, keepdims=True)
    crisp = _ramp(_equal_neighbours(z), _NATURAL, _DRAWN) * _ramp(contrast, _FAINT, _CLEAR)  # [1, H, W]
    # An edge takes at least two samples of U_2, and fewer pixels the larger the scale.
    gain = 1 + (1 + factor / 2) * crisp
    low, high = crisp * low, high + (1 - crisp) * (1 - high)
    flat = contrast == 0
    return gain, np.where(flat, z, low), np.where(flat, z, high)


def _equal_neighbours(z: np.ndarray) -> np.ndarray:
    """Which share of the pairs of neighbours around each pixel are equal: float32 [1, H, W]. z: [C, H, W]."""
    pairs = np.zeros((1, *z.shape[1:]), np.uint8)
    pairs[0, :, :-1] += (z[:, :, 1:] == z[:, :, :-1]).all(axis=0)
    pairs[0, :-1] += (z[:, 1:] == z[:, :-1]).all(axis=0)
    return _around(pairs, EQUALITY, np.add) / np.float32(2 * (2 * EQUALITY + 1) ** 2)


def _around(z: np.ndarray, reach: int, join: Callable) -> np.ndarray:
    """Joins the (2 reach + 1)^2 values around each place, with half-sample symmetry: [C, H, W] -> [C, H, W]."""
    height, width = z.shape[1:]
    z = np.pad(z, ((0, 0), (reach, reach), (reach, reach)), mode="symmetric")
    across = functools.reduce(join, (z[:, :, i : i + width] for i in range(2 * reach + 1)))
    return functools.reduce(join, (across[:, i : i + height] for i in range(2 * reach + 1)))


def _ramp(x: np.ndarray, start: float, stop: float) -> np.ndarray:
    """0 up to start, 1 from stop on, linear between: float32."""
    return np.clip((x - np.float32(start)) / np.float32(stop - start), 0, 1)


def _steepened(plain: np.ndarray, mean: np.ndarray, gain: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """clip(gain plain + shift, low, high) with the shift that makes the mean over a pixel's samples what it must be.

    The mean grows with the shift, and linearly between the shifts at which a sample is clipped, so that Newton's method
    ends on the solution; where its step leaves the interval that is known to hold the solution, the interval is halved.

    plain: samples of pixels, [K, n]. mean, gain, low, high: of each pixel, [n], low < mean < high. Returns [K, n].
    """
    raised = gain * (plain - mean)  # centred: the smaller the values, the finer their rounding
    result = np.empty_like(raised)
    index = np.arange(raised.shape[1])
    below, above = low - raised.max(axis=0), high - raised.min(axis=0)  # all samples low, all high
    shift = np.clip(mean, below, above)
    for _ in range(_STEPS):
        shifted = raised + shift
        clipped = np.clip(shifted, low, high)
        error = clipped.mean(axis=0) - mean
        result[:, index] = clipped
        kept = np.flatnonzero(np.abs(error) > _CLOSE)
        if not kept.size:
            break
        slope = ((shifted > low) & (shifted < high)).mean(axis=0, dtype=np.float32)[kept]
        index, raised, error = index[kept], raised[:, kept], error[kept]
        mean, low, high, shift, below, above = (each[kept] for each in (mean, low, high, shift, below, above))
        below, above = np.where(error < 0, shift, below), np.where(error > 0, shift, above)
        newton = shift - error / np.maximum(slope, np.float32(1e-6))
        shift = np.where((newton > below) & (newton < above), newton, (below + above) / 2)
    return result
