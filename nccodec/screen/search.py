"""Which cells of a picture have one colour, and which are copies of what lies before them."""

import numpy as np

from .compiled import compiled
from .header import CELL

_BITS = 20  # log2 of the places that are remembered by what is there


def flat_cells(pixels: np.ndarray) -> np.ndarray:
    """Which cells have one colour. pixels: int32 [H, W]. Returns bool [rows, columns]."""
    height, width = pixels.shape
    padded = np.pad(pixels, ((0, -height % CELL), (0, -width % CELL)), mode="edge")
    cells = padded.reshape(padded.shape[0] // CELL, CELL, -1, CELL)  # rows, in a cell, columns, in a cell
    return (cells == cells[:, :1, :, :1]).all((1, 3))


def exact_copies(pixels: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest source above or to the left whose pixels are those of a cell, at any offset: bool [rows, columns],
    where there is one, and int64 [rows, columns, 2], how far above and to the left. Where the offset of a copy just
    before does as well, it is that one. pixels: int32 [H, W]. wanted: bool [rows, columns], cells to look at."""
    hashes = _hashes(pixels)
    offsets = np.zeros((*wanted.shape, 2), np.int64)
    return _look(pixels, hashes, wanted, offsets), offsets


def _hashes(pixels: np.ndarray) -> np.ndarray:
    """A hash of the CELL x CELL pixels from each pixel on, 1 .. 2^_BITS - 1: int32 [H, W], 0 where they are not all in
    the picture."""
    height, width = pixels.shape
    hashes = np.zeros((height, width), np.int32)
    if height < CELL or width < CELL:
        return hashes
    h = pixels.astype(np.uint64)
    for axis in (0, 1):
        part = np.zeros_like(h)
        for i in range(CELL):
            part = part * np.uint64(0x9E3779B97F4A7C15) + np.roll(h, -i, axis)
        h = part ^ part >> np.uint64(29)
    h = h[: height - CELL + 1, : width - CELL + 1] * np.uint64(0xBF58476D1CE4E5B9) >> np.uint64(64 - _BITS)
    hashes[: height - CELL + 1, : width - CELL + 1] = np.maximum(h, np.uint64(1))
    return hashes


@compiled
def _same(pixels, y, x, down, right):
    """Whether the cell at y, x is in the picture before it, so far above and to the left."""
    height, width = pixels.shape
    bottom, end = min(y + CELL, height), min(x + CELL, width)
    if down > y or right > x or end - right > width or (down == 0 and right <= 0):
        return False
    for i in range(y, bottom):
        for j in range(x, end):
            if pixels[i, j] != pixels[i - down, j - right]:
                return False
    return True


@compiled
def _look(pixels, hashes, wanted, offsets):
    """See `exact_copies`."""
    rows, columns = wanted.shape
    height, width = pixels.shape
    last = np.full(1 << _BITS, -1, np.int64)
    known = np.zeros(wanted.shape, np.bool_)
    recent_down, recent_right = np.zeros(4, np.int64), np.zeros(4, np.int64)
    for row in range(rows):
        y = row * CELL
        for column in range(columns):
            x = column * CELL
            if wanted[row, column]:
                down, right = -1, 0
                for i in range(4):
                    if _same(pixels, y, x, recent_down[i], recent_right[i]):
                        down, right = recent_down[i], recent_right[i]
                        break
                if down < 0 and hashes[y, x]:
                    place = last[hashes[y, x]]
                    if place >= 0 and _same(pixels, y, x, y - place // width, x - place % width):
                        down, right = y - place // width, x - place % width
                if down >= 0:
                    known[row, column] = True
                    offsets[row, column, 0], offsets[row, column, 1] = down, right
                    i = 0
                    while i < 3 and not (recent_down[i] == down and recent_right[i] == right):
                        i += 1
                    for j in range(i, 0, -1):
                        recent_down[j], recent_right[j] = recent_down[j - 1], recent_right[j - 1]
                    recent_down[0], recent_right[0] = down, right
            # The first row of the cell lies before the next cell, the others before the next row of cells.
            for j in range(x, min(x + CELL, width)):
                if hashes[y, j]:
                    last[hashes[y, j]] = y * width + j
        for i in range(y + 1, min(y + CELL, height)):
            for j in range(width):
                if hashes[i, j]:
                    last[hashes[i, j]] = i * width + j
    return known
