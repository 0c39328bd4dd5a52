"""Files changed anywhere, the checksum made to fit: a picture of the stated size or an NclError."""

import struct
import zlib
from pathlib import Path

import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

import nccodec
from nccodec.bitstream.frame import frame

GOLDEN = Path(__file__).parents[1] / "golden"
TINY = GOLDEN / "tiny.safetensors"
FILES = {path.stem: path.read_bytes() for path in sorted((GOLDEN / "ok").glob("*.ncl")) if path.stat().st_size < 600}
MAX_PIXELS = 2000
ANY = settings(max_examples=80)
REQUESTS = (
    {},
    {"scale": 2},
    {"scale": 0.5},
    {"scale": 1.3},
    {"size": (5, 9)},
    {"crop": (0, 0, 1, 1)},
    {"detail": False},
)
bytes_ = st.one_of(st.sampled_from((0, 1, 2, 0x7F, 0x80, 0xFF)), st.integers(0, 255))
edits = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 2), st.lists(bytes_, max_size=2)), min_size=1, max_size=3
)


def edited(data: bytes, changes: list[tuple[int, int, list[int]]]) -> bytes:
    """Some bytes, here and there, replaced by others."""
    for place, count, new in changes:
        at = place % (len(data) + 1)
        data = data[:at] + bytes(new) + data[at + count :]
    return data


def sealed(body: bytes) -> bytes:
    return body + zlib.crc32(body).to_bytes(4, "little")


def parts(data: bytes) -> tuple[bytes, list[tuple[int, bytes]]]:
    """The header, and the types and payloads of the chunks, of a good file."""
    at = {0: 42, 2: 34, 8: 43, 10: 43, 16: 39, 18: 32, 24: 32}[data[9] & 58]
    head, chunks = data[:at], []
    while at < len(data) - 4:
        kind, length = struct.unpack_from("<BI", data, at)
        chunks.append((kind, data[at + 5 : at + 5 + length]))
        at += 5 + length
    return head, chunks


def joined(head: bytes, chunks: list[tuple[int, bytes]]) -> bytes:
    return sealed(head + b"".join(struct.pack("<BI", kind, len(payload)) + payload for kind, payload in chunks))


def decoded(data: bytes, **request) -> bool:
    """Whether there is a picture; anything else than that or an NclError fails."""
    try:
        picture = nccodec.decode(data, weights=TINY, max_pixels=MAX_PIXELS, **request)
    except nccodec.NclError as error:
        assert str(error) and "\n" not in str(error)
        return False
    if not request:
        assert picture.size == struct.unpack_from("<II", data, 12)
        assert picture.mode == ("RGB", "L", "RGBA", "LA")[(data[9] & 1) + (data[9] >> 1 & 2)]
    return True


def without_fault(data: bytes) -> bool:
    """What `nccodec.test` says."""
    try:
        nccodec.test(data, TINY)
    except nccodec.NclError:
        return False
    return True


def test_the_files_as_they_are():
    for name, data in FILES.items():
        assert joined(*parts(data)) == data, name
        assert decoded(data) and without_fault(data), name


@ANY
@given(st.sampled_from(sorted(FILES)), edits, st.sampled_from(REQUESTS))
def test_any_bytes_changed(name, changes, request):
    data = sealed(edited(FILES[name][:-4], changes))
    decoded(data)
    decoded(data, **request)


@ANY
@given(st.sampled_from(sorted(FILES)), st.integers(0, 4), edits, st.sampled_from(REQUESTS))
def test_any_contents_changed(name, place, changes, request):
    """Under a frame that fits them. What a test passes is decoded too."""
    head, chunks = parts(FILES[name])
    if not chunks:
        return
    kind, payload = chunks[place % len(chunks)]
    content = edited(zstandard.ZstdDecompressor().decompress(payload), changes)
    chunks[place % len(chunks)] = kind, frame(content)
    data = joined(head, chunks)
    assert decoded(data) or not without_fault(data)
    decoded(data, **request)


@settings(ANY, max_examples=80)
@given(st.sampled_from(sorted(FILES)), st.integers(9, 42), bytes_, st.sampled_from(REQUESTS))
def test_any_field_of_the_header_changed(name, place, value, request):
    data = FILES[name]
    data = sealed(data[:place] + bytes([value]) + data[place + 1 : -4])
    decoded(data)
    decoded(data, **request)


@settings(ANY, max_examples=40)
@given(st.sampled_from(sorted(FILES)), st.sampled_from(sorted(FILES)), st.permutations(range(5)), st.integers(0, 5))
def test_chunks_of_two_files_in_any_order(name, other, order, count):
    head, chunks = parts(FILES[name])
    chunks += parts(FILES[other])[1]
    decoded(joined(head, [chunks[i] for i in order[:count] if i < len(chunks)]))


@ANY
@given(st.binary(max_size=200))
def test_any_bytes_at_all(data):
    assert not decoded(data)
    assert not decoded(sealed(FILES["range-19x14"][:42] + data))
