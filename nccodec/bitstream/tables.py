"""Tables that a file brings along: each made in integers from one or few bytes."""

from functools import cache, lru_cache

import numpy as np

from ..errors import FormatError
from .symbols import TOTAL

_FIRST = 1 << 20  # weight of the differences 1 and -1
_LEAST = 1 << 8  # smaller weights are left to the escape
_MOST = 255  # differences with a symbol of their own


def share_out(weights: np.ndarray, rest: int) -> np.ndarray:
    """Counts >= 1 that sum to 2^24, in proportion to weights (int64 [n], >= 0, some not); what rounding leaves
    goes to symbol `rest`."""
    counts = 1 + weights * (TOTAL - len(weights)) // weights.sum()
    counts[rest] += TOTAL - counts.sum()
    return counts


@cache
def binary(chance: int) -> np.ndarray:
    """Two symbols, the first with probability chance / 256, chance from 1 to 255."""
    if chance == 0:
        raise FormatError("a probability is 0")
    return np.array([chance << 16, 256 - chance << 16], np.int64)


def counted(weights: bytes) -> np.ndarray:
    """One symbol for each weight, at least two."""
    if not any(weights):
        raise FormatError("all weights of a table are 0")
    return share_out(np.frombuffer(weights, np.uint8).astype(np.int64), 0)


@lru_cache(maxsize=8)  # of sizes that the file decides on, up to millions of symbols
def uniform(size: int) -> np.ndarray:
    """`size` symbols, 2 to 2^24."""
    counts = np.full(size, TOTAL // size, np.int64)
    counts[: TOTAL % size] += 1
    return counts


@lru_cache(maxsize=256)
def geometric(zero: int, ratio: int) -> np.ndarray:
    """Differences: 0 with probability zero / 256, zero from 1 to 255, the others falling by ratio / 256 from
    size to size; the escape last."""
    if zero == 0:
        raise FormatError("a probability is 0")
    sizes = [_FIRST]
    while (smaller := sizes[-1] * ratio >> 8) >= _LEAST and len(sizes) < _MOST:
        sizes.append(smaller)
    escape = max(1, 2 * (sizes[-1] * ratio // (256 - ratio)))
    middle = (2 * sum(sizes) + escape) * zero // (256 - zero)
    return share_out(np.array([*sizes[::-1], middle, *sizes, escape], np.int64), len(sizes))


def fitted_binary(symbols: np.ndarray) -> int:
    """The byte of `binary` for symbols 0 and 1 (int [n])."""
    zeros = len(symbols) - int(symbols.sum())
    return min(255, max(1, (512 * zeros + 256) // (2 * len(symbols) + 2)))


def fitted_counts(symbols: np.ndarray, size: int) -> bytes:
    """The bytes of `counted` for symbols 0 .. size - 1 (int [n], n >= 1)."""
    counts = np.bincount(symbols, minlength=size)
    return bytes((-(-255 * counts // counts.max())).astype(np.uint8))  # rounded up: what comes has a weight


def fitted_geometric(differences: np.ndarray) -> tuple[int, int]:
    """The bytes of `geometric` for differences (int [n])."""
    sizes = np.abs(differences[differences != 0])
    zero = fitted_binary(differences != 0)
    # Of a geometric law on 1, 2, ... the mean is 1 / (1 - ratio).
    return zero, min(250, round(256 * (1 - (len(sizes) + 1) / (int(sizes.sum()) + 1.25))))


def bits(counts: np.ndarray) -> np.ndarray:
    """What each symbol of a table costs: float64 [n]."""
    return 24 - np.log2(counts)


def geometric_bits(differences: np.ndarray, zero: int, ratio: int) -> np.ndarray:
    """What differences (int, any shape) cost under `geometric`, escapes included: float64 of that shape."""
    cost = bits(geometric(zero, ratio))
    most = len(cost) // 2 - 1
    beyond = np.maximum(np.abs(differences) - most, 0)
    inside = np.clip(differences, -most, most) + most
    escape = cost[-1] + 2 * np.floor(np.log2(2 * np.maximum(beyond, 1))) + 1
    return np.where(beyond == 0, cost[inside], escape)
