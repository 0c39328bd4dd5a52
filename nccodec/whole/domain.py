"""The fixed point on its domain: the small picture that every range shows.

A range of N x N samples shows the domain, side x side ranges, reduced by means to N x N. Let t be that small picture.
In samples of the map F, t = pool(F(t)), an equation of N x N unknowns whatever the size of the picture; its sums
over parts of ranges come from cumulative sums of t, so that a step costs as many operations as t has samples.
"""

from dataclasses import dataclass

import numpy as np

from ..arrays import QUIET
from ..collage.operator import isometry
from .code import WholeCode
from .header import SCALE_UNIT

_CLOSE = 1 / 64  # grey levels that the fixed point is found to
_MOST_STEPS = 256  # more than the largest factor asks for, for means within their limit


@dataclass(frozen=True, eq=False)
class Small:
    """What ranges show at a scale. domain: float64 [C, rows, columns], in grey levels less the domain's mean. style:
    the same of the style, which is not turned; None without one."""

    domain: np.ndarray
    style: np.ndarray | None


@QUIET
def fixed_point(code: WholeCode, up: int, style: np.ndarray | None = None) -> Small:
    """What ranges show at scale `up`, 1 or more. style: float64 [C, rows, columns] of a range at that scale, in grey
    levels, if there is one."""
    style = None if style is None else style - style.mean((1, 2), keepdims=True)
    pooling = _Pooling(code, up, style)
    t = pooling.step(np.zeros((len(code.means), *pooling.size)))
    factor = code.largest_scale / SCALE_UNIT
    for _ in range(_MOST_STEPS if factor else 0):
        following = pooling.step(t)
        change = np.abs(following - t).max()
        t = following
        if change * factor / (1 - factor) <= _CLOSE:  # the distance to the fixed point, at most
            break
    return Small(t, style)


class _Pooling:
    """One step from what ranges show to what the domain of the picture is then, reduced."""

    def __init__(self, code: WholeCode, up: int, style: np.ndarray | None) -> None:
        top, left, side = code.domain
        self.size = tuple(n * up for n in code.size)
        self._side = side
        place = slice(top, top + side), slice(left, left + side)
        self._means = code.levels[(slice(None), *place)] - code.middle[:, None, None]
        self._scales = code.scales[place] / SCALE_UNIT
        self._isometries = code.isometries[place]
        self._rows, self._columns = (_Parts(length, side) for length in self.size)
        area = self._rows.lengths[:, None] * self._columns.lengths
        cells = np.ix_(self._rows.ranges, self._columns.ranges)
        self._constant = self._means[(slice(None), *cells)] * area  # [C, parts, parts]
        if style is not None:
            weight = (code.style.weights[place] / SCALE_UNIT)[cells]
            self._constant = self._constant + weight * self._sums(style)

    def step(self, t: np.ndarray) -> np.ndarray:
        """t: float64 [C, rows, columns] -> the same, one step on."""
        cells = np.ix_(self._rows.ranges, self._columns.ranges)
        planes = [constant.copy() for constant in self._constant]
        for number in np.unique(self._isometries[self._scales != 0]):
            scales = np.where(self._isometries == number, self._scales, 0)[cells]
            for plane, sums in zip(t, planes, strict=True):  # one at a time: there may be many parts
                sums += scales * self._sums(isometry(plane[None], int(number)))[0]
        reduced = [np.add.reduceat(np.add.reduceat(x, self._rows.firsts), self._columns.firsts, axis=1) for x in planes]
        return np.stack(reduced) / self._side**2

    def _sums(self, t: np.ndarray) -> np.ndarray:
        """Over each part of a range, of what it shows: float64 [C, parts, parts]."""
        total = np.zeros((t.shape[0], t.shape[1] + 1, t.shape[2] + 1))
        total[:, 1:, 1:] = t.cumsum(1).cumsum(2)
        down = total[:, self._rows.ends] - total[:, self._rows.starts]
        return down[:, :, self._columns.ends] - down[:, :, self._columns.starts]


class _Parts:
    """The domain along one side, cut wherever a range or a sample of the reduced domain ends.

    ranges: that each part lies in. starts, ends: where in its range. lengths: end less start. firsts: the first part of
    each sample of the reduced domain. All int [n].
    """

    def __init__(self, length: int, side: int) -> None:
        edges = np.union1d(np.arange(side + 1) * length, np.arange(length + 1) * side)
        starts = edges[:-1]
        self.ranges = starts // length
        self.starts, self.lengths = starts - self.ranges * length, np.diff(edges)
        self.ends = self.starts + self.lengths
        self.firsts = np.searchsorted(starts, np.arange(length) * side)
