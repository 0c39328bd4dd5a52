"""Which tables a partitioned map is coded under, and how a file says so."""

from functools import cache

import numpy as np
from bitarray import bitarray

from ..bitstream import tables
from ..bitstream.coder import Table
from ..errors import FormatError
from .code import CLASSES, SMALLEST_RANGE, Layout
from .header import MEANS, PARTITION, SCALES, Fields
from .keys import Chance, Differences, Key, Sizes, Uniform


def keys_of(layout: Layout, part: int) -> list[Key]:
    """The tables that the chunk of a part speaks of, in its order."""
    keys: list[Key] = []
    sides = [side for side in layout.sides if side <= layout.largest]
    for chroma in (False,) if layout.grey else (False, True):
        if part == PARTITION:
            keys += [Chance("split", chroma, s, c) for s in sides[:-1] for c in range(CLASSES)]
            keys += [Chance("reference", chroma, s, c) for s in sides if s >= SMALLEST_RANGE for c in range(CLASSES)]
        if part == MEANS:
            keys += [Differences("root", chroma)]
            keys += [Differences(name, chroma, c) for name in ("along", "diagonal") for c in range(CLASSES)]
        if part == SCALES:
            keys += [Sizes(chroma), Chance("sign", chroma)]
    return keys


class Models:
    """The bytes that tables are made of, by key; those that are not given are the usual ones."""

    def __init__(self, layout: Layout, seen: dict[Key, np.ndarray] | None = None) -> None:
        """seen: the symbols of a map by key, which tables are fitted to where that is worth their bytes."""
        self._layout = layout
        self.bytes: dict[Key, bytes] = {}
        for key, symbols in (seen or {}).items():
            fitted = key.fit(symbols)
            if key.cost(symbols, fitted) + 8 * (len(fitted) + 1) < key.cost(symbols, key.usual()):
                self.bytes[key] = fitted
        self.table = cache(lambda key: Table(self.counts(key)))

    def of(self, key: Key) -> bytes:
        """The bytes of a table."""
        return self.bytes.get(key) or key.usual()

    def counts(self, key: Key | Uniform) -> np.ndarray:
        """FormatError for bytes that make no table."""
        return tables.uniform(key.size) if isinstance(key, Uniform) else key.counts(self.of(key))

    def head(self, part: int) -> bytes:
        """What begins the content of a part's chunk: a bit for each table, whether it follows, then those."""
        keys = keys_of(self._layout, part)
        bits = bitarray([key in self.bytes for key in keys], endian="big")
        return bits.tobytes() + b"".join(key.store(self.bytes[key]) for key in keys if key in self.bytes)

    def take_head(self, part: int, content: bytes) -> bytes:
        """Inverse of `head`: fills in the tables and returns the rest of the content. FormatError."""
        keys = keys_of(self._layout, part)
        size = -(-len(keys) // 8)
        bits = bitarray(endian="big")
        bits.frombytes(content[:size])
        if len(bits) < len(keys) or bits[len(keys) :].any():
            raise FormatError(f"chunk {Fields.CHUNKS[part]}: its tables are damaged")
        rest = content[size:]
        for key in (key for key, bit in zip(keys, bits, strict=False) if bit):
            length, rest = key.length(rest)
            self.bytes[key], rest = rest[:length], rest[length:]
            if len(self.bytes[key]) < length:
                raise FormatError(f"chunk {Fields.CHUNKS[part]} ends inside its tables")
        return rest


class Recorder:
    """Keeps the symbols of a map, to fit tables to them: a coder (see `walk`) that writes nothing."""

    def __init__(self) -> None:
        self._seen: dict[Key, list[np.ndarray]] = {}

    def symbols(self, part: int, key: Key | Uniform, count: int, given: np.ndarray) -> np.ndarray:
        if not isinstance(key, Uniform):
            self._seen.setdefault(key, []).append(given)
        return given

    differences = symbols

    @property
    def seen(self) -> dict[Key, np.ndarray]:
        """The symbols by key, int64 [n] each."""
        return {key: np.concatenate(parts).astype(np.int64) for key, parts in self._seen.items()}
