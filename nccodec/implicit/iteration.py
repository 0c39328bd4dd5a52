"""An implicit network as a map to be iterated, and the networks between two: see `collage.iteration.Iteration`."""

import math
from collections.abc import Iterator

import numpy as np

from ..arrays import QUIET, numpy_of
from ..collage.iteration import State
from ..collage.output import Request, grey_levels
from ..collage.windows import reduced
from ..errors import CollageError
from .code import ImplicitCode
from .synthesis import check_work, drawn, window_of


class Iteration:
    """The constant map: a step from any picture gives the picture of the network. States are samples at the scale `up`
    of the request; below scale 1 what is seen is reduced."""

    exact, largest_scale = 1, 0.0

    def __init__(self, code: ImplicitCode, weights: None, request: Request, device: str = "cpu") -> None:
        self.code, self.request, self.device = code, request, device
        self.size = code.height * request.up, code.width * request.up

    def factor(self, number: int) -> float:
        return 0.0

    def start(self, picture: np.ndarray) -> State:
        planes = picture.astype(np.float32).transpose(2, 0, 1)[None] / 255
        return (planes.mean(1, keepdims=True) if self.code.grey else planes,)

    @QUIET
    def step(self, state: State) -> State:
        check_work(self.code.shape, math.prod(self.size))
        window = window_of(self.code.network(), self.code, self.request, self.device)
        return (numpy_of(window(*((0, n) for n in self.size))),)

    @QUIET
    def picture(self, state: State, last: bool = False) -> np.ndarray:
        request, down = self.request, self.request.down
        wanted = zip(request.samples(request.rows, request.columns), self.size, strict=True)
        spans = tuple(slice(a * down, min(b * down, n)) for (a, b), n in wanted)
        return grey_levels(request.fit(reduced(state[0][(..., *spans)], down), request.rows, request.columns), 0.0)


def blends(f: Iteration, g: Iteration, frames: int) -> Iterator[np.ndarray]:
    """Pictures of the networks (1 - t) f + t g, all weights and biases alike, for `frames` t, at least 2, from 0 to 1:
    uint8 [H, W, 3], or [H, W] if grey. CollageError, before the first is asked for, for networks of two shapes."""
    if f.code.shape != g.code.shape:
        raise CollageError("there are no networks between two of different shapes")
    ends = f.code.network(), g.code.network()

    @QUIET
    def picture(t: float) -> np.ndarray:
        pairs = zip(*ends, strict=True)
        between = [tuple((1 - t) * a + t * b for a, b in zip(one, other, strict=True)) for one, other in pairs]
        return drawn(between, f.code, f.request, f.device)

    return (picture(number / (frames - 1)) for number in range(frames))
