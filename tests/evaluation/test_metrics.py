"""MS-SSIM and BD-rate against closed forms, and BD-rates of published curves."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from nccodec.errors import LimitError
from nccodec.evaluation.metrics import RATED, bd_rate, decibels, ms_ssim

DB = [26.0, 28.5, 31.0, 34.0, 38.0]
BPP = [0.1, 0.2, 0.4, 0.9, 2.1]


def test_ms_ssim_in_closed_form():
    """Flat pictures have the same contrast and structure; their luminance counts once, at the coarsest scale, with
    the exponent 0.1333 (Wang et al. 2003, where C1 = (0.01 * 255)^2). Sides halve four times without a rest."""
    a, b = (np.full((176, 192, 3), value, np.uint8) for value in (100, 130))
    luminance = (2 * 100 * 130 + 2.55**2) / (100**2 + 130**2 + 2.55**2)
    assert math.isclose(ms_ssim(a, b), luminance**0.1333, rel_tol=1e-4)
    assert math.isclose(ms_ssim(a, a), 1, rel_tol=1e-6)


def test_ms_ssim_needs_sides_of_161():
    assert ms_ssim(*np.zeros((2, 160, 300, 3), np.uint8)) is None
    assert ms_ssim(*np.zeros((2, 300, 160, 3), np.uint8)) is None


def test_decibels_of_similarity():
    assert decibels([0.9, 0.99, 0.0]) == pytest.approx([10, 20, 0]) and decibels([1.0]) == pytest.approx([120])


def test_of_points_of_equal_quality_the_smallest_counts():
    more = [*BPP, 0.6, 7.0], [*DB, 31.0, 38.0]
    assert bd_rate(*more, BPP, DB) == bd_rate(BPP, DB, BPP, DB) == (0, (26, 38))
    with pytest.raises(LimitError, match="four points"):
        bd_rate([0.1, 0.2, 0.4, 0.8], [26, 30, 38, 38], BPP, DB)


def test_a_scale_says_how_much_curves_must_have_in_common():
    for key, least in (("psnr-rgb", 6), ("ms-ssim-rgb", 3), ("ssimulacra2", 20)):
        values = [least / 3 * n for n in range(4)]
        percent, interval = bd_rate([2 * r for r in BPP[:4]], values, BPP[:4], values, RATED[key])
        assert percent == pytest.approx(100) and interval == (0, least)
        with pytest.raises(LimitError, match=f"only [0-9.]* {RATED[key].unit} in common"):
            bd_rate(BPP[:4], [0.99 * v for v in values], BPP[:4], values, RATED[key])


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


@pytest.mark.parametrize(("name", "percent"), [("WebP", -34), ("JPEG 2000", -44), ("AVIF", -46)])
def test_published_curves_have_their_published_bd_rates(name, percent):
    """Curves over the Kodak pictures, and what was computed from them against JPEG elsewhere, in whole per cent."""
    path = Path(__file__).parent / "kodak_peers.json"
    curves = {curve["name"].partition(",")[0]: curve["results"] for curve in json.loads(path.read_text())["curves"]}
    points = [curves[codec][key] for codec in (name, "JPEG") for key in ("bpp", "psnr-rgb")]
    assert round(bd_rate(*points)[0]) == percent
