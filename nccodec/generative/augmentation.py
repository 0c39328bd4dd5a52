"""Pictures moved, turned, stretched and warped, so that a few thousand are enough to train on."""

import torch
import torch.nn.functional as F
from torch import Tensor

# At most, either way, at strength 1: shares of half a picture, and radians.
_SHIFT, _TURN, _STRETCH, _SHEAR = 0.1, 0.2, 0.1, 0.2
_WARP, _KNOTS = 0.06, 5  # deviation of a smooth field of displacements, and its knots a side


def moved(pictures: Tensor, strength: float, random: torch.Generator) -> Tensor:
    """pictures: [N, C, H, W] in [0, 1], continued by their edges. strength: 0 for none of it. Returns the same
    shape."""
    n, _, height, width = pictures.shape

    def around(*shape: int) -> Tensor:
        """Uniform from -strength to strength."""
        return strength * (2 * torch.rand(n, *shape, generator=random) - 1)

    angle, shear = _TURN * around(), _SHEAR * around()
    stretch, shift = 1 + _STRETCH * around(2), _SHIFT * around(2)
    cos, sin = angle.cos(), angle.sin()
    rows = (
        torch.stack([cos * stretch[:, 0], shear * cos - sin * stretch[:, 1], shift[:, 0]], 1),
        torch.stack([sin * stretch[:, 0], shear * sin + cos * stretch[:, 1], shift[:, 1]], 1),
    )
    grid = F.affine_grid(torch.stack(rows, 1), [n, 1, height, width], align_corners=False)  # [N, H, W, 2]
    knots = strength * _WARP * torch.randn(n, 2, _KNOTS, _KNOTS, generator=random)
    warp = F.interpolate(knots, (height, width), mode="bicubic", align_corners=True).permute(0, 2, 3, 1)
    return F.grid_sample(pictures, grid + warp, padding_mode="border", align_corners=False).clamp(0, 1)
