"""Transparency and metadata <-> chunks. bitstream_spec.md, section 2.4."""

import numpy as np

from ..code import Extras
from ..errors import FormatError, LimitError
from .container import ALPHA, EXIF, ICC, XMP, Chunk, Common
from .frame import frame, unframe

MAX_METADATA = 1 << 24  # bytes of each kind
_METADATA = {ICC: "icc", EXIF: "exif", XMP: "xmp"}


def extra_chunks(extras: Extras) -> list[Chunk]:
    """The chunks of what there is, in rising order. LimitError for metadata over MAX_METADATA."""
    chunks = []
    if extras.alpha is not None:
        chunks.append(Chunk(ALPHA, _pack_alpha(extras.alpha)))
    for kind, name in _METADATA.items():
        if content := getattr(extras, name):
            if len(content) > MAX_METADATA:
                raise LimitError(f"{len(content)} bytes of {name} metadata are over the limit of {MAX_METADATA}")
            chunks.append(Chunk(kind, frame(content)))
    return chunks


def read_extras(common: Common, chunks: list[Chunk]) -> Extras:
    """Inverse of `extra_chunks`. FormatError for any fault."""
    found = {}
    for chunk in chunks:
        if chunk.kind == ALPHA:
            found["alpha"] = _unpack_alpha(chunk.payload, common.height, common.width)
        elif chunk.kind in _METADATA:
            found[_METADATA[chunk.kind]] = content = unframe(chunk.payload, MAX_METADATA)
            if not content:
                raise FormatError(f"chunk of {_METADATA[chunk.kind]} metadata is empty and must be absent")
    return Extras(**found)


def _pack_alpha(alpha: np.ndarray) -> bytes:
    """The shorter of two frames: of differences to the row above, or of those to the differences on their left,
    which suit soft edges."""
    down = np.diff(alpha, axis=0, prepend=np.uint8(0))
    both = np.diff(down, axis=1, prepend=np.uint8(0))
    frames = [frame(bytes([kind]) + residuals.tobytes()) for kind, residuals in enumerate((down, both))]
    return min(frames, key=len)


def _unpack_alpha(payload: bytes, height: int, width: int) -> np.ndarray:
    content = unframe(payload, 1 + height * width)
    if len(content) != 1 + height * width or content[0] > 1:
        raise FormatError(f"chunk alpha: {len(content)} bytes of kind {content[:1].hex()} for {height * width} pixels")
    alpha = np.frombuffer(content, np.uint8, offset=1).reshape(height, width)
    for axis in range(content[0], -1, -1):
        alpha = np.cumsum(alpha, axis=axis, dtype=np.uint8)  # modulo 256
    if alpha.min() == 255:
        raise FormatError("chunk alpha is opaque and must be absent")
    return alpha
