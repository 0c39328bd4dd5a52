"""A whole-image map to be iterated: see `collage.iteration.Iteration`."""

import math

import numpy as np

from ..arrays import QUIET, numpy_form
from ..collage.iteration import State
from ..collage.output import Request, grey_levels
from ..collage.windows import reduced
from ..errors import LimitError
from ..neural.weights import Weights
from .code import MIDDLE, WholeCode
from .domain import Small
from .header import MAX_CANVAS, SCALE_UNIT
from .synthesis import colours, planes_of, shown, window


class Iteration:
    """One state: luma less MIDDLE and chroma on the canvas of whole ranges, in 1/255 grey level. Below scale 1 the map
    is iterated at 1, and what is seen is reduced."""

    def __init__(self, code: WholeCode, weights: Weights | None, request: Request, device: str = "cpu") -> None:
        self._code, self._request = code, request
        self._style = shown(code, weights, request.up).style
        self._range = tuple(n * request.up for n in code.size)
        self._canvas = tuple(n * code.ranges for n in self._range)
        if (canvas := math.prod(self._canvas)) > MAX_CANVAS:
            raise LimitError(f"{canvas} samples in whole ranges are over the limit of {MAX_CANVAS}")
        self.size = code.height * request.up, code.width * request.up
        self.largest_scale = code.largest_scale / SCALE_UNIT
        self.exact = None if code.largest_scale else 1

    def factor(self, number: int) -> float:
        return self.largest_scale

    def start(self, picture: np.ndarray) -> State:
        planes = planes_of(picture)[: len(self._code.means)][None] / 255
        below, right = (whole - n for whole, n in zip(self._canvas, self.size, strict=True))
        return (numpy_form.pad(planes, 0, below, 0, right, edge=True),)

    @QUIET
    def step(self, state: State) -> State:
        rows, columns = self._range
        top, left, side = self._code.domain
        place = slice(top * rows, (top + side) * rows), slice(left * columns, (left + side) * columns)
        domain = state[0][(0, slice(None), *place)]
        t = domain.reshape(-1, rows, side, columns, side).mean((2, 4)) * 255  # [C, rows, columns]
        small = Small(t - self._code.middle[:, None, None], self._style)
        return (window(self._code, small, *((0, n) for n in self._canvas))[None] / np.float32(255),)

    @QUIET
    def picture(self, state: State, last: bool = False) -> np.ndarray:
        request = self._request
        height, width = self.size
        wanted, down = request.samples(request.rows, request.columns), request.down
        spans = tuple(slice(a * down, min(b * down, n)) for (a, b), n in zip(wanted, (height, width), strict=True))
        z = colours(reduced(state[0][(..., *spans)].astype(np.float32), down))
        return grey_levels(request.fit(z, request.rows, request.columns), MIDDLE / 255)
