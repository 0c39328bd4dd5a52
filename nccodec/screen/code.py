"""ScreenCode: what a `.ncl` of a screen map holds, as plain numpy arrays."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ..bitstream.container import Common
from ..code import grid_of
from ..neural.code import CollageCode
from .header import CELL, COLLAGE, COPY


@dataclass(frozen=True, eq=False)
class Part:
    """A rectangle of cells that is a collage of its own. row, column: of its first cell. code: of as many pixels as
    its cells have in the picture."""

    row: int
    column: int
    code: CollageCode

    @property
    def place(self) -> tuple[slice, slice]:
        """Its cells."""
        return cells_of(self.row, self.column, self.code.height, self.code.width)


def cells_of(row: int, column: int, height: int, width: int) -> tuple[slice, slice]:
    """Rows and columns of the cells, from the given one on, that so many pixels cover."""
    rows, columns = grid_of(height, width, CELL)
    return slice(row, row + rows), slice(column, column + columns)


@dataclass(frozen=True, eq=False)
class ScreenCode:
    """A picture pixel by pixel, in cells of CELL x CELL.

    grey: the picture was single-channel. level: of quality, 0 .. TOP_LEVEL, 0 if lossless. lossless: nothing was lost.
    pixels: int32 [height, width], red << 16 | green << 8 | blue, or a grey level. modes: uint8 [rows, columns] of
    cells: 0 where each pixel is coded, FLAT, COPY, COLLAGE. offsets: int64 [rows, columns, 2], how far the source of a
    copied cell lies above it and to its left, zeros elsewhere. parts: in raster order of their first cells.
    """

    grey: bool
    level: int
    lossless: bool
    pixels: np.ndarray
    modes: np.ndarray
    offsets: np.ndarray
    parts: tuple[Part, ...] = ()

    KIND: ClassVar = "screen map"

    @property
    def height(self) -> int:
        return self.pixels.shape[0]

    @property
    def width(self) -> int:
        return self.pixels.shape[1]

    def common(self, packer: str, alpha: bool) -> Common:
        """What the header says of every map."""
        return Common(self.width, self.height, self.grey, alpha, packer, CELL)

    def count(self, mode: int) -> int:
        """How many cells have a mode."""
        return int(np.count_nonzero(self.modes == mode))

    def without_self_reference(self) -> "ScreenCode":
        """The same code with copies left out: black, as the affine part alone is there."""
        copied = np.repeat(np.repeat(self.modes == COPY, CELL, 0), CELL, 1)[: self.height, : self.width]
        parts = tuple(replace(part, code=part.code.without_self_reference()) for part in self.parts)
        return replace(self, pixels=np.where(copied, 0, self.pixels).astype(np.int32), parts=parts)


def collage_cells(shape: tuple[int, int], parts: tuple[Part, ...]) -> np.ndarray:
    """Modes of cells before anything is read: COLLAGE where a part is, else 0. shape: rows, columns of cells. Returns
    uint8 of that shape."""
    modes = np.zeros(shape, np.uint8)
    for part in parts:
        modes[part.place] = COLLAGE
    return modes


def channels(pixels: np.ndarray, grey: bool) -> np.ndarray:
    """int32 [H, W] as it is in a code -> uint8 [H, W, 3], or [H, W] if grey."""
    if grey:
        return pixels.astype(np.uint8)
    return np.stack([pixels >> 16, pixels >> 8, pixels], -1).astype(np.uint8)  # the low eight bits of each


def joined(picture: np.ndarray) -> np.ndarray:
    """Inverse of `channels`."""
    if picture.ndim == 2:
        return picture.astype(np.int32)
    red, green, blue = np.moveaxis(picture.astype(np.int32), 2, 0)
    return red << 16 | green << 8 | blue
