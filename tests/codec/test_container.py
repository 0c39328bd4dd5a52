"""The container against literal bytes, and every way in which it can be damaged."""

import struct
import zlib

import pytest

from nccodec.bitstream.container import MAX_CHUNKS, Chunk, Common, Header, write
from nccodec.codec.kinds import describe, read
from nccodec.errors import ChecksumError, FormatError, LimitError, NclError, TruncatedError
from nccodec.neural.header import Fields as CollageFields
from nccodec.pifs.header import Fields as PartitionFields

HEADER = Header(
    0,
    Common(width=300, height=20, grey=True, alpha=False, packer="range", side=16),
    CollageFields(
        level=513, atoms=320, domains=4, steps=5, scale_sum=7, nonzero_scales=9, fingerprint=b"abcdefgh"
    ),
)  # fmt: skip
LITERAL = (
    b"\x8eNCL\r\n\x1a\n" b"\x01" b"\x01" b"\x01" b"\x04" b"\x2c\x01\0\0" b"\x14\0\0\0"
    b"\x01\x02" b"\x40\x01" b"\x04" b"\x05" b"\x07\0\0\0" b"\x09\0\0\0" b"abcdefgh"
)  # fmt: skip
PARTITION = Header(
    1,
    Common(width=300, height=20, grey=False, alpha=False, packer="range", side=64),
    PartitionFields(
        step=513, largest=32, smallest=2, domain_step=8, isometries=8, iterations=7, largest_scale=7, references=9
    ),
)  # fmt: skip
LITERAL_PARTITION = (
    b"\x8eNCL\r\n\x1a\n" b"\x01" b"\x02" b"\x01" b"\x06" b"\x2c\x01\0\0" b"\x14\0\0\0"
    b"\x01\x02" b"\x15\x13" b"\x01" b"\x07" b"\x07\0\0\0" b"\x09\0\0\0"
)  # fmt: skip


def sealed(body: bytes) -> bytes:
    return body + struct.pack("<I", zlib.crc32(body))


def test_a_file_is_these_bytes():
    data = write(HEADER, [Chunk(1, b"xyz"), Chunk(0x90, b"")])
    assert data == sealed(LITERAL + b"\x01\x03\0\0\0xyz" + b"\x90\0\0\0\0")
    assert read(data) == (HEADER, [Chunk(1, b"xyz"), Chunk(0x90, b"")])


def test_all_but_the_payload_takes_at_most_64_bytes():
    assert len(write(HEADER, [Chunk(1, b""), Chunk(2, b"")])) == 56
    assert len(write(PARTITION, [Chunk(kind, b"") for kind in range(0x10, 0x15)])) == 63


def test_a_partition_is_these_bytes():
    data = write(PARTITION, [Chunk(0x10, b"xyz")])
    assert data == sealed(LITERAL_PARTITION + b"\x10\x03\0\0\0xyz")
    assert read(data) == (PARTITION, [Chunk(0x10, b"xyz")])
    about = describe(data)
    own = {"root": 64, "step": 513, "largest": 32, "smallest": 2, "domain_step": 8, "isometries": 8}
    own |= {"iterations": 7, "largest_scale": 7, "references": 9, "kind": "partitioned map"}
    assert {name: about[name] for name in own} == own and "fingerprint" not in about
    assert describe(write(HEADER, []))["kind"] == "collage"


def test_every_flip_of_a_bit_and_every_truncation_is_detected():
    data = write(HEADER, [Chunk(1, b"xyz"), Chunk(2, b"\0\1")])
    for bit in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(NclError):
            read(bytes(damaged))
    for length in range(len(data)):
        with pytest.raises((TruncatedError, ChecksumError)):
            read(data[:length])


def patched(offset: int, value: bytes, literal: bytes = LITERAL) -> bytes:
    return sealed(literal[:offset] + value + literal[offset + len(value) :])


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (patched(0, b"\x0e"), FormatError, "wrong magic"),
        (patched(4, b"\n\n"), FormatError, "line endings"),
        (patched(8, b"\x02"), FormatError, "version 2 is unknown"),
        (patched(9, b"\x41"), FormatError, "reserved flag bits"),
        (patched(9, b"\x80"), FormatError, "reserved flag bits"),
        (patched(9, b"\x3b"), FormatError, "kind of map 15 is unknown"),
        (patched(9, b"\x3b"), FormatError, "kind of map 15 is unknown"),
        (patched(9, b"\x03"), FormatError, "not sides of ranges"),
        (patched(20, b"\0\0", LITERAL_PARTITION), FormatError, "header of a partition"),
        (patched(24, b"\0", LITERAL_PARTITION), FormatError, "header of a partition"),
        (patched(22, b"\x52", LITERAL_PARTITION), FormatError, "not sides of ranges"),
        (patched(22, b"\x01", LITERAL_PARTITION), FormatError, "not sides of ranges"),
        (patched(22, b"\x07", LITERAL_PARTITION), FormatError, "not sides of ranges"),
        (patched(23, b"\x17", LITERAL_PARTITION), FormatError, "not sides of ranges"),
        (patched(23, b"\x23", LITERAL_PARTITION), FormatError, "not sides of ranges"),
        (patched(12, struct.pack("<II", 1, (1 << 18) + 1), LITERAL_PARTITION), LimitError, "in whole squares"),
        (LITERAL_PARTITION[:33], TruncatedError, "after 33 bytes, inside the header"),
        (LITERAL[:41], TruncatedError, "after 41 bytes, inside the header"),
        (patched(10, b"\x02"), FormatError, "packer 2 is unknown"),
        (patched(11, b"\x07"), FormatError, "range size 2^7"),
        (patched(11, b"\x01"), FormatError, "range size 2^1"),
        (patched(12, b"\0\0\0\0"), FormatError, "0 x 20 is empty"),
        (patched(12, b"\xff\xff\xff\xff"), LimitError, "over the limit"),
        (patched(22, b"\0\0"), FormatError, "0 atoms and 4 domains"),
        (patched(22, b"\x01\x03"), FormatError, "769 atoms and 4 domains"),
        (patched(24, b"\x05"), FormatError, "5 domains"),
        (patched(25, b"\x21"), FormatError, "33 iterations"),
        (patched(30, b"\xff"), FormatError, "255 non-zero scales"),
        (sealed(LITERAL + b"\x03\0\0\0\0"), FormatError, "critical chunk 0x03 is unknown"),
        (sealed(LITERAL + b"\x02\0\0\0\0\x01\0\0\0\0"), FormatError, "out of order"),
        (sealed(LITERAL + b"\x01\0\0\0\0\x01\0\0\0\0"), FormatError, "repeated"),
        (sealed(LITERAL + b"\x01\xff\xff\xff\xff"), TruncatedError, "past the end"),
        (sealed(LITERAL + b"\x01\0"), TruncatedError, "head of a chunk"),
        (sealed(LITERAL + b"\x90\0\0\0\0" * (MAX_CHUNKS + 1)), LimitError, "more than 64 chunks"),
    ],
)
def test_each_fault_has_its_error(data, error, message):
    with pytest.raises(error) as caught:
        read(data)
    assert message in str(caught.value)


def test_describe_counts_every_byte():
    data = write(HEADER, [Chunk(1, b"xyz"), Chunk(0x90, b"1234")])
    about = describe(data)
    assert about["chunks"] == {"atoms": 3, "ancillary 0x90": 4, "header and framing": len(data) - 7}
    assert about["bpp"] == pytest.approx(8 * len(data) / 6000)
    assert about["share_of_nonzero_scales"] == pytest.approx(9 / (4 * 19 * 2))
    assert about["fingerprint"] == b"abcdefgh".hex()
