"""Residual blocks that the networks of encoder and decoder are made of."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Depthwise(nn.Module):
    """A depthwise 5 x 5 convolution, then two pointwise ones with `growth` times the width between."""

    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, 5, padding=2, groups=width)
        self.first = nn.Conv2d(width, growth * width, 1)
        self.second = nn.Conv2d(growth * width, width, 1)
        _start_small(self.second, 0.2)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.leaky_relu(self.first(self.depthwise(x)), 0.1))


class Dense(nn.Module):
    """Two full 3 x 3 convolutions. start: how large the second one's weights are at first; 0 begins as the identity."""

    def __init__(self, width: int, start: float) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        _start_small(self.second, start)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.leaky_relu(self.first(x), 0.1))


def _start_small(layer: nn.Conv2d, factor: float) -> None:
    with torch.no_grad():
        layer.weight.mul_(factor)
        layer.bias.zero_()
