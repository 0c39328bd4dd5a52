"""Regions, and pictures made in parts: the same as the whole within one grey level."""

from pathlib import Path

import numpy as np
import pytest

import nccodec
from nccodec.code import CollageCode
from nccodec.errors import LimitError
from nccodec.neural import synthesis, weights

OK = sorted((Path(__file__).parent / "golden" / "ok").glob("*.ncl"))
SCALES = [1, 2, 8, 0.5, 0.25, 0.7, 1.6, 5]


def levels(picture) -> np.ndarray:
    return np.asarray(picture).astype(int)


@pytest.mark.parametrize("path", OK, ids=lambda path: path.stem)
def test_regions_are_crops_of_the_whole(path, tiny):
    data, random = path.read_bytes(), np.random.default_rng(0)
    for scale in SCALES:
        whole = levels(nccodec.decode(data, scale, weights=tiny))
        for _ in range(3):
            y, x = (int(random.integers(0, n)) for n in whole.shape[:2])
            h, w = (int(random.integers(1, n - at + 1)) for n, at in zip(whole.shape[:2], (y, x), strict=True))
            part = levels(nccodec.decode(data, scale, weights=tiny, crop=(x, y, w, h)))
            assert part.shape[:2] == (h, w)
            assert np.abs(part - whole[y : y + h, x : x + w]).max() <= 1


@pytest.mark.parametrize("path", [p for p in OK if "partition" not in p.stem], ids=lambda path: path.stem)
def test_pictures_made_in_parts_have_no_seams(path, tiny, monkeypatch):
    data = path.read_bytes()
    whole = [levels(nccodec.decode(data, scale, weights=tiny)) for scale in SCALES]
    for scale, expected in zip(SCALES, whole, strict=True):
        monkeypatch.setattr(synthesis, "_TILE", 7 + max(expected.shape) // 8)
        assert np.abs(levels(nccodec.decode(data, scale, weights=tiny)) - expected).max() <= 1
    monkeypatch.setattr(synthesis, "_TILE", 7)
    sized = nccodec.decode(data, size=(23, 5), weights=tiny)
    monkeypatch.undo()
    assert np.abs(levels(sized) - levels(nccodec.decode(data, size=(23, 5), weights=tiny))).max() <= 1


def test_a_region_depends_on_its_neighbourhood_alone(tiny):
    """With cells of 4 pixels and self-reference that is 1 + 3 + 4 cells around: atoms, steps, refinement."""
    found, random = weights.load(tiny), np.random.default_rng(0)
    shapes = ((6, 40, 40), 3), ((4, 40, 40), 1)
    atoms, scales = (np.rint(random.laplace(0, spread, shape)).astype(np.int32) for shape, spread in shapes)
    codes = []
    for change in (0, 5):
        values = [part.copy() for part in (atoms, scales)]
        for part in values:
            kept = part[:, 12:30, 12:30].copy()
            part += change
            part[:, 12:30, 12:30] = kept
        codes.append(CollageCode(160, 160, False, 100, 4, found.fingerprint, *values))
    crop = (80, 88), (80, 88)  # two cells, 20 and 21
    first, second = (synthesis.synthesise(code, found, crop=crop) for code in codes)
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(*(synthesis.synthesise(code, found, crop=((60, 80), (60, 80))) for code in codes))


@pytest.mark.parametrize("crop", [(0, 0, 0, 1), (-1, 0, 2, 2), (0, 0, 20, 1), (18, 0, 2, 1), (0, 13, 1, 2)])
def test_regions_that_are_not_inside_are_refused(crop, tiny):
    data = next(p for p in OK if p.stem == "range-19x14").read_bytes()
    with pytest.raises(LimitError, match="is not inside 19 x 14"):
        nccodec.decode(data, weights=tiny, crop=crop)
