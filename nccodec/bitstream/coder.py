"""The range coder under integer tables: the only place that calls constriction."""

import struct
from collections.abc import Sequence

import constriction
import numpy as np
from bitarray import bitarray
from bitarray.util import ba2int, int2ba

from ..errors import FormatError

_FAULTS = (AssertionError, KeyError, ValueError, TypeError)  # what constriction raises on damaged words


class Table:
    """Counts of a table as the coder wants them.

    counts: int [n], n >= 2, each >= 1, sum 2^24. largest: for tables of differences, -m .. m and the escape, m.
    """

    def __init__(self, counts: np.ndarray) -> None:
        # Only this way does constriction 0.5.0 reproduce integer counts exactly: it gives every symbol 1
        # and shares out the rest in proportion to these exactly representable numbers.
        self.model = constriction.stream.model.Categorical((counts - 1).astype(np.float64), perfect=False)
        self.largest = len(counts) // 2 - 1


Runs = Sequence[tuple[int, Table]]  # how many differences are coded under a table, one such run after the other


def _largest(runs: Runs) -> np.ndarray:
    """int64 [sum of the counts]: for every difference, that of its table."""
    return np.repeat([table.largest for _, table in runs], [count for count, _ in runs])


class SymbolWriter:
    """Symbols -> a u32 count of words, the words (u32), then the escapes as Exp-Golomb bits."""

    def __init__(self) -> None:
        self._coder = constriction.stream.queue.RangeEncoder()
        self._escapes = bitarray(endian="big")

    def symbols(self, symbols: np.ndarray, table: Table) -> None:
        """int [n], 0 .. size of the table - 1."""
        self._coder.encode(symbols.astype(np.int32), table.model)

    def differences(self, differences: np.ndarray, table: Table) -> None:
        """int [n], any size."""
        self.runs(differences, [(len(differences), table)])

    def runs(self, differences: np.ndarray, runs: Runs) -> None:
        """int [n], any size: as many under each table as the run has."""
        largest = _largest(runs)
        inside = np.abs(differences) <= largest
        symbols = np.where(inside, differences + largest, 2 * largest + 1).astype(np.int32)
        at = 0
        for count, table in runs:
            self._coder.encode(symbols[at : at + count], table.model)
            at += count
        for value, most in zip(differences[~inside].tolist(), largest[~inside].tolist(), strict=True):
            number = 2 * (abs(value) - most - 1) + (value < 0) + 1
            self._escapes += bitarray(number.bit_length() - 1) + int2ba(number)

    def content(self) -> bytes:
        words = self._coder.get_compressed().astype("<u4")
        return struct.pack("<I", len(words)) + words.tobytes() + self._escapes.tobytes()


class SymbolReader:
    """Inverse of `SymbolWriter`. FormatError for whatever is wrong with the content."""

    def __init__(self, content: bytes) -> None:
        if len(content) < 4 or len(content) - 4 < 4 * (count := struct.unpack_from("<I", content)[0]):
            raise FormatError("range packer: fewer words than stated")
        words = np.frombuffer(content, "<u4", count, 4).astype(np.uint32)
        self._escapes = bitarray(endian="big")
        self._escapes.frombytes(content[4 + 4 * count :])
        self._at = 0
        try:
            self._coder = constriction.stream.queue.RangeDecoder(words)
        except _FAULTS as error:
            raise _damaged(error) from None

    def symbols(self, count: int, table: Table) -> np.ndarray:
        """int64 [count]."""
        try:
            return self._coder.decode(table.model, count).astype(np.int64)
        except _FAULTS as error:
            raise _damaged(error) from None

    def differences(self, count: int, table: Table) -> np.ndarray:
        """int64 [count]."""
        return self.runs([(count, table)])

    def runs(self, runs: Runs) -> np.ndarray:
        """int64 [sum of the counts]."""
        decode = self._coder.decode
        try:
            symbols = np.concatenate([decode(table.model, count) for count, table in runs])
        except _FAULTS as error:
            raise _damaged(error) from None
        largest = _largest(runs)
        values = symbols - largest
        escaped = np.flatnonzero(values > largest)
        values[escaped] = [self._escape(most) for most in largest[escaped].tolist()]
        return values

    def finish(self) -> None:
        """FormatError if anything is left over."""
        try:
            exhausted = self._coder.maybe_exhausted()
        except _FAULTS as error:
            raise _damaged(error) from None
        if not exhausted:
            raise FormatError("range packer: words are left over")
        if len(self._escapes) - self._at >= 8 or self._escapes[self._at :].any():
            raise FormatError("range packer: escapes are left over")

    def _escape(self, largest: int) -> int:
        bits, at = self._escapes, self._at
        one = bits.find(1, at)
        zeros = one - at
        if one < 0 or zeros > 17 or one + zeros + 1 > len(bits):
            raise FormatError("range packer: damaged escape")
        number = ba2int(bits[one : one + zeros + 1]) - 1
        self._at = one + zeros + 1
        size = number // 2 + largest + 1
        return -size if number % 2 else size


def _damaged(error: Exception) -> FormatError:
    return FormatError(f"range packer: damaged words ({error})")
