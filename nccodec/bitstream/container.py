"""The `.ncl` container: header, chunks, checksum. bitstream_spec.md is normative.

It knows no kind of map: the header names one by number, and whoever reads a file says what the fields and chunks of
that kind are. Only the standard library is imported, so that `nc info` answers at once.
"""

import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from ..code import MAX_PIXELS
from ..errors import ChecksumError, FormatError, LimitError, TruncatedError

MAGIC = b"\x8eNCL\r\n\x1a\n"
VERSION = 1
PACKERS = ("fixed", "range")
KINDS = range(16)  # numbers that a kind of map may have
ALPHA = 0x20  # chunk types below are the map's
ICC, EXIF, XMP = 0x80, 0x81, 0x82
MAX_CHUNKS = 64
_COMMON = {ALPHA: "alpha", ICC: "ICC profile", EXIF: "EXIF", XMP: "XMP"}
_ANCILLARY = 0x80  # chunks that can be skipped have types from here on
_GREY, _LOW_KIND, _ALPHA, _HIGH_KIND = 1, 1 << 1, 1 << 2, 7 << 3  # of the flags; the others are reserved

_HEADER = struct.Struct("<8sBBBBII")
_CHUNK = struct.Struct("<BI")
_CHECKSUM = struct.Struct("<I")


@dataclass(frozen=True)
class Common:
    """What the header says of every map.

    width, height: pixels. grey: one channel. alpha: with a chunk of transparency. packer: of PACKERS. side: of the
    squares that the map is made of, a power of two from 4 to 64; no decode is at a scale below 1 / side.
    """

    width: int
    height: int
    grey: bool
    alpha: bool
    packer: str
    side: int

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of squares that cover the picture."""
        return -(-self.height // self.side), -(-self.width // self.side)


class Fields(Protocol):
    """A kind's own part of the header, and what else the container has to know of the kind.

    SIZE: bytes of that part. CHUNKS: names of the map's chunks by type, all below ALPHA.
    """

    SIZE: ClassVar[int]
    CHUNKS: ClassVar[Mapping[int, str]]

    def pack(self) -> bytes:
        """SIZE bytes."""
        ...

    @classmethod
    def unpack(cls, data: bytes, common: Common) -> "Fields":
        """Inverse of `pack`. FormatError or LimitError for what the format does not allow."""
        ...

    def about(self, common: Common) -> dict:
        """What `nccodec.info` tells: plain values by name."""
        ...

    def lines(self, common: Common) -> dict[str, str]:
        """What `nc info` tells a person: a line by its title."""
        ...


@dataclass(frozen=True)
class Header:
    """What a `.ncl` says of itself before any chunk. kind: number of the kind of map. fields: its own."""

    kind: int
    common: Common
    fields: Fields

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return _HEADER.size + self.fields.SIZE

    @property
    def names(self) -> dict[int, str]:
        """Names of the chunks that are known, by type."""
        return {**self.fields.CHUNKS, **_COMMON}

    def pack(self) -> bytes:
        c = self.common
        kind = (self.kind & 1) * _LOW_KIND | self.kind >> 1 << 3
        flags = _GREY * c.grey | kind | _ALPHA * c.alpha
        packer, log_side = PACKERS.index(c.packer), c.side.bit_length() - 1
        return _HEADER.pack(MAGIC, VERSION, flags, packer, log_side, c.width, c.height) + self.fields.pack()

    @classmethod
    def unpack(cls, data: bytes, fields_of: Callable[[int], type[Fields]]) -> "Header":
        """Read and check the header. FormatError, TruncatedError or LimitError name the fault.

        fields_of: the fields of a kind, by its number; FormatError where there is none.
        """
        if data[: len(MAGIC)] != MAGIC[: len(data)]:
            if data[:4] == MAGIC[:4]:
                raise FormatError("line endings were converted in transport (magic bytes 4-7)")
            raise FormatError("not a .ncl file (wrong magic)")
        if data[8:9] not in (b"", bytes([VERSION])):
            raise FormatError(f"format version {data[8]} is unknown to this program, which reads version {VERSION}")
        if len(data) < _HEADER.size:
            raise TruncatedError(f"the file ends after {len(data)} bytes, inside the header")
        _, _, flags, packer, log_side, width, height = _HEADER.unpack_from(data)
        if flags & ~(_GREY | _LOW_KIND | _ALPHA | _HIGH_KIND):
            raise FormatError(f"reserved flag bits are set (0x{flags:02x})")
        kind = (flags & _LOW_KIND > 0) | (flags & _HIGH_KIND) >> 3 << 1
        fields = fields_of(kind)
        if len(data) < _HEADER.size + fields.SIZE:
            raise TruncatedError(f"the file ends after {len(data)} bytes, inside the header")
        if packer >= len(PACKERS):
            raise FormatError(f"packer {packer} is unknown")
        if not 2 <= log_side <= 6:
            raise FormatError(f"range size 2^{log_side} is outside 4 .. 64")
        if width == 0 or height == 0:
            raise FormatError(f"size {width} x {height} is empty")
        if width * height > MAX_PIXELS:
            raise LimitError(f"{width} x {height} pixels are over the limit of {MAX_PIXELS}")
        common = Common(
            width, height, flags & _GREY > 0, flags & _ALPHA > 0, PACKERS[packer], 1 << log_side
        )  # fmt: skip
        return cls(kind, common, fields.unpack(data[_HEADER.size : _HEADER.size + fields.SIZE], common))


@dataclass(frozen=True)
class Chunk:
    """A typed piece of the body. payload: a zstd frame, as far as the type is known."""

    kind: int
    payload: bytes


def write(header: Header, chunks: list[Chunk]) -> bytes:
    """Header, chunks and checksum as the bytes of a file."""
    body = b"".join(_CHUNK.pack(c.kind, len(c.payload)) + c.payload for c in chunks)
    data = header.pack() + body
    return data + _CHECKSUM.pack(zlib.crc32(data))


def read(data: bytes, fields_of: Callable[[int], type[Fields]]) -> tuple[Header, list[Chunk]]:
    """Inverse of `write`, for any bytes: every fault raises an NclError that names it. fields_of: see `Header.unpack`.

    The checksum is verified, known chunks come in rising order and at most once, unknown ancillary
    ones are returned too.
    """
    header = Header.unpack(data, fields_of)
    end = len(data) - _CHECKSUM.size
    if end < header.size:
        raise TruncatedError(f"the file ends after {len(data)} bytes, inside the checksum")
    chunks, at, last = [], header.size, 0
    while at < end:
        if at + _CHUNK.size > end:
            raise TruncatedError("the file ends inside the head of a chunk")
        kind, length = _CHUNK.unpack_from(data, at)
        at += _CHUNK.size
        if at + length > end:
            beyond = at + length - end
            raise TruncatedError(f"cut off: chunk 0x{kind:02x} at byte {at} reaches {beyond} bytes past the end")
        chunks.append(Chunk(kind, data[at : at + length]))
        at += length
        if len(chunks) > MAX_CHUNKS:
            raise LimitError(f"more than {MAX_CHUNKS} chunks")
    if zlib.crc32(data[:end]) != _CHECKSUM.unpack_from(data, end)[0]:
        raise ChecksumError("checksum mismatch: the file is damaged")
    names = header.names
    for chunk in chunks:
        if chunk.kind not in names:
            if chunk.kind >= _ANCILLARY:
                continue
            raise FormatError(f"critical chunk 0x{chunk.kind:02x} is unknown, or belongs to another kind of map")
        if chunk.kind <= last:
            raise FormatError(f"chunk {names[chunk.kind]} is repeated or out of order")
        last = chunk.kind
    if any(chunk.kind == ALPHA for chunk in chunks) != header.common.alpha:
        raise FormatError("the header and the chunks disagree on transparency")
    return header, chunks
