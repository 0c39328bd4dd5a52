"""Integers at fixed widths: bits of arrays, and a writer and a reader of symbols beside those of the range coder."""

from dataclasses import dataclass

import numpy as np
from bitarray import bitarray

from ..errors import FormatError


def width_of(values: np.ndarray) -> int:
    """The fewest bits of two's complement that hold all values (int, any shape); 0 if they are all zero."""
    span = max(int(values.max(initial=0)), -1 - int(values.min(initial=0)))
    return span.bit_length() + 1 if values.any() else 0


def append(bits: bitarray, values: np.ndarray, width: int) -> None:
    """Adds values (int64 [n]) at `width` bits, highest first."""
    shifts = np.arange(width - 1, -1, -1)
    bits.pack((values[:, None] >> shifts & 1).astype(np.uint8).tobytes())


def numbers(bits: bitarray, width: int, signed: bool) -> np.ndarray:
    """Inverse of `append`: int64 [n] from n width bits, width >= 1."""
    place = 1 << np.arange(width - 1, -1, -1)
    place[0] *= -1 if signed else 1
    return np.frombuffer(bits.unpack(), np.uint8).reshape(-1, width) @ place


@dataclass(frozen=True)
class Field:
    """How a kind of symbol is written. width: bits. size: symbols are 0 .. size - 1."""

    width: int
    size: int = 0


class FixedWriter:
    """Symbols -> bits, highest first, zero bits filling the last byte. For its methods see `coder.SymbolWriter`."""

    def __init__(self) -> None:
        self._bits = bitarray(endian="big")

    def symbols(self, symbols: np.ndarray, field: Field) -> None:
        append(self._bits, symbols.astype(np.int64), field.width)

    differences = symbols

    def content(self) -> bytes:
        return self._bits.tobytes()


class FixedReader:
    """Inverse of `FixedWriter`. FormatError for whatever is wrong with the content."""

    def __init__(self, content: bytes) -> None:
        self._bits, self._at = bitarray(endian="big"), 0
        self._bits.frombytes(content)

    def symbols(self, count: int, field: Field) -> np.ndarray:
        """int64 [count]."""
        values = self._take(count, field, signed=False)
        if values.max(initial=0) >= field.size:
            raise FormatError(f"fixed packer: symbol {values.max()} of {field.size}")
        return values

    def differences(self, count: int, field: Field) -> np.ndarray:
        """int64 [count]."""
        return self._take(count, field, signed=True)

    def finish(self) -> None:
        """FormatError if anything is left over."""
        if len(self._bits) - self._at >= 8 or self._bits[self._at :].any():
            raise FormatError("fixed packer: bits are left over")

    def _take(self, count: int, field: Field, signed: bool) -> np.ndarray:
        start, self._at = self._at, self._at + count * field.width
        if self._at > len(self._bits):
            raise FormatError("fixed packer: bits are missing")
        return numbers(self._bits[start : self._at], field.width, signed) if field.width else np.zeros(count, np.int64)
