"""Where training starts: the PCA of lapped image patches, and scales measured with it; or other weights."""

import math
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ..arrays import GRADIENTS
from ..collage.operator import pad_symmetric
from ..errors import TrainingError
from ..neural.architecture import BIAS
from ..neural.prior import PASSES
from ..neural.prior_network import PriorNetwork
from ..neural.weights import Weights
from .networks import TrainedCollage


def lapping(side: int, reach: int) -> Tensor:
    """Orthonormal lapping of `reach` samples to each side of the borders of blocks: float64 [side, side + 2 reach], the
    block's samples after it from those before it. reach <= side / 2.

    Sums and differences of samples that mirror each other at a border; of the differences the rotation
    J C2' C4 J, C2 and C4 being cosine transforms; sums and differences again (the fast lapped orthogonal transform as a
    pre-filter: Tran, Liang and Tu, IEEE Transactions on Signal Processing 51 (6), 2003).
    """
    extent = side + 2 * reach
    if reach == 0:
        return torch.eye(side, dtype=torch.float64)
    j = torch.arange(reach, dtype=torch.float64)
    second = (2 / reach) ** 0.5 * torch.cos(math.pi / reach * j[:, None] * (j + 0.5))
    second[0] *= 0.5**0.5
    fourth = (2 / reach) ** 0.5 * torch.cos(math.pi / reach * (j[:, None] + 0.5) * (j + 0.5))
    rotation = (second.T @ fourth).flip(0, 1)
    one = torch.eye(reach, dtype=torch.float64)
    butterflies = torch.cat([torch.cat([one, one.flip(0)], 1), torch.cat([one.flip(0), -one], 1)]) / 2**0.5
    across = butterflies @ torch.block_diag(one, rotation) @ butterflies
    window = torch.eye(extent, dtype=torch.float64)
    for border in (reach, reach + side):
        part = slice(border - reach, border + reach)
        window[part, part] = across
    return window[reach : reach + side]


def _reach(kernel: int, side: int) -> int:
    """How far patches of a kernel can lap over blocks of a side."""
    return min((kernel - side) // 2, side // 2)


def lapped(blocks: Tensor, kernel: int) -> Tensor:
    """Patches [n, C, kernel, kernel] that overlap, orthonormal with those of all other cells, from an orthonormal basis
    of the block, [n, C, B, B]: they reach B / 2 pixels beyond it at most."""
    side = blocks.shape[-1]
    reach = _reach(kernel, side)
    window = lapping(side, reach).to(blocks)
    grown = torch.einsum("yi,ncyx,xj->ncij", window, blocks, window)
    return F.pad(grown, ((kernel - side) // 2 - reach,) * 4)


@torch.no_grad()
def pca_patches(pictures: Tensor, side: int, count: int, reach: int = 0) -> Tensor:
    """The `count` principal components of side x side patches, by falling variance, after lapping by `reach`.

    pictures: [N, 3, H, W] in [0, 1], H and W multiples of side. Returns [count, 3, side, side],
    orthonormal. The mean is not removed: the mid-grey BIAS stands for it.
    """
    window = lapping(side, reach).to(pictures)
    # [N, C, H / side, W / side, side + 2 reach, side + 2 reach]
    patches = pad_symmetric(pictures - BIAS, reach)
    patches = patches.unfold(2, side + 2 * reach, side).unfold(3, side + 2 * reach, side)
    patches = torch.einsum("yi,ncabij,xj->ncaybx", window, patches, window)
    c = pictures.shape[1]
    patches = patches.permute(0, 2, 4, 1, 3, 5).reshape(-1, c * side * side).double()
    values, vectors = torch.linalg.eigh(patches.T @ patches)
    basis = vectors[:, values.argsort(descending=True)[:count]].T
    return basis.reshape(count, c, side, side).float()


@torch.no_grad()
def start_from(model: TrainedCollage, prior: PriorNetwork, pictures: Tensor) -> None:
    """Initialise a new model and prior. pictures: crops [N, 3, H, W] in [0, 1]."""
    a = model.architecture
    basis = pca_patches(pictures, a.range_size, a.atoms, _reach(a.kernel, a.range_size))
    atoms = lapped(basis, a.kernel)
    model["atoms"].copy_(atoms)
    model["analysis.weight"].copy_(atoms)
    analysed = model.analyse(pictures)
    levels = torch.arange(len(a.lambdas), device=pictures.device, dtype=torch.float32)[:, None]
    found = (model.in_steps(analysed, level.expand(len(pictures))) for level in levels)
    prior.start_at(torch.stack([steps.round().abs().mean((0, 2, 3)) for steps in found]))


@torch.no_grad()
def start_at_weights(model: TrainedCollage, prior: PriorNetwork, weights: Weights) -> None:
    """Initialise from a weights file of the same architecture, or of one that grows into it: without domains, whose
    self-reference starts at zero, or with fewer dense blocks, of which new ones do nothing yet. Else TrainingError."""
    own, other = model.architecture, weights.architecture
    grown = replace(own, domains=0) if other.domains == 0 else own
    if replace(other, dense=own.dense) != grown or other.dense > own.dense:
        raise TrainingError(f"{weights.path}: has another architecture than the one to be trained")
    for name, values in weights.model(GRADIENTS).network.arrays.items():
        _copy(model[name], values)
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
