"""Changing resolution: area reduction R_S, its right inverse U_S, and area resampling to any size."""

import math

import numpy as np

from ..arrays import Array, form, namespace
from ..code import Span

_POLE = math.sqrt(3.0) - 2.0  # of the inverse of the filter [1, 4, 1]
_BLOCK = 64
_REACH = 12  # _POLE ** 13 is 4e-8: below float32 rounding of values in [0, 1]


def reduce_area(z: Array, factor: int) -> Array:
    """R_S: means over `factor` x `factor` squares.

    z: [..., C, H, W], H and W multiples of `factor`. Returns [..., C, H / factor, W / factor].
    """
    return form(z).area_means(z, factor)


def enlarge(z: Array, factor: int) -> Array:
    """U_S: enlargement by an integer factor such that `reduce_area(enlarge(z, S), S) == z`.

    The cumulative sums of z along an axis are interpolated by a cubic spline, and each new sample is
    the mean of the spline's derivative over its own extent; outside, z continues by half-sample
    symmetry. Applied along both axes (order does not matter).

    z: [N, C, H, W] float. Returns [N, C, factor H, factor W].
    """
    if factor == 1:
        return z
    n, c, height, width = z.shape
    fine = (_like(spline_weights(factor), z) @ spline_maps(z)).reshape(n, c * factor * factor, height, width)
    return pixel_shuffle(fine, factor)  # [N, C, S H, S W]


def spline_maps(z: Array) -> Array:
    """What the spline of `enlarge` is made of, for each pixel: means of the pixel, of its edges, and of its corners.

    z: [N, C, H, W] float. Returns [N C, 9, H W], of which `spline_weights` make the pixel's parts.
    """
    xp, turned = namespace(z), namespace(z).matrix_transpose
    n, c, height, width = z.shape
    across = _edge_values(z)  # [N, C, H, W + 1]
    down = turned(_edge_values(turned(z)))  # [N, C, H + 1, W]
    corner = turned(_edge_values(turned(across)))  # [N, C, H + 1, W + 1]
    maps = []
    for rows, plain, edged in (
        (slice(0, height), z, across),
        (slice(0, height), down, corner),
        (slice(1, None), down, corner),
    ):
        maps += [plain[..., rows, :], edged[..., rows, :-1], edged[..., rows, 1:]]
    return xp.stack(maps, axis=2).reshape(n * c, 9, height * width)


def spline_weights(factor: int) -> np.ndarray:
    """Weights of the `spline_maps` in the factor x factor parts of a pixel, row by row: float64 [factor^2, 9]."""
    one_axis = _sample_weights(factor)  # [S, 3]
    return np.einsum("ia,jb->ijab", one_axis, one_axis).reshape(factor * factor, 9)


def pixel_shuffle(z: Array, factor: int) -> Array:
    """Channels as squares of factor x factor pixels, [N, C factor^2, H, W] -> [N, C, factor H, factor W]."""
    n, c, height, width = z.shape
    z = z.reshape(n, c // factor**2, factor, factor, height, width)
    # [N, C, H, factor, W, factor]
    return namespace(z).permute_dims(z, (0, 1, 4, 2, 5, 3)).reshape(n, -1, factor * height, factor * width)


def pixel_unshuffle(z: Array, factor: int) -> Array:
    """Inverse of `pixel_shuffle`."""
    n, c, height, width = z.shape
    z = z.reshape(n, c, height // factor, factor, width // factor, factor)
    # [N, C, factor, factor, H / factor, W / factor]
    return namespace(z).permute_dims(z, (0, 1, 3, 5, 2, 4)).reshape(n, -1, height // factor, width // factor)


def _like(constants: np.ndarray, z: Array) -> Array:
    """Constants where z is, in its type."""
    return namespace(z).asarray(constants, dtype=z.dtype, device=z.device)


def _sample_weights(factor: int) -> np.ndarray:
    """Weights of a pixel's mean, left and right edge value in its `factor` parts: float64 [S, 3].

    Within a pixel the spline's derivative is the quadratic with this mean and these edge values.
    """
    part = np.arange(factor, dtype=np.float64)
    start, stop = part / factor, (part + 1) / factor
    first = (start + stop) / 2  # mean of t over the part
    second = (start * start + start * stop + stop * stop) / 3  # mean of t^2
    weights = (6 * first - 6 * second, 1 - 4 * first + 3 * second, 3 * second - 2 * first)
    return np.stack(weights, -1)


def _edge_values(z: Array) -> Array:
    """Derivative of the spline at the pixel edges of the last axis, [..., W] -> [..., W + 1].

    It solves m[i-1] + 4 m[i] + m[i+1] = 3 (z[i-1] + z[i]), here with the inverse filter cut off where
    float32 no longer sees it, as products with a banded matrix.
    """
    width = z.shape[-1]
    inverse = 3 / (2 * math.sqrt(3.0)) * _POLE ** np.abs(np.arange(-_REACH, _REACH + 1.0))
    kernel = np.pad(inverse, (0, 1)) + np.pad(inverse, (1, 0))  # acts on z, not on z[i-1] + z[i]
    band = np.zeros((_BLOCK + len(kernel) - 1, _BLOCK))
    for i in range(_BLOCK):
        band[i : i + len(kernel), i] = kernel
    blocks = -(-(width + 1) // _BLOCK)
    index = np.arange(-_REACH - 1, blocks * _BLOCK + _REACH) % (2 * width)
    index = np.where(index < width, index, 2 * width - 1 - index)  # half-sample symmetry
    continued = namespace(z).take(z, namespace(z).asarray(index, device=z.device), axis=-1)
    windows = form(z).windows(continued, len(band), _BLOCK)  # [..., blocks, band]
    edges = windows @ _like(band, z)  # [..., blocks, _BLOCK]
    return edges.reshape(*edges.shape[:-2], -1)[..., : width + 1]


def resize_area(
    z: Array, height: int, width: int, extent: tuple[float, float] | None = None,
    rows: Span | None = None, columns: Span | None = None, origin: tuple[float, float] = (0.0, 0.0),
) -> Array:  # fmt: skip
    """Each output sample is the exact mean of z over its extent, fractions of samples included.

    z: [N, C, H, W]. extent: the part of z, from the top left corner, that the output covers, by
    default all of it; no smaller than height, width. rows, columns: the part of the output that is made, by default
    all of it; z then begins with the first sample of that part (`samples_of`). origin: where the extent begins, down
    and across, where that is not the top left corner. Returns [N, C, height, width], or that part of it.
    """
    down, across = extent or z.shape[-2:]
    turned = namespace(z).matrix_transpose
    z = _resize_last(z, width, across, columns or (0, width), origin[1])
    return turned(_resize_last(turned(z), height, down, rows or (0, height), origin[0]))


def samples_of(span: Span, size: int, extent: float, origin: float = 0.0) -> Span:
    """Which samples a part of `size` outputs covers that cover `extent` samples from `origin` on."""
    return math.floor(origin + span[0] * (extent / size)), math.ceil(origin + span[1] * (extent / size))


def _resize_last(z: Array, size: int, extent: float, span: Span, origin: float) -> Array:
    if size == extent and z.shape[-1] == span[1] - span[0] and origin == int(origin):
        return z
    # Differences of the running integral; float64, since sums over long rows cancel.
    xp = namespace(z)
    z64 = xp.astype(z, xp.float64)
    first, _ = samples_of(span, size, extent, origin)
    edge = xp.arange(span[0], span[1] + 1, dtype=xp.float64, device=z.device) * (extent / size) + (origin - first)
    whole = xp.astype(xp.clip(xp.floor(edge), 0, z.shape[-1] - 1), xp.int64)
    integral = xp.cumulative_sum(z64, axis=-1, include_initial=True)
    at = xp.take(integral, whole, axis=-1) + (edge - whole) * xp.take(z64, whole, axis=-1)
    return xp.astype((at[..., 1:] - at[..., :-1]) * (size / extent), z.dtype)


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
