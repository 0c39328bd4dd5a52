"""The prior as a network and its integer twin say the same."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from priors import draw

from nccodec.bitstream.packers import pack_range
from nccodec.neural.architecture import Architecture
from nccodec.neural.prior import HIDDEN, IntegerPrior, Layers, PriorArrays
from nccodec.neural.prior_network import PriorNetwork

ARCHITECTURE = Architecture(range_size=4, kernel=4, atoms=14, domains=2, width=8, blocks=0, lambdas=(0.01, 0.1, 1.0))
CHANNELS = ARCHITECTURE.channels


@pytest.fixture(scope="module")
def network() -> PriorNetwork:
    """Random, with outputs that matter."""
    torch.manual_seed(3)
    network = PriorNetwork(ARCHITECTURE)
    with torch.no_grad():
        network.bias.uniform_(-3, 2)
        network.weight.uniform_(0, 0.4)
        network.mean.uniform_(-0.3, 0.6)
        network.shape.uniform_(-1, 1)
        for group in network.groups:
            group.out.normal_(0, 0.1)
            group.first_bias.uniform_(-0.5, 2)
            group.second_bias.uniform_(-0.5, 1)
    return network


@pytest.fixture(scope="module")
def arrays(network) -> PriorArrays:
    return network.export()


@pytest.fixture(scope="module")
def q() -> torch.Tensor:
    scale = torch.linspace(6, 0.1, CHANNELS)[:, None, None]
    torch.manual_seed(4)
    return (torch.distributions.Laplace(0, 1).sample((CHANNELS, 13, 12)) * scale).round()


def planes(model: IntegerPrior, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index and mean, the latter NaN where tables have no fraction, of every value."""
    index, mean = np.full(values.shape, -1), np.full(values.shape, np.nan)
    for part in model.passes(values, 0, len(values)):
        fine = part.tables < 320
        index.reshape(-1)[part.where] = np.where(fine, part.tables // 8, part.tables - 280)
        mean.reshape(-1)[part.where] = np.where(fine, part.offsets + (part.tables % 8 - 4) / 8, np.nan)
    return index, mean


@pytest.mark.parametrize("level", [0, 128, 300, 512])
def test_the_integer_model_gives_the_same_indices_and_means(network, arrays, q, level):
    """Not all: where a hidden unit lies between two steps, the rounding of multipliers and biases may take
    it to the other one, of 127; so may that of the logarithm, whose argument is a whole number there."""
    with torch.no_grad():
        index, mean = (x[0].numpy() for x in network.context(q[None], torch.tensor([level / 256])))
    found_index, found_mean = planes(IntegerPrior(arrays, 14, 2, level), q.numpy().astype(np.int32))
    assert np.abs(found_index - index).max() <= 1
    assert np.mean(np.abs(found_index - index) <= 0.51) > 0.95
    fine = ~np.isnan(found_mean)
    assert fine.mean() > 0.8
    difference = np.abs(found_mean - mean)[fine]
    assert difference.max() <= 0.25 and np.mean(difference <= 0.125) > 0.999 and np.mean(difference == 0) > 0.97
    assert np.std(index) > 2 and np.std(found_mean[fine]) > 0.3


@pytest.mark.parametrize("grid", [(1, 1), (1, 6), (5, 1), (2, 3)])
def test_small_grids_where_passes_have_no_cells(network, arrays, q, grid):
    part = q[:, : grid[0], : grid[1]]
    with torch.no_grad():
        index, mean = (x[0].numpy() for x in network.context(part[None], torch.tensor([0.5])))
    found_index, found_mean = planes(IntegerPrior(arrays, 14, 2, 128), part.numpy().astype(np.int32))
    assert np.abs(found_index - index).max() <= 1
    assert np.nanmax(np.abs(found_mean - mean)) <= 0.25


def test_the_networks_are_what_is_compared(network, q):
    """Without them, indices and means would be others."""
    with torch.no_grad():
        with_them = network.context(q[None], torch.tensor([0.5]))
        kept = [group.out.clone() for group in network.groups]
        for group in network.groups:
            group.out.zero_()
        without = network.context(q[None], torch.tensor([0.5]))
        for group, out in zip(network.groups, kept, strict=True):
            group.out.copy_(out)
    for a, b in zip(with_them, without, strict=True):
        assert (a - b).abs().mean((0, 2, 3)).min() > 0.05


def test_the_coded_size_is_what_training_reckons(network, arrays):
    """For what is drawn from the model; beyond its tables, training does not reckon with the codes of escapes."""
    model = IntegerPrior(arrays, 14, 2, 384)
    drawn, bits = draw(5, arrays, model, (CHANNELS, 13, 12))
    with torch.no_grad():
        q = torch.from_numpy(drawn).float()[None]
        reckoned = float(network.bits(q, q, torch.tensor([1.5])).sum())
    payload = pack_range(drawn, model, 0, CHANNELS)
    assert bits > 5000
    assert abs(reckoned / bits - 1) < 0.01 and abs(8 * (len(payload) - 4) / reckoned - 1) < 0.015


def test_the_bits_of_all_values_are_a_distribution(network, q):
    """At one place, with all else fixed, 2^-bits over every integer sums to one."""
    values = torch.arange(-200.0, 201)
    for channel, row, column in ((2, 2, 2), (7, 1, 3), (15, 0, 1)):
        rounded = q[None, :, :3, :4].repeat(len(values), 1, 1, 1)
        noisy = rounded.clone()
        noisy[:, channel, row, column] = values
        with torch.no_grad():
            bits = network.bits(noisy, rounded, torch.ones(len(values)))[:, channel, row, column]
        assert abs(float(torch.exp2(-bits.double()).sum()) - 1) < 1e-3  # 2^-20 is added to each


def test_export_fits_the_architecture(arrays):
    arrays.check(14, 2, 3)
    assert [len(layers.second) for layers in arrays.groups] == [*HIDDEN[:3], 16]
    for layers, (start, stop) in zip(arrays.groups, pairwise([0, 3, 12, 14, 16]), strict=True):
        assert layers.before.shape[1] == 2 * start and len(layers.out) == 2 * (stop - start)
        assert np.abs(layers.second).max(1).min() == 127  # int8 is used to the full


def test_export_and_start_at_export_are_inverse(network, arrays):
    """To the integer, but for counts of the tables, whose shape is recovered within what rounding leaves."""
    other = PriorNetwork(ARCHITECTURE)
    other.start_at_export(arrays)
    second = other.export()
    assert second.tensors().keys() == arrays.tensors().keys()
    for name, array in arrays.tensors().items():
        if name == "tables":
            assert np.abs(second.tables - array).max() < 2**24 * 1e-4
        else:
            np.testing.assert_array_equal(second.tensors()[name], array, err_msg=name)
    assert (other.shape - network.shape).abs().max() < 0.02


def test_an_export_never_exceeds_the_bound_of_sums():
    """Rows of many equal weights, whose sum decides their step: rounding must not take them beyond."""
    architecture = Architecture(range_size=8, kernel=8, atoms=110, domains=0, lambdas=(0.01, 0.1))
    torch.manual_seed(0)
    group = PriorNetwork(architecture).groups[4]
    with torch.no_grad():
        group.before.uniform_(0.1, 1)
        group.diagonal.zero_()
        group.direct.zero_()
    layers: Layers = group.export()
    assert np.abs(layers.before.astype(int)).sum((1, 2, 3)).min() * 127 > 0.95 * 2**24
    layers.check(2, 108, 110)
