"""ScreenCode <-> its part of a `.ncl`. bitstream_spec.md, section 5, is normative."""

import struct

import numpy as np

from ..bitstream.container import Chunk, Common, Header
from ..bitstream.frame import frame, unframe, unframed
from ..code import grid_of
from ..errors import FormatError, LimitError
from ..neural import nested
from ..neural import packing as neural
from ..neural.weights import Weights
from .code import Part, ScreenCode, cells_of, collage_cells
from .colours import SIDE, TOP, memory
from .header import CELL, COLLAGE, COLLAGES, COPY, FLAT, PIXELS, Fields
from .mixing import end, read_all
from .sweep import OUTSIDE, sweep

MAX_PARTS = 1024
_PART = struct.Struct("<III")  # row and column of the first cell, bytes of the file
_NOTHING = np.zeros((0, 0), np.int32)
_NO_WEIGHTS = bytes(8)


def pack(code: ScreenCode, packer: str, model: Weights | None) -> tuple[Fields, list[Chunk]]:
    """What the header says of the map, and its chunks. packer: "range"; LimitError for another. model: the weights of
    the collages, if there are any."""
    if packer != "range":
        raise LimitError(f"a screen map has no packer {packer!r}, only 'range'")
    chunks = [Chunk(PIXELS, frame(encoded(code)))]
    if code.parts:
        chunks.append(Chunk(COLLAGES, frame(b"".join(_file(part, packer, model) for part in code.parts))))
    fingerprint = code.parts[0].code.fingerprint if code.parts else _NO_WEIGHTS
    counts = (code.count(mode) for mode in (FLAT, COPY, COLLAGE))
    return Fields(code.level, code.lossless, *counts, fingerprint), chunks


def encoded(code: ScreenCode) -> bytes:
    """Modes, offsets and pixels as bytes: see `sweep`."""
    height, width = code.pixels.shape
    room = 1024 + 5 * height * width  # more than noise takes
    while True:
        data = np.zeros(room, np.uint8)
        know = memory(height, width, data, False)
        canvas = np.zeros((height + TOP, width + 2 * SIDE), np.int32)
        spent = np.zeros(code.modes.shape, np.int64)
        sweep(canvas, code.modes, code.offsets, code.pixels, *know, code.grey, 0.0, spent, False)
        needed = end(know.now, data)
        if needed <= room:
            return data[:needed].tobytes()
        room = needed


def contents(chunk: Chunk) -> bytes:
    """What a chunk holds, without the frames of zstd, which depend on the compressor: not those of the files of parts
    either."""
    content = unframed(chunk.payload)
    if chunk.kind != COLLAGES:
        return content
    plain, at = b"", 0
    while at < len(content):
        *_, length = _PART.unpack_from(content, at)
        inside = content[at + _PART.size : at + _PART.size + length]
        plain += content[at : at + _PART.size - 4] + nested.contents(inside)
        at += _PART.size + length
    return plain


def _file(part: Part, packer: str, model: Weights) -> bytes:
    """A part: where it is, and a whole file of a collage."""
    data = nested.write(part.code, packer, model)
    return _PART.pack(part.row, part.column, len(data)) + data


def unpack(header: Header, chunks: list[Chunk], model: Weights | None) -> ScreenCode:
    """Inverse of `pack`, what the header states verified. NclError for any fault."""
    common, fields = header.common, header.fields
    if common.packer != "range":
        raise FormatError(f"a screen map with packer {common.packer!r}")
    height, width = common.height, common.width
    held = {chunk.kind: unframe(chunk.payload, (1 << 20) + 16 * height * width) for chunk in chunks}
    if PIXELS not in held or (COLLAGES in held) != (fields.collage > 0):
        raise FormatError("the header and the chunks disagree on what there is")
    parts = _parts(held.get(COLLAGES, b""), header, model)
    modes = collage_cells(common.grid, parts)
    data = np.frombuffer(held[PIXELS], np.uint8).copy()  # as compiled functions take arrays that can be written
    know = memory(height, width, data, True)
    canvas = np.zeros((height + TOP, width + 2 * SIDE), np.int32)
    offsets = np.zeros((*modes.shape, 2), np.int64)
    fault = sweep(canvas, modes, offsets, _NOTHING, *know, common.grey, 0.0, np.zeros(modes.shape, np.int64), True)
    if fault == OUTSIDE:
        raise FormatError("a cell is a copy of what is not in the picture before it")
    if fault or not read_all(know.now, data):
        raise FormatError(f"chunk pixels has {len(data)} bytes, of which not all or more were needed")
    pixels = np.ascontiguousarray(canvas[TOP:, SIDE : SIDE + width])
    code = ScreenCode(common.grey, fields.level, fields.lossless, pixels, modes, offsets, parts)
    stated = (fields.flat, fields.copied, fields.collage)
    found = tuple(code.count(mode) for mode in (FLAT, COPY, COLLAGE))
    if stated != found:
        raise FormatError(f"header states flat, copied, collage cells {stated}, not {found}")
    return code


def _parts(content: bytes, header: Header, model: Weights | None) -> tuple[Part, ...]:
    """The collages in a file, which do not overlap. NclError for any fault."""
    common, parts, at = header.common, [], 0
    taken = np.zeros(common.grid, bool)
    while at < len(content):
        if len(parts) == MAX_PARTS:
            raise LimitError(f"more than {MAX_PARTS} collages in a screen map")
        if at + _PART.size > len(content):
            raise FormatError("chunk collages ends inside the head of one")
        row, column, length = _PART.unpack_from(content, at)
        at += _PART.size
        if at + length > len(content):
            raise FormatError("chunk collages ends inside one")
        inner, chunks = nested.read(content[at : at + length], header, header.fields.fingerprint)
        at += length
        # All of this before anything is made of the size that the inner file states.
        _check_place(row, column, inner.common, common)
        if parts and (row, column) <= (parts[-1].row, parts[-1].column):
            raise FormatError("the collages are not in raster order")
        place = cells_of(row, column, inner.common.height, inner.common.width)
        if taken[place].any():
            raise FormatError("two collages overlap")
        taken[place] = True
        parts.append(Part(row, column, neural.unpack(inner, chunks, model.symbol_model(inner))))
    return tuple(parts)


def _check_place(row: int, column: int, inner: Common, common: Common) -> None:
    """FormatError unless a part's pixels are those of whole cells, as far as these are in the picture."""
    rows, columns = grid_of(inner.height, inner.width, CELL)
    bottom, end = min((row + rows) * CELL, common.height), min((column + columns) * CELL, common.width)
    if (row * CELL + inner.height, column * CELL + inner.width) != (bottom, end):
        raise FormatError(f"a collage of {inner.width} x {inner.height} at cell {column}, {row} is not in the grid")
