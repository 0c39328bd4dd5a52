"""What effort 1 adds to the single pass: rate-distortion-optimised quantization, in coding order."""

import numpy as np

from ..arrays import Array, numpy_of
from ..bitstream.symbols import LARGEST
from .levels import lagrange, real
from .prior import IntegerPrior, PriorArrays
from .tile import Tile

# A squared error counts more than lambda says: best of a few on held-out training pictures, without a theory.
PREFERENCE = 1.4


def error_weight(multiplier: Array | float) -> Array | float:
    """Bits that a squared error of one in one of the three samples of a pixel is worth. multiplier: lambda, bits that
    the mean of the three, in grey levels, is worth."""
    return PREFERENCE * multiplier * 255**2 / 3


def worth(tile: Tile, level: int) -> tuple[float, Array]:
    """Bits that a squared error of one is worth: in one sample, and in steps of each channel, [channels]. level: in
    1/256."""
    position = real(level, tile.device)
    weight = error_weight(float(lagrange(tile.weights.architecture.lambdas, position)[0]))
    return weight, weight * tile.model.energy() / tile.model.gain(position)[0] ** 2


def chosen(tile: Tile, scaled: Array, slope: Array, level: int) -> np.ndarray:
    """Integers, int32 [channels, rows, columns], for coefficients in quantizer steps, [1, channels, rows, columns]:
    see `quantize_rate_distortion`. slope: see `worth`."""
    numbers, slope = (numpy_of(x).astype(np.float64) for x in (scaled[0], slope))
    weights = tile.weights
    return quantize_rate_distortion(numbers, slope, weights.prior, weights.prior_at(level), weights.architecture.atoms)


def quantize_rate_distortion(
    scaled: np.ndarray, slope: np.ndarray, arrays: PriorArrays, prior: IntegerPrior, atoms: int
) -> np.ndarray:
    """Of the two integers around each coefficient and zero, the one of least distortion plus rate, in
    coding order, so that the rate of each is the exact one given all before it.

    scaled: float64 [channels, rows, columns]. slope: bits that a squared error of one step is worth,
    [channels]. Channels from `atoms` on, self-reference weights, are rounded. Returns int32.
    """
    values = np.zeros(scaled.shape, np.int32)
    values[atoms:] = np.rint(np.clip(scaled[atoms:], -LARGEST, LARGEST))
    bits, starts = code_lengths(arrays)
    middles = arrays.sizes // 2 - 1
    low = np.floor(np.clip(scaled, -LARGEST, LARGEST - 1)).astype(np.int32)
    for group in prior.passes(values, 0, atoms):
        wanted, weight = scaled[group.where], slope[group.where[0]]
        middle, start = middles[group.tables], starts[group.tables]
        best = cost = None
        for candidate in (low[group.where], low[group.where] + 1, np.zeros_like(low[group.where])):
            symbol = np.abs(candidate - group.offsets)
            place = np.where(symbol <= middle, candidate - group.offsets + middle, 2 * middle + 1)
            rate = bits[start + place] + np.where(symbol > middle, 2 * np.log2(1.0 + np.maximum(symbol - middle, 0)), 0)
            total = weight * (wanted - candidate) ** 2 + rate
            better = None if best is None else total < cost
            best = candidate if best is None else np.where(better, candidate, best)
            cost = total if cost is None else np.where(better, total, cost)
        values[group.where] = best
    return values


def code_lengths(arrays: PriorArrays) -> tuple[np.ndarray, np.ndarray]:
    """Bits of every entry of the tables, and where each table starts."""
    return 24 - np.log2(arrays.tables), np.cumsum(arrays.sizes) - arrays.sizes
