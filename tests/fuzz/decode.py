"""Any bytes are a picture or an NclError: `info`, `test` and `decode` of mutated files.

    python tests/fuzz/decode.py -max_total_time=600 -rss_limit_mb=2000 -timeout=20

Mutations know chunks and zstd frames, and the checksum and the counts in the header are made to fit, so that they get
as far as the map. See `harness.fuzz` for the command line. (atheris 3.0.0 keeps what instrumented comparisons of arrays
return, about 15 KB an input, which -rss_limit_mb counts.)
"""

import re
import struct
import zlib
from pathlib import Path
from random import Random

import zstandard
from harness import Vary, fuzz, instrumented

with instrumented():
    import nccodec
    import nccodec.codec.decode  # and all that it imports
    from nccodec.arrays import set_threads

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
TINY = GOLDEN / "tiny.safetensors"
GENERATIVE = GOLDEN / "generative"
MAX_PIXELS = 1 << 14
_KINDS = (
    0x01, 0x02, 0x08, 0x09, 0x18, 0x19, 0x1A, 0x1C, 0x1E, 0x10, 0x11, 0x12, 0x13, 0x14, 0x20, 0x80, 0x81, 0x82,
    0x03, 0xFE,
)  # fmt: skip
_REQUESTS = (
    {"scale": 2.0}, {"scale": 0.5}, {"scale": 0.3}, {"size": (7, 20)}, {"scale": 4.0, "detail": False},
    {"smooth": True}, {"crop": (1, 0, 2, 1)}, {"scale": 1.7, "crop": (0, 1, 3, 2)}, {"self_reference": False},
)  # fmt: skip
_COUNTS = struct.Struct("<BII")  # iterations, scale sum, non-zero scales
_COUNTS_AT = 25
_STATED = re.compile(r"(?:the chunks hold|with a domain \(.*\), not) \((\d+), (\d+), (\d+)\)")
_WHOLE_COUNTS = struct.Struct("<BI")  # of whole-image maps: largest scale, styled
_WHOLE_COUNTS_AT = 30
_WHOLE_STATED = re.compile(r"with style \(\d+, \d+\), not \((\d+), (\d+)\)")
_NONZERO_AT = 35  # of implicit networks: a u32
_NONZERO_STATED = re.compile(r"numbers that are not zero, not (\d+)")
_FACTOR = struct.Struct("<H")  # of sets of points
_FACTOR_AT = 26
_FACTOR_STATED = re.compile(r"header states a factor of \d+, not (\d+)")
_SIZES = {0: 42, 2: 34, 8: 43, 10: 43, 16: 39, 18: 32, 24: 32}  # of the header, by the bits of the kind


def target(data: bytes) -> None:
    """Raises for what is neither a picture nor an NclError."""
    data = bytes(data)
    error = attempt(data)
    if (fitting := sealed(data[:-4])) != data:
        error = attempt(data := fitting)
    if found := _STATED.search(str(error)):
        counts = _COUNTS.pack(*map(int, found.groups()))
        attempt(sealed(data[:_COUNTS_AT] + counts + data[_COUNTS_AT + len(counts) : -4]))
    if found := _WHOLE_STATED.search(str(error)):
        counts = _WHOLE_COUNTS.pack(*map(int, found.groups()))
        attempt(sealed(data[:_WHOLE_COUNTS_AT] + counts + data[_WHOLE_COUNTS_AT + len(counts) : -4]))
    if found := _NONZERO_STATED.search(str(error)):
        attempt(sealed(data[:_NONZERO_AT] + struct.pack("<I", int(found[1])) + data[_NONZERO_AT + 4 : -4]))
    if found := _FACTOR_STATED.search(str(error)):
        factor = _FACTOR.pack(min(int(found[1]), 0xFFFF))
        attempt(sealed(data[:_FACTOR_AT] + factor + data[_FACTOR_AT + len(factor) : -4]))


def attempt(data: bytes) -> nccodec.NclError | None:
    """What `decode` makes of a file: None, a picture, or why not."""
    refusals: list[nccodec.NclError | None] = []
    request = _REQUESTS[zlib.crc32(data) % len(_REQUESTS)]
    about = {"width": 1, "height": 1}
    weights = weights_of(data)

    def info() -> None:
        about.update(nccodec.info(data))

    def test() -> None:
        if about["width"] * about["height"] <= MAX_PIXELS:
            nccodec.test(data, weights)

    def whole() -> None:
        size = nccodec.decode(data, weights=weights, max_pixels=MAX_PIXELS).size
        assert size == (about["width"], about["height"])

    def part() -> None:
        picture = nccodec.decode(data, weights=weights, max_pixels=MAX_PIXELS, **request)
        assert "crop" not in request or picture.size == request["crop"][2:]

    for step in (info, test, whole, part):
        try:
            step()
            refusals.append(None)
        except nccodec.NclError as error:
            assert str(error) and "\n" not in str(error), f"not one line: {error!r}"
            refusals.append(error)
    info_refused, test_refused, whole_refused, part_refused = refusals
    assert not info_refused or whole_refused, f"decoded, but {info_refused!r}"
    if about["width"] * about["height"] <= MAX_PIXELS:
        assert test_refused or not whole_refused, f"tested without a fault, but {whole_refused!r}"
    # Of a region only what it is made from is looked at.
    assert not whole_refused or part_refused or "crop" in request, f"decoded with {request}, but {whole_refused!r}"
    return whole_refused


def weights_of(data: bytes) -> Path:
    """Those that a file of its kind and colours has, unless varied."""
    flags = data[9] if data[9:10] else 0
    if flags & 58 != 24:
        return TINY
    return GENERATIVE / ("grey.safetensors" if flags & 1 else "colour.safetensors")


def sealed(body: bytes) -> bytes:
    return body + struct.pack("<I", zlib.crc32(body))


def mutate(data: bytes, source: Random, vary: Vary) -> bytes:
    head, chunks = parts_of(data)
    choice = source.random()
    if not head or choice < 0.1:
        return sealed(vary(data)[:-4])
    if choice < 0.25:
        head = varied_head(head, source)
    elif chunks and choice < 0.35:
        place = source.randrange(len(chunks))
        chunks[place] = (chunks[place][0], vary(chunks[place][1]))
    elif chunks and choice < 0.85:
        place = source.randrange(len(chunks))
        chunks[place] = (chunks[place][0], reframed(chunks[place][1], vary))
    else:
        chunks = varied_list(chunks, source, vary)
        if source.random() < 0.9:
            alpha = any(kind == 0x20 for kind, _ in chunks)
            head = head[:9] + bytes([head[9] & ~4 | alpha << 2]) + head[10:]
    return sealed(head + b"".join(struct.pack("<BI", kind, len(payload)) + payload for kind, payload in chunks))


def parts_of(data: bytes) -> tuple[bytes, list[tuple[int, bytes]]]:
    """Header, empty where there is none, and chunks, as far as they fit."""
    size = _SIZES.get(data[9] & 58, 42) if data[9:10] else 42
    if len(data) < size + 4:
        return b"", []
    chunks, at = [], size
    while at + 5 <= len(data) - 4:
        kind, length = struct.unpack_from("<BI", data, at)
        at += 5 + length
        if at <= len(data) - 4:
            chunks.append((kind, data[at - length : at]))
    return data[:size], chunks


def varied_head(head: bytes, source: Random) -> bytes:
    """Mostly small sizes, which are decoded, and legal fields."""
    kind = source.randrange(7)
    if kind == 0:
        side = source.choice((1, 2, 3, 5, 8, 13, 40, 64, 129, 600, 0xFFFF, 0xFFFFFFFF, source.randrange(1, 100)))
        at = source.choice((12, 16))
        return head[:at] + struct.pack("<I", side) + head[at + 4 :]
    at, value = {
        1: (9, source.choice((0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25))),
        2: (10, source.randrange(2)),
        3: (source.choice((20, 21)), source.choice((0, 1, 2, 0x7F, 0xFF, source.randrange(256)))),
        4: (source.choice((11, 22, 23)), source.choice((0x12, 0x13, 0x22, 0x02, 0x14, 0x06, 2, 3, 4, 5, 6))),
        5: (source.randrange(8, len(head)), source.randrange(256)),
        6: (source.choice((20, 31, 32)), source.randrange(4)),
    }[kind]
    return head[:at] + bytes([value]) + head[at + 1 :]


def varied_list(chunks: list[tuple[int, bytes]], source: Random, vary: Vary) -> list[tuple[int, bytes]]:
    chunks = list(chunks)
    kind = source.randrange(4)
    if chunks and kind == 0:
        chunks.pop(source.randrange(len(chunks)))
    elif chunks and kind == 1:
        chunks.insert(source.randrange(len(chunks) + 1), source.choice(chunks))
    elif chunks and kind == 2:
        place = source.randrange(len(chunks))
        chunks[place] = (source.choice(_KINDS), chunks[place][1])
    else:
        content = vary(bytes(source.choice((1, 4, 9, 267))))
        chunks.append((source.choice(_KINDS), framed(content)))
    return sorted(chunks, key=lambda chunk: chunk[0]) if source.random() < 0.8 else chunks


def reframed(payload: bytes, vary: Vary) -> bytes:
    """The frame of a varied content."""
    try:
        content = zstandard.ZstdDecompressor().decompress(payload, max_output_size=1 << 16)
    except (zstandard.ZstdError, MemoryError):
        return vary(payload)
    return framed(vary(content[: 1 << 16]))


def framed(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=1).compress(content)


if __name__ == "__main__":
    set_threads(1)
    files = sorted(GENERATIVE.rglob("*.ncl"))
    fuzz(target, mutate, [GOLDEN / "ok", GOLDEN / "bad", *files], 4096)
