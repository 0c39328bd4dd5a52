"""The chain rule by hand against finite differences in float64, and against the normative decoder's function."""

import numpy as np
import pytest
import torch

from nccodec.implicit.code import frequencies
from nccodec.implicit.header import Shape
from nccodec.implicit.network import Network, initialise
from nccodec.implicit.synthesis import evaluate

SHAPES = (
    Shape("siren", 3, 7, 3),
    Shape("fourier", 2, 6, 1, 5, 8, 3),
    Shape("atan", 3, 5, 3),
    Shape("tanh", 2, 4, 1),
)


def prepared(shape: Shape, pixels: int = 11) -> tuple[Network, torch.Tensor, torch.Tensor]:
    network = Network(shape, dtype=torch.float64)
    initialise(network, 5)
    random = torch.Generator().manual_seed(1)
    network.theta += 0.01 * torch.randn(len(network.theta), generator=random, dtype=torch.float64)  # off all kinks
    places = 2 * torch.rand(2, pixels, generator=random, dtype=torch.float64) - 1
    return network, places, torch.rand(shape.channels, pixels, generator=random, dtype=torch.float64)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.network)
def test_gradient_is_that_of_finite_differences(shape: Shape) -> None:
    network, places, targets = prepared(shape)
    network.learn(places, targets)
    slope, width = network.gradient.clone(), 1e-6
    for number in range(len(network.theta)):
        value = float(network.theta[number])
        errors = []
        for there in (value + width, value - width):
            network.theta[number] = there
            errors.append(network.error(places, targets))
        network.theta[number] = value
        assert (errors[0] - errors[1]) / (2 * width) == pytest.approx(float(slope[number]), rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.network)
def test_output_is_what_the_decoder_shows(shape: Shape) -> None:
    network, places, _ = prepared(shape)
    layers = [(matrix, bias[:, None]) for matrix, bias in network.get()]
    base = frequencies(shape) if shape.network == "fourier" else None
    expected = evaluate(shape, layers, base, places.numpy())
    np.testing.assert_allclose(0.5 + network.output(places).numpy() / 2, expected, rtol=0, atol=1e-9)


def test_blocks_and_threads_change_nothing() -> None:
    from concurrent.futures import ThreadPoolExecutor

    network, places, targets = prepared(SHAPES[0], 5000)
    whole = network.learn(places, targets)
    slope = network.gradient.clone()
    with ThreadPoolExecutor(1) as pool:
        assert network.learn(places, targets, pool) == pytest.approx(whole, rel=1e-12)
    torch.testing.assert_close(network.gradient, slope, rtol=1e-10, atol=1e-14)
    parts = [network.learn(places[:, part], targets[:, part]) for part in (slice(0, 2500), slice(2500, None))]
    assert sum(parts) / 2 == pytest.approx(whole, rel=1e-12)


def test_squares_are_those_of_single_pixels() -> None:
    network, places, _ = prepared(Shape("siren", 2, 4, 1), 9)
    squares = network.squares(places, 1, torch.Generator().manual_seed(0))
    expected = torch.zeros_like(squares)
    for pixel in places.split(1, 1):
        # The derivative of (o - (o - 1/2))^2 by theta is that of o.
        network.learn(pixel, network.output(pixel) - 0.5)
        expected += network.gradient**2 / 9
    torch.testing.assert_close(squares, expected)


def test_initial_numbers_of_sines_lie_within_their_bounds() -> None:
    network = Network(Shape("siren", 3, 64, 3))
    initialise(network, 0)
    for number, layer in enumerate(network.layers):
        inputs = layer.shape[1] - 1
        bound = 1 / inputs if number == 0 else (6 / inputs) ** 0.5 / 30
        largest = float(layer[:, :-1].abs().max())
        assert 0.9 * bound < largest <= bound
        assert float(layer[:, :-1].square().mean()) == pytest.approx(bound**2 / 3, rel=0.2)
        assert bool((layer[:, -1] == 0).all()) == (number > 0)
