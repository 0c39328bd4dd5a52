"""Crisp enlargement: area means, limits, closed forms."""

import numpy as np
import pytest

from nccodec.collage.scales import enlarge, reduce_area
from nccodec.screen import enlarging
from nccodec.screen.enlarging import enlarge_crisply


def drawing(height=40, width=56, channels=3, seed=0) -> np.ndarray:
    """Bars of one colour on another, with soft ends: float32 [1, C, H, W]."""
    random = np.random.default_rng(seed)
    cover = np.zeros((height, width))
    for _ in range(14):
        y, x = random.integers(0, height - 8), random.integers(0, width - 10)
        cover[y : y + random.integers(1, 8), x : x + random.integers(1, 10)] = random.choice([1, 1, 0.4, 0.7])
    ends = random.integers(0, 256, (2, channels, 1, 1)) / 255
    return np.rint(255 * (ends[0] + cover * (ends[1] - ends[0])))[None].astype(np.float32) / 255


@pytest.mark.parametrize("factor", [2, 4, 8])
@pytest.mark.parametrize("z", [drawing(), drawing(channels=1, seed=3), np.random.default_rng(1).random((1, 3, 20, 24))])
def test_area_means_are_the_pixels(z, factor):
    z = z.astype(np.float32)
    fine = enlarge_crisply(z, factor)
    assert fine.dtype == np.float32 and fine.shape == (*z.shape[:2], factor * z.shape[2], factor * z.shape[3])
    assert np.abs(reduce_area(fine, factor) - z).max() < 1e-6
    assert fine.min() >= 0 and fine.max() <= 1


def test_nothing_rings_beyond_two_colours():
    z = drawing(seed=5)
    fine = enlarge_crisply(z, 4)
    low, high = z.min((0, 2, 3), keepdims=True), z.max((0, 2, 3), keepdims=True)
    assert (fine >= low - 1e-6).all() and (fine <= high + 1e-6).all()
    assert ((fine < low + 1e-6) | (fine > high - 1e-6)).mean() > ((enlarge(z, 4) - low) ** 2 < 1e-12).mean()


def test_a_straight_edge_covers_what_its_pixels_say():
    """White, a column of coverage 1/4, black: within the column the means fall from white to black, and the edge, at
    the quarter, is as narrow as 1 / (1 + S / 2) of a spline's; the columns beside it are plain."""
    z = np.zeros((1, 1, 16, 17), np.float32)
    z[..., :8], z[..., 8] = 1, 0.25
    fine = enlarge_crisply(z, 8)[0, 0]
    assert (fine[:, :64] == 1).all() and (fine[:, 72:] == 0).all()
    column = fine[60, 64:72]
    assert column.mean() == pytest.approx(0.25, abs=1e-6) and (np.diff(column) <= 0).all()
    assert column[0] > 0.9 and (column[4:] < 0.02).all()


def test_flat_areas_stay():
    z = np.full((1, 3, 9, 9), 77 / 255, np.float32)
    np.testing.assert_array_equal(enlarge_crisply(z, 4), np.full((1, 3, 36, 36), 77 / 255, np.float32))


def test_noise_is_enlarged_by_the_spline():
    z = np.float32(0.3) + np.random.default_rng(2).random((1, 3, 30, 30), np.float32) * np.float32(0.3)
    np.testing.assert_allclose(enlarge_crisply(z, 4), enlarge(z, 4), atol=2e-5)


def test_bands_make_no_difference(monkeypatch):
    z = drawing(90, 40)
    whole = enlarge_crisply(z, 2)
    monkeypatch.setattr(enlarging, "_BAND", 40 * 7)
    np.testing.assert_allclose(enlarge_crisply(z, 2), whole, atol=2e-6)


@pytest.mark.parametrize("shape", [(3, 8, 8), (2, 3, 8, 8), (1, 2, 8, 8), (1, 3, 0, 8)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="cannot enlarge"):
        enlarge_crisply(np.zeros(shape, np.float32), 2)
