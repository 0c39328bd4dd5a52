"""Steps, codebooks and the training that follows them."""

import numpy as np
import pytest
import torch

from nccodec.implicit.finetuning import finetuned
from nccodec.implicit.fitting import Pixels, Rules, fit
from nccodec.implicit.header import Shape
from nccodec.implicit.network import Network, initialise
from nccodec.implicit.optimizers import Optimizer
from nccodec.implicit.quantizing import book, book_of, means, rounded, steps_for


def test_means_of_a_case_by_hand() -> None:
    # {0, 1}, {10, 12}, {30}: no other three groups have a squared error as small as 0.5 + 2.
    assert means(np.array([30.0, 0, 12, 1, 10]), 3) == pytest.approx([0.5, 11, 30])
    assert means(np.array([5.0, 5, 7]), 3) == pytest.approx([5, 7])


def test_book_keeps_zeros_and_the_error_of_a_step() -> None:
    values = np.random.default_rng(0).standard_normal((40, 25))
    values[::4] = 0
    made = book(values, 0.5)
    assert (made.real()[::4] == 0).all()
    assert ((made.real() - values)[values != 0] ** 2).mean() <= 0.5**2 / 12
    assert (np.diff(made.entries.astype(float)) > 0).all()
    assert len(made.entries) < np.ptp(values) / 0.5 + 2


def test_rounded_is_within_half_a_step() -> None:
    values = np.random.default_rng(0).standard_normal(1000)
    made = rounded(values, 0.01)
    assert np.abs(made.real() - values).max() <= made.step / 2 * (1 + 1e-9)
    assert made.step == pytest.approx(0.01, rel=0.005)
    far = rounded(np.array([1e6, 1.0]), 1e-3)
    assert np.abs(far.q).max() <= 32767
    assert far.real()[0] == pytest.approx(1e6, rel=1e-4)


def test_steps_share_the_noise_evenly() -> None:
    layers = ((2, 1), (1, 2))  # theta: two rows of weight and bias, then two weights and a bias
    square = np.array([4.0, 1, 4, 1, 9, 9, 1])
    first, second, biases = steps_for(layers, square, 0.7)
    # 7 numbers add step^2 / 12 times their sensitivity, 0.1 each.
    assert [first**2 * 4 / 12, second**2 * 9 / 12, biases**2 / 12] == pytest.approx([0.1, 0.1, 0.1])


def test_book_of_as_many_entries_as_asked_for_or_there_are_numbers() -> None:
    values = np.random.default_rng(0).standard_normal((40, 25))
    assert len(book_of(values, 16).entries) == 16
    values[::4] = 0
    with_zeros = book_of(values, 16)
    assert len(with_zeros.entries) == 16 and (with_zeros.real()[::4] == 0).all()
    few = book_of(np.array([1.0, 2, 2, 3]), 16)
    assert few.entries.tolist() == [1, 2, 3] and few.indices.tolist() == [0, 1, 1, 2]


def test_finetuning_makes_up_for_rounding() -> None:
    y, x = np.mgrid[:24, :32] / 32
    pixels = Pixels(np.rint(127.5 + 100 * np.sin(9 * x + 4 * y * y)).astype(np.uint8))
    network = Network(Shape("siren", 3, 10, 1))
    initialise(network, 0)
    fit(network, pixels, Rules(300, None, 256))
    kept, errors = network.get(), []
    for steps in (0, 200):
        network.set(kept)
        made = finetuned(network, pixels, lambda _, matrix: rounded(matrix, 0.01), steps, 2e-3)
        errors.append(pixels.error(network, torch.arange(pixels.count)))
        for values, layer in zip(made, network.layers, strict=True):
            np.testing.assert_allclose(values.real(), layer[:, :-1].numpy(), rtol=1e-6)
    assert errors[1] < 0.7 * errors[0]


def test_first_step_of_soap_follows_the_signs_in_its_basis() -> None:
    # One matrix of rank 1: in its eigenbasis one number is not 0, and goes one rate; so the step is u v^T.
    u, v = np.array([0.6, 0.8]), np.array([1.0, 2, 2]) / 3
    value, slope = torch.zeros(1, 2, 3, dtype=torch.float64), torch.from_numpy(5 * np.outer(u, v))[None]
    Optimizer([(value, slope)]).step(0.1)
    rest = value[0].numpy() + 0.1 * np.outer(u, v)
    assert np.abs(rest @ v).max() < 1e-6
    assert np.abs(u @ rest).max() < 1e-6
