"""Changing resolution: area reduction R_S, its right inverse U_S, and area resampling to any size."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ..code import Span

_POLE = math.sqrt(3.0) - 2.0  # of the inverse of the filter [1, 4, 1]
_BLOCK = 64
_REACH = 12  # _POLE ** 13 is 4e-8: below float32 rounding of values in [0, 1]


def reduce_area(z: Tensor, factor: int) -> Tensor:
    """R_S: means over `factor` x `factor` squares.

    z: [..., C, H, W], H and W multiples of `factor`. Returns [..., C, H / factor, W / factor].
    """
    return z if factor == 1 else F.avg_pool2d(z, factor)


def enlarge(z: Tensor, factor: int) -> Tensor:
    """U_S: enlargement by an integer factor such that `reduce_area(enlarge(z, S), S) == z`.

    The cumulative sums of z along an axis are interpolated by a cubic spline, and each new sample is
    the mean of the spline's derivative over its own extent; outside, z continues by half-sample
    symmetry. Applied along both axes (order does not matter).

    z: [N, C, H, W] float. Returns [N, C, factor H, factor W].
    """
    if factor == 1:
        return z
    n, c, height, width = z.shape
    across = _edge_values(z)  # [N, C, H, W + 1]
    down = _edge_values(z.transpose(-1, -2)).transpose(-1, -2)  # [N, C, H + 1, W]
    corner = _edge_values(across.transpose(-1, -2)).transpose(-1, -2)  # [N, C, H + 1, W + 1]
    maps = []
    for rows, plain, edged in (
        (slice(0, height), z, across),
        (slice(0, height), down, corner),
        (slice(1, None), down, corner),
    ):
        maps += [plain[..., rows, :], edged[..., rows, :-1], edged[..., rows, 1:]]
    stacked = torch.stack(maps, 2).reshape(n * c, 9, height * width)
    one_axis = _sample_weights(factor).to(z)  # [S, 3]
    weights = torch.einsum("ia,jb->ijab", one_axis, one_axis).reshape(factor * factor, 9)
    fine = (weights @ stacked).reshape(n, c * factor * factor, height, width)
    return F.pixel_shuffle(fine, factor)  # [N, C, S H, S W]


def _sample_weights(factor: int) -> Tensor:
    """Weights of a pixel's mean, left and right edge value in its `factor` parts: float64 [S, 3].

    Within a pixel the spline's derivative is the quadratic with this mean and these edge values.
    """
    part = torch.arange(factor, dtype=torch.float64)
    start, stop = part / factor, (part + 1) / factor
    first = (start + stop) / 2  # mean of t over the part
    second = (start * start + start * stop + stop * stop) / 3  # mean of t^2
    weights = (6 * first - 6 * second, 1 - 4 * first + 3 * second, 3 * second - 2 * first)
    return torch.stack(weights, -1)


def _edge_values(z: Tensor) -> Tensor:
    """Derivative of the spline at the pixel edges of the last axis, [..., W] -> [..., W + 1].

    It solves m[i-1] + 4 m[i] + m[i+1] = 3 (z[i-1] + z[i]), here with the inverse filter cut off where
    float32 no longer sees it, as products with a banded matrix.
    """
    width = z.shape[-1]
    tap = torch.arange(-_REACH, _REACH + 1, dtype=torch.float64).abs()
    inverse = 3 / (2 * math.sqrt(3.0)) * _POLE**tap
    kernel = F.pad(inverse, (0, 1)) + F.pad(inverse, (1, 0))  # acts on z, not on z[i-1] + z[i]
    band = torch.zeros(_BLOCK + len(kernel) - 1, _BLOCK, dtype=torch.float64)
    for i in range(_BLOCK):
        band[i : i + len(kernel), i] = kernel
    blocks = -(-(width + 1) // _BLOCK)
    index = torch.arange(-_REACH - 1, blocks * _BLOCK + _REACH, device=z.device) % (2 * width)
    index = torch.where(index < width, index, 2 * width - 1 - index)  # half-sample symmetry
    windows = z.index_select(-1, index).unfold(-1, len(band), _BLOCK)  # [..., blocks, band]
    edges = windows @ band.to(z)  # [..., blocks, _BLOCK]
    return edges.flatten(-2)[..., : width + 1]


def resize_area(
    z: Tensor, height: int, width: int, extent: tuple[float, float] | None = None,
    rows: Span | None = None, columns: Span | None = None,
) -> Tensor:  # fmt: skip
    """Each output sample is the exact mean of z over its extent, fractions of samples included.

    z: [N, C, H, W]. extent: the part of z, from the top left corner, that the output covers, by
    default all of it; no smaller than height, width. rows, columns: the part of the output that is made, by default
    all of it; z then begins with the first sample of that part (`samples_of`). Returns [N, C, height, width], or
    that part of it.
    """
    down, across = extent or z.shape[-2:]
    z = _resize_last(z, width, across, columns or (0, width))
    return _resize_last(z.transpose(-1, -2), height, down, rows or (0, height)).transpose(-1, -2)


def samples_of(span: Span, size: int, extent: float) -> Span:
    """Which samples a part of `size` outputs covers that cover `extent` samples."""
    return math.floor(span[0] * (extent / size)), math.ceil(span[1] * (extent / size))


def _resize_last(z: Tensor, size: int, extent: float, span: Span) -> Tensor:
    if size == extent and z.shape[-1] == span[1] - span[0]:
        return z
    # Differences of the running integral; float64, since sums over long rows cancel.
    z64 = z.double()
    first, _ = samples_of(span, size, extent)
    edge = torch.arange(span[0], span[1] + 1, dtype=torch.float64, device=z.device) * (extent / size) - first
    whole = edge.floor().clamp(0, z.shape[-1] - 1).long()
    integral = F.pad(z64.cumsum(-1), (1, 0))
    at = integral.index_select(-1, whole) + (edge - whole) * z64.index_select(-1, whole)
    return ((at[..., 1:] - at[..., :-1]) * (size / extent)).to(z.dtype)


def decoding_scale(factor: float, smallest: int) -> tuple[int, int]:
    """The scale up / down at which to decode for an enlargement by `factor`, before area reduction.

    Powers of two, at least one of them 1: the smallest up / down >= factor with down <= smallest.
    """
    up = down = 1
    while up < factor:
        up *= 2
    while up == 1 and down < smallest and 0.5 / down >= factor:
        down *= 2
    return up, down
