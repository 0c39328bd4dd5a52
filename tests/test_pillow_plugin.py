"""`.ncl` through Pillow's own functions."""

import io
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

import nccodec
import nccodec.pillow_plugin

GOLDEN = Path(__file__).parent / "golden" / "ok"


@pytest.fixture(autouse=True)
def tiny_weights(monkeypatch):
    monkeypatch.setenv("NCCODEC_WEIGHTS", str(GOLDEN.parent))


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.ncl")), ids=lambda path: path.stem)
def test_opening_tells_all_before_decoding(path):
    with Image.open(path) as opened:
        early = (opened.format, opened.mode, opened.size, dict(opened.info))
        decoded = nccodec.decode(path.read_bytes())
        assert early == ("NCL", decoded.mode, decoded.size, decoded.info)
        np.testing.assert_array_equal(np.asarray(opened), np.asarray(decoded))


def test_saving_and_reading_back(tmp_path, smooth, tiny):
    picture = smooth(40, 56)
    exif = Image.Exif()
    exif[271] = "Maker"
    path = tmp_path / "a.ncl"
    picture.save(path, quality=60, weights=tiny, exif=exif, icc_profile=b"profile")
    assert path.read_bytes()[:8] == b"\x8eNCL\r\n\x1a\n" and "exif" not in picture.info
    with Image.open(io.BytesIO(path.read_bytes())) as back:
        assert back.getexif()[271] == "Maker" and back.info["icc_profile"] == b"profile"
        expected = nccodec.decode(nccodec.encode(picture, 60, weights=tiny))
        np.testing.assert_array_equal(np.asarray(back), np.asarray(expected))
    buffer = io.BytesIO()
    picture.save(buffer, "NCL", quality=60, weights=tiny)
    assert buffer.getvalue() == nccodec.encode(picture, 60, weights=tiny)


def test_thumbnails_decode_no_more_than_they_need(tmp_path, smooth, tiny, monkeypatch):
    data, scales = nccodec.encode(smooth(40, 56), weights=tiny), []
    decode = nccodec.decode
    monkeypatch.setattr(nccodec, "decode", lambda data, scale: scales.append(scale) or decode(data, scale))
    for size, scale in (((56, 40), 1), ((28, 20), 0.5), ((20, 20), 0.5), ((14, 10), 0.25), ((1, 1), 0.25)):
        with Image.open(io.BytesIO(data)) as opened:
            assert opened.draft(None, size) is None if scale == 1 else opened.draft(None, size)[0] == "RGB"
            assert opened.size == (math.ceil(56 * scale), math.ceil(40 * scale))
            np.testing.assert_array_equal(np.asarray(opened), np.asarray(decode(data, scale)))
            assert scales.pop() == scale and not scales
    with Image.open(io.BytesIO(data)) as opened:
        opened.thumbnail((10, 10))  # by way of twice that size
        assert opened.size == (10, 7) and scales == [0.5]


def test_errors_are_of_the_kinds_that_pillow_expects(smooth, tiny):
    data = nccodec.encode(smooth(16, 16), weights=tiny)
    for bad in (data[:-1], data[:40], data[:50] + b"x" + data[51:]):
        with pytest.raises(UnidentifiedImageError):
            Image.open(io.BytesIO(bad))
    damaged = Image.open(GOLDEN.parent / "bad" / "scales-missing.ncl")
    with damaged, pytest.raises(OSError, match="header states"):
        damaged.load()
    with pytest.raises(ValueError, match="quality 101"):
        smooth(16, 16).save(io.BytesIO(), "NCL", quality=101, weights=tiny)
    with pytest.raises(OSError, match="mode F"):
        Image.new("F", (4, 4)).save(io.BytesIO(), "NCL", weights=tiny)


def test_registering_again_changes_nothing():
    before = list(Image.ID)
    nccodec.register_pillow()
    nccodec.register_pillow()
    assert list(Image.ID) == before and Image.MIME["NCL"] == "image/x-ncl" and Image.EXTENSION[".ncl"] == "NCL"


def test_options_of_a_map_reach_it(smooth):
    """Also those that it does not have, which are refused."""
    for options, smallest in (({}, 1), ({"quadtree": False, "range_size": 8}, 8)):
        buffer = io.BytesIO()
        smooth(32, 32).save(buffer, "NCL", map="pifs", **options)
        assert nccodec.info(buffer.getvalue())["smallest"] == smallest
    with pytest.raises(ValueError, match="no option 'effort'"):
        smooth(32, 32).save(io.BytesIO(), "NCL", map="pifs", effort=3)
