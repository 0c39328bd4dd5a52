"""CollageCode and PartitionCode <-> bytes."""

from collections.abc import Callable

import numpy as np

from ..code import CollageCode, grid_of
from ..errors import FormatError
from ..partition import PartitionCode
from . import container
from .container import ATOMS, SCALES, Chunk, Header, Ranges
from .packers import frame, pack_fixed, pack_range, unframe, unpack_fixed, unpack_range
from .partition_packer import pack_partition, unpack_partition
from .symbols import SymbolModel


def steps_of(code: CollageCode | PartitionCode) -> int:
    """Iterations to the fixed point at scale 1: log2(B) + 1, or 0 without self-reference."""
    side = code.layout.root if isinstance(code, PartitionCode) else code.range_size
    return side.bit_length() if code.nonzero_scales else 0


def write_code(code: CollageCode, packer: str, model: SymbolModel | None) -> bytes:
    """The bytes of a `.ncl`. packer: "fixed", for which model may be None, or "range"."""
    atoms, domains = len(code.atoms), len(code.scales)
    values = np.concatenate([code.atoms, code.scales])
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
        fingerprint=code.fingerprint,
    )  # fmt: skip
    return container.write(header, chunks)


def write_partition(code: PartitionCode) -> bytes:
    """The bytes of a `.ncl` of a partitioned map."""
    layout = code.layout
    chunks = [Chunk(kind, frame(content)) for kind, content in pack_partition(code).items()]
    header = Header(
        width=layout.width, height=layout.height, grey=layout.grey, packer="range",
        range_size=layout.root, level=layout.step, atoms=0, domains=1, steps=steps_of(code),
        scale_sum=code.scale_sum, nonzero_scales=code.nonzero_scales, fingerprint=b"",
        partition=Ranges(layout.largest, layout.smallest, layout.domain_step, layout.isometries),
    )  # fmt: skip
    return container.write(header, chunks)


def read_code(data: bytes, model_of: Callable[[Header], SymbolModel | None]) -> CollageCode | PartitionCode:
    """What a `.ncl` holds, every field of the header verified. NclError for any fault.

    model_of: gives the prior for the header of a collage, and raises where it does not fit the weights.
    """
    header, chunks = container.read(data)
    known = [chunk for chunk in chunks if chunk.kind in container.CHUNK_NAMES]
    code = _partition(header, known) if header.partition else _collage(header, known, model_of(header))
    stated = (header.steps, header.scale_sum, header.nonzero_scales)
    found = (steps_of(code), code.scale_sum, code.nonzero_scales)
    if stated != found:
        raise FormatError(f"header states iterations, scale sum, non-zero scales {stated}, the chunks hold {found}")
    return code


def _partition(header: Header, chunks: list[Chunk]) -> PartitionCode:
    limit = 1024 + 4 * header.cells * header.range_size**2
    return unpack_partition(header, {chunk.kind: unframe(chunk.payload, limit) for chunk in chunks})


def _collage(header: Header, chunks: list[Chunk], model: SymbolModel | None) -> CollageCode:
    rows, columns = grid_of(header.height, header.width, header.range_size)
    channels = header.atoms + header.domains
    parts = {ATOMS: (0, header.atoms), SCALES: (header.atoms, channels)}
    values = np.zeros((channels, rows, columns), np.int32)
    for chunk in chunks:
        first, last = parts[chunk.kind]
        payload = unframe(chunk.payload, 64 + channels + 8 * rows * columns * (last - first))
        if header.packer == "fixed":
            values[first:last] = unpack_fixed(payload, (last - first, rows, columns))
        else:
            unpack_range(payload, model, values, first, last)
        if not values[first:last].any():
            raise FormatError(f"chunk {chunk.name} holds only zeros and must be absent")
    return CollageCode(
        header.height, header.width, header.grey, header.level, header.range_size,
        header.fingerprint, values[: header.atoms], values[header.atoms :],
    )  # fmt: skip
