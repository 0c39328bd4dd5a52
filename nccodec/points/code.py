"""PointsCode: what a `.ncl` of a set of points holds, as plain numpy arrays."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..bitstream.container import Common
from .header import ONE

OFFSET = 1 << 13  # of the offsets of maps
FINE = 1 << 24  # of points
VIEW = 1 << 14  # of the view of a space
SHARES = 1 << 16  # sum of the weights of the maps
SIDE = 32  # 1 / the smallest scale


@dataclass(frozen=True)
class Tone:
    """How counts of points become grey levels: see `header.Fields`, whose units these are."""

    paper: bool
    density: int
    gamma: int
    growth: int
    white: int


@dataclass(frozen=True, eq=False)
class PointsCode:
    """The attractor of N maps x -> matrix x + offset of d dimensions, in coordinates in which the picture, whose middle
    is the origin, reaches from -1 to 1 along its longer side, y upwards.

    height, width: of the picture in pixels. grey: one channel. matrices: int64 [N, d, d], in 1/ONE. offsets: int64 [N,
    d], in 1/OFFSET. weights: int64 [N], how often each map is taken, >= 1, sum SHARES. colours: uint8 [N, 3], or [N, 0]
    if grey. view: int64 [2, d] in 1/VIEW, what of a space is across and upwards; of the plane the identity. place:
    float32 [d + 1], the origin and the length of 1 in the coordinates of the points' source.
    """

    height: int
    width: int
    grey: bool
    tone: Tone
    matrices: np.ndarray
    offsets: np.ndarray
    weights: np.ndarray
    colours: np.ndarray
    view: np.ndarray
    place: np.ndarray

    KIND: ClassVar = "set of points"

    def common(self, packer: str, alpha: bool) -> Common:
        """What the header says of every map."""
        return Common(self.width, self.height, self.grey, alpha, packer, SIDE)

    @property
    def dimensions(self) -> int:
        return self.offsets.shape[1]

    @property
    def factor(self) -> int:
        """The largest singular value of a map, rounded up, in 1/ONE; at most 4 ONE is told apart."""
        return max(map(factor_of, self.matrices.tolist()))

    def without_self_reference(self) -> "PointsCode":
        """Itself: `kind.check` lets nobody ask for this."""
        return self


def factor_of(matrix: list[list[int]]) -> int:
    """The smallest integer that is larger than all singular values of an integer matrix: in integers, so that it is the
    same on every machine. L is above all of them if and only if the leading minors of L^2 - A^T A are positive."""
    low, high = 0, 4 * ONE  # of 16 bits and 3 rows no singular value is larger
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _above(matrix, middle) else (middle, high)
    return high


def _above(matrix: list[list[int]], limit: int) -> bool:
    d = range(len(matrix))
    g = [[limit * limit * (i == j) - sum(row[i] * row[j] for row in matrix) for j in d] for i in d]
    minor = g[0][0] * g[1][1] - g[0][1] * g[1][0]
    if g[0][0] <= 0 or minor <= 0:
        return False
    if len(matrix) == 2:
        return True
    return (
        g[2][2] * minor
        - g[2][1] * (g[0][0] * g[1][2] - g[0][2] * g[1][0])
        + (g[2][0] * (g[0][1] * g[1][2] - g[0][2] * g[1][1]))
        > 0
    )
