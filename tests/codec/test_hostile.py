"""Any bytes give a picture or an NclError, also where the checksum was made to fit."""

import math
import struct
from pathlib import Path

import numpy as np
import pytest

import nccodec
from nccodec.bitstream import container
from nccodec.bitstream.container import Chunk
from nccodec.bitstream.frame import frame, unframe
from nccodec.code import MAX_PIXELS
from nccodec.codec.kinds import read
from nccodec.errors import LimitError, NclError

OK = sorted((Path(__file__).parents[1] / "golden" / "ok").glob("*.ncl"))


def outcome(data: bytes, tiny: Path) -> str:
    try:
        picture = nccodec.decode(data, weights=tiny)
    except NclError as error:
        assert str(error) and "\n" not in str(error)
        return "refused"
    common = read(data)[0].common
    assert picture.size == (common.width, common.height)
    return "picture"


@pytest.mark.parametrize("path", OK, ids=lambda path: path.stem)
def test_payloads_that_are_noise(path, tiny):
    header, chunks = read(path.read_bytes())
    random = np.random.default_rng(len(chunks))
    for _ in range(40):
        forged = []
        for chunk in chunks:
            payload = bytearray(unframe(chunk.payload, 1 << 20))
            for place in random.integers(0, len(payload), random.integers(1, 4)):
                payload[place] = random.integers(256)
            cut = random.integers(0, len(payload) + 1) if random.random() < 0.3 else len(payload)
            forged.append(Chunk(chunk.kind, frame(bytes(payload[:cut]) + random.bytes(random.integers(0, 3)))))
        outcome(container.write(header, forged), tiny)


@pytest.mark.parametrize(
    "name",
    [
        "range-19x14", "partition-37x22", "partition-fixed-21x26", "whole-style-41x26", "implicit-tanh-factors-18x10",
    ],
)  # fmt: skip
def test_headers_that_are_noise(name, tiny):
    """Every byte of the header replaced: with the checksum made to fit, nothing but an NclError or a
    picture comes of it, and most are refused. Sizes that are allowed but take long are left out."""
    data = (Path(__file__).parents[1] / "golden" / "ok" / f"{name}.ncl").read_bytes()
    random = np.random.default_rng(0)
    seen = []
    for place in range(read(data)[0].size):
        for value in {0, 1, 0x7F, 0xFF, int(random.integers(256))} - {data[place]}:
            body = data[:place] + bytes([value]) + data[place + 1 : -4]
            if 1 << 20 < math.prod(struct.unpack_from("<II", body, 12)) <= MAX_PIXELS:
                continue
            seen.append(outcome(body + container.zlib.crc32(body).to_bytes(4, "little"), tiny))
    assert seen.count("refused") > 0.8 * len(seen)


def test_unknown_ancillary_chunks_are_skipped(tiny):
    data = (Path(__file__).parents[1] / "golden" / "ok" / "range-19x14.ncl").read_bytes()
    header, chunks = read(data)
    longer = container.write(header, [Chunk(0xFE, b"who knows"), *chunks, Chunk(0xFE, b"")])
    decoded = [np.asarray(nccodec.decode(d, weights=tiny)) for d in (data, longer)]
    np.testing.assert_array_equal(*decoded)


@pytest.mark.parametrize(
    "name",
    [
        "one-pixel", "range-19x14", "alpha-19x14", "partition-37x22", "partition-one-pixel", "whole-37x22",
        "implicit-siren-21x13",
    ],
)  # fmt: skip
def test_every_flipped_bit_and_every_truncation_is_detected(name, tiny):
    data = (Path(__file__).parents[1] / "golden" / "ok" / f"{name}.ncl").read_bytes()
    for place in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[place // 8] ^= 1 << place % 8
        with pytest.raises(NclError):
            nccodec.decode(bytes(flipped), weights=tiny)
    for length in range(len(data)):
        with pytest.raises(NclError):
            nccodec.decode(data[:length], weights=tiny)


def test_more_pixels_than_allowed_are_refused_before_anything_is_made(tiny):
    data = (Path(__file__).parents[1] / "golden" / "ok" / "range-19x14.ncl").read_bytes()
    assert nccodec.decode(data, weights=tiny, max_pixels=19 * 14).size == (19, 14)
    for fields in ({"max_pixels": 19 * 14 - 1}, {"scale": 2, "max_pixels": 1063}, {"scale": 0.5, "max_pixels": 265}):
        with pytest.raises(LimitError, match=r"19 x 14 pixels.* over the limit of"):
            nccodec.decode(data[:50], weights=tiny, **fields)  # the rest is not even looked at
    assert nccodec.decode(data, scale=2, weights=tiny, max_pixels=1064).size == (38, 28)
