"""The operations on tensors, differentiable. See `numpy_form`, which has the same."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

LEAK = 0.1
ROWS = 1 << 14


def convolve(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0, leaky: bool = False
) -> Tensor:
    # The order of memory in which CPUs convolve fastest; a few channels gain nothing by it.
    x = x.contiguous(memory_format=torch.channels_last) if x.shape[1] > 3 or stride == weight.shape[-1] else x
    x = F.conv2d(x, weight, bias, stride, padding)
    return F.leaky_relu(x, LEAK) if leaky else x


def depthwise(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2, groups=x.shape[1])


def leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, LEAK)


def spread(x: Tensor, patches: Tensor, stride: int) -> Tensor:
    # A product and a fold: the transposed convolution that it equals is three times slower on CPUs.
    side = patches.shape[-1]
    size = [(n - 1) * stride + side for n in x.shape[-2:]]
    return F.fold(patches.flatten(1).T @ x.flatten(2), size, side, stride=stride)


def area_means(x: Tensor, factor: int) -> Tensor:
    return x if factor == 1 else F.avg_pool2d(x, factor)


def pad(x: Tensor, above: int, below: int, left: int, right: int, edge: bool = False) -> Tensor:
    return F.pad(x, (left, right, above, below), mode="replicate" if edge else "constant")


def windows(x: Tensor, size: int, step: int) -> Tensor:
    return x.unfold(-1, size, step)


def add_at(x: Tensor, index: Tensor, values: Tensor) -> Tensor:
    return x.index_add(0, index, values)


def add_into(x: Tensor, where: tuple[Tensor, ...], values: Tensor) -> None:
    x.index_put_(where, values, accumulate=True)


def copy(x: Tensor) -> Tensor:
    return x.clone(memory_format=torch.contiguous_format)


def contiguous(x: Tensor) -> Tensor:
    return x.contiguous()


def float32(x: Tensor) -> Tensor:
    return x.float()


def share(work: Callable[[int, int], None], length: int, least: int = 1) -> None:
    work(0, length)  # torch has threads of its own


def sine(x: Tensor) -> Tensor:
    return torch.sin(x)
