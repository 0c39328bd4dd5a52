"""MS-SSIM, and BD-rate over it and other metrics."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import LimitError

MS_SSIM_SIDE = 161  # shortest side that has MS-SSIM: its window of 11 samples must fit after four halvings


def ms_ssim(a: np.ndarray, b: np.ndarray) -> float | None:
    """Multi-scale structural similarity (Wang, Simoncelli, Bovik 2003) of two uint8 arrays [H, W, 3]: that of each
    channel, then the mean; 1 if equal. None where a side is under MS_SSIM_SIDE.
    """
    if min(a.shape[:2]) < MS_SSIM_SIDE:
        return None
    import torch
    from pytorch_msssim import ms_ssim as of_tensors

    # [N, C, H, W] with the channels last in memory, which is what an array becomes, is also the fastest here.
    pair = [torch.from_numpy(x.astype(np.float32)).permute(2, 0, 1)[None] for x in (a, b)]
    with torch.no_grad():
        return float(of_tensors(*pair, data_range=255))


def decibels(similarity: Sequence[float]) -> list[float]:
    """-10 log10(1 - MS-SSIM), which spreads out what is near 1."""
    return [-10 * math.log10(max(1 - value, 1e-12)) for value in similarity]


@dataclass(frozen=True)
class Scale:
    """On which rates are compared. title: of the metric. unit: of the scale. least: of it that two curves must have in
    common. of: values of the metric on the scale."""

    title: str
    unit: str
    least: float
    of: Callable[[Sequence[float]], Sequence[float]] = list


RATED = {  # by the names of results
    "psnr-rgb": Scale("PSNR", "dB", 6),
    "ms-ssim-rgb": Scale("MS-SSIM", "dB", 3, decibels),
    "ssimulacra2": Scale("SSIMULACRA2", "points", 20),
}


def bd_rate(
    bpp: Sequence[float],
    quality: Sequence[float],
    anchor_bpp: Sequence[float],
    anchor_quality: Sequence[float],
    scale: Scale = RATED["psnr-rgb"],
) -> tuple[float, tuple[float, float]]:
    """Mean difference in rate at equal quality, in per cent (negative: fewer bits than the anchor).

    log(bpp) as a function of quality, on the scale, is interpolated by PCHIP and averaged over the common interval
    (Bjontegaard, VCEG-M33; PCHIP as in later practice). Of points of equal quality the one of fewest bits counts.
    Returns it with that interval. LimitError for fewer than four points or an interval under the scale's least.
    """
    from scipy.interpolate import PchipInterpolator

    pairs = (zip(quality, bpp, strict=True), zip(anchor_quality, anchor_bpp, strict=True))
    curves = [dict(sorted(points, reverse=True)) for points in pairs]  # of equal keys the last is kept
    if min(map(len, curves)) < 4:
        raise LimitError("BD-rate needs at least four points a curve")
    low, high = max(min(quality), min(anchor_quality)), min(max(quality), max(anchor_quality))
    if high - low < scale.least:
        raise LimitError(f"BD-rate: the curves have only {max(0.0, high - low):.2f} {scale.unit} in common")
    means = []
    for curve in curves:
        points = sorted(curve.items())
        log_rate = PchipInterpolator([value for value, _ in points], np.log([rate for _, rate in points]))
        means.append(log_rate.integrate(low, high) / (high - low))
    return 100 * (math.exp(means[0] - means[1]) - 1), (low, high)
