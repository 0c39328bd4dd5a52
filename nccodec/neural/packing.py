"""CollageCode <-> the bytes of a `.ncl`."""

import numpy as np

from ..bitstream import container
from ..bitstream.container import ATOMS, SCALES, Chunk, Header
from ..bitstream.extras import extra_chunks
from ..bitstream.frame import frame, unframe
from ..bitstream.packers import pack_fixed, pack_range, unpack_fixed, unpack_range
from ..bitstream.symbols import SymbolModel
from ..code import Extras, Span, grid_of
from ..errors import FormatError
from .code import CollageCode


def write_code(code: CollageCode, packer: str, model: SymbolModel | None, extras: Extras = Extras()) -> bytes:
    """The bytes of a `.ncl`. packer: "fixed", for which model may be None, or "range". LimitError for metadata
    beyond the format's limit."""
    atoms, domains = len(code.atoms), len(code.scales)
    values = np.concatenate([code.atoms, code.scales]) if domains else code.atoms  # it may be large
    chunks = []
    for kind, first, last in ((ATOMS, 0, atoms), (SCALES, atoms, atoms + domains)):
        if not values[first:last].any():
            continue
        fixed = packer == "fixed"
        payload = pack_fixed(values[first:last]) if fixed else pack_range(values, model, first, last)
        chunks.append(Chunk(kind, frame(payload)))
    header = Header(
        width=code.width, height=code.height, grey=code.grey, packer=packer,
        range_size=code.range_size, level=code.level, atoms=atoms, domains=domains,
        steps=code.steps, scale_sum=code.scale_sum, nonzero_scales=code.nonzero_scales,
        fingerprint=code.fingerprint, alpha=extras.alpha is not None,
    )  # fmt: skip
    return container.write(header, chunks + extra_chunks(extras))


def read_collage(
    header: Header, chunks: list[Chunk], model: SymbolModel | None, needed: tuple[Span, Span] | None
) -> tuple[CollageCode, bool]:
    """The map, and whether all of it was read."""
    rows, columns = grid_of(header.height, header.width, header.range_size)
    channels = header.atoms + header.domains
    parts = {ATOMS: (0, header.atoms), SCALES: (header.atoms, channels)}
    values, complete = np.zeros((channels, rows, columns), np.int16), True
    for chunk in chunks:
        first, last = parts[chunk.kind]
        payload = unframe(chunk.payload, 64 + channels + 8 * rows * columns * (last - first))
        if header.packer == "fixed":
            values[first:last] = unpack_fixed(payload, (last - first, rows, columns))
        else:
            complete = unpack_range(payload, model, values, first, last, needed)
        if complete and not values[first:last].any():
            raise FormatError(f"chunk {chunk.name} holds only zeros and must be absent")
        if chunk.kind == SCALES and min(rows, columns) < 2:
            raise FormatError("a self-reference in a picture that is less than two cells wide or high")
    code = CollageCode(
        header.height, header.width, header.grey, header.level, header.range_size,
        header.fingerprint, values[: header.atoms], values[header.atoms :],
    )  # fmt: skip
    return code, complete
