"""The quadtree of least cost D + lambda R, bottom up, and the integers of its leaves.

The Haar coefficients are orthonormal, so that a node's error is that of its own details and its leaves; a tree is
the better of its root as a leaf and its root split into the best trees of its quarters (Breiman et al., BFOS).
"""

import math

import numpy as np

from ..bitstream import tables
from .candidates import LARGEST_SEARCHED, Side
from .code import CLASSES, UNIT, Layout, Level, Nodes, PartitionCode, Plane, PlaneLayout
from .fitting import Fit, rate_weight, scale_bits
from .keys import Chance, Differences
from .models import Models, Recorder
from .synthesis import decode_plane
from .walk import walk

_DEAD_ZONE = 0.15  # details are rounded away from zero above one half plus this
_ROUNDS = 3  # tables are fitted to one tree and the next is grown with them


def grow(layout: Layout, canvases: list[np.ndarray], sides: list[list[Side]]) -> PartitionCode:
    """The PartitionCode of least cost at the layout's step. canvases, sides: see `candidates`, for each plane.

    The first tree takes the domains from the picture; the ones after it from what the one before decodes to, as
    the decoder will, and are coded under the tables that suit the one before.
    """
    models, sources = Models(layout), canvases
    for _ in range(_ROUNDS):
        planes = []
        for grids, canvas, source, candidates in zip(layout.planes, canvases, sources, sides, strict=True):
            fit = Fit(grids, models, canvas, source)
            known = candidates if sources is canvases else [fit.rescored(side) for side in candidates]
            split, reference = Costs(grids, models).pruned(known)
            planes.append(_quantized(grids, known, split, reference, fit))
        code = PartitionCode(layout, tuple(planes))
        recorder = Recorder()
        walk(layout, recorder, code)
        models = Models(layout, recorder.seen)
        sources = [_decoded(code, number) for number in range(len(canvases))]
    return code


def _decoded(code: PartitionCode, number: int) -> np.ndarray:
    """A plane's canvas as the decoder has it, in grey levels less MIDDLE."""
    return 255 * decode_plane(code, number, 1, 1, np.float32, "cpu")[0, 0].astype(np.float64)


class Costs:
    """Costs of the nodes of a plane under given tables."""

    def __init__(self, plane: PlaneLayout, models: Models) -> None:
        self.plane, self.models = plane, models
        self.weight = rate_weight(plane)

    def _flag(self, name: str, side: int, classes: np.ndarray) -> np.ndarray:
        """Bits of "no" and "yes" for each node, [2, rows, columns]."""
        keys = [Chance(name, self.plane.chroma, side, c) for c in range(CLASSES)]
        costs = [tables.bits(self.models.counts(key)) for key in keys]
        return np.moveaxis(np.array(costs)[classes], -1, 0)

    def pruned(self, sides: list[Side]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """For each side, from the roots down: which nodes are split, and which leaves would use their domain,
        bool [rows, columns] each."""
        splits, references, below = [], [], None
        for candidates in reversed(sides):
            split, cost, reference = self._level(candidates, below)
            splits.insert(0, split)
            references.insert(0, reference)
            below = cost
        exist = np.ones_like(splits[0])
        for i, split in enumerate(splits):
            splits[i] = split & exist
            references[i] = references[i] & exist & ~split
            exist = splits[i].repeat(2, 0).repeat(2, 1)
        return splits, references

    def _level(self, candidates: Side, below: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        layout, side = self.plane.layout, candidates.side
        classes = candidates.nodes.classes(self.plane.quantizer(side))
        shape = classes.shape
        if below is None:
            divided = np.full(shape, np.inf)
        else:
            divided = below.reshape(shape[0], 2, shape[1], 2).sum((1, 3)) + self._details(candidates, classes)
        if side > layout.largest:
            return np.ones(shape, bool), divided, np.zeros(shape, bool)
        leaf, reference = self._leaf(candidates, classes)
        if side > layout.smallest:
            stay, go = self._flag("split", side, classes) * self.weight
            leaf, divided = leaf + stay, divided + go
        split = divided < leaf
        return split, np.where(split, divided, leaf), reference

    def _leaf(self, candidates: Side, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        domains = math.prod(self.plane.domain_grid(candidates.side))
        if domains == 0:
            return candidates.flat, np.zeros(classes.shape, bool)
        flat_bits, bits = self._flag("reference", candidates.side, classes)
        bits = bits + scale_bits(self.plane, candidates.side, self.models)[candidates.scale + LARGEST_SEARCHED]
        flat, used = candidates.flat + self.weight * flat_bits, candidates.flat - candidates.gain + self.weight * bits
        reference = (used < flat) & (candidates.scale != 0)
        return np.where(reference, used, flat), reference

    def _details(self, candidates: Side, classes: np.ndarray) -> np.ndarray:
        """Cost of the three details of each node, if it is split."""
        quantizer = self.plane.quantizer(candidates.side)
        exact = _in_steps(candidates, candidates.nodes, quantizer)
        rounded = _rounded(exact)
        error = np.square((exact - rounded) * (quantizer * candidates.side / UNIT)).sum(0) * candidates.inside
        bits = np.zeros(classes.shape)
        for number in range(CLASSES):
            at = classes == number
            for axis, name in enumerate(("along", "along", "diagonal")):
                given = self.models.of(Differences(name, self.plane.chroma, number))
                bits[at] += tables.geometric_bits(rounded[axis][at], *given)
        return error + self.weight * bits


def _in_steps(candidates: Side, nodes: Nodes, quantizer: int) -> np.ndarray:
    """The details less what `nodes` predict, in quantizer steps: float64 [3, rows, columns]."""
    predicted = np.stack([nodes.across >> 2, nodes.down >> 2, np.zeros_like(nodes.down)])
    return (candidates.details * UNIT - predicted) / quantizer


def _rounded(exact: np.ndarray) -> np.ndarray:
    return (np.floor(np.abs(exact) + 0.5 - _DEAD_ZONE).clip(0) * np.sign(exact)).astype(np.int64)


def _quantized(
    plane: PlaneLayout, sides: list[Side], splits: list[np.ndarray], references: list[np.ndarray], fit: Fit
) -> Plane:
    """The integers of a tree: each detail less what the quantized means around it predict, each s for the ramp that
    its range really has."""
    quantizer = plane.quantizer(plane.layout.root)
    roots = np.rint(sides[0].means * UNIT / quantizer).astype(np.int64)
    values, levels = roots * quantizer, []
    for candidates, split, reference in zip(sides, splits, references, strict=True):
        nodes, quantizer = Nodes.of(values), plane.quantizer(candidates.side)
        details = _rounded(_in_steps(candidates, nodes, quantizer)) * split
        scale = np.zeros(split.shape, np.int64)
        if reference.any():
            scale[reference] = fit.scales(candidates, nodes, reference)[0]
        used = scale != 0
        columns = max(1, plane.domain_grid(candidates.side)[1])
        fields = (scale, candidates.isometry, candidates.domain // columns, candidates.domain % columns)
        kinds = (np.int32, np.uint8, np.int32, np.int32)
        grids = [np.where(used, field, 0).astype(kind) for field, kind in zip(fields, kinds, strict=True)]
        levels.append(Level(split, details.astype(np.int32), *grids))
        if candidates.side > plane.layout.smallest:
            values = nodes.children(details * quantizer)
    return Plane(roots.astype(np.int32), tuple(levels))
