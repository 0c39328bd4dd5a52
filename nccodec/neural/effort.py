"""What effort 1 adds to the single pass: rate-distortion-optimised quantization, in coding order."""

from functools import lru_cache

import numpy as np

from ..arrays import Array, namespace, numpy_of, on, share
from ..bitstream.symbols import LARGEST, Pass, SymbolModel
from .levels import lagrange, real
from .masking import Masking
from .prior import PriorArrays
from .tile import Tile
from .weights import Weights

# A squared error counts more than lambda says: best of a few on training pictures, without a theory. Not so at level 0,
# below which no other has smaller files.
LOWEST, PREFERENCE = 0.25, 2.5  # at level 0, and from level 1 on
# Where integers are chosen once, an error of colour counts so many times as much as in a search: on ten pictures of
# training that takes 2.9 % of the error of colour away, and by PSNR and SSIMULACRA2 0.1 % of the rate.
_COLOUR = 16.0
_SHARED = 16384  # coefficients that are worth a thread


def error_weight(lambdas: tuple[float, ...], level: Array) -> Array:
    """Bits that a squared error of one in one of the three samples of a pixel is worth, [N]. lambdas: those that the
    mean of the three, in grey levels, is worth at each level. level: real [N]."""
    preference = LOWEST + (PREFERENCE - LOWEST) * namespace(level).clip(level, max=1.0)
    return preference * lagrange(lambdas, level) * 255**2 / 3


def worth(tile: Tile, level: int, masking: Masking | None, colour: float = _COLOUR) -> tuple[float, Array]:
    """Bits that a squared error of one is worth: in one sample, and in steps of each coefficient, [channels, rows,
    columns], or [channels, 1, 1] without masking. level: in 1/256. masking: of the tile's cells. colour: how many times
    its error counts."""
    position = real(level, tile.device)
    weight = float(error_weight(tile.weights.architecture.lambdas, position)[0])
    squared, means, chroma = (x[:, None, None] for x in _energies(tile.weights, tile.device))
    if masking is not None:
        fine, coarse = (on(x.astype(np.float32), tile.device) for x in (masking.fine, masking.coarse))
        squared = squared * fine + means * coarse
    return weight, weight * (squared + colour * chroma) / tile.model.gain(position)[0, :, None, None] ** 2


@lru_cache(maxsize=3)
def _energies(weights: Weights, device: str) -> tuple[Array, Array, Array]:
    """See `Collage.energies`: the same for every picture."""
    return weights.model(device).energies()


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

    scaled: float64 [channels, rows, columns]. slope: bits that a squared error of one step is worth, of that
    shape or one that is broadcast to it. Channels from `atoms` on, self-reference weights, are rounded. Returns int32.
    """
    values = np.zeros(scaled.shape, np.int32)
    values[atoms:] = np.rint(np.clip(scaled[atoms:], -LARGEST, LARGEST))
    codes = _codes(arrays)
    wanted, slopes = scaled.reshape(-1), np.broadcast_to(slope, scaled.shape).reshape(-1)
    chosen = values.reshape(-1)
    for group in prior.passes(values, 0, atoms):

        def work(start: int, stop: int, group: Pass = group) -> None:
            where = group.where[start:stop]
            tables, offsets = group.tables[start:stop], group.offsets[start:stop]
            chosen[where] = _least(wanted[where], slopes[where], tables, offsets, codes)

        share(work, len(group.where), _SHARED)
    return values


class Codes:
    """Bits of every entry of the tables of a prior, where each table starts, and how far from its middle it reaches."""

    def __init__(self, arrays: PriorArrays) -> None:
        self.bits = 24 - np.log2(arrays.tables)
        self.starts, self.middles = np.cumsum(arrays.sizes) - arrays.sizes, arrays.sizes // 2 - 1

    def lengths(self, tables: np.ndarray, symbols: np.ndarray) -> np.ndarray:
        """Bits of symbols [n], values less their offsets, each in its table; escapes as 2 log2(1 + excess) more."""
        start, middle = self.starts[tables], self.middles[tables]
        escaped = np.flatnonzero(np.abs(symbols) > middle)
        place = start + middle + symbols
        place[escaped] = start[escaped] + 2 * middle[escaped] + 1
        lengths = self.bits[place]
        lengths[escaped] += 2 * np.log2(1.0 + np.abs(symbols[escaped]) - middle[escaped])
        return lengths


@lru_cache(maxsize=3)
def _codes(arrays: PriorArrays) -> Codes:
    """The same for every picture."""
    return Codes(arrays)


def _least(wanted: np.ndarray, slope: np.ndarray, tables: np.ndarray, offsets: np.ndarray, codes: Codes) -> np.ndarray:
    """For each of [n] numbers the integer of least cost."""
    near = np.trunc(np.clip(wanted, 1 - LARGEST, LARGEST - 1)).astype(np.int32)  # of the two the nearer to zero
    far = near + np.where(wanted < 0, -1, 1).astype(np.int32)
    least, other = (slope * (wanted - x) ** 2 + codes.lengths(tables, x - offsets) for x in (near, far))
    best = np.where(other < least, far, near)
    some = np.flatnonzero(near)  # the rest have had zero
    zero = slope[some] * wanted[some] ** 2 + codes.lengths(tables[some], -offsets[some])
    best[some[zero < np.minimum(least, other)[some]]] = 0
    return best
