"""From distributions to the integer tables of the prior, and back."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from nccodec.bitstream.symbols import TOTAL
from nccodec.neural import tables
from nccodec.neural.prior import table_number
from nccodec.neural.tables import integer_table, log_table, mass, shape_of

SHAPE = torch.from_numpy(np.random.default_rng(0).uniform(-2, 2, 64)).float()


def share_of(distance: float, index: float, logit: float) -> float:
    """Mass of the unit interval around a value at this distance, from the distribution functions."""
    s = 2 ** (index / 5 - 4.5)
    low, high = distance - 0.5, distance + 0.5
    logistic = 1 / (1 + math.exp(-high / s)) - 1 / (1 + math.exp(-low / s))

    def laplace(x):
        return 0.5 * math.exp(x / (2 * s)) if x < 0 else 1 - 0.5 * math.exp(-x / (2 * s))

    part = 1 / (1 + math.exp(-logit))
    return part * logistic + (1 - part) * (laplace(high) - laplace(low))


@pytest.fixture(scope="module")
def made() -> list[np.ndarray]:
    sizes, counts = tables.tables(SHAPE)
    assert sizes.dtype == counts.dtype == np.int32
    return np.split(counts, np.cumsum(sizes)[:-1])


def test_mass_is_the_difference_of_distribution_functions():
    for index in (0.0, 3.25, 20.0, 41.75, 63.0):
        for distance in (0.0, 0.125, 0.5, 1.0, 2.5, 30.0):
            found = mass(torch.tensor(distance).double(), torch.tensor(index).double(), SHAPE.double())
            expected = share_of(distance, index, float(SHAPE[math.floor(index + 0.5)]))
            assert math.isclose(float(found), expected, rel_tol=1e-9, abs_tol=1e-14)


def test_every_table_sums_to_two_to_the_24_and_leaves_room_for_every_symbol(made):
    assert len(made) == 40 * 8 + 24
    for table in made:
        assert table.sum() == 2**24 and table.min() >= 1 and len(table) % 2 == 0 and 4 <= len(table) <= 16384


@pytest.mark.parametrize("index", [0, 7, 21, 39, 40, 63])
@pytest.mark.parametrize("fraction", [-4, 0, 3])
def test_tables_hold_the_law_of_their_index_and_fraction(made, index, fraction):
    number = 8 * index + fraction + 4 if index < 40 else 280 + index
    assert table_number(np.array(index), np.array(fraction)) == number
    table, middle = made[number], len(made[number]) // 2 - 1
    shift = fraction / 8 if index < 40 else 0
    law = [share_of(abs(k - middle - shift), index, float(SHAPE[index])) for k in range(len(table) - 1)]
    difference = np.abs(table[:-1] / TOTAL - law)
    top = int(table.argmax())  # it takes what rounding down has left
    assert np.delete(difference, top).max() < 1e-4 * max(law) + 1 / TOTAL
    assert difference[top] < 1e-4 * max(law) + len(table) / TOTAL
    assert sum(law) > 1 - 2.0**-16


def test_integer_tables_of_a_law_that_is_known():
    law = np.array([0.5, *(0.25 * 0.5**k for k in range(40))])
    table = integer_table(np.append(law[:0:-1], law))
    m = len(table) // 2 - 1
    assert table.min() >= 1 and table.sum() == TOTAL
    np.testing.assert_array_equal(table[:m], table[2 * m : m : -1])
    np.testing.assert_allclose(table[m : m + 8] / TOTAL * 3, [1, *(0.5 * 0.5**k for k in range(7))], rtol=1e-3)
    assert m == 18  # beyond it lie 2/3 2^-m of the mass, which is less than 2^-18 from there on


@pytest.mark.parametrize("share", [[1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [1e-30] * 9, [1.0] * 2001])
def test_integer_tables_of_extreme_laws(share):
    table = integer_table(np.array([0.0, *share, 0.0]))
    assert table.min() >= 1 and table.sum() == TOTAL and len(table) % 2 == 0


def test_the_shape_is_recovered_from_the_tables(made):
    """The share of the logistic part, within a hundredth, at every index."""
    found = shape_of(SimpleNamespace(table=made.__getitem__))
    assert (found.sigmoid() - SHAPE.sigmoid()).abs().max() < 0.01


def test_the_table_of_logarithms():
    table = log_table()
    assert table.dtype == np.int32 and len(table) == 4096
    assert [int(table[n]) for n in (0, 1, 3, 4095)] == [0, 256, 512, 3072]
    assert np.abs(table - 256 * np.log2(1 + np.arange(4096))).max() <= 0.5
