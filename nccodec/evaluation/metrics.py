"""PSNR, MS-SSIM and BD-rate."""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

from ..errors import ComparisonError, LimitError

Picture = np.ndarray | Image.Image
_STRIP = 256  # rows that are compared at a time
MS_SSIM_SIDE = 161  # shortest side that has MS-SSIM: its window of 11 samples must fit after four halvings


def psnr(a: Picture, b: Picture, alpha: np.ndarray | None = None) -> float:
    """Peak signal to noise ratio in dB of two uint8 arrays of one shape, or Pillow images of modes "L" or "RGB", over
    all samples; inf if equal.

    alpha: [H, W], transparency of pictures [H, W] or [H, W, 3]; only pixels where it is above 0 count.
    """
    sizes = [x.size[::-1] if isinstance(x, Image.Image) else x.shape[:2] for x in (a, b)]
    if sizes[0] != sizes[1]:
        raise ValueError(f"pictures of {sizes[0]} and {sizes[1]} rows and columns")
    error = count = 0
    for start in range(0, sizes[0][0], _STRIP):
        parts = [_rows(x, start, start + _STRIP) for x in (a, b)]
        if alpha is not None:
            parts = [part[alpha[start : start + _STRIP] > 0] for part in parts]
        difference = np.subtract(*parts, dtype=np.int32).ravel()
        error, count = error + int(np.sum(difference * difference, dtype=np.int64)), count + difference.size
    return math.inf if error == 0 else 10 * math.log10(255**2 * count / error)


def _rows(picture: Picture, start: int, stop: int) -> np.ndarray:
    """As many of the rows from `start` to `stop` as there are."""
    if isinstance(picture, np.ndarray):
        return picture[start:stop]
    return np.asarray(picture.crop((0, start, picture.width, min(stop, picture.height))))


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
