"""Headers and chunks with any fields: what sections 2 to 4 of the specification allow is read, all else refused."""

import struct
import zlib

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nccodec.bitstream.container import Chunk, Common, Header, write
from nccodec.codec.kinds import header_of, read
from nccodec.errors import NclError
from nccodec.neural.header import Fields as CollageFields
from nccodec.pifs.header import Fields as PartitionFields

ANY = settings(max_examples=60)
KNOWN = (0x01, 0x02, 0x10, 0x11, 0x12, 0x13, 0x14, 0x20, 0x80, 0x81, 0x82)
OF_COLLAGES, OF_PARTITIONS = (0x01, 0x02), (0x10, 0x11, 0x12, 0x13, 0x14)


def numbers(size: int, *values: int) -> list[bytes]:
    return [value.to_bytes(size, "little") for value in values]


# By offset, values on both sides of what sections 2.1, 3.1 and 4.1 allow there.
SIDES = [
    bytes([a, b]) for a in (0x01, 0x02, 0x22, 0x32, 0x26, 0x17) for b in (0x01, 0x02, 0x06, 0x07, 0x12, 0x16, 0x22)
]
EDGES = {
    9: numbers(1, 0, 1, 2, 3, 4, 6, 7, 8, 16, 32, 64, 128),
    10: numbers(1, 0, 1, 2),
    11: numbers(1, 0, 1, 2, 6, 7),
    12: numbers(4, 0, 1, 2**18, 2**18 + 1, 178956970, 178956971, 13378, 2**32 - 1),
    16: numbers(4, 0, 1, 2**18, 2**18 + 1, 178956970, 178956971, 13377, 2**32 - 1),
    20: numbers(2, 0, 1, 65535),
    22: numbers(2, 0, 1, 48, 49, 768, 769, 3072, 3073) + SIDES,
    24: numbers(1, 0, 1, 2, 4, 5),
    25: numbers(1, 0, 32, 33),
    26: numbers(4, 0, 2**32 - 1),
    30: numbers(4, 0, 1, 2, 3, 4, 5, 12, 13, 48, 49, 2**32 - 1),
}
changes = st.sampled_from(sorted(EDGES)).flatmap(lambda at: st.tuples(st.just(at), st.sampled_from(EDGES[at])))


@st.composite
def headers(draw) -> bytes:
    """Bytes of a header, of few cells, legal but for up to two changes."""
    log_size, size = draw(st.integers(2, 6)), draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    if draw(st.booleans()):
        head = struct.pack("<BBBII", 2, 1, log_size, *size) + b"\x07\0" + bytes([0x12, 0x15, 1])
    else:
        head = struct.pack("<BBBIIHHB", 4, 0, log_size, *size, 7, 12, 4)
    head = bytearray(b"\x8eNCL\r\n\x1a\n\x01" + head + struct.pack("<BII", log_size + 1, 5, 1))
    for at, value in draw(st.lists(changes, max_size=2)):
        head[at : at + len(value)] = value
    return bytes(head) if head[9] & 2 else bytes(head) + draw(st.binary(min_size=8, max_size=8))


def legal(data: bytes) -> bool:
    """Sections 2.1, 3.1 and 4.1, row by row."""
    side = 1 << data[11] if data[11] <= 6 else 0
    width, height, level, atoms = struct.unpack_from("<IIHH", data, 12)
    (nonzero,) = struct.unpack_from("<I", data, 30)
    if data[9] >= 8 or data[10] > 1 or side < 4 or width < 1 or height < 1 or width * height > 178956970:
        return False
    cells = ((width + side - 1) // side) * ((height + side - 1) // side)
    if data[9] & 2:
        largest, smallest, step, eight = data[22] % 16, data[22] // 16, data[23] % 16, data[23] // 16
        sides = smallest <= largest and 2 <= largest <= data[11] and 2 <= step <= 6 and eight <= 1
        canvas = cells * side * side
        of_map = sides and canvas <= 2**24 and level >= 1 and data[24] == 1 and nonzero <= 3 * canvas // 16
    else:
        of_map = 1 <= atoms <= min(3072, 3 * side * side) and data[24] <= 4 and nonzero <= cells * data[24]
    return of_map and data[25] <= 32


@settings(ANY, max_examples=300)
@given(headers())
def test_a_header_is_read_if_and_only_if_it_is_legal(data):
    if not legal(data):
        with pytest.raises(NclError):
            header_of(data)
        return
    header = header_of(data)
    assert header.pack() == data
    common, fields = header.common, header.fields
    assert (common.width, common.height) == struct.unpack_from("<II", data, 12)
    assert (common.grey, header.kind == 1, common.alpha) == tuple(data[9] & bit > 0 for bit in (1, 2, 4))
    assert (common.packer, common.side) == (("fixed", "range")[data[10]], 2 ** data[11])
    numbers = struct.unpack_from("<BII", data, 25)
    if header.kind == 0:
        assert (fields.level, fields.atoms, fields.domains) == struct.unpack_from("<HHB", data, 20)
        assert (fields.steps, fields.scale_sum, fields.nonzero_scales) == numbers
        assert fields.fingerprint == data[34:]
    else:
        assert (fields.step,) == struct.unpack_from("<H", data, 20)
        assert (fields.largest, fields.smallest) == (2 ** (data[22] & 15), 2 ** (data[22] >> 4))
        assert (fields.domain_step, fields.isometries) == (2 ** (data[23] & 15), (1, 8)[data[23] >> 4])
        assert (fields.iterations, fields.largest_scale, fields.references) == numbers


payloads = st.binary(max_size=12)
_COLLAGE = 0, {"grey": True, "packer": "range", "side": 16}, CollageFields(513, 320, 4, 5, 7, 9, b"abcdefgh")
_PARTITION = 1, {"grey": False, "packer": "fixed", "side": 64}, PartitionFields(513, 32, 2, 8, 8, 7, 7, 9)
legal_headers = st.sampled_from(
    [
        Header(kind, Common(300, 20, alpha=alpha, **about), fields)
        for kind, about, fields in (_COLLAGE, _PARTITION)
        for alpha in (False, True)
    ]
)


@st.composite
def bodies(draw) -> tuple[Header, list[Chunk]]:
    """A header and chunks that fit it."""
    header = draw(legal_headers)
    of_map = OF_COLLAGES if header.kind == 0 else OF_PARTITIONS
    kinds = draw(st.sets(st.sampled_from((*of_map, 0x80, 0x81, 0x82)))) | ({0x20} if header.common.alpha else set())
    chunks = [Chunk(kind, draw(payloads)) for kind in sorted(kinds)]
    for kind in draw(st.lists(st.integers(0x83, 0xFF), max_size=3)):  # ancillary ones, anywhere, repeated too
        chunks.insert(draw(st.integers(0, len(chunks))), Chunk(kind, draw(payloads)))
    return header, chunks


def allowed(header: Header, chunks: list[Chunk]) -> bool:
    """Section 2.2."""
    known = [chunk.kind for chunk in chunks if chunk.kind in KNOWN]
    strangers = [chunk.kind for chunk in chunks if chunk.kind < 0x80 and chunk.kind not in KNOWN]
    others = set(OF_PARTITIONS if header.kind == 0 else OF_COLLAGES)
    return (
        not strangers
        and known == sorted(set(known))
        and not others & set(known)
        and (0x20 in known) == header.common.alpha
    )


@ANY
@given(bodies())
def test_chunks_that_fit_come_back(body):
    header, chunks = body
    data = write(header, chunks)
    literal = b"".join(bytes([c.kind]) + len(c.payload).to_bytes(4, "little") + c.payload for c in chunks)
    assert data == header.pack() + literal + zlib.crc32(header.pack() + literal).to_bytes(4, "little")
    assert read(data) == (header, chunks)


@ANY
@given(bodies(), st.sampled_from(("repeat", "swap", "add", "drop")), st.integers(0, 9), st.integers(0, 9), st.data())
def test_changed_chunks_are_read_if_and_only_if_they_are_allowed(body, change, i, j, data):
    header, chunks = body
    if change == "add" or not chunks:
        kind = data.draw(st.one_of(st.sampled_from(KNOWN), st.integers(0, 255)))
        chunks.insert(i % (len(chunks) + 1), Chunk(kind, b""))
    elif change == "repeat":
        chunks.insert(j % (len(chunks) + 1), chunks[i % len(chunks)])
    elif change == "drop":
        chunks.pop(i % len(chunks))
    else:
        i, j = i % len(chunks), j % len(chunks)
        chunks[i], chunks[j] = chunks[j], chunks[i]
    if allowed(header, chunks):
        assert read(write(header, chunks)) == (header, chunks)
    else:
        with pytest.raises(NclError):
            read(write(header, chunks))


@settings(ANY, max_examples=20)
@given(bodies(), st.binary(min_size=1, max_size=9))
def test_no_part_of_a_file_is_one_and_nothing_may_follow(body, more):
    data = write(*body)
    for length in range(len(data)):
        with pytest.raises(NclError):
            read(data[:length])
    with pytest.raises(NclError):
        read(data + more)


@settings(ANY, max_examples=60)
@given(bodies(), st.data())
def test_one_changed_byte_is_found(body, data):
    good = write(*body)
    place = data.draw(st.integers(0, len(good) - 1))
    value = data.draw(st.integers(0, 255))
    assume(value != good[place])
    with pytest.raises(NclError):
        read(good[:place] + bytes([value]) + good[place + 1 :])


@ANY
@given(legal_headers, st.binary(max_size=60))
def test_any_body_under_a_fitting_checksum_is_refused_or_is_what_writing_gives(header, body):
    data = header.pack() + body
    data += zlib.crc32(data).to_bytes(4, "little")
    try:
        found = read(data)
    except NclError:
        return
    assert write(*found) == data


@ANY
@given(st.binary(max_size=80))
def test_bytes_without_the_magic_are_refused(data):
    with pytest.raises(NclError):
        read(data)
