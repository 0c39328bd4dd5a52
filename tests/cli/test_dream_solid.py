"""`nc dream solid`: what it writes, and refuses."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import nccodec
from nccodec.cli import dream_solid
from nccodec.parameterization import features, meshes

FAST = ("--size", 128, "--view", 32, "--views", 3, "--steps", 2, "--frames", 3)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """With a style, and random filters instead of a network, which is slower."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(features, "load", features.random_filters)
    monkeypatch.setattr(dream_solid, "_TURN_SIDE", 48)
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)).save(tmp_path / "style.png")
    return tmp_path


def test_texture_mesh_and_turntable(nc, folder):
    outputs = [part for name in ("t.ncl", "t.obj", "t.glb", "t.webp") for part in ("-o", name)]
    code, out, err = nc("dream", "solid", "torus", "style.png", *outputs, *FAST, "--json")
    assert code == 0 and "random filters stand in" in err
    told = json.loads(out)
    assert list(told["files"]) == ["t.ncl", "t.obj", "t.mtl", "t.png", "t.glb", "t.webp"]
    assert all((folder / name).stat().st_size == size for name, size in told["files"].items())
    assert (told["width"], told["height"], told["steps"]) == (128, 128, 2) and told["seams"] > 0
    assert nccodec.decode((folder / "t.ncl").read_bytes()).size == (128, 128)
    (read, again) = (meshes.read_mesh(folder / name).texture for name in ("t.obj", "t.glb"))
    np.testing.assert_array_equal(read, again)
    np.testing.assert_array_equal(read, np.asarray(Image.open(folder / "t.png")))
    assert Image.open(folder / "t.webp").n_frames == 3

    code, _, err = nc("dream", "solid", "torus", "style.png", "-o", "new.ncl", "-o", "t.obj", *FAST)
    assert code == 1 and err == "nc: t.obj: exists already (-f overwrites it)\n" and not (folder / "new.ncl").exists()


def test_the_same_seed_gives_the_same_bytes_and_a_preview_on_the_way(nc, folder):
    given = ("dream", "solid", "sphere", "style.png", *FAST, "--quiet", "--parameterization", "cppn", "--size", 32)
    assert nc(*given, "-o", "a.ncl", "--preview", "p.png", "--every", 1)[0] == 0
    assert nc(*given, "-o", "b.ncl")[0] == 0 and nc(*given, "-o", "c.ncl", "--seed", 1)[0] == 0
    a, b, c = ((folder / f"{name}.ncl").read_bytes() for name in "abc")
    assert a == b != c
    assert nccodec.info(a)["kind"] == "implicit network"
    assert Image.open(folder / "p.png").size == (32, 32)


def test_content_of_a_mesh(nc, folder, monkeypatch):
    published = features.random_filters()
    monkeypatch.setattr(features, "load", lambda _: replace(published, published=True))
    texture = np.zeros((32, 32, 3), np.uint8)
    texture[:, 16:] = 255
    for path, data in meshes.mesh_bytes(
        replace(meshes.torus(8, 6), texture=texture), folder / "own.glb"
    ).items():  # fmt: skip
        path.write_bytes(data)
    assert nc("dream", "solid", "own.glb", "style.png", "--content", "-o", "new.glb", *FAST)[0] == 0
    made = meshes.read_mesh(folder / "new.glb").texture
    assert made[:, 72:120].mean() > made[:, 8:56].mean() + 100
    code, _, err = nc("dream", "solid", "torus", "style.png", "--content", "-o", "x.ncl", *FAST)
    assert code == 1 and err == "nc: torus: has no texture of its own to keep\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("cube", "style.png", "-o", "x.ncl"), 1, "cube: is neither sphere nor torus nor a file of .glb, "),
        (("no.obj", "style.png", "-o", "x.ncl"), 1, "no.obj: No such file"),
        (("bad.obj", "style.png", "-o", "x.ncl"), 1, "bad.obj: has no faces"),
        (("torus", "no.png", "-o", "x.ncl"), 1, "no.png: no such file"),
        (("torus", "style.png", "-o", "x.jpg"), 1, "x.jpg: nothing is known to write as '.jpg', only .ncl, .glb"),
        (("torus", "style.png", "-o", "no/x.ncl"), 1, "no: no such folder"),
        (("torus", "style.png", "-o", "x.ncl", "-o", "x.ncl"), 2, "names a file twice"),
        (("torus", "style.png", "-o", "x.obj", "-o", "x.png"), 2, "names a file twice"),
        (("torus", "style.png", "-o", "x.ncl", "--size", "9"), 2, "sides are 32 to 4096"),
        (("torus", "style.png", "-o", "x.ncl", "--minutes", "-1"), 1, "-1 minutes are no time"),
        (("torus", "style.png", "-o", "style.png", "-f"), 1, "style.png: is the source itself"),
        (("torus", "style.png", "-o", "x.ncl", "--content"), 1, "pip install 'nccodec[dream]'"),
        (("torus", "style.png"), 2, "Missing option"),
    ],
)
def test_what_is_refused(nc, folder, arguments, code, message):
    (folder / "bad.obj").write_text("v 0 0 0\n", encoding="utf-8")
    before = {path.name for path in folder.iterdir()}
    found, out, err = nc("dream", "solid", *arguments)
    assert (found, out) == (code, "") and message in " ".join(err.split()) and "Traceback" not in err
    assert {path.name for path in folder.iterdir()} == before
