"""Blockiness and colour error against closed forms."""

import math

import numpy as np
import pytest

from nccodec.evaluation.artefacts import blockiness, colour_error


def grey(luma: np.ndarray) -> np.ndarray:
    return np.repeat(np.uint8(luma)[..., None], 3, -1)


def ramps(height: int, width: int, side: int, across: int, beside: int) -> np.ndarray:
    """Luma that rises by `beside` a pixel, and by `across` from one cell to the next, rightwards and downwards."""
    rows, columns = (np.arange(n) * beside + np.arange(n) // side * (across - beside) for n in (height, width))
    return grey(rows[:, None] + columns[None, :])


@pytest.mark.parametrize(("across", "beside"), [(1, 1), (6, 2), (0, 3)])
def test_blockiness_is_the_ratio_of_steps(across, beside):
    """Sizes end one, two and more pixels behind a border, where steps beside it are missing."""
    for height, width in ((17, 18), (24, 33), (20, 31)):
        found = blockiness(ramps(height, width, 16, across, beside))
        assert found == pytest.approx(across / beside)


def rising(steps: list[int], height: int) -> np.ndarray:
    """Rows of pixels with these steps from one to the next, each row one level above the last."""
    return grey(np.cumsum([0, *steps])[None, :] + np.arange(height)[:, None])


def test_blockiness_is_the_mean_of_both_directions():
    """Cells of 8: steps of 8 across borders and 2 beside them along rows, 1 everywhere down columns."""
    inside = [0, 30, 0]  # between what is beside one border and what is beside the next
    picture = rising([0, 0, *inside, 2, 2, 8, 2, 2, *inside, 2, 2, 8, 2, 2, *inside, 0, 0], 40)
    assert picture.shape[1] == 24
    assert blockiness(picture, 8) == pytest.approx((8 / 2 + 1) / 2)
    assert blockiness(picture.transpose(1, 0, 2), 8) == pytest.approx((8 / 2 + 1) / 2)


@pytest.mark.parametrize("behind", [0, 1, 2, 15])
def test_the_two_ends_of_a_picture_are_not_beside_each_other(behind):
    """One border, with as many steps behind it; the first ones of the picture are large and do not count."""
    after = [4, 2, *([0] * 12), 90][:behind]
    beside = [0, 4, *after[:2]]
    found = blockiness(rising([90, *([0] * 13), 4, 12, *after], 32))
    assert found == pytest.approx((12 / (sum(beside) / len(beside)) + 1) / 2)


def test_blockiness_of_noise_is_near_one():
    noise = np.random.default_rng(5).integers(0, 256, (400, 400, 3), np.uint8)
    assert blockiness(noise) == pytest.approx(1, abs=0.03)


def test_blockiness_needs_a_border_and_steps_beside_it():
    noise = np.random.default_rng(6).integers(0, 256, (64, 64, 3), np.uint8)
    assert blockiness(noise[:16]) is None and blockiness(noise[:, :16]) is None
    assert blockiness(noise[:17, :17]) is not None
    cells = np.random.default_rng(7).integers(0, 256, (4, 4))
    assert blockiness(grey(np.kron(cells, np.ones((16, 16))))) is None
    assert blockiness(np.full((64, 64, 3), 9, np.uint8)) is None


@pytest.mark.parametrize(
    ("shift", "cb", "cr"),
    [
        ((0, 0, 10), 5, -0.114 * 10 / 1.402),
        ((10, 0, 0), -0.299 * 10 / 1.772, 5),
        ((0, 10, 0), -0.587 * 10 / 1.772, -0.587 * 10 / 1.402),
        ((10, 10, 10), 0, 0),
    ],
)
def test_colour_error_of_a_constant_shift(shift, cb, cr):
    """JFIF: Cb = (B - Y) / 1.772, Cr = (R - Y) / 1.402, Y = 0.299 R + 0.587 G + 0.114 B."""
    a = np.random.default_rng(8).integers(0, 240, (40, 50, 3), np.uint8)
    b = np.uint8(a + np.array(shift))
    assert colour_error(a, b) == pytest.approx(math.hypot(cb, cr), abs=1e-9)
    assert colour_error(b, a) == pytest.approx(math.hypot(cb, cr), abs=1e-9)
    assert colour_error(a, a) == 0


def test_colour_error_is_the_root_mean_square_over_areas():
    """One area of six is off by 12 levels of blue in half of its pixels: Cb by 3, Cr by -0.114 * 6 / 1.402."""
    a = np.full((32, 48, 3), 100, np.uint8)
    b = a.copy()
    b[16:24, 32:, 2] += 12
    assert colour_error(a, b) == pytest.approx(math.sqrt((3**2 + (0.114 * 6 / 1.402) ** 2) / 6))


def test_colour_that_an_area_averages_out_is_no_error():
    a = np.full((32, 32, 3), 100, np.uint8)
    b = a.copy()
    b[::2, :, 0], b[1::2, :, 0] = 120, 80
    assert colour_error(a, b) == pytest.approx(0, abs=1e-12)
    assert colour_error(a, b, 1) > 9


def test_colour_error_is_of_whole_areas():
    a = np.full((20, 35, 3), 100, np.uint8)
    b = a.copy()
    b[16:], b[:, 32:] = 0, (255, 0, 0)
    assert colour_error(a, b) == 0
    assert colour_error(a[:15], b[:15]) is None
    with pytest.raises(ValueError, match="pictures of"):
        colour_error(a, b[:16])
