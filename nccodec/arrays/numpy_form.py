"""The operations on numpy arrays, in threads. Pictures are [N, C, H, W]; nothing that is given is changed unless said.

`torch_form` has the same; a test holds both together and to float64.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .threads import share

__all__ = [
    "ROWS", "add_at", "add_into", "area_means", "contiguous", "convolve", "copy", "depthwise", "float32", "leaky",
    "pad", "share", "sine", "spread", "windows",
]  # fmt: skip

# Of sin(2 pi z) / z by powers of z^2, highest first: as many as float64 can tell for |z| <= 1/4.
_SINE = [(-1) ** k * (2 * math.pi) ** (2 * k + 1) / math.factorial(2 * k + 1) for k in reversed(range(11))]
LEAK = 0.1  # what is left of negative numbers
ROWS = 512  # rows of a product that is looked at while it is in the cache
_CACHED = 1 << 18  # numbers that are worked on at a time, so that they stay in a core's cache


def convolve(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, stride: int = 1, padding: int = 0,
    leaky: bool = False,
) -> np.ndarray:  # fmt: skip
    """Convolution, as networks have it. x: [N, C, H, W]. weight: [O, C, k, k]. bias: [O]. padding: zeros around x.
    leaky: what is negative is then multiplied by LEAK. Returns [N, O, (H + 2 padding - k) / stride + 1, ...]."""
    side = weight.shape[-1]
    rows, columns = ((n + 2 * padding - side) // stride + 1 for n in x.shape[-2:])
    made = np.empty((len(x), len(weight), rows, columns), x.dtype)
    padded = pad(x, *(padding,) * 4) if padding else x
    for one, out in zip(padded, made, strict=True):
        if side == stride == 1:
            _pointwise(one, weight, bias, leaky, out)
        elif stride == 1:
            _dense(one, weight, bias, leaky, out)
        else:
            _strided(one, weight, bias, stride, leaky, out)
    return made


def _finish(out: np.ndarray, bias: np.ndarray | None, leaky: bool) -> None:
    """out: [O, n], changed in place."""
    if bias is not None:
        out += bias[:, None]
    if leaky:
        np.maximum(out, LEAK * out, out=out)


def _pointwise(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None, leaky: bool, out: np.ndarray) -> None:
    weight, x, out = (part.reshape(len(part), -1) for part in (weight, np.ascontiguousarray(x), out))
    band = max(64, _CACHED // (len(x) + len(out)))

    def work(start: int, stop: int) -> None:
        for at in range(start, stop, band):
            part = out[:, at : min(at + band, stop)]
            np.matmul(weight, x[:, at : min(at + band, stop)], out=part)
            _finish(part, bias, leaky)

    share(work, x.shape[1], 64)


def _dense(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None, leaky: bool, out: np.ndarray) -> None:
    side, columns = weight.shape[-1], out.shape[-1]
    # One product for each row of the window, as rows further down are the same samples further on.
    taps = weight.transpose(2, 0, 3, 1).reshape(side, len(weight), -1)  # [k, O, k C]
    views = sliding_window_view(x, columns, 2).transpose(2, 0, 1, 3)  # [k, C, rows + k - 1, columns]
    made = out.reshape(len(out), -1)
    band = max(1, _CACHED // (taps.shape[2] * columns))

    def work(start: int, stop: int) -> None:
        for at in range(start, stop, band):
            end = min(at + band, stop)
            part = made[:, at * columns : end * columns]
            values = views[:, :, at : end + side - 1].reshape(taps.shape[2], -1)
            total = taps[0] @ values[:, : part.shape[1]]
            for number in range(1, side):
                total += taps[number] @ values[:, number * columns :][:, : part.shape[1]]
            _finish(total, bias, leaky)
            part[:] = total

    share(work, out.shape[1])


def _strided(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None, stride: int, leaky: bool, out: np.ndarray
) -> None:
    side = weight.shape[-1]
    views = sliding_window_view(x, (side, side), (1, 2))[:, ::stride, ::stride]
    views = views.transpose(1, 2, 0, 3, 4)  # [rows, columns, C, k, k]
    flat = weight.reshape(len(weight), -1)
    band = max(1, 4 * _CACHED // (flat.shape[1] * out.shape[-1]))

    def work(start: int, stop: int) -> None:
        for at in range(start, stop, band):
            part = out[:, at : min(at + band, stop)]
            patches = views[at : min(at + band, stop)].reshape(-1, flat.shape[1])
            values = np.ascontiguousarray((patches @ flat.T).T)  # [O, n]
            _finish(values, bias, leaky)
            part[:] = values.reshape(part.shape)

    share(work, out.shape[1])


def depthwise(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Each channel convolved with a filter of its own, zeros around it. x: [N, C, H, W]. weight: [C, 1, k, k], k odd.
    bias: [C]. Returns the shape of x."""
    _, channels, rows, columns = x.shape
    side = weight.shape[-1]
    padded = pad(x, *(side // 2,) * 4)
    made = np.empty_like(x)
    band = max(1, _CACHED // (4 * rows * columns))

    def work(start: int, stop: int) -> None:
        for at in range(start, stop, band):
            some = slice(at, min(at + band, stop))
            out, source = made[:, some], padded[:, some]
            taps = weight[some, 0]
            out[:] = bias[some, None, None]
            product = np.empty_like(out)
            for dy, dx in np.ndindex(side, side):
                np.multiply(source[..., dy : dy + rows, dx : dx + columns], taps[:, dy, dx, None, None], out=product)
                out += product

    share(work, channels)
    return made


def leaky(x: np.ndarray) -> np.ndarray:
    """What is negative multiplied by LEAK."""
    made = x * x.dtype.type(LEAK)
    return np.maximum(x, made, out=made)


def spread(x: np.ndarray, patches: np.ndarray, stride: int) -> np.ndarray:
    """Sum of patches that overlap: the transposed convolution. x: [N, n, rows, columns], how much of each. patches:
    [n, C, k, k]. Returns [N, C, (rows - 1) stride + k, (columns - 1) stride + k]."""
    _, _, rows, columns = x.shape
    _, c, side, _ = patches.shape
    across = -(-side // stride)  # patches that lie over each other
    high, wide = rows + across - 1, columns + across - 1  # squares of stride x stride
    beyond = across * stride - side
    whole = pad(patches, 0, beyond, 0, beyond) if beyond else patches
    squares = whole.reshape(len(patches), c, across, stride, across, stride).transpose(2, 4, 0, 1, 3, 5)
    squares = squares.reshape(across**2 * len(patches), -1)  # [k / stride, k / stride, n] [C, stride, stride]
    sums = np.empty((len(x), c, high, stride, wide, stride), x.dtype)
    before = (across - 1) * (wide + 1)  # places, of zeros
    band = max(1, 4 * _CACHED // (squares.shape[1] * wide))

    def work(places: np.ndarray, out: np.ndarray, start: int, stop: int) -> None:
        """Rows of squares start .. stop of the sum: each square is that of parts of the patches that reach into it."""
        for at in range(start, stop, band):
            first, last = before + at * wide, before + min(at + band, stop) * wide
            shifts = (y * wide + z for y, z in np.ndindex(across, across))
            near = np.concatenate([places[first - shift : last - shift] for shift in shifts], 1)
            made = (near @ squares).reshape(-1, wide, c, stride, stride)
            out[:, at : at + len(made)] = made.transpose(2, 0, 3, 1, 4)

    for one, out in zip(x, sums, strict=True):
        # How much of each patch at each place, row by row, with zeros above and to the right, where rows meet.
        places = np.zeros((before + high * wide, len(one)), x.dtype)
        places[before:].reshape(high, wide, -1)[:rows, :columns] = one.transpose(1, 2, 0)
        share(lambda start, stop, places=places, out=out: work(places, out, start, stop), high, 4)
    sums = sums.reshape(len(x), c, high * stride, wide * stride)
    return sums[:, :, : (rows - 1) * stride + side, : (columns - 1) * stride + side]


def area_means(x: np.ndarray, factor: int) -> np.ndarray:
    """Means over factor x factor squares. x: [..., H, W], multiples of factor."""
    if factor == 1:
        return x
    across = sum(x[..., i::factor] for i in range(1, factor)) + x[..., ::factor]
    both = sum(across[..., i::factor, :] for i in range(1, factor)) + across[..., ::factor, :]
    return both * x.dtype.type(1 / factor**2)


def pad(x: np.ndarray, above: int, below: int, left: int, right: int, edge: bool = False) -> np.ndarray:
    """x: [..., H, W], with rows and columns around it: zeros, or what is at the edge."""
    if edge:
        return np.pad(x, [(0, 0)] * (x.ndim - 2) + [(above, below), (left, right)], "edge")
    height, width = x.shape[-2:]
    made = np.zeros((*x.shape[:-2], above + height + below, left + width + right), x.dtype)
    made[..., above : above + height, left : left + width] = x
    return made


def windows(x: np.ndarray, size: int, step: int) -> np.ndarray:
    """Windows of the last axis, `size` long and `step` apart: a view, [..., n, size]."""
    return sliding_window_view(x, size, -1)[..., ::step, :]


def add_at(x: np.ndarray, index: np.ndarray, values: np.ndarray) -> np.ndarray:
    """x with values [m, ...] added to its entries index [m] of the first axis, several to one as well."""
    made = x.copy()
    add_into(made, (index,), values)
    return made


def add_into(x: np.ndarray, where: tuple[np.ndarray, ...], values: np.ndarray) -> None:
    """Add values [m, ...] to the entries x[where], several to one as well, in place."""
    number = np.ravel_multi_index(where, x.shape[: len(where)])
    order = np.argsort(number, kind="stable")
    _, first = np.unique(number[order], return_index=True)
    if len(first) < len(number):
        values = np.add.reduceat(values[order], first)
        where = tuple(axis[order[first]] for axis in where)
    x[where] += values


def copy(x: np.ndarray) -> np.ndarray:
    """Its own memory."""
    return x.copy()


def contiguous(x: np.ndarray) -> np.ndarray:
    """x in one piece of memory, row by row."""
    return np.ascontiguousarray(x)


def float32(x: np.ndarray) -> np.ndarray:
    """x in single precision."""
    return x.astype(np.float32, copy=False)


def sine(x: np.ndarray) -> np.ndarray:
    """float64, any shape. By a polynomial, within 1e-15 of the sine of x rounded to whole turns: numpy's own is seven
    times as slow."""
    z = x * (1 / (2 * math.pi))
    z -= np.rint(z)  # turns, -1/2 .. 1/2
    folded = np.abs(z)
    np.minimum(folded, 0.5 - folded, out=folded)
    square = folded * folded
    made = np.full_like(square, _SINE[0])
    for coefficient in _SINE[1:]:
        made *= square
        made += coefficient
    made *= folded
    return np.copysign(made, z, out=made)
