"""The prior in training and its integer export say the same."""

import math

import numpy as np
import torch

from nccodec.bitstream.context import SCALES, TOTAL, ContextModel
from nccodec.bitstream.packers import pack_range
from nccodec.neural.architecture import Architecture
from nccodec.neural.prior import LOWEST, OCTAVE, Prior, integer_table

ARCHITECTURE = Architecture(range_size=4, kernel=4, atoms=14, domains=2, width=8, blocks=0, lambdas=(0.01, 0.1))


def prior_and_symbols() -> tuple[Prior, torch.Tensor]:
    torch.manual_seed(3)
    prior = Prior(ARCHITECTURE)
    with torch.no_grad():
        prior.bias.normal_(0, 1)
        prior.weight.uniform_(0, 0.3)
        prior.mean.uniform_(-0.5, 1)
        prior.shape.copy_(torch.tensor([0.3, 0.5, -0.4]))
        scale = torch.linspace(4, 0.1, ARCHITECTURE.channels)[:, None, None]
        q = (torch.distributions.Laplace(0, 1).sample((ARCHITECTURE.channels, 12, 13)) * scale).round()
    return prior, q


def test_the_integer_model_gives_the_same_tables_and_offsets():
    prior, q = prior_and_symbols()
    values = q.numpy().astype(np.int32)
    for level in (0, 1):
        with torch.no_grad():
            index, mean = prior.context(q[None], torch.tensor([level]))
        seen = 0
        for part in ContextModel(prior.export(), 14, 2, 256 * level).passes(values, 0, 16):
            # Integers round features, weights and result; no table may be off by more than one.
            assert np.abs(part.tables - index[0].numpy()[part.where]).max() < 1
            assert np.mean(part.offsets == mean[0].numpy()[part.where]) > 0.97
            seen += len(part.tables)
        assert seen == values.size


def test_the_coded_size_is_the_cross_entropy_of_the_model():
    prior, q = prior_and_symbols()
    with torch.no_grad():
        bits = float(prior.bits(q[None], q[None], torch.tensor([1])).sum())
    payload = pack_range(q.numpy().astype(np.int32), ContextModel(prior.export(), 14, 2, 256), 0, 16)
    assert abs(8 * len(payload) / bits - 1) < 0.02


def test_probabilities_sum_to_one_and_follow_the_laplace_law():
    prior, _ = prior_and_symbols()
    with torch.no_grad():
        prior.shape.copy_(torch.tensor([-50.0, 0.0, -50.0]))  # Laplace alone
        index = torch.tensor(22.5)
        mass = prior.probability(torch.arange(200.0), index).double()
    b = 2 ** (LOWEST + 22.5 / OCTAVE)
    assert math.isclose(float(mass[0]), 1 - math.exp(-0.5 / b), rel_tol=1e-5)
    assert math.isclose(float(mass[2]), 0.5 * (math.exp(-1.5 / b) - math.exp(-2.5 / b)), rel_tol=1e-4)
    assert math.isclose(float(mass[0] + 2 * mass[1:].sum()), 1, rel_tol=1e-5)


def test_tables_hold_the_law_in_integers():
    mass = np.array([0.5, *(0.25 * 0.5**k for k in range(40))])
    table = integer_table(mass)
    m = len(table) // 2 - 1
    assert len(table) % 2 == 0 and table.min() >= 1 and table.sum() == TOTAL
    np.testing.assert_array_equal(table[:m], table[2 * m : m : -1])
    np.testing.assert_allclose(table[m : m + 8] / TOTAL, [0.5, *(0.125 * 0.5**k for k in range(7))], rtol=1e-3)


def test_counts_sharpen_a_table():
    prior, _ = prior_and_symbols()
    counts = np.zeros((SCALES, 5))
    counts[30, 2] = 1e9
    table = prior.export(counts).table(30)
    m = len(table) // 2 - 1
    assert table[m + 2] + table[m - 2] > 0.999 * TOTAL


def test_export_and_start_at_export_are_inverse():
    prior, _ = prior_and_symbols()
    other = Prior(ARCHITECTURE)
    other.start_at_export(prior.export())
    for name, step in (("bias", 1 / (4096 * OCTAVE)), ("weight", 1 / (16 * OCTAVE)), ("mean", 1 / 64)):
        assert (getattr(other, name) - getattr(prior, name)).abs().max() <= 0.51 * step
