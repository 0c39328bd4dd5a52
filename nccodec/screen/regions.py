"""Rectangles of cells in a page that may be photographs."""

import numpy as np

_LEAST = 6  # cells to a side of a rectangle
_GAP = 2  # rows or columns of cells that separate two rectangles
_FULL = 0.7  # share of cells that are marked in a rectangle that is not cut further
_DEPTH = 12


def rectangles(marked: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Rectangles that hold most of the marked cells: first row, first column, end of rows, end of columns, none of
    them overlapping, in raster order. By cuts along empty rows and columns in turn (the XY-cut of Nagy and Seth 1984),
    then along the emptiest. marked: bool [rows, columns]."""
    result: list[tuple[int, int, int, int]] = []
    _cut(marked, 0, 0, *marked.shape, _DEPTH, result)
    return sorted(result)


def _cut(marked: np.ndarray, top: int, left: int, bottom: int, right: int, depth: int, result: list) -> None:
    """Append to the result the rectangles of a part."""
    part = marked[top:bottom, left:right]
    rows, columns = (np.flatnonzero(part.any(axis)) for axis in (1, 0))
    if len(rows) == 0:
        return
    top, bottom = top + int(rows[0]), top + int(rows[-1]) + 1
    left, right = left + int(columns[0]), left + int(columns[-1]) + 1
    if min(bottom - top, right - left) < _LEAST:
        return
    part = marked[top:bottom, left:right]
    gap = _gap(part)
    if gap is None and part.mean() >= _FULL:
        result.append((top, left, bottom, right))
    elif gap or depth:
        axis, at = gap or _emptiest(part)
        depth -= gap is None
        if axis == 0:
            _cut(marked, top, left, top + at, right, depth, result)
            _cut(marked, top + at, left, bottom, right, depth, result)
        else:
            _cut(marked, top, left, bottom, left + at, depth, result)
            _cut(marked, top, left + at, bottom, right, depth, result)


def _gap(part: np.ndarray) -> tuple[int, int] | None:
    """Axis and place of a cut along at least _GAP empty rows or columns, if there are such."""
    for axis in (0, 1):
        empty = ~part.any(1 - axis)
        run = np.convolve(empty, np.ones(_GAP, int), "valid") == _GAP if len(empty) >= _GAP else np.zeros(0, bool)
        if run.any():
            return axis, int(run.argmax()) + 1
    return None


def _emptiest(part: np.ndarray) -> tuple[int, int]:
    """Axis and place of the cut whose two sides differ most in how full they are."""
    best, where = -1.0, (0, 1)
    for axis in (0, 1):
        full = part.mean(1 - axis)
        n = len(full)
        above = np.cumsum(full)[:-1]
        counts = np.arange(1, n)
        contrast = np.abs(above / counts - (full.sum() - above) / (n - counts))
        contrast = contrast * np.sqrt(counts * (n - counts)) / n
        if contrast.max() > best:
            best, where = float(contrast.max()), (axis, int(contrast.argmax()) + 1)
    return where
