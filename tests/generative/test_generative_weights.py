"""Weights files of generative collages are hostile input, and belong to one kind of map."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from nccodec.codec.kinds import weights_at
from nccodec.errors import WeightsError
from nccodec.generative import weights
from nccodec.generative.architecture import Architecture, overlapping, shapes
from nccodec.neural import weights as collages

GOLDEN = Path(__file__).parents[1] / "golden" / "generative"


def test_the_fingerprint_is_the_hash_of_the_file():
    path = GOLDEN / "grey.safetensors"
    assert weights.load(path).fingerprint == hashlib.sha256(path.read_bytes()).digest()[:8]


def test_what_is_saved_is_loaded(tmp_path):
    a = Architecture(size=8, ranges=2, kernel=4, atoms=1, latents=2, upper=1, hidden=8, width=8)
    arrays = {name: np.full(shape, 0.5) for name, shape in shapes(a).items()}
    weights.save(tmp_path / "w.safetensors", a, arrays)
    read = weights.load(tmp_path / "w.safetensors")
    assert read.architecture == a and set(read.tensors) == set(arrays)
    assert all((value == 0.5).all() and value.dtype == np.float16 for value in read.tensors.values())
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]


def test_shapes_of_the_paper_s_digits():
    """28 x 28 pixels in ranges of 7, three layers that halve: 14, 7, 4."""
    a = Architecture()
    assert (a.side, a.smallest, overlapping(7), overlapping(8)) == (7, 4, 13, 16)
    assert a.parameters == 16 * 32 + 16 * 8 == 640
    assert shapes(a)["encoder.head.weight"] == (2 * (24 + 8), 128 * 16)
    assert shapes(a)["decoder.2.weight"] == (640, 512)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t, a: a.update(format=2), "format 2 is unknown"),
        (lambda t, a: a.pop("map"), "for map 'collage', not 'generative'"),
        (lambda t, a: a.update(map="zip"), "for map 'zip', not 'generative'"),
        (lambda t, a: a.pop("architecture"), "not a weights file"),
        (lambda t, a: a["architecture"].pop("upper"), "upper is missing"),
        (lambda t, a: a["architecture"].update(more=1), "more is missing or not known"),
        (lambda t, a: a["architecture"].update(size=12.0), "whole numbers"),
        (lambda t, a: a["architecture"].update(size=68), "size must be"),
        (lambda t, a: a["architecture"].update(size=14), "no multiple of 4"),
        (lambda t, a: a["architecture"].update(size=12, ranges=8), "no multiple of 4 and of 8 ranges"),
        (lambda t, a: a["architecture"].update(ranges=3), "ranges must be"),
        (lambda t, a: a["architecture"].update(channels=2), "channels must be"),
        (lambda t, a: a["architecture"].update(kernel=9), "plus an even number"),
        (lambda t, a: a["architecture"].update(kernel=20), "at most 18"),
        (lambda t, a: a["architecture"].update(atoms=10**9), "atoms must be"),
        (lambda t, a: a["architecture"].update(latents=257), "latents must be"),
        (lambda t, a: a["architecture"].update(upper=6), "upper must be"),
        (lambda t, a: a["architecture"].update(hidden=10**9), "hidden must be"),
        (lambda t, a: a["architecture"].update(width=0), "width must be"),
        (lambda t, a: a["architecture"].update(atoms=4), "do not fit the architecture"),
        (lambda t, a: t.pop("bias"), "do not fit the architecture .bias"),
        (lambda t, a: t.update(more=t["bias"]), "do not fit the architecture .more"),
        (lambda t, a: t["atoms"].fill(np.inf), "atoms is not finite"),
        (lambda t, a: t.update(bias=t["bias"].astype(np.float32)), "bias is not finite numbers of 16 bits"),
    ],
)
def test_damaged_weights_are_refused(rewritten, change, message):
    path = rewritten("grey", change)
    with pytest.raises(WeightsError, match=message) as caught:
        weights.load(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_weights_of_either_kind_are_told_apart(tiny):
    assert weights_at(tiny).about()["architecture"]["range_size"] == 4
    assert weights_at(GOLDEN / "grey.safetensors").about()["architecture"]["size"] == 12
    with pytest.raises(WeightsError, match=r"tiny.safetensors: .* for map 'collage', not 'generative'"):
        weights.load(tiny)
    with pytest.raises(WeightsError, match=r"grey.safetensors: .* for map 'generative', not 'collage'"):
        collages.load(GOLDEN / "grey.safetensors")


@pytest.mark.parametrize("content", [b"", b"\x80\x04.", b"{}" * 40])
def test_what_is_no_weights_file_is_refused(tmp_path, content):
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    for load in (weights.load, weights_at):
        with pytest.raises(WeightsError, match=r"w\.safetensors: not a weights file"):
            load(path)
