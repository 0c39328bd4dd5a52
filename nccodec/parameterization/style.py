"""Style and content of a picture as what units of a network say of it (L. Gatys, A. Ecker and M. Bethge, "Image style
transfer using convolutional neural networks", CVPR 2016)."""

from collections.abc import Mapping

import torch
from torch import Tensor

_LEAST = 1e-8  # of squares that are divided by, and of those whose root is taken


def gram(features: Tensor) -> Tensor:
    """features: [n, c, h, w]. Returns [n, c, c]: products of channels, their mean over places."""
    flat = features.flatten(2)  # [n, c, h w]
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def grams(features: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The Gram matrices of each layer."""
    return {layer: gram(values) for layer, values in features.items()}


def style_loss(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> Tensor:
    """A scalar: of Gram matrices [n, c, c] by layer, the norm of the difference in shares of that of the wanted one,
    mean over layers and pictures. 1 for matrices of zeros. wanted: of one picture, or of n.

    Norms, not their squares, so that what is nearly right is driven on as hard as what is not: a small area of a wrong
    colour hardly adds to squares."""
    losses = []
    for layer, target in wanted.items():
        error, norm = ((values**2).sum((1, 2)) for values in (found[layer] - target, target))
        losses.append((error / norm.clamp_min(_LEAST) + _LEAST).sqrt().mean())
    return torch.stack(losses).mean()


def content_loss(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> Tensor:
    """A scalar: of features [n, c, h, w] by layer, the squared error in shares of the wanted ones' variance over
    places, mean over layers."""
    losses = []
    for layer, target in wanted.items():
        spread = target.var((2, 3), keepdim=True).mean().clamp_min(_LEAST)
        losses.append((found[layer] - target).square().mean() / spread)
    return torch.stack(losses).mean()
