"""Texels that no view showed are given the colours of those around them."""

import torch.nn.functional as F
from torch import Tensor


def filled(texture: Tensor, seen: Tensor) -> Tensor:
    """The texture, [1, 3, h, w], 0 elsewhere than where it was seen replaced: by means over 2 x 2, 4 x 4, ... texels of
    those seen there, from the finest on that has any, enlarged smoothly (pull and push: S. Gortler et al., "The
    Lumigraph", 1996, section 3.4). seen: float32 [h, w], how much; 1 and more is all. All unseen: as it is."""
    weights = seen.clamp(0, 1)[None, None].to(texture)
    return _filled(texture, weights) if weights.any() else texture


def _filled(picture: Tensor, weights: Tensor) -> Tensor:
    """[1, 3, h, w] and [1, 1, h, w]."""
    if bool((weights >= 1).all()) or max(picture.shape[2:]) == 1:
        return picture
    height, width = picture.shape[2:]
    around = 0, width % 2, 0, height % 2
    masses = F.avg_pool2d(F.pad(weights, around), 2)
    sums = F.avg_pool2d(F.pad(picture * weights, around), 2)
    coarse = _filled(sums / masses.clamp_min(1e-12), (4 * masses).clamp(0, 1))
    enlarged = F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)[:, :, :height, :width]
    return picture * weights + enlarged * (1 - weights)
