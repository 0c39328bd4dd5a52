"""From codes to pictures: dequantization, the refinement network, and decoding at every scale."""

import math
from types import SimpleNamespace

import literal_collage
import numpy as np
import pytest
from networks import named, random_arrays

from nccodec.collage.output import Request, View
from nccodec.neural import weights as weights_files
from nccodec.neural.architecture import Architecture
from nccodec.neural.code import CollageCode
from nccodec.neural.model import Collage, predict_refinement
from nccodec.neural.network import Network
from nccodec.neural.synthesis import synthesise

LEVELS = [0.0, 0.5, 1.0, 1.25, 2.0]


@pytest.fixture(scope="module")
def model() -> Collage:
    """Random networks, so that every tensor of the refinement matters."""
    a = Architecture(range_size=4, kernel=6, atoms=7, domains=3, width=8, depth=8, refinement=9, lambdas=(0.1, 1, 9))
    model = Collage(a, random_arrays(a, 1, 0.3))
    model["log_gain"][:] = np.random.default_rng(1).uniform(-1, 3, model["log_gain"].shape)
    return model


def at(*levels: float) -> np.ndarray:
    return np.array(levels, np.float32)


def reference(model: Collage, q: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Parameters times gains, and gains, in float64 by the decoder that was written from the specification."""
    low, part = divmod(round(256 * level), 256)
    header = SimpleNamespace(low=low, part=part, rows=q.shape[1], columns=q.shape[2])
    prefix = "refinement."
    arrays = {key: value for key, value in model.network.arrays.items() if key.startswith(prefix)}
    tensors = named(Network(arrays, prefix))
    refined = q.astype(np.float64)
    refined[:7] += literal_collage.refinement(q[:7], header, SimpleNamespace(network=tensors, levels=3))
    gains = model["log_gain"].astype(float)
    log_gain = [np.interp(level, [0, 1, 2], gains[:, c]) for c in range(10)]
    return refined, np.exp(log_gain)[:, None, None]


@pytest.mark.parametrize("grid", [(1, 1), (1, 6), (7, 5)])
@pytest.mark.parametrize("level", LEVELS)
def test_parameters_are_those_of_the_specification(model, level, grid):
    q = np.random.default_rng(2).integers(-9, 10, (10, *grid))
    q[:, 0, 0] = np.random.default_rng(3).integers(-32767, 32768, 10)
    found = model.dequantize(q.astype(np.float32)[None], at(level))[0]
    expected, gain = reference(model, q, level)
    np.testing.assert_allclose(found * gain, expected, rtol=1e-6, atol=1e-4)


def test_every_tensor_of_the_refinement_matters(model):
    q = np.random.default_rng(4).integers(-3, 4, (1, 7, 5, 6)).astype(np.float32)
    network = model.network.part("refinement")
    before = predict_refinement(network, q, at(0.5))
    assert 0.1 < np.abs(before).mean() < 10
    for name, array in model.network.arrays.items():
        if name.startswith("refinement."):
            kept = array.copy()
            array *= 0.5
            assert np.abs(predict_refinement(network, q, at(0.5)) - before).max() > 1e-3, name
            array[:] = kept
    np.testing.assert_array_equal(predict_refinement(network, q, at(0.5)), before)


def test_pictures_of_one_batch_have_their_own_levels(model):
    q = np.random.default_rng(5).integers(-3, 4, (len(LEVELS), 10, 3, 4)).astype(np.float32)
    together = model.dequantize(q, at(*LEVELS))
    for i, level in enumerate(LEVELS):
        np.testing.assert_allclose(together[i : i + 1], model.dequantize(q[i : i + 1], at(level)), rtol=1e-5, atol=1e-5)


def test_levels_interpolate_gains_in_the_log_domain(tiny):
    model = weights_files.load(tiny).model()
    low, high = np.exp(model["log_gain"].astype(float))
    found = model.gain(at(0.0, 1.0, 0.5, 0.25))
    for row, expected in zip(found, (low, high, (low * high) ** 0.5, (low**3 * high) ** 0.25), strict=True):
        np.testing.assert_allclose(row, expected, rtol=1e-6)


def decoded_at(code: CollageCode, weights: weights_files.Weights, scale: float = 1) -> np.ndarray:
    return synthesise(code, weights, Request.of(View(scale), (code.height, code.width), 4))


def test_every_scale_is_the_area_mean_of_a_finer_one(tiny):
    weights = weights_files.load(tiny)
    random = np.random.default_rng(8)
    atoms = random.integers(-1, 2, (6, 8, 12)).astype(np.int32) * (random.random((6, 8, 12)) < 0.1)
    scales = random.integers(-1, 2, (4, 8, 12)).astype(np.int32) * (random.random((4, 8, 12)) < 0.3)
    code = CollageCode(32, 48, False, 256, 4, weights.fingerprint, atoms, scales)
    decoded = {scale: decoded_at(code, weights, scale).astype(float) for scale in (0.25, 0.5, 1, 2, 4)}
    for fine, coarse in ((1, 0.5), (2, 0.5), (2, 1), (4, 1)):
        a, b = decoded[fine], decoded[coarse]
        factor = int(fine / coarse)
        assert a.min() > 0 and a.max() < 255, "clipping would hide the property"
        means = a.reshape(b.shape[0], factor, b.shape[1], factor, 3).mean((1, 3))
        assert np.abs(means - b).max() <= 1
    assert not np.array_equal(decoded[1], decoded_at(code.without_self_reference(), weights))


def test_the_refinement_is_in_the_picture(tiny, tmp_path):
    """The same integers with and without it."""
    assert (without(tiny, tmp_path, "refinement.head", "filter.head") == 128).all()
    refined = without(tiny, tmp_path, "filter.head")
    assert math.sqrt(np.square(refined - 128).mean()) > 3


def test_the_filter_is_in_the_picture_and_in_that_at_half_the_scale(tiny, tmp_path):
    """The same integers with and without it, at scale 1, 1/2, and 1/4, where it is left out."""
    both = [(without(tiny, tmp_path, scale=s), without(tiny, tmp_path, "filter.head", scale=s)) for s in (1, 0.5, 0.25)]
    changes = [np.abs(with_it - plain).max() for with_it, plain in both]
    assert min(changes[:2]) > 3 and changes[2] == 0


def without(tiny, folder, *silent: str, scale: float = 1) -> np.ndarray:
    """A picture of integers that are all zero, with networks that say nothing: their last layer, by name."""
    found = weights_files.load(tiny)
    if silent:
        tensors = {name: t * 0 if name.startswith(silent) else t for name, t in found.tensors.items()}
        path = folder / f"{len(silent)}.safetensors"
        weights_files.save(path, found.architecture, tensors, found.prior, found.dead_zone)
        found = weights_files.load(path)
    atoms, scales = np.zeros((6, 3, 4), np.int32), np.zeros((4, 3, 4), np.int32)
    return decoded_at(CollageCode(12, 16, False, 0, 4, found.fingerprint, atoms, scales), found, scale).astype(int)
