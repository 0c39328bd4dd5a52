"""What a `.ncl` file holds, as plain numpy arrays: CollageCode and Extras. Imported by every other room."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class CollageCode:
    """The quantized parameters of one picture on a uniform grid of range cells.

    The picture is `height` x `width` pixels, padded to `rows` x `columns` whole cells of side
    `range_size`. `atoms` holds one integer for each auxiliary patch and cell; `scales` one integer
    for each implicit domain and cell, the self-reference weight s of DESIGN section 1. An all-zero
    array and an absent one mean the same picture, and the file stores neither.

    height, width: picture size in pixels, >= 1.
    grey: the picture was single-channel; the decoder returns one channel.
    level: position between the quality levels of the weights, in 1/256 of a level.
    range_size: side B of a cell in pixels, a power of two.
    fingerprint: first 8 bytes of the SHA-256 of the weights file.
    atoms: int16 [atoms, rows, columns], |value| <= 32767.
    scales: int16 [domains, rows, columns], |value| <= 32767.
    """

    height: int
    width: int
    grey: bool
    level: int
    range_size: int
    fingerprint: bytes
    atoms: np.ndarray
    scales: np.ndarray

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of range cells that cover the picture."""
        return grid_of(self.height, self.width, self.range_size)

    @property
    def scale_sum(self) -> int:
        """Largest sum over the domains of |quantized s| in any cell (integer, in quantizer steps)."""
        return int(np.abs(self.scales).sum(axis=0).max(initial=0))

    @property
    def nonzero_scales(self) -> int:
        """How many self-reference weights differ from zero."""
        return int(np.count_nonzero(self.scales))

    def without_self_reference(self) -> "CollageCode":
        """The same code with every s set to zero: the affine part alone."""
        return CollageCode(
            self.height, self.width, self.grey, self.level, self.range_size,
            self.fingerprint, self.atoms, np.zeros_like(self.scales),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Extras:
    """What a file holds beside the map: nothing of it is changed by encoding.

    alpha: uint8 [height, width], 0 transparent to 255 opaque; None if all is opaque. icc, exif, xmp: metadata,
    as Pillow reads and writes them.
    """

    alpha: np.ndarray | None = None
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None

    @property
    def metadata(self) -> dict[str, bytes | None]:
        """By kind."""
        return {"icc": self.icc, "exif": self.exif, "xmp": self.xmp}


Span = tuple[int, int]  # from, to: of rows or columns


def grid_of(height: int, width: int, range_size: int) -> tuple[int, int]:
    """Rows and columns of cells of side `range_size` that cover `height` x `width` pixels."""
    return -(-height // range_size), -(-width // range_size)


TILE = 128  # cells to a side that are coded, and analysed, apart from all others


def tiles(rows: int, columns: int) -> list[tuple[slice, slice]]:
    """The parts of a grid that are coded on their own, in raster order: squares of TILE cells from the top left
    corner, and what is left of them."""
    return [
        (slice(y, min(y + TILE, rows)), slice(x, min(x + TILE, columns)))
        for y in range(0, rows, TILE)
        for x in range(0, columns, TILE)
    ]
