"""Enlargement of text and screens: edges between two colours stay edges, and the area means stay the pixels."""

import numpy as np

from ..arrays import QUIET
from ..collage.scales import enlarge, pixel_shuffle, pixel_unshuffle

_STEEPER = 4  # than the spline's edges
_BAND = 1 << 20  # samples that are made at a time, about
_MARGIN = 32  # rows that the spline is computed from beside those that it is needed for
_STEPS = 12  # of the search for a threshold
_WINDOW = 5  # side of the neighbourhood that tells drawn pixels from photographed ones
_EQUAL = 0.125  # share of pairs of neighbours in it that are equal, from which on a pixel is taken for drawn


@QUIET
def enlarge_crisply(z: np.ndarray, factor: int) -> np.ndarray:
    """U_S steepened, in the null space of R_S: `reduce_area(enlarge_crisply(z, S), S) == z` but for rounding.

    Where pixels are drawn, each is u + t made steeper, u its part of `collage.scales.enlarge`, and clipped to the
    least and the most of the 3 x 3 pixels around it, t such that the mean is the pixel's; elsewhere it is u.

    z: float32 [1, C, H, W], 0 .. 1. Returns float32 [1, C, factor H, factor W].
    """
    _, channels, height, width = z.shape
    result = np.empty((1, channels, height * factor, width * factor), np.float32)
    step = max(1, _BAND // (width * factor * factor * channels))
    drawn = _drawn(z)
    for top in range(0, height, step):
        bottom = min(top + step, height)
        first, last = max(0, top - _MARGIN), min(height, bottom + _MARGIN)
        near = z[:, :, first:last]
        fine = enlarge(near, factor)[:, :, (top - first) * factor : (bottom - first) * factor]
        rows = slice(top - first, bottom - first)
        least, most = (_extreme(near, pick)[:, :, rows] for pick in (np.minimum, np.maximum))
        steep = drawn[None, None, top:bottom] & (most > least)
        plain = drawn[None, None, top:bottom] & (most == least)
        parts = pixel_unshuffle(fine, factor).reshape(channels, factor**2, bottom - top, width)
        parts = np.moveaxis(parts, 1, 3)  # [C, H, W, S^2]
        pixels = near[0, :, rows]
        parts[plain[0]] = pixels[plain[0]][:, None]
        where = steep[0]
        parts[where] = _steepened(parts[where], pixels[where], least[0][where], most[0][where])
        parts = np.moveaxis(parts, 3, 1).reshape(1, channels * factor**2, bottom - top, width)
        result[:, :, top * factor : bottom * factor] = pixel_shuffle(parts, factor)
    return result


def _steepened(parts: np.ndarray, pixels: np.ndarray, least: np.ndarray, most: np.ndarray) -> np.ndarray:
    """clip(_STEEPER (u + t), least, most), t such that the means are the pixels. parts: u, float32 [N, S^2], the others
    float32 [N]. The mean rises with t and is linear between the values where a sample meets a limit: Newton's steps,
    or halves of the interval where they leave it."""
    steep = _STEEPER * parts
    low, high = least - steep.max(1), most - steep.min(1)
    shift = pixels - steep.mean(1)
    for _ in range(_STEPS):
        moved = steep + shift[:, None]
        error = np.clip(moved, least[:, None], most[:, None]).mean(1) - pixels
        low, high = np.where(error < 0, shift, low), np.where(error > 0, shift, high)
        free = ((moved > least[:, None]) & (moved < most[:, None])).mean(1)
        following = shift - error / np.maximum(free, 1e-9)
        halved = (free == 0) | (following <= low) | (following >= high)
        shift = np.where(error == 0, shift, np.where(halved, (low + high) / 2, following))
    result = np.clip(steep + shift[:, None], least[:, None], most[:, None])
    return result + (pixels - result.mean(1))[:, None]  # what the search leaves


def _extreme(z: np.ndarray, pick: np.ufunc) -> np.ndarray:
    """Least or most of the 3 x 3 pixels around each: [1, C, H, W]."""
    padded = np.pad(z, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    rows = pick(pick(padded[:, :, :-2], padded[:, :, 1:-1]), padded[:, :, 2:])
    return pick(pick(rows[..., :-2], rows[..., 1:-1]), rows[..., 2:])


def _drawn(z: np.ndarray) -> np.ndarray:
    """Whether pixels are of something drawn, where neighbours often have one colour: bool [H, W]."""
    _, _, height, width = z.shape
    equal = np.zeros((height, width), np.float32)
    equal[:, 1:] += (z[0, :, :, 1:] == z[0, :, :, :-1]).all(0)
    equal[1:] += (z[0, :, 1:] == z[0, :, :-1]).all(0)
    half = _WINDOW // 2
    padded = np.pad(equal, half + 1, mode="edge").cumsum(0).cumsum(1)
    size = _WINDOW
    sums = padded[size:, size:] - padded[:-size, size:] - padded[size:, :-size] + padded[:-size, :-size]
    return sums[:height, :width] >= _EQUAL * 2 * size**2
