"""Films of a camera that comes closer to any picture."""

import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nccodec
from nccodec.codec import zoom
from nccodec.errors import FormatError, LimitError, NclError, NclWarning

COLOSSEUM = Path(__file__).parent.parent / "pictures" / "colosseum.png"


@pytest.fixture(scope="module")
def small() -> Image.Image:
    with Image.open(COLOSSEUM) as picture:
        return picture.convert("RGB").resize((96, 54), Image.Resampling.LANCZOS)


@pytest.fixture(scope="module")
def collage(small) -> bytes:
    return nccodec.encode(small, quality=90)


def test_a_film_begins_with_all_of_the_frames_shape_and_comes_back(collage):
    frames = list(zoom.frames_of(collage, (48, 27), 6))
    assert [frame.shape for frame in frames] == [(27, 48, 3)] * 6
    whole = np.asarray(nccodec.decode(collage, size=(48, 27)), int)
    assert np.abs(frames[0].astype(int) - whole).max() <= 1
    for i in (1, 2):  # there and back by the same way
        np.testing.assert_array_equal(frames[i], frames[6 - i])
    assert not np.array_equal(frames[1], frames[2])


def test_the_closest_frame_is_the_decode_at_16x_about_the_place(collage):
    frame = list(zoom.frames_of(collage, (32, 32), 2, at=(40, 30)))[1]
    # The first frame is a square of all rows, 54 pixels; of its pixels to the place, 1 in 16 x 54 / 32 is left.
    closer = 16 * 54 / 32
    corner = [p - (p - first) / closer for p, first in ((40, (96 - 54) / 2), (30, 0))]
    large = np.asarray(nccodec.decode(collage, 16), int)
    left, top = (round(16 * n) for n in corner)
    expected = large[top : top + 32, left : left + 32]
    # The corner lies between samples: the nearest ones differ from what is there by less than to the next.
    step = max(np.abs(np.diff(expected, axis=axis)).max() for axis in (0, 1))
    assert np.abs(frame.astype(int) - expected).max() <= step + 2


def test_a_film_of_a_whole_image_map_ends_where_it_begins(small):
    data = nccodec.encode(small, map="whole", range_size=8, upright=True)
    frames = list(zoom.frames_of(data, (40, 40), 4))
    assert [frame.shape for frame in frames] == [(40, 40, 3)] * 4
    again = list(zoom.frames_of(data, (40, 40), 1))
    np.testing.assert_array_equal(frames[0], again[0])
    assert np.abs(frames[0].astype(int) - frames[2]).mean() > 5


@pytest.mark.parametrize("map", ["pifs", "screen"])
def test_every_kind_of_map_can_be_filmed(small, map):
    data = nccodec.encode(small, map=map)
    first = next(zoom.frames_of(data, (96, 54), 3))
    np.testing.assert_array_equal(first, np.asarray(nccodec.decode(data)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": (1, 40)}, "frames of 1 x 40 are outside 2 .. 4096"),
        ({"size": (40, 5000)}, "frames of 40 x 5000 are outside"),
        ({"count": 0}, "0 frames are outside 1 .. 100000"),
        ({"at": (96, 3)}, "96,3 is not inside 96 x 54 pixels"),
        ({"number": 3}, "only whole-image maps"),
    ],
)
def test_what_cannot_be_filmed_is_refused_before_the_first_frame(collage, options, message):
    with pytest.raises(LimitError, match=message):
        zoom.frames_of(collage, **({"size": (40, 40), "count": 3} | options))


@pytest.mark.parametrize("map", ["collage", "whole"])
def test_transparency_is_left_out_and_told(small, map):
    opaque = small.resize((32, 18))
    clear = opaque.copy()
    clear.putalpha(Image.linear_gradient("L").resize((32, 18)).point(lambda n: max(n, 1)))
    with pytest.warns(NclWarning, match="^its transparency is left out$"):
        film = zoom.frames_of(nccodec.encode(clear, map=map), (32, 18), 2)
    for frame, plain in zip(film, zoom.frames_of(nccodec.encode(opaque, map=map), (32, 18), 2), strict=True):
        np.testing.assert_array_equal(frame, plain)


def test_damage_that_shows_late_is_told_when_it_is_looked_at(small):
    data = bytearray(nccodec.encode(small, map="collage"))
    data[-40] ^= 0x55
    data[-4:] = zlib.crc32(data[:-4]).to_bytes(4, "little")
    with pytest.raises(NclError):
        list(zoom.frames_of(bytes(data), (32, 18), 2))


def test_what_is_no_file_is_refused():
    with pytest.raises(FormatError):
        zoom.frames_of(b"GIF89a", (40, 40), 3)
