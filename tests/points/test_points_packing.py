"""Sets of points: their bytes, and what is refused."""

import math
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from pointsets import equal, random_points

import nccodec
from nccodec.codec.file import read_file, write_file
from nccodec.errors import FormatError, LimitError
from nccodec.points.code import factor_of
from nccodec.points.header import LARGEST_FACTOR, ONE


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("maps", [2, 5, 64])
def test_codes_come_back(dimensions, grey, maps):
    code = random_points((20, 30), maps, 1, dimensions, grey)
    data = write_file(code, "fixed")
    assert equal(read_file(data).code, code)
    nccodec.test(data)
    about = nccodec.info(data)
    assert (about["kind"], about["maps"], about["dimensions"]) == ("set of points", maps, dimensions)
    # 20 bytes of any header, 12 of its own, 5 of the chunk, 4 of the checksum.
    assert about["chunks"]["header and framing"] == 41
    content = maps * (2 * dimensions**2 + 2 * dimensions + 2 + (0 if grey else 3)) + 4 * (dimensions + 1)
    assert about["chunks"]["maps"] <= content + (12 if dimensions == 3 else 0) + 12


def test_the_other_packer_is_refused():
    with pytest.raises(LimitError, match="only 'fixed'"):
        write_file(random_points((8, 8), 2, 1))


def test_the_factor_is_the_largest_singular_value_rounded_up():
    assert factor_of([[16384, 0], [0, 8192]]) == 16385  # the least integer above it
    assert factor_of([[0, 0], [0, 0]]) == 1
    assert factor_of([[3, 4, 0], [0, 0, 0], [0, 0, 0]]) == 6  # 5, and the least above it
    random = np.random.default_rng(0)
    for d in (2, 3):
        for _ in range(50):
            matrix = random.integers(-32768, 32768, (d, d))
            largest = np.linalg.svd(matrix.astype(float))[1][0]
            assert 0 < factor_of(matrix.tolist()) - largest <= 1 + 1e-6


def sealed(data: bytes, at: int, field: bytes) -> bytes:
    body = data[:at] + field + data[at + len(field) : -4]
    return body + struct.pack("<I", zlib.crc32(body))


@pytest.mark.parametrize(
    ("at", "field", "error", "message"),
    [
        (10, b"\x01", FormatError, "packer 'range'"),
        (20, b"\x01", FormatError, "1 maps are outside 2 .. 64"),
        (20, b"\x41", FormatError, "65 maps are outside"),
        (20, b"\x04", FormatError, "4 maps take"),
        (21, b"\x04", FormatError, "points of 4 dimensions"),
        (22, b"\x02", FormatError, "reserved bits"),
        (23, b"\x00", FormatError, "out of bounds"),
        (23, b"\x41", FormatError, "out of bounds"),
        (24, b"\x00", FormatError, "out of bounds"),
        (25, b"\x81", FormatError, "out of bounds"),
        (26, struct.pack("<H", LARGEST_FACTOR + 1), FormatError, "is over"),
        (26, struct.pack("<H", 5), FormatError, "header states a factor of 5, not"),
        (28, bytes(4), FormatError, "out of bounds"),
        (12, struct.pack("<II", 1 << 14, (1 << 12) + 1), LimitError, "is over 67108864"),
    ],
)
def test_headers_that_the_format_does_not_have(at, field, error, message):
    data = write_file(random_points((20, 30), 3, 1), "fixed")
    with pytest.raises(error, match=message):
        nccodec.decode(sealed(data, at, field))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"matrices": np.full((3, 2, 2), 30000)}, "is over 0.96875"),
        ({"weights": np.array([0, 1, 65535])}, "weights of the maps"),
        ({"weights": np.array([1, 1, 65535])}, "weights of the maps"),
        ({"place": np.array([math.nan, 0, 1], np.float32)}, "place of a set of points"),
        ({"place": np.array([0, 0, 0], np.float32)}, "place of a set of points"),
    ],
)
def test_maps_that_are_refused(changed, message):
    code = replace(random_points((20, 30), 3, 1), **changed)
    with pytest.raises(FormatError, match=message):
        nccodec.decode(write_file(code, "fixed"))


def test_a_map_is_refused_from_the_limit_on():
    """A turn by any angle has the singular value of its length."""
    for length, sound in ((LARGEST_FACTOR - 1, True), (LARGEST_FACTOR, False)):
        matrices = np.array([[[0, -length], [length, 0]]] * 2)
        code = replace(random_points((8, 8), 2, 1), matrices=matrices)
        assert (code.factor <= LARGEST_FACTOR) == sound
    assert LARGEST_FACTOR / ONE == 31 / 32
