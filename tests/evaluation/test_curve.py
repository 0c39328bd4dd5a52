"""Curves count real bytes, are means of pictures, and are read from what others publish."""

import json
import math

import numpy as np
import pytest
from PIL import Image

from nccodec.errors import ComparisonError
from nccodec.evaluation.artefacts import blockiness, colour_error
from nccodec.evaluation.codecs import PEERS
from nccodec.evaluation.curve import METRICS, SHORTEST, curve_of, measure, measured, read_curves, values_of
from nccodec.evaluation.metrics import ms_ssim
from nccodec.evaluation.ssimulacra2 import ssimulacra2
from nccodec.imaging.psnr import psnr


class Counted:
    """A codec whose file at a setting has that many bytes a row, and decodes to black."""

    name = title = "counted"
    description, ladder, mime = "bytes a row", (1, 3), None

    def prepare(self, picture):
        self.size = picture.size
        return lambda setting: b"x" * (setting * picture.height)

    def decode(self, data):
        return Image.new("RGB", self.size)

    def warm_up(self):
        self.size = (1, 1)


def test_rows_are_of_the_bytes_and_the_pixels():
    codec = Counted()
    rows = measured(codec, Image.new("RGB", (16, 4), (9, 9, 9)), (1, 3))
    assert codec.size == (16, 4)  # warmed up before, not in between
    assert [row["bpp"] for row in rows] == [8 * 4 / 64, 8 * 12 / 64]
    assert all(math.isclose(row["psnr-rgb"], 10 * math.log10(255**2 / 81)) for row in rows)
    assert all(row["encoding_time"] >= 0 and row["decoding_time"] >= 0 for row in rows)


def test_a_curve_is_the_mean_of_its_pictures():
    pictures = [("a", Image.new("RGB", (8, 8), (9, 9, 9))), ("b", Image.new("RGB", (16, 4), (3, 3, 3)))]
    curve = measure(pictures, Counted())
    assert (curve["name"], curve["description"], curve["settings"]) == ("counted", "bytes a row", [1, 3])
    assert curve["results"]["bpp"] == [(1 + 0.5) / 2, (3 + 1.5) / 2]
    mean = (10 * math.log10(255**2 / 81) + 10 * math.log10(255**2 / 9)) / 2
    assert all(math.isclose(db, mean) for db in curve["results"]["psnr-rgb"])


def test_ms_ssim_is_measured_where_sides_allow_it():
    for size, known in (((161, 170), True), ((160, 400), False)):
        row = measured(Counted(), Image.new("RGB", size), (1,), ("psnr", "ms-ssim"))[0]
        assert (row["ms-ssim-rgb"] is not None) == known
        assert row["psnr-rgb"] is None  # black is what the codec decodes to


def test_each_metric_is_measured_where_it_is_wanted():
    """Against the functions themselves; black has no steps that blockiness could be measured by."""
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 256, (2, 226, 230, 3), np.uint8)
    assert values_of(a, b, ["colour", "psnr"]) == {"psnr-rgb": psnr(a, b), "colour-error": colour_error(a, b)}
    found = values_of(a, b, list(METRICS))
    assert list(found) == list(METRICS.values())
    assert found["blockiness"] == blockiness(b) and found["ms-ssim-rgb"] == ms_ssim(a, b)
    assert found["ssimulacra2"] == ssimulacra2(a, b)
    assert values_of(a, np.zeros_like(b), ["blockiness"]) == {"blockiness": None}
    for metric, side in SHORTEST.items():
        known = [values_of(a[:n], b[:n], [metric])[METRICS[metric]] is not None for n in (side - 1, side)]
        assert known == [False, True], metric


def test_what_a_picture_lacks_leaves_the_curve():
    rows = [[{"bpp": b, "psnr-rgb": db, "ms-ssim-rgb": s}] for b, db, s in ((1.0, 30.0, 0.5), (3.0, 40.0, None))]
    assert curve_of(Counted(), (7,), rows)["results"] == {"bpp": [2.0], "psnr-rgb": [35.0]}
    exact = [{"bpp": 1.0, "psnr-rgb": 30.0}, {"bpp": 2.0, "psnr-rgb": None}]
    curve = curve_of(Counted(), (7, 8), [exact, exact])
    assert (curve["settings"], curve["results"]) == ([7], {"bpp": [1.0], "psnr-rgb": [30.0]})
    with pytest.raises(ComparisonError, match="counted codes a picture without error at every setting"):
        curve_of(Counted(), (8,), [exact[1:]])


def test_the_jpeg_anchor_is_monotone():
    noise = Image.effect_noise((64, 64), 40).convert("RGB")
    results = measure([("noise", noise)], PEERS["jpeg"])["results"]
    for key in ("bpp", "psnr-rgb"):
        assert results[key] == sorted(results[key])


PUBLISHED = {"name": "VTM", "description": "d", "results": {"bpp": [0.1, 0.2], "psnr-rgb": [27.0, 29.5]}}


@pytest.mark.parametrize("wrap", [lambda c: c, lambda c: [c], lambda c: {"pictures": [], "curves": [c]}])
def test_published_curves_are_read_as_one_as_a_list_and_as_ours(tmp_path, wrap):
    (tmp_path / "c.json").write_text(json.dumps(wrap(PUBLISHED)))
    assert read_curves(tmp_path / "c.json") == [PUBLISHED]


def test_an_older_name_of_psnr_is_known_and_what_is_not_is_left_out(tmp_path):
    results = {"bpp": [0.1], "psnr": [27], "lpips": [0.3], "encoding_time": [2.5]}
    (tmp_path / "c.json").write_text(json.dumps({"name": "a", "settings": [5], "results": results}))
    expected = {"bpp": [0.1], "psnr-rgb": [27], "encoding_time": [2.5]}
    assert read_curves(tmp_path / "c.json") == [{"name": "a", "description": "", "settings": [5], "results": expected}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("\xff", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("3", "holds no curves"),
        ("[]", "holds no curves"),
        ('{"curves": []}', "holds no curves"),
        ('[{"results": {}}]', 'a curve without "name"'),
        ('{"name": "a", "results": [1]}', 'a curve without "name" and "results"'),
        ('{"name": "a", "results": {"psnr-rgb": [1]}}', 'a has no "bpp" beside'),
        ('{"name": "a", "results": {"bpp": [1]}}', 'a has no "bpp" beside one of "psnr-rgb", "ms-ssim-rgb"'),
        ('{"name": "a", "results": {"bpp": [1], "psnr-rgb": [1, 2]}}', '"psnr-rgb" is not a list as long as "bpp"'),
        ('{"name": "a", "results": {"bpp": [], "psnr-rgb": []}}', '"bpp" is not a list'),
        ('{"name": "a", "results": {"bpp": [1], "psnr-rgb": ["x"]}}', '"psnr-rgb" holds what is not a number'),
        ('{"name": "a", "results": {"bpp": [1], "psnr-rgb": [NaN]}}', '"psnr-rgb" holds what is not a number'),
        ('{"name": "a", "results": {"bpp": [0], "psnr-rgb": [1]}}', "a rate that is not positive"),
    ],
)
def test_what_is_no_curve_is_refused_by_name_and_cause(tmp_path, text, message):
    path = tmp_path / "c.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ComparisonError) as caught:
        read_curves(path)
    assert str(caught.value).startswith(f"{path}: ") and message in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ComparisonError, match="No such file"):
        read_curves(tmp_path / "absent.json")
