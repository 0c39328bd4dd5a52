"""The decoder's filter on pixels: the network of the specification, told where in its cell a pixel lies."""

from types import SimpleNamespace

import literal_decoder
import numpy as np
import pytest
import torch

from nccodec.neural import filter
from nccodec.neural.architecture import Architecture
from nccodec.neural.filter import REACH, Filter

SIDE = 16


@pytest.fixture(scope="module")
def network() -> Filter:
    """Random, so that every tensor of it matters."""
    torch.manual_seed(7)
    found = Filter(Architecture(filter=9, lambdas=(0.1, 1, 9))).requires_grad_(False)
    for name, parameter in found.named_parameters():
        parameter.normal_(0, 0.12 if name.endswith("weight") else 0.3)
    found.gain.add_(1)
    return found


def sums(rows: int, columns: int, count: int = 1) -> torch.Tensor:
    random = np.random.default_rng(rows)
    return torch.from_numpy(random.normal(0, 0.3, (count, 3, rows * SIDE, columns * SIDE))).float()


@pytest.mark.parametrize("grid", [(1, 1), (1, 3), (2, 2)])
@pytest.mark.parametrize("level", [0.0, 0.5, 1.25, 2.0])
def test_it_is_that_of_the_specification(network, level, grid):
    z = sums(*grid)
    low, part = divmod(round(256 * level), 256)
    tensors = {name: tensor.double().numpy() for name, tensor in network.state_dict().items()}
    header, weights = SimpleNamespace(low=low, part=part), SimpleNamespace(filter=tensors, levels=3, side=SIDE)
    expected = literal_decoder.filtered(z[0].double().numpy() + 0.5, header, weights) - 0.5
    assert np.abs(expected - z[0].numpy()).mean() > 0.05
    np.testing.assert_allclose(network(z, torch.tensor([level]))[0].numpy(), expected, atol=2e-5)


def test_every_tensor_matters(network):
    z, level = sums(2, 3), torch.tensor([0.5])
    before = network(z, level)
    for name, parameter in network.named_parameters():
        kept = parameter.clone()
        parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
        assert (network(z, level) - before).abs().max() > 1e-3, name
        parameter.copy_(kept)


def test_pictures_of_one_batch_have_their_own_levels(network):
    z, levels = sums(1, 2, 3), torch.tensor([0.0, 0.7, 2.0])
    together = network(z, levels)
    for i in range(3):
        torch.testing.assert_close(together[i : i + 1], network(z[i : i + 1], levels[i : i + 1]))


def test_it_is_the_same_in_every_cell_and_differs_inside_them(network):
    """A flat picture: far from its edges the correction repeats from cell to cell, but not from square to square."""
    z = torch.full((1, 3, 6 * SIDE, 6 * SIDE), 0.2)
    change = (network(z, torch.tensor([1.0])) - z)[..., 2 * SIDE : 4 * SIDE, 2 * SIDE : 4 * SIDE]
    torch.testing.assert_close(change[..., :SIDE, :SIDE], change[..., SIDE:, SIDE:])
    assert (change[..., :4, :4] - change[..., 8:12, 8:12]).abs().max() > 0.01


def test_a_pixel_depends_on_what_is_within_reach(network):
    z, level = sums(5, 5), torch.tensor([1.0])
    place = slice(2 * SIDE, 2 * SIDE + 4)
    before = network(z, level)[..., place, place]
    for distance, depends in ((REACH, True), (REACH + 4, False)):
        changed = z.clone()
        changed[..., : 2 * SIDE + 4 - distance, :] += 1
        assert bool((network(changed, level)[..., place, place] - before).abs().max() > 1e-5) is depends


@pytest.mark.parametrize("cells", [1, 2, 3, 7])
def test_bands_leave_no_trace(network, monkeypatch, cells):
    z, level = sums(7, 2), torch.tensor([1.0])
    whole = network(z, level)
    monkeypatch.setattr(filter, "_BAND", 9 * 8 * 4 * cells)  # 9 channels, 2 x 1 cells of 4 x 4 squares
    torch.testing.assert_close(network(z, level), whole)


def test_a_new_network_changes_nothing():
    network = Filter(Architecture(filter=8))
    z = sums(2, 2)
    with torch.no_grad():
        torch.testing.assert_close(network(z, torch.tensor([3.3])), z)
