"""The order in which means of ranges are coded, and what each is predicted from: its neighbours on a coarser grid."""

from collections.abc import Iterator

import numpy as np

from ..code import Span

CLASSES = 5  # by how far the neighbours are apart
_BOUNDS = np.array([0, 2, 6, 14])  # the largest spread of a class but the last, in steps
_COARSE = 4  # ranges to a side of the coarsest grid, at most

_ACROSS = ((-1, 0), (0, -1), (0, 1), (1, 0))
_DIAGONAL = ((-1, -1), (-1, 1), (1, -1), (1, 1))


def coarsest(ranges: int) -> int:
    """The distance of the ranges that are coded first: the least power of two that leaves _COARSE or fewer a side."""
    return 1 << max(0, (-(-ranges // _COARSE) - 1).bit_length())


def roots(values: np.ndarray) -> np.ndarray:
    """What is coded of the coarsest grid: int [n], each less the one on its left, in the first column less the one
    above. values: int [rows, columns]."""
    differences = np.diff(values, axis=1, prepend=0)
    differences[:, 0] = np.diff(values[:, 0], prepend=0)
    return differences.ravel()


def from_roots(differences: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Inverse of `roots`: int [rows, columns]."""
    values = differences.reshape(shape).copy()
    values[:, 0] = np.cumsum(values[:, 0])
    return np.cumsum(values, axis=1)


def passes(values: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """What follows the coarsest grid: rows and columns of ranges, the predictions of their means and their classes,
    int [n] each, in the order of coding. values: int [ranges, ranges]; whoever decodes stores what a pass gives before
    asking for the next."""
    ranges, step = len(values), coarsest(len(values))
    while step > 1:
        half = step // 2
        odd, even = np.arange(half, ranges, step), np.arange(0, ranges, step)
        for lines, neighbours in (((odd, odd),), _DIAGONAL), (((even, odd), (odd, even)), _ACROSS):
            for down, across in lines:
                rows, columns = (part.ravel() for part in np.meshgrid(down, across, indexing="ij"))
                if len(rows):
                    yield rows, columns, *_predicted(values, rows, columns, half, neighbours)
        step = half


def _predicted(
    values: np.ndarray, rows: np.ndarray, columns: np.ndarray, reach: int, neighbours: tuple[Span, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Means, rounded down from one half up, of those of four neighbours that there are, and classes: int [n] each."""
    total, count = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    low, high = np.full(len(rows), 1 << 40), np.full(len(rows), -(1 << 40))
    for down, across in neighbours:
        y, x = rows + down * reach, columns + across * reach
        there = (y >= 0) & (y < len(values)) & (x >= 0) & (x < len(values))
        found = values[np.where(there, y, 0), np.where(there, x, 0)]
        total += np.where(there, found, 0)
        count += there
        low, high = np.where(there, np.minimum(low, found), low), np.where(there, np.maximum(high, found), high)
    return (2 * total + count) // (2 * count), np.searchsorted(_BOUNDS, high - low)
