"""How much errors count where a picture is busy."""

import numpy as np
import pytest
from PIL import Image

from nccodec.errors import LimitError
from nccodec.neural import masking, weights
from nccodec.neural.analysis import Analysis
from nccodec.neural.masking import Masking
from nccodec.neural.model import mean_error
from nccodec.neural.options import Options

PIXELS, MEANS, FLOOR = 0.877, 2.631, 58.5


def noise(height: int, width: int) -> Image.Image:
    """Busier from left to right."""
    random = np.random.default_rng(1)
    return Image.fromarray(
        np.uint8(128 + random.uniform(-1, 1, (height, width)) * np.linspace(0, 120, width)).astype(np.uint8), "L"
    )


def reference(picture: Image.Image, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Cell by cell, as it is told in `masking`."""
    luma = np.asarray(picture.convert("L")).astype(np.float64)
    rows, columns = (-(-n // side) for n in luma.shape)
    luma = np.pad(luma, [(0, n * side - m) for n, m in zip((rows, columns), luma.shape, strict=True)], "edge")
    quarter, half = side // 4, side // 2
    means = np.array([
        [luma[y : y + quarter, x : x + quarter].mean() for x in range(0, columns * side, quarter)]
        for y in range(0, rows * side, quarter)
    ])  # fmt: skip
    # Beyond the picture lies half a cell more of what the half of a cell at the edge has.
    fine, coarse = np.empty((2, rows, columns))
    for y, x in np.ndindex(rows, columns):
        cell = luma[y * side : (y + 1) * side, x * side : (x + 1) * side]
        halves = [cell[i : i + half, j : j + half].var() for i in (0, half) for j in (0, half)]
        fine[y, x] = np.log(np.array(halves) + FLOOR).mean()
        moments = np.zeros(2)
        for i in range(-1, 3):
            for j in range(-1, 3):
                at = [min(max(2 * n + k, 0), 2 * m - 1) for n, k, m in ((y, i, rows), (x, j, columns))]
                part = means[2 * at[0] : 2 * at[0] + 2, 2 * at[1] : 2 * at[1] + 2]
                moments += np.array([part.mean(), (part**2).mean()]) / 16
        coarse[y, x] = np.log(moments[1] - moments[0] ** 2 + FLOOR)
    return PIXELS * np.exp(-0.35 * (fine - fine.mean())), MEANS * np.exp(-(coarse - coarse.mean()))


@pytest.mark.parametrize(("height", "width", "side"), [(48, 80, 16), (50, 39, 16), (13, 22, 4), (7, 5, 8)])
def test_every_cell_is_weighed_by_what_is_in_it_and_around_it(height, width, side, monkeypatch):
    picture, expected = noise(height, width), reference(noise(height, width), side)
    monkeypatch.setattr(masking, "_BAND", 1)
    for found in (Masking.of(picture, side), Masking.of(picture.convert("RGB"), side)):
        np.testing.assert_allclose(found.fine, expected[0], rtol=1e-9)
        np.testing.assert_allclose(found.coarse, expected[1], rtol=1e-9)
    part = found.part(slice(0, 1), slice(1, None))
    np.testing.assert_array_equal(part.fine, found.fine[:1, 1:])
    np.testing.assert_array_equal(part.coarse, found.coarse[:1, 1:])


def test_errors_count_less_where_it_is_busy_and_alike_in_a_flat_picture():
    found = Masking.of(noise(32, 160), 16)
    for weight in (found.fine, found.coarse):
        assert weight[:, 0].min() > 1.5 * weight[:, -1].max()
    flat = Masking.of(Image.new("RGB", (40, 40), (9, 80, 200)), 16)
    np.testing.assert_allclose(flat.fine, PIXELS)
    np.testing.assert_allclose(flat.coarse, MEANS)


def test_the_error_of_means_counts_for_all_samples():
    """Grey: the square of each mean, for 4 x 4 pixels and three channels."""
    difference = np.zeros((1, 3, 8, 4))
    difference[..., :4, :] = 0.5
    difference[..., 4:, ::2], difference[..., 4:, 1::2] = 1.0, -1.0
    np.testing.assert_allclose(mean_error(difference, 4), [[[48 * 0.25], [0.0]]])
    only_blue = difference * np.array([0, 0, 1])[:, None, None]
    np.testing.assert_allclose(mean_error(only_blue, 4), [[[48 * 0.25 * 0.114**2], [0.0]]])


@pytest.mark.parametrize("effort", [0, 1, 2])
def test_only_efforts_from_one_on_look_at_it(tiny, effort):
    found = weights.load(tiny)
    eye, psnr = (Analysis(noise(48, 160), found, tune=tune).code(200, effort).atoms for tune in ("eye", "psnr"))
    assert np.array_equal(eye, psnr) == (effort == 0)


def test_bits_go_from_busy_parts_to_others(tiny):
    """Of four cells of 4 x 4 columns each, the left ones nearly flat, the right ones busy."""
    found = weights.load(tiny)
    eye, psnr = (
        np.abs(Analysis(noise(48, 160), found, tune=tune).code(200, 1).atoms.astype(int)).sum((0, 1))
        for tune in ("eye", "psnr")
    )
    (flat, busy), (flat_before, busy_before) = ((x[:20].sum() / x.sum(), x[-20:].sum() / x.sum()) for x in (eye, psnr))
    assert flat > 1.03 * flat_before and busy < busy_before


def test_another_tune_is_refused():
    with pytest.raises(LimitError, match="tune 'ssim' is none of eye, psnr"):
        Options(tune="ssim")
