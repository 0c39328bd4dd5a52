"""`nc train-generative` and `nc sample` as a user runs them."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nccodec
from nccodec.generative import weights
from nccodec.generative.sampling import drawn

GOLDEN = Path(__file__).parents[1] / "golden" / "generative"
GREY, COLOUR = GOLDEN / "grey.safetensors", GOLDEN / "colour.safetensors"


@pytest.fixture
def glyphs(tmp_path):
    """Two pictures for GREY, a folder of sprites with transparency, and names of all."""
    random = np.random.default_rng(0)
    for name in "ab":
        Image.fromarray(random.integers(0, 256, (12, 12), np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "sprites").mkdir()
    for number in range(12):
        sprite = np.zeros((8, 8, 4), np.uint8)
        sprite[number % 4 :: 3] = (255, 20 * number, 0, 255)
        Image.fromarray(sprite).save(tmp_path / "sprites" / f"{number}.png")
    return tmp_path


def test_a_sheet_of_samples(nc, tmp_path):
    assert nc("sample", GREY, "-n", 6, "--scale", 2, "-o", "s.png") == (0, "", "s.png: 72 x 48, 6 pictures\n")
    sheet = np.asarray(Image.open(tmp_path / "s.png"))
    assert nc("sample", GREY, "-n", 6, "--ncl", "-o", "out")[0] == 0
    for number in range(6):
        data = (tmp_path / "out" / f"{number}.ncl").read_bytes()
        picture = np.asarray(nccodec.decode(data, 2, weights=GREY))
        row, column = divmod(number, 3)
        np.testing.assert_array_equal(sheet[24 * row : 24 * row + 24, 24 * column : 24 * column + 24], picture)
        found = nccodec.codec.file.read_file(data, GREY).code.values
        assert np.abs(found - drawn(weights.load(GREY), 6)[number]).max() <= 1 / 32


def test_a_smooth_sheet_is_of_smooth_decodes(nc, tmp_path):
    assert nc("sample", GREY, "-n", 1, "--scale", 4, "--smooth", "-o", "s.png")[0] == 0
    assert nc("sample", GREY, "-n", 1, "--ncl", "-o", "out")[0] == 0
    assert nc("decode", "out/0.ncl", "--weights", GREY, "--scale", 4, "--smooth", "-o", "d.png")[0] == 0
    np.testing.assert_array_equal(*(np.asarray(Image.open(tmp_path / name)) for name in ("s.png", "d.png")))


def test_samples_are_of_a_seed(nc, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert nc("sample", COLOUR, "-n", 4, "--seed", seed, "-o", f"{name}.png", "--quiet") == (0, "", "")
    a, b, c = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert a == b != c and Image.open(tmp_path / "a.png").size == (32, 32)


def test_a_way_between_two_pictures(nc, glyphs):
    assert nc("sample", GREY, "--between", "a.png", "b.png", "-n", 5, "--columns", 5, "-o", "way.png")[0] == 0
    assert nc("sample", GREY, "--reconstruct", "a.png", "b.png", "--ncl", "-o", "ends")[0] == 0
    way = np.asarray(Image.open(glyphs / "way.png"))
    assert way.shape == (12, 60)
    for name, place in (("a", slice(0, 12)), ("b", slice(48, 60))):
        end = np.asarray(nccodec.decode((glyphs / "ends" / f"{name}.ncl").read_bytes(), weights=GREY))
        np.testing.assert_array_equal(way[:, place], end)


def test_reconstructions_are_below_their_originals(nc, glyphs):
    assert nc("sample", GREY, "--reconstruct", "a.png", "b.png", "--columns", 2, "-o", "r.png")[0] == 0
    sheet, a = np.asarray(Image.open(glyphs / "r.png")), np.asarray(Image.open(glyphs / "a.png"))
    assert sheet.shape == (24, 24)
    np.testing.assert_array_equal(sheet[:12, :12], a)
    data = nccodec.encode(Image.fromarray(a), 80, map="generative", weights=GREY)  # in steps of 1/16, as samples
    np.testing.assert_array_equal(sheet[12:, :12], np.asarray(nccodec.decode(data, weights=GREY)))


def test_a_picture_is_encoded_on_the_command_line(nc, glyphs):
    assert nc("encode", "a.png", "--map", "generative", "--weights", GREY, "--verify")[0] == 0
    assert nc("test", "a.ncl", "--weights", GREY)[0] == 0
    code, out, _ = nc("info", "a.ncl")
    assert code == 0 and "generative collage" in out and "5 in steps of 0.0625" in out
    assert nc("decode", "a.ncl", "--weights", GREY, "--scale", 3, "--crop", "2,3,20,9", "-o", "c.png")[0] == 0
    assert Image.open(glyphs / "c.png").size == (20, 9)


def test_films_of_maps_begin_and_end_with_decodes(nc, glyphs):
    nc("sample", GREY, "--reconstruct", "a.png", "b.png", "--ncl", "-o", ".")
    assert nc("morph", "a.ncl", "b.ncl", "--weights", GREY, "--frames", 3, "-o", "m.png")[0] == 0
    assert nc("decode", "a.ncl", "--weights", GREY, "--start", "noise", "-o", "i.png", "--scale", 2)[0] == 0
    for film, scale in (("m.png", 1), ("i.png", 2)):
        with Image.open(glyphs / film) as frames:
            frames.seek(0 if scale == 1 else frames.n_frames - 1)
            found = np.asarray(frames.convert("L")).astype(int)
        decode = nccodec.decode((glyphs / "a.ncl").read_bytes(), scale, weights=GREY)
        assert np.abs(found - np.asarray(decode)).max() <= 1


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("nothing", "-o", "s.png"), 1, "no weights named 'nothing'"),
        (("photo", "-o", "s.png"), 1, "for map 'collage', not 'generative'"),
        ((GREY, "-o", "s.xyz"), 1, "no picture format"),
        ((GREY, "-o", "no/s.png"), 1, "no: no such folder"),
        ((GREY, "-o", "a.png"), 1, "a.png: exists already"),
        ((GREY, "--ncl", "-o", "a.png"), 1, "a.png: is no folder"),
        ((GREY, "--scale", 65, "-o", "s.png"), 2, "65.0 is not in the range"),
        ((GREY, "--scale", 64, "-n", 999, "-o", "s.png"), 1, "are over the limit"),
        ((GREY, "--between", "a.png", "-o", "s.png"), 2, "takes two pictures"),
        ((GREY, "--reconstruct", "-o", "s.png"), 2, "takes pictures, and no --count"),
        ((GREY, "--between", "--reconstruct", "a.png", "b.png"), 2, "not both"),
        ((GREY, "a.png"), 2, "for --between and --reconstruct"),
        ((GREY, "--ncl", "--scale", 2, "-o", "out"), 2, "are for a picture"),
        ((GREY, "--ncl", "--smooth", "-o", "out"), 2, "are for a picture"),
        ((GREY, "--reconstruct", "sprites/1.png", "-o", "s.png"), 1, "sprites/1.png: 8 x 8 pixels; these weights"),
        ((GREY, "--reconstruct", "c.png", "-o", "s.png"), 1, "c.png: no such file"),
        ((GREY, "--reconstruct", "a.png", "sub/a.png", "--ncl", "-o", "out"), 1, "two pictures would have one name"),
        ((COLOUR, "--reconstruct", "a.png", "-o", "s.png"), 1, "12 x 12 pixels; these weights are for 16 x 16"),
    ],
)
def test_what_cannot_be_shown(nc, glyphs, arguments, status, message):
    (glyphs / "sub").mkdir()
    (glyphs / "sub" / "a.png").write_bytes((glyphs / "a.png").read_bytes())
    before = {path for path in glyphs.rglob("*")}
    code, _, error = nc("sample", *arguments)
    assert code == status and message in " ".join(error.split()).replace("│ ", "")
    assert {path for path in glyphs.rglob("*")} == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a.png", "--weights", GREY), "a.png: .*grey.safetensors: these weights are for map 'generative', not 'coll"),
        (
            ("sprites/1.png", "--map", "generative", "--weights", GREY),
            "a coloured picture; weights 'grey' are for grey",
        ),
        (("b.png", "--map", "generative", "--weights", COLOUR), "a grey picture; weights 'colour' are for coloured"),
        (("b.png", "--map", "generative"), "12 x 12 pixels; these weights are for 28 x 28"),
    ],
)
def test_what_cannot_be_encoded(nc, glyphs, arguments, message):
    code, _, error = nc("encode", *arguments, "-o", "x.ncl")
    assert code == 1 and not (glyphs / "x.ncl").exists()
    assert re.search(message, error)


def test_training_on_a_folder(nc, glyphs):
    run = (
        "train-generative",
        "sprites",
        "--out",
        "s.safetensors",
        "--steps",
        3,
        "--ranges",
        2,
        "--hidden",
        8,
        "--atoms",
        2,
    )
    code, _, told = nc(*run, "--note", "mine")
    assert code == 0 and "bits a dimension" in told and "s.safetensors: 3 steps" in told
    found = weights.load(glyphs / "s.safetensors")
    assert (found.architecture.size, found.architecture.channels, found.card()["note"]) == (8, 3, "mine")
    assert nc("sample", "s.safetensors", "-n", 2, "-o", "t.png")[0] == 0
    code, _, told = nc("weights", "add", "s.safetensors")
    assert code == 0 and nc("sample", "s", "-n", 2, "-o", "u.png")[0] == 0
    code, out, _ = nc("weights", "show", "s")
    assert code == 0 and '"map": "generative"' in out and '"note": "mine"' in out
    assert "exists already" in nc(*run)[2]
    assert nc(*run, "-f")[0] == 0
    code, _, told = nc(*run[:5], 5, *run[6:], "--resume")
    assert code == 0 and "s.safetensors: 5 steps" in told
    (glyphs / "s.safetensors").rename(glyphs / "t.safetensors")
    assert "s.checkpoint: exists already" in " ".join(nc(*run)[2].split())
    assert "other architecture" in nc(*run[:6], "--resume")[2]
    code, _, told = nc(*run[:3], "u.safetensors", *run[4:6], "--init", "t.safetensors")
    assert code == 0 and weights.load(glyphs / "u.safetensors").architecture == found.architecture
    assert (
        "another architecture"
        in nc(*run[:3], "v.safetensors", "--steps", 1, "--init", "t.safetensors", "--atoms", 3)[2]
    )
    assert not (glyphs / "v.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("none", "--out", "x.safetensors"), 1, "none: no such folder"),
        (("sub", "--out", "x.safetensors"), 1, "holds no two readable pictures"),
        (("sprites", "--out", "x.pt"), 2, "does not end in .safetensors"),
        (("sprites", "--out", "no/x.safetensors"), 1, "no: no such folder"),
        (("sprites", "--out", "x.safetensors", "--steps", 1, "--minutes", 1), 2, "--steps or --minutes"),
        (("sprites", "--out", "x.safetensors", "--ranges", 3), 1, "ranges must be 2, 4 or 8"),
        (("sprites", "--out", "x.safetensors", "--kernel", 3), 1, "kernel must be 2"),
        (("sprites", "--out", "x.safetensors", "--resume"), 1, "x.checkpoint: no checkpoint to resume from"),
    ],
)
def test_what_cannot_be_trained(nc, glyphs, arguments, status, message):
    (glyphs / "sub").mkdir()
    code, _, error = nc("train-generative", *arguments)
    assert code == status and message in " ".join(error.split())
    assert not list(glyphs.glob("x*"))
