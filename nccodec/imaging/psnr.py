"""PSNR of two pictures."""

import math

import numpy as np
from PIL import Image

Picture = np.ndarray | Image.Image
_STRIP = 256  # rows that are compared at a time


def psnr(a: Picture, b: Picture, alpha: np.ndarray | None = None) -> float:
    """Peak signal to noise ratio in dB of two uint8 arrays of one shape, or Pillow images of modes "L" or "RGB", over
    all samples; inf if equal.

    alpha: [H, W], transparency of pictures [H, W] or [H, W, 3]; only pixels where it is above 0 count.
    """
    sizes = [x.size[::-1] if isinstance(x, Image.Image) else x.shape[:2] for x in (a, b)]
    if sizes[0] != sizes[1]:
        raise ValueError(f"pictures of {sizes[0]} and {sizes[1]} rows and columns")
    error = count = 0
    for start in range(0, sizes[0][0], _STRIP):
        parts = [_rows(x, start, start + _STRIP) for x in (a, b)]
        if alpha is not None:
            parts = [part[alpha[start : start + _STRIP] > 0] for part in parts]
        difference = np.subtract(*parts, dtype=np.int32).ravel()
        error, count = error + int(np.sum(difference * difference, dtype=np.int64)), count + difference.size
    return math.inf if error == 0 else 10 * math.log10(255**2 * count / error)


def _rows(picture: Picture, start: int, stop: int) -> np.ndarray:
    """As many of the rows from `start` to `stop` as there are."""
    if isinstance(picture, np.ndarray):
        return picture[start:stop]
    return np.asarray(picture.crop((0, start, picture.width, min(stop, picture.height))))
