"""The two packers: quantized parameters <-> the payload of a chunk."""

import struct
from functools import cache

import constriction
import numpy as np
import zstandard
from bitarray import bitarray
from bitarray.util import ba2int, int2ba

from ..errors import FormatError
from .symbols import LARGEST, Pass, SymbolModel

_WIDEST = 16  # bits of a fixed-width value
_ZSTD_LEVEL = 19


def frame(payload: bytes) -> bytes:
    """A zstd frame with content size, without checksum."""
    return zstandard.ZstdCompressor(level=_ZSTD_LEVEL, write_checksum=False).compress(payload)


def unframe(data: bytes, limit: int) -> bytes:
    """The content of one zstd frame that states its size, at most `limit` bytes. Else FormatError."""
    try:
        parameters = zstandard.get_frame_parameters(data)
        if parameters.content_size == zstandard.CONTENTSIZE_UNKNOWN or parameters.dict_id:
            raise FormatError("zstd frame without content size, or with a dictionary")
        if parameters.content_size > limit:
            raise FormatError(f"zstd frame of {parameters.content_size} bytes is over the limit of {limit}")
        reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
        content = reader.decompress(data)
    except zstandard.ZstdError as error:
        raise FormatError(f"damaged zstd frame ({error})") from None
    if not reader.eof or reader.unused_data or len(content) != parameters.content_size:
        raise FormatError("zstd frame is not exactly the chunk's payload")
    return content


def pack_fixed(values: np.ndarray) -> bytes:
    """Every channel at the smallest width that holds it.

    values: int32 [channels, rows, columns]. A byte of width for each channel, then the values as
    two's complement of that width, channel by channel in raster order, first bit highest.
    """
    bits = bitarray(endian="big")
    widths = bytearray()
    for channel in values:
        flat = channel.ravel().astype(np.int64)
        span = max(int(flat.max()), -1 - int(flat.min()))
        width = span.bit_length() + 1 if flat.any() else 0
        widths.append(width)
        shifts = np.arange(width - 1, -1, -1)
        bits.pack((flat[:, None] >> shifts & 1).astype(np.uint8).tobytes())
    return bytes(widths) + bits.tobytes()


def unpack_fixed(payload: bytes, shape: tuple[int, int, int]) -> np.ndarray:
    """Inverse of `pack_fixed`: int32 of the given shape, or FormatError."""
    channels, rows, columns = shape
    widths, cells = payload[:channels], rows * columns
    if len(widths) < channels or max(widths, default=0) > _WIDEST:
        raise FormatError("fixed packer: a width is missing or over 16 bits")
    used = sum(widths) * cells
    if len(payload) != channels + -(-used // 8):
        raise FormatError(f"fixed packer: {len(payload)} bytes where the widths ask for {channels + -(-used // 8)}")
    bits = bitarray(endian="big")
    bits.frombytes(payload[channels:])
    if bits[used:].any():
        raise FormatError("fixed packer: padding bits are not zero")
    raw = np.frombuffer(bits.unpack(), np.uint8)
    values = np.zeros((channels, cells), np.int32)
    at = 0
    for channel, width in enumerate(widths):
        if width:
            place = 1 << np.arange(width - 1, -1, -1)
            place[0] = -place[0]
            values[channel] = raw[at : at + width * cells].reshape(cells, width) @ place
            at += width * cells
    if values.size and values.min() < -LARGEST:
        raise FormatError("fixed packer: a value is below -32767")
    return values.reshape(shape)


class _Tables:
    """The tables of a model as the coder wants them, each made when it is first needed."""

    def __init__(self, model: SymbolModel) -> None:
        self.coder_model = cache(lambda table: _coder_model(model.table(table)))
        self._largest = cache(lambda table: len(model.table(table)) // 2 - 1)

    def in_order(self, symbols: Pass) -> tuple[np.ndarray, np.ndarray, list[tuple[int, int, int]]]:
        """The places of a pass's symbols by table, rising, and in the pass's order for each; the largest
        difference that each table has a symbol for, by place; and the runs: table, start, stop."""
        order = np.argsort(symbols.tables.astype(np.uint16), kind="stable")  # 16 bits are sorted by radix
        tables, starts, counts = np.unique(symbols.tables[order], return_index=True, return_counts=True)
        runs = list(zip(tables.tolist(), starts.tolist(), (starts + counts).tolist(), strict=True))
        largest = np.repeat(np.array([self._largest(table) for table, _, _ in runs], np.int64), counts)
        return order, largest, runs


def _coder_model(counts: np.ndarray) -> constriction.stream.model.Categorical:
    # Only this way does constriction 0.5.0 reproduce integer counts exactly: it gives every symbol 1
    # and shares out the rest in proportion to these exactly representable numbers.
    return constriction.stream.model.Categorical((counts - 1).astype(np.float64), perfect=False)


def pack_range(values: np.ndarray, model: SymbolModel, first: int, last: int) -> bytes:
    """Range-coded channels first .. last - 1 of all parameters [channels, rows, columns].

    A u32 count of words, the words (u32), then the escapes as Exp-Golomb bits.
    """
    coder = constriction.stream.queue.RangeEncoder()
    tables = _Tables(model)
    escapes = bitarray(endian="big")
    known = values.copy()
    known[first:] = 0  # so that the model cannot look ahead
    for group in model.passes(known, first, last):
        order, largest, runs = tables.in_order(group)
        symbols = (values[group.where] - group.offsets)[order]
        inside = np.abs(symbols) <= largest
        coded = np.where(inside, symbols + largest, 2 * largest + 1).astype(np.int32)
        for table, start, stop in runs:
            coder.encode(coded[start:stop], tables.coder_model(table))
        for value, most in zip(symbols[~inside].tolist(), largest[~inside].tolist(), strict=True):
            number = 2 * (abs(value) - most - 1) + (value < 0) + 1
            escapes += bitarray(number.bit_length() - 1) + int2ba(number)
        known[group.where] = values[group.where]
    words = coder.get_compressed().astype("<u4")
    return struct.pack("<I", len(words)) + words.tobytes() + escapes.tobytes()


def unpack_range(payload: bytes, model: SymbolModel, values: np.ndarray, first: int, last: int) -> None:
    """Inverse of `pack_range`: fills channels first .. last - 1 of `values` in place, or FormatError."""
    if len(payload) < 4 or len(payload) - 4 < 4 * (count := struct.unpack_from("<I", payload)[0]):
        raise FormatError("range packer: fewer words than stated")
    words = np.frombuffer(payload, "<u4", count, 4).astype(np.uint32)
    escapes = bitarray(endian="big")
    escapes.frombytes(payload[4 + 4 * count :])
    at = 0
    tables = _Tables(model)
    try:
        decoder = constriction.stream.queue.RangeDecoder(words)
        for group in model.passes(values, first, last):
            order, largest, runs = tables.in_order(group)
            coded = np.empty(len(order), np.int64)
            for table, start, stop in runs:
                coded[start:stop] = decoder.decode(tables.coder_model(table), stop - start)
            coded -= largest
            for i in np.flatnonzero(coded > largest).tolist():
                coded[i], at = _read_escape(escapes, at, int(largest[i]))
            symbols = np.empty_like(coded)
            symbols[order] = coded
            symbols += group.offsets
            if len(symbols) and np.abs(symbols).max() > LARGEST:
                raise FormatError("range packer: a value is beyond 32767")
            values[group.where] = symbols
        exhausted = decoder.maybe_exhausted()
    except (AssertionError, KeyError, ValueError, TypeError) as error:
        raise FormatError(f"range packer: damaged words ({error})") from None
    if not exhausted:
        raise FormatError("range packer: words are left over")
    if len(escapes) - at >= 8 or escapes[at:].any():
        raise FormatError("range packer: escapes are left over")


def _read_escape(bits: bitarray, at: int, largest: int) -> tuple[int, int]:
    one = bits.find(1, at)
    zeros = one - at
    if one < 0 or zeros > 17 or one + zeros + 1 > len(bits):
        raise FormatError("range packer: damaged escape")
    number = ba2int(bits[one : one + zeros + 1]) - 1
    size = number // 2 + largest + 1
    return (-size if number % 2 else size), one + zeros + 1
