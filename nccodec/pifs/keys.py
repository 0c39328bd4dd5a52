"""The tables that the symbols of a partitioned map are coded under: a small class for each kind of table.

A key names a table. Those that a file may give are made of bytes, of which each has its usual ones.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..bitstream import tables
from ..bitstream.fixed import Field
from ..errors import FormatError
from .header import LARGEST_SCALE

_CHANCES = {
    "split": (170, 170, 136, 95, 50, 28, 12, 5),
    "reference": (235, 210, 150, 87, 45, 25, 12, 8),
    "sign": (135,),
}
_DIFFERENCES = {
    "root": ((2, 250),),
    "along": ((128, 180), (125, 110), (90, 128), (72, 163), (52, 185), (36, 205), (22, 228), (14, 244)),
    "diagonal": ((128, 150), (179, 95), (130, 98), (106, 126), (80, 155), (58, 185), (36, 215), (22, 238)),
}
_SIZES = (150, 230, 255, 250, 236, 233, 223, 155, 162, 83, 85, 76, 50, 40, 36, 60)


class Key(Protocol):
    """One table. given: the bytes that it is made of. symbols: int64 [n], coded under it."""

    def usual(self) -> bytes:
        """The bytes where a file says nothing of the table."""
        ...

    def counts(self, given: bytes) -> np.ndarray:
        """The table. FormatError for bytes that make none."""
        ...

    def fit(self, symbols: np.ndarray) -> bytes:
        """The bytes that suit symbols."""
        ...

    def cost(self, symbols: np.ndarray, given: bytes) -> float:
        """Bits of symbols."""
        ...

    def store(self, given: bytes) -> bytes:
        """As they stand in a file."""
        ...

    def length(self, content: bytes) -> tuple[int, bytes]:
        """How many bytes the table takes that a file's content begins with, and that content from the first of them
        on. FormatError for a number that is not allowed."""
        ...

    def field(self, width: int) -> Field:
        """How the packer `fixed` writes a symbol. width: of differences, in bits."""
        ...


@dataclass(frozen=True)
class _OfBytes:
    """A table of a fixed number of bytes."""

    def store(self, given: bytes) -> bytes:
        return given

    def length(self, content: bytes) -> tuple[int, bytes]:
        return len(self.usual()), content


@dataclass(frozen=True)
class Chance(_OfBytes):
    """No and yes, 0 and 1. of: "split" or "reference", of the nodes of a side and class; or "sign"."""

    of: str
    chroma: bool
    side: int = 0
    group: int = 0

    def usual(self) -> bytes:
        return bytes([_CHANCES[self.of][self.group]])

    def counts(self, given: bytes) -> np.ndarray:
        return tables.binary(given[0])

    def fit(self, symbols: np.ndarray) -> bytes:
        return bytes([tables.fitted_binary(symbols)])

    def cost(self, symbols: np.ndarray, given: bytes) -> float:
        return tables.bits(self.counts(given))[symbols].sum()

    def field(self, width: int) -> Field:
        return Field(1, 2)


@dataclass(frozen=True)
class Differences(_OfBytes):
    """Signed numbers of any size. of: "root"; or "along" or "diagonal", of the nodes of a class."""

    of: str
    chroma: bool
    group: int = 0

    def usual(self) -> bytes:
        return bytes(_DIFFERENCES[self.of][self.group])

    def counts(self, given: bytes) -> np.ndarray:
        return tables.geometric(*given)

    def fit(self, symbols: np.ndarray) -> bytes:
        return bytes(tables.fitted_geometric(symbols))

    def cost(self, symbols: np.ndarray, given: bytes) -> float:
        return tables.geometric_bits(symbols, *given).sum()

    def field(self, width: int) -> Field:
        return Field(width)


@dataclass(frozen=True)
class Sizes:
    """|s| = 1, 2, ... in units of s, as 0, 1, ...: as many as there are bytes."""

    chroma: bool

    def usual(self) -> bytes:
        return bytes(_SIZES)

    def counts(self, given: bytes) -> np.ndarray:
        return tables.counted(given)

    def fit(self, symbols: np.ndarray) -> bytes:
        return tables.fitted_counts(symbols, max(2, int(symbols.max()) + 1))

    def cost(self, symbols: np.ndarray, given: bytes) -> float:
        return tables.bits(self.counts(given))[symbols].sum() if symbols.max() < len(given) else np.inf

    def store(self, given: bytes) -> bytes:
        return bytes([len(given)]) + given

    def length(self, content: bytes) -> tuple[int, bytes]:
        count = content[0] if content else 0
        if not 2 <= count <= LARGEST_SCALE:
            raise FormatError(f"partition: {count} sizes of s, not 2 to {LARGEST_SCALE}")
        return count, content[1:]

    def field(self, width: int) -> Field:
        return Field((LARGEST_SCALE - 1).bit_length(), LARGEST_SCALE)


@dataclass(frozen=True)
class Uniform:
    """0 .. size - 1, all alike: no file speaks of it."""

    size: int

    def field(self, width: int) -> Field:
        return Field((self.size - 1).bit_length(), self.size)
