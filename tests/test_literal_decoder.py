"""The package against tests/literal_decoder.py, which was written from bitstream_spec.md alone."""

import json
import re
from pathlib import Path

import literal_collage
import literal_decoder
import numpy as np
import pytest
from PIL import Image

import nccodec

HERE = Path(__file__).parent
TINY = HERE / "golden" / "tiny.safetensors"
GOOD = sorted((HERE / "golden" / "ok").glob("*.ncl"))
BAD = sorted((HERE / "golden" / "bad").glob("*.ncl"))
SPECIFICATION = (HERE.parent / "bitstream_spec.md").read_text(encoding="utf-8")


def assert_within_one_grey_level(a, b):
    a, b = np.asarray(a).astype(int), np.asarray(b).astype(int)
    assert a.shape == b.shape
    assert np.abs(a - b).max() <= 1


def example():
    """The CollageCode and the bytes of the example of the specification."""
    text = SPECIFICATION.split("### 12.1 A collage")[1]
    code = json.loads(re.search(r"```json\n(.*?)\n```", text, re.DOTALL)[1])
    data = bytearray()
    for line in re.search(r"```\n(0000 .*?)\n```", text, re.DOTALL)[1].splitlines():
        assert int(line[:4], 16) == len(data)
        data += bytes.fromhex(line[4:].strip().split("  ")[0])
    return code, bytes(data)


def test_files_were_found():
    assert len(GOOD) >= 7
    assert len(BAD) >= 13


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_stored_pictures(path):
    with Image.open(path.with_suffix(".png")) as stored:
        assert_within_one_grey_level(literal_decoder.decode(path.read_bytes(), TINY), stored)


@pytest.mark.parametrize("scale", [1, 2, 4, 0.5, 0.25, 0.7, 1.6])
@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_scales(path, scale):
    data = path.read_bytes()
    literal = literal_decoder.decode(data, TINY, scale=scale)
    assert_within_one_grey_level(literal, nccodec.decode(data, scale=scale, weights=TINY, device="cpu"))


@pytest.mark.parametrize("size", [(7, 11), (23, 5)])
@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_sizes_of_another_aspect_ratio(path, size):
    data = path.read_bytes()
    literal = literal_decoder.decode(data, TINY, size=size)
    assert literal.shape[:2] == (size[1], size[0])
    assert_within_one_grey_level(literal, nccodec.decode(data, size=size, weights=TINY, device="cpu"))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_files_are_refused(path):
    with pytest.raises(ValueError):
        literal_decoder.decode(path.read_bytes(), TINY)


def test_example_of_the_specification():
    code, data = example()
    assert len(data) == 112
    header, q = literal_collage.integers(data, literal_collage.Weights(TINY))
    assert (header.height, header.width, header.grey) == (code["height"], code["width"], code["grey"])
    assert (header.level, header.side) == (code["level"], code["range_size"])
    assert header.fingerprint.hex() == code["fingerprint"]
    np.testing.assert_array_equal(q[: header.atoms], code["atoms"])
    np.testing.assert_array_equal(q[header.atoms :], code["scales"])
    literal = literal_decoder.decode(data, TINY)
    assert literal.shape == (7, 9, 3)
    assert_within_one_grey_level(literal, nccodec.decode(data, weights=TINY, device="cpu"))
