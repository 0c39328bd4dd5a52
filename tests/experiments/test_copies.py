"""The study of copies finds those that are there, and none where there are none."""

import numpy as np
import pytest
from PIL import Image

import nccodec
from nccodec.experiments.copies import best_copies, orders, study
from nccodec.pifs.candidates import LARGEST_SEARCHED, blocks_of

_NO_BITS = np.zeros(2 * LARGEST_SEARCHED + 1)


def _targets(plane: np.ndarray, side: int) -> np.ndarray:
    blocks = blocks_of(plane, side)
    return (blocks - blocks.mean((2, 3), keepdims=True))[None]


def test_roots_follow_each_other_and_their_pixels_a_z_curve():
    first = np.array([[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]])
    assert np.array_equal(orders(1, 2, 4), np.hstack([first, 16 + first]))
    assert np.array_equal(orders(2, 1, 4), np.vstack([first, 16 + first]))


def test_a_repeat_is_found_where_it_is():
    """Noise of 8 x 8 pixels in grey at (13, 21), and -1/2 of it as the range of row 5 and column 11."""
    noise = np.random.default_rng(1).normal(0, 20, (8, 8))
    plane = np.zeros((64, 128))
    plane[13:21, 21:29] = noise
    plane[40:48, 88:96] = 30 - noise / 2
    found = best_copies(_targets(plane, 8), plane, 64, _NO_BITS, 1)
    at = 0, 5, 11
    assert (found.top[at], found.left[at], found.scale[at]) == (13, 21, -4)
    assert found.gain[at] == pytest.approx(np.square(noise - noise.mean()).sum() / 4, rel=1e-4)
    # With reach for the half of the left root only, the repeat is out of it.
    assert best_copies(_targets(plane, 8), plane, 64, _NO_BITS, 1, 32).left[at] != 21


def test_sources_are_those_that_are_decoded_before():
    """Four ranges of 32 in a root of 64: the first has no source, the second the first alone, the third the 33 in the
    upper half, and the last those that do not meet itself: 33 at the top and 32 more on the left."""
    plane = np.random.default_rng(2).normal(0, 20, (64, 64))
    found = best_copies(_targets(plane, 32), plane, 64, _NO_BITS, 1)
    assert found.scale[0, 0, 0] == 0
    plane[:, 32:] = plane[:, :32]
    plane[32:] = plane[:32]
    found = best_copies(_targets(plane, 32), plane, 64, _NO_BITS, 1)
    assert found.scale[0].tolist() == [[0, 8], [8, 8]]
    assert found.bits[0] == pytest.approx(np.log2([[1, 1], [33, 65]]))


def test_copies_pay_in_a_texture_that_repeats_and_not_in_a_slope():
    """The period is odd: no domain has it."""
    tile = np.random.default_rng(3).integers(60, 200, (21, 21), np.uint8)
    texture = Image.fromarray(np.tile(tile, (7, 7))[:128, :128])
    row, finer = study(texture, [40, 60])
    assert row["bytes"] == len(nccodec.encode(texture, 40, map="pifs"))
    assert [plane["plane"] for plane in row["planes"]] == ["luma"]
    assert finer["planes"][0]["regrown with flags"] > 0.3 and finer["planes"][0]["regrown share"] > 0.3
    slope = Image.fromarray(np.repeat(np.arange(0, 256, 2, np.uint8)[None], 128, 0))
    (row,) = study(slope, [40])
    assert (row["planes"][0]["share"], row["planes"][0]["saved"], row["planes"][0]["regrown share"]) == (0, 0, 0)
