"""`nc diff` against differences made by hand."""

import json
import math

import numpy as np
import pytest
from PIL import Image

import nccodec
from nccodec.evaluation.metrics import ms_ssim
from nccodec.evaluation.ssimulacra2 import ssimulacra2


@pytest.fixture
def pair(tmp_path):
    """Two pictures of 200 x 180 that differ in two pixels: by 40 in green at (17, 5), by 9 in red at (3, 100)."""
    a = np.full((180, 200, 3), 90, np.uint8)
    b = a.copy()
    b[5, 17, 1] += 40
    b[100, 3, 0] -= 9
    for name, pixels in (("a.png", a), ("b.png", b)):
        Image.fromarray(pixels).save(tmp_path / name)
    return tmp_path


def test_psnr_and_where_the_largest_error_is(nc, pair):
    db = 10 * math.log10(255**2 / ((1600 + 81) / (200 * 180 * 3)))
    code, out, err = nc("diff", "a.png", "b.png")
    assert (code, err) == (0, "")
    assert out == f"PSNR {db:.2f} dB, largest error 40 at (17, 5), green\n"
    out = nc("diff", "a.png", "b.png", "--ms-ssim")[1]
    assert out.startswith(f"PSNR {db:.2f} dB, MS-SSIM 0.99") and out.endswith(", largest error 40 at (17, 5), green\n")
    assert "ms-ssim" not in json.loads(nc("diff", "a.png", "b.png", "--json")[1])
    found = json.loads(nc("diff", "a.png", "b.png", "--json", "--ms-ssim")[1])
    assert found["psnr"] == pytest.approx(db) and 0.99 < found["ms-ssim"] < 1
    assert "SSIMULACRA2 n/a (a side is under 225 pixels), largest" in nc("diff", "a.png", "b.png", "--ssimulacra2")[1]
    assert {key: found[key] for key in ("largest", "x", "y", "channel")} == {
        "largest": 40, "x": 17, "y": 5, "channel": "green",
    }  # fmt: skip


def test_the_map_is_black_where_equal_and_white_from_32_levels_on(nc, pair):
    assert nc("diff", "a.png", "b.png", "-o", "map.png")[0] == 0
    with Image.open("map.png") as shown:
        colours = np.asarray(shown)[:180, :200]
    assert colours[5, 17].tolist() == [255, 255, 255]
    assert colours[100, 3].tolist() == [round(255 * 9 / (32 / 3)), 0, 0]  # red is at a third of 32
    assert np.count_nonzero(colours.any(-1)) == 2
    code, _, err = nc("diff", "a.png", "b.png", "-o", "map.png")
    assert code == 1 and err == "nc: map.png: exists already (-f overwrites it)\n"
    assert nc("diff", "a.png", "b.png", "-o", "a.png", "-f")[0] == 1
    assert nc("diff", "a.png", "b.png", "-o", "map.png", "-f")[0] == 0


@pytest.mark.parametrize("width", [20, 640, 2000])
def test_the_map_has_a_legend_of_its_colours(nc, tmp_path, width):
    """One line of the bar has all that the map has, in order, black, red, yellow and white among it."""
    a = np.full((40, width, 3), 100, np.uint8)
    b = a.copy()
    b[:, :, 2] += np.uint8(np.arange(width) * 40 // width)
    for name, pixels in (("a.png", a), ("b.png", b)):
        Image.fromarray(pixels).save(name)
    assert nc("diff", "a.png", "b.png", "-o", "map.png")[0] == 0
    with Image.open("map.png") as shown:
        sheet = np.asarray(shown)
    assert sheet.shape[1] == max(width, 240) and sheet.shape[0] > 40
    bar = [tuple(map(int, colour)) for colour in sheet[40 + max(12, width // 80)]]  # the middle of the bar
    bar = [colour for colour, before in zip(bar[1:], bar, strict=False) if colour != before and colour != bar[0]]
    mapped = [tuple(map(int, colour)) for colour in sheet[20, :width]]
    mapped = list(dict.fromkeys(mapped))
    assert [colour for colour in bar if colour in mapped] == mapped and len(bar) == 33
    assert bar[0] == (0, 0, 0) and bar[-1] == (255, 255, 255) and bar[16] == (255, 128, 0)
    hues = [(r > 0, g > 0, b > 0) for r, g, b in bar]
    assert [hues.count(hue) for hue in ((False,) * 3, (True, False, False), (True, True, False))] == [1, 10, 11]


def test_a_map_that_its_format_cannot_hold_is_named(nc, pair):
    Image.open("a.png").resize((300, 260)).save("c.png")
    code, _, err = nc("diff", "c.png", "c.png", "-o", "map.ico")
    assert code == 1 and err.startswith("nc: map.ico: 300 x ") and not (pair / "map.ico").exists()


def test_equal_pictures(nc, pair):
    code, out, _ = nc("diff", "a.png", "a.png")
    assert (code, out) == (0, "equal: 200 x 180 pixels without any difference\n")
    found = json.loads(nc("diff", "a.png", "a.png", "--json")[1])
    assert (found["psnr"], found["largest"]) == (None, 0)


def test_ssimulacra2_is_that_of_the_second(nc, pair):
    Image.linear_gradient("L").convert("RGB").save("e.png")
    Image.linear_gradient("L").convert("RGB").quantize(8).save("f.png")
    orders = ("e.png", "f.png"), ("f.png", "e.png")
    found = [json.loads(nc("diff", *names, "--json", "--ssimulacra2")[1]) for names in orders]
    a, b = (np.asarray(Image.open(name).convert("RGB")) for name in ("e.png", "f.png"))
    assert [one["ssimulacra2"] for one in found] == [ssimulacra2(a, b), ssimulacra2(b, a)]
    out = nc("diff", "e.png", "f.png", "--ssimulacra2", "--ms-ssim")[1]
    assert f"MS-SSIM {ms_ssim(a, b):.5f}, SSIMULACRA2 {ssimulacra2(a, b):.2f}, largest" in out


def test_small_pictures_have_no_ms_ssim(nc, pair):
    Image.new("L", (160, 300), 4).save("c.png")
    Image.new("RGB", (160, 300), (4, 4, 5)).save("d.png")
    out = nc("diff", "c.png", "d.png", "--ms-ssim")[1]
    db = 10 * math.log10(255**2 / (1 / 3))
    assert out == f"PSNR {db:.2f} dB, MS-SSIM n/a (a side is under 161 pixels), largest error 1 at (0, 0), blue\n"


def test_ncl_files_are_decoded(nc, picture, tiny, tmp_path):
    assert nc("encode", "a.png", "--weights", tiny)[0] == 0
    out = nc("diff", "a.png", "a.ncl", "--weights", tiny)[1]
    decoded = nccodec.decode((tmp_path / "a.ncl").read_bytes(), weights=tiny)
    error = np.abs(np.asarray(Image.open("a.png"), int) - np.asarray(decoded, int))
    db = 10 * math.log10(255**2 / np.square(error).mean())
    assert out.startswith(f"PSNR {db:.2f} dB, ") and f"largest error {error.max()} at " in out


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("a.png", "small.png", "a.png and small.png: 200 x 180 against 20 x 18 pixels; sizes must agree"),
        ("a.png", "absent.png", "absent.png: no such file"),
        ("text.ncl", "a.png", "text.ncl: not a .ncl file (wrong magic)"),
        ("a.png", "text.jpg", "text.jpg: not an image"),
        ("clear.png", "a.png", "clear.png: has transparency, which has no PSNR; flatten it first"),
    ],
)
def test_what_cannot_be_compared_is_one_line(nc, pair, first, second, message):
    Image.new("RGB", (20, 18)).save("small.png")
    Image.new("RGBA", (200, 180), (1, 2, 3, 4)).save("clear.png")
    for name in ("text.ncl", "text.jpg"):
        (pair / name).write_text("this is no picture at all")
    before = sorted(pair.iterdir())
    code, out, err = nc("diff", first, second, "-o", "map.png")
    assert (code, out, err) == (1, "", f"nc: {message}\n")
    assert sorted(pair.iterdir()) == before


def test_no_folder_is_made(nc, pair, tmp_path):
    code, _, err = nc("diff", "a.png", "b.png", "-o", tmp_path / "none" / "x.png")
    assert code == 1 and err.endswith("none: no such folder\n") and not (tmp_path / "none").exists()
