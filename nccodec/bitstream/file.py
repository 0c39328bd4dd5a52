"""CollageCode <-> bytes."""

from collections.abc import Callable

import numpy as np

from ..code import CollageCode, grid_of
from ..errors import FormatError
from . import container
from .container import ATOMS, SCALES, Chunk, Header
from .packers import frame, pack_fixed, pack_range, unframe, unpack_fixed, unpack_range
from .symbols import SymbolModel


def steps_of(code: CollageCode) -> int:
    """Iterations to the fixed point at scale 1: log2(B) + 1, or 0 without self-reference."""
    return code.range_size.bit_length() if code.nonzero_scales else 0


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


def read_code(data: bytes, model_of: Callable[[Header], SymbolModel | None]) -> CollageCode:
    """The CollageCode of a `.ncl`, every field of the header verified. NclError for any fault.

    model_of: gives the prior for a header, and raises where the header does not fit the weights.
    """
    header, chunks = container.read(data)
    model = model_of(header)
    rows, columns = grid_of(header.height, header.width, header.range_size)
    channels = header.atoms + header.domains
    parts = {ATOMS: (0, header.atoms), SCALES: (header.atoms, channels)}
    values = np.zeros((channels, rows, columns), np.int32)
    for chunk in chunks:
        if chunk.kind not in parts:
            continue
        first, last = parts[chunk.kind]
        payload = unframe(chunk.payload, 64 + channels + 8 * rows * columns * (last - first))
        if header.packer == "fixed":
            values[first:last] = unpack_fixed(payload, (last - first, rows, columns))
        else:
            unpack_range(payload, model, values, first, last)
        if not values[first:last].any():
            raise FormatError(f"chunk {chunk.name} holds only zeros and must be absent")
    code = CollageCode(
        header.height, header.width, header.grey, header.level, header.range_size,
        header.fingerprint, values[: header.atoms], values[header.atoms :],
    )  # fmt: skip
    stated = (header.steps, header.scale_sum, header.nonzero_scales)
    found = (steps_of(code), code.scale_sum, code.nonzero_scales)
    if stated != found:
        raise FormatError(f"header states iterations, scale sum, non-zero scales {stated}, the chunks hold {found}")
    return code
