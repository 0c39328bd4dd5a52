"""CollageCode and PartitionCode <-> bytes."""

from collections.abc import Callable

import numpy as np

from ..code import CollageCode, Extras, Span, grid_of
from ..errors import FormatError
from ..partition import PartitionCode
from . import container
from .container import ALPHA, ATOMS, SCALES, Chunk, Header, Ranges
from .extras import extra_chunks, read_extras
from .packers import frame, pack_fixed, pack_range, unframe, unpack_fixed, unpack_range
from .partition_packer import pack_partition, unpack_partition
from .symbols import SymbolModel


def steps_of(code: CollageCode | PartitionCode) -> int:
    """Iterations to the fixed point at scale 1: log2(B) + 1, or 0 without self-reference."""
    side = code.layout.root if isinstance(code, PartitionCode) else code.range_size
    return side.bit_length() if code.nonzero_scales else 0


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
        steps=steps_of(code), scale_sum=code.scale_sum, nonzero_scales=code.nonzero_scales,
        fingerprint=code.fingerprint, alpha=extras.alpha is not None,
    )  # fmt: skip
    return container.write(header, chunks + extra_chunks(extras))


def write_partition(code: PartitionCode, packer: str = "range", extras: Extras = Extras()) -> bytes:
    """The bytes of a `.ncl` of a partitioned map. packer: "fixed" or "range". LimitError for metadata beyond the
    format's limit."""
    layout = code.layout
    chunks = [Chunk(kind, frame(content)) for kind, content in pack_partition(code, packer).items()]
    header = Header(
        width=layout.width, height=layout.height, grey=layout.grey, packer=packer,
        range_size=layout.root, level=layout.step, atoms=0, domains=1, steps=steps_of(code),
        scale_sum=code.scale_sum, nonzero_scales=code.nonzero_scales, fingerprint=b"",
        partition=Ranges(layout.largest, layout.smallest, layout.domain_step, layout.isometries),
        alpha=extras.alpha is not None,
    )  # fmt: skip
    return container.write(header, chunks + extra_chunks(extras))


def read_code(data: bytes, model_of: Callable[[Header], SymbolModel | None]) -> CollageCode | PartitionCode:
    """The map of a `.ncl`: see `read_file`."""
    return read_file(data, model_of)[0]


def read_file(
    data: bytes,
    model_of: Callable[[Header], SymbolModel | None],
    cells_of: Callable[[Header], tuple[Span, Span]] | None = None,
) -> tuple[CollageCode | PartitionCode, Extras]:
    """What a `.ncl` holds, every field of the header verified. NclError for any fault.

    model_of: gives the prior for the header of a collage, and raises where it does not fit the weights. cells_of:
    rows and columns of the cells of a collage that are needed: tiles without any are left at zero, and if there are
    such, what the header says of all cells cannot be verified.
    """
    header, chunks = container.read(data)
    parts = [chunk for chunk in chunks if chunk.kind < ALPHA]
    code: CollageCode | PartitionCode
    if header.partition:
        code, complete = _partition(header, parts), True
    else:
        model = model_of(header)
        code, complete = _collage(header, parts, model, cells_of and cells_of(header))
    stated = (header.steps, header.scale_sum, header.nonzero_scales)
    found = (steps_of(code), code.scale_sum, code.nonzero_scales)
    there = not header.partition and any(chunk.kind == SCALES for chunk in parts)
    fits = stated == found if complete else there == (header.nonzero_scales > 0) and found[2] <= stated[2]
    if not fits:
        raise FormatError(f"header states iterations, scale sum, non-zero scales {stated}, the chunks hold {found}")
    return code, read_extras(header, chunks)


def _partition(header: Header, chunks: list[Chunk]) -> PartitionCode:
    limit = 1024 + 4 * header.cells * header.range_size**2
    return unpack_partition(header, {chunk.kind: unframe(chunk.payload, limit) for chunk in chunks})


def _collage(
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
