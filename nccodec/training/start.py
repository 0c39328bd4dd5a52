"""Where training starts: the PCA of image patches, and scales measured with it."""

from dataclasses import replace

import torch
from torch import Tensor

from ..errors import TrainingError
from ..neural.architecture import BIAS
from ..neural.model import Collage
from ..neural.prior import PASSES
from ..neural.prior_network import PriorNetwork
from ..neural.weights import Weights


@torch.no_grad()
def pca_patches(pictures: Tensor, side: int, count: int) -> Tensor:
    """The `count` principal components of side x side patches, by falling variance.

    pictures: [N, 3, H, W] in [0, 1], H and W multiples of side. Returns [count, 3, side, side],
    orthonormal. The mean is not removed: the mid-grey BIAS stands for it.
    """
    n, c, h, w = pictures.shape
    patches = (pictures - BIAS).reshape(n, c, h // side, side, w // side, side)
    patches = patches.permute(0, 2, 4, 1, 3, 5).reshape(-1, c * side * side).double()
    values, vectors = torch.linalg.eigh(patches.T @ patches)
    basis = vectors[:, values.argsort(descending=True)[:count]].T
    return basis.reshape(count, c, side, side).float()


@torch.no_grad()
def start_from(model: Collage, prior: PriorNetwork, pictures: Tensor) -> None:
    """Initialise a new model and prior. pictures: crops [N, 3, H, W] in [0, 1]."""
    a = model.architecture
    model.start_at(pca_patches(pictures, a.range_size, a.atoms))
    analysed = model.analyse(pictures)
    levels = torch.arange(len(a.lambdas), device=pictures.device, dtype=torch.float32)[:, None]
    magnitude = [model.scaled(analysed, level.expand(len(pictures))).round().abs().mean((0, 2, 3)) for level in levels]
    prior.start_at(torch.stack(magnitude))


@torch.no_grad()
def start_at_weights(model: Collage, prior: PriorNetwork, weights: Weights) -> None:
    """Initialise from a weights file of the same architecture, or of the same but without domains, whose
    self-reference starts at zero. Else TrainingError."""
    own, other = model.architecture, weights.architecture
    if other not in (own, replace(own, domains=0)):
        raise TrainingError(f"{weights.path}: has another architecture than the one to be trained")
    ours = model.state_dict()
    for name, values in weights.model().state_dict().items():
        _copy(ours[name], values)
    known = PriorNetwork(other)
    known.start_at_export(weights.prior)
    if other.domains < own.domains:
        prior.start_at(torch.zeros(len(own.lambdas), own.channels))
    for table in ("shape", "weight", "mean"):
        _copy(getattr(prior, table), getattr(known, table))
    _copy(prior.bias.unflatten(1, (PASSES, -1)), known.bias.unflatten(1, (PASSES, -1)))
    for group, start in zip(prior.groups, known.groups, strict=False):
        group.load_state_dict(start.state_dict())


def _copy(target: Tensor, values: Tensor) -> None:
    """Into the leading part of each axis: channels of domains come after all others."""
    target[tuple(slice(n) for n in values.shape)] = values
