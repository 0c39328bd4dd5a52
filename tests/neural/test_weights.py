"""Weights files are hostile input, and are found by name and by fingerprint."""

import hashlib
import json

import numpy as np
import pytest
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from nccodec.errors import WeightsError
from nccodec.neural import weights


def rewritten(path, tiny, change=lambda tensors, about: None):
    data = tiny.read_bytes()
    length = int.from_bytes(data[:8], "little")
    about = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["nccodec"])
    tensors = load_tensors(data)
    change(tensors, about)
    path.write_bytes(save_tensors(tensors, {"nccodec": json.dumps(about)}))
    return path


def test_the_fingerprint_is_the_hash_of_the_file(tiny):
    assert weights.load(tiny).fingerprint == hashlib.sha256(tiny.read_bytes()).digest()[:8]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t, a: a.update(format=2), "format 2 is unknown"),
        (lambda t, a: a["architecture"].update(range_size=12), "power of two"),
        (lambda t, a: a["architecture"].update(kernel=5), "even number"),
        (lambda t, a: a["architecture"].update(atoms=10**9), "atoms must be"),
        (lambda t, a: a["architecture"].update(width="x"), "not a weights file|architecture"),
        (lambda t, a: a["architecture"].update(surprise=1), "surprise"),
        (lambda t, a: a["architecture"].update(blocks=1.0), "whole numbers"),
        (lambda t, a: a["architecture"].update(range_size=4.0), "whole numbers"),
        (lambda t, a: a["architecture"].update(blocks=True), "whole numbers"),
        (lambda t, a: a["architecture"].update(lambdas=[0.1, float("inf")]), "rising positive"),
        (lambda t, a: a["architecture"].update(lambdas=[0.1, 10**400]), "too large"),
        (lambda t, a: a.update(dead_zone=[0.1, 10**400]), "too large"),
        (lambda t, a: t.update({"prior.sizes": np.full(344, np.inf, np.float32)}), "not a weights file"),
        (lambda t, a: a.update(dead_zone=[0.1]), "dead zones do not fit"),
        (lambda t, a: a.update(dead_zone=[0.1, float("nan")]), "dead zone is outside"),
        (lambda t, a: t.pop("prior.log"), "not a weights file .*'log'"),
        (lambda t, a: t.pop("prior.1.out"), "not a weights file .*'out'"),
        (lambda t, a: t.update({"prior.surprise": t["prior.log"]}), "surprise"),
        (lambda t, a: t.update({"prior.x.out": t["prior.log"]}), "not a weights file"),
        (lambda t, a: [t.pop(name) for name in list(t) if name.startswith("prior.2.")], "2 groups instead of 3"),
        (lambda t, a: t.update({"prior.0.out": t["prior.0.out"].astype(np.float32)}), "out is float32"),
        (lambda t, a: t.update({"prior.2.before": t["prior.2.before"][:, :, 1:].copy()}), "before is"),
        (lambda t, a: t.update({"prior.tables": t["prior.tables"] + 1}), "sum to 2\\^24"),
        (lambda t, a: t.update({"prior.bias": t["prior.bias"][:, :, :5].copy()}), "prior"),
    ],
)
def test_damaged_weights_are_refused(tmp_path, tiny, change, message):
    path = rewritten(tmp_path / "w.safetensors", tiny, change)
    with pytest.raises(WeightsError, match=message) as caught:
        weights.load(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t, a: t.update(atoms=t["atoms"][:5].copy()), "do not fit"),
        (lambda t, a: t.update(atoms=np.full_like(t["atoms"], np.nan)), "not finite"),
        (lambda t, a: t.pop("head.bias"), "do not fit"),
        (lambda t, a: t.pop("refinement.level"), "do not fit"),
        (lambda t, a: t.update({"refinement.head.bias": t["refinement.head.bias"][1:].copy()}), "do not fit"),
        (lambda t, a: t.update({"refinement.level": t["refinement.level"] + np.inf}), "not finite"),
        (lambda t, a: t.update(log_gain=t["log_gain"] + 40), "a gain is beyond"),
        (lambda t, a: t.update({"filter.amplitude": t["filter.amplitude"] + 40}), "an amplitude is above"),
        (lambda t, a: t.pop("filter.gain"), "do not fit"),
        (lambda t, a: a["architecture"].pop("filter"), "filter is missing"),
    ],
)
def test_damaged_networks_are_refused(tmp_path, tiny, change, message):
    path = rewritten(tmp_path / "w.safetensors", tiny, change)
    with pytest.raises(WeightsError, match=message):
        weights.load(path).model()


@pytest.mark.parametrize(
    "larger",
    [
        {"width": 1024},
        {"depth": 1024},
        {"refinement": 1024},
        {"detail": 1024},
        {"filter": 1024},
        {"blocks": 16},
        {"dense": 16},
        {"kernel": 12},
    ],
)
def test_networks_are_not_made_before_their_tensors_are_there(tmp_path, tiny, larger, monkeypatch):
    """A small file cannot ask for gigabytes."""
    path = rewritten(tmp_path / "w.safetensors", tiny, lambda t, a: a["architecture"].update(larger))
    monkeypatch.setattr("nccodec.neural.model.Collage", lambda _: pytest.fail("networks were made"))
    with pytest.raises(WeightsError, match="do not fit"):
        weights.load(path).model()


def test_what_is_no_weights_file_is_refused(tmp_path):
    nested = (100_000).to_bytes(8, "little") + b"[" * 100_000
    for data in (b"", b"\xff" * 64, b"\x02\0\0\0\0\0\0\0{}", nested, save_tensors({"x": np.zeros(2)})):
        path = tmp_path / "w.safetensors"
        path.write_bytes(data)
        with pytest.raises(WeightsError, match="not a weights file"):
            weights._load.__wrapped__(path, 0, len(data))
    with pytest.raises(WeightsError, match="No such file"):
        weights.load(tmp_path / "absent.safetensors")


def test_saving_keeps_everything(tmp_path, tiny):
    first = weights.load(tiny)
    path = tmp_path / "copy.safetensors"
    weights.save(path, first.architecture, first.tensors, first.prior, first.dead_zone)
    second = weights.load(path)
    assert (second.architecture, second.dead_zone) == (first.architecture, first.dead_zone)
    assert second.tensors.keys() == first.tensors.keys()
    for name, value in first.tensors.items():
        np.testing.assert_array_equal(second.tensors[name], value)
        assert value.dtype == (np.float32 if name == "log_gain" else np.float16)
    assert second.prior.tensors().keys() == first.prior.tensors().keys()
    for name, value in first.prior.tensors().items():
        np.testing.assert_array_equal(second.prior.tensors()[name], value)
        assert value.dtype == second.prior.tensors()[name].dtype


def test_search_goes_through_the_folders(tmp_path, monkeypatch, tiny):
    monkeypatch.setenv("NCCODEC_WEIGHTS", str(tmp_path))
    (tmp_path / "broken.safetensors").write_bytes(b"no")
    (tmp_path / "mine.safetensors").write_bytes(tiny.read_bytes())
    mark = weights.load(tiny).fingerprint
    assert weights.matching(mark).path == tmp_path / "mine.safetensors"
    assert weights.named("mine").fingerprint == mark
    with pytest.raises(WeightsError, match="ffffffffffffffff"):
        weights.matching(b"\xff" * 8)
    with pytest.raises(WeightsError, match="the file needs weights"):
        weights.matching(b"\xff" * 8, tiny)
