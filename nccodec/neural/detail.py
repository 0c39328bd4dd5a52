"""What lies below the original pixel: predicted from the affine part when a picture is decoded enlarged.

A network of the decoder: luminance detail at scale 4, in the null space of the area mean R_4. Its input is the affine
part at scale 1, which it therefore leaves as it is. All but the first scale see the same detail: scale 2 its means over
2 x 2 pixels, scales above 4 its enlargement.
"""

from ..arrays import Array, form, namespace
from ..collage.scales import enlarge, pixel_shuffle, reduce_area
from .levels import at_level
from .network import Network

FINEST = 4  # the scale at which detail is predicted
REACH = 5  # pixels to each side that a pixel's detail depends on
_BAND = 1 << 21  # pixels that are worked on at a time


def predict_detail(network: Network, affine: Array, level: Array, scale: int = FINEST) -> Array:
    """affine: the affine part at scale 1 less BIAS, float32 [N, 3, H, W]. level: real [N]. scale: 2 or 4. Returns
    [N, 1, scale H, scale W], to be added to each channel."""
    height, width = affine.shape[-2:]
    row = at_level(network["level"], level)
    rows = max(1, _BAND // width)
    parts = []
    for top in range(0, height, rows):
        start, end = max(0, top - REACH), min(height, top + rows)
        fine = reduce_area(_band(network, affine[:, :, start : end + REACH], row), FINEST // scale)
        parts.append(fine[:, :, scale * (top - start) : scale * (end - start)])
    return namespace(affine).concat(parts, axis=2)


def _band(network: Network, x: Array, row: Array) -> Array:
    ops = form(x)
    x = network.part("first").convolve(ops.pad(x, 2, 2, 2, 2, edge=True)) + row[:, :, None, None]
    for name in ("middle.0", "middle.1", "head"):
        x = network.part(name).convolve(ops.pad(ops.leaky(x), 1, 1, 1, 1, edge=True))
    return pixel_shuffle(x - namespace(x).mean(x, axis=1, keepdims=True), FINEST)  # [N, 1, 4 H, 4 W]


def enlarge_with(affine: Array, detail: Array, factor: int) -> Array:
    """The affine part at scale `factor`, a power of two from 2, with detail at scale s = min(factor, 4),
    [N, 1, s H, s W].

    affine: at scale 1, [N, C, H, W]. Reduced by `factor` by area, the result is `affine` again.
    """
    scale = min(factor, FINEST)
    return enlarge(enlarge(affine, scale) + detail, factor // scale)
