"""Targets of `nc encode`, --size, --bpp and --psnr, and what is said where a picture meets them too well or not."""

import json

import numpy as np
import pytest
from PIL import Image

import nccodec


@pytest.mark.parametrize("effort", [0, 1, 2])
def test_targets_are_met_from_below_or_above(nc, tmp_path, smooth, tiny, effort):
    """Sizes within 2 % and never over, PSNR within 0.1 dB and never under, as the file itself shows."""
    smooth(96, 128).save(tmp_path / "a.png")
    ends = []
    for quality in (0, 80):  # above, sizes jump with weights that were never trained
        assert nc("encode", "a.png", "-f", "-e", effort, "-q", quality, "--weights", tiny)[0] == 0
        ends.append((tmp_path / "a.ncl").read_bytes())
    sizes = [len(data) for data in ends]
    wanted = sum(sizes) // 2
    for target in (("--size", wanted), ("--size", f"{wanted / 1000}k"), ("--bpp", 8 * wanted / (96 * 128))):
        assert nc("encode", "a.png", "-f", "-e", effort, *target, "--weights", tiny)[0] == 0
        assert 0.98 * wanted <= (tmp_path / "a.ncl").stat().st_size <= wanted
    source = np.asarray(Image.open(tmp_path / "a.png"), float)

    def db(data: bytes) -> float:
        error = np.asarray(nccodec.decode(data, weights=tiny), float) - source
        return 10 * np.log10(255**2 / np.square(error).mean())

    middle = (db(ends[0]) + db(ends[1])) / 2
    assert nc("encode", "a.png", "-f", "-e", effort, "--psnr", middle, "--weights", tiny)[0] == 0
    assert middle <= db((tmp_path / "a.ncl").read_bytes()) <= middle + 0.1 + 1e-9


@pytest.fixture
def ends(nc, picture, tmp_path, tiny):
    """Files of the lowest and the highest quality."""
    found = []
    for quality in (0, 100):
        assert nc("encode", "a.png", "-f", "-q", quality, "--weights", tiny)[0] == 0
        found.append((tmp_path / "a.ncl").read_bytes())
    (tmp_path / "a.ncl").unlink()
    return found


def test_what_no_file_meets_is_said_with_the_nearest(nc, tmp_path, tiny, ends):
    for target, text in (
        (("--size", 60), f"60 bytes cannot be met; the smallest file has {len(ends[0])} bytes"),
        (("--bpp", 0.3), f"0.3 bpp cannot be met; the smallest file has {8 * len(ends[0]) / 1320:.4f} bpp"),
        (("--psnr", 90), "90 dB cannot be met; the best lossy file has "),
    ):
        code, out, err = nc("encode", "a.png", *target, "--weights", tiny)
        assert (code, out) == (1, "") and err.startswith(f"nc: a.png: {text}") and err.count("\n") == 1
        assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_what_is_met_with_ease_is_the_best_or_the_smallest_file_and_said(nc, tmp_path, tiny, ends):
    for target, data, text in (
        (("--size", "1M"), ends[1], f"1000000 bytes are more than the best lossy file needs: {len(ends[1])} bytes\n"),
        (
            ("--bpp", 20),
            ends[1],
            f"20 bpp are more than the best lossy file needs: {8 * len(ends[1]) / 1320:.4f} bpp\n",
        ),
        (("--psnr", 2), ends[0], "2 dB are less than the smallest file has: "),
    ):
        code, _, err = nc("encode", "a.png", "-f", *target, "--weights", tiny)
        assert code == 0 and err.startswith(f"nc: warning: a.png: {text}")
        assert (tmp_path / "a.ncl").read_bytes() == data


def test_a_picture_without_error_is_exact_and_its_json_is_json(nc, tmp_path, tiny):
    """Of a picture that nobody sees any error is none."""
    Image.new("RGBA", (16, 16)).save(tmp_path / "a.png")
    code, out, err = nc("encode", "a.png", "--psnr", 30, "--weights", tiny, "--json")
    assert code == 0 and "30 dB are less than the smallest file has: no error at all" in err
    assert json.loads(out, parse_constant=pytest.fail)["psnr"] is None
    assert ", exact, " in nc("encode", "a.png", "-f", "--weights", tiny)[2]


def test_pictures_that_another_format_keeps_better_are_told_of(nc, tmp_path, tiny):
    """Dots, one bit in black and white: poor, and larger than the PNG."""
    y, x = np.mgrid[0:48, 0:64]
    Image.fromarray((y * 7 + x * 5 + y * x) % 3 == 0).save("dots.png")
    code, _, err = nc("encode", "dots.png", "-q", 95, "--weights", tiny, "--map", "collage")
    data, size = (tmp_path / "dots.ncl").read_bytes(), (tmp_path / "dots.png").stat().st_size
    with Image.open("dots.png") as picture:
        error = np.asarray(picture.convert("L"), float) - np.asarray(nccodec.decode(data, weights=tiny))
    db = 10 * np.log10(255**2 / np.square(error).mean())
    assert code == 0 and db < 25 and len(data) > size
    head = "nc: warning: dots.png: "
    assert err.splitlines()[:2] == [
        f"{head}only {db:.1f} dB at -q 95; --map screen keeps such pictures",
        f"{head}larger than before, {len(data)} bytes, {size} in the source; keep that, or try a lower -q",
    ]
    assert "dB at" not in nc("encode", "dots.png", "-f", "-q", 50, "--weights", tiny, "--map", "collage")[2]
