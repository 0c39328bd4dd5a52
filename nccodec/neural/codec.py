"""Picture -> CollageCode by one network pass, and CollageCode -> picture by the map."""

import math

import numpy as np
import torch
from torch import Tensor

from ..bitstream.container import MAX_PIXELS
from ..bitstream.context import LARGEST
from ..code import CollageCode
from ..collage.fixed_point import fixed_point
from ..collage.scales import decoding_scale, enlarge, resize_area
from ..errors import FormatError, LimitError, WeightsError
from .architecture import BIAS
from .weights import Weights

FLOAT32_SUM = 1.0  # largest sum of |s| in a cell that is computed in float32: errors grow with it
MEANS = 3  # leading atoms, those of largest variance, which are rounded without a dead zone
SMALLEST_SCALE, LARGEST_SCALE = 0.03, 64.0


def pad_to_cells(picture: np.ndarray, range_size: int) -> Tensor:
    """uint8 [H, W, 3] -> float32 [1, 3, rows B, columns B] in [0, 1], continued by half-sample symmetry."""
    height, width = picture.shape[:2]
    below, right = -height % range_size, -width % range_size
    padded = np.pad(picture, ((0, below), (0, right), (0, 0)), "symmetric")
    return torch.from_numpy(padded.transpose(2, 0, 1).copy())[None].float() / 255


def choose_device(device: str) -> str:
    """ "auto" is CUDA where there is one. LimitError for what this machine does not have."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device != "cpu" and not (device.startswith("cuda") and torch.cuda.is_available()):
        raise LimitError(f"device {device!r} is not available here")
    return device


def quantize(scaled: Tensor, dead_zone: float | Tensor) -> Tensor:
    """Integers for scaled coefficients [N, channels, rows, columns]: rounded, but all except the
    MEANS first channels only away from zero once the fraction exceeds a half by the dead zone (one
    number, or [N, 1, 1, 1])."""
    spared = (torch.arange(scaled.shape[1], device=scaled.device) >= MEANS)[:, None, None]
    return (scaled.abs() + 0.5 - dead_zone * spared).floor().clamp(0, LARGEST).copysign(scaled) + 0.0


@torch.inference_mode()
def analyse(picture: np.ndarray, grey: bool, quality: float, weights: Weights, device: str = "cpu") -> CollageCode:
    """One network pass. picture: uint8 [H, W, 3]; quality: 0 .. 100, rising rate."""
    a = weights.architecture
    if not 0 <= quality <= 100:
        raise LimitError(f"quality {quality:g} is outside 0 .. 100")
    level = round(quality / 100 * weights.levels)
    model = weights.model(device)
    y = model.encode(pad_to_cells(picture, a.range_size).to(device))
    gain = model.gain(level / 256)[:, None, None]
    dead_zone = np.interp(level / 256, range(len(weights.dead_zone)), weights.dead_zone)
    q = quantize(y * gain, float(dead_zone))
    if not bool(q.isfinite().all()):
        raise WeightsError(f"{weights.path}: the network gives values that are not finite")
    q = q[0].to("cpu", torch.int32).numpy()
    if min(q.shape[1:]) < 2:
        q[a.atoms :] = 0  # a grid without domains
    return CollageCode(
        picture.shape[0], picture.shape[1], grey, level, a.range_size,
        weights.fingerprint, q[: a.atoms], q[a.atoms :],
    )  # fmt: skip


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


@torch.inference_mode()
def synthesise(
    code: CollageCode, weights: Weights, scale: float = 1.0, size: tuple[int, int] | None = None, device: str = "cpu"
) -> np.ndarray:
    """The fixed point at a scale, or at a size (height, width): uint8 [H, W, 3], or [H, W] if grey."""
    a = weights.architecture
    height, width = output_size((code.height, code.width), scale, size)
    factor = scale if size is None else max(height / code.height, width / code.width)
    up, down = decoding_scale(factor, a.range_size)
    model = weights.model(device)
    gain = model.gain(code.level / 256)[:, None, None]
    q = torch.from_numpy(np.concatenate([code.atoms, code.scales])).to(device, torch.float32)[None]
    parameters = q / gain
    if code.nonzero_scales and parameters[:, a.atoms :].abs().sum(1).max() > FLOAT32_SUM:
        parameters = parameters.double()
    z = enlarge(model.affine(parameters[:, : a.atoms], down), up)
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
