"""WholeCode: what a `.ncl` of a whole-image map holds, as plain numpy arrays."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ..bitstream.container import Common
from ..imaging.colour import to_rgb, to_ycc
from ..neural.code import CollageCode
from .header import STEP_UNIT

MIDDLE = 128.0  # grey levels that luma is coded less
LARGEST_MEAN = 8192.0  # grey levels, of a mean without its sign


@dataclass(frozen=True, eq=False)
class Style:
    """A second picture that ranges take from. code: of it. weights: int [ranges, ranges], t in 1/32, |t| <= 32."""

    code: CollageCode
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class WholeCode:
    """A picture of ranges x ranges ranges, each a small copy of one square of ranges, the domain: of all of it, unless
    a part was chosen. Ranges have the shape of the picture, so that a copy is like its original.

    height, width: of the picture in pixels. grey: one channel. step: quantizer step of means in 1/16 grey level. side:
    of a range, about, in pixels: a power of two, 1 / the smallest scale of a decode. domain: its first range, row and
    column, and its side in ranges. means: int [C, ranges, ranges], C = 1, or 3 for luma, blue and red chroma; in
    steps, luma less MIDDLE. scales: int [ranges, ranges], s in 1/32, |s| <= 30. isometries: int [ranges, ranges], 0 ..
    7. style: if there is one.
    """

    height: int
    width: int
    grey: bool
    step: int
    side: int
    domain: tuple[int, int, int]
    means: np.ndarray
    scales: np.ndarray
    isometries: np.ndarray
    style: Style | None = None

    KIND: ClassVar = "whole-image map"

    def common(self, packer: str, alpha: bool) -> Common:
        """What the header says of every map."""
        return Common(self.width, self.height, self.grey, alpha, packer, self.side)

    @property
    def ranges(self) -> int:
        """To a side of the picture."""
        return self.scales.shape[0]

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of a range in pixels."""
        return range_size(self.height, self.width, self.ranges)

    @property
    def largest_scale(self) -> int:
        """The largest |s| in 1/32."""
        return int(np.abs(self.scales).max())

    @property
    def levels(self) -> np.ndarray:
        """The means in grey levels, luma less MIDDLE: float64 [C, ranges, ranges]."""
        return self.means * (self.step / STEP_UNIT)

    @property
    def middle(self) -> np.ndarray:
        """The mean of the fixed point over the domain, which is that of its ranges' means: float64 [C]."""
        top, left, side = self.domain
        return self.levels[:, top : top + side, left : left + side].mean((1, 2))

    def aligned(self, other: "WholeCode") -> "WholeCode":
        """The same picture but for the way in which its copies are turned: as in the other, so that copies between the
        two are copies and not two upon each other. The other itself decides where this one has none."""
        return replace(self, isometries=np.where(self.scales == 0, 0, other.isometries))

    def without_self_reference(self) -> "WholeCode":
        """The same with every s set to zero."""
        return replace(self, scales=np.zeros_like(self.scales), isometries=np.zeros_like(self.isometries))


def range_size(height: int, width: int, ranges: int) -> tuple[int, int]:
    """Rows and columns of a range in pixels; the last ones may lie partly or wholly beyond the picture."""
    return -(-height // ranges), -(-width // ranges)


def turns(height: int, width: int, ranges: int) -> tuple[int, ...]:
    """The isometries that lay a range's shape onto itself: all 8 for squares, else those that keep its axes."""
    down, across = range_size(height, width, ranges)
    return tuple(range(8)) if down == across else (0, 2, 5, 7)


def rgb_of(planes: np.ndarray) -> np.ndarray:
    """Luma and chroma -> red, green and blue, or luma alone as it is: float64 [C, ...]. MIDDLE stays off all."""
    return np.stack(to_rgb(*planes)) if len(planes) == 3 else planes


def ycc_of(planes: np.ndarray) -> np.ndarray:
    """Inverse of `rgb_of`."""
    return np.stack(to_ycc(*planes)) if len(planes) == 3 else planes
