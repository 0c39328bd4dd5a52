"""The prior in integers: table and offset of every symbol from the symbols before it.

bitstream_spec.md, section "Network prior", is the normative description. Everything is exact: products
of int8 are summed below 2^24, where float32 arithmetic has no rounding whatever the order, and the rest
is int64. The networks that these arrays come from are trained by `neural.prior_network`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache, cached_property
from itertools import pairwise

import numpy as np

from ..arrays import share
from ..bitstream.symbols import LARGEST, TOTAL, Pass
from ..errors import FormatError, WeightsError

PASSES = 3  # cells with both coordinates even; both odd; the others
# The neighbours that are decoded before a cell of each pass.
BEFORE = ((), ((-1, -1), (-1, 1), (1, -1), (1, 1)), ((-1, 0), (0, -1), (0, 1), (1, 0)))
HIDDEN = (16, 32, 48, 64, 96)  # hidden units of the groups of atoms
SCALES = 64  # scale indices
FINE = 40  # below this index tables exist for each fraction of the mean
FRACTIONS = 8  # steps of the mean
LOG = 4096  # entries of the table of logarithms
BOUND = 2**24 - 1  # of sums of products
FEATURE = 16  # steps of a feature, companded integer, for each octave
ACTIVATION, LARGEST_ACTIVATION = 16, 127  # steps of a hidden unit for each unit
SHIFT, OUT_SHIFT = 24, 16  # of the multipliers of hidden units and outputs
SCALE_UNIT = 4096  # parts of a scale index
MEAN_UNIT = 1024  # parts of a quantizer step, of a mean
_SHARED = 192  # cells that are worth a thread


def group_edges(atoms: int, domains: int) -> list[int]:
    """First channels of the groups, and the end: atoms in up to five groups, then all domains."""
    edges = [0, *(edge for edge in (3, 12, 36, 108) if edge < atoms), atoms]
    return edges + ([atoms + domains] if domains else [])


def table_number(index: np.ndarray, fraction: np.ndarray) -> np.ndarray:
    """Number of the table for scale indices and fractions -FRACTIONS / 2 .. FRACTIONS / 2 - 1."""
    fine = index * FRACTIONS + fraction + FRACTIONS // 2
    return np.where(index < FINE, fine, FINE * FRACTIONS + index - FINE)


TABLES = FINE * FRACTIONS + SCALES - FINE


@dataclass(frozen=True, eq=False)
class Layers:
    """The integer network of one group of channels. before: int8 [hidden, inputs, 3, 3]; diagonal, direct: int8
    [hidden, 8 channels]; second: int8 [hidden, hidden]; out: int8 [2 channels, hidden]; multipliers: int32, one a
    row; first_bias: int32 [levels, PASSES, hidden] and second_bias: int32 [hidden], in 1/4096 of an activation step."""

    before: np.ndarray
    diagonal: np.ndarray
    direct: np.ndarray
    first_multiplier: np.ndarray
    first_bias: np.ndarray
    second: np.ndarray
    second_multiplier: np.ndarray
    second_bias: np.ndarray
    out: np.ndarray
    out_multiplier: np.ndarray

    def check(self, levels: int, start: int, stop: int) -> None:
        """WeightsError unless shapes fit a group of the channels start .. stop - 1 and no sum can reach 2^24."""
        hidden, channels = len(self.second), stop - start
        shapes = {
            "before": (hidden, 2 * start, 3, 3), "diagonal": (hidden, 8 * channels), "direct": (hidden, 8 * channels),
            "first_multiplier": (hidden,), "first_bias": (levels, PASSES, hidden), "second": (hidden, hidden),
            "second_multiplier": (hidden,), "second_bias": (hidden,), "out": (2 * channels, hidden),
            "out_multiplier": (2 * channels,),
        }  # fmt: skip
        if not 1 <= hidden <= 1024:
            raise WeightsError(f"prior: {hidden} hidden units")
        for name, shape in shapes.items():
            array = getattr(self, name)
            kind = np.int8 if len(shape) in (2, 4) else np.int32
            if array.dtype != kind or array.shape != shape:
                raise WeightsError(f"prior: {name} is {array.dtype} {array.shape}, not {np.dtype(kind)} {shape}")
            if kind == np.int32 and (array.min() < -(2**30) or array.max() > 2**30):
                raise WeightsError(f"prior: {name} is outside -2^30 .. 2^30")
            if "multiplier" in name and (array.min() < 0 or array.max() >= 2**24):
                raise WeightsError(f"prior: {name} is outside 0 .. 2^24 - 1")
        size = [
            np.abs(w.astype(np.int64)).reshape(len(w), -1).sum(1) for w in (self.before, self.diagonal, self.direct)
        ]
        sums = (
            size[0] + np.maximum(size[1], size[2]),
            *(np.abs(w.astype(np.int64)).sum(1) for w in (self.second, self.out)),
        )
        if max(int(s.max()) for s in sums) * 127 > BOUND:
            raise WeightsError("prior: a sum of products could reach 2^24, where float32 is no longer exact")


@dataclass(frozen=True, eq=False)
class PriorArrays:
    """The integers of a prior, as a weights file stores them.

    bias: int32 [levels, PASSES, channels], in 1/4096 of a scale index. weight: int32 [PASSES, channels],
    1/16 of a scale index for each doubling. mean: int32 [PASSES, channels], in 1/1024. log: int32 [LOG],
    256 log2(1 + n). sizes: int32 [TABLES], symbols of each table, the escape included. tables: int32
    [sum of sizes]. groups: the networks.
    """

    bias: np.ndarray
    weight: np.ndarray
    mean: np.ndarray
    log: np.ndarray
    sizes: np.ndarray
    tables: np.ndarray
    groups: tuple[Layers, ...]

    def __post_init__(self) -> None:
        levels, _, channels = self.bias.shape if self.bias.ndim == 3 else (0, 0, 0)
        bounds = {
            "bias": (self.bias, (levels, PASSES, channels), -(2**24), 2**24),
            "weight": (self.weight, (PASSES, channels), -4096, 4096),
            "mean": (self.mean, (PASSES, channels), -16384, 16384),
            "log": (self.log, (LOG,), 0, 4096),
            "sizes": (self.sizes, (TABLES,), 4, 16384),
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

    def check(self, atoms: int, domains: int, levels: int) -> None:
        """WeightsError unless made for that many channels and levels, and exact (`Layers.check`)."""
        if self.bias.shape[::2] != (levels, atoms + domains):
            raise WeightsError("prior: does not fit the architecture")
        edges = group_edges(atoms, domains)
        if len(self.groups) != len(edges) - 1:
            raise WeightsError(f"prior: {len(self.groups)} groups instead of {len(edges) - 1}")
        for layers, start, stop in zip(self.groups, edges[:-1], edges[1:], strict=True):
            layers.check(levels, start, stop)

    def tensors(self) -> dict[str, np.ndarray]:
        """Every array under a name, for a weights file."""
        named = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "groups"}
        for number, layers in enumerate(self.groups):
            named |= {f"{number}.{field.name}": getattr(layers, field.name) for field in fields(layers)}
        return named

    @classmethod
    def from_tensors(cls, named: dict[str, np.ndarray]) -> "PriorArrays":
        """Inverse of `tensors`. KeyError or TypeError where one is missing or not known."""
        own = {name: array for name, array in named.items() if "." not in name}
        count = 1 + max((int(name.split(".")[0]) for name in named if "." in name), default=-1)
        groups = [
            Layers(**{name.split(".")[1]: array for name, array in named.items() if name.startswith(f"{number}.")})
            for number in range(count)
        ]
        return cls(**own, groups=tuple(groups))

    def table(self, index: int) -> np.ndarray:
        """Counts of the symbols -m .. m, then of the escape."""
        return self.tables[self._edges[index] : self._edges[index + 1]]

    @cached_property
    def _edges(self) -> list[int]:
        """Where in `tables` each begins, and the end."""
        return [0, *self.sizes.cumsum().tolist()]


@cache
def fastest_exact() -> str:
    """ "float32" if this machine multiplies matrices of integers exactly in it, as the standard has it, else
    "float64": a full-range product is tried once."""
    random = np.random.default_rng(1)
    weight, inputs = random.integers(-127, 128, (64, 2048)), random.integers(-127, 128, (2048, 96))
    for row in weight:
        row[np.abs(row).cumsum() * 127 > BOUND] = 0
    inputs[:, :8] = 127 * np.sign(weight[:8]).T  # sums that just do not reach 2^24
    return "float32" if exact_in(np.float32, weight, inputs) else "float64"


def exact_in(kind: type, weight: np.ndarray, inputs: np.ndarray) -> bool:
    """Whether the product of two matrices of integers is the same in floating point as in int64."""
    return np.array_equal(weight.astype(kind) @ inputs.astype(kind), weight @ inputs)


class IntegerPrior:
    """The network prior at one quality level: a SymbolModel.

    kind: the type in which products are summed, float32, float64 or int64, all of which give the same
    integers; None is the fastest that was seen to do so on this machine.
    """

    def __init__(self, arrays: PriorArrays, atoms: int, domains: int, level: int, kind: str | None = None) -> None:
        self.channels = atoms + domains
        levels = len(arrays.bias)
        low, part = divmod(level, 256)
        if not (0 <= low < levels and (part == 0 or low + 1 < levels)):
            raise FormatError(f"level {level / 256:g} is beyond the {levels} levels of the weights")
        high = min(low + 1, levels - 1)

        def between(table: np.ndarray) -> np.ndarray:
            return (table[low].astype(np.int64) * (256 - part) + table[high].astype(np.int64) * part) >> 8

        self._arrays, self._kind = arrays, np.dtype(kind or fastest_exact())
        self._bias = between(arrays.bias)
        self._first_bias = [between(layers.first_bias) for layers in arrays.groups]
        self._edges = group_edges(atoms, domains)
        size = np.minimum((arrays.log + 8) >> 4, 127)
        self._absolute = np.concatenate([size[:0:-1], size]).astype(self._kind)  # features of 1 - LOG .. LOG - 1
        self._signed = self._absolute * np.sign(np.arange(1 - LOG, LOG)).astype(self._kind)

    def table(self, index: int) -> np.ndarray:
        return self._arrays.table(index)

    def passes(self, values: np.ndarray, first: int, last: int) -> Iterator[Pass]:
        """See SymbolModel. first and last must be edges of groups."""
        _, rows, columns = values.shape
        grid = _Grid.of(rows, columns)
        features = np.zeros((2 * min(last, self._edges[-1]), grid.size), self._kind)
        for group, (start, stop) in enumerate(pairwise(self._edges)):
            if start >= last:
                return
            part = values[start:stop].reshape(stop - start, -1)  # [C, rows * columns]
            own = features[2 * start : 2 * stop]
            if start < first:
                self._store(part, own, grid.place, slice(None))
                continue
            before = self._before(group, features[: 2 * start], grid)
            known = np.zeros((stop - start, grid.size), np.int32)
            for number, cells in enumerate(grid.cells):
                if len(cells):
                    yield self._pass(group, number, grid, known, own, before)
                    known[:, grid.place[cells]] = part[:, cells]
                    self._store(part, own, grid.place, cells)

    def _store(self, values: np.ndarray, features: np.ndarray, place: np.ndarray, cells: np.ndarray | slice) -> None:
        """Write the features of cells of a group [C, rows * columns], signed and then absolute, into [2 C, size]."""
        entries = np.clip(values[:, cells], 1 - LOG, LOG - 1) + (LOG - 1)
        features[: len(values), place[cells]] = self._signed[entries]
        features[len(values) :, place[cells]] = self._absolute[entries]

    def _product(self, weight: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        return (weight.astype(self._kind) @ inputs).astype(np.int64)

    def _before(self, group: int, features: np.ndarray, grid: "_Grid") -> np.ndarray:
        """What the groups before contribute to a group's hidden units, int64 [hidden, rows * columns].

        features: [C, size].
        """
        weight = self._arrays.groups[group].before.transpose(2, 3, 0, 1).astype(self._kind, order="C")
        total = np.zeros((weight.shape[2], grid.rows * grid.wide), self._kind)

        def work(start: int, stop: int) -> None:
            for y, x in np.ndindex(3, 3):
                shift = y * grid.wide + x
                total[:, start:stop] += weight[y, x] @ features[:, start + shift : stop + shift]

        # The last two are border, as are two of each row, which no one looks at.
        share(work, total.shape[1] - 2, _SHARED)
        inside = total.reshape(-1, grid.rows, grid.wide)[:, :, : grid.columns]
        return inside.reshape(len(total), -1).astype(np.int64)  # [hidden, rows * columns]

    def _pass(
        self, group: int, number: int, grid: "_Grid", known: np.ndarray, features: np.ndarray, before: np.ndarray
    ) -> Pass:
        """A pass over a group.

        known: what is decoded of the group, [C, size]; features: of that, [2 C, size]. before: int64 [H, rows *
        columns], what the groups before contribute.
        """
        cells, start = grid.cells[number], self._edges[group]
        tables, offsets = np.empty((2, len(known), len(cells)), np.int32)

        def work(start: int, stop: int) -> None:
            some = cells[start:stop]
            parts = self._cells(group, number, grid, some, known, features, before[:, some])
            tables[:, start:stop], offsets[:, start:stop] = parts

        share(work, len(cells), _SHARED)
        where = np.arange(start, start + len(known))[:, None] * (grid.rows * grid.columns) + cells
        return Pass(where.ravel(), tables.ravel(), offsets.ravel())

    def _cells(
        self, group: int, number: int, grid: "_Grid", cells: np.ndarray, known: np.ndarray, features: np.ndarray,
        hidden: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """Tables and offsets of some cells of a pass, [C, n] each. hidden: [H, n]; the rest as for `_pass`."""
        arrays, layers, start = self._arrays, self._arrays.groups[group], self._edges[group]
        channels = slice(start, start + len(known))
        y, x = np.divmod(cells, grid.columns)
        taps = [grid.place[cells] + dy * grid.wide + dx for dy, dx in BEFORE[number]]
        if number:
            weight = layers.diagonal if number == 1 else layers.direct
            hidden = hidden + self._product(weight, np.concatenate([features.take(tap, 1) for tap in taps]))
        hidden = _activation(hidden, layers.first_multiplier, self._first_bias[group][number])
        hidden = self._product(layers.second, hidden.astype(self._kind))
        hidden = _activation(hidden, layers.second_multiplier, layers.second_bias)
        out = self._product(layers.out, hidden.astype(self._kind))
        out = (out * layers.out_multiplier.astype(np.int64)[:, None] + (1 << OUT_SHIFT >> 1)) >> OUT_SHIFT
        mean, index = out[: len(known)], out[len(known) :] + self._bias[number, channels, None]
        log = arrays.log[0]  # of no neighbours
        if number:
            near = [known.take(tap, 1) for tap in taps]
            count = sum((y + dy >= 0) & (y + dy < grid.rows) & (x + dx >= 0) & (x + dx < grid.columns)
                        for dy, dx in BEFORE[number])  # fmt: skip
            weight = arrays.mean[number, channels, None].astype(np.int64)
            mean = mean + _over(sum(near) * weight, count)
            log = arrays.log[np.minimum(_over(4 * sum(map(np.abs, near)), count), LOG - 1)]
        index += arrays.weight[number, channels, None] * log
        index = np.clip((index + SCALE_UNIT // 2) // SCALE_UNIT, 0, SCALES - 1)
        unit = MEAN_UNIT // FRACTIONS
        mean = np.clip((mean + unit // 2) // unit, -FRACTIONS * LARGEST, FRACTIONS * LARGEST)  # in eighths
        offsets = (mean + FRACTIONS // 2) // FRACTIONS
        return table_number(index, mean - offsets * FRACTIONS), offsets


def _activation(total: np.ndarray, multiplier: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Hidden units 0 .. 127 from sums of products [H, n]. bias: [H], in 1/4096."""
    bias = bias.astype(np.int64) << (SHIFT - 12)
    return np.clip((total * multiplier.astype(np.int64)[:, None] + bias[:, None] + (1 << SHIFT >> 1)) >> SHIFT, 0, 127)


def _over(sums: np.ndarray, count: np.ndarray) -> np.ndarray:
    """sums [C, n] // max(1, count [n]), count up to 4, of which most are 4."""
    quotient = sums >> 2
    few = np.flatnonzero(count < 4)
    quotient[:, few] = sums[:, few] // np.maximum(1, count[few])
    return quotient


@dataclass(frozen=True, eq=False)
class _Grid:
    """A grid of cells in raster order, and the same with a border of one cell around it, of `size` cells in rows
    of `wide`. place: where each cell of the grid lies in that. cells: those of each pass."""

    rows: int
    columns: int
    place: np.ndarray
    cells: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, rows: int, columns: int) -> "_Grid":
        row, column = np.indices((rows, columns)).reshape(2, -1)
        of_pass = np.where(row % 2 != column % 2, 2, row % 2)
        cells = tuple(np.flatnonzero(of_pass == number) for number in range(PASSES))
        return cls(rows, columns, (row + 1) * (columns + 2) + column + 1, cells)

    @property
    def wide(self) -> int:
        return self.columns + 2

    @property
    def size(self) -> int:
        return (self.rows + 2) * self.wide
