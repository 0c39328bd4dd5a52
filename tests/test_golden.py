"""Files that must decode to stored pictures, and files that must be refused, one for each cause."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nccodec
from nccodec import errors

GOLDEN = Path(__file__).parent / "golden"
TINY = GOLDEN / "tiny.safetensors"
MARK = hashlib.sha256(TINY.read_bytes()).hexdigest()[:16]
EXPECTED = json.loads((GOLDEN / "bad" / "expected.json").read_text())


@pytest.mark.parametrize("path", sorted((GOLDEN / "ok").glob("*.ncl")), ids=lambda path: path.stem)
def test_good_files_decode_to_their_pictures_within_one_grey_level(path):
    decoded = nccodec.decode(path.read_bytes(), weights=TINY)
    with Image.open(path.with_suffix(".png")) as stored:
        assert (decoded.mode, decoded.size) == (stored.mode, stored.size)
        difference = np.asarray(decoded).astype(int) - np.asarray(stored).astype(int)
    assert np.abs(difference).max() <= 1


def test_both_packers_give_one_picture():
    a, b = ((GOLDEN / "ok" / f"{packer}-19x14.ncl").read_bytes() for packer in ("range", "fixed"))
    assert a != b
    np.testing.assert_array_equal(*(np.asarray(nccodec.decode(data, weights=TINY)) for data in (a, b)))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_bad_files_are_refused_for_their_cause(name, monkeypatch):
    monkeypatch.setenv("NCCODEC_WEIGHTS", str(GOLDEN))
    kind, message = EXPECTED[name]
    with pytest.raises(getattr(errors, kind)) as caught:
        nccodec.decode((GOLDEN / "bad" / name).read_bytes())
    assert type(caught.value).__name__ == kind
    assert message in str(caught.value)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_is_not_decoded_does_not_pass_as_faultless(name, monkeypatch):
    monkeypatch.setenv("NCCODEC_WEIGHTS", str(GOLDEN))
    with pytest.raises(getattr(errors, EXPECTED[name][0])):
        nccodec.test((GOLDEN / "bad" / name).read_bytes())


def test_every_bad_file_is_listed():
    assert {path.name for path in (GOLDEN / "bad").glob("*.ncl")} == set(EXPECTED)


def test_a_file_names_the_weights_that_it_misses(tmp_path, monkeypatch):
    monkeypatch.setenv("NCCODEC_WEIGHTS", str(tmp_path))
    data = (GOLDEN / "ok" / "range-19x14.ncl").read_bytes()
    with pytest.raises(errors.WeightsError, match=f"{MARK}.*{tmp_path.name}"):
        nccodec.decode(data)
    (tmp_path / "mine.safetensors").write_bytes(TINY.read_bytes())
    assert nccodec.decode(data).size == (19, 14)
