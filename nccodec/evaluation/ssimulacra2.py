"""SSIMULACRA2 as libjxl's tool measures it."""

import math

import numpy as np

from ..errors import ComparisonError

# Shortest side that has all six scales, the last of 8 samples after five halvings that round up. With a scale less its
# weights meet other measures than they were fitted to.
SSIMULACRA2_SIDE = 225
_SCALES = 6
_SIGMA, _RADIUS = 1.5, 5  # of the window, in samples


def ssimulacra2(a: np.ndarray, b: np.ndarray) -> float | None:
    """SSIMULACRA2 (Sneyers, libjxl) of two uint8 arrays [H, W, 3], sRGB, the first the original: 100 if equal, 90
    hardly to be told from it, 70 high quality, 50 medium, 30 low; below 0 poor. None where a side is under
    SSIMULACRA2_SIDE. ComparisonError without the package ssimulacra2.

    Of that package all is taken but its window, which mirrors two of the edges where the tool has zeros beyond each:
    its scores of pictures at low rates are up to 10 points less than the tool's.
    """
    if min(a.shape[:2]) < SSIMULACRA2_SIDE:
        return None
    try:
        from ssimulacra2 import ssimulacra2 as parts
    except ImportError:
        raise ComparisonError("SSIMULACRA2 needs ssimulacra2: pip install 'nccodec[evaluation]'") from None
    score = parts.Msssim()
    linear = [parts.srgb_to_linear(pixels) for pixels in (a, b)]
    for _ in range(_SCALES):
        x, y = (parts.make_positive_xyb(parts.linear_rgb_to_xyb(pixels)) for pixels in linear)  # [W, H, 3]
        mean_x, mean_y = _windowed(x), _windowed(y)
        scale = parts.MsssimScale()
        scale.avg_ssim = parts.ssim_map(mean_x, mean_y, _windowed(x * x), _windowed(y * y), _windowed(x * y))
        scale.avg_edgediff = parts.edge_diff_map(x, mean_x, y, mean_y)
        score.scales.append(scale)
        linear = [parts.downsample(pixels, 2, 2) for pixels in linear]
    return float(score.score())


def _windowed(z: np.ndarray) -> np.ndarray:
    """Means over the window, zeros beyond the edges: [W, H, 3]."""
    from scipy.ndimage import correlate1d

    for axis in (0, 1):
        z = correlate1d(z, _TAPS, axis, mode="constant")
    return z


def _taps() -> np.ndarray:
    """A Gaussian as a sum of three cosines that end at the radius (Charalampidis 2016): those nearest to its Fourier
    coefficients of which the sum is 1 and the variance that of the Gaussian: [2 radius - 1]."""
    n = np.arange(1 - _RADIUS, _RADIUS)
    frequencies = np.array([1, 3, 5]) * math.pi / (2 * _RADIUS)
    waves = np.cos(frequencies[:, None] * n)
    moments = np.stack([waves.sum(1), waves @ n**2])
    weights = np.exp(-((_SIGMA * frequencies) ** 2) / 2) / _RADIUS
    weights += np.linalg.pinv(moments) @ ([1, _SIGMA**2] - moments @ weights)
    return weights @ waves


_TAPS = _taps()
