"""`nc points` and `nc decode --points`: what they write, and refuse."""

import numpy as np
import pytest
from PIL import Image

import nccodec
from nccodec.points import covers, fitting
from nccodec.points.clouds import cloud_bytes, read_cloud


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_preset_is_written_and_decoded(nc, folder):
    code, _, err = nc("points", "preset", "dragon", "--size", "40x30", "--grey", "--paper", "--density", 3)
    data = (folder / "dragon.ncl").read_bytes()
    assert code == 0 and err == f"dragon.ncl: 2 maps, {len(data)} bytes\n"
    assert nc("test", "dragon.ncl")[0] == 0
    picture = nccodec.decode(data)
    assert (picture.mode, picture.size) == ("L", (40, 30)) and picture.getpixel((0, 0)) == 255
    code, _, err = nc("points", "preset", "dragon")
    assert code == 1 and err == "nc: dragon.ncl: exists already (-f overwrites it)\n"
    assert nc("points", "preset", "dragon", "-f", "-o", "dragon.ncl")[0] == 0
    about = nc("info", "dragon.ncl")[1]
    assert "2 affine maps of the plane, contraction factor 0.7071" in about and "1024 x 1024, RGB" in about


@pytest.mark.parametrize("suffix", ["ply", "csv"])
def test_points_of_a_file_come_back(nc, folder, suffix):
    nc("points", "preset", "sierpinski")
    assert nc("decode", "sierpinski.ncl", "--points", 500, "-o", f"cloud.{suffix}")[0] == 0
    points = read_cloud(folder / f"cloud.{suffix}")
    assert points.shape == (500, 2)
    assert nc("decode", "sierpinski.ncl", "--points", 500, "--format", suffix)[0] == 0
    assert (folder / f"sierpinski.{suffix}").read_bytes() == (folder / f"cloud.{suffix}").read_bytes()
    # All in the triangle, and none in its middle.
    assert points.min() > -1e-3 and (np.abs(points[:, 0] - 0.5) + points[:, 1] / np.sqrt(3) < 0.5 + 1e-3).all()
    assert not (points[:, 1] < 0.4 - 1e-3)[np.abs(points[:, 0] - 0.5) * np.sqrt(3) < points[:, 1] - 1e-2].any()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("decode", "p.ncl", "--points", 5), 1, "a partitioned map has no points"),
        (("decode", "s.ncl", "--points", 5, "--scale", 2), 2, "points are no picture"),
        (("decode", "s.ncl", "--points", 5, "--format", "png"), 2, "'png' is no point format"),
        (("decode", "s.ncl", "--start", "noise"), 1, "have no steps to show"),
        (("points", "preset", "oak"), 2, "oak"),
        (("points", "preset", "fern", "--size", "9"), 2, "is not WxH"),
        (("points", "preset", "fern", "--gamma", 0), 2, "a gamma of 0"),
        (("points", "fit", "missing.csv"), 1, "missing.csv: No such file"),
        (("points", "fit", "text.csv"), 1, "text.csv: "),
        (("points", "fit", "few.csv"), 1, "few.csv: 3 points are fewer than 100"),
        (("points", "fit", "one.csv"), 1, "one.csv: all points are in one place"),
        (("points", "fit", "four.csv"), 1, "four.csv: is no table of two or three columns"),
        (("points", "fit", "text.ply"), 1, "text.ply: is no .ply of points"),
        (("points", "fit", "nan.csv"), 1, "nan.csv: has no points, or some that are not finite"),
    ],
)
def test_what_cannot_be_done(nc, folder, smooth, arguments, code, message):
    nc("points", "preset", "sierpinski", "-o", "s.ncl")
    (folder / "p.ncl").write_bytes(nccodec.encode(smooth(8, 8), map="pifs"))
    (folder / "text.csv").write_text("a,b\n1,2\nthree,4\n")
    (folder / "few.csv").write_text("1,2\n3,4\n5,6\n")
    (folder / "one.csv").write_text("1,2\n" * 200)
    (folder / "four.csv").write_text("1,2,3,4\n" * 200)
    (folder / "nan.csv").write_text("1,nan\n" * 200)
    (folder / "text.ply").write_text("ply?\n")
    before = sorted(folder.iterdir())
    done, _, err = nc(*arguments)
    assert done == code and message in err and "Traceback" not in err
    assert code == 2 or err.count("\n") == 1
    assert sorted(folder.iterdir()) == before


def test_drawings_and_spaces_are_clouds(folder):
    drawing = np.full((20, 30), 255, np.uint8)
    drawing[2, 5] = 0
    Image.fromarray(drawing).save("dark.png")
    Image.fromarray(255 - drawing).save("bright.png")
    for name in ("dark.png", "bright.png"):
        assert read_cloud(folder / name).tolist() == [[5.5, 17.5]]
    points = np.random.default_rng(0).normal(size=(50, 3))
    for suffix in (".ply", ".csv"):
        (folder / f"space{suffix}").write_bytes(cloud_bytes(points, suffix))
        np.testing.assert_allclose(read_cloud(folder / f"space{suffix}"), points, rtol=1e-5, atol=1e-6)


def test_a_cloud_of_space_becomes_a_file(nc, folder, monkeypatch):
    """Corners of a tetrahedron: four maps of a half; here only that some are found, in few steps."""
    for name, value in {"_ROUNDS": 1, "_STEPS": 5, "_CLOSER": (5, 0.01, 50)}.items():
        monkeypatch.setattr(covers, name, value)
    monkeypatch.setattr(fitting, "_STEPS", 5)
    random, corners = np.random.default_rng(0), np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    x, points = np.zeros((300, 3)), []
    for _ in range(12):
        x = (x + corners[random.integers(0, 4, 300)]) / 2
        points.append(x)
    np.savetxt("space.csv", np.concatenate(points[6:]), delimiter=",")
    assert nc("points", "fit", "space.csv", "--restarts", 1, "--size", "50x50")[0] == 0
    about = nccodec.info((folder / "space.ncl").read_bytes())
    assert (about["maps"], about["dimensions"], about["width"]) == (4, 3, 50)
    assert nc("decode", "space.ncl", "--quiet")[0] == 0
