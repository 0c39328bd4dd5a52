"""Visual masking: how much an error of each cell counts to the eye, which sees it less where the picture is busy.

SSIM (Wang, Bovik, Sheikh and Simoncelli 2004) divides an error by the variance around it. Here errors of pixels count
by a weak power of the variance in halves of the cell, and errors of means over a quarter of its side, what SSIM sees at
a quarter of the size, by the variance of those means about the cell. Integers are chosen by it; no decoder knows of it.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..arrays.numpy_form import area_means
from ..code import grid_of

FINE, COARSE = 0.35, 1.0  # powers of the two variances
# Weights of errors of pixels and of means, three times as much. Of the atoms of `weights/photo` this is 1 on average.
_PIXELS, _MEANS = 0.877, 2.631
# What SSIM adds to variances, (0.03 * 255)^2: noise below it hides nothing.
_FLOOR = 58.5
_BAND = 32  # rows of cells that are looked at together


@dataclass(frozen=True, eq=False)
class Masking:
    """fine, coarse: weights of errors of pixels and of means in each cell, float64 [rows, columns]; of their logarithms
    the mean over a whole picture is that of _PIXELS and _MEANS."""

    fine: np.ndarray
    coarse: np.ndarray

    @classmethod
    def of(cls, picture: Image.Image, side: int) -> "Masking":
        """picture: mode "RGB" or "L". side: of a cell, in pixels, a multiple of 4."""
        rows, _ = grid_of(picture.height, picture.width, side)
        bands = [_statistics(picture, side, top, min(top + _BAND, rows)) for top in range(0, rows, _BAND)]
        fine, means, squares = (np.concatenate(parts) for parts in zip(*bands, strict=True))
        around = [_around(x) for x in (means, squares)]
        coarse = np.log(around[1] - around[0] ** 2 + _FLOOR)
        return cls(_PIXELS * np.exp(FINE * (fine.mean() - fine)), _MEANS * np.exp(COARSE * (coarse.mean() - coarse)))

    def part(self, rows: slice, columns: slice) -> "Masking":
        """Of some of the cells."""
        return Masking(self.fine[rows, columns], self.coarse[rows, columns])


def _statistics(picture: Image.Image, side: int, top: int, bottom: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the cells of rows top .. bottom - 1: the mean logarithm of the variance of luma in halves of the cell, [rows,
    columns], and means of the means over quarters of its side and of their squares, in halves of the cell, [2 rows,
    2 columns]."""
    box = (0, top * side, picture.width, min(bottom * side, picture.height))
    luma = np.asarray(picture.crop(box).convert("L"), np.float64)
    luma = np.pad(luma, [(0, -n % side) for n in luma.shape], "edge")
    half, quarter = side // 2, side // 4
    variance = area_means(luma**2, half) - area_means(luma, half) ** 2  # [2 rows, 2 columns]
    quarters = area_means(luma, quarter)  # [4 rows, 4 columns]
    return area_means(np.log(variance + _FLOOR), 2), area_means(quarters, 2), area_means(quarters**2, 2)


def _around(x: np.ndarray) -> np.ndarray:
    """Means over each cell and half a cell to each side. x: of halves of cells, [2 rows, 2 columns]."""
    padded = np.pad(x, 1, "edge")
    down = sum(padded[i : i + len(x) : 2] for i in range(4)) / 4  # [rows, 2 columns + 2]
    return sum(down[:, i : i + x.shape[1] : 2] for i in range(4)) / 4
