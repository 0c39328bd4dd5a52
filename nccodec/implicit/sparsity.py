"""Networks of which a share of the weights is zero: pruned on a schedule, or grown where gradients say."""

import math

import torch

from .network import Network
from .parameters import Dense

_UNTIL = 0.75  # share of a fit after which the places stay
_TIMES = 60  # that places are chosen anew until then
_SHARE = 0.3  # of the weights, that RigL moves at first


def pruned_at(share: float, last: float) -> float:
    """Sparsity of Zhu and Gupta (arXiv 1710.01878, equation 1), from 0 to `last` over the share _UNTIL of a fit."""
    return last * (1 - (1 - min(share / _UNTIL, 1)) ** 3)


def moved_at(share: float) -> float:
    """Share of the weights that RigL moves (arXiv 1911.11134, section 3): a cosine from _SHARE to 0."""
    return _SHARE / 2 * (1 + math.cos(math.pi * min(share / _UNTIL, 1)))


class Sparse(Dense):
    """See `fitting.Parameters`. way: "prune" or "rigl". The first and the last layer, of few weights, stay dense where
    the hidden ones alone can have that many zeros; biases are never zero for it."""

    def __init__(self, network: Network, sparsity: float, way: str, seed: int) -> None:
        super().__init__(network)
        self._way, self._next, self.final = way, 0.0, way == "rigl"
        layers = [layer[:, :-1] for layer in network.layers]
        inner = sum(layer.numel() for layer in layers[1:-1])
        share = sparsity * network.shape.weights / max(inner, 1)
        self._ends = share > 0.98
        self._sparsity = sparsity if self._ends else share
        self._numbers = range(len(layers)) if self._ends else range(1, len(layers) - 1)
        self._kept = {number: torch.ones_like(layers[number], dtype=torch.bool) for number in self._numbers}
        if way == "rigl":
            random = torch.Generator().manual_seed(seed)
            for number in self._numbers:
                rank = torch.rand(layers[number].shape, generator=random).to(layers[number].device)
                self._kept[number] = _largest(rank, self._count(number, self._sparsity))
            self.spread()
        self.masks = list(self._kept.values())

    def spread(self) -> None:
        """The optimizer has moved zeros too."""
        for number, kept in self._kept.items():
            self.network.layers[number][:, :-1].mul_(kept)

    def collect(self, share: float) -> None:
        if share >= self._next and share < _UNTIL:
            self._next += _UNTIL / _TIMES
            for number in self._numbers:
                self._choose(number, share)
            self.spread()
        elif share >= _UNTIL:
            self.settle()
        for number, kept in self._kept.items():
            _slopes(self.network, number).mul_(kept)

    def settle(self) -> None:
        if not self.final:
            self.final = True
            for number in self._numbers:
                self._choose(number, 1.0)
            self.spread()

    def _count(self, number: int, sparsity: float) -> int:
        """Weights that a layer keeps."""
        outputs, inputs = self.network.shape.layers[number]
        return max(1, round((1 - sparsity) * outputs * inputs))

    def _choose(self, number: int, share: float) -> None:
        size = self.network.layers[number][:, :-1].abs()
        if self._way == "prune":
            self._kept[number].copy_(_largest(size, self._count(number, pruned_at(share, self._sparsity))))
            return
        kept, count = self._kept[number], self._count(number, self._sparsity)
        stay = _largest(size.masked_fill(~kept, -1), count - int(moved_at(share) * count))
        slope = _slopes(self.network, number).abs().masked_fill(stay, -1)
        kept.copy_(stay | _largest(slope, count - int(stay.sum())))


def _slopes(network: Network, number: int) -> torch.Tensor:
    """Gradient of a layer's matrix."""
    at = sum(outputs * (inputs + 1) for outputs, inputs in network.shape.layers[:number])
    outputs, inputs = network.shape.layers[number]
    return network.gradient[at : at + outputs * (inputs + 1)].view(outputs, inputs + 1)[:, :-1]


def _largest(values: torch.Tensor, count: int) -> torch.Tensor:
    """Where the `count` largest are: bool, of the shape of values."""
    chosen = torch.zeros(values.numel(), dtype=torch.bool, device=values.device)
    if count > 0:
        chosen[values.flatten().topk(count).indices] = True
    return chosen.view(values.shape)
