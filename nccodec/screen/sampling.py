"""A few squares of a picture, in place of all of it."""

import numpy as np

SIDE = 8  # of a square, in cells
APART = 8  # one square in so many is taken


class Tiles:
    """Whole squares of cells, one in APART, in diagonals over the picture, so that no row, column or larger thing of it
    is missed."""

    def __init__(self, shape: tuple[int, int]) -> None:
        """shape: rows and columns of whole cells."""
        rows, columns = (n // SIDE for n in shape)
        self._places = [(y, x) for y in range(rows) for x in range(-3 * y % APART, columns, APART)]
        self.count = len(self._places)

    def stacked(self, values: np.ndarray, scale: int) -> np.ndarray:
        """Those of an array, one below another: [count SIDE scale, SIDE scale, ...]. values: [rows, columns, ...], at
        least `scale` for each cell."""
        side = SIDE * scale
        return np.concatenate([values[y * side : (y + 1) * side, x * side : (x + 1) * side] for y, x in self._places])
