"""WholeCode <-> symbols under tables that the file brings along: one walk, in which a coder writes or reads."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from ..bitstream import tables
from ..bitstream.coder import SymbolReader, SymbolWriter, Table
from ..bitstream.symbols import LARGEST
from ..errors import FormatError
from .header import LARGEST_SCALE, LARGEST_STYLE
from .means import CLASSES, coarsest, from_roots, passes, roots

Key = tuple[str, int]  # a kind of symbol, and plane (0 luma, 1 chroma), class or so
MEANS, SIZES, SIGN, ISOMETRY, TAKEN, TAKEN_SIGN = "means", "sizes", "sign", "isometry", "style", "style sign"
ROOT = CLASSES  # among the tables of means
_ISOMETRIES = 8


def keys(grey: bool, styled: bool) -> Iterator[Key]:
    """The tables of a file, in their order."""
    for chroma in range(1 if grey else 2):
        yield from ((MEANS, chroma * (ROOT + 1) + number) for number in range(ROOT + 1))
    yield from ((SIZES, 0), (SIGN, 0), (ISOMETRY, 0))
    if styled:
        yield from ((TAKEN, 0), (TAKEN_SIGN, 0))


class Coder(Protocol):
    """Writes what it is given, or returns what it reads: int [n]."""

    def differences(self, key: Key, count: int, given: np.ndarray | None) -> np.ndarray: ...

    def symbols(self, key: Key, count: int, given: np.ndarray | None) -> np.ndarray: ...


def walk(
    coder: Coder, means: np.ndarray, scales: np.ndarray, isometries: np.ndarray, styles: np.ndarray | None, write: bool
) -> None:
    """Codes all of a map, or fills its arrays in. Of `WholeCode`; styles: of `Style`, if there is one."""
    for number, values in enumerate(means):
        _means(coder, values, min(number, 1) * (ROOT + 1), write)
    _weights(coder, scales, SIZES, SIGN, write)
    referring = scales != 0
    given = isometries[referring] if write else None
    isometries[referring] = coder.symbols((ISOMETRY, 0), int(referring.sum()), given)
    if styles is not None:
        _weights(coder, styles, TAKEN, TAKEN_SIGN, write)


def _means(coder: Coder, values: np.ndarray, first: int, write: bool) -> None:
    """One plane. first: number of its first table."""
    step = coarsest(len(values))
    coarse = values[::step, ::step]
    found = coder.differences((MEANS, first + ROOT), coarse.size, roots(coarse) if write else None)
    values[::step, ::step] = from_roots(found, coarse.shape)
    for rows, columns, predicted, classes in passes(values):
        differences = values[rows, columns] - predicted
        for number in range(CLASSES):
            chosen = classes == number
            given = differences[chosen] if write else None
            differences[chosen] = coder.differences((MEANS, first + number), int(chosen.sum()), given)
        values[rows, columns] = differences + predicted
    if np.abs(values).max() > LARGEST:
        raise FormatError(f"the mean of a range is beyond {LARGEST} steps")


def _weights(coder: Coder, values: np.ndarray, sizes: str, sign: str, write: bool) -> None:
    """s or t of all ranges: sizes, then the signs of those that are not 0."""
    found = coder.symbols((sizes, 0), values.size, np.abs(values).ravel() if write else None)
    signed = found > 0
    negative = coder.symbols((sign, 0), int(signed.sum()), (values.ravel()[signed] < 0) if write else None)
    found[signed] *= 1 - 2 * negative
    values[...] = found.reshape(values.shape)  # [ranges * ranges] -> [ranges, ranges]


class Recorder:
    """Keeps symbols, to fit tables to them."""

    def __init__(self) -> None:
        self.seen: dict[Key, list[np.ndarray]] = {}

    def symbols(self, key: Key, count: int, given: np.ndarray) -> np.ndarray:
        self.seen.setdefault(key, []).append(given.astype(np.int64))
        return given.astype(np.int64)

    differences = symbols


class _Tables:
    """The tables of a file by key, each made from its bytes when it is first needed."""

    def __init__(self, given: dict[Key, bytes]) -> None:
        self._bytes, self._made = given, {}

    def __getitem__(self, key: Key) -> Table:
        """FormatError for bytes that make no table."""
        if key not in self._made:
            self._made[key] = Table(counts(key, self._bytes[key]))
        return self._made[key]


class Writer:
    """Codes symbols under tables that are fitted to them. seen: by key, of `Recorder`."""

    def __init__(self, seen: dict[Key, list[np.ndarray]], grey: bool, styled: bool) -> None:
        nothing = np.zeros(0, np.int64)
        self._bytes = {key: fitted(key, np.concatenate(seen.get(key, [nothing]))) for key in keys(grey, styled)}
        self._tables, self._writer = _Tables(self._bytes), SymbolWriter()

    def differences(self, key: Key, count: int, given: np.ndarray) -> np.ndarray:
        if count:
            self._writer.differences(given, self._tables[key])
        return given.astype(np.int64)

    def symbols(self, key: Key, count: int, given: np.ndarray) -> np.ndarray:
        if count:
            self._writer.symbols(given, self._tables[key])
        return given.astype(np.int64)

    def content(self) -> bytes:
        return b"".join(self._bytes.values()) + self._writer.content()


class Reader:
    """Inverse of `Writer`. FormatError for whatever is wrong with the content."""

    def __init__(self, content: bytes, grey: bool, styled: bool) -> None:
        given, at = {}, 0
        for key in keys(grey, styled):
            length = length_of(key)
            given[key], at = content[at : at + length], at + length
        if at > len(content):
            raise FormatError("a whole-image map ends inside its tables")
        self._tables, self._reader = _Tables(given), SymbolReader(content[at:])

    def differences(self, key: Key, count: int, given: None) -> np.ndarray:
        return self._reader.differences(count, self._tables[key]) if count else np.zeros(0, np.int64)

    def symbols(self, key: Key, count: int, given: None) -> np.ndarray:
        return self._reader.symbols(count, self._tables[key]) if count else np.zeros(0, np.int64)

    def finish(self) -> None:
        self._reader.finish()


_SYMBOLS = {SIZES: LARGEST_SCALE + 1, ISOMETRY: _ISOMETRIES, TAKEN: LARGEST_STYLE + 1}


def length_of(key: Key) -> int:
    """Bytes of a table."""
    return 2 if key[0] == MEANS else _SYMBOLS.get(key[0], 1)


def counts(key: Key, given: bytes) -> np.ndarray:
    """The counts of a table from its bytes. FormatError where they make none."""
    if key[0] == MEANS:
        return tables.geometric(*given)
    return tables.counted(given) if key[0] in _SYMBOLS else tables.binary(given[0])


def fitted(key: Key, symbols: np.ndarray) -> bytes:
    """The bytes of a table for symbols, int [n]."""
    if key[0] == MEANS:
        return bytes(tables.fitted_geometric(symbols))
    if key[0] not in _SYMBOLS:
        return bytes([tables.fitted_binary(symbols)])
    return tables.fitted_counts(symbols, _SYMBOLS[key[0]]) if len(symbols) else bytes(_SYMBOLS[key[0]])
