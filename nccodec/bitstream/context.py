"""The neighbourhood prior: table and offset of every symbol from the symbols before it, in integers.

bitstream_spec.md, section "Neighbourhood prior", is the normative description.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..errors import FormatError, WeightsError
from .symbols import Pass

PASSES = 3  # cells with both coordinates even; both odd; the others
FEATURES = 4
SCALES = 64
TOTAL = 1 << 24
LARGEST = 32767  # bound of |quantized parameter|
_SHIFT = 12
# The neighbours that are decoded before a cell of each pass.
_STEPS = ((), ((-1, -1), (-1, 1), (1, -1), (1, 1)), ((-1, 0), (0, -1), (0, 1), (1, 0)))


def group_edges(atoms: int, domains: int) -> list[int]:
    """First channels of the groups, and the end: atoms in up to five groups, then all domains."""
    edges = [0, *(edge for edge in (3, 12, 36, 108) if edge < atoms), atoms]
    return edges + ([atoms + domains] if domains else [])


@dataclass(frozen=True, eq=False)
class ContextArrays:
    """The integers of a neighbourhood prior, as a weights file stores them (all int32).

    bias: [levels, PASSES, channels], in 1/4096 of a scale index. weight: [PASSES, FEATURES, channels],
    1/16 of a scale index for each doubling. mean: [PASSES, channels], in 1/64. log: [4096], 256 log2(1 + f).
    sizes: [SCALES], symbols of each table, the escape included. tables: [sum of sizes].
    """

    bias: np.ndarray
    weight: np.ndarray
    mean: np.ndarray
    log: np.ndarray
    sizes: np.ndarray
    tables: np.ndarray

    def __post_init__(self) -> None:
        levels, _, channels = self.bias.shape if self.bias.ndim == 3 else (0, 0, 0)
        bounds = {
            "bias": (self.bias, (levels, PASSES, channels), -(2**24), 2**24),
            "weight": (self.weight, (PASSES, FEATURES, channels), -4096, 4096),
            "mean": (self.mean, (PASSES, channels), -1024, 1024),
            "log": (self.log, (4096,), 0, 4096),
            "sizes": (self.sizes, (SCALES,), 4, 8192),
            "tables": (self.tables, (int(self.sizes.sum()),), 1, TOTAL),
        }
        for name, (array, shape, low, high) in bounds.items():
            if array.dtype != np.int32 or array.shape != shape or not array.size:
                raise WeightsError(f"prior: {name} is {array.dtype} {array.shape}, not int32 {shape}")
            if array.min() < low or array.max() > high:
                raise WeightsError(f"prior: {name} is outside {low} .. {high}")
        starts = np.cumsum(self.sizes) - self.sizes
        if (self.sizes % 2).any() or (np.add.reduceat(self.tables.astype(np.int64), starts) != TOTAL).any():
            raise WeightsError("prior: a table does not sum to 2^24")

    def table(self, index: int) -> np.ndarray:
        """Counts of the symbols -m .. m, then of the escape."""
        stop = int(self.sizes[: index + 1].sum())
        return self.tables[stop - int(self.sizes[index]) : stop]


class ContextModel:
    """The neighbourhood prior at one quality level: a SymbolModel."""

    def __init__(self, arrays: ContextArrays, atoms: int, domains: int, level: int) -> None:
        levels, _, self.channels = arrays.bias.shape
        if self.channels != atoms + domains:
            raise WeightsError(f"prior: made for {self.channels} channels, not {atoms + domains}")
        low, part = divmod(level, 256)
        if not (0 <= low < levels and (part == 0 or low + 1 < levels)):
            raise FormatError(f"level {level / 256:g} is beyond the {levels} levels of the weights")
        high = min(low + 1, levels - 1)
        self._bias = (arrays.bias[low].astype(np.int64) * (256 - part) + arrays.bias[high].astype(np.int64) * part) >> 8
        self._arrays = arrays
        self._edges = group_edges(atoms, domains)

    def table(self, index: int) -> np.ndarray:
        return self._arrays.table(index)

    def passes(self, values: np.ndarray, first: int, last: int) -> Iterator[Pass]:
        """See SymbolModel. first and last must be edges of groups."""
        _, rows, columns = values.shape
        row, column = np.indices((rows, columns)).reshape(2, -1)
        of_pass = np.where(row % 2 != column % 2, 2, row % 2)
        cells = [(row[of_pass == number], column[of_pass == number]) for number in range(PASSES)]
        before = np.zeros((rows, columns), np.int64)  # sum of |q| over all groups but the last one
        earlier = np.zeros_like(before)  # over the last group
        for start, stop in pairwise(self._edges):
            if first <= start < last:
                for number, (y, x) in enumerate(cells):
                    if len(y):
                        known = (earlier[y, x], before[y, x])
                        yield self._pass(values[start:stop], start, number, y, x, known)
            before = before + earlier
            earlier = np.abs(values[start:stop]).sum(0, dtype=np.int64)

    def _pass(
        self, group: np.ndarray, start: int, number: int, y: np.ndarray, x: np.ndarray, known: tuple[np.ndarray, ...]
    ) -> Pass:
        """The pass over the cells (y, x) [n] of a group [channels, rows, columns] that begins at
        channel `start`. known: [n] each, magnitudes in the groups before."""
        channels = slice(start, start + len(group))
        near, size, count = _neighbour_sums(group, y, x, _STEPS[number])
        features = (4 * size // count, 4 * size.sum(0) // count, *known)
        weight = self._arrays.weight[number, :, channels].astype(np.int64)  # [FEATURES, channels]
        index = self._bias[number, channels, None] + (1 << (_SHIFT - 1))
        for one, feature in zip(weight, features, strict=True):
            index = index + one[:, None] * self._arrays.log[np.minimum(feature, len(self._arrays.log) - 1)]
        tables = np.clip(index >> _SHIFT, 0, SCALES - 1)
        mean = self._arrays.mean[number, channels, None].astype(np.int64)
        offsets = np.clip((2 * near * mean + 64 * count) // (128 * count), -LARGEST, LARGEST)
        channel = np.arange(channels.start, channels.stop)[:, None]
        where = np.broadcast_arrays(channel, y[None], x[None])
        return Pass(tuple(axis.ravel() for axis in where), tables.ravel(), offsets.ravel())


def _neighbour_sums(
    group: np.ndarray, y: np.ndarray, x: np.ndarray, steps: tuple[tuple[int, int], ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sum and sum of magnitudes over the neighbours at `steps` that lie in the grid, int64
    [channels, n], and how many do, at least 1, int64 [n]."""
    channels, rows, columns = group.shape
    padded = np.pad(group, ((0, 0), (1, 1), (1, 1))).reshape(channels, -1)  # zeros outside the grid
    near = np.zeros((channels, len(y)), np.int64)
    size, count = np.zeros_like(near), np.zeros(len(y), np.int64)
    for dy, dx in steps:
        taken = padded[:, (y + 1 + dy) * (columns + 2) + x + 1 + dx]
        near += taken
        size += np.abs(taken)
        count += (y + dy >= 0) & (y + dy < rows) & (x + dx >= 0) & (x + dx < columns)
    return near, size, np.maximum(count, 1)
