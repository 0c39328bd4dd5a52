"""PartitionCode: what a `.ncl` of a partitioned map holds, and the means of its nodes, all in integers.

Each plane (luma, or luma and two chroma planes of half the size) is covered by square roots, each the root of
a quadtree whose leaves are the ranges. A node's mean is its parent's, plus what the parent's ramp predicts, plus
quantized Haar details; a leaf keeps the ramp, and may add one domain, mean-free. numpy only.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ..bitstream.container import Common
from ..code import grid_of

UNIT = 2048  # node values are in 1/2048 of a grey level, less MIDDLE
MIDDLE = 128
LARGEST_ROOT = 64
SMALLEST_RANGE = 4  # that may have a domain
CLASSES = 8
_CLASS_EDGES = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True, eq=False)
class Level:
    """All nodes of one side, on the plane's grid of that side; zeros where there is no such node.

    split: bool [rows, columns]. details: int32 [3, rows, columns], the Haar coefficients across, down and
    diagonal of split nodes in quantizer steps. scales: int32 [rows, columns], s in 1/8, 0 for flat leaves.
    isometries: uint8 [rows, columns], 0 .. 7. tops, lefts: int32 [rows, columns], the domain's corner in
    domain steps of this level.
    """

    split: np.ndarray
    details: np.ndarray
    scales: np.ndarray
    isometries: np.ndarray
    tops: np.ndarray
    lefts: np.ndarray


@dataclass(frozen=True, eq=False)
class Plane:
    """One plane. roots: int32 [rows, columns], means of the roots in quantizer steps. levels: from the
    side of the roots down to that of the smallest ranges, each of half the side."""

    roots: np.ndarray
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Layout:
    """What decides the grids of a partitioned map.

    height, width: of the picture. grey: luma alone. step: quantizer step of the orthonormal Haar coefficients of
    luma, in 1/16 grey level, 1 .. 65535; chroma planes have half of it. root: side of the roots, a power of two
    from 4 to 64. largest, smallest: sides of the ranges, powers of two, 1 <= smallest <= largest <= root, 4 <= largest.
    domain_step: a power of two from 4 to 64; domains of a range of side b have corners on multiples of b or of
    it, whichever is larger. isometries: 1 or 8.
    """

    height: int
    width: int
    grey: bool
    step: int
    root: int
    largest: int
    smallest: int
    domain_step: int
    isometries: int

    @property
    def sides(self) -> tuple[int, ...]:
        """Sides of the nodes, from the roots down."""
        return tuple(self.root >> i for i in range((self.root // self.smallest).bit_length()))

    @property
    def planes(self) -> tuple["PlaneLayout", ...]:
        """Luma, and unless the picture is grey two chroma planes of half the size."""
        luma = PlaneLayout(self, False, self.height, self.width)
        chroma = PlaneLayout(self, True, -(-self.height // 2), -(-self.width // 2))
        return (luma,) if self.grey else (luma, chroma, chroma)

    def step_of_domains(self, side: int) -> int:
        """Distance of the domains of ranges of a side, in pixels."""
        return max(side, self.domain_step)


@dataclass(frozen=True)
class PlaneLayout:
    """What decides the grids of one plane, of `height` x `width` samples. layout: of the map."""

    layout: Layout
    chroma: bool
    height: int
    width: int

    def grid(self, side: int) -> tuple[int, int]:
        """Rows and columns of nodes of a side on the plane's canvas, which is made of whole roots."""
        root = self.layout.root
        rows, columns = grid_of(self.height, self.width, root)
        return rows * (root // side), columns * (root // side)

    def domain_grid(self, side: int) -> tuple[int, int]:
        """Rows and columns of the domains of ranges of a side; 0, 0 where the canvas holds none, and below 4 pixels."""
        step = self.layout.step_of_domains(side)
        extents = [n * side - 2 * side for n in self.grid(side)]
        fits = min(extents) >= 0 and side >= SMALLEST_RANGE
        return tuple(extent // step + 1 for extent in extents) if fits else (0, 0)

    def quantizer(self, side: int) -> int:
        """Quantizer step of the means of roots, or of the details of nodes, of a side: in 1/UNIT."""
        return self.layout.step * (UNIT // (32 if self.chroma else 16)) // side


@dataclass(frozen=True, eq=False)
class PartitionCode:
    """The quantized parameters of one picture as a partitioned map."""

    layout: Layout
    planes: tuple[Plane, ...]

    KIND: ClassVar = "partitioned map"

    def common(self, packer: str, alpha: bool) -> Common:
        """What the header says of every map."""
        layout = self.layout
        return Common(layout.width, layout.height, layout.grey, alpha, packer, layout.root)

    @property
    def iterations(self) -> int:
        """Iterations to the fixed point at scale 1: log2 of the side of the roots and one, or 0 without domains."""
        return self.layout.root.bit_length() if self.references else 0

    @property
    def largest_scale(self) -> int:
        """Largest |s| in 1/8."""
        return max(int(np.abs(level.scales).max()) for plane in self.planes for level in plane.levels)

    @property
    def references(self) -> int:
        """How many ranges have a domain."""
        return sum(int(np.count_nonzero(level.scales)) for plane in self.planes for level in plane.levels)

    @property
    def ranges(self) -> int:
        """How many ranges there are."""
        leaves = 0
        for plane in self.planes:
            nodes = plane.roots.size
            for level in plane.levels:
                split = int(np.count_nonzero(level.split))
                leaves, nodes = leaves + nodes - split, 4 * split
        return leaves

    def without_self_reference(self) -> "PartitionCode":
        """The same code with all ranges flat."""
        planes = tuple(
            replace(plane, levels=tuple(replace(x, scales=np.zeros_like(x.scales)) for x in plane.levels))
            for plane in self.planes
        )
        return replace(self, planes=planes)


@dataclass(frozen=True, eq=False)
class Nodes:
    """The means around the nodes of one side: int64 [rows, columns] each, in 1/UNIT.

    values: the mean of every square of that side, as far as the levels above say. down, across: how much it
    changes from one square to the next, 0 at extrema. peak: largest difference to one of the four neighbours.
    """

    values: np.ndarray
    down: np.ndarray
    across: np.ndarray
    peak: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> "Nodes":
        """Neighbours beyond the canvas continue the difference on the other side."""
        down, vertical = _slope(values, 0)
        across, horizontal = _slope(values, 1)
        return cls(values, down, across, np.maximum(vertical, horizontal))

    def classes(self, quantizer: int) -> np.ndarray:
        """How much goes on around each node, in quantizer steps, as 0 .. CLASSES - 1."""
        return np.searchsorted(_CLASS_EDGES, self.peak // quantizer, side="right")

    def children(self, details: np.ndarray) -> np.ndarray:
        """Values of the squares of half the side, [2 rows, 2 columns]. details: int64 [3, rows, columns] in
        1/UNIT, zero except in split nodes, so that others hand down their ramp."""
        across, down, diagonal = (self.across >> 2) + details[0], (self.down >> 2) + details[1], details[2]
        rows, columns = self.values.shape
        result = np.empty((rows, 2, columns, 2), np.int64)
        for i, y in enumerate((-1, 1)):
            for j, x in enumerate((-1, 1)):
                result[:, i, :, j] = self.values + x * across + y * down + x * y * diagonal
        return result.reshape(2 * rows, 2 * columns)  # [rows, 2, columns, 2]


def _slope(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """The smaller of the differences to both sides, 0 if they disagree in sign, and the larger in size."""
    if values.shape[axis] == 1:
        return np.zeros_like(values), np.zeros_like(values)
    steps = np.diff(values, axis=axis)
    before, after = (np.pad(steps, [p if a == axis else (0, 0) for a in (0, 1)], "edge") for p in ((1, 0), (0, 1)))
    sizes = np.abs(before), np.abs(after)
    agree = np.sign(before) * (np.sign(before) == np.sign(after))
    return agree * np.minimum(*sizes), np.maximum(*sizes)


def nodes_of(code: PartitionCode, number: int) -> Iterator[tuple[int, Level, np.ndarray, Nodes]]:
    """Side, level, which nodes are leaves (bool [rows, columns]) and means, from the roots of a plane down."""
    plane, layout = code.planes[number], code.layout
    grids = layout.planes[number]
    values = plane.roots.astype(np.int64) * grids.quantizer(layout.root)
    exist = np.ones(plane.roots.shape, bool)
    for side, level in zip(layout.sides, plane.levels, strict=True):
        nodes = Nodes.of(values)
        yield side, level, exist & ~level.split, nodes
        if side > layout.smallest:
            values = nodes.children(level.details.astype(np.int64) * grids.quantizer(side))
            exist = level.split.repeat(2, 0).repeat(2, 1)
