"""What lies below the original pixel: predicted from the affine part when a picture is decoded enlarged."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..collage.scales import enlarge, reduce_area
from .architecture import Architecture

FINEST = 4  # the scale at which detail is predicted
REACH = 5  # pixels to each side that a pixel's detail depends on
_BAND = 1 << 21  # pixels that are worked on at a time


class Detail(nn.Module):
    """Decoder-side network: luminance detail at scale 4, in the null space of the area mean R_4.

    Its input is the affine part at scale 1, which it therefore leaves as it is. All but the first scale see
    the same detail: scale 2 its means over 2 x 2 pixels, scales above 4 its enlargement.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        width = architecture.detail
        self.first = nn.Conv2d(3, width, 5)
        self.level = nn.Parameter(torch.zeros(len(architecture.lambdas), width))
        self.middle = nn.ModuleList(nn.Conv2d(width, width, 3) for _ in range(2))
        self.head = nn.Conv2d(width, FINEST * FINEST, 3)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, affine: Tensor, level: Tensor, scale: int = FINEST) -> Tensor:
        """affine: the affine part at scale 1 less BIAS, [N, 3, H, W]. level: row of the level for each
        picture, [N, width] (see `levels.at_level`). scale: 2 or 4. Returns [N, 1, scale H, scale W], to be
        added to each channel."""
        height, width = affine.shape[-2:]
        rows = max(1, _BAND // width)
        parts = []
        for top in range(0, height, rows):
            start, end = max(0, top - REACH), min(height, top + rows)
            fine = reduce_area(self._band(affine[:, :, start : end + REACH], level), FINEST // scale)
            parts.append(fine[:, :, scale * (top - start) : scale * (end - start)])
        return torch.cat(parts, 2)

    def _band(self, x: Tensor, level: Tensor) -> Tensor:
        x = self.first(F.pad(x, (2, 2, 2, 2), mode="replicate")) + level[:, :, None, None]
        for layer in self.middle:
            x = layer(F.pad(F.leaky_relu(x, 0.1), (1, 1, 1, 1), mode="replicate"))
        x = self.head(F.pad(F.leaky_relu(x, 0.1), (1, 1, 1, 1), mode="replicate"))
        return F.pixel_shuffle(x - x.mean(1, keepdim=True), FINEST)  # [N, 1, 4 H, 4 W]


def enlarge_with(affine: Tensor, detail: Tensor, factor: int) -> Tensor:
    """The affine part at scale `factor`, a power of two from 2, with detail at scale s = min(factor, 4),
    [N, 1, s H, s W].

    affine: at scale 1, [N, C, H, W]. Reduced by `factor` by area, the result is `affine` again.
    """
    scale = min(factor, FINEST)
    return enlarge(enlarge(affine, scale) + detail, factor // scale)
