"""MS-SSIM and BD-rate."""

import math
from collections.abc import Sequence

import numpy as np

from ..errors import ComparisonError, LimitError

MS_SSIM_SIDE = 161  # shortest side that has MS-SSIM: its window of 11 samples must fit after four halvings


def ms_ssim(a: np.ndarray, b: np.ndarray) -> float | None:
    """Multi-scale structural similarity (Wang, Simoncelli, Bovik 2003) of two uint8 arrays [H, W, 3]: that of each
    channel, then the mean; 1 if equal. None where a side is under MS_SSIM_SIDE. ComparisonError without pytorch-msssim.
    """
    if min(a.shape[:2]) < MS_SSIM_SIDE:
        return None
    try:
        from pytorch_msssim import ms_ssim as of_tensors
    except ImportError:
        raise ComparisonError("MS-SSIM needs pytorch-msssim: pip install 'nccodec[evaluation]'") from None
    import torch

    # [N, C, H, W] with the channels last in memory, which is what an array becomes, is also the fastest here.
    pair = [torch.from_numpy(x.astype(np.float32)).permute(2, 0, 1)[None] for x in (a, b)]
    with torch.no_grad():
        return float(of_tensors(*pair, data_range=255))


def bd_rate(
    bpp: Sequence[float], quality: Sequence[float], anchor_bpp: Sequence[float], anchor_quality: Sequence[float]
) -> tuple[float, tuple[float, float]]:
    """Mean difference in rate at equal quality, in per cent (negative: fewer bits than the anchor).

    log(bpp) as a function of dB is interpolated by PCHIP and averaged over the common interval
    (Bjontegaard, VCEG-M33; PCHIP as in later practice). Returns it with that interval. LimitError for
    fewer than four points or an interval under 6 dB.
    """
    from scipy.interpolate import PchipInterpolator

    if min(len(bpp), len(anchor_bpp)) < 4:
        raise LimitError("BD-rate needs at least four points a curve")
    low, high = max(min(quality), min(anchor_quality)), min(max(quality), max(anchor_quality))
    if high - low < 6:
        raise LimitError(f"BD-rate: the curves have only {high - low:.2f} dB in common")
    means = []
    for rates, decibels in ((bpp, quality), (anchor_bpp, anchor_quality)):
        points = sorted(zip(decibels, rates, strict=True))
        curve = PchipInterpolator([d for d, _ in points], np.log([r for _, r in points]))
        means.append(curve.integrate(low, high) / (high - low))
    return 100 * (math.exp(means[0] - means[1]) - 1), (low, high)
