"""The fixed point of a generative collage, at the scale of its pictures and at any larger one.

At scale S the map is the same: the affine part is enlarged by U_S, and ranges show the whole of it reduced by their
number m to a side. That reduced picture is the fixed point at S / m, since area means of one scale's fixed point are
the fixed point of a smaller scale. So only the smallest has to be iterated; each larger one is a single step.

Smoothing is no part of the format, and not done unless asked for: where ranges meet, what each shows is faded into the
mirror image of what the other does, half a pixel of scale 1 far on both sides, at every larger scale. What one side
gains the other loses.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..arrays import QUIET
from ..code import Span
from ..collage.fixed_point import contraction_factor, contraction_steps
from ..collage.operator import isometry
from ..collage.scales import pixel_shuffle, reduce_area, spline_maps, spline_weights
from ..errors import FormatError
from .code import GenerativeCode
from .map import ISOMETRIES, step
from .weights import Weights

LARGEST = 1024.0  # of a sample of the affine part, without its sign; 1 is white
_CLOSE = 1 / 64 / 255  # that the fixed point is found to


@dataclass(frozen=True, eq=False)
class Map:
    """Affine part, float64 [C, size, size], and s in all ranges in raster order, float64 [m^2, 8]."""

    affine: np.ndarray
    scales: np.ndarray

    @property
    def ranges(self) -> int:
        """To a side: m."""
        return round(len(self.scales) ** 0.5)

    @property
    def size(self) -> int:
        """Pixels along a side."""
        return self.affine.shape[-1]

    @property
    def factor(self) -> float:
        """That the map contracts by: the largest sum of |s|."""
        return contraction_factor(self.scales.T[None])  # [1, 8, m^2]

    @cached_property
    def fixed_point(self) -> np.ndarray:
        """At scale 1, within 1/64 of a grey level: float64 [C, size, size]."""
        z = self.affine[None]
        for _ in range(contraction_steps(self.factor, float(np.abs(z).max()), _CLOSE)):
            z = step(self.affine[None], self.scales[None], z)
        return z[0]

    @cached_property
    def _spline(self) -> np.ndarray:
        """What U_S makes the affine part from: float32 [C, 9, size, size]."""
        maps = spline_maps(self.affine[None])
        return maps.reshape(len(self.affine), 9, self.size, self.size).astype(np.float32)

    def enlarged(self, up: int, rows: Span, columns: Span) -> np.ndarray:
        """Rows and columns of the affine part at scale `up`: float32 [C, rows, columns]."""
        if up == 1:
            return self.affine[:, slice(*rows), slice(*columns)].astype(np.float32)
        (top, bottom), (left, right) = ((a // up, -(-b // up)) for a, b in (rows, columns))  # in pixels
        maps = self._spline[:, :, top:bottom, left:right]
        fine = spline_weights(up).astype(np.float32) @ maps.reshape(len(maps), 9, -1)  # [C, up^2, pixels]
        fine = pixel_shuffle(fine.reshape(1, -1, bottom - top, right - left), up)[0]
        return fine[:, rows[0] - top * up : rows[1] - top * up, columns[0] - left * up : columns[1] - left * up]

    @QUIET
    def shown(self, up: int, smooth: bool = False) -> np.ndarray:
        """What ranges show at scale `up`: float32 [C, side, side]."""
        if up <= self.ranges:
            return reduce_area(self.fixed_point, self.ranges // up).astype(np.float32)
        smaller = up // self.ranges
        whole = (0, self.size * smaller)
        return self.window(self.shown(smaller, smooth), smaller, whole, whole, smooth)

    @QUIET
    def window(self, shown: np.ndarray, up: int, rows: Span, columns: Span, smooth: bool = False) -> np.ndarray:
        """Rows and columns of the fixed point at scale `up`: float32 [C, rows, columns]. shown: at that scale."""
        reach = up // 2 if smooth else 0
        whole = self.size * up
        # A sample near a border is mixed with the one as far beyond it.
        (top, bottom), (left, right) = ((max(0, a - 2 * reach), min(whole, b + 2 * reach)) for a, b in (rows, columns))
        z = self._copies(shown, (top, bottom), (left, right))
        if smooth:
            _fade(z, left, shown.shape[-1], reach)
            _fade(z.swapaxes(1, 2), top, shown.shape[-1], reach)
        z = z[:, rows[0] - top : rows[1] - top, columns[0] - left : columns[1] - left]
        return z + self.enlarged(up, rows, columns)

    def _copies(self, shown: np.ndarray, rows: Span, columns: Span) -> np.ndarray:
        """What ranges show there: float32 [C, rows, columns]."""
        z = np.zeros((len(shown), rows[1] - rows[0], columns[1] - columns[0]), np.float32)
        turned = [isometry(shown, number) for number in range(ISOMETRIES)]
        side = shown.shape[-1]
        for i in range(rows[0] // side, -(-rows[1] // side)):
            for j in range(columns[0] // side, -(-columns[1] // side)):
                (y, bottom), (x, right) = _overlap(rows, i * side, side), _overlap(columns, j * side, side)
                part = z[:, y - rows[0] : bottom - rows[0], x - columns[0] : right - columns[0]]
                inside = slice(y - i * side, bottom - i * side), slice(x - j * side, right - j * side)
                for scale, copy in zip(self.scales[i * self.ranges + j].astype(np.float32), turned, strict=True):
                    part += scale * copy[(slice(None), *inside)]
        return z


def _fade(z: np.ndarray, start: int, side: int, reach: int) -> None:
    """Mix samples along the last axis, which are numbered from `start` on, with those as far beyond a multiple of
    `side`: from half and half there to none of it at `reach`, or as far as both are in z."""
    end = start + z.shape[-1]
    for border in range(start // side * side + side, end, side):
        count = min(reach, border - start, end - border)
        before = z[..., border - start - count : border - start]
        beyond = z[..., border - start : border - start + count][..., ::-1]
        share = 0.5 - (np.arange(count, 0, -1, dtype=np.float32) - 0.5) / (2 * reach)
        moved = share * (beyond - before)
        before += moved
        beyond -= moved


def _overlap(span: Span, start: int, length: int) -> Span:
    """What a span has in common with one from start on."""
    return max(span[0], start), min(span[1], start + length)


@QUIET
def map_of(code: GenerativeCode, weights: Weights) -> Map:
    """The map that the network makes of a code. FormatError where it is out of bounds."""
    affine, scales = weights.network.decode(code.values[None])
    if not np.abs(affine).max() <= LARGEST or not np.isfinite(scales).all():
        raise FormatError(f"the map of these latents is beyond {LARGEST:g} times white")
    return Map(affine[0], scales[0] if code.referring else np.zeros_like(scales[0]))
