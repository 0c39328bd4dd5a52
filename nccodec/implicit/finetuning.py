"""Quantized networks trained on: one layer after the other is rounded for good, and those that are still free make up
for what it lost (incremental quantization, arXiv 1702.03044, by layers)."""

from collections.abc import Callable

import numpy as np
import torch

from .code import Values
from .fitting import Pixels, Report, Rules, fit
from .network import Network
from .parameters import Dense

_RATE = 0.05  # of the learning rate of a fit
_BATCH = 8192


class _Free(Dense):
    """Numbers of which some stay as they are. held: bool, like theta."""

    def __init__(self, network: Network, held: torch.Tensor) -> None:
        super().__init__(network)
        self._held, self._values = held, network.theta.clone()

    def spread(self) -> None:
        self.network.theta[self._held] = self._values[self._held]

    def collect(self, share: float) -> None:
        self.network.gradient[self._held] = 0

    settle = spread


def finetuned(
    network: Network, pixels: Pixels, round_layer: Callable[[int, np.ndarray], Values], steps: int, rate: float,
    report: Report = lambda *_: None,
) -> list[Values]:  # fmt: skip
    """Values of the matrices. The network is left with them, and with biases that fit them. round_layer: the values of
    a layer's matrix. steps: of training, in all. rate: of the fit itself. Zeros of the matrices stay.
    `fitting.Stopped` after Ctrl-C."""
    made: list[Values] = []
    held = network.theta == 0
    start, layers = 0, network.shape.layers
    for number, (outputs, inputs) in enumerate(layers):
        length = outputs * (inputs + 1)
        matrix = network.layers[number][:, :-1]
        made.append(round_layer(number, matrix.double().cpu().numpy()))
        matrix.copy_(torch.from_numpy(made[-1].real()).to(matrix))
        held[start : start + length].view(outputs, inputs + 1)[:, :-1] = True
        start += length
        if steps >= len(layers):
            rules = Rules(steps // len(layers), None, _BATCH, "soap", _RATE * rate, number, 0)

            def told(share: float, db: float, left: float, number: int = number) -> None:
                each = left / max(1 - share, 1e-9)  # seconds of a layer
                report((number + share) / len(layers), db, left + each * (len(layers) - 1 - number) * (share < 1))

            fit(network, pixels, rules, told, _Free(network, held))
    return made
