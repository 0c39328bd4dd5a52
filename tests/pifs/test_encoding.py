"""The library: whole files, what they promise, and what is refused."""

import numpy as np
import pytest
from PIL import Image

import nccodec
from nccodec.codec.file import read_file
from nccodec.collage.fixed_point import mixed_fixed_point
from nccodec.errors import ImageError, LimitError
from nccodec.imaging.psnr import psnr
from nccodec.pifs import encoding, header, synthesis
from nccodec.pifs.header import quality_of_step, step_of
from nccodec.pifs.options import Options
from nccodec.pifs.synthesis import _reference, affine_part, decode_plane, nodes_of


def scene_of(height: int, width: int) -> Image.Image:
    """Waves and an edge, in colours that change slowly."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    luma = 60 * np.sin(x / 7 + y / 11) + 25 * np.sin((x * y) / 90) - 70 * ((x > 30) & (y > 20)) + 140
    planes = [luma + 20 * np.sin(x / 20), luma, luma + 20 * np.cos(y / 25)]
    return Image.fromarray(np.uint8(np.clip(np.stack(planes, -1), 0, 255)))


@pytest.fixture
def scene():
    return scene_of(64, 72)


def db(picture: Image.Image, data: bytes) -> float:
    return psnr(np.asarray(picture), np.asarray(nccodec.decode(data)))


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_quality_rises_with_the_bytes(scene, mode):
    picture = scene.convert(mode)
    files = [nccodec.encode(picture, quality, map="pifs") for quality in (0, 30, 60, 90)]
    sizes, values = [len(data) for data in files], [db(picture, data) for data in files]
    assert sizes == sorted(sizes) and values == sorted(values)
    assert values[-1] > values[0] + 5
    assert nccodec.decode(files[0]).mode == mode
    assert [step_of(level) for level in (0, 1000)] == [2400, 24]
    assert [quality_of_step(step_of(10 * quality)) for quality in (0, 7, 50, 80)] == [0, 7, 50, 80]
    assert all(step_of(round(10 * quality_of_step(step_of(level)))) == step_of(level) for level in range(1001))
    assert quality_of_step(23) is quality_of_step(2401) is quality_of_step(2399) is None


@pytest.mark.parametrize("options", [{}, {"quadtree": False}, {"isometries": 1, "domain_step": 16}])
def test_every_file_converges_from_any_start(scene, options):
    data = nccodec.encode(scene, 60, **options, map="pifs")
    code = read_file(data).code
    assert code.references > 0
    for number in range(3):
        affine = affine_part(code, number, 1, np.float64, "cpu")
        references = [
            _reference(code.layout, side, level, np.float64, "cpu")
            for side, level, _, _ in nodes_of(code, number)
            if level.scales.any()
        ]
        start = 1000 * np.random.default_rng(0).normal(size=affine.shape)
        z = mixed_fixed_point(affine, references, nccodec.info(data)["iterations"], start)
        again = mixed_fixed_point(z, references, 0)
        assert np.abs(decode_plane(code, number, 1, 1, np.float64, "cpu") - again).max() < 1e-9


def test_partitions_are_what_was_asked_for(scene):
    fixed = read_file(nccodec.encode(scene, 50, quadtree=False, range_size=16, map="pifs")).code
    assert (fixed.layout.largest, fixed.layout.smallest) == (16, 16)
    assert fixed.ranges == 4 * 8 + 2 * 4 * 4  # luma on a canvas of 64 x 128 pixels, chroma of 64 x 64
    tree = read_file(nccodec.encode(scene, 50, map="pifs")).code
    assert (tree.layout.largest, tree.layout.smallest, tree.layout.isometries) == (32, 1, 8)
    plain = read_file(nccodec.encode(scene, 50, isometries=1, map="pifs")).code
    assert not any(level.isometries.any() for plane in plain.planes for level in plane.levels)


def test_the_quadtree_is_ahead_of_fixed_ranges():
    """At the bytes of the fixed partition, more dB."""
    picture = scene_of(160, 200)
    fixed = nccodec.encode(picture, 30, quadtree=False, map="pifs")
    tree = nccodec.encode(picture, size=len(fixed), map="pifs")
    assert len(tree) <= len(fixed) and db(picture, tree) > db(picture, fixed) + 0.3


def test_targets_are_met():
    picture = scene_of(96, 128)
    data = nccodec.encode(picture, bpp=1, map="pifs")
    assert 0.95 * 96 * 128 / 8 <= len(data) <= 96 * 128 / 8
    reached = db(picture, data)
    assert reached - 1 <= db(picture, nccodec.encode(picture, psnr=reached - 1, map="pifs")) <= reached - 0.7
    with pytest.raises(LimitError, match="90 dB cannot be met; the best lossy file has"):
        nccodec.encode(picture, psnr=90, map="pifs")


def test_enlarged_and_reduced_decodes_fit_together(scene):
    data = nccodec.encode(scene, 60, map="pifs")
    whole = np.asarray(nccodec.decode(data), float)
    large = np.asarray(nccodec.decode(data, 4), float)
    assert large.shape == (256, 288, 3)
    inside = (large.reshape(64, 4, 72, 4, 3).min((1, 3)) > 0) & (large.reshape(64, 4, 72, 4, 3).max((1, 3)) < 255)
    means = large.reshape(64, 4, 72, 4, 3).mean((1, 3))
    assert np.abs(means - whole)[inside].max() <= 1.01  # both are rounded, and only where nothing was clipped
    small = np.asarray(nccodec.decode(data, 0.25), float)
    assert np.abs(whole.reshape(16, 4, 18, 4, 3).mean((1, 3)) - small).mean() < 1
    assert nccodec.decode(data, size=(50, 31)).size == (50, 31)
    plain = nccodec.decode(data, self_reference=False)
    assert psnr(np.asarray(scene), np.asarray(plain)) < db(scene, data)


@pytest.mark.parametrize("size", [(1, 1), (5, 2), (3, 70), (33, 17)])
def test_odd_sizes(size):
    picture = scene_of(*size)
    for options in ({}, {"quadtree": False, "range_size": 16}):
        data = nccodec.encode(picture, 80, **options, map="pifs")
        assert nccodec.decode(data).size == picture.size
        assert db(picture, data) > (18 if options else 25)


def test_a_flat_picture_has_no_domains():
    data = nccodec.encode(Image.new("RGB", (40, 40), (10, 200, 90)), map="pifs")
    assert nccodec.info(data)["references"] == 0 and nccodec.info(data)["iterations"] == 0
    assert set(nccodec.info(data)["chunks"]) == {"partition", "means", "header and framing"}
    assert np.abs(np.asarray(nccodec.decode(data), int) - (10, 200, 90)).max() <= 2


def test_without_domains_means_and_ramps_alone_remain(scene):
    """At about the same error, nothing refers to another part of the picture."""
    files = [nccodec.encode(scene, 50, domains=domains, map="pifs") for domains in (True, False)]
    first, second = (nccodec.info(data) for data in files)
    assert first["references"] > 0 and second["references"] == 0 and second["iterations"] == 0
    code = read_file(files[1]).code
    affine = affine_part(code, 0, 1, np.float64, "cpu")
    np.testing.assert_array_equal(decode_plane(code, 0, 1, 1, np.float64, "cpu"), affine)
    assert abs(db(scene, files[1]) - db(scene, files[0])) < 1
    fixed = nccodec.encode(scene, 50, quadtree=False, domains=False, map="pifs")
    assert nccodec.info(fixed)["references"] == 0


@pytest.mark.parametrize(
    "options",
    [
        {"range_size": 32},
        {"domain_step": 2},
        {"domain_step": 12},
        {"isometries": 4},
        {"lean": 0},
        {"lean": 1.5},
    ],
)
def test_options_that_there_are_not(options):
    with pytest.raises(LimitError):
        Options(**options)


def test_what_is_refused(scene, monkeypatch):
    for module in (encoding, header):
        monkeypatch.setattr(module, "MAX_CANVAS", 64 * 128 - 1)
    with pytest.raises(LimitError, match="72 x 64 pixels in whole squares of 64 are over the limit of 8191"):
        nccodec.encode(scene, map="pifs")
    monkeypatch.undo()
    with pytest.raises(LimitError, match="exactly one"):
        nccodec.encode(scene, 50, bpp=1, map="pifs")
    with pytest.raises(ImageError, match="mode F"):
        nccodec.encode(Image.new("F", (8, 8)), map="pifs")


def test_a_thin_picture_is_not_enlarged_beyond_the_limit(monkeypatch):
    """1 x 100 in squares of 64 are 64 x 128 samples, and at scale 8 64 times as many."""
    data = nccodec.encode(Image.new("L", (1, 100), 90), 0, map="pifs")
    monkeypatch.setattr(synthesis, "MAX_PIXELS", 64 * 64 * 128 - 1)
    with pytest.raises(LimitError, match="524288 samples in whole squares of 64 are over the limit of 524287"):
        nccodec.decode(data, 8)
    assert nccodec.decode(data, 4).size == (4, 400)


def test_transparency_and_metadata_are_kept(scene):
    picture = scene.convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(scene.size))
    picture.info["icc_profile"] = b"profile"
    decoded = nccodec.decode(nccodec.encode(picture, 30, map="pifs"))
    assert decoded.mode == "RGBA" and decoded.info["icc_profile"] == b"profile"
    assert decoded.getchannel("A").tobytes() == picture.getchannel("A").tobytes()
    assert "icc_profile" not in nccodec.decode(nccodec.encode(picture, 30, strip=["icc"], map="pifs")).info


def test_progress_rises_to_one(scene):
    told = []
    nccodec.encode(scene, 10, progress=told.append, map="pifs")
    assert told == sorted(told) and told[-1] == 1
