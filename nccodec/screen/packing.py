"""ScreenCode <-> its part of a `.ncl`. bitstream_spec.md, section 5, is normative."""

import struct

import numpy as np

from ..bitstream import container
from ..bitstream.container import Chunk, Common, Header
from ..bitstream.frame import frame, unframe
from ..code import grid_of
from ..errors import FormatError, LimitError
from ..neural import packing as neural
from ..neural.header import Fields as NeuralFields
from ..neural.weights import Weights
from .code import Part, ScreenCode, collage_cells
from .colours import SIDE, TOP, memory
from .header import CELL, COLLAGE, COLLAGES, COPY, FLAT, PIXELS, Fields
from .mixing import end, read_all
from .sweep import sweep

MAX_PARTS = 1024
_COLLAGE_KIND = 0  # of the files of parts
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
    room = 1024 + 2 * height * width
    while True:
        data = np.zeros(room, np.uint8)
        know = memory(height, width, data, False)
        canvas = np.zeros((height + TOP, width + 2 * SIDE), np.int32)
        spent = np.zeros(code.modes.shape, np.int64)
        sweep(canvas, code.modes, code.offsets, code.pixels, *know, code.grey, 0.0, spent, False)
        needed = end(know.now, data)
        if needed <= room:
            return data[:needed].tobytes()
        room = needed  # of noise


def _file(part: Part, packer: str, model: Weights) -> bytes:
    """A part: where it is, and a whole file of a collage."""
    code = part.code
    fields, chunks = neural.pack(code, packer, model.prior_at(code.level))
    data = container.write(Header(_COLLAGE_KIND, code.common(packer, False), fields), chunks)
    return _PART.pack(part.row, part.column, len(data)) + data


def unpack(header: Header, chunks: list[Chunk], model: Weights | None) -> ScreenCode:
    """Inverse of `pack`, what the header states verified. NclError for any fault."""
    common, fields = header.common, header.fields
    if common.packer != "range":
        raise FormatError(f"a screen map with packer {common.packer!r}")
    height, width = common.height, common.width
    contents = {chunk.kind: unframe(chunk.payload, (1 << 20) + 16 * height * width) for chunk in chunks}
    if PIXELS not in contents or (COLLAGES in contents) != (fields.collage > 0):
        raise FormatError("the header and the chunks disagree on what there is")
    parts = _parts(contents.get(COLLAGES, b""), header, model)
    modes = collage_cells(common.grid, parts)
    data = np.frombuffer(contents[PIXELS], np.uint8).copy()  # as compiled functions take arrays that can be written
    know = memory(height, width, data, True)
    canvas = np.zeros((height + TOP, width + 2 * SIDE), np.int32)
    offsets = np.zeros((*modes.shape, 2), np.int64)
    outside = sweep(canvas, modes, offsets, _NOTHING, *know, common.grey, 0.0, np.zeros(modes.shape, np.int64), True)
    if outside:
        raise FormatError("a cell is a copy of what is not in the picture before it")
    if not read_all(know.now, data):
        raise FormatError(f"chunk pixels has {len(data)} bytes, of which not all or more were needed")
    pixels = np.ascontiguousarray(canvas[TOP:, SIDE : SIDE + width])
    code = ScreenCode(common.grey, fields.level, fields.lossless, pixels, modes, offsets, parts)
    stated = (fields.flat, fields.copied, fields.collage)
    held = tuple(code.count(mode) for mode in (FLAT, COPY, COLLAGE))
    if stated != held:
        raise FormatError(f"header states flat, copied, collage cells {stated}, not {held}")
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
        part = Part(row, column, _collage(content[at : at + length], header, model))
        at += length
        _check_place(part, common)
        if parts and (row, column) <= (parts[-1].row, parts[-1].column):
            raise FormatError("the collages are not in raster order")
        if taken[part.place].any():
            raise FormatError("two collages overlap")
        taken[part.place] = True
        parts.append(part)
    return tuple(parts)


def _collage(data: bytes, header: Header, model: Weights) -> "neural.CollageCode":
    """The code in the file of a part."""
    inner, chunks = container.read(data, _fields_of)
    if inner.common.grey != header.common.grey or inner.common.packer != header.common.packer:
        raise FormatError("a collage in a screen map differs from it in colour or packer")
    if inner.fields.fingerprint != header.fields.fingerprint:
        raise FormatError("a collage in a screen map has other weights than its header names")
    if any(chunk.kind not in NeuralFields.CHUNKS for chunk in chunks):
        raise FormatError("a collage in a screen map has chunks of its own beside the map")
    return neural.unpack(inner, chunks, model.symbol_model(inner))


def _fields_of(number: int) -> type[NeuralFields]:
    if number != _COLLAGE_KIND:
        raise FormatError(f"kind of map {number} in a screen map, which can have collages alone")
    return NeuralFields


def _check_place(part: Part, common: Common) -> None:
    """FormatError unless a part's pixels are those of whole cells, as far as these are in the picture."""
    rows, columns = grid_of(part.code.height, part.code.width, CELL)
    bottom = min((part.row + rows) * CELL, common.height)
    end = min((part.column + columns) * CELL, common.width)
    if (part.row * CELL + part.code.height, part.column * CELL + part.code.width) != (bottom, end):
        raise FormatError(
            f"a collage of {part.code.width} x {part.code.height} at cell {part.column}, {part.row} is not in the grid"
        )
