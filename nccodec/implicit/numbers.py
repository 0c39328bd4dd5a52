"""How whole numbers of one tensor are written: bytes that are told before, `about`, and symbols under them, for the
packer "range" under tables, for "fixed" at widths. bitstream_spec.md, section 7.2, is normative."""

import math
from typing import Self

import numpy as np

from ..bitstream import tables
from ..bitstream.coder import SymbolReader, SymbolWriter, Table
from ..bitstream.fixed import Field, FixedReader, FixedWriter, width_of
from ..bitstream.symbols import LARGEST
from ..errors import FormatError

Writer = SymbolWriter | FixedWriter
Reader = SymbolReader | FixedReader

_WIDE = 40  # steps of deviation, beyond which the lowest bits are as good as random
_MOST_SHIFT, _MOST_WIDTH = 15, 16
_CONTINUED = 255  # of a gap: so many zeros, and more to come
_MOST_GAP_WIDTH = 26


class Bytes:
    """A content, to be read from its first byte on. FormatError where it ends."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def take(self, count: int) -> bytes:
        self._at += count
        if self._at > len(self._content):
            raise FormatError("an implicit network ends inside its parameters")
        return self._content[self._at - count : self._at]

    def number(self, size: int) -> int:
        """Of so many bytes."""
        return int.from_bytes(self.take(size), "little")

    def halves(self, count: int) -> np.ndarray:
        """float16 [count]."""
        return finite(np.frombuffer(self.take(2 * count), "<f2").astype(np.float16))

    def rest(self) -> bytes:
        """What was not read."""
        return self._content[self._at :]


def finite(values: np.ndarray) -> np.ndarray:
    """The values (float16). FormatError unless all are finite."""
    if not np.isfinite(values).all():
        raise FormatError("a float16 of an implicit network is not finite")
    return values


class Differences:
    """Whole numbers around 0, |q| <= 32767: under a bell that is as wide as they are, the lowest bits of large ones
    apart; or at the smallest width that holds them."""

    def __init__(self, packer: str, about: bytes) -> None:
        self.about, self._range = about, packer == "range"

    @classmethod
    def of(cls, packer: str, q: np.ndarray) -> Self:
        """For int [n]."""
        if packer != "range":
            return cls(packer, bytes([width_of(q)]))
        deviation = math.sqrt(np.mean(q.astype(np.float64) ** 2)) if len(q) else 0.0
        shift = min(_MOST_SHIFT, max(0, math.ceil(math.log2(max(deviation, 1) / _WIDE))))
        return cls(packer, bytes([shift, *tables.fitted_bell(_high(q, shift))[:2]]))

    @classmethod
    def told(cls, packer: str, content: Bytes) -> Self:
        """As a content has it. FormatError for what makes none."""
        about = content.take(3 if packer == "range" else 1)
        if about[0] > (_MOST_SHIFT if packer == "range" else _MOST_WIDTH):
            raise FormatError(f"numbers of an implicit network with {about[0]} bits")
        return cls(packer, about)

    def write(self, writer: Writer, q: np.ndarray) -> None:
        """int [n]."""
        if len(q) == 0:
            return
        if not self._range:
            writer.differences(q, Field(self.about[0]))
            return
        shift, *bell = self.about
        high = _high(q, shift)
        writer.differences(high, Table(tables.bell(*bell)))
        if shift:
            writer.symbols(q + (1 << shift - 1) - (high << shift), Table(tables.uniform(1 << shift)))

    def read(self, reader: Reader, count: int) -> np.ndarray:
        """int64 [count]. FormatError for numbers that are too large."""
        if count == 0:
            return np.zeros(0, np.int64)
        if self._range:
            shift, *bell = self.about
            q = reader.differences(count, Table(tables.bell(*bell)))
            if shift:
                q = (q << shift) + reader.symbols(count, Table(tables.uniform(1 << shift))) - (1 << shift - 1)
        else:
            q = reader.differences(count, Field(self.about[0]))
        if np.abs(q).max() > LARGEST:
            raise FormatError(f"a weight is beyond {LARGEST} steps")
        return q


def _high(q: np.ndarray, shift: int) -> np.ndarray:
    """q without its lowest bits, rounded."""
    return q + (1 << shift >> 1) >> shift


class Indices:
    """Symbols 0 .. size - 1."""

    def __init__(self, packer: str, about: bytes, size: int) -> None:
        self.about = about
        self._table = Table(tables.counted(about)) if packer == "range" else Field((size - 1).bit_length(), size)

    @classmethod
    def of(cls, packer: str, symbols: np.ndarray, size: int) -> Self:
        """For int [n]."""
        if packer != "range":
            return cls(packer, b"", size)
        return cls(packer, tables.fitted_counts(symbols, size) if len(symbols) else bytes([1] * size), size)

    @classmethod
    def told(cls, packer: str, content: Bytes, size: int) -> Self:
        """See `Differences.told`."""
        return cls(packer, content.take(size if packer == "range" else 0), size)

    def write(self, writer: Writer, symbols: np.ndarray) -> None:
        """int [n]."""
        if len(symbols):
            writer.symbols(symbols, self._table)

    def read(self, reader: Reader, count: int) -> np.ndarray:
        """int64 [count]."""
        return reader.symbols(count, self._table) if count else np.zeros(0, np.int64)


class Bitmap:
    """Which numbers of a matrix are not zero, one by one."""

    def __init__(self, packer: str, about: bytes) -> None:
        self.about = about
        self._table = Table(tables.binary(about[0])) if packer == "range" else Field(1, 2)

    @classmethod
    def of(cls, packer: str, kept: np.ndarray) -> Self:
        """For bool [n]."""
        return cls(packer, bytes([tables.fitted_binary(kept)]) if packer == "range" else b"")

    @classmethod
    def told(cls, packer: str, content: Bytes) -> Self:
        """See `Differences.told`."""
        return cls(packer, content.take(1 if packer == "range" else 0))

    def write(self, writer: Writer, kept: np.ndarray) -> None:
        """bool [n]."""
        writer.symbols(kept.astype(np.int64), self._table)

    def read(self, reader: Reader, count: int) -> np.ndarray:
        """bool [count]."""
        return reader.symbols(count, self._table) > 0


class Gaps:
    """Which numbers of a matrix are not zero, by the zeros before each of them."""

    def __init__(self, packer: str, about: bytes) -> None:
        self.about, self._range = about, packer == "range"
        self._count = int.from_bytes(about[:4], "little")

    @classmethod
    def of(cls, packer: str, kept: np.ndarray) -> Self:
        """For bool [n]."""
        gaps = _gaps(kept)
        if packer == "range":
            byte = tables.fitted_falling(_parts(gaps), _CONTINUED + 1)
        else:
            byte = int(gaps.max(initial=0)).bit_length()
        return cls(packer, len(gaps).to_bytes(4, "little") + bytes([byte]))

    @classmethod
    def told(cls, packer: str, content: Bytes) -> Self:
        """See `Differences.told`."""
        about = content.take(5)
        if packer != "range" and about[4] > _MOST_GAP_WIDTH:
            raise FormatError(f"gaps of {about[4]} bits")
        return cls(packer, about)

    def write(self, writer: Writer, kept: np.ndarray) -> None:
        """bool [n]."""
        gaps = _gaps(kept)
        if not self._range:
            writer.symbols(gaps, Field(self.about[4], 1 << self.about[4]))
        elif len(gaps):
            writer.symbols(_parts(gaps), self._table())

    def read(self, reader: Reader, count: int) -> np.ndarray:
        """bool [count]. FormatError for more than there is room for."""
        if self._count > count:
            raise FormatError(f"{self._count} weights that are not zero, of {count}")
        gaps = self._read_parts(reader, count) if self._range else None
        if gaps is None:
            gaps = reader.symbols(self._count, Field(self.about[4], 1 << self.about[4]))
        places = np.cumsum(gaps + 1) - 1
        if len(places) and places[-1] >= count:
            raise FormatError("a weight that is not zero lies outside its matrix")
        kept = np.zeros(count, bool)
        kept[places] = True
        return kept

    def _read_parts(self, reader: SymbolReader, count: int) -> np.ndarray:
        """int64 [n] gaps, each of which takes as many symbols as it needs."""
        found, ended, passed, table = [np.zeros(0, np.int64)], 0, 0, self._table()
        while ended < self._count:
            parts = reader.symbols(self._count - ended, table)
            ended, passed = ended + int((parts < _CONTINUED).sum()), passed + int(parts.sum())
            found.append(parts)
            if passed > count:
                raise FormatError("a weight that is not zero lies outside its matrix")
        parts = np.concatenate(found)
        ends = np.flatnonzero(parts < _CONTINUED)
        return np.diff(np.cumsum(parts)[ends], prepend=0)

    def _table(self) -> Table:
        return Table(tables.falling(self.about[4], _CONTINUED + 1))


def _gaps(kept: np.ndarray) -> np.ndarray:
    """Zeros before each number that is kept: int64 [n]."""
    return np.diff(np.flatnonzero(kept), prepend=-1) - 1


def _parts(gaps: np.ndarray) -> np.ndarray:
    """Gaps as symbols: as many times _CONTINUED as go into each, then what is left: int64 [n]."""
    times = gaps // _CONTINUED
    parts = np.full(len(gaps) + int(times.sum()), _CONTINUED, np.int64)
    parts[np.cumsum(times + 1) - 1] = gaps % _CONTINUED
    return parts
