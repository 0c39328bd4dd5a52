"""Which table each symbol of a partitioned map is coded under, and how a file says so."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from bitarray import bitarray

from ..bitstream.coder import Table
from ..errors import FormatError
from . import tables
from .code import CLASSES, SMALLEST_RANGE, Layout
from .header import MEANS, PARTITION, SCALES, Fields

MOST_SCALES = 32  # largest |s| in 1/8
_BY_CLASS = {
    "split": (170, 170, 136, 95, 50, 28, 12, 5),
    "reference": (235, 210, 150, 87, 45, 25, 12, 8),
    "along": ((128, 180), (125, 110), (90, 128), (72, 163), (52, 185), (36, 205), (22, 228), (14, 244)),
    "diagonal": ((128, 150), (179, 95), (130, 98), (106, 126), (80, 155), (58, 185), (36, 215), (22, 238)),
}
_ROOT = (2, 250)
_SIZES = (150, 230, 255, 250, 236, 233, 223, 155, 162, 83, 85, 76, 50, 40, 36, 60)
_SIGN = 135


def usual(key: tuple) -> bytes:
    """The bytes of a table that a file says nothing of. key: see `Models`."""
    name = key[1]
    if name in _BY_CLASS:
        given = _BY_CLASS[name][key[-1]]
        return bytes([given] if isinstance(given, int) else given)
    return bytes({"root": _ROOT, "sizes": _SIZES, "sign": (_SIGN,)}[name])


def keys_of(layout: Layout, part: int) -> list[tuple]:
    """The keys (see `Models`) of the tables that the chunk of a part speaks of, in its order."""
    found = []
    sides = [side for side in layout.sides if side <= layout.largest]
    for chroma in (False,) if layout.grey else (False, True):
        if part == PARTITION:
            found += [(chroma, "split", s, c) for s in sides[:-1] for c in range(CLASSES)]
            found += [(chroma, "reference", s, c) for s in sides if s >= SMALLEST_RANGE for c in range(CLASSES)]
        if part == MEANS:
            found += [(chroma, "root")]
            found += [(chroma, name, c) for name in ("along", "diagonal") for c in range(CLASSES)]
        if part == SCALES:
            found += [(chroma, "sizes"), (chroma, "sign")]
    return found


class Models:
    """The bytes that tables are made of, by key; the first of a key is whether the plane is a chroma plane.

    (c, "split", side, class) and (c, "reference", side, class): a byte of `binary`. (c, "root"), (c, "along",
    class) and (c, "diagonal", class): two of `geometric`. (c, "sizes"): those of `counted`, for |s| = 1, 2, ...
    (c, "sign"): of `binary`. ("uniform", n): none.
    """

    def __init__(self, layout: Layout, seen: dict[tuple, np.ndarray] | None = None) -> None:
        """seen: the symbols of a map by key, which tables are fitted to where that is worth their bytes."""
        self._layout = layout
        self.bytes: dict[tuple, bytes] = {}
        for key, symbols in (seen or {}).items():
            fitted = _fitted(key[1], symbols)
            if _cost(key[1], symbols, fitted) + 8 * (len(fitted) + 1) < _cost(key[1], symbols, usual(key)):
                self.bytes[key] = fitted
        self.table = cache(lambda key: Table(self.counts(key)))

    def of(self, key: tuple) -> bytes:
        """The bytes of a table."""
        return self.bytes.get(key) or usual(key)

    def counts(self, key: tuple) -> np.ndarray:
        """FormatError for bytes that make no table."""
        if key[0] == "uniform":
            return tables.uniform(key[1])
        given = self.of(key)
        if key[1] in ("split", "reference", "sign"):
            return tables.binary(given[0])
        return tables.counted(given) if key[1] == "sizes" else tables.geometric(*given)

    def head(self, part: int) -> bytes:
        """What begins the content of a part's chunk: a bit for each table, whether it follows, then those."""
        keys = keys_of(self._layout, part)
        bits, stored = bitarray([key in self.bytes for key in keys], endian="big"), b""
        for key in keys:
            if key in self.bytes:
                stored += (bytes([len(self.bytes[key])]) if key[1] == "sizes" else b"") + self.bytes[key]
        return bits.tobytes() + stored

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
            length = len(usual(key))
            if key[1] == "sizes":
                length, rest = rest[0] if rest else 0, rest[1:]
                if not 2 <= length <= MOST_SCALES:
                    raise FormatError(f"partition: {length} sizes of s, not 2 to {MOST_SCALES}")
            self.bytes[key], rest = rest[:length], rest[length:]
            if len(self.bytes[key]) < length:
                raise FormatError(f"chunk {Fields.CHUNKS[part]} ends inside its tables")
        return rest


class Recorder:
    """Keeps the symbols of a map, to fit tables to them: a coder (see `walk`) that writes nothing."""

    def __init__(self) -> None:
        self._seen: dict[tuple, list[np.ndarray]] = {}

    def symbols(self, part: int, key: tuple, count: int, given: np.ndarray) -> np.ndarray:
        if key[0] != "uniform":
            self._seen.setdefault(key, []).append(given)
        return given

    differences = symbols

    @property
    def seen(self) -> dict[tuple, np.ndarray]:
        """The symbols by key, int64 [n] each."""
        return {key: np.concatenate(parts).astype(np.int64) for key, parts in self._seen.items()}


def _fitted(name: str, symbols: np.ndarray) -> bytes:
    if name in ("split", "reference", "sign"):
        return bytes([tables.fitted_binary(symbols)])
    if name == "sizes":
        return tables.fitted_counts(symbols, max(2, int(symbols.max()) + 1))
    return bytes(tables.fitted_geometric(symbols))


def _cost(name: str, symbols: np.ndarray, given: Sequence[int]) -> float:
    """Bits of symbols under a table made of these bytes."""
    if name in ("split", "reference", "sign"):
        return tables.bits(tables.binary(given[0]))[symbols].sum()
    if name == "sizes":
        return tables.bits(tables.counted(given))[symbols].sum() if symbols.max() < len(given) else np.inf
    return tables.geometric_bits(symbols, *given).sum()
