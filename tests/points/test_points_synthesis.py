"""Pictures of sets of points: the integers of the chaos game, closed forms, parts and scales."""

from dataclasses import replace

import literal_points
import numpy as np
import pytest
import zstandard
from pointsets import random_points

import nccodec
from nccodec.arrays import set_threads
from nccodec.codec.file import write_file
from nccodec.codec.kinds import read
from nccodec.errors import LimitError
from nccodec.points import orbit
from nccodec.points.code import FINE
from nccodec.points.placing import Affine, Picture, placed, preset_maps, shares
from nccodec.points.presets import PRESETS

TRIANGLE = Affine(np.array([np.eye(2) / 2] * 3), np.array([[0, 0], [0.5, 0], [0, 0.5]]), np.ones(3) / 3)


def test_numbers_are_those_of_splitmix64():
    """The first outputs from seed 0, as its authors' program gives them."""
    known = (0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC)
    assert [orbit._number(k) for k in range(4)] == [n >> 48 for n in known]
    assert [literal_points.number(k) for k in range(4)] == [n >> 48 for n in known]


def test_any_number_of_threads_counts_the_same():
    code = random_points((150, 130), 5, 3, density=64)  # 20 blocks
    counts = []
    for threads in (1, 3):
        set_threads(threads)
        try:
            counts.append(orbit.count(code, 1, (0, 150), (0, 130)))
        finally:
            set_threads(None)
    np.testing.assert_array_equal(*counts)


def test_all_points_inside_are_counted():
    code = placed(preset_maps(PRESETS["maple"]), Picture((40, 30), grey=True, density=7))
    assert orbit.count(code, 2, (0, 60), (0, 80)).sum() == 7 * 60 * 80


def test_shares_of_the_maps():
    """In the triangle each copy has the share of its map, and the middle none."""
    code = placed(replace(TRIANGLE, chances=np.array([0.5, 0.3, 0.2])), Picture((64, 64), grey=True, density=64))
    points = orbit.points_of(code, 100_000)
    low = points < 0.5
    share = [np.mean(low[:, 0] & low[:, 1]), np.mean(~low[:, 0]), np.mean(~low[:, 1])]
    np.testing.assert_allclose(share, [0.5, 0.3, 0.2], atol=0.01)
    # The mean of the attractor is the fixed point of the mean map: x = x / 2 + (0.3, 0.2) / 2.
    np.testing.assert_allclose(points.mean(0), [0.3, 0.2], atol=0.01)


def test_a_dust_of_cantor_lies_in_its_squares():
    """Maps of a third to the corners: the middle thirds are empty, and those of what is left, but for rounding."""
    corners = np.array([[x, y] for x in (0, 2 / 3) for y in (0, 2 / 3)])
    code = placed(Affine(np.array([np.eye(2) / 3] * 4), corners, np.ones(4) / 4), Picture((81, 81)))
    points = orbit.points_of(code, 5000)
    for power in (1, 3, 9):
        inside = points * power % 1
        assert not ((inside > 1 / 3 + 0.01) & (inside < 2 / 3 - 0.01)).any()


def test_points_of_orbits_are_bounded():
    """The largest offsets and factor that there are stay inside 64 bits, far from the picture."""
    matrices = np.array([[[31743, 0], [0, 31743]]] * 2)
    code = replace(random_points((8, 8), 2, 1), matrices=matrices, offsets=np.full((2, 2), 32767))
    points = orbit.points_of(replace(code, place=np.array([0, 0, 1], np.float32)), 1000)
    # The fixed point of x = 31743 / 32768 x + 32767 / 8192.
    np.testing.assert_allclose(points, 32767 / 8192 / (1 - 31743 / 32768), rtol=1e-4)
    assert not np.asarray(nccodec.decode(write_file(code, "fixed"))).any()
    assert FINE == 1 << 24


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("grey", [False, True])
def test_crops_are_parts(dimensions, grey):
    data = write_file(random_points((23, 31), 4, 5, dimensions, grey), "fixed")
    for scale in (1, 2, 1.7, 0.5):
        whole = np.asarray(nccodec.decode(data, scale))
        part = np.asarray(nccodec.decode(data, scale, crop=(3, 2, 9, 7)))
        assert np.abs(part.astype(int) - whole[2:9, 3:12]).max() <= 1


@pytest.mark.parametrize("scale", [1, 2, 0.25])
@pytest.mark.parametrize("paper", [False, True])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_literal_decoder_agrees(scale, paper, dimensions):
    code = random_points((9, 13), 3, 7, dimensions, paper=paper, density=3)
    data = write_file(code, "fixed")
    content = {chunk.kind: zstandard.ZstdDecompressor().decompress(chunk.payload) for chunk in read(data)[1]}
    expected = literal_points.Points(data, content).at_scale(scale)
    decoded = np.asarray(nccodec.decode(data, scale)).transpose(2, 0, 1)
    assert np.abs(decoded - np.floor(255 * expected + 0.5)).max() <= 1


def test_brightness_stays_when_it_is_enlarged():
    """The triangle thins out as it is enlarged, by 3/4 of the samples each time, and its points in each grow by 4/3."""
    code = placed(TRIANGLE, Picture((256, 256), grey=True))
    assert code.tone.growth / 64 == pytest.approx(np.log2(4 / 3), abs=0.12)
    data = write_file(code, "fixed")
    means = [float((lambda z: z[z > 0].mean())(np.asarray(nccodec.decode(data, s)).astype(float))) for s in (1, 2, 4)]
    assert max(means) - min(means) < 25


def test_presets_fill_their_pictures():
    for name, preset in PRESETS.items():
        assert sum(preset.chances) == pytest.approx(1), name
        data = write_file(placed(preset_maps(preset), Picture((100, 80))), "fixed")
        seen = np.asarray(nccodec.decode(data)).max(2) > 0
        rows, columns = np.nonzero(seen.any(1))[0], np.nonzero(seen.any(0))[0]
        free = min(rows[0], 79 - rows[-1]), min(columns[0], 99 - columns[-1])
        assert min(free) in (1, 2, 3) and len(data) < 140


def test_shares_are_exact():
    assert shares(np.array([1e-9, 1 - 1e-9])).tolist() == [1, 65535]
    assert shares(np.ones(3)).sum() == 65536


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"smooth": True}, "blocks to smooth"),
        ({"detail": False}, "predicted detail"),
        ({"self_reference": False}, "but"),
    ],
)
def test_views_that_there_are_not(options, message):
    data = write_file(random_points((8, 8), 2, 1), "fixed")
    with pytest.raises(LimitError, match=message):
        nccodec.decode(data, **options)


def test_too_large_a_decode_is_refused():
    data = write_file(random_points((1500, 1000), 2, 1), "fixed")
    with pytest.raises(LimitError, match="up to 67108864 samples, not at 8000 x 12000"):
        nccodec.decode(data, 7, crop=(0, 0, 8, 8))


def test_pictures_are_not_encoded_to_points(smooth):
    with pytest.raises(LimitError, match="not encoded as sets of points"):
        nccodec.encode(smooth(8, 8), map="points")
