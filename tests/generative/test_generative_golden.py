"""Frozen generative collages: those that decode, those that are refused, and a second decoder."""

import json
import re
from pathlib import Path

import literal_decoder
import numpy as np
import pytest
from PIL import Image

import nccodec
from nccodec import errors
from nccodec.bitstream import container
from nccodec.codec.animate import iterates_of, map_of
from nccodec.codec.file import read_file, write_file
from nccodec.codec.opened import Opened
from nccodec.collage.output import View
from nccodec.generative.code import GenerativeCode

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "generative"
GOOD = sorted(GOLDEN.glob("*.ncl"))
EXPECTED = json.loads((GOLDEN / "bad" / "expected.json").read_text())


def weights_of(path: Path) -> Path:
    return GOLDEN / f"{path.stem.split('-')[0]}.safetensors"


def within_one_grey_level(a, b) -> bool:
    a, b = np.asarray(a).astype(int), np.asarray(b).astype(int)
    return a.shape == b.shape and np.abs(a - b).max() <= 1


@pytest.fixture(params=GOOD, ids=lambda path: path.stem)
def good(request) -> Path:
    return request.param


def test_good_files_decode_to_their_pictures(good):
    decoded = nccodec.decode(good.read_bytes(), weights=weights_of(good))
    with Image.open(good.with_suffix(".png")) as stored:
        assert (decoded.mode, decoded.size) == (stored.mode, stored.size)
        assert within_one_grey_level(decoded, stored)
    nccodec.test(good.read_bytes(), weights_of(good))


@pytest.mark.parametrize(
    "view", [{"scale": s} for s in (1, 2, 4, 8, 0.5, 0.25, 0.7, 1.6)] + [{"size": (7, 11)}, {"size": (23, 5)}], ids=str
)
def test_a_decoder_from_the_specification_agrees(good, view):
    literal = literal_decoder.decode(good.read_bytes(), weights_of(good), **view)
    assert within_one_grey_level(literal, nccodec.decode(good.read_bytes(), weights=weights_of(good), **view))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_bad_files_are_refused_for_their_cause(name, monkeypatch):
    monkeypatch.setenv("NCCODEC_WEIGHTS", str(GOLDEN))
    kind, message = EXPECTED[name]
    data = (GOLDEN / "bad" / name).read_bytes()
    for attempt in (nccodec.decode, nccodec.test):
        with pytest.raises(getattr(errors, kind)) as caught:
            attempt(data)
        assert type(caught.value).__name__ == kind and message in str(caught.value)
    with pytest.raises(ValueError):
        literal_decoder.decode(data, GOLDEN / "grey.safetensors")


def test_every_bad_file_is_listed():
    assert {path.name for path in (GOLDEN / "bad").glob("*.ncl")} == set(EXPECTED)


def test_the_example_of_the_page_packs_to_its_bytes_and_back():
    section = (ROOT / "bitstream_spec.md").read_text().split("A generative collage\n\nMade with")[1]
    fields = json.loads(re.search(r"```json\n(.*?)```", section, re.S)[1])
    data = bytearray()
    for offset, row in re.findall(r"^([0-9a-f]{4})  ((?:[0-9a-f]{2} ?)+)", section, re.M):
        assert int(offset, 16) == len(data)
        data += bytes.fromhex(row)
    mark, latents = bytes.fromhex(fields.pop("fingerprint")), np.array(fields.pop("latents"))
    assert write_file(GenerativeCode(**fields, fingerprint=mark, latents=latents), "fixed") == bytes(data)
    read = read_file(bytes(data), GOLDEN / "grey.safetensors").code
    assert (read.size, read.grey, read.step, read.fingerprint) == (12, True, 16, mark)
    np.testing.assert_array_equal(read.latents, latents)


def test_missing_weights_are_named_with_the_places(tmp_path, monkeypatch):
    monkeypatch.setenv("NCCODEC_WEIGHTS", str(tmp_path))
    data = (GOLDEN / "grey.ncl").read_bytes()
    with pytest.raises(errors.WeightsError, match=rf"needs weights 60b3ab965b649fb8.*{tmp_path.name}"):
        nccodec.decode(data)
    (tmp_path / "mine.safetensors").write_bytes((GOLDEN / "grey.safetensors").read_bytes())
    assert nccodec.decode(data).size == (12, 12)
    assert nccodec.info(data)["weights"] == "mine"


def test_every_flipped_bit_and_every_truncation_is_detected(tiny):
    data = (GOLDEN / "grey.ncl").read_bytes()
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(errors.NclError):
            nccodec.decode(bytes(flipped), weights=GOLDEN / "grey.safetensors")
    for length in range(len(data)):
        with pytest.raises(errors.FormatError):
            nccodec.decode(data[:length], weights=GOLDEN / "grey.safetensors")


def test_headers_that_are_noise_are_a_picture_or_an_error(monkeypatch):
    monkeypatch.setenv("NCCODEC_WEIGHTS", str(GOLDEN))
    random, body = np.random.default_rng(5), (GOLDEN / "grey-far.ncl").read_bytes()[:-4]
    seen = set()
    for _ in range(400):
        forged = bytearray(body)
        for _ in range(random.integers(1, 4)):
            forged[random.integers(9, len(forged))] = random.integers(256)
        data = bytes(forged) + container.zlib.crc32(bytes(forged)).to_bytes(4, "little")
        try:
            seen.add(nccodec.decode(data, max_pixels=1 << 12).mode)
        except errors.NclError as error:
            assert "\n" not in str(error)
            seen.add(type(error).__name__)
    assert {"L", "FormatError", "WeightsError"} <= seen


def test_without_self_reference_the_affine_part_is_seen():
    data, weights = (GOLDEN / "colour.ncl").read_bytes(), GOLDEN / "colour.safetensors"
    plain = np.asarray(nccodec.decode(data, weights=weights, self_reference=False))
    file = read_file(data, weights)
    affine, _ = file.weights.network.decode(file.code.values[None])
    expected = np.clip(np.floor(255 * affine[0] + 0.5), 0, 255).transpose(1, 2, 0)
    assert within_one_grey_level(plain[..., :3], expected)


def test_views_of_other_maps_are_refused():
    with pytest.raises(errors.LimitError, match="no predicted detail"):
        nccodec.decode((GOLDEN / "grey.ncl").read_bytes(), weights=GOLDEN / "grey.safetensors", detail=False)


def test_smoothing_is_of_larger_scales_and_of_the_last_picture_of_a_film():
    data, weights = (GOLDEN / "grey.ncl").read_bytes(), GOLDEN / "grey.safetensors"
    plain, smooth = (
        [np.asarray(nccodec.decode(data, scale, weights=weights, smooth=smooth)) for scale in (1, 4)]
        for smooth in (False, True)
    )
    np.testing.assert_array_equal(plain[0], smooth[0])
    assert not np.array_equal(plain[1], smooth[1])
    films = [
        list(iterates_of(map_of(data, View(4, smooth=smooth), weights, "cpu"), "noise", None))
        for smooth in (False, True)
    ]
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(*(film[:-1] for film in films), strict=True))
    np.testing.assert_array_equal(films[1][-1].picture, smooth[1])


def test_regions_of_an_opened_file_are_those_of_the_decode(good):
    class Kept:
        def __call__(self, key, make, size):
            return make()

        def has(self, key):
            return False

    data = good.read_bytes()
    whole = np.asarray(nccodec.decode(data, 4, weights=weights_of(good)))
    part = Opened(data, Kept(), weights_of(good)).part((3, 2, 7, 5), (28, 20))
    assert within_one_grey_level(part, whole[8:28, 12:40])
