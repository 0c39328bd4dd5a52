"""PointsCode <-> its part of a `.ncl`. bitstream_spec.md, section 8, is normative."""

import numpy as np

from ..bitstream.container import Chunk, Header
from ..bitstream.frame import frame, unframe, unframed
from ..errors import FormatError, LimitError
from .code import SHARES, VIEW, PointsCode, Tone
from .header import MAPS, Fields

_PLANE = np.eye(2, dtype=np.int64) * VIEW


def pack(code: PointsCode, packer: str, model: None) -> tuple[Fields, list[Chunk]]:
    """What the header says of the map, and its chunk. packer: "fixed"; LimitError for another."""
    if packer != "fixed":
        raise LimitError(f"a set of points has no packer {packer!r}, only 'fixed'")
    maps = np.zeros(len(code.weights), _row(code.dimensions, code.grey))
    maps["matrix"], maps["offset"], maps["weight"] = code.matrices, code.offsets, code.weights
    maps["colour"] = code.colours
    content = maps.tobytes() + code.place.astype("<f4").tobytes()
    if code.dimensions == 3:
        content += code.view.astype("<i2").tobytes()
    tone = code.tone
    fields = Fields(
        len(maps), code.dimensions, tone.paper, tone.density, tone.gamma, tone.growth, code.factor, tone.white
    )
    return fields, [Chunk(MAPS, frame(content))]


def unpack(header: Header, chunks: list[Chunk], model: None, request: object = None) -> PointsCode:
    """Inverse of `pack`, what the header states verified. All is read, whatever the request. NclError for any fault."""
    common, fields = header.common, header.fields
    if common.packer != "fixed":
        raise FormatError(f"a set of points with packer {common.packer!r}")
    row, d = _row(fields.dimensions, common.grey), fields.dimensions
    sizes = (fields.maps * row.itemsize, 4 * (d + 1), 12 if d == 3 else 0)
    if not chunks:
        raise FormatError("a set of points without its maps")
    content = unframe(chunks[0].payload, sum(sizes))
    if len(content) != sum(sizes):
        raise FormatError(f"{fields.maps} maps take {sum(sizes)} bytes, not {len(content)}")
    maps = np.frombuffer(content, row, fields.maps)
    place = np.frombuffer(content, "<f4", d + 1, sizes[0]).astype(np.float32)
    view = _PLANE
    if d == 3:
        view = np.frombuffer(content, "<i2", 6, sum(sizes[:2])).astype(np.int64).reshape(2, 3)
    matrices, offsets, weights = (maps[name].astype(np.int64) for name in ("matrix", "offset", "weight"))
    if weights.min() == 0 or weights.sum() != SHARES:
        raise FormatError(f"the weights of the maps are not from 1 on with the sum {SHARES}")
    if not np.isfinite(place).all() or place[-1] <= 0:
        raise FormatError("the place of a set of points is not finite, or its unit not positive")
    tone = Tone(fields.paper, fields.density, fields.gamma, fields.growth, fields.white)
    code = PointsCode(
        common.height, common.width, common.grey, tone, matrices, offsets, weights, maps["colour"].copy(), view, place
    )
    if code.factor != fields.factor:
        raise FormatError(f"header states a factor of {fields.factor}, not {code.factor}")
    return code


def contents(chunk: Chunk) -> bytes:
    """What a chunk holds, without zstd's frame."""
    return unframed(chunk.payload)


def _row(d: int, grey: bool) -> np.dtype:
    """What is held of a map."""
    colours = 0 if grey else 3
    return np.dtype([("matrix", "<i2", (d, d)), ("offset", "<i2", d), ("weight", "<u2"), ("colour", "u1", colours)])
