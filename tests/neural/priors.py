"""Made-up priors, codes drawn from them, and how the tests look at passes."""

import math
from collections.abc import Iterator
from itertools import pairwise
from types import SimpleNamespace

import literal_prior
import numpy as np

from nccodec.bitstream.symbols import TOTAL
from nccodec.neural.prior import IntegerPrior, Layers, PriorArrays

INDICES = [(i, f) for i in range(40) for f in range(-4, 4)] + [(i, 0) for i in range(40, 64)]  # of the tables


def table(index: int, fraction: int) -> np.ndarray:
    """A two-sided geometric law around fraction / 8 that widens with the index."""
    m = 2 + index // 3
    share = np.array([*((0.02 * 1.06**index) ** abs(k - fraction / 8) for k in range(-m, m + 1)), 2.0**-12])
    counts = 1 + np.floor(share / share.sum() * (TOTAL - len(share))).astype(np.int32)
    counts[m] += TOTAL - counts.sum()
    return counts


def edges(atoms: int, domains: int) -> list[int]:
    return [0, *(cut for cut in (3, 12, 36, 108) if cut < atoms), atoms, *([atoms + domains] if domains else [])]


def random_layers(random: np.random.Generator, levels: int, start: int, channels: int, hidden: int) -> Layers:
    """Weights, multipliers and biases that keep most hidden units between their bounds."""

    def weight(*shape: int) -> np.ndarray:
        return np.clip(np.rint(random.normal(0, 30, shape)), -127, 127).astype(np.int8)

    def integers(low: float, high: float, *shape: int) -> np.ndarray:
        return random.integers(int(low), int(high), shape, np.int32)

    first = 2**24 * 40 / (30 * 25 * math.sqrt(18 * start + 8 * channels))
    second = 2**24 * 40 / (30 * 60 * math.sqrt(hidden))
    out = 2**16 / (30 * 60 * math.sqrt(hidden))
    return Layers(
        before=weight(hidden, 2 * start, 3, 3),
        diagonal=weight(hidden, 8 * channels),
        direct=weight(hidden, 8 * channels),
        first_multiplier=integers(first / 2, first, hidden),
        first_bias=integers(-10 * 4096, 50 * 4096, levels, 3, hidden),
        second=weight(hidden, hidden),
        second_multiplier=integers(second / 2, second, hidden),
        second_bias=integers(-10 * 4096, 50 * 4096, hidden),
        out=weight(2 * channels, hidden),
        out_multiplier=np.append(
            integers(out * 300, out * 600, channels), integers(out * 8000, out * 16000, channels)
        ).astype(np.int32),
    )


def random_prior(seed: int, atoms: int, domains: int, levels: int = 2, hidden: int = 12) -> PriorArrays:
    random = np.random.default_rng(seed)
    counts = [table(*pair) for pair in INDICES]
    shape = (levels, 3, atoms + domains)
    return PriorArrays(
        bias=random.integers(4096 * 4, 4096 * 40, shape, np.int32),
        weight=random.integers(-8, 40, shape[1:], np.int32),
        mean=random.integers(-256, 512, shape[1:], np.int32),
        log=np.array([round(256 * math.log2(1 + n)) for n in range(4096)], np.int32),
        sizes=np.array([len(t) for t in counts], np.int32),
        tables=np.concatenate(counts),
        groups=tuple(random_layers(random, levels, a, b - a, hidden) for a, b in pairwise(edges(atoms, domains))),
    )


def without_context(prior: PriorArrays, index: int) -> PriorArrays:
    """The prior with all that looks at other values switched off: every symbol has the table of this index
    and fraction 0, and offset 0."""
    named = {name: np.zeros_like(array) for name, array in prior.tensors().items()}
    kept = {name: getattr(prior, name) for name in ("log", "sizes", "tables")}
    return PriorArrays.from_tensors(named | kept | {"bias": np.full_like(prior.bias, 4096 * index)})


def random_code(
    seed: int, channels: int, rows: int, columns: int, spread: float = 3, large: bool = False
) -> np.ndarray:
    random = np.random.default_rng(seed)
    q = np.rint(random.laplace(0, spread, (channels, rows, columns)))
    if large:
        q = np.where(random.random(q.shape) < 0.3, random.choice([-32767, 32767, 4096, -4095, 300], q.shape), q)
    return q.astype(np.int32)


def flat(model: IntegerPrior, q: np.ndarray) -> list[tuple[int, int, int, int, int]]:
    """(channel, row, column, table, offset) of every symbol in coding order."""
    found = []
    for part in model.passes(q, 0, len(q)):
        places = np.unravel_index(part.where, q.shape)
        found += zip(*(axis.tolist() for axis in (*places, part.tables, part.offsets)), strict=True)
    return found


def literal(prior: PriorArrays, q: np.ndarray, atoms: int, level: int) -> Iterator[tuple[int, int, int, int, int]]:
    """What `flat` should give, as section 3.5 of bitstream_spec.md has it."""
    channels, rows, columns = q.shape
    header = SimpleNamespace(
        rows=rows, columns=columns, atoms=atoms, domains=channels - atoms, low=level >> 8, part=level & 255
    )
    integers = {name: array.astype(np.int64) for name, array in prior.tensors().items()}
    weights = SimpleNamespace(prior=integers, levels=len(prior.bias))
    for symbols in literal_prior.symbols(q.astype(np.int64), range(channels), header, weights):
        yield from ((c, i, j, table, offset) for table, offset, c, i, j in symbols)


def draw(seed: int, prior: PriorArrays, model: IntegerPrior, shape: tuple[int, int, int]) -> tuple[np.ndarray, float]:
    """A code drawn from the model, escapes apart, and the bits of its symbols by their tables."""
    random = np.random.default_rng(seed)
    q, bits = np.zeros(shape, np.int32), 0.0
    for part in model.passes(q, 0, shape[0]):
        drawn = []
        for number, offset in zip(part.tables, part.offsets, strict=True):
            counts = prior.table(number)
            symbol = random.choice(len(counts) - 1, p=counts[:-1] / counts[:-1].sum())
            bits += 24 - math.log2(counts[symbol])
            drawn.append(symbol - (len(counts) // 2 - 1) + offset)
        q.reshape(-1)[part.where] = drawn
    return q, bits
