"""`nc pifs` as a user runs it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nccodec
from nccodec.imaging.psnr import psnr

NUMBER = r"\d+(?:\.\d+)?"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_without_an_output_it_only_reports(nc, picture, tmp_path):
    code, out, err = nc("pifs", "a.png", "-q", 40)
    assert (code, out, names(tmp_path)) == (0, "", ["a.png"])
    data = nccodec.encode(Image.open(picture), 40, map="pifs")
    db = psnr(np.asarray(Image.open(picture)), np.asarray(nccodec.decode(data)))
    share = 100 * len(data) / len((tmp_path / "a.png").read_bytes())
    size = f"{len(data)} bytes ({share:.1f} % of the source)"
    start = f"a.png: 44 x 30, {size}, {8 * len(data) / 1320:.3f} bpp, {db:.2f} dB, "
    assert err.startswith(start) and err.count("\n") == 1
    about = nccodec.info(data)
    assert f" ranges, {about['references']} with one of " in err and " domains, exact after 7 steps" in err


def test_a_file_is_written_decoded_and_described(nc, picture, tmp_path):
    assert nc("pifs", "a.png", "-o", "b.ncl", "--no-quadtree", "--range-size", 4)[0] == 0
    data = (tmp_path / "b.ncl").read_bytes()
    assert data == nccodec.encode(Image.open(picture), quadtree=False, range_size=4, map="pifs")
    code, _, err = nc("pifs", "a.png", "-o", "b.ncl")
    assert code == 1 and err == "nc: a.png: b.ncl: exists already (-f overwrites it)\n"
    assert nc("pifs", "a.png", "-o", "b.ncl", "-f", "-q", 80)[0] == 0
    code, _, err = nc("pifs", "a.png", "-o", "c.ncl", "--no-domains")
    assert code == 0 and " ranges, 0 with one of " in err and " domains, exact after 0 steps, |s| up to 0" in err
    assert (tmp_path / "c.ncl").read_bytes() == nccodec.encode(Image.open(picture), domains=False, map="pifs")
    assert nc("decode", "b.ncl", "--scale", 2)[0] == 0
    with Image.open("b@2x.png") as decoded:
        assert decoded.size == (88, 60)
    assert nc("decode", "b.ncl", "--smooth", "-o", "smooth.png")[0] == 0
    with Image.open("smooth.png") as decoded:
        np.testing.assert_array_equal(decoded, nccodec.decode((tmp_path / "b.ncl").read_bytes(), smooth=True))
    about = json.loads(nc("info", "b.ncl", "--json")[1])
    assert about["isometries"] == 8 and sum(about["chunks"].values()) == about["bytes"]
    assert set(about["chunks"]) == {
        "partition", "means", "range scales", "isometries", "addresses", "header and framing",
    }  # fmt: skip
    assert about["chunks"]["header and framing"] == 63
    shown = nc("info", "b.ncl")[1]
    for part in (
        "44 x 30, RGB",
        "addresses ",
        "ranges of 32 to 1 px",
        "domains every 8 px, isometries: 8",
        "ranges with a domain",
        "7 iterations at 1x",
    ):
        assert part in shown


def test_packers_hold_the_same_picture(nc, picture, tmp_path):
    for packer in ("range", "fixed"):
        assert nc("pifs", "a.png", "-o", f"{packer}.ncl", "--packer", packer)[0] == 0
    files = [(tmp_path / f"{packer}.ncl").read_bytes() for packer in ("range", "fixed")]
    assert [nccodec.info(data)["packer"] for data in files] == ["range", "fixed"] and len(files[0]) < len(files[1])
    np.testing.assert_array_equal(*(np.asarray(nccodec.decode(data)) for data in files))


def test_several_pictures_and_one_that_is_none(nc, picture, tmp_path):
    (tmp_path / "b.png").write_bytes(b"no picture")
    picture.with_name("c.png").write_bytes(picture.read_bytes())
    (tmp_path / "out").mkdir()
    code, _, err = nc("pifs", "a.png", "b.png", "c.png", "-o", "out", "-q", 10)
    lines = err.splitlines()
    assert code == 1 and len(lines) == 4
    assert lines[1] == "nc: b.png: not an image" and lines[3] == "nc: 1 of 3 pictures failed"
    assert names(tmp_path / "out") == ["a.ncl", "c.ncl"]


def test_targets(nc, picture, tmp_path):
    assert nc("pifs", "a.png", "-o", "a.ncl", "--bpp", 2)[0] == 0
    assert 0.9 * 330 <= (tmp_path / "a.ncl").stat().st_size <= 330
    assert nc("pifs", "a.png", "-o", "s.ncl", "--size", 330)[0] == 0
    assert (tmp_path / "s.ncl").read_bytes() == (tmp_path / "a.ncl").read_bytes()
    err = nc("pifs", "a.png", "--psnr", 25)[2]
    assert 25 <= float(re.search(rf"({NUMBER}) dB", err)[1]) <= 25.8
    code, _, err = nc("pifs", "a.png", "--bpp", 0.01)
    assert code == 1 and err.startswith("nc: a.png: 0.01 bpp cannot be met; the smallest file has ")


def test_comparison_with_the_neural_codec_at_equal_bytes(nc, tmp_path, smooth, tiny):
    smooth(96, 96).save(tmp_path / "a.png")
    size = len(nccodec.encode(smooth(96, 96), 50, weights=tiny))
    code, _, err = nc("pifs", "a.png", "--bpp", 8 * size / 96**2, "--compare", "--weights", tiny)
    first, second = err.splitlines()
    assert code == 0
    ours, theirs = (int(re.search(rf"({NUMBER}) bytes", line)[1]) for line in (first, second))
    assert second.startswith("  nc encode: ") and 0.98 * ours <= theirs <= ours


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("a.png", "--range-size", 5),
        ("a.png", "--isometries", 2),
        ("a.png", "-q", 101),
        ("a.png", "-q", 50, "--bpp", 1),
        ("a.png", "--size", 400, "--bpp", 1),
        ("a.png", "--weights", "photo"),
        ("a.png", "a.png", "-o", "b.ncl"),
    ],
)
def test_usage_errors_exit_2(nc, picture, arguments):
    code, out, err = nc("pifs", *arguments)
    assert (code, out) == (2, "") and "Usage: nc" in err


def test_steps_that_there_are_not(nc, picture):
    code, _, err = nc("pifs", "a.png", "--domain-step", 3)
    assert (code, err) == (1, "nc: a.png: domain_step 3 is none of 4, 8, 16, 32, 64\n")


def test_ctrl_c_exits_130_and_leaves_nothing(nc, picture, tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(nccodec, "encode", interrupt)
    assert nc("pifs", "a.png", "-o", "a.ncl")[0] == 130
    assert names(tmp_path) == ["a.png"]


def test_folders_are_not_made_for_an_output(nc, picture, tmp_path):
    code, _, err = nc("pifs", picture, "-o", tmp_path / "none" / "a.ncl")
    assert code == 1 and "none: no such folder" in err and not (tmp_path / "none").exists()
