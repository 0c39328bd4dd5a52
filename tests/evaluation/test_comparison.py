"""BD-rates between all curves, speeds, tables, and what there is to look at."""

import base64
import io
import math

import numpy as np
import pytest
from PIL import Image

from nccodec.evaluation import gallery
from nccodec.evaluation.cache import Cache
from nccodec.evaluation.codecs import PEERS, Ncl
from nccodec.evaluation.comparison import RATES, bd_rates, compare, look, speeds
from nccodec.evaluation.tables import Table, tables
from nccodec.evaluation.work import Picture


def curve(name: str, factor: float, count: int = 4, step: float = 4, **results) -> dict:
    """Rates that double each `step` dB."""
    rates = [0.1 * factor * 2**i for i in range(count)]
    return {"name": name, "description": "", "settings": list(range(count))} | {
        "results": {"bpp": rates, "psnr-rgb": [25 + step * i for i in range(count)], **results}
    }


def test_bd_rates_are_of_every_curve_against_every_anchor():
    short = curve("short", 1, count=3)
    plain = {"name": "similar", "description": "", "results": {"bpp": [1.0], "ms-ssim-rgb": [0.9]}}
    rates = bd_rates([curve("one", 1), curve("half", 0.5), short, plain], 2)
    pairs = {(rate["codec"], rate["against"]): rate for rate in rates}
    assert set(pairs) == {("half", "one"), ("short", "one"), ("one", "half"), ("short", "half")}
    assert math.isclose(pairs["half", "one"]["bd-rate"], -50) and pairs["half", "one"]["interval"] == [25, 37]
    assert math.isclose(pairs["one", "half"]["bd-rate"], 100)
    assert pairs["short", "one"]["refused"] == "BD-rate needs at least four points a curve"
    narrow = bd_rates([curve("one", 1), curve("narrow", 1, step=1.5)], 1)
    assert narrow[0]["refused"] == "BD-rate: the curves have only 4.50 dB in common"


def test_bd_rates_are_over_each_metric_that_both_curves_have():
    """Twice the rate at the same MS-SSIM, 1 - 10^-(1 + i / 2), 5 dB apart; four times at the same SSIMULACRA2."""
    similar = {"ms-ssim-rgb": [1 - 10 ** -(1 + i / 2) for i in range(4)]}
    one = curve("one", 1, **similar, ssimulacra2=[-20, 10, 40, 80])
    two = curve("two", 2, **similar)
    far = curve("far", 4, ssimulacra2=[-20, 10, 40, 80])
    rates = {(rate["codec"], rate["metric"]): rate for rate in bd_rates([one, two, far], 1)}
    assert set(rates) == {
        ("two", "psnr-rgb"), ("two", "ms-ssim-rgb"), ("far", "psnr-rgb"), ("far", "ssimulacra2")
    }  # fmt: skip
    assert math.isclose(rates["two", "ms-ssim-rgb"]["bd-rate"], 100)
    assert np.allclose(rates["two", "ms-ssim-rgb"]["interval"], [10, 25])
    assert math.isclose(rates["far", "ssimulacra2"]["bd-rate"], 300)
    assert rates["far", "ssimulacra2"]["interval"] == [-20, 80]
    narrow = [curve(name, 1, ssimulacra2=[50, 55, 60, 69.5]) for name in "ab"]
    refused = [rate for rate in bd_rates(narrow, 1) if rate["metric"] == "ssimulacra2"]
    assert [rate["refused"] for rate in refused] == ["BD-rate: the curves have only 19.50 points in common"]
    found = {
        "pictures": [{"width": 9, "height": 9}],
        "bd-rates": bd_rates([one, two, far], 1),
        "curves": [one, two, far],
    }
    titles = [table.title for table in tables(found)]
    assert titles[:3] == ["BD-rate over PSNR", "BD-rate over MS-SSIM", "BD-rate over SSIMULACRA2"]
    assert tables(found)[1].rows == [("two", "+100.0 %\n10.00 to 25.00 dB")]
    assert tables(found)[2].rows == [("far", "+300.0 %\n-20.00 to 80.00 points")]


def test_speeds_are_those_near_a_rate():
    times = {"encoding_time": [1.0, 2.0, 3.0, 4.0], "decoding_time": [5.0, 6.0, 7.0, 8.0]}
    found = speeds([curve("a", 1, **times), curve("b", 4, **times), curve("without times", 1)])
    assert [(row["name"], row["setting"], row["encode"], row["decode"]) for row in found] == [
        ("a", 3, 4.0, 8.0),  # 0.1, 0.2, 0.4, 0.8 bpp
        ("b", 1, 2.0, 6.0),  # 0.4, 0.8, 1.6, 3.2 bpp
    ]


def test_tables_tell_intervals_refusals_and_points():
    curves = [curve("JPEG", 1), curve("half", 0.5), curve("short", 1, count=3)]
    found = {"pictures": [{"width": 1000, "height": 500}], "bd-rates": bd_rates(curves, 2), "curves": curves}
    rates, points = tables(found)
    assert rates.columns == ("", "against JPEG", "against half")
    assert rates.rows[1] == ("half", "-50.0 %\n25.00 to 37.00 dB", "-")
    assert rates.rows[2][1] == "-\nneeds at least four points a curve"
    assert points.columns == ("", "setting", "bpp", "PSNR, dB") and len(points.rows) == 11
    assert points.rows[1] == ("JPEG", "1", "0.200", "29.00")


def test_a_table_as_text_is_in_columns():
    table = Table("T", ("", "b"), [("one", "2\n33"), ("x", "4")], "note")
    assert table.text() == "T\n      b\none   2\n     33\nx     4\nnote"


@pytest.fixture
def picture(tmp_path, smooth):
    smooth(176, 192).save(tmp_path / "a.png")
    return Picture.of(tmp_path / "a.png")


def test_a_comparison_has_curves_in_order_and_others_after_them(picture):
    codecs, other = [PEERS["webp"], PEERS["jpeg"]], curve("theirs", 1)
    found = compare([picture], codecs, ("psnr", "ms-ssim"), [other], Cache(None), 1, lambda *_: None)
    assert found["pictures"] == [{"name": "a.png", "width": 192, "height": 176}]
    assert [c["name"] for c in found["curves"]] == ["WebP", "JPEG", "theirs"] and found["curves"][2] is other
    source = Image.open(picture.path)
    for codec, own in zip(codecs, found["curves"], strict=False):
        sizes = [len(codec.prepare(source)(setting)) for setting in own["settings"]]
        assert own["results"]["bpp"] == pytest.approx([8 * size / (192 * 176) for size in sizes])
        assert all(0 < value < 1 for value in own["results"]["ms-ssim-rgb"])
    assert {rate["against"] for rate in found["bd-rates"]} == {"WebP", "JPEG"}


def opened(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def test_what_there_is_to_look_at_has_about_the_same_bytes(tmp_path, tiny):
    noise = Image.effect_noise((192, 176), 50).convert("RGB")
    noise.save(tmp_path / "noise.png")
    codecs = [Ncl("ncl-e0", 0, str(tiny)), PEERS["jpeg"], PEERS["webp"]]
    entry = look([Picture.of(tmp_path / "noise.png")], codecs, Cache(None), 1, lambda *_: None)[0]
    assert (entry["width"], entry["height"], entry["part"]) == (192, 176, False)
    np.testing.assert_array_equal(opened(entry["src"]), noise)
    jpegs = [len(PEERS["jpeg"].prepare(noise)(quality)) for quality in range(1, 96)]
    for rate, wanted in zip(entry["rates"], RATES, strict=True):
        assert rate["bytes"] == min(jpegs, key=lambda size: abs(size - wanted * 192 * 176 / 8))
        assert [file["codec"] for file in rate["files"]] == ["nccodec -e 0", "JPEG", "WebP"]
        for file, form in zip(rate["files"], ("WEBP", "JPEG", "WEBP"), strict=True):
            assert opened(file["src"]).format == form and opened(file["src"]).size == (192, 176)
            assert file["bpp"] == pytest.approx(8 * file["bytes"] / (192 * 176))
        assert len(base64.b64decode(rate["files"][1]["src"].partition(",")[2])) == rate["bytes"]
    for enlargement, scale in zip(entry["enlargements"], (2, 4, 8), strict=True):
        assert enlargement["scale"] == scale
        assert opened(enlargement["decoded"]).size == opened(enlargement["cubic"]).size == (320, 320)


def test_of_a_large_picture_the_middle_is_shown():
    wide, tall = (gallery.shown_part(Image.new("RGB", size)) for size in ((3000, 1200), (900, 2000)))
    assert (wide.size, tall.size) == ((1536, 1024), (900, 1536))
    marked = Image.new("L", (2001, 30))
    marked.putpixel((1000, 15), 255)
    assert gallery.shown_part(marked).getpixel((1000 - 232, 15)) == 255
