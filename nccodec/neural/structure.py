"""What an error does to structure, as MS-SSIM sees it; differentiable."""

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from ..collage.scales import reduce_area
from ..imaging.colour import to_ycc

# Of structural similarity at 1/2, 1/4, 1/8 and 1/16, about as MS-SSIM weighs them (Wang, Simoncelli and Bovik 2003,
# section 3.2), and its window and constants, of values in 0 .. 1 (Wang et al. 2004, section III C).
_SCALES = 0.3, 0.3, 0.24, 0.16
_WINDOW, _SIGMA = 11, 1.5
_LUMINANCE, _CONTRAST = 0.01**2, 0.03**2


def structure_error(decoded: Tensor, source: Tensor) -> Tensor:
    """What makes pictures look flat: 1 - SSIM of luma at up to four scales, from a half on, halved by area each time,
    [N]. Summed, not multiplied as in MS-SSIM, so that there is a gradient everywhere; at full size it would spend bits
    on noise. Scales too small for the window are left out. decoded, source: [N, 3, H, W] about 0 to 1."""
    pair = [to_ycc(*x.split(1, 1))[0] for x in (decoded, source)]  # [N, 1, H, W]
    total, shares = decoded.new_zeros(len(decoded)), 0.0
    for weight in _SCALES:
        sides = pair[0].shape[-2:]
        if min(sides) < 2 * _WINDOW or any(side % 2 for side in sides):
            break
        pair = [reduce_area(x, 2) for x in pair]
        total = total + weight * (1 - similarity(*pair))
        shares += weight
    return total / max(shares, _SCALES[0])


def similarity(x: Tensor, y: Tensor) -> Tensor:
    """Structural similarity of planes, a mean over the places of the window, [N] (Wang et al. 2004, eq. 13). x, y: [N,
    1, H, W] about 0 to 1, of at least the window's side."""
    down, across = (_gaussian(side, x.device) for side in x.shape[-2:])
    # Products with matrices of few values that are not zero: convolutions of one channel take several times as long.
    x_mean, y_mean, xx, yy, xy = down @ torch.stack([x, y, x * x, y * y, x * y]) @ across.T
    covariance = 2 * (xy - x_mean * y_mean) + _CONTRAST
    variances = (xx - x_mean**2) + (yy - y_mean**2) + _CONTRAST
    luminance = (2 * x_mean * y_mean + _LUMINANCE) / (x_mean**2 + y_mean**2 + _LUMINANCE)
    return (luminance * covariance / variances).mean((1, 2, 3))


@lru_cache
def _gaussian(side: int, device: torch.device) -> Tensor:
    """The window along one side: [places, side], of which each row has the window at its place."""
    offsets = torch.arange(_WINDOW, dtype=torch.float64) - _WINDOW // 2
    window = torch.exp(-(offsets**2) / (2 * _SIGMA**2))
    rows = F.pad(window / window.sum(), (0, side - _WINDOW)).repeat(side - _WINDOW + 1, 1)
    places = torch.arange(side)[None] - torch.arange(len(rows))[:, None]
    return rows.gather(1, places % side).to(device, torch.float32)
