"""What the eye sees of a coded picture that PSNR hardly counts: borders of cells, and areas of another colour."""

import math

import numpy as np
from PIL import Image

from ..imaging.colour import to_ycc

SIDE = 16  # pixels of a cell of nccodec, and of an area whose colour is compared
_BESIDE = (-2, -1, 1, 2)  # pixels from a border to the steps that it is measured by


def blockiness(picture: np.ndarray, side: int = SIDE) -> float | None:
    """How much larger steps of luma are across the borders of cells than beside them; no unit.

    picture: uint8 [H, W, 3]. side: of the square cells, in pixels, at least 3; the first begins at the first pixel. The
    mean absolute step from one pixel to the next across the borders is divided by that one and two pixels beside them,
    along rows and along columns, and the mean of the two is taken. Natural pictures have about 1, and so has any codec
    without borders there; the original is not needed. Luma is Pillow's "L", ITU-R BT.601 in whole grey levels. It is
    a ratio of two features of Wang, Sheikh and Bovik, "No-reference perceptual quality assessment of JPEG compressed
    images" (ICIP 2002), the steps at borders and those inside, of which only the nearest are taken.

    None where there is nothing to measure: without a border, in a picture of `side` pixels or fewer, and without any
    step beside one, in a flat picture.
    """
    luma = np.asarray(Image.fromarray(picture).convert("L"), np.int16)
    ratios = [_ratio(np.abs(np.diff(luma, axis=axis)), axis, side) for axis in (0, 1)]
    return None if None in ratios else sum(ratios) / 2


def _ratio(steps: np.ndarray, axis: int, side: int) -> float | None:
    """Step i lies between pixels i and i + 1."""
    count = steps.shape[axis]
    borders = np.arange(side - 1, count, side)
    beside = np.add.outer(borders, _BESIDE).ravel()
    beside = np.unique(beside[beside < count])  # each once, where cells are of 3 pixels; the last may lie outside
    if not borders.size:
        return None
    across, near = (float(np.take(steps, places, axis).mean()) for places in (borders, beside))
    return across / near if near else None


def colour_error(a: np.ndarray, b: np.ndarray, side: int = SIDE) -> float | None:
    """How far colours of areas are off: the root of the mean, over areas, of the squared distance between the mean
    chroma of two pictures, in grey levels.

    a, b: uint8 [H, W, 3]. side: of the square areas, in pixels, from the first pixel on; areas that are not whole are
    left out, and a picture without a whole one has None. Chroma is (Cb, Cr) of ITU-R BT.601, full range, as in JFIF,
    unrounded. Details of colour, which the eye does not resolve, are averaged out; a shift of all colours is not.
    """
    height, width = (n // side for n in a.shape[:2])
    if a.shape != b.shape:
        raise ValueError(f"pictures of {a.shape} and {b.shape}")
    if not height * width:
        return None
    difference = np.subtract(a, b, dtype=np.int16)[: height * side, : width * side]
    means = difference.reshape(height, side, width, side, 3).mean((1, 3))
    _, cb, cr = to_ycc(*np.moveaxis(means, -1, 0))  # as it is linear, that of means is the mean
    return math.sqrt(float(np.mean(cb * cb + cr * cr)))
