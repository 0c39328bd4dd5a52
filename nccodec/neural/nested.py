"""A collage inside a file of another kind of map: a whole file of its own, without anything beside the map."""

from ..bitstream import container
from ..bitstream.container import Chunk, Header
from ..bitstream.frame import unframed
from ..errors import FormatError
from .code import CollageCode
from .header import Fields
from .packing import pack
from .weights import Weights

_KIND = 0  # of a collage, in the header


def write(code: CollageCode, packer: str, weights: Weights) -> bytes:
    """The file of a collage."""
    fields, chunks = pack(code, packer, weights.prior_at(code.level))
    return container.write(Header(_KIND, code.common(packer, False), fields), chunks)


def read(data: bytes, outer: Header, fingerprint: bytes) -> tuple[Header, list[Chunk]]:
    """What the file of a collage says of itself, and its chunks, for `packing.unpack`: nothing is made yet of the size
    that it states. outer: header of the file that it is in. fingerprint: of the weights that it is to have.
    FormatError where it does not fit; NclError for any other fault."""
    inner, chunks = container.read(data, _fields_of)
    if inner.common.grey != outer.common.grey or inner.common.packer != outer.common.packer:
        raise FormatError("a collage inside another map differs from it in colour or packer")
    if inner.fields.fingerprint != fingerprint:
        raise FormatError("a collage inside another map has other weights than the header names")
    if any(chunk.kind not in Fields.CHUNKS for chunk in chunks):
        raise FormatError("a collage inside another map has chunks of its own beside the map")
    return inner, chunks


def contents(data: bytes) -> bytes:
    """Header and contents of a sound file, without zstd's frames, which may differ by compressor."""
    inner, chunks = container.read(data, _fields_of)
    return inner.pack() + b"".join(unframed(chunk.payload) for chunk in chunks)


def _fields_of(number: int) -> type[Fields]:
    if number != _KIND:
        raise FormatError(f"kind of map {number} inside another map, which can have collages alone")
    return Fields
