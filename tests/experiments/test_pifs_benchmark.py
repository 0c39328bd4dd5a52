"""The benchmark of `nc pifs` counts what it says."""

import numpy as np
import pytest

import nccodec
from nccodec.experiments.enlarge import spline_4x
from nccodec.experiments.pifs import at_rate, leads, measure_pifs
from nccodec.experiments.search import search_rates
from nccodec.imaging.psnr import psnr


def test_the_curve_is_that_of_the_files(smooth):
    pictures = [("a", smooth(24, 40)), ("b", smooth(32, 32))]
    curve = measure_pifs(pictures, [20, 70], {}, "pifs")
    assert (curve["name"], curve["settings"]) == ("pifs", [20, 70])
    assert list(curve["results"]) == ["bpp", "psnr-rgb", "encoding_time", "decoding_time", "psnr-rgb smoothed"]
    for i, quality in enumerate((20, 70)):
        files = [nccodec.encode(picture, quality, map="pifs") for _, picture in pictures]
        bpp = [8 * len(data) / (p.width * p.height) for data, (_, p) in zip(files, pictures, strict=True)]
        db = [psnr(np.asarray(p), np.asarray(nccodec.decode(d))) for d, (_, p) in zip(files, pictures, strict=True)]
        assert curve["results"]["bpp"][i] == pytest.approx(np.mean(bpp))
        assert curve["results"]["psnr-rgb"][i] == pytest.approx(np.mean(db))
        pairs = zip(files, pictures, strict=True)
        db = [psnr(np.asarray(p), np.asarray(nccodec.decode(d, smooth=True))) for d, (_, p) in pairs]
        assert curve["results"]["psnr-rgb smoothed"][i] == pytest.approx(np.mean(db))


def test_the_spline_keeps_the_means(smooth):
    """Of 4 x 4 samples each, those of the picture but for rounding, where none is clipped."""
    picture = smooth(20, 28)
    fine = np.asarray(spline_4x(picture), float)
    means = fine.reshape(20, 4, 28, 4, 3).mean((1, 3))
    clipped = (fine.reshape(20, 4, 28, 4, 3) % 255 == 0).any((1, 3))
    assert fine.shape == (80, 112, 3) and not clipped.all()
    assert np.abs(means - np.asarray(picture))[~clipped].max() <= 0.5
    assert fine.reshape(20, 4, 28, 4, 3).std((1, 3)).max() > 1


def test_leads_are_told_where_both_curves_have_the_rate():
    """Over the logarithm of the rate, 2 is halfway from 1 to 4."""
    a, b = ({"results": {"bpp": x, "psnr-rgb": y}} for x, y in (([1, 4], [30, 34]), ([0.5, 2, 4, 5], [28, 31, 35, 36])))
    assert at_rate(a, 2) == pytest.approx(32) and at_rate(a, 0.9) is None
    assert leads(a, b) == [(2, pytest.approx(1)), (4, pytest.approx(-1))]


def test_a_search_is_every_range_with_every_domain_and_isometry(smooth):
    rows = search_rates(np.asarray(smooth(66, 100)), repeats=1)
    assert [(row["side"], row["ranges"], row["domains"]) for row in rows] == [
        (4, 16 * 25, 8 * 12),
        (8, 8 * 12, 7 * 11),
        (16, 4 * 6, 3 * 5),
        (32, 2 * 3, 1 * 2),
    ]
    assert rows[1]["operations"] == 2 * 96 * 77 * 8 * 64
