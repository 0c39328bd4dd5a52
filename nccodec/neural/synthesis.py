"""CollageCode -> picture: dequantization and the fixed point of the map, at any scale."""

import math

import numpy as np
import torch

from ..bitstream.container import MAX_PIXELS
from ..code import CollageCode
from ..collage.fixed_point import fixed_point
from ..collage.scales import decoding_scale, enlarge, resize_area
from ..errors import FormatError, LimitError
from .architecture import BIAS
from .weights import Weights

FLOAT32_SUM = 1.0  # largest sum of |s| in a cell that is computed in float32: errors grow with it
SMALLEST_SCALE, LARGEST_SCALE = 0.03, 64.0


def output_size(code_size: tuple[int, int], scale: float, size: tuple[int, int] | None) -> tuple[int, int]:
    """Height and width of the decoded picture. code_size and size: height, width.

    Rounded to the nearest, but upwards at 1/2, 1/4, ..., and at least 1. LimitError outside the limits.
    """
    height, width = code_size
    if size is None:
        if not SMALLEST_SCALE <= scale <= LARGEST_SCALE:
            raise LimitError(f"scale {scale:g} is outside {SMALLEST_SCALE} .. {LARGEST_SCALE:g}")
        exact = scale < 1 and math.log2(scale).is_integer()
        size = tuple(math.ceil(n * scale) if exact else max(1, math.floor(n * scale + 0.5)) for n in code_size)
    factor = max(size[0] / height, size[1] / width)
    if min(size) < 1 or factor > LARGEST_SCALE + 1:
        raise LimitError(f"cannot decode {width} x {height} to {size[1]} x {size[0]} pixels")
    up, _ = decoding_scale(factor, 1)
    if height * width * up * up > MAX_PIXELS:
        raise LimitError(
            f"{size[1]} x {size[0]} is decoded at {width * up} x {height * up} pixels, over the limit of {MAX_PIXELS}"
        )
    return size


@torch.no_grad()
def synthesise(
    code: CollageCode, weights: Weights, scale: float = 1.0, size: tuple[int, int] | None = None, device: str = "cpu",
    detail: bool = True,
) -> np.ndarray:  # fmt: skip
    """The fixed point at a scale, or at a size (height, width): uint8 [H, W, 3], or [H, W] if grey.

    detail: False enlarges without predicting what lies below the original pixel.
    """
    a = weights.architecture
    height, width = output_size((code.height, code.width), scale, size)
    factor = scale if size is None else max(height / code.height, width / code.width)
    up, down = decoding_scale(factor, a.range_size)
    model = weights.model(device)
    q = torch.from_numpy(np.concatenate([code.atoms, code.scales])).to(device, torch.float32)[None]
    level = torch.tensor([code.level / 256], device=device)
    parameters = model.dequantize(q, level)
    if code.nonzero_scales and parameters[:, a.atoms :].abs().sum(1).max() > FLOAT32_SUM:
        parameters = parameters.double()
    z = model.affine(parameters[:, : a.atoms], down)
    if up > 1:
        z = model.enlarged(z, level, up) if detail else enlarge(z, up)
    reference = model.reference(parameters[:, a.atoms :])
    if reference is not None:
        z = fixed_point(z, reference)
    elif code.nonzero_scales:
        raise FormatError("a self-reference in a picture that is less than two cells wide or high")
    if size is None and factor in (up, 1 / down):
        z = z[:, :, :height, :width]
    else:
        extent = (code.height * up / down, code.width * up / down)
        z = resize_area(z, height, width, extent)
    if code.grey:
        z = z.mean(1, keepdim=True)
    levels = (z * 255 + (255 * BIAS + 0.5)).clamp(0, 255).to(torch.uint8)  # [1, C, H, W]
    picture = levels[0].permute(1, 2, 0).cpu().numpy()
    return picture[:, :, 0] if code.grey else picture
