"""Detail below the original pixel: the network of the specification, in the null space of the area mean."""

from types import SimpleNamespace

import literal_decoder
import numpy as np
import pytest
import torch

from nccodec.collage.scales import enlarge, reduce_area
from nccodec.neural import detail
from nccodec.neural.architecture import Architecture
from nccodec.neural.detail import Detail, enlarge_with
from nccodec.neural.levels import at_level
from nccodec.neural.model import Collage


@pytest.fixture(scope="module")
def network() -> Detail:
    """Random, so that every tensor of it matters."""
    torch.manual_seed(5)
    found = Detail(Architecture(detail=9, lambdas=(0.1, 1, 9))).requires_grad_(False)
    for parameter in found.parameters():
        parameter.normal_(0, 0.15)
    return found


def picture(height: int, width: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(height).normal(0, 0.3, (1, 3, height, width))).float()


def at(network: Detail, x: torch.Tensor, level: float, scale: int = 4) -> torch.Tensor:
    return network(x, at_level(network.level, torch.tensor([level])), scale)


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (13, 8)])
@pytest.mark.parametrize("level", [0.0, 0.5, 1.25, 2.0])
def test_it_is_that_of_the_specification(network, level, size):
    x = picture(*size)
    low, part = divmod(round(256 * level), 256)
    tensors = {name: tensor.double().numpy() for name, tensor in network.state_dict().items()}
    header, weights = SimpleNamespace(low=low, part=part), SimpleNamespace(detail=tensors, levels=3)
    expected = literal_decoder.detail(x[0].double().numpy(), header, weights)
    assert np.abs(expected).mean() > 0.05
    np.testing.assert_allclose(at(network, x, level)[0, 0].numpy(), expected, atol=1e-5)


def test_its_means_are_zero(network):
    assert reduce_area(at(network, picture(7, 6), 0.7), 4).abs().max() < 1e-6


@pytest.mark.parametrize("factor", [2, 4, 8, 16])
def test_with_it_the_area_mean_is_the_picture(network, factor):
    x = picture(6, 7).double()
    found = enlarge_with(x, at(network, x.float(), 1.5, min(factor, 4)).double(), factor)
    assert (found - enlarge(x, factor)).abs().mean() > 0.01
    assert (reduce_area(found, factor) - x).abs().max() < 1e-6


def test_scales_above_the_finest_see_its_enlargement_and_those_below_its_means(network):
    x, d = picture(5, 5), at(network, picture(5, 5), 0.0)
    finest = enlarge(x, 4) + d
    torch.testing.assert_close(enlarge_with(x, d, 4), finest)
    torch.testing.assert_close(enlarge_with(x, d, 8), enlarge(finest, 2))
    torch.testing.assert_close(enlarge_with(x, at(network, x, 0.0, 2), 2), reduce_area(finest, 2), atol=1e-5, rtol=0)


@pytest.mark.parametrize("rows", [1, 3, 5, 8])
def test_bands_leave_no_trace(network, monkeypatch, rows):
    x = picture(17, 6)
    whole = [at(network, x, 1.0, scale) for scale in (2, 4)]
    monkeypatch.setattr(detail, "_BAND", 6 * rows)
    torch.testing.assert_close([at(network, x, 1.0, scale) for scale in (2, 4)], whole)


def test_every_tensor_matters(network):
    x = picture(6, 6)
    before = at(network, x, 0.5)
    for name, parameter in network.named_parameters():
        kept = parameter.clone()
        parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
        assert (at(network, x, 0.5) - before).abs().max() > 1e-3, name
        parameter.copy_(kept)


def test_a_new_network_predicts_nothing():
    model = Collage(Architecture(range_size=4, kernel=4, atoms=6, width=8, depth=8, refinement=8, detail=8))
    x = picture(8, 8)
    with torch.no_grad():
        torch.testing.assert_close(model.enlarge(x, torch.tensor([1.0]), 4), enlarge(x, 4))
