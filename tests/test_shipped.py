"""The shipped weights: found by name, described by their card, and monotone in quality."""

from itertools import pairwise
from pathlib import Path

import literal_collage
import literal_decoder
import numpy as np
import pytest
from PIL import Image

import nccodec
from nccodec.codec.file import read_file, write_file
from nccodec.codec.kinds import weights_at
from nccodec.generative import sampling
from nccodec.generative.encoding import code_of
from nccodec.generative.weights import named as generative
from nccodec.imaging.psnr import psnr
from nccodec.neural import weights
from nccodec.neural.places import COLLAGE, map_of

PICTURE = Path(__file__).parent / "pictures" / "garfield.png"


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    return Image.open(PICTURE).convert("RGB").crop((200, 100, 431, 303))


def test_rate_and_psnr_rise_strictly_with_quality(photo):
    points = []
    for quality in range(0, 101, 4):
        data = nccodec.encode(photo, quality)
        points.append((len(data), psnr(np.asarray(photo), np.asarray(nccodec.decode(data)))))
    assert all(a < b and c < d for (a, c), (b, d) in pairwise(points))
    assert points[0][1] > 24 and points[-1][1] > 37


def test_the_range_packer_is_far_smaller_than_fixed_widths(photo):
    sizes = {packer: len(nccodec.encode(photo, 40, packer=packer)) for packer in ("range", "fixed")}
    assert sizes["range"] < 0.7 * sizes["fixed"]


def test_a_decoder_from_the_specification_agrees(photo):
    """On the integers exactly, on the picture within one grey level."""
    path = weights.named("photo").path
    data = nccodec.encode(photo.crop((60, 60, 95, 79)), 80)
    _, q = literal_collage.integers(data, literal_collage.Weights(path))
    code = read_file(data, "photo").code
    np.testing.assert_array_equal(q, np.concatenate([code.atoms, code.scales]))
    difference = literal_decoder.decode(data, path).astype(int) - np.asarray(nccodec.decode(data))
    assert np.count_nonzero(q) > 100 and np.abs(difference).max() <= 1


def test_an_enlarged_decode_has_the_size_and_the_means_of_the_plain_one(photo):
    data = nccodec.encode(photo, 50)
    plain, fine = (np.asarray(nccodec.decode(data, scale)).astype(float) for scale in (1, 4))
    assert fine.shape == (4 * 203, 4 * 231, 3)
    inside = ((fine > 0) & (fine < 255)).reshape(203, 4, 231, 4, 3).all((1, 3))
    assert inside.mean() > 0.9
    assert np.abs(fine.reshape(203, 4, 231, 4, 3).mean((1, 3)) - plain)[inside].max() <= 1


def test_every_shipped_file_has_a_card_with_its_curve():
    found = sorted((Path(__file__).parents[1] / "weights").glob("*.safetensors"))
    assert "photo" in [path.stem for path in found]
    for path in found:
        assert path.stat().st_size <= 16 << 20
        card = weights_at(path).card()
        assert card["steps"] > 0 and card["pictures"]["trained on"] > 0 and card["note"]
        if map_of(path) != COLLAGE:
            assert 0 < card["validation"]["bits"] < 1 and card["pictures"]["held out"] > 0
            continue
        assert all(len(curve["results"]["bpp"]) >= 6 for curve in card["test curves"].values()) and card["test curves"]


def test_digits_are_made_up_and_one_decoder_agrees_with_the_other(tmp_path):
    """Mostly black, with strokes; in the middle of the latents, and of each sample, something is white."""
    found = generative("digits")
    for number, latents in enumerate(sampling.drawn(found, 4, 0.7, seed=1)):
        data = write_file(code_of(found, latents, sampling.STEP), "fixed")
        assert len(data) < 80
        picture = np.asarray(nccodec.decode(data)).astype(int)
        assert picture.shape == (28, 28) and 0.5 < (picture < 30).mean() < 0.97 and picture.max() > 200, number
        literal = literal_decoder.decode(data, found.path).astype(int)
        assert np.abs(literal - picture).max() <= 1
        fine = np.asarray(nccodec.decode(data, 16)).astype(float).reshape(28, 16, 28, 16)
        inside = ((fine > 0) & (fine < 255)).all((1, 3))
        assert np.abs(fine.mean((1, 3)) - picture)[inside].max(initial=0) <= 1
