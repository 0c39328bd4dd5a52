"""ImplicitCode -> picture, at any scale: the network at the middle of every sample. bitstream_spec.md, section 7.3, is
normative."""

import math

import numpy as np

from ..arrays import QUIET, Array, form, namespace, numpy_of, on
from ..code import Span
from ..collage.output import Request
from ..collage.windows import Window, picture_of
from ..errors import LimitError
from .code import ImplicitCode, Layer, frequencies
from .header import Shape

OMEGA = 30.0  # of sines (arXiv 2006.09661, section 3.2)
REACH = math.sqrt(3.0)  # of the coordinates of "atan" and "tanh", along the longer side, so that their variance is 1
# What the function and its square are divided by, so that both have about a mean square of 1 for normal numbers.
SPREADS = {"atan": (0.67, 0.6), "tanh": (0.63, 0.49)}
MAX_WORK = 1 << 44  # weights times samples that are decoded
# Numbers of a layer that are worked on at a time: as many as stay in a core's cache, or as a GPU is busy with.
_BLOCK, _MANY = 1 << 15, 1 << 25


@QUIET
def synthesise(code: ImplicitCode, request: Request, device: str = "cpu") -> np.ndarray:
    """What is asked for: uint8 [H, W, 3], or [H, W] if grey. LimitError for too many products."""
    return drawn(code.network(), code, request, device)


def drawn(network: list[Layer], code: ImplicitCode, request: Request, device: str) -> np.ndarray:
    """The picture of a network of the code's shape. See `synthesise`."""
    size = code.height * request.up, code.width * request.up
    check_work(code.shape, _samples(request, size))
    return picture_of(window_of(network, code, request, device), request, size, code.grey, 0.0)


def check_work(shape: Shape, samples: int) -> None:
    """LimitError where so many samples take too many products."""
    if shape.weights * samples > MAX_WORK:
        raise LimitError(f"{samples} samples of a network of {shape.weights} weights are over {MAX_WORK} products")


def window_of(network: list[Layer], code: ImplicitCode, request: Request, device: str) -> Window:
    """What gives samples of a network's picture at the scale `up` of a request: float32 [1, C, rows, columns], 0 black
    to 1 white. network: of the code's shape."""
    layers = [(on(matrix, device), on(biases[:, None], device)) for matrix, biases in network]
    base = on(frequencies(code.shape), device) if code.shape.network == "fourier" else None
    size = code.height * request.up, code.width * request.up
    widest = max(max(matrix.shape) for matrix, _ in layers)
    length = max(1, (_BLOCK if device == "cpu" else _MANY) // widest)

    def window(rows: Span, columns: Span) -> np.ndarray:
        height, width = rows[1] - rows[0], columns[1] - columns[0]
        made = np.empty((code.shape.channels, height * width), np.float32)

        def work(start: int, stop: int) -> None:
            for first in range(start, stop, length):
                places = np.arange(first, min(first + length, stop))
                y, x = np.divmod(places, width)
                # The middle of a sample, from -1 to 1 along the longer side.
                middles = zip((x + columns[0], y + rows[0]), size[::-1], strict=True)
                at = np.stack([(2 * n + 1 - whole) / max(size) for n, whole in middles])
                made[:, places] = numpy_of(evaluate(code.shape, layers, base, on(at, device)))

        form(layers[0][0]).share(work, height * width, length)
        return made.reshape(1, -1, height, width)

    return window


def _samples(request: Request, size: tuple[int, int]) -> int:
    """How many are decoded."""
    wanted = request.samples(request.rows, request.columns)
    return math.prod(min(b * request.down, n) - a * request.down for (a, b), n in zip(wanted, size, strict=True))


def evaluate(shape: Shape, layers: list[tuple[Array, Array]], base: Array | None, at: Array) -> Array:
    """The network at places: float64 [channels, n].

    layers: matrices [outputs, inputs] and biases [outputs, 1]. base: of "fourier", see `frequencies`. at: [2, n],
    across and down, -1 .. 1 along the longer side.
    """
    xp, last = namespace(at), len(layers) - 1
    sine = form(at).sine
    if shape.network == "fourier":
        angles = base @ at * math.pi
        h = xp.concat([sine(angles + math.pi / 2), sine(angles)], axis=0)
    else:
        h = at if shape.network == "siren" else REACH * at
    for number, (matrix, biases) in enumerate(layers):
        h = matrix @ h + biases
        if number == last:
            break
        if shape.network == "siren":
            h = sine(OMEGA * h)
        elif shape.network == "fourier":
            h = xp.clip(h, 0, None)
        else:
            bent = xp.atan(h) if shape.network == "atan" else xp.tanh(h)
            first, second = SPREADS[shape.network]
            h = xp.concat([bent / first, bent**2 / second], axis=0)
    return 0.5 + h / 2 if shape.network in ("siren", "fourier") else 1 / (1 + xp.exp(-h))
