"""The s of least cost for domains that are already chosen."""

import math
from dataclasses import replace

import numpy as np

from ..bitstream import tables
from .candidates import LARGEST_SEARCHED, SCALE_STEP, Side, blocks_of, ramps
from .code import UNIT, Nodes, PlaneLayout
from .keys import Chance, Sizes
from .models import Models

RATE_WEIGHT = 0.16  # lambda is this times the squared quantizer step
_UNKNOWN = 12  # bits of a size that the table has no symbol for: another table would have one


def rate_weight(plane: PlaneLayout) -> float:
    """lambda: squared grey levels a bit. Chroma planes of half the size have half the step, as each of their
    samples stands for four pixels."""
    step = plane.quantizer(1) / UNIT
    return RATE_WEIGHT * step * step


def scale_bits(plane: PlaneLayout, side: int, models: Models) -> np.ndarray:
    """Bits of s = -LARGEST_SEARCHED .. LARGEST_SEARCHED eighths with isometry and address; those of 0 mean nothing."""
    sizes = np.full(LARGEST_SEARCHED + 1, float(_UNKNOWN))
    known = tables.bits(models.counts(Sizes(plane.chroma)))[:LARGEST_SEARCHED]
    sizes[1 : 1 + len(known)] = np.minimum(known, _UNKNOWN)
    scales = np.arange(-LARGEST_SEARCHED, LARGEST_SEARCHED + 1)
    signs = tables.bits(models.counts(Chance("sign", plane.chroma)))[(scales < 0).astype(int)]
    return sizes[np.abs(scales)] + signs + math.log2(math.prod(plane.domain_grid(side)) * plane.layout.isometries)


class Fit:
    """Ranges of one plane against domains of another. canvas, source: [H, W] in grey levels less MIDDLE, the
    ranges being those of canvas and the domains of source."""

    def __init__(self, plane: PlaneLayout, models: Models, canvas: np.ndarray, source: np.ndarray) -> None:
        self._plane, self._models = plane, models
        self._canvas, self._pooled = canvas, blocks_of(source, 2).mean((2, 3))

    def scales(self, candidates: Side, nodes: Nodes, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """s in eighths for the ranges `which` (bool [rows, columns]) with the ramps of `nodes`, int [n], 0 where none
        pays; and by how much it reduces the squared error, float64 [n]."""
        side = candidates.side
        ranges = (blocks_of(self._canvas, side)[which] - ramps(nodes, side, which)).reshape(-1, side * side)
        domains = self._domains(candidates, which).reshape(-1, side * side)
        domains = domains - domains.mean(1, keepdims=True)
        product, energy = (ranges * domains).sum(1), np.square(domains).sum(1)
        inside = candidates.inside[which][:, None]
        scales = np.arange(-LARGEST_SEARCHED, LARGEST_SEARCHED + 1)
        s = scales * SCALE_STEP
        gain = (2 * s * product[:, None] - np.square(s) * energy[:, None]) * inside  # [n, scales]
        bits = scale_bits(self._plane, side, self._models)
        bits[LARGEST_SEARCHED] = 0
        best = (gain - rate_weight(self._plane) * bits).argmax(1)
        return scales[best], np.take_along_axis(gain, best[:, None], 1)[:, 0]

    def rescored(self, candidates: Side) -> Side:
        """The same domains with the s that they take from this source."""
        which = candidates.scale != 0
        if not which.any():
            return candidates
        scale, gain = np.zeros_like(candidates.scale), np.zeros_like(candidates.gain)
        scale[which], gain[which] = self.scales(candidates, candidates.nodes, which)
        return replace(candidates, scale=scale, gain=gain)

    def _domains(self, candidates: Side, which: np.ndarray) -> np.ndarray:
        """Pooled and turned, [n, side, side]."""
        side, step = candidates.side, self._plane.layout.step_of_domains(candidates.side) // 2
        columns = self._plane.domain_grid(side)[1]
        domain, isometry = candidates.domain[which], candidates.isometry[which]
        tops, lefts = domain // columns * step, domain % columns * step
        span = np.arange(side)
        blocks = self._pooled[tops[:, None, None] + span[:, None], lefts[:, None, None] + span]
        for number in range(1, self._plane.layout.isometries):
            at = isometry == number
            turned = blocks[at].swapaxes(1, 2) if number & 4 else blocks[at]
            blocks[at] = np.rot90(turned, number & 3, (1, 2))
        return blocks
