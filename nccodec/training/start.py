"""Where training starts: the PCA of lapped image blocks, and scales measured with it."""

import math

import torch
from torch import Tensor

from ..errors import TrainingError
from ..neural.architecture import BIAS
from ..neural.model import Collage
from ..neural.prior import Prior
from ..neural.weights import Weights


def lapping(side: int, overlap: int) -> Tensor:
    """The window of a lapped orthogonal transform, float64 [side, side + overlap].

    It folds the `overlap` samples around each border of two blocks, half of them from either, into the
    blocks, so that the blocks' transform followed by its transpose has no seams: the pre-filter of
    Tran, Liang & Tu (2003), "Lapped transform via time-domain pre- and post-filtering", type-II fast
    LOT. Its rows are orthonormal, also with those of the neighbouring blocks.
    """
    half = overlap // 2
    if half == 0:
        return torch.eye(side, dtype=torch.float64)
    n = torch.arange(half, dtype=torch.float64)
    dct2 = torch.cos(math.pi / half * (n + 0.5) * n[:, None]) * math.sqrt(2 / half)
    dct2[0] /= math.sqrt(2)
    dct4 = torch.cos(math.pi / half * (n + 0.5) * (n[:, None] + 0.5)) * math.sqrt(2 / half)
    one = torch.eye(half, dtype=torch.float64)
    flip = one.flip(0)
    butterfly = torch.cat([torch.cat([one, flip], 1), torch.cat([flip, -one], 1)])
    border = butterfly @ torch.block_diag(one, flip @ dct2.T @ dct4 @ flip) @ butterfly / 2
    window = torch.zeros(side, side + overlap, dtype=torch.float64)
    window[:half, :overlap] = border[half:]
    window[half : side - half, overlap:side] = torch.eye(side - overlap, dtype=torch.float64)
    window[side - half :, side:] = border[:half]
    return window


@torch.no_grad()
def lapped_pca(pictures: Tensor, side: int, overlap: int, count: int) -> Tensor:
    """The `count` principal components, by falling variance, of lapped side x side blocks.

    pictures: [N, 3, H, W] in [0, 1], H and W at least side + overlap, overlap <= side. Returns
    [count, 3, side + overlap, side + overlap], orthonormal among themselves and with their neighbours.
    Without overlap it is the PCA of plain blocks. The mean is not removed: BIAS stands for it.
    """
    window = lapping(side, overlap).to(pictures)
    reach = side + overlap
    parts = (pictures - BIAS).unfold(2, reach, side).unfold(3, reach, side)  # [N, 3, rows, columns, reach, reach]
    blocks = (window @ parts @ window.T).permute(0, 2, 3, 1, 4, 5).reshape(-1, 3 * side * side).double()
    values, vectors = torch.linalg.eigh(blocks.T @ blocks)
    basis = vectors[:, values.argsort(descending=True)[:count]].T.reshape(count, 3, side, side)
    window = window.double()
    return (window.T @ basis @ window).float()


@torch.no_grad()
def start_from(model: Collage, prior: Prior, pictures: Tensor) -> None:
    """Initialise a new model and prior. pictures: crops [N, 3, H, W] in [0, 1]."""
    a = model.architecture
    overlap = min(a.kernel - a.range_size, a.range_size)
    model.start_at(lapped_pca(pictures, a.range_size, overlap, a.atoms))
    y = model.encode(pictures)
    magnitude = [(y * gain[:, None, None]).round().abs().mean((0, 2, 3)) for gain in model.log_gain.exp()]
    prior.start_at(torch.stack(magnitude))


@torch.no_grad()
def start_at_weights(model: Collage, prior: Prior, weights: Weights) -> None:
    """Initialise from a weights file of the same architecture, else TrainingError."""
    if weights.architecture != model.architecture:
        raise TrainingError(f"{weights.path}: has another architecture than the one to be trained")
    model.load_state_dict(weights.model().state_dict())
    prior.start_at_export(weights.prior)
