"""A file opened for many views: what is asked for of it is what decoding all of it shows there."""

from pathlib import Path

import numpy as np
import pytest

import nccodec
from nccodec.codec import opened as module
from nccodec.codec.opened import Opened
from nccodec.errors import FormatError, LimitError

OK = sorted((Path(__file__).parents[1] / "golden" / "ok").glob("*.ncl"))
NEURAL = [path for path in OK if "partition" not in path.stem]


class Kept(dict):
    """Keeps everything, and counts what is made."""

    made = 0

    def __call__(self, key, make, size):
        if key not in self:
            self[key] = make()
            self.made += 1
            assert size(self[key]) >= 0
        return self[key]

    def has(self, key):
        return key in self


def levels(picture) -> np.ndarray:
    return np.asarray(picture).astype(int)


@pytest.mark.parametrize("path", OK, ids=lambda path: path.stem)
def test_the_whole_at_powers_of_two_is_the_decode(path, tiny):
    data, keep = path.read_bytes(), Kept()
    file = Opened(data, keep, tiny)
    width, height = file.common.width, file.common.height
    for scale in (1, 2, 4):
        part = file.part((0, 0, width, height), (scale * width, scale * height))
        whole = nccodec.decode(data, scale, weights=tiny)
        assert part.mode == whole.mode and part.size == whole.size
        assert np.abs(levels(part) - levels(whole)).max() <= 1


@pytest.mark.parametrize("path", OK, ids=lambda path: path.stem)
def test_a_region_is_what_stands_there(path, tiny):
    data, random = path.read_bytes(), np.random.default_rng(0)
    file = Opened(data, Kept(), tiny)
    whole = levels(nccodec.decode(data, 4, weights=tiny))
    for _ in range(4):
        y, x = (int(random.integers(0, n // 4)) for n in whole.shape[:2])
        h, w = (int(random.integers(1, n // 4 - at + 1)) for n, at in zip(whole.shape[:2], (y, x), strict=True))
        part = levels(file.part((x, y, w, h), (4 * w, 4 * h)))
        assert np.abs(part - whole[4 * y : 4 * (y + h), 4 * x : 4 * (x + w)]).max() <= 1


def test_a_region_between_pixels_is_the_mean_of_a_finer_decode(tiny):
    """From pixel 2.5 on, 6 pixels as 3: each is half of one, all of the next, and half of the third."""
    path = next(path for path in OK if path.stem == "range-19x14")
    file = Opened(path.read_bytes(), Kept(), tiny)
    fine = levels(nccodec.decode(path.read_bytes(), 1, weights=tiny))[2:8]  # [6, 19, 3]
    columns = np.stack([(fine[:, k] / 2 + fine[:, k + 1] + fine[:, k + 2] / 2) / 2 for k in (2, 4, 6)], 1)
    # Pixels that are kept as 0 or 255 may lie beyond, and the mean is of what they are.
    bounded = np.stack([((fine[:, k : k + 3] > 0) & (fine[:, k : k + 3] < 255)).all(1) for k in (2, 4, 6)], 1)
    errors = np.abs(levels(file.part((2.5, 2, 6, 6), (3, 6))) - columns)
    assert bounded.mean() > 0.9 and errors[bounded].max() <= 1


@pytest.mark.parametrize("at", [(0, 0), (5, 9), (18, 13)])
def test_one_pixel_is_the_pixel(tiny, at):
    data = next(path for path in OK if path.stem == "range-19x14").read_bytes()
    whole = levels(nccodec.decode(data, weights=tiny))
    pixel = levels(Opened(data, Kept(), tiny).part((*at, 1, 1), (1, 1)))
    assert np.abs(pixel - whole[at[1], at[0]]).max() <= 1


@pytest.mark.parametrize("path", OK, ids=lambda path: path.stem)
def test_reduced_views_are_means(path, tiny):
    """Over the smallest decode by a power of two, down to 1/4, that has their pixels: in float64, by overlaps."""
    data = path.read_bytes()
    file = Opened(data, Kept(), tiny)
    width, height = file.common.width, file.common.height
    size = max(1, width // 6), max(1, height // 6)
    down = next(down for down in (4, 2, 1) if down == 1 or max(size[0] / width, size[1] / height) <= 1 / down)
    decoded = nccodec.decode(data, 1 / down, weights=tiny)
    samples = levels(decoded).reshape(*decoded.size[::-1], -1)
    means = [_means(n / down, pixels) for n, pixels in ((height, size[1]), (width, size[0]))]
    expected = np.einsum("yh,xw,hwc->yxc", *means, samples)
    # Samples that are kept as 0 or 255 may lie beyond, and only views at 1/4 are means of what is kept.
    cut = np.einsum("yh,xw,hwc->yxc", *means, (samples == 0) | (samples == 255)) > 0
    part = levels(file.part((0, 0, width, height), size)).reshape(expected.shape)
    assert np.abs(part - expected)[~cut | (down == 4)].max(initial=0) <= 1.01


def _means(extent: float, pixels: int) -> np.ndarray:
    """[pixels, samples]: the share of each sample in each pixel, where the pixels cover `extent` samples."""
    edges = np.linspace(0, extent, pixels + 1)[:, None]
    samples = np.arange(int(np.ceil(extent)))[None]
    overlaps = np.minimum(edges[1:], samples + 1) - np.maximum(edges[:-1], samples)
    return np.maximum(overlaps, 0) * pixels / extent


def test_plates_have_no_seams(tiny, monkeypatch):
    path = next(path for path in OK if path.stem == "tiles-518x10")
    data = path.read_bytes()
    expected = levels(Opened(data, Kept(), tiny).part((0, 0, 518, 10), (129, 2)))
    half = levels(nccodec.decode(data, 0.5, weights=tiny))
    monkeypatch.setattr(module, "PLATES", {4: 8, 2: 4})
    keep = Kept()
    file = Opened(data, keep, tiny)
    assert np.abs(levels(file.part((0, 0, 518, 10), (129, 2))) - expected).max() <= 1
    for make in file.prepare():
        make()
    assert sum(key[:3] == ("plate", 1, 2) for key in keep) == 33  # 518 pixels in squares of 4 cells of 4
    made = keep.made
    assert np.abs(levels(file.part((0, 0, 518, 10), (259, 5))) - half).max() <= 1
    assert np.abs(levels(file.part((102, 2, 300, 8), (150, 4))) - half[1:5, 51:201]).max() <= 1
    assert keep.made == made  # from what was prepared


def test_work_is_what_is_not_made_yet(tiny, monkeypatch):
    monkeypatch.setattr(module, "PLATES", {4: 8, 2: 4})  # squares of 32 pixels, and of 16
    data = next(path for path in OK if path.stem == "tiles-518x10").read_bytes()
    file = Opened(data, Kept(), tiny)
    assert file.work((0, 0, 518, 10), (129, 2)) == 518 * 10
    assert file.work((100, 0, 60, 10), (120, 20)) == 4 * 60 * 10
    file.part((0, 0, 64, 10), (16, 2))  # two of the plates
    assert file.work((0, 0, 64, 10), (8, 1)) == 0
    assert file.work((0, 0, 80, 10), (20, 2)) == 32 * 10
    partition = next(path for path in OK if path.stem == "partition-37x22").read_bytes()
    file = Opened(partition, Kept())
    assert file.work((0, 0, 5, 5), (20, 20)) == 37 * 22 * 16
    file.part((1, 1, 5, 5), (20, 20))
    assert file.work((0, 0, 5, 5), (20, 20)) == 0


def test_integers_are_read_once_and_kept_small(tiny):
    path = next(path for path in OK if path.stem == "tiles-518x10")
    keep = Kept()
    file = Opened(path.read_bytes(), keep, tiny)
    file.part((0, 0, 8, 8), (8, 8))
    assert [key for key in keep if key[0] == "cells"] == [("cells", 0)]  # the other tile is 512 pixels away
    file.part((510, 0, 8, 8), (16, 16))
    assert [key for key in keep if key[0] == "cells"] == [("cells", 0), ("cells", 1)]
    made = keep.made
    file.part((300, 0, 8, 8), (32, 32))
    assert keep.made == made


def test_the_packer_fixed_is_read_by_tiles_too(tiny):
    path = next(path for path in OK if path.stem == "fixed-19x14")
    file = Opened(path.read_bytes(), Kept(), tiny)
    whole = levels(nccodec.decode(path.read_bytes(), weights=tiny))
    assert np.abs(levels(file.part((0, 0, 19, 14), (19, 14))) - whole).max() <= 1


@pytest.mark.parametrize("region", [(-1, 0, 5, 5), (0, 0, 20, 5), (0, 10, 5, 5), (0, 0, 0, 5)])
def test_a_region_that_is_not_inside_is_refused(region, tiny):
    path = next(path for path in OK if path.stem == "range-19x14")
    with pytest.raises(LimitError, match="not inside"):
        Opened(path.read_bytes(), Kept(), tiny).part(region, (5, 5))


def test_enlargement_ends(tiny):
    collage, partition = (next(p for p in OK if p.stem == stem) for stem in ("range-19x14", "partition-37x22"))
    file = Opened(collage.read_bytes(), Kept(), tiny)
    assert file.largest == 16
    assert file.part((3, 3, 2, 2), (32, 32)).size == (32, 32)
    with pytest.raises(LimitError, match="enlarged"):
        file.part((3, 3, 2, 2), (40, 40))
    assert Opened(partition.read_bytes(), Kept()).largest == 16  # 37 x 22 pixels, 256 times, are few


def test_what_cannot_be_made_in_parts_is_enlarged_less(monkeypatch):
    partition = next(p for p in OK if p.stem == "partition-37x22")
    monkeypatch.setattr(module, "WHOLE_PIXELS", 37 * 22 * 30)  # 5.5 times along each side
    assert Opened(partition.read_bytes(), Kept()).largest == 4


def test_what_is_no_file_is_refused(tiny):
    with pytest.raises(FormatError):
        Opened(b"hello", Kept(), tiny)
    data = next(p for p in OK if p.stem == "range-19x14").read_bytes()
    with pytest.raises(FormatError):
        Opened(data[:-7], Kept(), tiny)
