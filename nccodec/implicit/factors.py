"""All weights of a network as numbers of one product of low rank (structured hashing; feathermap)."""

import torch

from .header import side_of
from .network import Network
from .optimizers import Group


class Factored:
    """See `fitting.Parameters`. left [n, rank] and right [rank, n], whose product's first numbers are the weights, each
    layer's times its scale; scales [layers]; biases. The network's numbers at first only say how large weights are."""

    def __init__(self, network: Network, rank: int, seed: int) -> None:
        self.network, shape = network, network.shape
        side, random = side_of(shape.weights), torch.Generator().manual_seed(seed)

        def drawn(*size: int) -> torch.Tensor:
            return (torch.randn(size, generator=random) * rank**-0.25).to(network.theta)

        self.left, self.right = drawn(side, rank), drawn(rank, side)
        self.scales = torch.stack([layer[:, :-1].square().mean().sqrt() for layer in network.layers])
        self.biases = torch.cat([layer[:, -1] for layer in network.layers])
        # Steps of all groups are of one size, which is that of weights: numbers about 1 are held in such parts.
        self._unit = float(self.scales.min())
        values = [self.left * self._unit, self.right * self._unit, self.scales, self.biases]
        slopes = [torch.zeros_like(value) for value in values]
        self.groups: list[Group] = [
            (value.view(1, *value.shape) if value.dim() == 2 else value.view(1, 1, -1),
             slope.view(1, *slope.shape) if slope.dim() == 2 else slope.view(1, 1, -1))
            for value, slope in zip(values, slopes, strict=True)
        ]  # fmt: skip
        self.masks: list[torch.Tensor] = []
        self.final = True

    def spread(self) -> None:
        left, right, scales, biases = (value[0] for value, _ in self.groups)
        torch.div(left, self._unit, out=self.left)
        torch.div(right, self._unit, out=self.right)
        numbers, at, b = (self.left @ self.right).flatten(), 0, 0
        for layer, scale in zip(self.network.layers, scales[0], strict=True):
            outputs, inputs = layer.shape[0], layer.shape[1] - 1
            layer[:, :-1] = numbers[at : at + outputs * inputs].view(outputs, inputs) * scale
            layer[:, -1] = biases[0, b : b + outputs]
            at, b = at + outputs * inputs, b + outputs
        self.scales, self.biases = scales[0], biases[0]

    def collect(self, share: float) -> None:
        side = len(self.left)
        spread, at, b, start = torch.zeros(side * side, dtype=self.left.dtype, device=self.left.device), 0, 0, 0
        numbers = (self.left @ self.right).flatten()
        slopes = [slope[0] for _, slope in self.groups]
        for number, (outputs, inputs) in enumerate(self.network.shape.layers):
            length = outputs * inputs
            slope = self.network.gradient[start : start + length + outputs].view(outputs, inputs + 1)
            weights = slope[:, :-1].flatten()
            spread[at : at + length] = weights * self.scales[number]
            slopes[2][0, number] = weights @ numbers[at : at + length]
            slopes[3][0, b : b + outputs] = slope[:, -1]
            at, b, start = at + length, b + outputs, start + length + outputs
        both = spread.view(side, side)
        torch.mm(both, self.right.t(), out=slopes[0]).div_(self._unit)
        torch.mm(self.left.t(), both, out=slopes[1]).div_(self._unit)

    def settle(self) -> None:
        """All is as wanted at any time."""
