"""CollageCode <-> its part of a `.ncl`."""

import numpy as np

from ..bitstream.container import Chunk, Header
from ..bitstream.frame import frame, unframe
from ..bitstream.packers import pack_fixed, pack_range, unpack_fixed, unpack_range
from ..bitstream.symbols import SymbolModel
from ..code import Span
from ..errors import FormatError
from .code import CollageCode
from .header import ATOMS, SCALES, Fields


def pack(code: CollageCode, packer: str, model: SymbolModel | None) -> tuple[Fields, list[Chunk]]:
    """What the header says of the map, and its chunks. packer: "fixed", for which model may be None, or "range"."""
    atoms, domains = len(code.atoms), len(code.scales)
    values = np.concatenate([code.atoms, code.scales]) if domains else code.atoms  # it may be large
    chunks = []
    for kind, first, last in ((ATOMS, 0, atoms), (SCALES, atoms, atoms + domains)):
        if not values[first:last].any():
            continue
        fixed = packer == "fixed"
        payload = pack_fixed(values[first:last]) if fixed else pack_range(values, model, first, last)
        chunks.append(Chunk(kind, frame(payload)))
    fields = Fields(
        code.level, atoms, domains, code.steps, code.scale_sum, code.nonzero_scales, code.fingerprint
    )  # fmt: skip
    return fields, chunks


def unpack(
    header: Header, chunks: list[Chunk], model: SymbolModel | None, needed: tuple[Span, Span] | None = None
) -> CollageCode:
    """Inverse of `pack`, what the header states verified. FormatError for any fault.

    needed: rows and columns of the cells that are needed: tiles without any are left at zero, and if there are such,
    what the header says of all cells cannot be verified.
    """
    common, fields = header.common, header.fields
    rows, columns = common.grid
    channels = fields.atoms + fields.domains
    parts = {ATOMS: (0, fields.atoms), SCALES: (fields.atoms, channels)}
    values, complete = np.zeros((channels, rows, columns), np.int16), True
    for chunk in chunks:
        first, last = parts[chunk.kind]
        payload = unframe(chunk.payload, 64 + channels + 8 * rows * columns * (last - first))
        if common.packer == "fixed":
            values[first:last] = unpack_fixed(payload, (last - first, rows, columns))
        else:
            complete = unpack_range(payload, model, values, first, last, needed)
        if complete and not values[first:last].any():
            raise FormatError(f"chunk {fields.CHUNKS[chunk.kind]} holds only zeros and must be absent")
        if chunk.kind == SCALES and min(rows, columns) < 2:
            raise FormatError("a self-reference in a picture that is less than two cells wide or high")
    code = CollageCode(
        common.height, common.width, common.grey, fields.level, common.side,
        fields.fingerprint, values[: fields.atoms], values[fields.atoms :],
    )  # fmt: skip
    stated = (fields.steps, fields.scale_sum, fields.nonzero_scales)
    held = (code.steps, code.scale_sum, code.nonzero_scales)
    there = any(chunk.kind == SCALES for chunk in chunks)
    if not (stated == held if complete else there == (fields.nonzero_scales > 0) and held[2] <= stated[2]):
        raise FormatError(f"header states iterations, scale sum, non-zero scales {stated}, the chunks hold {held}")
    return code
