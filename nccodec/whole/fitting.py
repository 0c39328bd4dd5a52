"""s, isometry and style of every range in closed form, given what ranges show (collage theorem)."""

from dataclasses import dataclass

import numpy as np

from ..collage.operator import isometry
from .header import LARGEST_SCALE, LARGEST_STYLE, SCALE_UNIT

_FIRST_BITS = 4.0  # of a size, before any is known


@dataclass(frozen=True, eq=False)
class Rules:
    """turns: isometries that may be used. floor: the least |s| or t, in 1/32. negatives: whether s may be negative.
    price: squared grey levels that a bit is worth."""

    turns: tuple[int, ...]
    floor: int
    negatives: bool
    price: float


@dataclass(frozen=True, eq=False)
class Choice:
    """scales, isometries, styles: int [ranges, ranges] each, as of `WholeCode` and `Style`."""

    scales: np.ndarray
    isometries: np.ndarray
    styles: np.ndarray


def fit(cells: np.ndarray, domain: np.ndarray, style: np.ndarray | None, rules: Rules) -> Choice:
    """The choice of least error and rate for each range by itself. A range takes from the domain, or else from the
    style. cells: float64 [ranges, ranges, C, rows, columns], less their means. domain, style: float64 [C, rows,
    columns], less their means, what ranges show."""
    sizes = np.arange(rules.floor, LARGEST_SCALE + 1)
    signed = np.concatenate([sizes, -sizes]) if rules.negatives else sizes
    shared = [np.einsum("ijcyx,cyx->ij", cells, isometry(domain, turn)) for turn in rules.turns]
    energy = (domain**2).sum()
    least = 1
    if style is not None:  # a style of more contrast than the domain needs less of it to show as much
        ratio = np.sqrt(energy / max((style**2).sum(), 1e-9))
        least = max(1, round(rules.floor * ratio))
        style = style if least <= LARGEST_STYLE else None  # it cannot show as much
    taken = np.arange(least, LARGEST_STYLE + 1)
    bits, style_bits = np.full(LARGEST_SCALE + 1, _FIRST_BITS), np.full(LARGEST_STYLE + 1, _FIRST_BITS)
    for _ in range(2):  # the second time at the rates of what was chosen the first time
        cost = np.full(cells.shape[:2], np.inf)
        scales, isometries, styles = (np.zeros(cells.shape[:2], np.int64) for _ in range(3))
        turn_bits = np.log2(len(rules.turns)) + rules.negatives
        for turn, product in zip(rules.turns, shared, strict=True):
            s = signed / SCALE_UNIT
            rate = bits[np.abs(signed)] + style_bits[0] * (style is not None) + turn_bits * (signed != 0)
            costs = energy * s**2 - 2 * product[..., None] * s + rules.price * rate  # [ranges, ranges, sizes]
            best = costs.argmin(-1)
            lowest = np.take_along_axis(costs, best[..., None], -1)[..., 0]
            better = lowest < cost
            cost = np.where(better, lowest, cost)
            scales, isometries = np.where(better, signed[best], scales), np.where(better, turn, isometries)
        if style is not None:
            product, t = np.einsum("ijcyx,cyx->ij", cells, style), taken / SCALE_UNIT
            costs = (style**2).sum() * t**2 - 2 * product[..., None] * t + rules.price * (bits[0] + style_bits[taken])
            best = costs.argmin(-1)
            better = np.take_along_axis(costs, best[..., None], -1)[..., 0] < cost
            styles, scales = np.where(better, taken[best], 0), np.where(better, 0, scales)
        bits, style_bits = _bits(scales, LARGEST_SCALE), _bits(styles, LARGEST_STYLE)
    return Choice(scales, np.where(scales == 0, 0, isometries), styles)


def _bits(values: np.ndarray, largest: int) -> np.ndarray:
    """What each size costs if coded by how often it comes: float64 [largest + 1]."""
    counts = np.bincount(np.abs(values).ravel(), minlength=largest + 1) + 0.5
    return np.log2(counts.sum() / counts)
