"""Whether a picture may be text or a screen, and whether it may still be a photograph: first looks."""

import numpy as np
from PIL import Image

from .code import joined
from .header import CELL

_REPEATS = 0.5  # share of a square's pixels that repeat their neighbour, from which on it is plain
_PLAIN = 0.2  # share of plain squares from which on a picture may be a screen
_FEW, _SHARE = 64, 0.5  # or so many colours that make up this share of it,
_FEWER = 16  # but at most one for so many pixels that are looked at
_STEP = 24  # difference of neighbours that photographs seldom have, in 1/255,
_STEPS = 0.2  # and the share of the differences, those of alike neighbours apart, below which it may be a photograph


def suits(picture: Image.Image) -> bool:
    """Whether a screen map is worth a try. picture: mode "RGB" or "L". Where many pixels are what their left or upper
    neighbour is, or a few colours make up half of all; of 24 Kodak photographs at most 0.17 of the squares are plain,
    and 64 colours make up at most 0.45."""
    pixels = joined(np.asarray(picture))
    _, counts = np.unique(pixels[::2, ::2], return_counts=True)
    few = max(1, min(_FEW, counts.sum() // _FEWER))
    if np.sort(counts)[-few:].sum() >= _SHARE * counts.sum():
        return True
    repeats = (pixels[1:, 1:] == pixels[1:, :-1]) | (pixels[1:, 1:] == pixels[:-1, 1:])
    rows, columns = (n // CELL for n in repeats.shape)
    if min(rows, columns) == 0:
        return False
    squares = repeats[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL)
    return bool((squares.mean((1, 3)) > _REPEATS).mean() >= _PLAIN)


def gradual(picture: Image.Image) -> bool:
    """Whether a picture that suits may still be a photograph: mist, skies and shadows repeat pixels, but where
    neighbours differ, they differ little. picture: mode "RGB" or "L". Of 266 photographs 84 suit, of which 81 are
    gradual; of 11 pages of text, drawings and screens none."""
    pixels = np.asarray(picture).reshape(picture.height, picture.width, -1)
    large = different = 0
    for one, other in ((pixels[1:], pixels[:-1]), (pixels[:, 1:], pixels[:, :-1])):
        steps = (np.maximum(one, other) - np.minimum(one, other)).max(2)
        large += np.count_nonzero(steps > _STEP)
        different += np.count_nonzero(steps)
    return large < _STEPS * different
