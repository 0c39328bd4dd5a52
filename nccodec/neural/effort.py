"""What effort 1 adds to the single pass: rate-distortion-optimised quantization, in coding order."""

import numpy as np

from ..arrays import Array, numpy_of
from ..bitstream.symbols import LARGEST, SymbolModel
from .levels import lagrange, real
from .prior import PriorArrays
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
    return quantize_rate_distortion(numbers, slope, weights.prior, tile.prior(level), weights.architecture.atoms)


def quantize_rate_distortion(
    scaled: np.ndarray, slope: np.ndarray, arrays: PriorArrays, prior: SymbolModel, atoms: int
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
    flat, chosen, cells = scaled.reshape(-1), values.reshape(-1), scaled[0].size
    for group in prior.passes(values, 0, atoms):
        wanted, weight = flat[group.where], slope[group.where // cells]
        middle, start = middles[group.tables], starts[group.tables]

        near = np.trunc(np.clip(wanted, 1 - LARGEST, LARGEST - 1)).astype(np.int32)  # of the two the nearer to zero
        far = near + np.where(wanted < 0, -1, 1).astype(np.int32)
        least, other = (
            weight * (wanted - x) ** 2 + _rates(x - group.offsets, middle, start, bits) for x in (near, far)
        )
        best = np.where(other < least, far, near)
        some = np.flatnonzero(near)  # the rest have had zero
        zero = weight[some] * wanted[some] ** 2 + _rates(-group.offsets[some], middle[some], start[some], bits)
        best[some[zero < np.minimum(least, other)[some]]] = 0
        chosen[group.where] = best
    return values


def _rates(difference: np.ndarray, middle: np.ndarray, start: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """Bits of symbols [n], values less their offsets, in the tables that begin at `start` and reach -middle .. middle;
    bits: see `code_lengths`."""
    escaped = np.flatnonzero(np.abs(difference) > middle)
    place = start + middle + difference
    place[escaped] = start[escaped] + 2 * middle[escaped] + 1
    rates = bits[place]
    rates[escaped] += 2 * np.log2(1.0 + np.abs(difference[escaped]) - middle[escaped])
    return rates


def code_lengths(arrays: PriorArrays) -> tuple[np.ndarray, np.ndarray]:
    """Bits of every entry of the tables, and where each table starts."""
    return 24 - np.log2(arrays.tables), np.cumsum(arrays.sizes) - arrays.sizes
