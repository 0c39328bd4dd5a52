"""`nc implicit`, and `nc morph --method implicit`, as a user runs them. Fits are of a few steps: what they find is not
looked at here."""

import json

import numpy as np
import pytest
from PIL import Image

import nccodec
from nccodec.codec.file import read_file, write_file
from nccodec.implicit.code import ImplicitCode
from nccodec.implicit.encoding import random_code

SMALL = ("--width", 6, "--depth", 2, "--steps", 8)
GIVEN = {"width": 6, "depth": 2, "steps": 8}


def test_a_file_is_written_told_of_and_decoded(nc, picture, tmp_path):
    code, out, err = nc("implicit", "a.png", *SMALL)
    data = (tmp_path / "a.ncl").read_bytes()
    assert (code, out) == (0, "")
    assert data == nccodec.encode(Image.open(picture), map="implicit", **GIVEN)
    lines = err.splitlines()
    assert lines[-1].startswith(f"a.ncl: 44 x 30, {len(data)} bytes")
    assert all(line.startswith("a.png: ") and " dB, " in line and line.endswith(" min left") for line in lines[:-1])
    assert nc("test", "a.ncl")[0] == 0
    assert nc("decode", "a.ncl", "--scale", 4, "--crop", "8,12,40,20", "-o", "b.png")[0] == 0
    with Image.open("b.png") as decoded:
        np.testing.assert_array_equal(decoded, nccodec.decode(data, 4).crop((8, 12, 48, 32)))
    about = nc("info", "a.ncl")[1]
    assert "2 hidden layers of 6" in about and "66 weights, 15 biases" in about


@pytest.mark.parametrize(
    ("arguments", "options", "packer"),
    [
        (("--network", "fourier", "--features", 3, "--sigma", 2.5),
         {"network": "fourier", "features": 3, "sigma": 2.5}, "range"),
        (("--network", "cppn", "--activation", "tanh"), {"network": "cppn", "activation": "tanh"}, "range"),
        (("--values", "float16"), {"values": "float16"}, "fixed"),
        (("--values", "codebook", "--packer", "fixed"), {"values": "codebook"}, "fixed"),
        (("--sparsity", 0.5, "--sparse", "prune"), {"sparsity": 0.5, "sparse": "prune"}, "range"),
        (("--factors", 0.5), {"factors": 0.5}, "fixed"),
        (("--bits", 5, "--finetune", 0, "--seed", 3, "--optimizer", "adam", "--batch", 100),
         {"bits": 5, "finetune": 0, "seed": 3, "optimizer": "adam", "batch": 100}, "range"),
        (("-q", 80), {"quality": 80}, "range"),
    ],
)  # fmt: skip
def test_every_option_arrives(nc, picture, tmp_path, arguments, options, packer):
    assert nc("implicit", "a.png", "-o", "b.ncl", *SMALL, *arguments)[0] == 0
    expected = nccodec.encode(Image.open(picture), map="implicit", packer=packer, **GIVEN, **options)
    assert (tmp_path / "b.ncl").read_bytes() == expected


def test_a_size_chooses_the_network(nc, picture, tmp_path):
    told = json.loads(nc("implicit", "a.png", "--size", 400, "--steps", 8, "--finetune", 0, "--json")[1])
    assert told["bytes"] == (tmp_path / "a.ncl").stat().st_size <= 400
    narrow = nccodec.info((tmp_path / "a.ncl").read_bytes())["weights"]
    assert nc("implicit", "a.png", "--bpp", 4, "--steps", 8, "--finetune", 0, "-f")[0] == 0
    data = (tmp_path / "a.ncl").read_bytes()
    assert len(data) <= 4 * 44 * 30 / 8 and nccodec.info(data)["weights"] > narrow


def test_a_fit_starts_from_another_file(nc, picture, tmp_path):
    assert nc("implicit", "a.png", "-o", "b.ncl", *SMALL)[0] == 0
    assert nc("implicit", "a.png", "-o", "c.ncl", "--init", "b.ncl", "--steps", 3)[0] == 0
    start = read_file((tmp_path / "b.ncl").read_bytes()).code
    expected = nccodec.encode(Image.open(picture), map="implicit", init=start, steps=3)
    assert (tmp_path / "c.ncl").read_bytes() == expected
    (tmp_path / "other.ncl").write_bytes(nccodec.encode(Image.open(picture), map="pifs"))
    code, _, err = nc("implicit", "a.png", "-o", "d.ncl", "--init", "other.ncl")
    assert code == 1 and err.startswith("nc: other.ncl: holds no network") and not (tmp_path / "d.ncl").exists()


def test_random_networks_are_the_same_for_a_seed(nc, tmp_path):
    assert nc("implicit", "--network", "cppn", "--random", 5, "-o", "a.ncl")[0] == 0
    assert nc("implicit", "--network", "cppn", "--random", 5, "--pixels", "30x20", "--width", 4, "-o", "b.ncl")[0] == 0
    assert (tmp_path / "a.ncl").read_bytes() == write_file(random_code(5, 512, 512), "fixed")
    assert (tmp_path / "b.ncl").read_bytes() == write_file(random_code(5, 20, 30, units=4), "fixed")
    code, _, err = nc("implicit", "--network", "cppn", "--random", 6, "-o", "a.ncl")
    assert code == 1 and "exists already" in err


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (("--random", 1, "-o", "b.ncl"), "--network cppn"),
        (("--random", 1, "--network", "cppn"), "needs -o"),
        (("a.png", "--random", 1, "--network", "cppn", "-o", "b.ncl"), "without a picture"),
        (("a.png", "--pixels", "3x3"), "is for --random"),
        ((), "give a picture"),
        (("a.png", "--sparsity", 0.5, "--factors", 0.5), "not both"),
        (("a.png", "--minutes", 0), "no time"),
        (("a.png", "--bpp", 1, "--size", 30), "give one of"),
        (("a.png", "--packer", "range", "--values", "float16"), "has no tables"),
        (("a.png", "--packer", "range", "--factors", 0.5), "has no tables"),
        (("a.png", "--factors", 0.5, "--bits", 5), "factors are float16"),
        (("a.png", "--sigma", 2), "is for --network fourier"),
        (("a.png", "--activation", "tanh"), "is for --network cppn"),
        (("a.png", "--init", "b.ncl", "--network", "siren"), "of the network to start from"),
        (("--random", 1, "--network", "cppn", "-o", "b.ncl", "--bpp", 1), "is for pictures"),
    ],
)
def test_wrong_usage(nc, picture, tmp_path, arguments, cause):
    code, out, err = nc("implicit", *arguments)
    assert code == 2 and out == "" and cause in " ".join(err.replace("│", " ").split())
    assert not list(tmp_path.glob("*.ncl"))


def test_two_pictures_become_a_film_of_networks(nc, picture, tmp_path, smooth):
    Image.fromarray(255 - np.asarray(smooth(30, 44))).save(tmp_path / "b.png")
    arguments = ("a.png", "b.png", "--method", "implicit", "--minutes", 0.002, "--frames", 3, "-o", "m.png", "--quiet")
    assert nc("morph", *arguments) == (0, "", "")
    with Image.open(tmp_path / "m.png") as film:
        assert (film.n_frames, film.size) == (3, (44, 30))
    code, _, err = nc("morph", "a.png", "b.png", "--minutes", 1, "-o", "n.png")
    assert code == 2 and "--method implicit" in err
    code, _, err = nc("morph", "a.png", "b.png", "--minutes", 0, "-o", "n.png")
    assert code == 2 and "--method implicit" in err
    smooth(20, 44).save(tmp_path / "c.png")
    smooth(30, 44).convert("L").save(tmp_path / "d.png")
    # Told before a fit of an hour.
    for other, told in (("c.png", "a.png and c.png: "), ("d.png", "a.png and d.png: "), ("b.png", "n.png: ")):
        speed = ("--fps", 500) if other == "b.png" else ()
        code, _, err = nc("morph", "a.png", other, "--method", "implicit", "--minutes", 60, "-o", "n.png", *speed)
        assert (
            code == 1 and err.startswith(f"nc: {told}") and err.count("\n") == 1 and not (tmp_path / "n.png").exists()
        )


def test_metadata_counts_toward_a_size(nc, picture, tmp_path):
    profile = np.random.default_rng(0).integers(0, 256, 400, np.uint8).tobytes()
    Image.open(picture).save(tmp_path / "b.png", icc_profile=profile)
    code, _, err = nc("implicit", "b.png", "--size", 450, "--minutes", 60)
    assert code == 1 and err.startswith("nc: b.png: no network of 5 layers fits into ") and err.count("\n") == 1
    assert nc("implicit", "b.png", "--size", 800, "--steps", 8, "--finetune", 0)[0] == 0
    assert (tmp_path / "b.ncl").stat().st_size <= 800


def test_files_of_networks_are_blended(nc, picture, tmp_path):
    for name, seed in (("b.ncl", 1), ("c.ncl", 2)):
        assert nc("implicit", "a.png", "-o", name, *SMALL, "--seed", seed)[0] == 0
    assert nc("morph", "b.ncl", "c.ncl", "-o", "m.png", "--frames", 3, "--quiet") == (0, "", "")
    codes = [read_file((tmp_path / name).read_bytes()).code for name in ("b.ncl", "c.ncl")]
    assert all(isinstance(code, ImplicitCode) for code in codes)
    with Image.open(tmp_path / "m.png") as film:
        frames = []
        for number in range(3):
            film.seek(number)
            frames.append(np.asarray(film.convert("RGB")))
    np.testing.assert_array_equal(frames[0], nccodec.decode((tmp_path / "b.ncl").read_bytes()))
    np.testing.assert_array_equal(frames[2], nccodec.decode((tmp_path / "c.ncl").read_bytes()))
