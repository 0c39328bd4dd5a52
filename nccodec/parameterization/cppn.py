"""A picture as a network from place to colour (K. Stanley, "Compositional pattern producing networks", 2007, as in
Distill 2018): it has no pixels, so that it can be decoded at any size."""

import math

import numpy as np
import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ..errors import LimitError
from ..implicit import quantizing
from ..implicit.code import ImplicitCode
from ..implicit.fitting import Pixels
from ..implicit.header import Shape
from ..implicit.network import Network, initialise
from ..implicit.synthesis import evaluate
from .parameters import EDGE, Canvas

DEPTH, WIDTH = 8, 24  # hidden layers and units of each, those of Distill 2018
_BLOCK = 1 << 17  # places whose layers are held at a time
_LEAST, _MOST = 25.0, 55.0  # dB of what is lost by rounding, at qualities 0 and 100


class Cppn:
    """See `Parameterization`. Frames share a network, and each adds numbers of its own to those of it."""

    rate = 0.012

    def __init__(self, canvas: Canvas, start: Tensor | None = None) -> None:
        """start: has to be None, as no network is known for a picture; LimitError."""
        if start is not None:
            raise LimitError("a cppn cannot start from a picture")
        self._canvas = canvas
        self._shape = Shape("atan", DEPTH, WIDTH, canvas.channels)
        network = Network(self._shape)
        initialise(network, canvas.seed)
        network.layers[-1].mul_(canvas.contrast)
        network.layers[-1][:, -1] = canvas.flat.clamp(EDGE, 1 - EDGE).logit().flatten()
        self._shared = [layer.clone().to(canvas.device).requires_grad_() for layer in network.layers]
        self._own = []
        if canvas.frames > 1:
            self._own = [
                torch.zeros(canvas.frames, *layer.shape, device=canvas.device, requires_grad=True)
                for layer in self._shared
            ]
        self.parameters = [*self._shared, *self._own]
        height, width = canvas.height, canvas.width
        down, across = (torch.arange(1 - n, n, 2) / max(height, width) for n in (height, width))
        grid = torch.meshgrid(down, across, indexing="ij")
        self._places = torch.stack([grid[1], grid[0]]).reshape(2, -1).to(canvas.device)  # [2, height width]

    def picture(self) -> Tensor:
        """See `Parameterization.picture`."""
        size = self._canvas.height, self._canvas.width
        return torch.stack([self._drawn(layers).reshape(-1, *size) for layers in self._networks()])

    def code(self, quality: float) -> ImplicitCode:
        """The network, without transparency, its numbers rounded so that they add an error of about 25 dB to 55 dB."""
        shape = Shape("atan", DEPTH, WIDTH, 3)
        network, canvas = Network(shape), self._canvas
        layers = [layer.detach().double().cpu().numpy() for layer in self._networks()[0]]
        layers[-1] = layers[-1][:3]
        layers = [(layer[:, :-1], layer[:, -1]) for layer in layers]
        network.set(layers)
        # Sensitivities are taken at places of a picture of this size, whatever it shows.
        square = quantizing.sensitivities(network, Pixels(np.zeros((canvas.height, canvas.width, 3), np.uint8)))
        noise = 4 * 10 ** (-(_LEAST + (_MOST - _LEAST) * quality / 100) / 10)
        rounded = quantizing.uniform(layers, quantizing.steps_for(shape.layers, square, noise))
        return ImplicitCode(canvas.height, canvas.width, False, shape, "dense", rounded[0], None, rounded[1])

    def _networks(self) -> list[list[Tensor]]:
        """Of each frame, its layers [outputs, inputs + 1], biases last."""
        if not self._own:
            return [self._shared]
        return [
            [shared + own[frame] for shared, own in zip(self._shared, self._own, strict=True)]
            for frame in range(self._canvas.frames)
        ]

    def _drawn(self, layers: list[Tensor]) -> Tensor:
        """[3 or 4, height width]."""

        def block(places: Tensor) -> Tensor:
            return evaluate(self._shape, [(layer[:, :-1], layer[:, -1:]) for layer in layers], None, places)

        parts = self._places.split(math.ceil(self._places.shape[1] / math.ceil(self._places.shape[1] / _BLOCK)), 1)
        if len(parts) == 1:
            return block(parts[0])
        return torch.cat([checkpoint(block, part, use_reentrant=False) for part in parts], 1)
