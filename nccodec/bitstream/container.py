"""The `.ncl` container: header, chunks, checksum. bitstream_spec.md is normative.

Only the standard library is imported, so that `nc info` answers at once.
"""

import struct
import zlib
from dataclasses import asdict, dataclass

from ..code import MAX_PIXELS
from ..errors import ChecksumError, FormatError, LimitError, TruncatedError

MAGIC = b"\x8eNCL\r\n\x1a\n"
VERSION = 1
PACKERS = ("fixed", "range")
ATOMS, SCALES = 0x01, 0x02  # chunk types
PARTITION, MEANS, RANGE_SCALES, ISOMETRIES, ADDRESSES = range(0x10, 0x15)
ALPHA = 0x20
ICC, EXIF, XMP = 0x80, 0x81, 0x82
CHUNK_NAMES = {
    ATOMS: "atoms", SCALES: "scales", PARTITION: "partition", MEANS: "means",
    RANGE_SCALES: "range scales", ISOMETRIES: "isometries", ADDRESSES: "addresses",
    ALPHA: "alpha", ICC: "ICC profile", EXIF: "EXIF", XMP: "XMP",
}  # fmt: skip
MAX_CANVAS = 1 << 24  # pixels of a partitioned map in whole roots, each of which takes some 120 bytes to decode
MAX_ATOMS = 3072
MAX_DOMAINS = 4
MAX_CHUNKS = 64
MAX_STEPS = 32
_ANCILLARY = 0x80  # chunks that can be skipped have types from here on

_HEADER = struct.Struct("<8sBBBBIIH2sBBII")
_FINGERPRINT = 8
_CHUNK = struct.Struct("<BI")
_CHECKSUM = struct.Struct("<I")


@dataclass(frozen=True)
class Ranges:
    """What ranges a partitioned map has: see `partition.Layout`, whose fields these are."""

    largest: int
    smallest: int
    domain_step: int
    isometries: int

    def pack(self) -> bytes:
        largest, smallest, step = (n.bit_length() - 1 for n in (self.largest, self.smallest, self.domain_step))
        return bytes([largest | smallest << 4, step | (self.isometries == 8) << 4])

    @classmethod
    def unpack(cls, data: bytes, root: int) -> "Ranges":
        """data: 2 bytes. root: side of the roots. FormatError."""
        largest, smallest, step, isometries = data[0] & 15, data[0] >> 4, data[1] & 15, data[1] >> 4
        if not (smallest <= largest and 4 <= 1 << largest <= root and 2 <= step <= 6 and isometries <= 1):
            raise FormatError(f"partition: bytes {data.hex(' ')} are no sides of ranges and steps of domains")
        return cls(1 << largest, 1 << smallest, 1 << step, 8 if isometries else 1)


@dataclass(frozen=True)
class Header:
    """What a `.ncl` says of itself before any chunk.

    width, height: pixels. grey: one channel. alpha: with a chunk of transparency. packer: of PACKERS.
    range_size: side B of a range cell.
    level: quality level in 1/256. atoms, domains: coded integers a cell. steps: iterations to the fixed
    point at scale 1. scale_sum: largest sum of |quantized s| in a cell. nonzero_scales: how many s
    differ from zero. fingerprint: of the weights.
    partition: None, or the map is a partition (see `partition.PartitionCode`): range_size is the side of the roots,
    level the quantizer step, atoms 0, domains 1, nonzero_scales the ranges with a domain, the fingerprint empty.
    """

    width: int
    height: int
    grey: bool
    packer: str
    range_size: int
    level: int
    atoms: int
    domains: int
    steps: int
    scale_sum: int
    nonzero_scales: int
    fingerprint: bytes
    partition: Ranges | None = None
    alpha: bool = False

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return _HEADER.size + len(self.fingerprint)

    @property
    def cells(self) -> int:
        """Number of range cells."""
        return -(-self.width // self.range_size) * -(-self.height // self.range_size)

    def pack(self) -> bytes:
        flags = self.grey | (self.partition is not None) << 1 | self.alpha << 2
        about = self.partition.pack() if self.partition else self.atoms.to_bytes(2, "little")
        fields = (
            MAGIC, VERSION, flags, PACKERS.index(self.packer), self.range_size.bit_length() - 1,
            self.width, self.height, self.level, about, self.domains, self.steps, self.scale_sum, self.nonzero_scales,
        )  # fmt: skip
        return _HEADER.pack(*fields) + self.fingerprint

    @classmethod
    def unpack(cls, data: bytes) -> "Header":
        """Read and check the header. FormatError, TruncatedError or LimitError name the fault."""
        if data[: len(MAGIC)] != MAGIC[: len(data)]:
            if data[:4] == MAGIC[:4]:
                raise FormatError("line endings were converted in transport (magic bytes 4-7)")
            raise FormatError("not a .ncl file (wrong magic)")
        version, flags = data[8:9], data[9:10]
        if version not in (b"", bytes([VERSION])):
            raise FormatError(f"format version {version[0]} is unknown to this program, which reads version {VERSION}")
        partitioned = bool(flags and flags[0] & 2)
        size = _HEADER.size + (0 if partitioned else _FINGERPRINT)
        if len(data) < size:
            raise TruncatedError(f"the file ends after {len(data)} bytes, inside the header")
        _, _, flags, packer, log_size, width, height, level, about, domains, steps, total, nonzero = (
            _HEADER.unpack_from(data)
        )
        if flags & ~7:
            raise FormatError(f"reserved flag bits are set (0x{flags:02x})")
        if packer >= len(PACKERS):
            raise FormatError(f"packer {packer} is unknown")
        if not 2 <= log_size <= 6:
            raise FormatError(f"range size 2^{log_size} is outside 4 .. 64")
        if width == 0 or height == 0:
            raise FormatError(f"size {width} x {height} is empty")
        if width * height > MAX_PIXELS:
            raise LimitError(f"{width} x {height} pixels are over the limit of {MAX_PIXELS}")
        atoms, ranges = (0 if partitioned else int.from_bytes(about, "little")), None
        if partitioned:
            ranges = Ranges.unpack(about, 1 << log_size)
            if domains != 1 or level == 0:
                raise FormatError("header of a partition with another number of domains than 1, or no step")
        elif not 1 <= atoms <= min(MAX_ATOMS, 3 << 2 * log_size) or domains > MAX_DOMAINS:
            raise FormatError(f"{atoms} atoms and {domains} domains are outside the format's limits")
        if steps > MAX_STEPS:
            raise FormatError(f"{steps} iterations are over the limit of {MAX_STEPS}")
        header = cls(
            width, height, bool(flags & 1), PACKERS[packer], 1 << log_size,
            level, atoms, domains, steps, total, nonzero, data[_HEADER.size : size], ranges, bool(flags & 4),
        )  # fmt: skip
        if partitioned and header.cells << 2 * log_size > MAX_CANVAS:
            raise LimitError(f"{width} x {height} pixels in whole squares of {1 << log_size} are over {MAX_CANVAS}")
        if nonzero > header.cells * (3 << 2 * log_size - 4 if partitioned else domains):
            raise FormatError(f"{nonzero} non-zero scales are more than there are scales")
        return header


@dataclass(frozen=True)
class Chunk:
    """A typed piece of the body. payload: a zstd frame, as far as the type is known."""

    kind: int
    payload: bytes

    @property
    def name(self) -> str:
        return CHUNK_NAMES.get(self.kind, f"ancillary 0x{self.kind:02x}")


def write(header: Header, chunks: list[Chunk]) -> bytes:
    """Header, chunks and checksum as the bytes of a file."""
    body = b"".join(_CHUNK.pack(c.kind, len(c.payload)) + c.payload for c in chunks)
    data = header.pack() + body
    return data + _CHECKSUM.pack(zlib.crc32(data))


def read(data: bytes) -> tuple[Header, list[Chunk]]:
    """Inverse of `write`, for any bytes: every fault raises an NclError that names it.

    The checksum is verified, known chunks come in rising order and at most once, unknown ancillary
    ones are returned too.
    """
    header = Header.unpack(data)
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
            raise TruncatedError(f"chunk 0x{kind:02x} at byte {at} reaches {at + length - end} bytes past the end")
        chunks.append(Chunk(kind, data[at : at + length]))
        at += length
        if len(chunks) > MAX_CHUNKS:
            raise LimitError(f"more than {MAX_CHUNKS} chunks")
    if zlib.crc32(data[:end]) != _CHECKSUM.unpack_from(data, end)[0]:
        raise ChecksumError("checksum mismatch: the file is damaged")
    for chunk in chunks:
        if chunk.kind not in CHUNK_NAMES:
            if chunk.kind >= _ANCILLARY:
                continue
            raise FormatError(f"critical chunk 0x{chunk.kind:02x} is unknown")
        if chunk.kind < ALPHA and (chunk.kind >= PARTITION) != (header.partition is not None):
            raise FormatError(f"chunk {chunk.name} belongs to another kind of map")
        if chunk.kind <= last:
            raise FormatError(f"chunk {chunk.name} is repeated or out of order")
        last = chunk.kind
    if any(chunk.kind == ALPHA for chunk in chunks) != header.alpha:
        raise FormatError("the header and the chunks disagree on transparency")
    return header, chunks


def describe(data: bytes) -> dict:
    """What `nc info` shows, from the container alone: plain values, nothing decoded."""
    header, chunks = read(data)
    fields = asdict(header) | {"fingerprint": header.fingerprint.hex()}
    scales = 0 if header.partition else header.cells * header.domains
    sizes = {chunk.name: len(chunk.payload) for chunk in chunks}
    framing = len(data) - sum(len(chunk.payload) for chunk in chunks)
    return fields | {
        "version": VERSION,
        "bytes": len(data),
        "bpp": 8 * len(data) / (header.width * header.height),
        "share_of_nonzero_scales": header.nonzero_scales / scales if scales else 0.0,
        "chunks": sizes | {"header and framing": framing},
    }
