"""Partitioned maps <-> the contents of their chunks: one walk over the quadtrees, whatever is done with the
symbols. bitstream_spec.md is normative."""

from collections import defaultdict
from typing import Protocol

import numpy as np

from ..bitstream.coder import SymbolReader, SymbolWriter
from ..bitstream.fixed import FixedReader, FixedWriter
from ..errors import FormatError
from .code import CLASSES, Layout, Level, Nodes, PartitionCode, Plane, PlaneLayout
from .header import ADDRESSES, ISOMETRIES, MEANS, PARTITION, SCALES, Fields
from .keys import Chance, Differences, Key, Sizes, Uniform
from .models import Models, Recorder
from .widths import Widths

PARTS = (PARTITION, MEANS, SCALES, ISOMETRIES, ADDRESSES)
_PACKERS = {"range": (Models, SymbolWriter, SymbolReader), "fixed": (Widths, FixedWriter, FixedReader)}
_FARTHEST = 1 << 24  # bound of the means, in 1/UNIT


class Coder(Protocol):
    """What the walk hands its symbols to, and takes them from.

    part: chunk type. key: which table. count: how many symbols. given: the symbols, int [count],
    or None where they are to be read. Both return the symbols, int64 [count].
    """

    def symbols(self, part: int, key: Key | Uniform, count: int, given: np.ndarray | None) -> np.ndarray: ...

    def differences(self, part: int, key: Key | Uniform, count: int, given: np.ndarray | None) -> np.ndarray: ...


class _Writer:
    """Codes the symbols. writers: of the parts that have any."""

    def __init__(self, models: Models | Widths, kind: type[SymbolWriter] | type[FixedWriter]) -> None:
        self._models = models
        self.writers = defaultdict(kind)

    def symbols(self, part: int, key: Key | Uniform, count: int, given: np.ndarray) -> np.ndarray:
        self.writers[part].symbols(given, self._models.table(key))
        return given

    def differences(self, part: int, key: Key | Uniform, count: int, given: np.ndarray) -> np.ndarray:
        self.writers[part].differences(given, self._models.table(key))
        return given


class _Reader:
    """Decodes the symbols. readers: of the chunks that there are."""

    def __init__(self, models: Models | Widths, readers: dict[int, SymbolReader | FixedReader]) -> None:
        self._models, self._readers = models, readers
        self._used: set[int] = set()

    def _of(self, part: int) -> SymbolReader | FixedReader:
        if part not in self._readers:
            raise FormatError(f"chunk {Fields.CHUNKS[part]} is missing")
        self._used.add(part)
        return self._readers[part]

    def symbols(self, part: int, key: Key | Uniform, count: int, given: None) -> np.ndarray:
        return self._of(part).symbols(count, self._models.table(key))

    def differences(self, part: int, key: Key | Uniform, count: int, given: None) -> np.ndarray:
        return self._of(part).differences(count, self._models.table(key))

    def finish(self) -> None:
        for part, reader in self._readers.items():
            if part not in self._used:
                raise FormatError(f"chunk {Fields.CHUNKS[part]} holds nothing and must be absent")
            reader.finish()


def pack_partition(code: PartitionCode, packer: str) -> dict[int, bytes]:
    """The contents of the chunks that a partitioned map has, by type."""
    layout, recorder = code.layout, Recorder()
    walk(layout, recorder, code)
    models_of, writer_of, _ = _PACKERS[packer]
    models = models_of(layout, recorder.seen)
    writer = _Writer(models, writer_of)
    walk(layout, writer, code)
    return {part: models.head(part) + writer.writers[part].content() for part in PARTS if part in writer.writers}


def unpack_partition(layout: Layout, packer: str, contents: dict[int, bytes]) -> PartitionCode:
    """Inverse of `pack_partition`, or FormatError."""
    models_of, _, reader_of = _PACKERS[packer]
    models = models_of(layout)
    readers = {part: reader_of(models.take_head(part, content)) for part, content in contents.items()}
    reader = _Reader(models, readers)
    code = walk(layout, reader, None)
    reader.finish()
    return code


def walk(layout: Layout, coder: Coder, given: PartitionCode | None) -> PartitionCode:
    """Every symbol of a partitioned map, in the order of the file: written from `given`, or read."""
    planes = []
    for number, grids in enumerate(layout.planes):
        known = None if given is None else given.planes[number]
        planes.append(_PlaneWalk(grids, coder).walk(known))
    return PartitionCode(layout, tuple(planes))


class _PlaneWalk:
    def __init__(self, plane: PlaneLayout, coder: Coder) -> None:
        self.plane, self.layout, self.chroma, self.coder = plane, plane.layout, plane.chroma, coder

    def walk(self, known: Plane | None) -> Plane:
        layout = self.layout
        grid = self.plane.grid(layout.root)
        roots = self._roots(grid, known)
        values = roots * self.plane.quantizer(layout.root)
        exist, levels = np.ones(grid, bool), []
        for depth, side in enumerate(layout.sides):
            if np.abs(values).max() > _FARTHEST:
                raise FormatError(f"partition: a mean of side {side} is out of bounds")
            nodes = Nodes.of(values)
            quantizer = self.plane.quantizer(side)
            level = self._level(side, exist, nodes.classes(quantizer), known and known.levels[depth])
            levels.append(level)
            if side > layout.smallest:
                values = nodes.children(level.details.astype(np.int64) * quantizer)
                exist = level.split.repeat(2, 0).repeat(2, 1)
        return Plane(roots.astype(np.int32), tuple(levels))

    def _roots(self, grid: tuple[int, int], known: Plane | None) -> np.ndarray:
        """Each root less the one on its left, those of the first column less the one above."""
        given = None
        if known is not None:
            roots = np.pad(known.roots.astype(np.int64), ((1, 0), (1, 0)))
            differences = np.diff(roots, axis=1)[1:]
            differences[:, 0] = np.diff(roots[:, 1])
            given = differences.ravel()
        coded = self.coder.differences(MEANS, Differences("root", self.chroma), grid[0] * grid[1], given)
        differences = coded.reshape(grid).copy()
        differences[:, 0] = differences[:, 0].cumsum()
        return differences.cumsum(1)

    def _level(self, side: int, exist: np.ndarray, classes: np.ndarray, known: Level | None) -> Level:
        layout = self.layout
        split, reference = np.zeros_like(exist), np.zeros_like(exist)
        if side > layout.largest:
            split = exist
        elif side > layout.smallest:
            self._flags("split", side, split, exist, classes, known and known.split)
        if side <= layout.largest and min(self.plane.domain_grid(side)) > 0:
            self._flags("reference", side, reference, exist & ~split, classes, known and known.scales != 0)
        shape = exist.shape
        details = np.zeros((3, *shape), np.int32)
        for number in range(CLASSES):
            at = split & (classes == number)
            for axis, name in enumerate(("along", "along", "diagonal")):
                given = known and known.details[axis][at]
                details[axis][at] = self._differences(
                    Differences(name, self.chroma, number), np.count_nonzero(at), given
                )
        grids = [np.zeros(shape, kind) for kind in (np.int32, np.uint8, np.int32, np.int32)]
        if reference.any():
            fields = known and [x[reference] for x in (known.scales, known.isometries, known.tops, known.lefts)]
            for whole, part in zip(grids, self._references(side, np.count_nonzero(reference), fields), strict=True):
                whole[reference] = part
        return Level(split, details, *grids)

    def _flags(
        self, name: str, side: int, flags: np.ndarray, where: np.ndarray, classes: np.ndarray, known: np.ndarray | None
    ) -> None:
        """Fills in flags [rows, columns] of the nodes `where`, class by class."""
        for number in range(CLASSES):
            at = where & (classes == number)
            given = None if known is None else known[at].astype(np.int64)
            flags[at] = self._symbols(PARTITION, Chance(name, self.chroma, side, number), np.count_nonzero(at), given)

    def _references(self, side: int, count: int, known: list[np.ndarray] | None) -> list[np.ndarray]:
        """s, isometry, row and column of the domain of `count` ranges."""
        scales, isometries, tops, lefts = known or [None] * 4
        sizes = self._symbols(SCALES, Sizes(self.chroma), count, known and np.abs(scales) - 1)
        signs = self._symbols(SCALES, Chance("sign", self.chroma), count, known and (scales < 0).astype(np.int64))
        rows, columns = self.plane.domain_grid(side)
        return [
            (sizes + 1) * (1 - 2 * signs),
            self._uniform(ISOMETRIES, self.layout.isometries, count, isometries),
            self._uniform(ADDRESSES, rows, count, tops),
            self._uniform(ADDRESSES, columns, count, lefts),
        ]

    def _uniform(self, part: int, size: int, count: int, given: np.ndarray | None) -> np.ndarray:
        if size == 1:
            return np.zeros(count, np.int64)
        return self._symbols(part, Uniform(size), count, given)

    def _symbols(self, part: int, key: Key | Uniform, count: int, given: np.ndarray | None) -> np.ndarray:
        return self.coder.symbols(part, key, count, given) if count else np.zeros(0, np.int64)

    def _differences(self, key: Key | Uniform, count: int, given: np.ndarray | None) -> np.ndarray:
        return self.coder.differences(MEANS, key, count, given) if count else np.zeros(0, np.int64)
