"""Detail below the original pixel: the network of the specification, in the null space of the area mean."""

from types import SimpleNamespace

import literal_collage
import numpy as np
import pytest
from networks import named, part

from nccodec.collage.scales import enlarge, reduce_area
from nccodec.neural import detail
from nccodec.neural.architecture import Architecture
from nccodec.neural.detail import enlarge_with, predict_detail
from nccodec.neural.network import Network


@pytest.fixture(scope="module")
def network() -> Network:
    """Random, so that every tensor of it matters."""
    return part(Architecture(detail=9, lambdas=(0.1, 1, 9)), "detail", 5)


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height).normal(0, 0.3, (1, 3, height, width)).astype(np.float32)


def at(network: Network, x: np.ndarray, level: float, scale: int = 4) -> np.ndarray:
    return predict_detail(network, x, np.array([level], np.float32), scale)


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (13, 8)])
@pytest.mark.parametrize("level", [0.0, 0.5, 1.25, 2.0])
def test_it_is_that_of_the_specification(network, level, size):
    x = picture(*size)
    low, share = divmod(round(256 * level), 256)
    weights = SimpleNamespace(detail=named(network), levels=3)
    expected = literal_collage.detail(x[0].astype(float), SimpleNamespace(low=low, part=share), weights)
    assert np.abs(expected).mean() > 0.05
    np.testing.assert_allclose(at(network, x, level)[0, 0], expected, atol=1e-5)


def test_its_means_are_zero(network):
    assert np.abs(reduce_area(at(network, picture(7, 6), 0.7), 4)).max() < 1e-6


@pytest.mark.parametrize("factor", [2, 4, 8, 16])
def test_with_it_the_area_mean_is_the_picture(network, factor):
    x = picture(6, 7).astype(float)
    found = enlarge_with(x, at(network, x.astype(np.float32), 1.5, min(factor, 4)).astype(float), factor)
    assert np.abs(found - enlarge(x, factor)).mean() > 0.01
    assert np.abs(reduce_area(found, factor) - x).max() < 1e-6


def test_scales_above_the_finest_see_its_enlargement_and_those_below_its_means(network):
    x, d = picture(5, 5), at(network, picture(5, 5), 0.0)
    finest = enlarge(x, 4) + d
    np.testing.assert_allclose(enlarge_with(x, d, 4), finest, atol=1e-6)
    np.testing.assert_allclose(enlarge_with(x, d, 8), enlarge(finest, 2), atol=1e-6)
    np.testing.assert_allclose(enlarge_with(x, at(network, x, 0.0, 2), 2), reduce_area(finest, 2), atol=1e-5)


@pytest.mark.parametrize("rows", [1, 3, 5, 8])
def test_bands_leave_no_trace(network, monkeypatch, rows):
    x = picture(17, 6)
    whole = [at(network, x, 1.0, scale) for scale in (2, 4)]
    monkeypatch.setattr(detail, "_BAND", 6 * rows)
    for scale, expected in zip((2, 4), whole, strict=True):
        np.testing.assert_allclose(at(network, x, 1.0, scale), expected, atol=1e-6)


def test_every_tensor_matters(network):
    x = picture(6, 6)
    before = at(network, x, 0.5)
    for name, array in network.arrays.items():
        kept = array.copy()
        array += 0.1 * np.random.default_rng(1).normal(size=array.shape)
        assert np.abs(at(network, x, 0.5) - before).max() > 1e-3, name
        array[:] = kept
