"""The two packers: quantized parameters <-> the payload of a chunk."""

import struct
from collections.abc import Iterator
from functools import cache

import numpy as np
from bitarray import bitarray

from ..code import Span, tiles
from ..errors import FormatError
from .coder import Runs, SymbolReader, SymbolWriter, Table
from .fixed import append, numbers, width_of
from .symbols import LARGEST, Pass, SymbolModel

_WIDEST = 16  # bits of a fixed-width value


def pack_fixed(values: np.ndarray) -> bytes:
    """Every channel at the smallest width that holds it.

    values: int16 or int32 [channels, rows, columns]. A byte of width for each channel, then the values as
    two's complement of that width, channel by channel in raster order, first bit highest.
    """
    bits = bitarray(endian="big")
    widths = bytearray()
    for channel in values:
        widths.append(width_of(channel))
        append(bits, channel.ravel().astype(np.int64), widths[-1])
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
    values = np.zeros((channels, cells), np.int32)
    at = 0
    for channel, width in enumerate(widths):
        if width:
            values[channel] = numbers(bits[at : at + width * cells], width, signed=True)
            at += width * cells
    if values.size and values.min() < -LARGEST:
        raise FormatError("fixed packer: a value is below -32767")
    return values.reshape(shape)


class _Tables:
    """The tables of a model, each made when it is first needed."""

    def __init__(self, model: SymbolModel) -> None:
        self._of = cache(lambda index: Table(model.table(index)))

    def runs(self, symbols: Pass) -> tuple[np.ndarray, Runs]:
        """The places of a pass's symbols by table, rising, and in the pass's order for each; and the runs."""
        order = np.argsort(symbols.tables.astype(np.uint16), kind="stable")  # 16 bits are sorted by radix
        tables = symbols.tables[order]
        edges = np.flatnonzero(np.diff(tables, prepend=-1, append=-1))
        used = map(self._of, tables[edges[:-1]].tolist())
        return order, list(zip(np.diff(edges).tolist(), used, strict=True))


def pack_range(values: np.ndarray, model: SymbolModel, first: int, last: int) -> bytes:
    """Range-coded channels first .. last - 1 of all parameters [channels, rows, columns]: the contents of its
    tiles, each but the last after its length as a u32."""
    contents = [_pack_tile(values[(slice(None), *place)], model, first, last) for place in tiles(*values.shape[1:])]
    return b"".join(struct.pack("<I", len(content)) + content for content in contents[:-1]) + contents[-1]


def _pack_tile(values: np.ndarray, model: SymbolModel, first: int, last: int) -> bytes:
    writer, tables = SymbolWriter(), _Tables(model)
    known = np.ascontiguousarray(values).copy()
    known[first:] = 0  # so that the model cannot look ahead
    symbols, seen = values.reshape(-1), known.reshape(-1)
    for group in model.passes(known, first, last):
        order, runs = tables.runs(group)
        wanted = symbols[group.where]
        writer.runs((wanted - group.offsets)[order], runs)
        seen[group.where] = wanted
    return writer.content()


def unpack_range(
    payload: bytes, model: SymbolModel, values: np.ndarray, first: int, last: int,
    needed: tuple[Span, Span] | None = None,
) -> bool:  # fmt: skip
    """Inverse of `pack_range`: fills channels first .. last - 1 of `values` in place, or FormatError. needed: rows and
    columns of cells, by default all; tiles that have none of them are left as they are. Returns whether there are no
    such tiles."""
    places, complete = tiles(*values.shape[1:]), True
    needed = needed or ((0, values.shape[1]), (0, values.shape[2]))
    for place, content in zip(places, tile_contents(payload, len(places)), strict=True):
        if all(part.start < stop and start < part.stop for part, (start, stop) in zip(place, needed, strict=True)):
            part = np.ascontiguousarray(values[(slice(None), *place)])
            unpack_tile(content, model, part, first, last)
            values[(slice(None), *place)] = part
        else:
            complete = False
    return complete


def tile_contents(payload: bytes, count: int) -> Iterator[bytes]:
    """The contents of `count` tiles, in their order, or FormatError."""
    at = 0
    for number in range(count - 1):
        left = len(payload) - at
        if left < 4 or left - 4 < (length := struct.unpack_from("<I", payload, at)[0]):
            raise FormatError(f"range packer: tile {number} ends beyond the chunk")
        yield payload[at + 4 : at + 4 + length]
        at += 4 + length
    yield payload[at:]


def unpack_tile(content: bytes, model: SymbolModel, values: np.ndarray, first: int, last: int) -> None:
    """Inverse of what `pack_range` does for one tile: fills channels first .. last - 1 of its values, which are
    contiguous, in place, or FormatError."""
    reader, tables, decoded = SymbolReader(content), _Tables(model), values.reshape(-1)
    for group in model.passes(values, first, last):
        order, runs = tables.runs(group)
        symbols = np.empty(len(order), np.int64)
        symbols[order] = reader.runs(runs)
        symbols += group.offsets
        if len(symbols) and np.abs(symbols).max() > LARGEST:
            raise FormatError("range packer: a value is beyond 32767")
        decoded[group.where] = symbols
    reader.finish()
