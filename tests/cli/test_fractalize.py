"""`nc fractalize` as a user runs it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nccodec
from nccodec.imaging.psnr import psnr


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_told_of_and_decoded(nc, picture, tmp_path):
    code, out, err = nc("fractalize", "a.png", "--ranges", 8, "-q", 60)
    data = (tmp_path / "a.ncl").read_bytes()
    assert (code, out) == (0, "")
    assert data == nccodec.encode(Image.open(picture), 60, map="whole", range_size=8)
    db = psnr(np.asarray(Image.open(picture)), np.asarray(nccodec.decode(data)))
    size = f"{len(data)} bytes ({100 * len(data) / len(picture.read_bytes()):.1f} % of the source)"
    start = f"a.ncl: 44 x 30, {size}, {8 * len(data) / 1320:.3f} bpp, {db:.2f} dB, "
    assert err.startswith(start) and err.count("\n") == 1
    assert nc("decode", "a.ncl", "--scale", 4)[0] == 0
    with Image.open("a@4x.png") as decoded:
        np.testing.assert_array_equal(decoded, nccodec.decode(data, 4))
    code, _, err = nc("fractalize", "a.png")
    assert code == 1 and err == "nc: a.ncl: exists already (-f overwrites it)\n"


def test_every_option_arrives(nc, picture, tmp_path):
    arguments = ("--strength", 0.8, "--upright", "--negatives", "-e", 0, "--domain", "11,0,22,15", "--ranges", 4)
    assert nc("fractalize", "a.png", "-o", "b.ncl", *arguments)[0] == 0
    expected = nccodec.encode(
        Image.open(picture), map="whole", strength=0.8, upright=True, negatives=True, effort=0, domain=(11, 0, 22, 15),
        range_size=4,
    )  # fmt: skip
    assert (tmp_path / "b.ncl").read_bytes() == expected
    about = nccodec.info(expected)
    columns = about["range_width"]
    assert about["top"] == 0 and abs(about["left"] + about["side"] / 2 - 22 / columns) <= 0.5
    assert about["side"] == round((22 / columns * 15 / about["range_height"]) ** 0.5)


def test_json(nc, picture, tmp_path):
    code, out, err = nc("fractalize", "a.png", "--json")
    told = json.loads(out)
    data = (tmp_path / "a.ncl").read_bytes()
    assert (code, err) == (0, "")
    assert told["bytes"] == len(data) and (told["width"], told["height"]) == (44, 30)
    db = psnr(np.asarray(Image.open(picture)), np.asarray(nccodec.decode(data)))
    assert told["psnr"] == pytest.approx(db, abs=0.01)
    about = json.loads(nc("info", "a.ncl", "--json")[1])
    assert about["kind"] == "whole-image map" and sum(about["chunks"].values()) == about["bytes"]
    assert set(about["chunks"]) == {"ranges", "header and framing"} and about["chunks"]["header and framing"] == 52


def test_it_is_described(nc, picture):
    assert nc("fractalize", "a.png", "--domain", "0,0,22,15", "--ranges", 4, "--strength", 1)[0] == 0
    shown = nc("info", "a.ncl")[1]
    ranges = nccodec.info(Path("a.ncl").read_bytes())["ranges"]
    for part in ("44 x 30, RGB", f"{ranges} x {ranges} ranges of ", "of them from 0, 0", "contraction factor 0.9375"):
        assert part in shown


def test_a_style(nc, picture, tmp_path, tiny, smooth):
    smooth(20, 33).save(tmp_path / "s.png")
    code, _, err = nc("fractalize", "a.png", "--style", "s.png", "--weights", tiny, "--ranges", 8, "--strength", 0)
    data = (tmp_path / "a.ncl").read_bytes()
    assert code == 0 and "\n" not in err[:-1]
    expected = nccodec.encode(
        Image.open(picture), map="whole", style=smooth(20, 33), weights=str(tiny), range_size=8, strength=0
    )  # fmt: skip
    assert data == expected and nccodec.decode(data, weights=tiny).size == (44, 30)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: Image.new("RGB", (1, 1)).save(path), "nc: s.png: a style of 1 x 1 pixels is too small\n"),
        (lambda path: path.write_bytes(b"no picture"), "nc: s.png: not an image\n"),
        (lambda path: None, "nc: s.png: no such file\n"),
    ],
)
def test_styles_that_are_none(nc, picture, tmp_path, make, message):
    make(tmp_path / "s.png")
    code, out, err = nc("fractalize", "a.png", "--style", "s.png")
    assert (code, out, err) == (1, "", message) and "a.ncl" not in names(tmp_path)


def test_a_domain_outside_fails_that_picture_alone(nc, picture, tmp_path, smooth):
    smooth(60, 60).save(tmp_path / "b.png")
    code, out, err = nc("fractalize", "a.png", "b.png", "--domain", "30,0,20,20", "-e", 0)
    lines = err.splitlines()
    assert (code, out) == (1, "") and lines[0] == "nc: a.png: the domain 30,0,20,20 is not inside 44 x 30 pixels"
    assert lines[1].startswith("b.ncl: 60 x 60, ") and names(tmp_path) == ["a.png", "b.ncl", "b.png"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "IN..."),
        (("a.png", "--ranges", 5), "--ranges: 5 is none of 4, 8, 16, 32, 64"),
        (("a.png", "--strength", 2), "a strength of 2 is outside 0 .. 1"),
        (("a.png", "-e", 10), "'-e'"),
        (("a.png", "-q", 101), "'-q'"),
        (("a.png", "-q", 50, "--bpp", 1), "--bpp"),
        (("a.png", "--domain", "1,2,3"), "--domain"),
        (("a.png", "--domain", "all"), "--domain"),
        (("a.png", "--weights", "photo"), "is for --style"),
        (("a.png", "--packer", "fixed"), "--packer"),
    ],
)
def test_usage_errors_exit_2(nc, picture, tmp_path, arguments, message):
    code, out, err = nc("fractalize", *arguments)
    assert (code, out) == (2, "") and "Usage: nc" in err and message in " ".join(err.split())
    assert names(tmp_path) == ["a.png"]


def test_what_its_files_do_not_have(nc, picture):
    assert nc("fractalize", "a.png", "-e", 0)[0] == 0
    for option, message in (("--smooth", "smoothing is for partitioned maps"), ("--no-detail", "no predicted detail")):
        code, _, err = nc("decode", "a.ncl", "-o", "b.png", option)
        assert code == 1 and err.startswith("nc: a.ncl: ") and message in err and err.count("\n") == 1


def test_its_distance_from_the_picture_is_no_reason_to_warn(nc, tmp_path):
    noise = np.random.default_rng(3).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    code, _, err = nc("fractalize", "a.png", "-q", 100, "-e", 0)
    assert code == 0 and err.startswith("a.ncl: 64 x 64, ") and err.count("\n") == 1
    assert float(err.split(" dB")[0].split()[-1]) < 15


def test_targets(nc, tmp_path, smooth):
    smooth(96, 96).save(tmp_path / "a.png")
    assert nc("fractalize", "a.png", "--size", 400, "--ranges", 8, "-e", 0)[0] == 0
    assert 392 <= (tmp_path / "a.ncl").stat().st_size <= 400
