"""The decoder's filter on pixels: the network of the specification, told where in its cell a pixel lies."""

from types import SimpleNamespace

import literal_collage
import numpy as np
import pytest
from networks import named, part

from nccodec.neural import filter
from nccodec.neural.architecture import Architecture
from nccodec.neural.filter import REACH, apply_filter
from nccodec.neural.network import Network

SIDE = 16


@pytest.fixture(scope="module")
def network() -> Network:
    """Random, so that every tensor of it matters."""
    network = part(Architecture(filter=9, lambdas=(0.1, 1, 9)), "filter", 7, 0.12)
    for name, array in network.arrays.items():
        array *= 1 if name.endswith("weight") else 2.5
    network["gain"][:] += 1
    return network


def sums(rows: int, columns: int, count: int = 1) -> np.ndarray:
    return np.random.default_rng(rows).normal(0, 0.3, (count, 3, rows * SIDE, columns * SIDE)).astype(np.float32)


def at(*levels: float) -> np.ndarray:
    return np.array(levels, np.float32)


@pytest.mark.parametrize("grid", [(1, 1), (1, 3), (2, 2)])
@pytest.mark.parametrize("level", [0.0, 0.5, 1.25, 2.0])
def test_it_is_that_of_the_specification(network, level, grid):
    z = sums(*grid)
    low, share = divmod(round(256 * level), 256)
    weights = SimpleNamespace(filter=named(network), levels=3, side=SIDE)
    expected = literal_collage.filtered(z[0].astype(float) + 0.5, SimpleNamespace(low=low, part=share), weights) - 0.5
    assert np.abs(expected - z[0]).mean() > 0.05
    np.testing.assert_allclose(apply_filter(network, z, at(level))[0], expected, atol=2e-5)


def test_every_tensor_matters(network):
    z, level = sums(2, 3), at(0.5)
    before = apply_filter(network, z, level)
    for name, array in network.arrays.items():
        kept = array.copy()
        array += 0.1 * np.random.default_rng(1).normal(size=array.shape)
        assert np.abs(apply_filter(network, z, level) - before).max() > 1e-3, name
        array[:] = kept


def test_pictures_of_one_batch_have_their_own_levels(network):
    z, levels = sums(1, 2, 3), at(0.0, 0.7, 2.0)
    together = apply_filter(network, z, levels)
    for i in range(3):
        alone = apply_filter(network, z[i : i + 1], levels[i : i + 1])
        np.testing.assert_allclose(together[i : i + 1], alone, atol=1e-5)


def test_it_is_the_same_in_every_cell_and_differs_inside_them(network):
    """A flat picture: far from its edges the correction repeats from cell to cell, but not from square to square."""
    z = np.full((1, 3, 6 * SIDE, 6 * SIDE), 0.2, np.float32)
    change = (apply_filter(network, z, at(1.0)) - z)[..., 2 * SIDE : 4 * SIDE, 2 * SIDE : 4 * SIDE]
    np.testing.assert_allclose(change[..., :SIDE, :SIDE], change[..., SIDE:, SIDE:], atol=1e-5)
    assert np.abs(change[..., :4, :4] - change[..., 8:12, 8:12]).max() > 0.01


def test_a_pixel_depends_on_what_is_within_reach(network):
    z, level = sums(5, 5), at(1.0)
    place = slice(2 * SIDE, 2 * SIDE + 4)
    before = apply_filter(network, z, level)[..., place, place]
    for distance, depends in ((REACH, True), (REACH + 4, False)):
        changed = z.copy()
        changed[..., : 2 * SIDE + 4 - distance, :] += 1
        assert bool(np.abs(apply_filter(network, changed, level)[..., place, place] - before).max() > 1e-5) is depends


@pytest.mark.parametrize("cells", [1, 2, 3, 7])
def test_bands_leave_no_trace(network, monkeypatch, cells):
    z, level = sums(7, 2), at(1.0)
    whole = apply_filter(network, z, level)
    monkeypatch.setattr(filter, "_BAND", 9 * 8 * 4 * cells)  # 9 channels, 2 x 1 cells of 4 x 4 squares
    np.testing.assert_allclose(apply_filter(network, z, level), whole, atol=1e-5)
