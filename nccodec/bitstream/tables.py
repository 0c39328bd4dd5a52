"""Tables that a file brings along: each made in integers from one or few bytes."""

import math
from functools import cache, lru_cache

import numpy as np

from ..errors import FormatError
from .symbols import TOTAL

_FIRST = 1 << 20  # weight of the differences 1 and -1
_LEAST = 1 << 8  # smaller weights are left to the escape
_MOST = 255  # differences with a symbol of their own
_ONE, _PEAK = 1 << 16, 1 << 30  # of ratios, and the weight of the difference 0, where tables are bells
_SIXTEENTHS = [round(_ONE * 2 ** (-k / 16)) for k in range(16)]


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
    return difference_bits(geometric(zero, ratio), differences)


def difference_bits(counts: np.ndarray, differences: np.ndarray) -> np.ndarray:
    """What differences (int, any shape) cost under a table of differences, escapes included: float64 of that shape."""
    cost = bits(counts)
    most = len(cost) // 2 - 1
    beyond = np.maximum(np.abs(differences) - most, 0)
    inside = np.clip(differences, -most, most) + most
    escape = cost[-1] + 2 * np.floor(np.log2(2 * np.maximum(beyond, 1))) + 1
    return np.where(beyond == 0, cost[inside], escape)


@lru_cache(maxsize=256)
def bell(first: int, change: int) -> np.ndarray:
    """Differences: from size to size they fall by a ratio, which itself falls by a constant one: a normal law, one that
    falls by the same ratio each time, and what lies between. first, change: bytes, of the ratios' distances from 1;
    the escape last."""
    sizes, ratio, fall = [_PEAK], _ONE - _distance(first), _ONE - _distance(change)
    while (smaller := sizes[-1] * ratio >> 16) >= _LEAST and len(sizes) <= _MOST:
        sizes.append(smaller)
        ratio = ratio * fall >> 16
    weights = [*sizes[:0:-1], *sizes, max(1, smaller)]
    return share_out(np.array(weights, np.int64), len(sizes) - 1)


def _distance(number: int) -> int:
    """2^(-number / 16) in 1/65536."""
    return _SIXTEENTHS[number % 16] >> number // 16


def fitted_bell(differences: np.ndarray) -> tuple[int, int, float]:
    """The bytes of `bell` for differences (int [n]), and the bits that they then take."""
    count = np.bincount(np.abs(differences), minlength=1)
    deviation = max(0.3, float(np.sqrt(np.mean(differences.astype(np.float64) ** 2)))) if len(differences) else 0.3
    starts = (
        (1 - math.exp(-(0.5**0.5) * 2 / deviation), 0.0),
        (1 - math.exp(-0.5 / deviation**2), 1 - math.exp(-1 / deviation**2)),
    )

    def cost(pair: tuple[int, int]) -> float:
        sizes = np.arange(len(count))
        return float((count * difference_bits(bell(*pair), sizes)).sum())

    def byte(distance: float) -> int:
        return 255 if distance <= 0 else min(255, max(0, round(-16 * math.log2(distance))))

    best = min((tuple(byte(distance) for distance in start) for start in starts), key=cost)
    for step in (16, 8, 4, 2, 1):
        while True:
            near = [
                (min(255, max(0, best[0] + i * step)), min(255, max(0, best[1] + j * step)))
                for i in (-1, 0, 1)
                for j in (-1, 0, 1)
            ]
            found = min(near, key=cost)
            if cost(found) >= cost(best):
                break
            best = found
    return *best, cost(best)


@lru_cache(maxsize=256)
def falling(number: int, size: int) -> np.ndarray:
    """`size` symbols, each rarer than the one before by the same ratio, the last standing for all that would follow.
    number: a byte, of the ratio's distance from 1."""
    distance = _distance(number)
    weights = [_PEAK]
    while len(weights) < size - 1:
        weights.append(weights[-1] * (_ONE - distance) >> 16)
    weights.append(weights[-1] * (_ONE - distance) // distance)
    return share_out(np.array(weights, object), 0).astype(np.int64)  # the last may have 46 bits, its product 70


def fitted_falling(symbols: np.ndarray, size: int) -> int:
    """The byte of `falling` for symbols (int [n]) of which the last stands for as many steps and no end yet."""
    ends = int((symbols < size - 1).sum())
    share = (ends + 0.5) / (float(symbols.sum()) + ends + 1)  # of a geometric law on 0, 1, ...
    return min(255, max(1, round(-16 * math.log2(share))))
