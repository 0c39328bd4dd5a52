"""What `fit` trains: the numbers of a network themselves. Others: see `sparsity` and `factors`."""

from torch import Tensor

from .network import Network
from .optimizers import Group


class Dense:
    """All numbers of a network, first layer, hidden layers and last layer as groups: see `fitting.Parameters`."""

    def __init__(self, network: Network) -> None:
        self.network = network
        values, slopes = grouped(network, network.theta), grouped(network, network.gradient)
        self.groups: list[Group] = list(zip(values, slopes, strict=True))
        self.masks: list[Tensor] = []
        self.final = True

    def spread(self) -> None:
        """They are the network's own."""

    def collect(self, share: float) -> None:
        """Likewise."""

    def settle(self) -> None:
        """All is as wanted at any time."""


def grouped(network: Network, flat: Tensor) -> list[Tensor]:
    """Views of a vector like theta: arrays [layers, outputs, inputs + 1], of neighbours of one size each."""
    sizes = [(outputs, inputs + 1) for outputs, inputs in network.shape.layers]
    groups, at, number = [], 0, 0
    while number < len(sizes):
        count = next((n for n, size in enumerate(sizes[number:]) if size != sizes[number]), len(sizes) - number)
        rows, columns = sizes[number]
        length = count * rows * columns
        groups.append(flat[at : at + length].view(count, rows, columns))
        at, number = at + length, number + count
    return groups
