"""The chaos game, in integers: the same points on every machine, in any number of threads."""

from pathlib import Path
from threading import Lock

import numpy as np

from ..arrays import share, thread_count
from ..arrays.compiled import compiler
from ..code import Span
from .code import FINE, OFFSET, PointsCode

BLOCK = 1 << 16  # points of one orbit
BEFORE = 512  # steps of each orbit that are no points: after them a start is off by less than (31 / 32)^512
_SHIFT = 15  # of products with coefficients in 1/ONE
_HALF = 1 << _SHIFT - 1
_MOST_COUNTS = 1 << 28  # in all threads together
_compiled = compiler(Path(__file__).parent)


@_compiled
def _number(k):
    """Number k of SplitMix64 from seed 0: its highest 16 bits."""
    z = (np.uint64(k) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.int64((z ^ (z >> np.uint64(31))) >> np.uint64(48))


@_compiled
def _step(m, x, y, z):
    """A point's image. m: int64 [3, 4], of `_maps`."""
    return (
        ((m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + _HALF) >> _SHIFT) + m[0, 3],
        ((m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + _HALF) >> _SHIFT) + m[1, 3],
        ((m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + _HALF) >> _SHIFT) + m[2, 3],
    )


@_compiled
def _play(chosen, maps, colours, view, frame, block, points, counts):
    """Count the points of a block. frame: int64 [5], see `count`. counts: uint32 [rows, columns, 1 or 4], added to."""
    x, y, z = np.int64(0), np.int64(0), np.int64(0)
    red, green, blue = np.int64(128), np.int64(128), np.int64(128)
    rows, columns, coloured = counts.shape[0], counts.shape[1], counts.shape[2] == 4
    longer, across, down, top, left = frame[0], frame[1], frame[2], frame[3], frame[4]
    first = np.int64(block) * (BLOCK + BEFORE)
    for k in range(BEFORE + points):
        i = chosen[_number(first + k)]
        x, y, z = _step(maps[i], x, y, z)
        if coloured:
            red = (red + colours[i, 0] + 1) >> 1
            green = (green + colours[i, 1] + 1) >> 1
            blue = (blue + colours[i, 2] + 1) >> 1
        if k >= BEFORE:
            u = (view[0, 0] * x + view[0, 1] * y + view[0, 2] * z) >> 14
            v = (view[1, 0] * x + view[1, 1] * y + view[1, 2] * z) >> 14
            column = ((across + u * longer) >> 25) - left
            row = ((down - v * longer) >> 25) - top
            if 0 <= row < rows and 0 <= column < columns:
                counts[row, column, 0] += np.uint32(1)
                if coloured:
                    counts[row, column, 1] += np.uint32(red)
                    counts[row, column, 2] += np.uint32(green)
                    counts[row, column, 3] += np.uint32(blue)


@_compiled
def _trace(chosen, maps, block, points):
    """Write the points of a block to `points`: int64 [n, 3]."""
    x, y, z = np.int64(0), np.int64(0), np.int64(0)
    first = np.int64(block) * (BLOCK + BEFORE)
    for k in range(BEFORE + len(points)):
        x, y, z = _step(maps[chosen[_number(first + k)]], x, y, z)
        if k >= BEFORE:
            points[k - BEFORE, 0], points[k - BEFORE, 1], points[k - BEFORE, 2] = x, y, z


def count(code: PointsCode, up: int, rows: Span, columns: Span) -> np.ndarray:
    """How many of the points of the chaos game lie in each of the samples of a part of the picture at scale `up`, and,
    unless it is grey, the sums of their colours modulo 2^32: uint32 [rows, columns, 1 or 4]."""
    height, width = code.height * up, code.width * up
    total = code.tone.density * height * width
    blocks = -(-total // BLOCK)
    frame = np.array([max(height, width), width << 24, height << 24, rows[0], columns[0]], np.int64)
    shape = rows[1] - rows[0], columns[1] - columns[0], 1 if code.grey else 4
    chosen, maps, colours = _chosen(code), _maps(code), code.colours.astype(np.int64)
    view = np.zeros((2, 3), np.int64)
    view[:, : code.dimensions] = code.view
    counts = np.zeros(shape, np.uint32)
    groups = min(thread_count(), blocks, max(1, _MOST_COUNTS // counts.size))
    lock = Lock()

    def work(start: int, stop: int) -> None:
        own = counts if start == 0 else np.zeros(shape, np.uint32)
        for group in range(start, stop):
            for block in range(group, blocks, groups):
                _play(chosen, maps, colours, view, frame, block, min(BLOCK, total - block * BLOCK), own)
        if start > 0:
            with lock:
                others.append(own)

    others: list[np.ndarray] = []
    share(work, groups)
    for own in others:
        counts += own
    return counts


def points_of(code: PointsCode, number: int) -> np.ndarray:
    """The first points of the chaos game, in the coordinates of their source: float64 [number, d]."""
    chosen, maps = _chosen(code), _maps(code)
    points = np.empty((number, 3), np.int64)
    for block in range(-(-number // BLOCK)):
        _trace(chosen, maps, block, points[block * BLOCK : (block + 1) * BLOCK])
    *origin, unit = code.place.astype(np.float64)
    return points[:, : code.dimensions] / FINE * unit + np.array(origin)


def _chosen(code: PointsCode) -> np.ndarray:
    """uint8 [SHARES]: the map that each number stands for."""
    return np.repeat(np.arange(len(code.weights), dtype=np.uint8), code.weights)


def _maps(code: PointsCode) -> np.ndarray:
    """int64 [N, 3, 4]: matrices in 1/ONE beside offsets in 1/FINE; in the plane the third coordinate stays 0."""
    maps = np.zeros((len(code.weights), 3, 4), np.int64)
    d = code.dimensions
    maps[:, :d, :d], maps[:, :d, 3] = code.matrices, code.offsets * (FINE // OFFSET)
    return maps
