"""CollageCode: what a `.ncl` of a neural collage holds, as plain numpy arrays."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..bitstream.container import Common
from ..code import Span, grid_of


@dataclass(frozen=True, eq=False)
class CollageCode:
    """The quantized parameters of one picture on a uniform grid of range cells.

    The picture is `height` x `width` pixels, padded to `rows` x `columns` whole cells of side
    `range_size`. `atoms` holds one integer for each auxiliary patch and cell; `scales` one integer
    for each implicit domain and cell, the self-reference weight s (bitstream_spec.md). An all-zero
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

    KIND: ClassVar = "collage"

    def common(self, packer: str, alpha: bool) -> Common:
        """What the header says of every map."""
        return Common(self.width, self.height, self.grey, alpha, packer, self.range_size)

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of range cells that cover the picture."""
        return grid_of(self.height, self.width, self.range_size)

    @property
    def steps(self) -> int:
        """Iterations to the fixed point at scale 1: log2(B) + 1, or 0 without self-reference."""
        return self.range_size.bit_length() if self.nonzero_scales else 0

    @property
    def scale_sum(self) -> int:
        """Largest sum over the domains of |quantized s| in any cell (integer, in quantizer steps)."""
        return int(np.abs(self.scales).sum(axis=0).max(initial=0))

    @property
    def nonzero_scales(self) -> int:
        """How many self-reference weights differ from zero."""
        return int(np.count_nonzero(self.scales))

    def cells(self, rows: Span, columns: Span) -> np.ndarray:
        """The integers of a part of the grid: int16 [atoms + domains, rows, columns]."""
        around = (slice(None), slice(*rows), slice(*columns))
        return np.concatenate([self.atoms[around], self.scales[around]])

    def without_self_reference(self) -> "CollageCode":
        """The same code with every s set to zero: the affine part alone."""
        return CollageCode(
            self.height, self.width, self.grey, self.level, self.range_size,
            self.fingerprint, self.atoms, np.zeros_like(self.scales),
        )  # fmt: skip
