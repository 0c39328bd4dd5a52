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


def _in_table_order(symbols: Pass) -> list[tuple[int, np.ndarray]]:
    """(table, places of its symbols within the pass), tables rising, places in the pass's order."""
    order = np.argsort(symbols.tables, kind="stable")
    tables, starts = np.unique(symbols.tables[order], return_index=True)
    return list(zip(tables.tolist(), np.split(order, starts[1:]), strict=True))


def _coder_model(counts: np.ndarray) -> constriction.stream.model.Categorical:
    # Only this way does constriction 0.5.0 reproduce integer counts exactly: it gives every symbol 1
    # and shares out the rest in proportion to these exactly representable numbers.
    return constriction.stream.model.Categorical((counts - 1).astype(np.float64), perfect=False)


def pack_range(values: np.ndarray, model: SymbolModel, first: int, last: int) -> bytes:
    """Range-coded channels first .. last - 1 of all parameters [channels, rows, columns].

    A u32 count of words, the words (u32), then the escapes as Exp-Golomb bits.
    """
    coder = constriction.stream.queue.RangeEncoder()
    models = cache(lambda table: (_coder_model(model.table(table)), len(model.table(table)) // 2 - 1))
    escapes = bitarray(endian="big")
    known = values.copy()
    known[first:] = 0  # so that the model cannot look ahead
    for group in model.passes(known, first, last):
        symbols = values[group.where] - group.offsets
        for table, places in _in_table_order(group):
            coder_model, largest = models(table)
            part = symbols[places]
            inside = np.abs(part) <= largest
            coded = np.where(inside, part + largest, 2 * largest + 1)
            coder.encode(coded.astype(np.int32), coder_model)
            for value in part[~inside].tolist():
                number = 2 * (abs(value) - largest - 1) + (value < 0) + 1
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
    models = cache(lambda table: (_coder_model(model.table(table)), len(model.table(table)) // 2 - 1))
    try:
        decoder = constriction.stream.queue.RangeDecoder(words)
        for group in model.passes(values, first, last):
            symbols = np.empty(len(group.tables), np.int64)
            for table, places in _in_table_order(group):
                coder_model, largest = models(table)
                part = decoder.decode(coder_model, len(places)).astype(np.int64) - largest
                for i in np.flatnonzero(part == largest + 1).tolist():
                    part[i], at = _read_escape(escapes, at, largest)
                symbols[places] = part
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
