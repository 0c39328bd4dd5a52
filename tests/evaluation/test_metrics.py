"""PSNR and BD-rate against closed forms."""

import math

import numpy as np
import pytest
from PIL import Image

from nccodec.errors import LimitError
from nccodec.evaluation.curve import measure, measure_jpeg, pillow
from nccodec.evaluation.metrics import bd_rate, psnr

DB = [26.0, 28.5, 31.0, 34.0, 38.0]
BPP = [0.1, 0.2, 0.4, 0.9, 2.1]


def test_psnr_in_closed_form():
    a = np.full((4, 5, 3), 100, np.uint8)
    b = a.copy()
    b[0, 0, 0] = 130
    assert math.isclose(psnr(a, b), 10 * math.log10(255**2 / (900 / 60)))
    assert psnr(a, a) == math.inf
    assert math.isclose(psnr(np.zeros(1, np.uint8), np.full(1, 255, np.uint8)), 0, abs_tol=1e-12)


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.0, 1.7])
def test_a_constant_factor_in_rate_is_that_percentage(factor):
    percent, interval = bd_rate([r * factor for r in BPP], DB, BPP, DB)
    assert math.isclose(percent, 100 * (factor - 1), abs_tol=1e-9)
    assert interval == (26.0, 38.0)


def test_straight_lines_on_another_interval():
    """log rate = k dB + c is reproduced by PCHIP: the mean difference is that at the middle."""
    ours, theirs = np.linspace(20, 34, 5), np.linspace(25, 40, 6)
    percent, interval = bd_rate(np.exp(0.2 * ours - 6), ours, np.exp(0.25 * theirs - 7), theirs)
    assert interval == (25, 34)
    assert math.isclose(percent, 100 * (math.exp(1 - 0.05 * 29.5) - 1), rel_tol=1e-9)


def test_too_little_in_common_is_refused():
    with pytest.raises(LimitError, match="four points"):
        bd_rate(BPP[:3], DB[:3], BPP, DB)
    with pytest.raises(LimitError, match="in common"):
        bd_rate(BPP, [d + 7 for d in DB], BPP, DB)


def test_measure_takes_means_of_pictures_and_real_bytes():
    pictures = [("a", Image.new("RGB", (8, 8), (9, 9, 9))), ("b", Image.new("RGB", (16, 4), (9, 9, 9)))]
    codec = (lambda picture, setting: b"x" * (int(setting) * picture.height), lambda data: Image.new("RGB", (8, 8)))
    found = measure(pictures[:1], codec, (1, 3), "n", "d")
    assert found["results"]["bpp"] == [1.0, 3.0]
    assert math.isclose(found["results"]["psnr-rgb"][0], 10 * math.log10(255**2 / 81))
    encode, decode = pillow("PNG")
    lossless = measure(pictures, (encode, decode), (1,), "PNG", "d")
    assert lossless["results"]["psnr-rgb"] == [math.inf]
    assert lossless["results"]["bpp"][0] == sum(8 * len(encode(p, 1)) / 64 for _, p in pictures) / 2


def test_the_jpeg_anchor_is_monotone():
    noise = Image.effect_noise((64, 64), 40).convert("RGB")
    results = measure_jpeg([("noise", noise)])["results"]
    for key in ("bpp", "psnr-rgb"):
        assert results[key] == sorted(results[key])
